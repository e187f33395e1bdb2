package portal

import (
	"errors"
	"net/url"
	"strings"

	"batch/internal/mailout"
)

// maxURL is the longest URL in an answer (common.xsd, type "url").
const maxURL = 500

// own reads a URL that the server gave. It is called only where it is https, at the
// portal's own host and port, and under this sender's path: an answer must not be able to
// send our certificate, or a confirmation, anywhere else.
func (c *Client) own(sender mailout.OrgNumber, given string) (*url.URL, error) {
	base, err := c.at(sender)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(given)
	switch {
	case err != nil || len(given) > maxURL:
		return nil, errors.New("it cannot be read")
	case u.Scheme != "https" || u.User != nil || u.Fragment != "" || u.Opaque != "":
		return nil, errors.New("it is not a plain https address")
	case !strings.EqualFold(hostPort(u), hostPort(base)):
		return nil, errors.New("it leads to another host or port")
	case !under(u.EscapedPath(), base.EscapedPath()+"/"):
		return nil, errors.New("it is not under this sender's path")
	}
	return u, nil
}

func hostPort(u *url.URL) string {
	if port := u.Port(); port != "" {
		return u.Hostname() + ":" + port
	}
	return u.Hostname() + ":443"
}

// under compares paths as they go over the wire. Anything that a server could read as
// another path (dots, doubled or escaped separators) is not under anything.
func under(path, prefix string) bool {
	rest, ok := strings.CutPrefix(path, prefix)
	if !ok || rest == "" {
		return false
	}
	for _, part := range strings.Split(rest, "/") {
		plain, err := url.PathUnescape(part)
		if err != nil || plain == "" || plain == "." || plain == ".." || strings.ContainsAny(plain, `/\;`) {
			return false
		}
	}
	return true
}

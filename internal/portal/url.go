package portal

import (
	"errors"
	"net/url"
	"strings"
	"unicode"

	"batch/internal/mailout"
)

// maxURL is the longest URL in an answer (common.xsd, type "url").
const maxURL = 500

// own reads a URL that the server gave. It is called only where it is https, at the
// portal's own host and port, and under this sender's path: an answer must not be able to
// send our certificate, or a confirmation, anywhere else. What comes back has the host as
// Options.Root writes it, so that nothing of the connection is the server's choice.
func (c *Client) own(sender mailout.OrgNumber, given string) (*url.URL, error) {
	base, err := c.at(sender)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(given)
	switch {
	case err != nil || len(given) > maxURL || strings.ContainsFunc(given, unprintable):
		return nil, errors.New("it cannot be read")
	case u.Scheme != "https" || u.User != nil || strings.Contains(given, "#") || u.Opaque != "":
		return nil, errors.New("it is not a plain https address")
	case withPort(u) != withPort(base):
		return nil, errors.New("it leads to another host or port")
	case !under(u.EscapedPath(), base.EscapedPath()+"/"):
		return nil, errors.New("it is not under this sender's path")
	}
	u.Host = base.Host
	return u, nil
}

// unprintable reports whether a URL cannot hold r (RFC 3986 §2): everything else than
// visible ASCII, and with it the letters of other scripts that fold to ours.
func unprintable(r rune) bool { return r <= ' ' || r > '~' }

// withPort is a URL's host with the port that is called. Where a port is announced and
// missing ("host:"), it is no host of ours.
func withPort(u *url.URL) string {
	if u.Port() == "" {
		return strings.ToLower(u.Host) + ":443"
	}
	return strings.ToLower(u.Host)
}

// under compares paths as they go over the wire. Anything that a server could read as
// another path (dots, doubled or escaped separators, escapes of escapes) is not under
// anything.
func under(path, prefix string) bool {
	rest, ok := strings.CutPrefix(path, prefix)
	if !ok || rest == "" {
		return false
	}
	for _, part := range strings.Split(rest, "/") {
		plain, err := url.PathUnescape(part)
		if err != nil || plain == "" || plain == "." || plain == ".." ||
			strings.ContainsAny(plain, `/\;%`) || strings.ContainsFunc(plain, unicode.IsControl) {
			return false
		}
	}
	return true
}

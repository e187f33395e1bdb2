package portal

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"batch/internal/mailout"
)

// How long the parts of a call may take. The portal's own client connects within 5 s
// (portal-api.md, "The rest"); a create may take longer than its 10 s to be answered, for
// giving up early turns a job that exists into a row that nobody knows about.
const (
	connectLimit = 5 * time.Second  // TCP, and again TLS
	reachLimit   = 20 * time.Second // name, proxy, TCP and TLS together
	stallLimit   = 30 * time.Second // without a byte moving, up or down
	answerLimit  = 60 * time.Second // from the last byte sent to the last byte of an XML answer
)

// idleLimit closes connections that are not used, well before a server or a box in between
// would: a create must not meet a connection that is just being closed.
const idleLimit = 10 * time.Second

const (
	maxAnswer = 256 << 10 // bytes of an XML or plain text answer
	maxHeader = 64 << 10  // bytes of an answer's header
)

// Options of a Client.
type Options struct {
	// Root is the service root, without a slash at its end, like
	// "https://api.signering.posten.no/api".
	Root string

	// TLS holds the client certificate and says whom to trust. Its VerifyConnection is
	// the place where the server's organization is checked; an error from there, or from
	// ordinary verification, ends a call as "wrong-server". InsecureSkipVerify without
	// VerifyConnection is refused.
	TLS *tls.Config

	Proxy     string // like "http://[name:password@]proxy:8080"; empty: none, whatever the environment says
	UserAgent string // empty: "batch"

	Dial Dial // nil: TCP, as the system has it
}

// Dial opens a connection as [net.Dialer.DialContext] does.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Client speaks to one portal. It is safe for concurrent use.
type Client struct {
	root      *url.URL
	transport *http.Transport
	userAgent string
}

// New makes a Client. It calls nobody.
func New(o Options) (*Client, error) {
	root, err := url.Parse(strings.TrimSuffix(o.Root, "/"))
	if err != nil || root.Scheme != "https" || root.Host == "" || root.User != nil || root.RawQuery != "" || root.Fragment != "" {
		return nil, errors.New("the portal's address must look like https://host/api, without user, query or fragment")
	}
	transport, err := newTransport(o)
	if err != nil {
		return nil, err
	}
	c := &Client{root: root, transport: transport, userAgent: o.UserAgent}
	if c.userAgent == "" {
		c.userAgent = "batch"
	}
	return c, nil
}

// Close lets go of connections that are not in use.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// newTransport makes the one transport. HTTP/1.1 only: its rules for repeating a request by
// itself are few and known (see [Client.send]), and the portal's limits count requests.
func newTransport(o Options) (*http.Transport, error) {
	config, err := guarded(o.TLS)
	if err != nil {
		return nil, err
	}
	t := &http.Transport{
		DialContext:            patiently(o.Dial),
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    connectLimit,
		DisableCompression:     true, // the announced length is the length
		MaxIdleConnsPerHost:    64,   // more than calls are made at once: a new connection costs two signatures
		IdleConnTimeout:        idleLimit,
		MaxResponseHeaderBytes: maxHeader,
		Protocols:              new(http.Protocols),
	}
	t.Protocols.SetHTTP1(true)
	if o.Proxy == "" {
		return t, nil
	}
	proxy, err := url.Parse(o.Proxy)
	if err != nil || proxy.Scheme != "http" || proxy.Host == "" {
		return nil, errors.New("the proxy's address must look like http://proxy:8080")
	}
	t.Proxy, t.OnProxyConnectResponse = http.ProxyURL(proxy), connected
	return t, nil
}

// noPassage is a proxy's answer that does not let us through.
type noPassage struct{ status int }

func (n noPassage) Error() string { return "the proxy answered " + statusText(n.status) }

// connected judges a proxy's answer to CONNECT by its number alone: its words are anybody's.
func connected(_ context.Context, _ *url.URL, _ *http.Request, res *http.Response) error {
	if res.StatusCode != http.StatusOK {
		return noPassage{res.StatusCode}
	}
	return nil
}

// untrusted marks an error of VerifyConnection, so that it is told from a handshake that
// the network broke.
type untrusted struct{ error }

func (u untrusted) Unwrap() error { return u.error }

func guarded(config *tls.Config) (*tls.Config, error) {
	if config == nil {
		return nil, errors.New("the portal needs a client certificate: no TLS configuration was given")
	}
	if config.InsecureSkipVerify && config.VerifyConnection == nil {
		return nil, errors.New("the server's certificate would not be checked at all: VerifyConnection is missing")
	}
	config = config.Clone()
	config.NextProtos = nil // a server that is offered HTTP/2 would speak it
	if verify := config.VerifyConnection; verify != nil {
		config.VerifyConnection = func(s tls.ConnectionState) error {
			if err := verify(s); err != nil {
				return untrusted{err}
			}
			return nil
		}
	}
	return config, nil
}

// at builds a URL below a sender's path.
func (c *Client) at(sender mailout.OrgNumber, path ...string) (*url.URL, error) {
	if !isOrgNumber(sender) {
		return nil, errors.New("the sender is not an organization number of nine digits")
	}
	return c.root.JoinPath(append([]string{string(sender)}, path...)...), nil
}

func isOrgNumber(n mailout.OrgNumber) bool {
	return len(n) == 9 && strings.Trim(string(n), "0123456789") == ""
}

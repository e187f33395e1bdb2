package sandbox

import (
	"encoding/xml"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"

	"crypto/tls"
)

// answer is what a call gets, before anything goes wrong with it on its way back.
type answer struct {
	status  int
	header  http.Header
	body    []byte
	outcome string // for the call log
	refused *refusal
	ending  ending
}

// ending is how the connection is left.
type ending int

const (
	whole    ending = iota
	dropped         // closed without an answer
	reset           // reset without an answer
	cut             // half of the announced body, then closed
	cutReset        // half of the announced body, then reset
)

func content(status int, contentType string, body []byte, outcome string) answer {
	return answer{status: status, header: http.Header{"Content-Type": {contentType}}, body: body, outcome: outcome}
}

func noContent(status int, outcome string) answer {
	return answer{status: status, header: http.Header{}, outcome: outcome}
}

// xmlAnswer marshals one of the portal's messages.
func xmlAnswer(status int, message any, outcome string) answer {
	body, err := xml.Marshal(message)
	if err != nil {
		panic(err) // the messages are structs of strings: this cannot happen
	}
	return content(status, xmlType, append([]byte(xml.Header), body...), outcome)
}

// errorAnswer is the portal's error document.
func errorAnswer(err error) answer {
	var r *refusal
	if !errors.As(err, &r) {
		r = refuseWith(http.StatusInternalServerError, codeInternal, "%v", err)
	}
	kind := "CLIENT"
	if r.status >= 500 {
		kind = "SERVER"
	}
	a := xmlAnswer(r.status, errorMessage{Code: r.code, Message: r.message, Type: kind}, "refused "+r.code)
	a.refused = r
	return a
}

// blockedOutcome is what the call log says of a call during a block.
const blockedOutcome = "blocked"

// blockedAnswer is Jetty's: its header and no body.
func blockedAnswer() answer {
	a := noContent(http.StatusTooManyRequests, blockedOutcome)
	a.header.Set("DoSFilter", "unavailable")
	return a
}

// write sends the answer, after taking in what is left of the request: closing on a body
// half read would make the answer a matter of luck.
func (a answer) write(w http.ResponseWriter, r *http.Request) {
	switch a.ending {
	case dropped:
		panic(http.ErrAbortHandler) // closes the connection, logs nothing
	case reset:
		resetConnection(w)
		return
	}
	if r.Header.Get("Expect") == "" {
		io.Copy(io.Discard, r.Body)
	}
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	if a.status == http.StatusNoContent {
		w.Header().Del("Content-Length")
	}
	w.WriteHeader(a.status)
	if a.ending == whole {
		w.Write(a.body)
		return
	}
	w.Write(a.body[:len(a.body)/2])
	http.NewResponseController(w).Flush()
	if a.ending == cutReset {
		resetConnection(w)
		return
	}
	panic(http.ErrAbortHandler)
}

// resetConnection makes the client see a connection reset, where there is TCP below.
func resetConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if secure, isTLS := conn.(*tls.Conn); isTLS {
		conn = secure.NetConn() // without the farewell of TLS
	}
	if tcp, isTCP := conn.(*net.TCPConn); isTCP {
		tcp.SetLinger(0)
	}
	conn.Close()
}

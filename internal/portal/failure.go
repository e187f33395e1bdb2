package portal

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"

	"batch/internal/mailout"
)

// failure is the end of a call without an answer.
type failure struct {
	code    string
	message string
	fatal   bool // concerns every call: wrong server, certificate, our own disk
	ours    bool // lies on this side of the connection

	// unseen: it is proved that the portal did not process the request, because nothing of
	// it left or because the handshake was broken off.
	unseen   bool
	lastByte time.Time // when the last byte can have left; zero: none did
	err      error
}

// explain finds words for an error of the transport and says what it proves.
func explain(ctx context.Context, err error, w *wire) *failure {
	f := describe(ctx, err)
	if alert := w.refusedHandshake(err); alert != nil {
		f = certificateRefused(alert)
		f.unseen = true
	}
	f.err = err
	f.lastByte = w.seal()
	switch {
	case !f.lastByte.IsZero() && f.code == "wrong-server": // TLS was good once
		f.code, f.fatal, f.message = "no-answer", false, "no answer that can be read: what came is not encrypted"
		f.err = nil // it would be taken for a server that is not the portal
	case f.lastByte.IsZero():
		f.unseen = true
		if f.code == "reset" || f.code == "no-answer" {
			f.code, f.message = "unreachable", "the portal cannot be reached: "+clean(err.Error())
		}
	}
	return f
}

// describe names an error. Where TLS broke, what it says counts more than the time-out or
// cancellation that may have come of it.
func describe(ctx context.Context, err error) *failure {
	var (
		wrong     untrusted
		badChain  *tls.CertificateVerificationError
		noTLS     tls.RecordHeaderError
		proxy     noPassage
		bundle    spoilt
		cause     = context.Cause(ctx)
		late      stalled
		before    unready
		connect   *net.OpError
		nameError *net.DNSError
		timed     net.Error
	)
	switch {
	case errors.As(cause, &before):
		return &failure{code: "given-up", message: "nothing was sent: " + safe(before.error)}
	case errors.As(err, &wrong), errors.As(err, &badChain):
		return &failure{code: "wrong-server", fatal: true, message: "the server is not the portal, nothing was sent: " + safe(err)}
	case errors.As(err, &noTLS):
		return &failure{code: "wrong-server", fatal: true, message: "the server does not speak TLS; check the portal's address and the proxy"}
	case handshakeAlert(err) != nil:
		return certificateRefused(handshakeAlert(err))
	case errors.As(err, &proxy):
		return proxyRefused(proxy)
	case errors.As(err, &bundle):
		return bundleSpoilt(bundle)
	case errors.As(cause, &late) && late.phase == fromDisk:
		return bundleSpoilt(late)
	case errors.As(cause, &late):
		return &failure{code: "timeout", message: "no answer of the portal: " + late.Error()}
	case cause != nil:
		return &failure{code: "stopped", message: "the call was given up before its answer came"}
	case errors.As(err, &nameError):
		return &failure{code: "unreachable", message: dialled(err) + "'s name cannot be looked up"}
	case errors.As(err, &connect) && (connect.Op == "dial" || connect.Op == "proxyconnect"):
		return &failure{code: "unreachable", message: dialled(err) + " cannot be reached: " + safe(connect.Err)}
	case errors.As(err, &timed) && timed.Timeout():
		return &failure{code: "timeout", message: "no answer of the portal in time: " + safe(err)}
	case broken(err):
		return &failure{code: "reset", message: "the connection to the portal broke before an answer came"}
	}
	return &failure{code: "no-answer", message: "no answer that can be read: " + clean(err.Error())}
}

// dialled is whom an error of connecting is about: the transport marks that of the proxy.
func dialled(err error) string {
	if connect := new(net.OpError); errors.As(err, &connect) && connect.Op == "proxyconnect" {
		return "the proxy"
	}
	return "the portal"
}

// bundleSpoilt ends a create that was broken off because of a document. The portal has not
// got the whole of it; what it does with a part it alone knows.
func bundleSpoilt(err error) *failure {
	return &failure{code: "bundle", fatal: true, ours: true, message: "the call was broken off, because a document could not be read to its end; check the disk that the workspace is on: " + safe(err)}
}

func proxyRefused(proxy noPassage) *failure {
	remedy := "check that it may connect to the portal"
	if proxy.status == http.StatusProxyAuthRequired {
		remedy = "write its user and password into its address: http://name:password@proxy:8080"
	}
	return &failure{code: "proxy-refused", message: fmt.Sprintf("%s; %s", proxy, remedy)}
}

func certificateRefused(alert error) *failure {
	return &failure{
		code: "certificate-refused", fatal: true,
		message: fmt.Sprintf("the portal does not take our certificate (%s); check its dates, that it is one of the environment's, and that it is the one for signing and authentication", safe(alert)),
	}
}

// handshakeAlert finds in err the other side's alert that it does not take our side of a
// handshake, else nil. The numbers are those of RFC 8446 §6.2, where they are said of
// handshakes only. crypto/tls does not export the type of such an alert, but its words.
func handshakeAlert(err error) error {
	var remote *net.OpError
	if !errors.As(err, &remote) || remote.Op != "remote error" {
		return nil
	}
	for _, number := range []tls.AlertError{
		40,                     // handshake_failure
		42, 43, 44, 45, 46, 48, // bad, unsupported, revoked, expired, unknown certificate; unknown CA
		49,  // access_denied
		51,  // decrypt_error: a signature in the handshake did not hold
		116, // certificate_required
	} {
		if remote.Err.Error() == number.Error() {
			return remote.Err
		}
	}
	return nil
}

func broken(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// speed: a call that may have arrived and was not answered may still be counted.
func (f *failure) speed() mailout.Speed {
	if f.unseen {
		return mailout.Speed{}
	}
	return unheard
}

func (f *failure) callError(call string) *mailout.CallError {
	return &mailout.CallError{Call: call, Kind: f.kind(), Code: f.code, Message: f.message, Fatal: f.fatal, Speed: f.speed(), Err: f.err}
}

// kind is what is known of the call.
func (f *failure) kind() mailout.OutcomeKind {
	if f.unseen {
		return mailout.OutcomeNotSent
	}
	return mailout.OutcomeUnknown
}

// outcome is what the failure means for a create.
func (f *failure) outcome() mailout.Outcome {
	o := mailout.Outcome{Kind: f.kind(), Fatal: f.fatal && (f.unseen || f.ours), Ours: f.ours, Code: f.code, Message: f.message, LastByte: f.lastByte, Speed: f.speed()}
	if !f.unseen {
		o.Message += "; a job may exist"
	}
	return o
}

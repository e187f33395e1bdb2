package identity

import (
	"crypto/tls"
	"errors"
	"net"
	"strings"
)

const remedyRefused = "check that this certificate is for this environment, that it is the one with key usage digitalSignature, " +
	"and that the organization has been given access to the portal's API"

// alerts are the server's reasons to end a handshake, by their text in crypto/tls:
// the type of an alert that was received is not exported.
var alerts = []struct{ text, code, message, remedy string }{
	{"expired certificate", "refused-expired", "the server says that our certificate has expired", "check the certificate's dates and this machine's clock"},
	{"revoked certificate", "refused-revoked", "the server says that our certificate has been revoked", "ask the issuer why, and order a new one"},
	{"unknown certificate authority", "refused-authority", "the server does not trust the issuer of our certificate", remedyRefused},
	{"unknown certificate", "refused-certificate", "the server refused our certificate", remedyRefused},
	{"bad certificate", "refused-certificate", "the server refused our certificate", remedyRefused},
	{"unsupported certificate", "refused-certificate", "the server cannot use our certificate", remedyRefused},
	{"certificate required", "refused-certificate", "the server saw no certificate of ours that it accepts", remedyRefused},
	{"access denied", "refused-certificate", "the server refused our certificate", remedyRefused},
	{"handshake failure", "refused-handshake", "the server ended the handshake: it may not accept our certificate, or a proxy stands in between", remedyRefused},
	{"protocol version not supported", "refused-handshake", "the server wants another TLS version than 1.2 or later", remedyServer},
}

// Explain puts the failure of a connection into words where certificates are its cause:
// our own finding about the server, or the server's about us (a TLS alert, which may
// come with the first answer only). It returns nil for every other error.
func Explain(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return &Error{Code: "wrong-server-no-tls", Message: "what answered does not speak TLS", Remedy: remedyServer, Err: err}
	}
	op, ok := errors.AsType[*net.OpError](err)
	if !ok || op.Op != "remote error" {
		return nil
	}
	for _, a := range alerts {
		if strings.Contains(op.Err.Error(), a.text) {
			return &Error{Code: a.code, Message: a.message, Remedy: a.remedy, Err: err}
		}
	}
	return &Error{Code: "refused-handshake", Message: "the server ended the encrypted connection: " + op.Err.Error(), Remedy: remedyRefused, Err: err}
}

package identity

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"strings"

	"software.sslmate.com/src/go-pkcs12"
)

const remedyExport = "use the .p12 file as Buypass or Commfides delivered it, or export it again with key and whole chain: " +
	"openssl pkcs12 -export -inkey key.pem -in certificate.pem -certfile chain.pem -out virksomhet.p12"

// decode opens a PKCS#12 file: one RSA key and at least one certificate, in the order
// of the file.
func decode(raw []byte, password string) (*rsa.PrivateKey, []*x509.Certificate, *Error) {
	if err := notPKCS12(raw); err != nil {
		return nil, nil, err
	}
	key, first, rest, err := pkcs12.DecodeChain(raw, password)
	if err != nil {
		return nil, nil, explainPKCS12(err, password)
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, nil, refuse("not-rsa", "ask for an enterprise certificate with an RSA key",
			"its key is not an RSA key, and the portal takes no other")
	}
	return private, append([]*x509.Certificate{first}, rest...), nil
}

// notPKCS12 recognizes what is given in place of a PKCS#12 file.
func notPKCS12(raw []byte) *Error {
	switch {
	case len(raw) == 0:
		return refuse("not-pkcs12", remedyExport, "it is empty")
	case bytes.Contains(raw, []byte("-----BEGIN ")):
		return refuse("not-pkcs12", remedyExport, "it is a PEM text file, not a PKCS#12 file (.p12)")
	case bytes.HasPrefix(raw, []byte{0xFE, 0xED, 0xFE, 0xED}):
		return refuse("not-pkcs12", "convert it: keytool -importkeystore -srckeystore OLD.jks -destkeystore virksomhet.p12 -deststoretype PKCS12",
			"it is a Java keystore, not a PKCS#12 file (.p12)")
	case bytes.HasPrefix(raw, []byte{0x30, 0x80}):
		return refuse("pkcs12-unsupported", remedyExport, "it is written in the older BER form, which is not supported")
	}
	if raw[0] != 0x30 { // a SEQUENCE, as RFC 7292 §4 begins
		return refuse("not-pkcs12", remedyExport, "it is not a PKCS#12 file (.p12)")
	}
	if _, err := x509.ParseCertificate(raw); err == nil {
		return refuse("not-pkcs12", remedyExport, "it is a certificate alone, without the key")
	}
	return nil
}

// pkcs12Texts are the findings that the library tells by their text only.
var pkcs12Texts = []struct{ text, code, message, remedy string }{
	{"no MAC in data", "pkcs12-no-mac", "it has no integrity check (MAC), so the password cannot be checked", remedyExport},
	{"expected exactly one key bag", "several-keys", "it holds several keys, and which one is meant cannot be told",
		"export the one with key usage digitalSignature into a file of its own"},
	{"private key missing", "no-key", "it holds certificates but no key", remedyExport},
	{"certificate missing", "no-certificate", "it holds a key but no certificate", remedyExport},
	{"cannot be encoded in UCS-2", "wrong-password", "the password that was given holds a character that no PKCS#12 password can hold",
		"check the password; an emoji, for one, cannot be part of it"},
	{"error reading P12 data", "not-pkcs12", "it is damaged, or of another kind than a PKCS#12 file (.p12)", remedyExport},
}

func explainPKCS12(err error, password string) *Error {
	if errors.Is(err, pkcs12.ErrIncorrectPassword) || errors.Is(err, pkcs12.ErrDecryption) {
		e := wrongPassword(password)
		e.Err = err
		return e
	}
	for _, known := range pkcs12Texts {
		if strings.Contains(err.Error(), known.text) {
			return &Error{Code: known.code, Message: known.message, Remedy: known.remedy, Err: err}
		}
	}
	return &Error{Code: "pkcs12-unsupported", Message: "it uses a form of PKCS#12 that is not supported", Remedy: remedyExport, Err: err}
}

// wrongPassword tells what often spoils a password on its way.
func wrongPassword(password string) *Error {
	switch {
	case password == "":
		return refuse("no-password", "set identity.password_command or password_file in batch.toml, or BATCH_CERTIFICATE_PASSWORD",
			"it needs a password, and none was given")
	case strings.TrimSpace(password) != password:
		return refuse("wrong-password", "take it away where the password comes from; or, if it belongs there, check the rest",
			"the password that was given begins or ends with a space or a line break, and does not open it")
	}
	return refuse("wrong-password", "check that the password belongs to this file: each .p12 of a delivery may have its own; if it does, the file was damaged on its way: fetch it again",
		"the password is wrong")
}

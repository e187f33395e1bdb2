package sandbox

import (
	"fmt"
	"net/http"
)

// Error codes of the sandbox's answers. Only the first two are published by the portal;
// the others are the sandbox's own, for the portal's are not documented.
const (
	codeNotAuthorized       = "NOT_AUTHORIZED"
	codeBrokerNotAuthorized = "BROKER_NOT_AUTHORIZED"

	codeInvalidRequest     = "INVALID_REQUEST"         // HTTP, multipart, size
	codeInvalidXML         = "INVALID_XML"             // request or manifest against portal.xsd
	codeInvalidJob         = "INVALID_JOB"             // valid XML that breaks a rule of the portal
	codeInvalidBundle      = "INVALID_DOCUMENT_BUNDLE" // the ZIP
	codeInvalidDocument    = "INVALID_DOCUMENT"        // a PDF
	codeInvalidSignature   = "INVALID_SIGNATURE"       // XAdES or a digest in it
	codeInvalidCertificate = "INVALID_CERTIFICATE"     // the certificate that signed the bundle
	codeInvalidSigningTime = "INVALID_SIGNING_TIME"    // more than five seconds off
	codeNotFound           = "NOT_FOUND"
	codeGone               = "GONE"
	codeConflict           = "CONFLICT"
	codeInternal           = "INTERNAL_ERROR"
)

// refusal is a "no" of the portal: what becomes an error document. Its message names
// parts of the request, never their content.
type refusal struct {
	status  int
	code    string
	message string
}

func (r *refusal) Error() string { return r.code + ": " + r.message }

// refuse is a refusal with status 400.
func refuse(code, format string, args ...any) *refusal {
	return &refusal{http.StatusBadRequest, code, fmt.Sprintf(format, args...)}
}

// refuseWith is a refusal with a status of its own.
func refuseWith(status int, code, format string, args ...any) *refusal {
	return &refusal{status, code, fmt.Sprintf(format, args...)}
}

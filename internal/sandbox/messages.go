package sandbox

import (
	"encoding/xml"
	"strconv"
	"time"
)

// The portal's messages (portal.xsd, common.xsd), fields in the order of the schema.

type errorMessage struct {
	XMLName xml.Name `xml:"http://signering.posten.no/schema/v1 error"`
	Code    string   `xml:"error-code"`
	Message string   `xml:"error-message"`
	Type    string   `xml:"error-type"`
}

type createdMessage struct {
	XMLName   xml.Name `xml:"http://signering.posten.no/schema/v1 portal-signature-job-response"`
	Reference string   `xml:"reference,omitempty"`
	ID        int64    `xml:"signature-job-id"`
	Cancel    string   `xml:"cancellation-url"`
}

type changeMessage struct {
	XMLName    xml.Name           `xml:"http://signering.posten.no/schema/v1 portal-signature-job-status-change-response"`
	Reference  string             `xml:"reference,omitempty"`
	ID         int64              `xml:"signature-job-id"`
	Status     string             `xml:"status"`
	Confirm    string             `xml:"confirmation-url"`
	Cancel     string             `xml:"cancellation-url,omitempty"`
	Delete     string             `xml:"delete-documents-url,omitempty"`
	Signatures []signatureMessage `xml:"signatures>signature"`
	PAdES      string             `xml:"signatures>pades-url,omitempty"`
}

type signatureMessage struct {
	Status     statusMessage      `xml:"status"`
	Number     string             `xml:"personal-identification-number,omitempty"`
	Identifier *identifierMessage `xml:"identifier"`
	XAdES      string             `xml:"xades-url,omitempty"`
}

type statusMessage struct {
	Since string `xml:"since,attr"`
	Value string `xml:",chardata"`
}

type identifierMessage struct {
	Email *emailMessage `xml:"email"`
	SMS   *smsMessage   `xml:"sms"`
}

type emailMessage struct {
	Address string `xml:"address,attr"`
}

type smsMessage struct {
	Number string `xml:"number,attr"`
}

// deletionAfter is how long after completion a deletion may be asked for (portal-api.md).
const deletionAfter = 24 * time.Hour

// changeOf is a job's newest status with all the addresses it offers. now is of the
// movable clock.
func changeOf(j *job, root string, now time.Time) changeMessage {
	m := changeMessage{
		Reference: j.reference,
		ID:        j.id,
		Status:    j.status,
		Confirm:   jobURL(root, j, "complete"),
	}
	if j.status == jobInProgress {
		m.Cancel = jobURL(root, j, "cancel")
	}
	if j.offersDeletion(now) {
		m.Delete = jobURL(root, j, "documents")
	}
	for i, s := range j.signers {
		m.Signatures = append(m.Signatures, signatureOf(j, s, jobURL(root, j, "xades", strconv.Itoa(i+1))))
	}
	if j.offersPAdES() {
		m.PAdES = jobURL(root, j, "pades")
	}
	return m
}

func signatureOf(j *job, s *signer, xadesURL string) signatureMessage {
	m := signatureMessage{Status: statusMessage{isoTime(s.since), s.status}, Number: s.spec.number}
	if s.spec.number == "" {
		m.Identifier = &identifierMessage{}
		if s.spec.email != "" {
			m.Identifier.Email = &emailMessage{s.spec.email}
		}
		if s.spec.mobile != "" {
			m.Identifier.SMS = &smsMessage{s.spec.mobile}
		}
	}
	if j.offersXAdES(s) {
		m.XAdES = xadesURL
	}
	return m
}

func (j *job) offersXAdES(s *signer) bool {
	return s.status == signerSigned && !j.foreign && !j.emptied()
}

// offersDeletion: only when all have signed, a day after completion at the earliest.
func (j *job) offersDeletion(now time.Time) bool {
	return j.status == jobCompleted && !j.documentsGone && !now.Before(j.finished.Add(deletionAfter))
}

// isoTime is an ISO date-time with offset, in milliseconds.
func isoTime(t time.Time) string { return t.Format("2006-01-02T15:04:05.000Z07:00") }

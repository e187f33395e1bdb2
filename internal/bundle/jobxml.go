package bundle

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"batch/internal/mailout"
)

const (
	portalNamespace = "http://signering.posten.no/schema/v1"
	jobXMLName      = "manifest.xml"
	pdfType         = "application/pdf"
	xmlDeclaration  = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
)

// JobXML writes the portal-signature-job-manifest of portal.xsd for a job that is sent
// at now. It asks for what the job says and checks no rule of the portal; it returns an
// error only for what has no form in the schema.
//
// Availability is computed for now. An activation time that is not ahead of now is left
// out: it means "at once" (portal.xsd), but the portal would count the availability
// from it (portal-api.md), and the signer would lose the time that has passed.
func JobXML(j mailout.Job, docs []mailout.Document, now time.Time) ([]byte, error) {
	if len(j.Signers) == 0 || len(docs) == 0 {
		return nil, errors.New("writing job XML: a job has at least one signer and one document")
	}
	w := &xmlWriter{}
	w.WriteString(xmlDeclaration)
	w.open("portal-signature-job-manifest", "xmlns", portalNamespace)
	if err := w.signers(j); err != nil {
		return nil, fmt.Errorf("writing job XML: %w", err)
	}
	w.open("sender")
	w.element("organization-number", string(j.Sender))
	w.close("sender")
	w.element("title", j.Title.Reveal())
	w.optional("nonsensitive-title", j.NonsensitiveTitle.Reveal())
	w.optional("description", j.Description.Reveal())
	w.documents(docs)
	if j.Authentication != 0 {
		w.element("required-authentication", strconv.Itoa(j.Authentication))
	}
	w.availability(j, now)
	w.optional("identifier-in-signed-documents", string(j.Identifier))
	w.close("portal-signature-job-manifest")
	if w.err != nil {
		return nil, fmt.Errorf("writing job XML: %w", w.err)
	}
	return w.Bytes(), nil
}

// optional leaves the portal's default where nothing is asked for.
func (w *xmlWriter) optional(name, text string) {
	if text != "" {
		w.element(name, text)
	}
}

func (w *xmlWriter) signers(j mailout.Job) error {
	ordered := j.OrderGroups() > 1
	w.open("signers")
	for i, s := range j.Signers {
		if ordered {
			w.open("signer", "order", strconv.Itoa(s.Order))
		} else {
			w.open("signer")
		}
		if err := w.signer(s); err != nil {
			return fmt.Errorf("signer %d: %w", i+1, err)
		}
		w.close("signer")
	}
	w.close("signers")
	return nil
}

func (w *xmlWriter) signer(s mailout.Signer) error {
	if s.NationalID != "" {
		w.element("personal-identification-number", s.NationalID.Reveal())
	} else {
		w.element("identified-by-contact-information", "")
	}
	w.optional("signature-type", string(s.SignatureType))
	if err := w.notifications(s); err != nil {
		return err
	}
	w.optional("on-behalf-of", string(s.OnBehalfOf))
	return nil
}

func (w *xmlWriter) notifications(s mailout.Signer) error {
	switch s.Notify {
	case mailout.NotifyLookup, mailout.NotifyLookupSMS:
		w.open("notifications-using-lookup")
		w.element("email", "")
		if s.Notify == mailout.NotifyLookupSMS {
			w.element("sms", "")
		}
		w.close("notifications-using-lookup")
	case mailout.NotifyGiven:
		if s.Email == "" && s.Mobile == "" {
			return errors.New("there is neither an e-mail address nor a mobile number to notify")
		}
		w.open("notifications")
		if s.Email != "" {
			w.element("email", "", "address", s.Email.Reveal())
		}
		if s.Mobile != "" {
			w.element("sms", "", "number", s.Mobile.Reveal())
		}
		w.close("notifications")
	default:
		return fmt.Errorf("there is no way to notify that is called %q", s.Notify)
	}
	return nil
}

func (w *xmlWriter) documents(docs []mailout.Document) {
	w.open("documents")
	for _, d := range docs {
		w.open("document", "href", d.Name, "mime", pdfType)
		w.element("title", d.Title.Reveal())
		w.close("document")
	}
	w.close("documents")
}

func (w *xmlWriter) availability(j mailout.Job, now time.Time) {
	seconds, limited := j.AvailableSeconds(now)
	ahead := j.Activation.After(now)
	if !limited && !ahead {
		return
	}
	w.open("availability")
	if ahead {
		w.element("activation-time", j.Activation.Format(time.RFC3339))
	}
	if limited {
		w.element("available-seconds", strconv.FormatInt(seconds, 10))
	}
	w.close("availability")
}

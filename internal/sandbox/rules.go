package sandbox

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// checkRules judges a valid manifest by the rules of portal-api.md that the XSD cannot
// say. Whether a sender is public or private is not known here, so a job is refused only
// where neither might send it.
func checkRules(m *jobManifest, sender string) error {
	if m.sender != sender {
		return refuse(codeInvalidJob, "manifest.xml has another sender than the address it was posted to")
	}
	if err := firstOf(commonBreach(m), documentBreach(m), availabilityBreach(m)); err != nil {
		return refuse(codeInvalidJob, "%v", err)
	}
	public, private := publicBreach(m), privateBreach(m)
	if public != nil && private != nil {
		return refuse(codeInvalidJob, "neither a public sender may send this (%v) nor a private one (%v)", public, private)
	}
	return nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// What an address must look like for anything to reach it.
var (
	emailForm  = regexp.MustCompile(`^[^@\s]+@[^@\s]+$`)
	mobileForm = regexp.MustCompile(`^\+?(?:[ ()-]*[0-9]){5,15}[ ()-]*$`)
)

// commonBreach holds for every sender.
func commonBreach(m *jobManifest) error {
	for i, s := range m.signers {
		switch {
		case s.lookup && s.number == "":
			return fmt.Errorf("signer %d: look-up needs a national identity number", i+1)
		case s.lookup && s.onBehalfOf == onBehalfOfOther:
			return fmt.Errorf("signer %d signs on behalf of another and must be given contact details", i+1)
		case s.email != "" && !emailForm.MatchString(s.email):
			return fmt.Errorf("signer %d: the e-mail address is not one", i+1)
		case s.mobile != "" && !mobileForm.MatchString(s.mobile):
			return fmt.Errorf("signer %d: the mobile number is not one", i+1)
		case s.number == "" && m.identifier == numberAndName:
			return fmt.Errorf("signer %d is addressed by contact information and cannot be identified by a number", i+1)
		}
	}
	return nil
}

func documentBreach(m *jobManifest) error {
	var seen []string
	for i, d := range m.documents {
		switch {
		case d.mime != pdfType:
			return fmt.Errorf("document %d is not %s", i+1, pdfType)
		case slices.Contains(seen, d.href):
			return fmt.Errorf("document %d has the same href as an earlier one", i+1)
		}
		seen = append(seen, d.href)
	}
	return nil
}

func availabilityBreach(m *jobManifest) error {
	switch {
	case m.activationIsLocal:
		return errors.New("activation-time has no offset from UTC")
	case m.available > maxAvailable:
		return fmt.Errorf("available-seconds is more than %d, ninety days", maxAvailable/time.Second)
	}
	return nil
}

func (m *jobManifest) anySigner(is func(signerSpec) bool) bool {
	return slices.ContainsFunc(m.signers, is)
}

// publicBreach: public senders sign authenticated unless they say otherwise.
func publicBreach(m *jobManifest) error {
	if !m.anySigner(func(s signerSpec) bool { return s.signatureType == advanced }) {
		return nil
	}
	if len(m.documents) > 1 {
		return errors.New("advanced signatures are for one document only")
	}
	if m.identifier == birthAndName || m.identifier == nameOnly {
		return errors.New("advanced signatures identify by number and name")
	}
	return nil
}

// privateBreach: private senders have fewer choices.
func privateBreach(m *jobManifest) error {
	switch {
	case m.anySigner(func(s signerSpec) bool { return s.lookup }):
		return errors.New("look-up is for public senders")
	case m.anySigner(func(s signerSpec) bool { return s.signatureType == authenticated }):
		return errors.New("authenticated signatures are for public senders")
	case m.authentication == "3":
		return errors.New("authentication at level 3 is for public senders")
	case m.identifier == nameOnly:
		return errors.New("identification by name alone is for public senders")
	}
	return nil
}

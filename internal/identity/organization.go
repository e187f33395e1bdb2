package identity

import (
	"crypto/x509"
	"encoding/asn1"
	"regexp"
	"strings"
)

var (
	oidOrganizationIdentifier = asn1.ObjectIdentifier{2, 5, 4, 97} // SEID 2.0
	oidSerialNumber           = asn1.ObjectIdentifier{2, 5, 4, 5}  // SEID 1
	oidCommonName             = asn1.ObjectIdentifier{2, 5, 4, 3}
	oidSurname                = asn1.ObjectIdentifier{2, 5, 4, 4}
	oidGivenName              = asn1.ObjectIdentifier{2, 5, 4, 42}
)

var (
	nineDigits = regexp.MustCompile(`^\d{9}$`)

	// A common name that is the number, or ends with it: "POSTEN BRING AS - 984661185".
	// A number in the middle of other words may be anything, and does not count.
	nameAndNumber = regexp.MustCompile(`^(?:.*[ ,-])?(\d{9})$`)
)

// OrganizationOf returns the organization number that an enterprise certificate names,
// or "" where it names none. It looks at organizationIdentifier (2.5.4.97,
// "NTRNO-984661185"), serialNumber (2.5.4.5) and common name, in this order
// (portal-api.md, "Transport security"). The first that the subject has decides: no
// certificate can claim one number there and be taken for another by its name. An
// attribute that stands twice names nobody.
func OrganizationOf(cert *x509.Certificate) string {
	if values := subjectValues(cert, oidOrganizationIdentifier); len(values) > 0 {
		number, found := strings.CutPrefix(single(values), "NTRNO-")
		if !found || !nineDigits.MatchString(number) {
			return ""
		}
		return number
	}
	if values := subjectValues(cert, oidSerialNumber); len(values) > 0 {
		return nineDigits.FindString(single(values))
	}
	match := nameAndNumber.FindStringSubmatch(single(subjectValues(cert, oidCommonName)))
	if match == nil {
		return ""
	}
	return match[1]
}

func subjectValues(cert *x509.Certificate, oid asn1.ObjectIdentifier) (values []string) {
	for _, attribute := range cert.Subject.Names {
		if attribute.Type.Equal(oid) {
			text, _ := attribute.Value.(string) // not a text: present, and names nobody
			values = append(values, text)
		}
	}
	return values
}

func single(values []string) string {
	if len(values) != 1 {
		return ""
	}
	return values[0]
}

// Generation is the version of the Norwegian certificate profile that an enterprise
// certificate follows, by where it has its organization number: "SEID 2.0" or "SEID 1";
// "" where the number stands in neither place.
func Generation(cert *x509.Certificate) string {
	switch {
	case OrganizationOf(cert) == "":
		return ""
	case len(subjectValues(cert, oidOrganizationIdentifier)) > 0:
		return "SEID 2.0"
	case len(subjectValues(cert, oidSerialNumber)) > 0:
		return "SEID 1"
	}
	return ""
}

// isPerson reports whether a certificate is a natural person's: an employee's, too, names
// an organization, and does not speak for it (ETSI EN 319 412-2 §4.2.4 demands a name that
// EN 319 412-3 does not know).
func isPerson(cert *x509.Certificate) bool {
	return len(subjectValues(cert, oidSurname))+len(subjectValues(cert, oidGivenName)) > 0
}

// isHost reports whether a certificate is for a host name or address.
func isHost(cert *x509.Certificate) bool { return len(cert.DNSNames)+len(cert.IPAddresses) > 0 }

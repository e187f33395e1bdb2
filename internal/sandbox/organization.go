package sandbox

import (
	"crypto/x509"
	"encoding/asn1"
	"regexp"
)

// Attribute types of distinguished names (X.520; ETSI EN 319 412-1 for the identifier).
var (
	oidCommonName             = asn1.ObjectIdentifier{2, 5, 4, 3}
	oidSerialNumber           = asn1.ObjectIdentifier{2, 5, 4, 5}
	oidCountry                = asn1.ObjectIdentifier{2, 5, 4, 6}
	oidOrganization           = asn1.ObjectIdentifier{2, 5, 4, 10}
	oidOrganizationIdentifier = asn1.ObjectIdentifier{2, 5, 4, 97}
)

var (
	organizationNumber = regexp.MustCompile(`^[0-9]{9}$`)
	numberInName       = regexp.MustCompile(`\b[0-9]{9}\b`)
)

// organizationOf finds the organization number of an enterprise certificate: SEID 2.0's
// organizationIdentifier, else SEID 1's serialNumber, else a number in the common name
// (portal-api.md, "Transport security"). It is empty where there is none.
func organizationOf(c *x509.Certificate) string {
	var identifier, serial, common string
	for _, a := range c.Subject.Names {
		text, _ := a.Value.(string)
		switch {
		case a.Type.Equal(oidOrganizationIdentifier):
			identifier = text
		case a.Type.Equal(oidSerialNumber):
			serial = text
		case a.Type.Equal(oidCommonName):
			common = text
		}
	}
	if len(identifier) == 15 && identifier[:6] == "NTRNO-" && organizationNumber.MatchString(identifier[6:]) {
		return identifier[6:]
	}
	if organizationNumber.MatchString(serial) {
		return serial
	}
	return numberInName.FindString(common)
}

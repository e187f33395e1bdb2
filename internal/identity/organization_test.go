package identity_test

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"testing"

	"batch/internal/identity"
)

func TestOrganizationOf(t *testing.T) {
	type attribute struct {
		last  int // of 2.5.4.x
		value any
	}
	for name, test := range map[string]struct {
		subject []attribute
		want    string
	}{
		"SEID 2.0":                                   {[]attribute{{97, "NTRNO-984661185"}}, "984661185"},
		"SEID 1":                                     {[]attribute{{5, "984661185"}}, "984661185"},
		"name that is the number":                    {[]attribute{{3, "984661185"}}, "984661185"},
		"name that ends with the number":             {[]attribute{{3, "POSTEN BRING AS - 984661185"}}, "984661185"},
		"name, comma, number":                        {[]attribute{{3, "POSTEN BRING AS,984661185"}}, "984661185"},
		"number in the middle of a name":             {[]attribute{{3, "Not 984661185 at all"}}, ""},
		"number at the front of a name":              {[]attribute{{3, "984661185 AS"}}, ""},
		"number inside a longer number":              {[]attribute{{3, "POSTEN 1984661185"}}, ""},
		"number glued to a word":                     {[]attribute{{3, "POSTEN984661185"}}, ""},
		"no number":                                  {[]attribute{{3, "POSTEN BRING AS"}}, ""},
		"nothing":                                    {nil, ""},
		"another register's number":                  {[]attribute{{97, "VATNO-984661185"}}, ""},
		"longer text after NTRNO":                    {[]attribute{{97, "NTRNO-984661185-1"}}, ""},
		"eight digits":                               {[]attribute{{97, "NTRNO-98466118"}}, ""},
		"line break behind the number":               {[]attribute{{97, "NTRNO-984661185\n"}}, ""},
		"a personal serial number":                   {[]attribute{{5, "UN:NO-9578-4050-984661185"}}, ""},
		"identifier wins over serial number":         {[]attribute{{5, "984661185"}, {97, "NTRNO-988015814"}}, "988015814"},
		"serial number wins over name":               {[]attribute{{3, "X 984661185"}, {5, "988015814"}}, "988015814"},
		"a bad identifier is not mended by the name": {[]attribute{{97, "?"}, {3, "984661185"}}, ""},
		"two identifiers":                            {[]attribute{{97, "NTRNO-984661185"}, {97, "NTRNO-988015814"}}, ""},
		"not a text":                                 {[]attribute{{97, 984661185}}, ""},
	} {
		cert := &x509.Certificate{}
		for _, a := range test.subject {
			cert.Subject.Names = append(cert.Subject.Names, pkix.AttributeTypeAndValue{Type: asn1.ObjectIdentifier{2, 5, 4, a.last}, Value: a.value})
		}
		if got := identity.OrganizationOf(cert); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

package xades

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"strings"
	"testing"
)

// hardName is C=NO, O=A, "B" + C; two attributes in one part; a number of dotted type; blanks
// at the edges; letters.
func hardName(t *testing.T) []byte {
	utf8 := func(s string) asn1.RawValue { return asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte(s)} }
	der, err := asn1.Marshal(pkix.RDNSequence{
		{{Type: asn1.ObjectIdentifier{2, 5, 4, 6}, Value: asn1.RawValue{Tag: asn1.TagPrintableString, Bytes: []byte("NO")}}},
		{{Type: asn1.ObjectIdentifier{2, 5, 4, 10}, Value: utf8(`A, "B" + C\D`)}},
		{{Type: asn1.ObjectIdentifier{2, 5, 4, 97}, Value: utf8("NTRNO-1")}},
		{{Type: asn1.ObjectIdentifier{2, 5, 4, 11}, Value: asn1.RawValue{Tag: asn1.TagBMPString, Bytes: []byte{0, 'Y', 0, 0xc6}}},
			{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: utf8(" #Ø ")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestIssuerNameIsRFC2253(t *testing.T) {
	const want = `CN=\ #Ø\ +OU=YÆ,2.5.4.97=#0c074e54524e4f2d31,O=A\, \"B\" \+ C\\D,C=NO`
	got, err := issuerName(hardName(t))
	if err != nil || got != want && got != `OU=YÆ+CN=\ #Ø\ ,2.5.4.97=#0c074e54524e4f2d31,O=A\, \"B\" \+ C\\D,C=NO` {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
}

func TestNamesSame(t *testing.T) {
	der := hardName(t)
	for _, test := range []struct {
		text string
		same bool
	}{
		{`CN=\ #Ø\ +OU=YÆ,2.5.4.97=#0c074e54524e4f2d31,O=A\, \"B\" \+ C\\D,C=NO`, true},
		{`ou = YÆ + cn = " #Ø " ; OID.2.5.4.97 = NTRNO-1 ; o = "A, \"B\" + C\\D" ; c = NO `, true},
		{`CN=\20\#\C3\98\ +OU=Y\C3\86, oid.2.5.4.97=#0C074E54524E4F2D31 , O=A\2c \22B\22 \2B C\5cD, 2.5.4.6=NO`, true},
		{"CN=\\ #Ø\\ +OU=YÆ,\n  2.5.4.97=NTRNO-1,\n  O=A\\, \\\"B\\\" \\+ C\\\\D,\n  C=NO\n", true},
		{`C=NO,O=A\, \"B\" \+ C\\D,2.5.4.97=NTRNO-1,CN=\ #Ø\ +OU=YÆ`, false},
		{`CN=\ #Ø\ ,OU=YÆ,2.5.4.97=NTRNO-1,O=A\, \"B\" \+ C\\D,C=NO`, false},
		{`CN=#Ø+OU=YÆ,2.5.4.97=NTRNO-1,O=A\, \"B\" \+ C\\D,C=NO`, false},
		{`CN=\ #Ø\ +OU=YÆ,2.5.4.97=NTRNO-1,O=A\, \"B\" \+ C\\D`, false},
		{`CN=\ #Ø\ +OU=YÆ,2.5.4.97=NTRNO-1,O=A\, \"B\" \+ C\\D,C=NO,`, false},
		{`CN=\ #Ø\ +OU=YÆ,2.5.4.97=#0c07,O=A\, \"B\" \+ C\\D,C=NO`, false},
		{`CN=\ #Ø\ +OU=YÆ,organizationIdentifier=NTRNO-1,O=A\, \"B\" \+ C\\D,C=NO`, false},
		{`CN="\ #Ø`, false}, {`CN=\`, false}, {`CN`, false}, {`=`, false}, {``, false}, {`CN="a"b`, false},
	} {
		if got := namesSame(test.text, der); got != test.same {
			t.Errorf("%q: %v", test.text, got)
		}
	}
	if namesSame("C=NO", []byte("no DER")) {
		t.Error("a name that is not DER is the same as another")
	}
	if namesSame(strings.Repeat("CN=#0c00,", 100_000), []byte{0x30, 0}) {
		t.Error("a name of a megabyte is that of nobody")
	}
}

func FuzzParseName(f *testing.F) {
	f.Add("CN=A,2.5.4.97=#0c0f4e54524e4f2d393833313633333237,O=A AS,C=NO")
	f.Add(`ou = YÆ + cn = " #Ø " ; OID.2.5.4.97 = NTRNO-1 ; o = "A, \"B\" + C\\D" ; c = NO `)
	f.Fuzz(func(t *testing.T, text string) {
		parts, ok := parseName(text)
		if ok && len(parts) == 0 {
			t.Error("a name of nothing was read")
		}
	})
}

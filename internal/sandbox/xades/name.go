package xades

import (
	"encoding/asn1"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
)

// rfc2253Names are the attribute types that RFC 2253 has names for; Java writes all
// others as OID and hex.
var rfc2253Names = map[string]string{
	"2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.9": "STREET",
	"2.5.4.10": "O", "2.5.4.11": "OU", "0.9.2342.19200300.100.1.1": "UID",
	"0.9.2342.19200300.100.1.25": "DC",
}

// nameAttribute is one attribute of a distinguished name.
type nameAttribute struct {
	oid   string
	value asn1.RawValue
}

// text is the attribute's value in UTF-8.
func (a nameAttribute) text() string {
	if a.value.Tag != asn1.TagBMPString {
		return string(a.value.Bytes)
	}
	var units []uint16
	for i := 0; i+1 < len(a.value.Bytes); i += 2 {
		units = append(units, binary.BigEndian.Uint16(a.value.Bytes[i:]))
	}
	return string(utf16.Decode(units))
}

// readName reads a DER name: its parts, each of them mostly a single attribute.
func readName(der []byte) ([][]nameAttribute, error) {
	var rdns []asn1.RawValue
	if rest, err := asn1.Unmarshal(der, &rdns); err != nil || len(rest) > 0 {
		return nil, fmt.Errorf("reading a distinguished name: it is not valid DER")
	}
	var parts [][]nameAttribute
	for _, rdn := range rdns {
		var values []struct {
			Type  asn1.ObjectIdentifier
			Value asn1.RawValue
		}
		if _, err := asn1.UnmarshalWithParams(rdn.FullBytes, &values, "set"); err != nil {
			return nil, fmt.Errorf("reading a distinguished name: one of its parts is not valid DER")
		}
		var part []nameAttribute
		for _, v := range values {
			part = append(part, nameAttribute{v.Type.String(), v.Value})
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// issuerName writes a DER name as RFC 2253 wants it: last part first, "CN=…,O=…", what
// has no short name as "2.5.4.97=#0c…".
func issuerName(der []byte) (string, error) {
	rdns, err := readName(der)
	if err != nil {
		return "", err
	}
	var parts []string
	for _, rdn := range slices.Backward(rdns) {
		var attributes []string
		for _, a := range rdn {
			if short, known := rfc2253Names[a.oid]; known {
				attributes = append(attributes, short+"="+escapeName(a.text()))
			} else {
				attributes = append(attributes, a.oid+"=#"+hex.EncodeToString(a.value.FullBytes))
			}
		}
		parts = append(parts, strings.Join(attributes, "+"))
	}
	return strings.Join(parts, ","), nil
}

// escapeName escapes a value as RFC 2253, section 2.4, does.
func escapeName(value string) string {
	var b strings.Builder
	for i, r := range value {
		edge := r == ' ' && (i == 0 || i == len(value)-1)
		if strings.ContainsRune(`,+"\<>;`, r) || edge || r == '#' && i == 0 {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

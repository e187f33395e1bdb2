package sandbox

import (
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// rfc2253Names are the attribute types that RFC 2253 has names for; Java writes all
// others as OID and hex.
var rfc2253Names = map[string]string{
	"2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.9": "STREET",
	"2.5.4.10": "O", "2.5.4.11": "OU", "0.9.2342.19200300.100.1.1": "UID",
	"0.9.2342.19200300.100.1.25": "DC",
}

// issuerName writes a DER name as RFC 2253 wants it: last part first, "CN=…,O=…", what
// has no short name as "2.5.4.97=#0c…".
func issuerName(der []byte) (string, error) {
	var rdns []asn1.RawValue
	if rest, err := asn1.Unmarshal(der, &rdns); err != nil || len(rest) > 0 {
		return "", fmt.Errorf("reading a distinguished name: it is not valid DER")
	}
	var parts []string
	for _, rdn := range slices.Backward(rdns) {
		part, err := relativeName(rdn.FullBytes)
		if err != nil {
			return "", err
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ","), nil
}

func relativeName(der []byte) (string, error) {
	var values []struct {
		Type  asn1.ObjectIdentifier
		Value asn1.RawValue
	}
	if _, err := asn1.UnmarshalWithParams(der, &values, "set"); err != nil {
		return "", fmt.Errorf("reading a distinguished name: one of its parts is not valid DER")
	}
	var parts []string
	for _, v := range values {
		if short, known := rfc2253Names[v.Type.String()]; known {
			parts = append(parts, short+"="+escapeName(string(v.Value.Bytes)))
		} else {
			parts = append(parts, v.Type.String()+"=#"+hex.EncodeToString(v.Value.FullBytes))
		}
	}
	return strings.Join(parts, "+"), nil
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

// squeeze drops the blanks that may stand behind a separating comma.
func squeeze(name string) string {
	var b strings.Builder
	escaped, separated := false, false
	for _, r := range strings.TrimSpace(name) {
		if separated && r == ' ' {
			continue
		}
		separated = r == ',' && !escaped
		escaped = r == '\\' && !escaped
		b.WriteRune(r)
	}
	return b.String()
}

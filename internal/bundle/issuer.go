package bundle

import (
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// attributeKeywords are the names of RFC 2253 §2.3. All others are written as numbers.
var attributeKeywords = map[string]string{
	"2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.9": "STREET",
	"2.5.4.10": "O", "2.5.4.11": "OU",
	"0.9.2342.19200300.100.1.1": "UID", "0.9.2342.19200300.100.1.25": "DC",
}

// rfc2253 writes a name in DER as Java's X500Principal.getName("RFC2253") does, which
// is what the portal compares with: last part first, and every attribute without a
// keyword as "2.5.4.97=#" with its DER value in hex. It works on the raw name, because
// pkix.Name reorders the parts and loses how they were encoded.
func rfc2253(raw []byte) (string, error) {
	var name []asn1.RawValue
	if rest, err := asn1.Unmarshal(raw, &name); err != nil || len(rest) > 0 {
		return "", fmt.Errorf("reading an X.500 name: %w", orTrailing(err))
	}
	parts := make([]string, 0, len(name))
	for _, set := range slices.Backward(name) {
		part, err := relativeName(set.Bytes)
		if err != nil {
			return "", fmt.Errorf("reading an X.500 name: %w", err)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ","), nil
}

// relativeName writes the members of one SET as they stand, joined by plus signs.
func relativeName(members []byte) (string, error) {
	var parts []string
	for len(members) > 0 {
		var a struct {
			Type  asn1.ObjectIdentifier
			Value asn1.RawValue
		}
		rest, err := asn1.Unmarshal(members, &a)
		if err != nil {
			return "", err
		}
		members = rest
		keyword, known := attributeKeywords[a.Type.String()]
		switch {
		case !known:
			parts = append(parts, a.Type.String()+"=#"+hex.EncodeToString(a.Value.FullBytes))
		case !isText(a.Value):
			parts = append(parts, keyword+"=#"+hex.EncodeToString(a.Value.FullBytes))
		default:
			parts = append(parts, keyword+"="+escape2253(string(a.Value.Bytes)))
		}
	}
	return strings.Join(parts, "+"), nil
}

const tagBMPString = 30

// isText reports what Java writes as text. It takes the bytes of each for UTF-8.
func isText(v asn1.RawValue) bool {
	return v.Class == asn1.ClassUniversal && slices.Contains([]int{asn1.TagUTF8String, asn1.TagPrintableString,
		asn1.TagT61String, asn1.TagIA5String, asn1.TagGeneralString, tagBMPString}, v.Tag)
}

var escapes2253 = strings.NewReplacer(",", `\,`, "=", `\=`, "+", `\+`, "<", `\<`, ">", `\>`, "#", `\#`, ";", `\;`,
	`"`, `\"`, `\`, `\\`, "\x00", `\00`)

// escape2253 follows Java, which escapes = and # wherever they stand, and each space or
// carriage return at either end.
func escape2253(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	const blank = " \r"
	inner := strings.TrimLeft(s, blank)
	lead := s[:len(s)-len(inner)]
	core := strings.TrimRight(inner, blank)
	return escapeEach(lead) + escapes2253.Replace(core) + escapeEach(inner[len(core):])
}

func escapeEach(blanks string) string {
	var b strings.Builder
	for _, r := range blanks {
		b.WriteString(`\` + string(r))
	}
	return b.String()
}

func orTrailing(err error) error {
	if err == nil {
		return asn1.StructuralError{Msg: "there are bytes behind it"}
	}
	return err
}

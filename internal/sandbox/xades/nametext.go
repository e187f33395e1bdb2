package xades

import (
	"encoding/asn1"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
)

// maxName bounds the text of a name, in bytes.
const maxName = 4096

// namesSame says whether a text is a DER name in one of the forms that RFC 2253, sections 3
// and 4, lets be read: with blanks around separators, ";" for ",", quoted values, "OID."
// before dotted types, values of these as hex or as text. The portal's clients differ in it.
func namesSame(text string, der []byte) bool {
	rdns, err := readName(der)
	if err != nil || len(text) > maxName {
		return false
	}
	var want [][]string
	for _, rdn := range slices.Backward(rdns) {
		var part []string
		for _, a := range rdn {
			part = append(part, a.oid+"="+a.text())
		}
		want = append(want, slices.Sorted(slices.Values(part)))
	}
	got, ok := parseName(text)
	return ok && slices.EqualFunc(got, want, slices.Equal)
}

// parseName reads a name as RFC 2253 writes it: its parts in this order, in each the
// attributes as "oid=value", sorted.
func parseName(text string) (parts [][]string, ok bool) {
	var part []string
	for {
		var attribute, end string
		if attribute, end, text, ok = parseAttribute(text); !ok {
			return nil, false
		}
		part = append(part, attribute)
		if end == "+" {
			continue
		}
		parts, part = append(parts, slices.Sorted(slices.Values(part))), nil
		if end == "" {
			return parts, true
		}
	}
}

// parseAttribute reads one attribute and the separator behind it: "+", ",", or nothing at
// the end.
func parseAttribute(text string) (attribute, end, rest string, ok bool) {
	name, text, found := strings.Cut(text, "=")
	oid, known := oidOf(strings.TrimSpace(name))
	value, rest, well := parseValue(strings.TrimLeft(text, nameBlanks))
	if !found || !known || !well {
		return "", "", "", false
	}
	rest = strings.TrimLeft(rest, nameBlanks)
	switch {
	case rest == "":
	case strings.ContainsRune(",;", rune(rest[0])):
		end, rest = ",", rest[1:]
	case rest[0] == '+':
		end, rest = "+", rest[1:]
	default:
		return "", "", "", false
	}
	return oid + "=" + value, end, rest, true
}

const nameBlanks = " \t\r\n"

func oidOf(name string) (string, bool) {
	for oid, short := range rfc2253Names {
		if strings.EqualFold(name, short) {
			return oid, true
		}
	}
	if prefix := "OID."; len(name) > len(prefix) && strings.EqualFold(name[:len(prefix)], prefix) {
		name = name[len(prefix):]
	}
	return name, dottedOID.MatchString(name)
}

var dottedOID = regexp.MustCompile(`^[0-9]+(\.[0-9]+)+$`)

// parseValue reads a value up to what ends it.
func parseValue(text string) (value, rest string, ok bool) {
	if strings.HasPrefix(text, "#") {
		end := strings.IndexAny(text+",", nameBlanks+",;+")
		der, err := hex.DecodeString(text[1:end])
		var raw asn1.RawValue
		if _, derErr := asn1.Unmarshal(der, &raw); err != nil || derErr != nil {
			return "", "", false
		}
		return nameAttribute{value: raw}.text(), text[end:], true
	}
	quoted := strings.HasPrefix(text, `"`)
	if quoted {
		text = text[1:]
	}
	var b strings.Builder
	solid := 0 // length without the blanks at the end that nothing escapes
	for text != "" {
		switch c := text[0]; {
		case c == '\\':
			escaped, length := unescaped(text[1:])
			if length == 0 {
				return "", "", false
			}
			b.WriteString(escaped)
			text, solid = text[1+length:], b.Len()
			continue
		case quoted && c == '"':
			return b.String(), text[1:], true
		case !quoted && strings.IndexByte(",;+", c) >= 0:
			return b.String()[:solid], text, true
		default:
			b.WriteByte(c)
			if quoted || strings.IndexByte(nameBlanks, c) < 0 {
				solid = b.Len()
			}
			text = text[1:]
		}
	}
	return b.String()[:solid], "", !quoted
}

// unescaped is what stands behind a backslash: two hex digits or one character. A length of
// zero: nothing that may.
func unescaped(text string) (string, int) {
	if len(text) >= 2 {
		if b, err := hex.DecodeString(text[:2]); err == nil {
			return string(b), 2
		}
	}
	if text == "" {
		return "", 0
	}
	return text[:1], 1
}

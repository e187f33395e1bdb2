package mailout

import (
	"fmt"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
)

const masked = "•••"

// NationalID is a national identity number or D-number: eleven digits.
// It prints as its first five characters and six stars ("01845******").
type NationalID string

// Email is one e-mail address. It prints as a mask.
type Email string

// Mobile is one mobile number, "+" and country code or eight Norwegian digits. It
// prints as a mask.
type Mobile string

// Text is free text that may hold personal data: a title, a description, a cell of
// the owner's own columns. It prints as a mask.
type Text string

// Reveal returns the number itself, for the wire, the ledger and what a person has
// asked to see.
func (v NationalID) Reveal() string { return string(v) }

// Reveal returns the address itself.
func (v Email) Reveal() string { return string(v) }

// Reveal returns the number itself.
func (v Mobile) Reveal() string { return string(v) }

// Reveal returns the text itself.
func (v Text) Reveal() string { return string(v) }

// String masks all but the birth date's first five digits, enough for a sender to
// recognize a person in a list and too little to look one up. What is not eleven digits
// is masked whole: nobody knows what its first characters say.
func (v NationalID) String() string {
	if len(v) != 11 || !onlyDigits(string(v)) {
		return maskIfAny(string(v))
	}
	return string(v[:5]) + "******"
}

// String keeps the first character and the domain's last part.
func (v Email) String() string {
	at, dot := strings.LastIndexByte(string(v), '@'), strings.LastIndexByte(string(v), '.')
	if at < 1 || dot < at {
		return maskIfAny(string(v))
	}
	first := []rune(string(v[:at]))[:1]
	return string(first) + masked + "@" + masked + string(v[dot:])
}

// String keeps the last two digits.
func (v Mobile) String() string {
	if len(v) < 8 || !onlyDigits(strings.TrimPrefix(string(v), "+")) {
		return maskIfAny(string(v))
	}
	return masked + string(v[len(v)-2:])
}

func (v Text) String() string { return maskIfAny(string(v)) }

var maybeNumber = regexp.MustCompile(`[0-9]{6}[ -]?[0-9]{5}`)

// LikeNationalIDs returns what in a text has the shape of a national number. Whether it
// is one, its check digits tell.
func LikeNationalIDs(text string) []string { return maybeNumber.FindAllString(text, -1) }

// ShownPath is the path of a sender's file for a message, in quotation marks and without
// what may be somebody's number.
func ShownPath(p string) string { return strconv.Quote(maybeNumber.ReplaceAllString(p, "…")) }

// BarePath is ShownPath without the quotation marks, for the beginning of a sentence.
func BarePath(p string) string { return strings.Trim(ShownPath(p), `"`) }

func onlyDigits(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

func maskIfAny(s string) string {
	if s == "" {
		return ""
	}
	return masked
}

// Format masks under every verb, %q, %x and %#v included.
func (v NationalID) Format(f fmt.State, _ rune) { fmt.Fprint(f, v.String()) }

// Format masks under every verb.
func (v Email) Format(f fmt.State, _ rune) { fmt.Fprint(f, v.String()) }

// Format masks under every verb.
func (v Mobile) Format(f fmt.State, _ rune) { fmt.Fprint(f, v.String()) }

// Format masks under every verb.
func (v Text) Format(f fmt.State, _ rune) { fmt.Fprint(f, v.String()) }

// LogValue masks in structured logs.
func (v NationalID) LogValue() slog.Value { return slog.StringValue(v.String()) }

// LogValue masks in structured logs.
func (v Email) LogValue() slog.Value { return slog.StringValue(v.String()) }

// LogValue masks in structured logs.
func (v Mobile) LogValue() slog.Value { return slog.StringValue(v.String()) }

// LogValue masks in structured logs.
func (v Text) LogValue() slog.Value { return slog.StringValue(v.String()) }

// MarshalText masks in JSON, XML and every other encoding that asks for text.
func (v NationalID) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// MarshalText masks in every encoding that asks for text.
func (v Email) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// MarshalText masks in every encoding that asks for text.
func (v Mobile) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

// MarshalText masks in every encoding that asks for text.
func (v Text) MarshalText() ([]byte, error) { return []byte(v.String()), nil }

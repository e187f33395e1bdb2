package rules

import (
	"strings"
	"testing"
	"unicode/utf8"

	"batch/internal/mailout"
)

func TestOrgNumber(t *testing.T) {
	for number, code := range map[string]string{
		"988015814":   "",
		"984661185":   "", // Posten Bring AS
		"984661158":   "org-number-check-digit",
		"98801581":    "org-number-digits",
		"988 015 814": "org-number-digits",
		"":            "org-number-digits",
	} {
		if got := codeOf(t, OrgNumber(number)); got != code {
			t.Errorf("%q: %q, want %q", number, got, code)
		}
	}
}

func TestEmail(t *testing.T) {
	for _, good := range []string{"kari@example.com", "kari.nordmann+post@mail.example.no", "post@blåbær.example", "o'neill@example.ie"} {
		if err := Email(good); err != nil {
			t.Errorf("%q is refused", good)
		}
	}
	for wrong, code := range map[string]string{
		"": "email", "kari": "email", "kari@": "email", "@example.com": "email", "kari@example": "email", "kari@example..com": "email",
		"kari@-example.com": "email", ".kari@example.com": "email", "kari.@example.com": "email", "ka..ri@example.com": "email",
		"kari@192.0.2.1": "email", "kari@example.c": "email", "kari@ｅxample.com": "email", "kari@example.٣com": "email",
		strings.Repeat("k", 65) + "@example.com": "email", "kari@" + strings.Repeat("e", 64) + ".com": "email",
		"kari@" + strings.Repeat("example.", 32) + "com": "email",

		"kari@example.com, ola@example.com": "email-several", "kari@example.com;ola@example.com": "email-several", "kari@@example.com": "email-several",

		"kari@example.com;": "email-beside", "Kari <kari@example.com>": "email-beside", "kari @example.com": "email-beside", "mailto:kari@example.com": "email-beside",
		"kari@example.com.": "email-beside", "kari@example.com\n": "email-beside", `"kari"@example.com`: "email-beside",

		"kåre@example.com": "email-letters",
	} {
		if got := codeOf(t, Email(wrong)); got != code {
			t.Errorf("%q: %q, want %q", wrong, got, code)
		}
	}
}

func TestMobile(t *testing.T) {
	for given, want := range map[string]mailout.Mobile{
		"99999999":          "99999999",
		"999 99 999":        "99999999",
		"99\u00a099 99-99":  "99999999",
		"+47 999 99 999":    "99999999",
		"004799999999":      "99999999",
		"+46 70 123 45 67":  "+46701234567",
		"0046701234567":     "+46701234567",
		"(+47) 999 99 999":  "99999999",
		"+1 (212) 555-0100": "+12125550100",
	} {
		if got, err := Mobile(given); err != nil || got.Reveal() != want.Reveal() {
			t.Errorf("%q: %q, %v", given, got.Reveal(), err)
		}
	}
	for wrong, code := range map[string]string{
		"": "mobile", "9999999": "mobile", "+47 9999": "mobile", "+47+47 999 999": "mobile", "12 34": "mobile", "99999999 / 88888888": "mobile", "+0123456789": "mobile",
		"9,9E+07": "mobile", "-99999999": "mobile", "99999999-": "mobile", "tlf. 99999999": "mobile", "01234567": "mobile", "+": "mobile", "99 99 99\n99": "mobile",
		"+1234567890123456": "mobile", "99.99.99.99": "mobile", "９９９９９９９９": "mobile", strings.Repeat("9", 40): "mobile",

		"4799999999": "mobile-plus", "47 999 99 999": "mobile-plus", "999999999": "mobile-plus", "46701234567": "mobile-plus",

		"+46 (0)70 123 45 67": "mobile-trunk-zero", "0046 (0)701234567": "mobile-trunk-zero",
	} {
		m, err := Mobile(wrong)
		if got := codeOf(t, err); got != code || m != "" {
			t.Errorf("%q: %q, want %q", wrong, got, code)
		}
	}
}

func TestMobileRange(t *testing.T) {
	for number, want := range map[mailout.Mobile]bool{"99999999": true, "41234567": true, "22123456": false, "+46701234567": true} {
		if IsMobileRange(number) != want {
			t.Errorf("number in range: %v, want %v", !want, want)
		}
	}
}

func TestText(t *testing.T) {
	for text, code := range map[string]string{
		"Arbeidsavtale – ærlig talt 👍": "",
		"to\nlinjer\tog tab":           "",
		"":                             "",
		"\uFFFD":                       "", // a real replacement character is a character
		"👨‍👩‍👧":                        "", // joined by U+200D
		"\u200Eعقد":                    "", // a mark that turns nothing but itself
		"bell\a":                       "text-not-xml",
		"null\x00":                     "text-not-xml",
		"escape\x1b[2J":                "text-not-xml",
		"delete\x7f":                   "text-not-xml",
		"C1 \u009b2J":                  "text-not-xml",
		"broken \xff":                  "text-not-xml",
		"\uFFFE":                       "text-not-xml",
		"avtale \u202Egnal":            "text-direction",
		"avtale \u2066om\u2069":        "text-direction",
	} {
		if got := codeOf(t, Text(text)); got != code {
			t.Errorf("%q: %q, want %q", text, got, code)
		}
	}
}

// Whatever is given, a value that passes passes again as it is sent, and none panics.
func FuzzValues(f *testing.F) {
	for _, s := range []string{"988015814", "kari@example.com", "Kari <kari@example.com>", "post@blåbær.example", "+47 999 99 999", "0046 (0)70-1", "tekst\u202e", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if m, err := Mobile(s); err == nil {
			if again, err := Mobile(m.Reveal()); err != nil || again != m || len(m) < 8 || len(m) > 16 {
				t.Error("a mobile number is not read again")
			}
		}
		if Email(s) == nil && (strings.Count(s, "@") != 1 || strings.ContainsAny(s, " <>,;:\"()[]\n") || Text(s) != nil) {
			t.Error("something that is no single address passes")
		}
		if OrgNumber(s) == nil && len(s) != 9 {
			t.Error("something that is no nine digits passes")
		}
		if Text(s) == nil && !utf8.ValidString(s) {
			t.Error("broken UTF-8 passes")
		}
	})
}

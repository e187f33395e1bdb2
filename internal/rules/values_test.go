package rules

import (
	"testing"

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
	for _, wrong := range []string{"", "kari", "kari@", "@example.com", "kari@example", "kari@example..com", "kari@-example.com",
		"kari@example.com, ola@example.com", "kari@example.com;", "Kari <kari@example.com>", "kåre@example.com", "kari @example.com",
		"mailto:kari@example.com", ".kari@example.com", "kari@example.com\n"} {
		if codeOf(t, Email(wrong)) != "email" {
			t.Errorf("%q passes", wrong)
		}
	}
}

func TestMobile(t *testing.T) {
	for given, want := range map[string]mailout.Mobile{
		"99999999":         "99999999",
		"999 99 999":       "99999999",
		"99\u00a099 99-99": "99999999",
		"+47 999 99 999":   "99999999",
		"004799999999":     "99999999",
		"+46 70 123 45 67": "+46701234567",
		"0046701234567":    "+46701234567",
	} {
		if got, err := Mobile(given); err != nil || got.Reveal() != want.Reveal() {
			t.Errorf("%q: %q, %v", given, got.Reveal(), err)
		}
	}
	for _, wrong := range []string{"", "9999999", "999999999", "4799999999", "+47 9999", "+47+47 999 999", "12 34", "99999999 / 88888888", "+0123456789", "9,9E+07"} {
		if m, err := Mobile(wrong); err == nil || m != "" {
			t.Errorf("%q passes", wrong)
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
	for text, ok := range map[string]bool{
		"Arbeidsavtale – ærlig talt 👍": true,
		"to\nlinjer\tog tab":           true,
		"":                             true,
		"\uFFFD":                       true, // a real replacement character is a character
		"bell\a":                       false,
		"null\x00":                     false,
		"broken \xff":                  false,
		"\uFFFE":                       false,
	} {
		if (Text(text) == nil) != ok {
			t.Errorf("%q: ok is %v", text, !ok)
		}
	}
}

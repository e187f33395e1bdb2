package sandbox

import "testing"

func TestIdentification(t *testing.T) {
	byNumber := signerSpec{number: "41813012345"}
	byContact := signerSpec{email: "a@b.no", mobile: "99999999"}
	for _, test := range []struct {
		spec             signerSpec
		identifier, want string
	}{
		{byNumber, "", "Åse Prøve, 41813012345"},
		{byNumber, numberAndName, "Åse Prøve, 41813012345"},
		{byNumber, birthAndName, "Åse Prøve, born 01.01.1930"},
		{byNumber, nameOnly, "Åse Prøve"},
		{byContact, birthAndName, "Åse Prøve, a@b.no 99999999"},
		{byContact, nameOnly, "Åse Prøve"},
	} {
		if got := identification(1, test.spec, test.identifier); got != test.want {
			t.Errorf("%s with %q: got %s", test.want, test.identifier, got)
		}
	}
}

func TestBirthDate(t *testing.T) {
	for number, want := range map[string]string{
		"01019949912": "01.01.1999",
		"01013950012": "01.01.2039",
		"31125450012": "31.12.1854",
		"01017974912": "01.01.1879",
		"01014090012": "01.01.1940",
		"41410050012": "01.01.2000", // D-number, synthetic by 40
		"01661149912": "01.01.1911", // synthetic by 65
		"01929949912": "01.12.1999", // synthetic by 80
	} {
		if got := birthDate(number); got != want {
			t.Errorf("%s: got %s, want %s", number, got, want)
		}
	}
}

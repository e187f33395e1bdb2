package rules

import (
	"errors"
	"strconv"
	"strings"
	"testing"
)

// codeOf is the code of a fault, or "" for none.
func codeOf(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	f := (*Fault)(nil)
	if !errors.As(err, &f) {
		t.Fatalf("error %v is no *Fault", err)
	}
	if f.Message == "" || f.Remedy == "" {
		t.Errorf("fault %s lacks a message or a remedy", f.Code)
	}
	return f.Code
}

func TestNationalID(t *testing.T) {
	for _, c := range []struct {
		what, number string
		kind         IDKind
		code         string
	}{
		// Numbers from public descriptions of the check digits.
		{"issued before 2032", "31129956715", Ordinary, ""},
		{"issued after 2032, remainder 1", "30108299939", Ordinary, ""},
		{"issued after 2032, remainder 0", "30108299920", Ordinary, ""},
		{"issued after 2032, another", "02013299997", Ordinary, ""},
		{"born on 29 February 2000", "29020075838", Ordinary, ""},
		{"D-number", "53097248016", DNumber, ""},
		{"D-number issued after 2032", "70108299914", DNumber, ""},
		{"synthetic, Tax Administration", "17912099997", Synthetic, ""},
		{"synthetic D-number, Tax Administration", "57912075186", Synthetic, ""},
		{"synthetic, NAV", "15507600333", Synthetic, ""},
		{"synthetic D-number, NAV", "55507608360", Synthetic, ""},

		{"first check digit mistyped", "31129956725", NoID, "national-id-check-digits"},
		{"second check digit mistyped", "31129956716", NoID, "national-id-check-digits"},
		{"two digits changed places", "13129956715", NoID, "national-id-check-digits"},
		{"31 April", "31049956715", NoID, "national-id-date"},
		{"29 February of a year that is no leap year", "29020175838", NoID, "national-id-date"},
		{"month 13", "01139956715", NoID, "national-id-date"},
		{"month 0", "01009956715", NoID, "national-id-date"},
		{"day 0", "00019956715", NoID, "national-id-date"},
		{"ten digits", "3112995671", NoID, "national-id-digits"},
		{"twelve digits", "311299567150", NoID, "national-id-digits"},
		{"a letter", "3112995671O", NoID, "national-id-digits"},
		{"digits that are not ASCII", "٣١١٢٩٩٥٦٧١٥", NoID, "national-id-digits"},
		{"nothing", "", NoID, "national-id-digits"},
	} {
		t.Run(c.what, func(t *testing.T) {
			kind, err := NationalID(c.number)
			if got := codeOf(t, err); got != c.code || kind != c.kind {
				t.Errorf("%s, %q; want %s, %q", kind, got, c.kind, c.code)
			}
			if err != nil && c.number != "" && strings.Contains(err.Error(), c.number) {
				t.Error("the error shows the number")
			}
		})
	}
}

// Health network numbers (+65) are not published with check digits; this one is made
// here, by the formula written out as the Tax Administration describes it.
func TestNationalIDOfHealthNetwork(t *testing.T) {
	number, ok := complete("016690123")
	if !ok {
		t.Fatal("no check digits for the chosen digits")
	}
	if kind, err := NationalID(number); err != nil || kind != Synthetic {
		t.Errorf("%s, %v; want synthetic", kind, err)
	}
}

// complete adds check digits with the remainder 0 to nine digits.
func complete(nine string) (string, bool) {
	d := func(s string, i int) int { return int(s[i] - '0') }
	k1 := 11 - (3*d(nine, 0)+7*d(nine, 1)+6*d(nine, 2)+d(nine, 3)+8*d(nine, 4)+9*d(nine, 5)+4*d(nine, 6)+5*d(nine, 7)+2*d(nine, 8))%11
	ten := nine + strconv.Itoa(k1%11)
	k2 := 11 - (5*d(ten, 0)+4*d(ten, 1)+3*d(ten, 2)+2*d(ten, 3)+7*d(ten, 4)+6*d(ten, 5)+5*d(ten, 6)+4*d(ten, 7)+3*d(ten, 8)+2*d(ten, 9))%11
	return ten + strconv.Itoa(k2%11), k1 != 10 && k2 != 10
}

// The check digits exist to catch slips: no single changed digit may pass by the rules
// until 2032, and only the first check digit may be one of four after.
func TestNationalIDCatchesSlips(t *testing.T) {
	const number = "17912099997"
	for i := range number {
		for digit := '0'; digit <= '9'; digit++ {
			changed := number[:i] + string(digit) + number[i+1:]
			if _, err := NationalID(changed); err == nil && changed != number {
				t.Errorf("digit %d changed to %c passes", i+1, digit)
			}
		}
	}
}

func FuzzNationalID(f *testing.F) {
	f.Add("31129956715")
	f.Add("0")
	f.Fuzz(func(t *testing.T, s string) {
		kind, err := NationalID(s)
		if (err == nil) != (kind != NoID) {
			t.Errorf("kind %s with error %v", kind, err)
		}
		if err == nil && len(s) != 11 {
			t.Error("something else than eleven digits passes")
		}
	})
}

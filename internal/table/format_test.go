package table

import (
	"strings"
	"testing"
)

// What number formats make of a number.
func TestNumberFormats(t *testing.T) {
	for _, c := range []struct{ code, stored, shown string }{
		{"General", "17912099997", "17912099997"},
		{"General", "1.7912099997E10", "17912099997"},
		{"General", "0.30000000000000004", "0,3"},
		{"General", "-12.5", "-12,5"},
		{"#,##0.00", "1234.5", "1234,5"},
		{`_-* #,##0.00\ "kr"_-;\-* #,##0.00\ "kr"_-`, "1234.5", "1234,5"},
		{"0.00E+00", "1234", "1234"},
		{"0%", "0.8", "80%"},
		{"0000", "150", "0150"},
		{"0000", "12345", "12345"},
		{`000000\ 00000`, "5840399895", "058403 99895"},
		{"dd.mm.yyyy", "46357", "01.12.2026"},
		{"yyyy-mm-dd", "46357", "2026-12-01"},
		{"[$-414]d. mmmm yyyy;@", "46357", "01.12.2026"},
		{`dd.mm.yyyy\ "kl."\ hh:mm`, "46357.375", "01.12.2026 09:00"},
		{"mmm yy", "46357", "01.12.2026"},
		{"hh:mm", "0.375", "09:00"},
		{"[h]:mm", "1.5625", "37:30"},
		{"mm:ss", "0.0006944444", "00:01"},
	} {
		if got := numberCell(c.stored, parseFormat(c.code), false); got.Text != c.shown || got.Words {
			t.Errorf("%s under %s: %q, want %q", c.stored, c.code, got.Text, c.shown)
		}
	}
	if got := numberCell("1234567890123456", parseFormat("General"), false); !got.Words || got.Text != "1234567890123456" {
		t.Errorf("sixteen digits: %q", got.Text)
	}
	if got := numberCell("7", parseFormat(`"K-"0000`), false); !got.Words {
		t.Error("a format with words is taken for the number")
	}
	if got := numberCell("3000000", parseFormat("dd.mm.yyyy"), false); got.Kind != Faulty {
		t.Errorf("a date after the last: %q", got.Text)
	}
}

// Strict Open XML stores times of day as text.
func TestISOTimes(t *testing.T) {
	clock, year := parseFormat("hh:mm"), parseFormat("yyyy-mm-dd")
	for _, c := range []struct {
		stored, shown string
		f             format
	}{
		{"1899-12-30T08:30:00.000", "08:30", clock}, {"08:30:00", "08:30", clock}, {"08:30:15", "08:30:15", clock}, {"2026-12-01T23:59:59.9999", "00:00", clock},
		{"2026-12-01", "2026-12-01", year}, {"2026-12-01T08:30:00Z", "2026-12-01 08:30", year}, {"2026-12-01T08:30", "01.12.2026 08:30", format{}},
	} {
		if got := isoCell(c.stored, c.f); got.Kind == Faulty || got.Text != c.shown {
			t.Errorf("%s is shown as %q, want %q", c.stored, got.Text, c.shown)
		}
	}
	if got := isoCell("08:30:00", format{look: asDate}); got.Kind != Faulty {
		t.Errorf("a time under a format of dates is shown as %q", got.Text)
	}
}

// Days and times as spreadsheets show them where they are not the calendar's.
func TestOddDaysAndTimes(t *testing.T) {
	for _, c := range []struct {
		code, stored string
		from1904     bool
		shown        string
	}{
		{"dd.mm.yyyy", "0", false, "00.01.1900"},
		{"dd.mm.yyyy", "1", false, "01.01.1900"},
		{"dd.mm.yyyy", "32", false, "01.02.1900"},
		{"dd.mm.yyyy", "59", false, "28.02.1900"},
		{"dd.mm.yyyy", "60", false, "29.02.1900"},
		{"yyyy-mm-dd", "60", false, "1900-02-29"},
		{"dd.mm.yyyy", "61", false, "01.03.1900"},
		{"dd.mm.yyyy hh:mm", "0.5", false, "00.01.1900 12:00"},
		{"dd.mm.yyyy hh:mm", "60.9999999", false, "01.03.1900 00:00"},
		{"dd.mm.yyyy", "0", true, "01.01.1904"},
		{"dd.mm.yyyy", "60", true, "01.03.1904"},
		{"dd.mm.yyyy", "2958465", false, "31.12.9999"},
		{"dd.mm.yyyy hh:mm", "46357.9999999", false, "02.12.2026 00:00"},
		{"hh:mm", "46357.5", false, "12:00"}, // the day is not shown
		{"[hh]:mm", "46357.5", false, "1112580:00"},
		{"hh:mm", "0.99999999", false, "00:00"},
	} {
		if got := numberCell(c.stored, parseFormat(c.code), c.from1904); got.Kind == Faulty || got.Text != c.shown {
			t.Errorf("%s under %s: %q, want %q", c.stored, c.code, got.Text, c.shown)
		}
	}
	if got := numberCell("1234567", parseFormat("#,##0,"), false); !got.Words || got.Text != "1234567" {
		t.Errorf("a number shown in thousands: %q", got.Text)
	}
	for _, c := range []struct {
		code, stored string
		from1904     bool
	}{{"dd.mm.yyyy", "-1", false}, {"dd.mm.yyyy", "2958466", false}, {"dd.mm.yyyy", "2957004", true}} {
		if got := numberCell(c.stored, parseFormat(c.code), c.from1904); got.Kind != Faulty || got.Flaw.Code != "cell-date" {
			t.Errorf("%s under %s is shown as %q", c.stored, c.code, got.Text)
		}
	}
}

// Whatever a format and a number are, the cell shows something that is a number, a time
// or a date, or says what is wrong.
func FuzzNumberFormats(f *testing.F) {
	for _, code := range []string{"General", `#,##0.00\ "kr"`, "dd.mm.yyyy", "[h]:mm", "000000\\ 00000", "0%", `"`, "[", `\`, "[$-414]d. mmmm yyyy;@", `"K-"0000`, "h:mm AM/PM", "yyyy\\-mm\\-dd;;;"} {
		for _, stored := range []string{"46357.5", "0", "60", "-1", "1e308", "2958465.99999999", " 7 ", "0x1p4", "NaN"} {
			f.Add(code, stored, len(code)%2 == 0)
		}
	}
	f.Fuzz(func(t *testing.T, code, stored string, from1904 bool) {
		format := parseFormat(code)
		c := numberCell(stored, format, from1904)
		switch {
		case c.Kind == Faulty:
			if c.Flaw == nil {
				t.Error("a fault without a reason")
			}
		case strings.Trim(c.Text, "-0123456789,.:% ") != "" || !strings.ContainsAny(c.Text, "0123456789"):
			t.Errorf("%s under %q is shown as %q", stored, code, c.Text)
		case c.Kind == Date && (c.Wall().Year() < 1899 || c.Wall().Year() > 9999):
			t.Errorf("%s under %q is in the year %d", stored, code, c.Wall().Year())
		}
	})
}

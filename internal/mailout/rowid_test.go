package mailout

import "testing"

func TestRowIDIsReadAsItIsWritten(t *testing.T) {
	id := RowID{"2026-11-21-a7", 14}
	for _, s := range []string{id.String(), "2026-11-21-a7  line:14"} {
		if got, ok := ParseRowID(s); !ok || got != id {
			t.Errorf("%q is read as %v", s, got)
		}
	}
	for _, s := range []string{"", "2026-11-21-a7", "line:14", "2026-11-21-a7 14", "2026-11-21-a7 line:0", "2026-11-21-a7 line:014",
		"2026-11-21-A7 line:14", "2026-11-21-a7 line:123456789", "2026-11-21-a7 line:14 ", "x2026-11-21-a7 line:14", "2026-11-21-a7 line:-1"} {
		if got, ok := ParseRowID(s); ok || !got.IsZero() {
			t.Errorf("%q is read as %v", s, got)
		}
	}
	if s := (RowID{}).String(); s != "" {
		t.Errorf("no row is written as %q", s)
	}
}

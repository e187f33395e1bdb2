package report

import (
	"bytes"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"batch/internal/mailout"
)

// The sheet of totals says what only the portal has, and until when.
func TestTotalsSayWhatOnlyThePortalHas(t *testing.T) {
	b, all := sample()
	b.Deadlines = mailout.Deadlines{Signed: mailout.Unfetched{Jobs: 2, Since: noon}, Unasked: mailout.Unfetched{Jobs: 30, Since: noon.Add(-24 * time.Hour)}}
	var out bytes.Buffer
	if _, err := Write(&out, b, each(all), Options{Format: "xlsx", Location: oslo}); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&out)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var said [][]string
	for _, line := range shown(t, f, "Totals") {
		if len(said) > 0 && len(said) < 6 || line[0] == "Signed, not fetched yet" {
			said = append(said, line[:2])
		}
	}
	want := [][]string{{"Signed, not fetched yet", "2"}, {"… since", "2026-11-21 12:00:00"}, {"… deleted by the portal from", "2026-12-31 12:00:00"},
		{"Perhaps signed since their queue was last empty", "30"}, {"… since", "2026-11-20 12:00:00"}, {"… deleted by the portal from", "2026-12-30 12:00:00"}}
	if len(said) != len(want) {
		t.Fatalf("the sheet says %q", said)
	}
	for i := range want {
		if said[i][0] != want[i][0] || said[i][1] != want[i][1] {
			t.Errorf("line %d is %q, want %q", i, said[i], want[i])
		}
	}
}

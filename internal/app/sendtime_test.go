package app

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"batch/internal/mailout"
)

// Times are counted from when a row is sent, however long ago it was planned.
func TestTimesAreOfTheMomentOfSending(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	r := mailout.Record{Since: now.Add(-36 * time.Hour), Row: mailout.Row{
		Job:       mailout.Job{Sender: "988015814", Title: "Avtale", Deadline: now.Add(48 * time.Hour), Signers: []mailout.Signer{{Email: "kari@example.com", Notify: mailout.NotifyGiven}}},
		Documents: []mailout.Document{{Title: "Avtale", Name: "avtale.pdf"}}}}
	xml, err := (&post{}).JobXML(r, now)
	must(t, err)
	if want := fmt.Sprintf("<available-seconds>%d</available-seconds>", 48*3600); !strings.Contains(string(xml), want) {
		t.Errorf("the job XML does not hold %s:\n%s", want, xml)
	}
}

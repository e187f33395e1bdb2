package report

import (
	"encoding/json"
	"testing"

	"batch/internal/mailout"
)

// Where several lines of the manifest are one job, a cell of the report shows what stands
// in each of them, once.
func TestColumnsOfSeveralLines(t *testing.T) {
	r := record(2, "7B", mailout.Planned, []mailout.Column{
		{Name: "Klasse", Value: "7B", More: []mailout.Text{"7B", ""}},
		{Name: "Foresatt", Value: "Ingrid", More: []mailout.Text{"Jonas", " "}},
		{Name: "fødselsnummer", Value: ingrid, More: []mailout.Text{jonas, ""}},
		{Name: "Merknad", Value: "", More: []mailout.Text{"", "ring først"}},
	}, byNumber(ingrid, 0), byNumber(jonas, 0))
	b, err := json.Marshal(RowJSON(r, false).Columns)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(b), `{"Klasse":"7B","Foresatt":"Ingrid / Jonas","fødselsnummer":"01847****** / 09866******","Merknad":"ring først"}`; got != want {
		t.Errorf("shown as %s, want %s", got, want)
	}
	own, err := ownersColumns(func(yield func(mailout.Record, error) bool) { yield(r, nil) }, allRows)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := own.cells(r.Columns, mask{}); err != nil || got[1] != "Ingrid / Jonas" || own.longest[1] != len("Ingrid / Jonas") {
		t.Errorf("cells %q, the longest has %d characters", got, own.longest[1])
	}
}

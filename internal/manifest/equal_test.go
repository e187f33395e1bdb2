package manifest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"batch/internal/mailout"
)

// plainText lets cmp compare values and not their masks.
var plainText = cmp.Options{
	cmp.Comparer(func(a, b mailout.Text) bool { return a.Reveal() == b.Reveal() }),
	cmp.Comparer(func(a, b mailout.NationalID) bool { return a.Reveal() == b.Reveal() }),
	cmp.Comparer(func(a, b mailout.Email) bool { return a.Reveal() == b.Reveal() }),
	cmp.Comparer(func(a, b mailout.Mobile) bool { return a.Reveal() == b.Reveal() }),
	cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) }),
	cmpopts.EquateEmpty(),
	cmpopts.IgnoreFields(mailout.Column{}, "Field"), // follows from the header: TestWhatColumnsAreReadAs
}

var withoutPlace = cmpopts.IgnoreTypes(mailout.Place{})

// The same content gives the same entries, whether Excel saved it as a workbook, with
// real dates, numbers and formats, or as CSV with Norwegian settings.
func TestWorkbookAndTextAreEqual(t *testing.T) {
	text := csvOf(t, public(),
		"Ansattnr;Tittel;Dokument;Fnr;Aktiveres;Frist dager;Stilling;Lønn;Postnr;Ansatt fra;Møte;Oppdatert;Fast",
		"1042;Avtale;a.pdf;17912099997;01.12.2026;14;80%;512345,5;0150;2026-12-01;08:30;20.11.2026 14:05;SANN",
		"1043;Avtale for Åse;b.pdf;29822099635;01.12.2026 09:15;7;37,5%;600000;9990;2027-01-15;16:00;20.11.2026 14:05:30;USANN",
		"",
		"K-7;Avtale;c.pdf;05840399895;;;;;;;;;",
	)
	f := sheetOf(t,
		[]any{"Ansattnr", "Tittel", "Dokument", "Fnr", "Aktiveres", "Frist dager", "Stilling", "Lønn", "Postnr", "Ansatt fra", "Møte", "Oppdatert", "Fast"},
		[]any{1042, "Avtale", "a.pdf", 17912099997, 46357, 14, 0.8, 512345.5, 150, 46357, 8.5 / 24, 46346 + (14*60+5)/1440.0, true},
		[]any{1043, "Avtale for Åse", "b.pdf", 29822099635, 46357 + (9*60+15)/1440.0, 7, 0.375, 600000, 9990, 46402, 16.0 / 24, 46346 + (14*3600+5*60+30)/86400.0, false},
		nil,
		[]any{"K-7", "Avtale", "c.pdf", liv},
	)
	for column, code := range map[string]string{"D": "0", "E": "dd.mm.yyyy", "G": "0%", "H": `#,##0.00\ "kr"`, "I": "0000", "J": "yyyy-mm-dd", "K": "hh:mm", "L": "dd/mm/yyyy hh:mm"} {
		if err := f.SetCellStyle("Sheet1", column+"2", column+"3", style(t, f, code)); err != nil {
			t.Fatal(err)
		}
	}
	book := workbookOf(t, f, public())
	for _, r := range []reading{text, book} {
		if r.err != nil || len(r.problems) != 0 {
			t.Fatalf("%v, %v", r.err, r.problems)
		}
		if r.result.Rows != 3 || r.result.Blank != 1 {
			t.Errorf("%d rows and %d blank, want 3 and 1", r.result.Rows, r.result.Blank)
		}
	}
	if diff := cmp.Diff(text.entries, book.entries, plainText, withoutPlace); diff != "" {
		t.Errorf("text and workbook differ (-text +workbook):\n%s", diff)
	}
	if diff := cmp.Diff(text.result.Columns, book.result.Columns); diff != "" {
		t.Error(diff)
	}
	if text.entries[2].Line != 5 {
		t.Errorf("the row behind the blank one is line %d, want 5", text.entries[2].Line)
	}
}

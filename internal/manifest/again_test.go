package manifest

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"batch/internal/mailout"
)

const lastBatch = "2026-11-01-x7"

// writeAgain writes entries as a list for another attempt.
func writeAgain(form, temp string, entries []mailout.Entry) ([]byte, error) {
	var file bytes.Buffer
	a, err := NewAgain(&file, form, temp)
	if err != nil {
		return nil, err
	}
	defer a.Close()
	for _, e := range entries {
		if err := a.Row(mailout.RowID{Batch: lastBatch, Line: e.Line}, e.Columns); err != nil {
			return nil, err
		}
	}
	if err := a.End(); err != nil {
		return nil, err
	}
	return file.Bytes(), nil
}

// sameAgain holds what is read from a list for another attempt against the rows it was written
// of: the same jobs and documents, the same cells, and each of them linked to what it was.
func sameAgain(before, after []mailout.Entry) string {
	if len(before) != len(after) {
		return fmt.Sprintf("%d rows are read, and %d were written", len(after), len(before))
	}
	for i, b := range before {
		a := after[i]
		if diff := cmp.Diff(b.Job, a.Job, plainText) + cmp.Diff(b.Inputs, a.Inputs, plainText, withoutPlace); diff != "" {
			return diff
		}
		if a.Earlier != (mailout.RowID{Batch: lastBatch, Line: b.Line}) {
			return fmt.Sprintf("the row of line %d says that it was %q", b.Line, a.Earlier)
		}
		linked := func(c mailout.Column) bool { return c.Field == "earlier" }
		without := cmpopts.IgnoreSliceElements(linked)
		if diff := cmp.Diff(b.Columns, a.Columns, plainText, without, cmpopts.IgnoreFields(mailout.Column{}, "Odd")); diff != "" {
			return diff
		}
	}
	return ""
}

// A list for another attempt gives the same jobs as the rows it was written of, whatever
// program had written the first list, and in whatever form it is written now.
func TestAnotherAttemptIsTheSameJobs(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var first reading
		o := anywhere()
		if rapid.Bool().Draw(rt, "text") {
			style := drawTextStyle(rt)
			l := drawList(rt, style.letters)
			content, _ := style.write(rt, l)
			first = read(t, "m"+style.ending, content, style.options())
		} else {
			style := bookStyle{inline: rapid.Bool().Draw(rt, "inline"), from1904: rapid.Bool().Draw(rt, "1904")}
			w, _ := style.write(rt, drawList(rt, beyond))
			b, err := w.file.WriteToBuffer()
			must(rt, err)
			first = read(t, "m.xlsx", b.Bytes(), o)
		}
		if first.err != nil {
			rt.Fatal(first.err)
		}
		form := rapid.SampledFrom([]string{CSV, Workbook}).Draw(rt, "form")
		content, err := writeAgain(form, t.TempDir(), first.entries)
		must(rt, err)
		again := read(t, "next."+form, content, o)
		if again.err != nil {
			rt.Fatal(again.err)
		}
		if diff := sameAgain(first.entries, again.entries); diff != "" {
			rt.Fatal(diff)
		}
	})
}

// The same of groups, defaults, own headers, lost zeros, words and formulas; and of a list that
// was one for another attempt itself.
func TestAnotherAttemptAtWhatSettingsMake(t *testing.T) {
	grouped := byCase()
	grouped.SignerDefaults = map[int]map[string]string{1: {"notify": "{Måte}"}}
	grouped.Signers = []map[string]string{{"fnr": per, "order": "5"}}
	grouped.Values = map[string]map[string]string{"notify": {"sms": "lookup+sms"}}
	filled := public()
	filled.Columns = map[string]string{"Ansattnr": "row", "Tittel": "-", "Tidligere": "-", "frist": "deadline"}
	filled.Defaults = map[string]string{"title": "Avtale for {Avdeling}", "document": "avtaler/{Ansattnr}.pdf", "available_days": "14"}
	for _, c := range []struct {
		what    string
		options Options
		lines   []string
	}{
		{"groups", grouped, []string{"Sak;title;document;frist_dager;fnr;Måte", "1;;a.pdf;;" + kari + ";sms", "2;Brev;b.pdf;;" + ola + ";lookup", "1;Avtale;;14;" + ola + ";lookup"}},
		{"defaults and own headers", filled, []string{"Ansattnr;Tittel;Tidligere;Avdeling;fnr;frist", "1042;Lærer;ja;Helse;" + liv[1:] + ";31.12.2026"}},
		{"formulas", public(), []string{"title;document;fnr;Merknad;Avtalt", "=1+1;a.pdf;" + kari + ";=HYPERLINK(1);01.12.2026", "@b;b.pdf;" + ola + ";-x;"}},
		{"tried again before", public(), []string{"title;earlier;document;fnr", "Avtale;2026-10-01-b2 line:9;a.pdf;" + kari}},
	} {
		t.Run(c.what, func(t *testing.T) {
			first := csvOf(t, c.options, c.lines...)
			if first.err != nil || len(mailout.Stopping(first.problems)) > 0 {
				t.Fatalf("%v, %s", first.err, first.findings())
			}
			for _, form := range []string{CSV, Workbook} {
				content, err := writeAgain(form, t.TempDir(), first.entries)
				if err != nil {
					t.Fatal(err)
				}
				again := read(t, "next."+form, content, c.options)
				if diff := sameAgain(first.entries, again.entries); again.err != nil || diff != "" {
					t.Errorf("as %s (%v): %s", form, again.err, diff)
				}
				if got, want := len(again.result.Columns)-len(first.result.Columns), map[bool]int{true: 0, false: 1}[c.what == "tried again before"]; got != want {
					t.Errorf("as %s it has %d columns more, want %d", form, got, want)
				}
			}
		})
	}
}

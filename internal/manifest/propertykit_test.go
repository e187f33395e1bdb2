package manifest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"batch/internal/mailout"
)

// list is a manifest as its sender has it in mind, before any program writes it.
type list struct {
	headers []string // as written; empty: a column of which nothing is used
	fields  []string // what each column is for; empty: the owner's own
	above   []string // titles and notes above the header
	rows    []listRow
}

// listRow is one row: what it says in each column, and what it means.
type listRow struct {
	blanks int // blank rows above it
	cells  []string
	meant  mailout.Entry
}

// spelled are the names that a sender may give our columns.
var spelled = map[string][]string{
	"row":         {"row", "id", "rad", "rad_nr"},
	"title":       {"title", "tittel"},
	"description": {"description", "beskrivelse", "melding"},
	"document":    {"document", "dokument", "fil", "document_1", "dokument_1"},
	"activation":  {"activation_time", "aktiveres"},
	"national_id": {"national_id", "fødselsnummer", "fnr", "d_nummer"},
	"email":       {"email", "e_post"},
	"mobile":      {"mobile", "mobil", "telefon"},
	"order":       {"order", "rekkefølge"},
}

// ours is a column of ours: its name, and the signer's number.
func ours(name string, n int) string { return name + "/" + strconv.Itoa(n) }

// drawHeader spells a column's name in one of the ways that are the same name.
func drawHeader(t *rapid.T, name string, n int) string {
	s := rapid.SampledFrom(spelled[name]).Draw(t, "name")
	if n > 1 || n == 1 && rapid.Bool().Draw(t, "numbered") {
		s = rapid.SampledFrom([]string{"signer", "undertegner"}).Draw(t, "prefix") + strconv.Itoa(n) + "_" + s
	}
	s = strings.ReplaceAll(s, "_", rapid.SampledFrom([]string{"_", "", " ", "-", ".", " - "}).Draw(t, "joint"))
	return rapid.SampledFrom([]func(string) string{strings.ToLower, strings.ToUpper, capital, norm.NFD.String, spaced}).Draw(t, "letters")(s)
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
func spaced(s string) string  { return " " + s + "\u00a0" }

// Text that people write, and that programs trip over.
var (
	latin  = []rune("abcdefghijABCDEFGHIJæøåÆØÅéü0123456789 ,;.:-_'\"«»()/&<>%#=+@|€–")
	beyond = append(slices.Clone(latin), []rune("čđŋšŧžńŁαЖ中\u0301👍\U0001F1F3\U0001F1F4")...)
	tricky = []string{"_x0041_", "_x000D_", "_x005F_", "007", "1,5", "1e5", "2026-12-01", "SANN", `"`, `""`, "a;b", "a,b", "a\tb", "'0150", "=1+1", "NULL", "ÅÆØ", "A\u030a"}
)

// drawText draws text of one line, or of several, in letters that the encoding has.
func drawText(t *rapid.T, letters []rune, lines bool, label string) string {
	s := rapid.OneOf(rapid.StringOfN(rapid.SampledFrom(letters), 0, 30, -1), rapid.SampledFrom(tricky)).Draw(t, label)
	if lines && rapid.Bool().Draw(t, "lines") {
		s += rapid.SampledFrom([]string{"\n", "\n\n", "\r\n"}).Draw(t, "break") + rapid.StringOfN(rapid.SampledFrom(letters), 1, 10, -1).Draw(t, label)
	}
	if slices.Equal(letters, latin) {
		s = norm.NFC.String(s)
	}
	return s
}

// tidy is what a value means: without white space around it, letters in one piece.
func tidy(s string) string { return norm.NFC.String(strings.TrimSpace(s)) }

// drawList draws a manifest of a private sender.
func drawList(t *rapid.T, letters []rune) list {
	signers := rapid.SampledFrom([][]int{{1}, {1, 2}, {1, 3}, {1, 2, 10}}).Draw(t, "signers")
	l := list{above: rapid.SliceOfN(rapid.SampledFrom([]string{"Utsending november", "Liste, \"siste\"", "title", ""}), 0, 4).Draw(t, "above")}
	named := []string{ours("title", 0), ours("document", 0)}
	for _, name := range []string{"row", "description", "activation"} {
		if rapid.Bool().Draw(t, name) {
			named = append(named, ours(name, 0))
		}
	}
	ordered := rapid.Bool().Draw(t, "ordered")
	for _, n := range signers {
		named = append(named, ours("national_id", n), ours("email", n), ours("mobile", n))
		if ordered {
			named = append(named, ours("order", n))
		}
	}
	named = append(named, rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"Avdeling", "Merknad 1", "Stilling/kode", "Årsverk", "Ansvarlig, intern", `Kalt "Navn"`}), 0, 6, rapid.ID).Draw(t, "own")...)
	named = append(named, make([]string, rapid.IntRange(0, 2).Draw(t, "unused"))...)
	for _, column := range rapid.Permutation(named).Draw(t, "columns") {
		name, n, known := strings.Cut(column, "/")
		if number, err := strconv.Atoi(n); known && err == nil {
			l.headers, l.fields = append(l.headers, drawHeader(t, name, number)), append(l.fields, column)
		} else {
			l.headers, l.fields = append(l.headers, column), append(l.fields, "")
		}
	}
	seed := rapid.IntRange(0, 1_000_000).Draw(t, "people")
	for i := range rapid.IntRange(1, 8).Draw(t, "rows") {
		l.rows = append(l.rows, l.drawRow(t, i, seed, signers, letters))
	}
	return l
}

// drawRow draws what the row of that number says, and what it means.
func (l *list) drawRow(t *rapid.T, i, seed int, signers []int, letters []rune) listRow {
	r := listRow{blanks: max(0, rapid.IntRange(-2, 3).Draw(t, "blanks")), cells: make([]string, len(l.fields))}
	says := map[string]string{}
	r.meant.Job = mailout.Job{Sender: "988015814"}
	job := &r.meant.Job

	title := "T" + drawText(t, letters, false, "title")
	title = strings.ReplaceAll(title, "\t", " ")
	says[ours("title", 0)], job.Title = title, mailout.Text(tidy(title))
	says[ours("row", 0)] = rapid.SampledFrom([]string{"00", "K-", "1000", "Å "}).Draw(t, "key") + strconv.Itoa(i)
	description := drawText(t, letters, true, "description")
	says[ours("description", 0)] = description
	parts := []string{fmt.Sprintf("avtaler/%d %s.pdf", i, rapid.SampledFrom([]string{"a", "Åse", "x;y", "x,y", "(1)"}).Draw(t, "file"))}
	if rapid.Bool().Draw(t, "merged") {
		parts = append(parts, fmt.Sprintf("vedlegg/%d.pdf", i))
	}
	says[ours("document", 0)], r.meant.Inputs = strings.Join(parts, " + "), []mailout.Input{{Parts: parts}}
	at := time.Date(2026, 12, 1, 8, 0, 0, 0, oslo).Add(time.Duration(rapid.IntRange(0, 40*24*60).Draw(t, "minutes")) * time.Minute)
	says[ours("activation", 0)] = at.Format(rapid.SampledFrom([]string{"02.01.2006 15:04", "2006-01-02 15:04", "2006-01-02T15:04"}).Draw(t, "date"))
	for _, n := range signers {
		if n == 1 || rapid.Bool().Draw(t, "signs") {
			job.Signers = append(job.Signers, drawSigner(t, seed+10*i+n, n, says))
		}
	}
	r.meant.Key = says[ours("row", 0)]
	for c, field := range l.fields {
		r.cells[c] = says[field]
		if field == "" && l.headers[c] != "" {
			r.cells[c] = drawText(t, letters, true, "own")
		}
		switch field {
		case ours("description", 0):
			job.Description = mailout.Text(tidy(lineBreaks.Replace(description)))
		case ours("activation", 0):
			job.Activation = at
		}
	}
	if !slices.Contains(l.fields, ours("order", 1)) {
		for s := range job.Signers {
			job.Signers[s].Order = 0
		}
	}
	return r
}

func drawSigner(t *rapid.T, i, n int, says map[string]string) mailout.Signer {
	r := rand.New(rand.NewPCG(uint64(i), uint64(n)))
	id, email, mobile := somebody(i), fmt.Sprintf("person%d@example.com", i), fmt.Sprintf("9%07d", r.IntN(10_000_000))
	s := mailout.Signer{NationalID: mailout.NationalID(id), Email: mailout.Email(email), Mobile: mailout.Mobile(mobile), Order: 1 + r.IntN(3), Notify: mailout.NotifyGiven}
	says[ours("national_id", n)] = rapid.SampledFrom([]string{id, id, id[:6] + " " + id[6:], id[:6] + "\u00a0" + id[6:], id[:6] + "-" + id[6:]}).Draw(t, "number")
	says[ours("email", n)], says[ours("mobile", n)], says[ours("order", n)] = email, mobile, strconv.Itoa(s.Order)
	return s
}

var lineBreaks = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// judge holds what was read against what was meant. shown are the cells as the owner's
// columns show them, lines where the rows stand.
func (l list) judge(t *rapid.T, r reading, lines []int, shown [][]string) {
	if r.err != nil {
		t.Fatalf("%v", r.err)
	}
	for _, p := range r.problems {
		if p.Severity == mailout.Stop {
			t.Fatalf("%s at %v", p.Code, p.Place)
		}
	}
	var meant []mailout.Entry
	blanks := 0
	for i, row := range l.rows {
		e := row.meant
		e.Line, blanks = lines[i], blanks+row.blanks
		if !slices.Contains(l.fields, ours("row", 0)) {
			e.Key = strconv.Itoa(e.Line)
		}
		for c, header := range l.headers {
			if header != "" {
				e.Columns = append(e.Columns, mailout.Column{Name: tidy(header), Value: mailout.Text(shown[i][c])})
			}
		}
		meant = append(meant, e)
	}
	if diff := cmp.Diff(meant, r.entries, plainText, withoutPlace); diff != "" {
		t.Fatalf("(-meant +read):\n%s", diff)
	}
	if r.result.Blank != blanks || r.result.Rows != len(meant) {
		t.Fatalf("%d rows and %d blank, want %d and %d", r.result.Rows, r.result.Blank, len(meant), blanks)
	}
}

// anywhere are the options of a private sender whose documents are not looked for.
func anywhere() Options {
	o := public()
	o.Kind, o.Documents = mailout.Private, nil
	return o
}

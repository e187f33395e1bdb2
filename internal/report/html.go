package report

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"
	"unicode"

	"batch/internal/mailout"
)

// pageFiles are the page's templates, its style and its script. All of it is written into
// every report: one file that needs no other.
//
//go:embed page
var pageFiles embed.FS

var (
	pageStyle, pageScript = pageFile("page.css"), pageFile("page.js")

	pageTemplates = template.Must(template.New("").Funcs(template.FuncMap{
		"thousands": thousands,
		"share":     share,
		"word":      func(s string) string { return strings.ReplaceAll(strings.ToLower(s), "_", " ") },
		"meaning":   func(s mailout.State) string { return meanings[s] },
		"at":        func(t time.Time) string { return t.Format("2006-01-02 15:04") },
	}).ParseFS(pageFiles, "page/*.html"))
)

func pageFile(name string) string {
	text, err := pageFiles.ReadFile("page/" + name)
	if err != nil {
		panic(err) // it is part of the program
	}
	return string(text)
}

// pagePolicy lets the browser use the report's own style and script and nothing else: no
// network, no script that a cell brought along (Content Security Policy Level 3, hashes).
func pagePolicy() string {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; style-src " + hash(pageStyle) + "; script-src " + hash(pageScript) + "; base-uri 'none'; form-action 'none'"
}

// mostListed is how many rows a page lists: a browser can sort and search so many, and has
// them in memory.
const mostListed = 50_000

// TooManyRows is the error of a report that would list more rows than its format holds.
type TooManyRows struct {
	Format     string
	Rows, Most int
}

func (e *TooManyRows) Error() string {
	return fmt.Sprintf("a report as %s lists at most %d rows, and these are %d", e.Format, e.Most, e.Rows)
}

// htmlPage writes a page that a browser opens without a network. What it says of all rows
// stands above the rows, so these wait in memory until the last is read: one reading of the
// books is of one moment, two are not.
type htmlPage struct {
	w       io.Writer
	batch   mailout.BatchInfo
	o       Options
	figures *figures
	owner   *owner
	listed  int
	rows    bytes.Buffer // their part of the table
	data    bytes.Buffer // everything of them, for the script: a JSON array each
}

func newHTML(w io.Writer, b mailout.BatchInfo, o Options) (*htmlPage, error) {
	listed := 0
	for state, n := range b.Totals {
		if o.lists(state) {
			listed += n
		}
	}
	if listed > mostListed {
		return nil, &TooManyRows{Format: "html", Rows: listed, Most: mostListed}
	}
	return &htmlPage{w: w, batch: b, o: o, figures: newFigures(o.Now), owner: &owner{place: map[heading]int{}}}, nil
}

func (f *htmlPage) count(r mailout.Record) { f.figures.count(lineOf(f.batch, &r, f.o)) }

func (f *htmlPage) row(r mailout.Record) error {
	l := lineOf(f.batch, &r, f.o)
	if err := pageTemplates.ExecuteTemplate(&f.rows, "row", rowView(l, f.o.Location)); err != nil {
		return err
	}
	if f.listed++; f.listed > 1 {
		f.data.WriteString(",\n")
	}
	cells, err := f.cells(l)
	if err != nil {
		return err
	}
	out := json.NewEncoder(&f.data) // with < and > escaped: nothing in it ends the script
	return out.Encode(cells)
}

// pageColumns are what is shown of a row on request.
var pageColumns = append([]column{colTitle}, rowColumns...)

// cells are all that the csv's lines of a row say, as text: the owner's cells, the row's own,
// and those of each signer.
func (f *htmlPage) cells(l line) (all [3]any, err error) {
	f.owner.meet(l.rec.Columns)
	owners, err := f.owner.cells(l.rec.Columns, l.mask)
	if err != nil {
		return all, err
	}
	for i := range owners {
		owners[i] = visible(owners[i])
	}
	own, signers := f.texts(pageColumns, l), [][]string{}
	for l.signer = range l.rec.Job.Signers {
		signers = append(signers, f.texts(signerColumns, l))
	}
	return [3]any{owners, own, signers}, nil
}

func (f *htmlPage) texts(columns []column, l line) []string {
	cells := make([]string, len(columns))
	for i, c := range columns {
		switch v := present(c.value(l), f.o.Location).(type) {
		case time.Time:
			cells[i] = v.Format(timeInCSV)
		default:
			cells[i] = visible(fmt.Sprint(v))
		}
	}
	return cells
}

// end writes the page: what is said of all rows, the rows, and their data for the script.
func (f *htmlPage) end(mailout.Totals) error {
	v := f.view()
	if err := pageTemplates.ExecuteTemplate(f.w, "top", v); err != nil {
		return err
	}
	if _, err := f.rows.WriteTo(f.w); err != nil {
		return err
	}
	if err := pageTemplates.ExecuteTemplate(f.w, "middle", v); err != nil {
		return err
	}
	if err := f.island(); err != nil {
		return err
	}
	return pageTemplates.ExecuteTemplate(f.w, "bottom", template.JS(pageScript))
}

// island is a script that no browser runs: data for the one that it does.
func (f *htmlPage) island() error {
	head, err := json.Marshal(map[string]any{"states": pageStates, "owner": f.headers(), "row": names(pageColumns), "signer": names(signerColumns)})
	if err != nil {
		return err
	}
	fmt.Fprintf(f.w, "<script type=\"application/json\" id=\"data\">[%s,\n[", head)
	if _, err := f.data.WriteTo(f.w); err != nil {
		return err
	}
	_, err = io.WriteString(f.w, "]]</script>\n")
	return err
}

func (f *htmlPage) headers() []string {
	headers := f.owner.headers()
	for i := range headers {
		headers[i] = visible(headers[i])
	}
	return headers
}

func (f *htmlPage) close() {}

func names(columns []column) []string {
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = c.name
	}
	return all
}

// visible shows as "�" what a person would not see: control characters, and those that
// turn the reading direction of what stands beside them.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			return unicode.ReplacementChar
		}
		return r
	}, text)
}

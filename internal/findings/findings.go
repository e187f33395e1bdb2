// Package findings reads what a person found in the sender portal about many rows: a
// spreadsheet or CSV with one line a row. A completion report of the unknown rows with a
// column "found" put in is such a list.
//
//	all, err := findings.Read(ctx, "found.xlsx")
//
// Columns are found by their names, without regard to case, spaces, "_", "-" and ".":
//
//	reference, or ref              the reference that was searched for, or
//	row_key, or row; or line       the owner's key of the row, or its line
//	found                          present or absent; empty: nothing is said of the row
//	job_id, or job                 of a job that is present, where it was read
//	note                           kept in the history
//	record                         lines of a report that say "signer" are passed over
//
// Where both names of a column are there, as in a report whose owner has a column of that
// name, the report's own, which is the first here, counts.
//
// All that is wrong is told at once, each with its cell. What a line means for the books
// is not known here.
package findings

import (
	"context"
	"errors"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"batch/internal/mailout"
	"batch/internal/table"
)

// Finding is one line of the list.
type Finding struct {
	Place   mailout.Place // of the line; its columns are where At says
	Ref     mailout.Ref   // or
	Row     string        // the owner's key, or "line:14"
	Verdict mailout.Verdict
	Job     mailout.JobID
	Note    string
	columns map[string]int
}

// At is the cell of a finding under a column: "found", "job", or, for the row itself, "row".
func (f Finding) At(column string) mailout.Place {
	p := f.Place
	if column == "row" {
		column = f.namedBy()
	}
	if i, ok := f.columns[column]; ok {
		p.Column, p.Field = table.Letters(i), column
	}
	return p
}

func (f Finding) namedBy() string {
	switch {
	case f.Ref != "":
		return "ref"
	case strings.HasPrefix(f.Row, "line:"):
		return "line"
	}
	return "row"
}

// List is what a file says.
type List struct {
	Findings []Finding
	Silent   int               // lines of rows of which nothing is said
	Problems []mailout.Problem // in the order of lines; with one, nothing is to be done
}

// names are what a header means; one that is the report's own counts more than another.
var names = map[string]struct {
	column  string
	reports bool
}{"reference": {"ref", true}, "ref": {"ref", false}, "rowkey": {"row", true}, "row": {"row", false}, "line": {"line", true},
	"found": {"found", true}, "jobid": {"job", true}, "job": {"job", false}, "note": {"note", true}, "record": {"record", true}}

// columnOf is the column that a header means, or nothing.
func columnOf(header string) (column string, reports bool) {
	n := names[strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune("_-.", r) {
			return -1
		}
		return unicode.ToLower(r)
	}, table.Clean(header))]
	return n.column, n.reports
}

func isHeader(l table.Line) bool {
	known := map[string]bool{}
	for _, c := range l.Cells {
		column, _ := columnOf(c.Text)
		known[column] = true
	}
	return known["found"] && (known["ref"] || known["row"] || known["line"])
}

// Read reads the list at path. An error is a *table.Error, where the file as a whole cannot
// be read, or the context's.
func Read(ctx context.Context, path string) (list List, err error) {
	f, err := table.Open(path, table.Options{}, isHeader)
	if err != nil {
		return list, unheaded(err)
	}
	defer f.Close()
	r := reader{list: &list, place: mailout.Place{File: filepath.Base(path), Sheet: f.Sheet}, columns: map[string]int{}}
	r.head(f.Header)
	for line, err := range f.Lines() {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return list, err
		}
		if line.Number > f.Header.Number && !line.Blank() {
			r.line(line)
		}
	}
	if err := f.Unchanged(); err != nil {
		return list, err
	}
	mailout.SortProblems(list.Problems)
	return list, nil
}

func unheaded(err error) error {
	if missing := new(table.NoHeader); errors.As(err, &missing) {
		return &table.Error{Code: "findings-header", Message: "no header was found: no row near the top names found and one of reference, row and line",
			Remedy: "take a report of the unknown rows (batch report BATCH --only unknown) and put in a column found"}
	}
	return err
}

type reader struct {
	list    *List
	place   mailout.Place
	columns map[string]int
}

// head finds the columns. Two of one name are a problem.
func (r *reader) head(header table.Line) {
	own := map[string]bool{} // columns by the report's own name
	for i, c := range header.Cells {
		name, reports := columnOf(c.Text)
		_, there := r.columns[name]
		switch {
		case name == "" || there && own[name] && !reports:
		case there && own[name] == reports:
			r.problem(header.Number, i, "column-twice", "there are two columns for "+name, "keep the one that is meant")
		default:
			r.columns[name], own[name] = i, reports
		}
	}
}

func (r *reader) problem(line, column int, code, message, remedy string) {
	p := r.place
	p.Line, p.Column = line, table.Letters(column)
	r.list.Problems = append(r.list.Problems, mailout.Problem{Severity: mailout.Stop, Code: code, Place: p, Message: message, Remedy: remedy})
}

// line reads one line of the list.
func (r *reader) line(l table.Line) {
	texts, whole := r.texts(l)
	if !whole || strings.EqualFold(texts["record"], "signer") && texts["found"] == "" {
		return
	}
	f := Finding{Place: r.place, Ref: mailout.Ref(texts["ref"]), Row: texts["row"], Note: texts["note"], columns: r.columns}
	if f.Place.Line = l.Number; f.Row == "" && texts["line"] != "" {
		f.Row = "line:" + texts["line"]
	}
	at := r.columns["found"]
	switch v := mailout.Verdict(strings.ToLower(texts["found"])); v {
	case "":
		r.list.Silent++
		return
	case mailout.VerdictPresent, mailout.VerdictAbsent:
		f.Verdict = v
	default:
		r.problem(l.Number, at, "finding-word", "it is neither present nor absent", "write present where the sender portal has the job, absent where it has none, and nothing where nobody has looked")
		return
	}
	if f.Ref == "" && f.Row == "" {
		r.problem(l.Number, at, "finding-row", "the line does not say which row was looked for", "give the reference, or the key of the row or its line")
		return
	}
	if !r.job(l, texts["job"], &f) {
		return
	}
	r.list.Findings = append(r.list.Findings, f)
}

// texts are the cells of a line by column. A cell that cannot be read is a problem.
func (r *reader) texts(l table.Line) (texts map[string]string, whole bool) {
	texts, whole = map[string]string{}, true
	for name, i := range r.columns {
		c := l.At(i)
		if c.Flaw != nil {
			r.problem(l.Number, i, c.Flaw.Code, c.Flaw.Message, c.Flaw.Remedy)
			whole = false
		}
		texts[name] = table.Clean(c.Text)
	}
	return texts, whole
}

func (r *reader) job(l table.Line, text string, f *Finding) bool {
	if text == "" {
		return true
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch at := r.columns["job"]; {
	case err != nil || n <= 0:
		r.problem(l.Number, at, "finding-job", "that is not the id of a job", "copy the number as the sender portal shows it, without spaces")
	case f.Verdict == mailout.VerdictAbsent:
		r.problem(l.Number, at, "finding-job", "a row whose job is absent has no job id", "write present, or take the id out")
	default:
		f.Job = mailout.JobID(n)
		return true
	}
	return false
}

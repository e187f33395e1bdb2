package manifest

import (
	"context"
	"iter"
	"maps"
	"path/filepath"
	"slices"

	"batch/internal/mailout"
	"batch/internal/table"
)

// Read reads the manifest at path and hands over its rows in order, each with its
// problems, sorted. A row with problems comes as far as it could be read. Read stops
// with the error of yield, of ctx, or with an [*Error] where the file as a whole cannot
// be read; rows handed over before are then worth nothing.
func Read(ctx context.Context, path string, o Options, yield func(mailout.Entry, []mailout.Problem) error) (Result, error) {
	if o.Name == "" {
		o.Name = filepath.Base(path)
	}
	s := newSettings(o)
	if err := s.refuse(); err != nil {
		return Result{}, err
	}
	f, err := table.Open(path, table.Options{Sheet: o.Sheet, Encoding: o.Encoding, Delimiter: o.Delimiter}, s.isHeader)
	if err != nil {
		return Result{}, unheaded(err)
	}
	defer f.Close()
	r := newReader(s, f.Sheet, s.layout(f.Header), f.AtMost)
	result := Result{Bytes: f.Size, Columns: r.layout.owners()}
	result.Problems = append(r.sheetProblems(f), r.headerProblems()...)
	if err := r.rows(ctx, f.Lines(), &result, yield); err != nil {
		return Result{}, err
	}
	sum, err := f.Sum()
	if err != nil {
		return Result{}, err
	}
	if err := f.Unchanged(); err != nil {
		return Result{}, err
	}
	result.SHA256 = sum
	result.Unused = r.files.unused(r.uses)
	result.Problems = causesOnly(append(result.Problems, r.merged(f)...), f.Header.Number)
	result.Problems = append(result.Problems, r.tally.problems(r)...)
	if r.groups != nil {
		result.Problems = append(result.Problems, r.groups.nearly(r)...)
	}
	mailout.SortProblems(result.Problems)
	return result, nil
}

// reader reads the rows of one manifest.
type reader struct {
	*settings
	sheet   string
	layout  *layout
	can     [fieldCount]bool // what a row can have something in: there is a column, or a default
	absent  map[field]bool   // reported once for all rows: required, but neither column nor default; or a default that cannot be
	numbers []int8           // of the signers that a line can name
	papers  []int8           // … and of the documents
	files   *folder
	tally   *tally
	groups  *grouping // nil: every line is a job of its own
}

func newReader(s *settings, sheet string, l *layout, atMost int) *reader {
	r := &reader{settings: s, sheet: sheet, layout: l, absent: map[field]bool{}, files: newFolder(s.Documents), groups: s.newGrouping(l)}
	for _, f := range slices.Concat(l.known(), slices.Collect(maps.Keys(s.defaults))) {
		r.can[f.index()] = true
	}
	r.numbers, r.papers = r.numbersOf(mailout.MaxSigners, field.ofSigner), r.numbersOf(mailout.MaxDocuments, field.ofDocument)
	r.tally = newTally(l, r.can[field{name: fRow}.index()], atMost)
	return r
}

// rows hands over every row, in order.
func (r *reader) rows(ctx context.Context, lines iter.Seq2[table.Line, error], result *Result, yield func(mailout.Entry, []mailout.Problem) error) error {
	inner, stop := context.WithCancel(ctx)
	ahead := r.readAhead(inner, r.jobs(lines, result))
	defer ahead.wait()
	defer stop()
	for c := range ahead.inOrder {
		<-c.done
		for i := range c.rows {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := r.hand(&c.rows[i], result, yield); err != nil {
				return err
			}
		}
		if c.err != nil {
			return c.err
		}
	}
	return ctx.Err()
}

// hand counts a row and hands it over.
func (r *reader) hand(w *row, result *Result, yield func(mailout.Entry, []mailout.Problem) error) error {
	r.tally.row(w)
	mailout.SortProblems(w.problems)
	if w.loose { // left out as a row, the job it belongs to would go out without it
		for _, p := range w.problems {
			p.Row = ""
			result.Problems = append(result.Problems, p)
		}
		return nil
	}
	result.Rows++
	return yield(w.entry, w.problems)
}

// jobs are the lines below the header that are sent, each by itself or with those of its
// group. What they are not is counted.
func (r *reader) jobs(lines iter.Seq2[table.Line, error], result *Result) iter.Seq2[[]table.Line, error] {
	return func(yield func([]table.Line, error) bool) {
		groups := r.groups
		var single []table.Line // room for the lines that are jobs by themselves
		for l, err := range lines {
			if err == nil && !r.wanted(l, result) {
				continue
			}
			if err == nil && groups != nil {
				if err = groups.add(l); err == nil {
					continue
				}
			}
			if len(single) == cap(single) {
				single = make([]table.Line, 0, chunkLines)
			}
			single = append(single, l)
			if !yield(single[len(single)-1:len(single):len(single)], err) || err != nil {
				return
			}
		}
		if groups == nil {
			return
		}
		for _, job := range groups.jobs {
			if !yield(job.lines, nil) {
				return
			}
		}
	}
}

// wanted counts a line, and says whether it is one to read.
func (r *reader) wanted(l table.Line, result *Result) bool {
	if l.Number <= r.layout.line {
		return false
	}
	result.Blank += min(l.Blanks, l.Number-r.layout.line-1)
	switch {
	case l.Blank():
		result.Blank++
		return false
	case l.Hidden && r.Hidden == "skip":
		result.Hidden++
		return false
	case l.Hidden:
		r.tally.sawHidden(l.Number)
	}
	result.Lines++
	return true
}

// numbersOf are those up to most under which a row can have something of a kind.
func (r *reader) numbersOf(most int8, kind func(field) bool) []int8 {
	var found []int8
	for n := int8(1); n <= most; n++ {
		for of := name(1); of <= lastName; of++ {
			if f := (field{of, n}); kind(f) && r.can[f.index()] {
				found = append(found, n)
				break
			}
		}
	}
	return found
}

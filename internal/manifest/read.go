package manifest

import (
	"context"
	"iter"
	"maps"
	"path/filepath"
	"slices"

	"batch/internal/mailout"
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
	if err := isLockFile(path); err != nil {
		return Result{}, err
	}
	f, err := openFile(path)
	if err != nil {
		return Result{}, err
	}
	defer f.Close()
	src, err := f.open(path, o, s.isHeader)
	if err != nil {
		return Result{}, err
	}
	header, ok, err := findHeader(src.lines(), s.isHeader)
	if err != nil {
		return Result{}, err
	} else if !ok {
		return Result{}, noHeader("")
	}
	r := newReader(s, src.sheet, s.layout(header), src.atMost)
	result := Result{Bytes: f.info.Size(), Columns: r.layout.owners()}
	result.Problems = append(src.notes, r.headerProblems()...)
	if err := r.rows(ctx, src, &result, yield); err != nil {
		return Result{}, err
	}
	if result.SHA256, err = src.sum(); err != nil {
		return Result{}, err
	}
	if err := f.unchanged(path); err != nil {
		return Result{}, err
	}
	result.Unused = r.files.unused(r.uses)
	result.Problems = causesOnly(append(result.Problems, src.late(header.n)...), header.n)
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
	absent  map[field]bool   // required, but neither column nor default: reported once
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
func (r *reader) rows(ctx context.Context, src *source, result *Result, yield func(mailout.Entry, []mailout.Problem) error) error {
	inner, stop := context.WithCancel(ctx)
	ahead := r.readAhead(inner, r.jobs(src, result))
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
func (r *reader) jobs(src *source, result *Result) iter.Seq2[[]line, error] {
	return func(yield func([]line, error) bool) {
		groups := r.groups
		var single []line // room for the lines that are jobs by themselves
		for l, err := range src.lines() {
			if err == nil && !r.wanted(l, result) {
				continue
			}
			if err == nil && groups != nil {
				if err = groups.add(l); err == nil {
					continue
				}
			}
			if len(single) == cap(single) {
				single = make([]line, 0, chunkLines)
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
func (r *reader) wanted(l line, result *Result) bool {
	if l.n <= r.layout.line {
		return false
	}
	result.Blank += min(l.blanks, l.n-r.layout.line-1)
	switch {
	case l.blank():
		result.Blank++
		return false
	case l.hidden && r.Hidden == "skip":
		result.Hidden++
		return false
	case l.hidden:
		r.tally.sawHidden(l.n)
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

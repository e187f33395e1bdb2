package manifest

import (
	"context"
	"path/filepath"

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
	s, err := newSettings(o)
	if err != nil {
		return Result{}, err
	}
	b, err := load(path)
	if err != nil {
		return Result{}, err
	}
	src, err := open(path, b, o, s.isHeader)
	if err != nil {
		return Result{}, err
	}
	defer src.close()
	header, ok := findHeader(src.lines(), s.isHeader)
	if !ok {
		return Result{}, noHeader("")
	}
	r := newReader(s, src.sheet, s.layout(header))
	result := Result{SHA256: mailout.SumDigest(b), Bytes: int64(len(b)), Columns: r.layout.owners()}
	result.Problems = append(src.notes, r.headerProblems()...)
	if err := r.rows(ctx, src, &result, yield); err != nil {
		return Result{}, err
	}
	result.Problems = append(result.Problems, src.late(header.n)...)
	result.Problems = append(result.Problems, r.tally.problems(r)...)
	mailout.SortProblems(result.Problems)
	return result, nil
}

// reader reads the rows of one manifest.
type reader struct {
	*settings
	sheet  string
	layout *layout
	absent map[field]bool // required, but neither column nor default: reported once
	files  *folder
	tally  *tally
}

func newReader(s *settings, sheet string, l *layout) *reader {
	return &reader{settings: s, sheet: sheet, layout: l, absent: map[field]bool{}, files: newFolder(s.Documents), tally: newTally(len(l.columns))}
}

// rows hands over every row below the header.
func (r *reader) rows(ctx context.Context, src *source, result *Result, yield func(mailout.Entry, []mailout.Problem) error) error {
	for l, err := range src.lines() {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case l.n <= r.layout.line:
			continue
		case l.blank():
			result.Blank++
			continue
		case l.hidden && r.Hidden == "skip":
			result.Hidden++
			continue
		case l.hidden:
			r.tally.sawHidden(l.n)
		}
		entry, problems := r.readRow(l)
		if err := yield(entry, problems); err != nil {
			return err
		}
		result.Rows++
	}
	return nil
}

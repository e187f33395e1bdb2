package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"time"

	"batch/internal/mailout"
	"batch/internal/manifest"
)

// writeNext writes the list of the chosen rows. It stands under its name only when it is whole
// and was read again as what it is meant to be; nothing is ever written over.
func (a *App) writeNext(ctx context.Context, b mailout.BatchInfo, o NextOptions, c chosen) (Next, error) {
	n := c.Next
	form, asked, err := nextFormat(o, b.ManifestPath)
	if err != nil {
		return Next{}, err
	}
	if n.Changed = form == manifest.CSV && c.live.Line > 0; n.Changed {
		if asked {
			return Next{}, usage("write it as a workbook: --format xlsx, or a name that ends in .xlsx", "in a csv a spreadsheet would run what stands in line %d, column %q, as a formula", c.live.Line, c.live.Why)
		}
		form = manifest.Workbook
	}
	n.Format = form
	dir := filepath.Dir(b.ManifestPath)
	if o.Out != "" {
		dir = filepath.Dir(o.Out)
		n.Elsewhere = a.ws.Config.Documents.Folder == "" && !sameFolder(dir, filepath.Dir(b.ManifestPath))
	}
	f, err := os.CreateTemp(dir, nextTemp+"*."+form)
	if err != nil {
		return Next{}, usage("give another place with --out", "the list cannot be written: %v", err)
	}
	defer os.Remove(f.Name()) // gone already where all went well
	err = a.fillNext(ctx, f, b.ID, form, c.lines)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = a.readNext(ctx, f.Name(), b.ID, c.lines, &n)
	}
	if err == nil {
		n.Path, err = place(f.Name(), o.Out, b.ManifestPath)
	}
	if err != nil {
		return Next{}, err
	}
	return n, nil
}

// nextTemp begins the name of a list that is not whole yet. A killed process leaves it; it is
// no list that anybody would take for one, and can be deleted.
const nextTemp = ".batch-next-"

// nextLists are the files beside a manifest that have the names of lists for another attempt at
// its rows, whole or not.
func nextLists(original string) []string {
	if original == "" {
		return nil
	}
	entries, err := os.ReadDir(filepath.Dir(original))
	if err != nil {
		return nil // there is nothing beside it
	}
	stem := filepath.Base(nextStem(original))
	var all []string
	for _, e := range entries {
		name := e.Name()
		bare := strings.TrimSuffix(name, filepath.Ext(name))
		if name != filepath.Base(original) && nextName.MatchString(bare) && nextName.ReplaceAllString(bare, "")+"-next" == stem || strings.HasPrefix(name, nextTemp) {
			all = append(all, filepath.Join(filepath.Dir(original), name))
		}
	}
	return all
}

// nextStem is what the lists for another attempt at a manifest's rows are called, ending and
// number aside: the same for such a list itself.
func nextStem(original string) string {
	return nextName.ReplaceAllString(strings.TrimSuffix(original, filepath.Ext(original)), "") + "-next"
}

func sameFolder(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}

// recordsOf are the rows of a batch at some lines, which are in order.
func (a *App) recordsOf(ctx context.Context, id mailout.BatchID, lines []int) iter.Seq2[mailout.Record, error] {
	return func(yield func(mailout.Record, error) bool) {
		for r, err := range a.Records(ctx, id) {
			if err == nil && !isIn(lines, r.Line) {
				continue
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// fillNext writes the rows, and syncs them: the person who reads the name of the list may
// switch the machine off.
func (a *App) fillNext(ctx context.Context, f *os.File, id mailout.BatchID, form string, lines []int) error {
	spool, done, err := a.spool()
	if err != nil {
		return err
	}
	defer done()
	to, err := manifest.NewAgain(f, form, spool)
	if err != nil {
		return err
	}
	defer to.Close()
	for r, err := range a.recordsOf(ctx, id, lines) {
		if err != nil {
			return err
		}
		err := to.Row(mailout.RowID{Batch: id, Line: r.Line}, r.Columns)
		if errors.Is(err, manifest.ErrUnfit) {
			return usage("write it as csv: --format csv", "line %d holds a text that a cell of a workbook cannot: too long, or with signs that it has no place for (%v)", r.Line, err)
		}
		if err != nil {
			return fmt.Errorf("writing line %d: %w", r.Line, err)
		}
	}
	if err := to.End(); err != nil {
		return fmt.Errorf("finishing the list: %w", err)
	}
	return f.Sync()
}

// readNext reads the list as `batch plan` will, and holds every cell against the books. What
// was written may be right and yet be read otherwise, where batch.toml is another by now.
func (a *App) readNext(ctx context.Context, path string, id mailout.BatchID, lines []int, n *Next) error {
	o := reading(a.ws.Config, a.rehearsal)
	o.Now = a.now()
	next, stop := iter.Pull2(a.recordsOf(ctx, id, lines))
	defer stop()
	read := 0
	result, err := manifest.Read(ctx, path, o, func(e mailout.Entry, ps []mailout.Problem) error {
		r, err, more := next()
		if err != nil {
			return err
		}
		if !more {
			return otherSettings
		}
		read++
		if len(mailout.Stopping(ps)) > 0 {
			n.Faulty++
		} else if !r.Skipped && !sameJob(e.Job, r.Job) {
			n.Differ++
		}
		return sameRow(e, r, id)
	})
	var unreadable *manifest.Error
	switch {
	case errors.As(err, &unreadable):
		return usage(otherSettings.Remedy, "as batch.toml is now, the list could not be read: %s", unreadable.Message)
	case err == nil && read < len(lines):
		return otherSettings
	case len(mailout.Stopping(result.Problems)) > 0: // of the list as a whole
		n.Faulty = len(lines)
	}
	return err
}

var otherSettings = usage("put [columns], group_by and [[signers]] in batch.toml back as they were when the batch was planned, and write the list then",
	"as batch.toml is now, the list would be read as other rows than those of the batch; nothing was written")

// sameRow holds a row that was read from the list against the one that was written.
func sameRow(e mailout.Entry, r mailout.Record, id mailout.BatchID) error {
	if e.Earlier != (mailout.RowID{Batch: id, Line: r.Line}) {
		return otherSettings
	}
	read, written := manifest.Lines(e.Columns), manifest.Lines(r.Columns)
	if len(read) != len(written) {
		return otherSettings
	}
	for k := range written {
		for i, cell := range written[k] {
			if r.Columns[i].Field == "earlier" {
				continue
			}
			if i >= len(read[k]) || e.Columns[i].Name != r.Columns[i].Name || read[k][i] != cell {
				return fmt.Errorf("line %d, column %q, would be read as something else than it was; nothing was written: try the other --format", r.Line, r.Columns[i].Name)
			}
		}
	}
	return nil
}

// sameJob reports whether two jobs ask the same of the same people.
func sameJob(a, b mailout.Job) bool {
	for _, t := range []*time.Time{&a.Activation, &a.Deadline, &b.Activation, &b.Deadline} {
		*t = t.UTC().Round(0)
	}
	return reflect.DeepEqual(a, b)
}

var nextName = regexp.MustCompile(`-next(-[0-9]+)?$`)

// place gives a whole list its name: the one that was asked for, or one beside the batch's own
// manifest that is free. The name is taken first, with an empty file that no reader takes for a
// list, so that nobody's file is written over; a crash leaves that one behind.
func place(temp, out, original string) (string, error) {
	stem := nextStem(original)
	for n := 1; ; n++ {
		path := out
		if out == "" {
			path = stem + filepath.Ext(temp)
		}
		if out == "" && n > 1 {
			path = fmt.Sprintf("%s-%d%s", stem, n, filepath.Ext(temp))
		}
		f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		switch {
		case errors.Is(err, fs.ErrExist) && out == "" && n < 1000:
			continue
		case errors.Is(err, fs.ErrExist):
			return "", usage("give a new name with --out", "the file %s is there already; nothing was written", path)
		case err != nil:
			return "", usage("give another place with --out", "the list cannot be written: %v", err)
		}
		f.Close()
		if err := os.Rename(temp, path); err != nil {
			os.Remove(path)
			return "", err
		}
		return path, nil
	}
}

package app

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"batch/internal/disk"
	"batch/internal/disk/disktest"
	"batch/internal/mailout"
	"batch/internal/report"
)

// reported writes a report of an office's batch.
func (o *office) reported(options Options, ro ReportOptions) (path string, err error) {
	a, err := Open(o.t.Context(), options)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return a.Report(o.t.Context(), o.batch, ro)
}

// trueReport holds the report that lies in the folder, if there is one, against the books and
// its entry, and returns its digest. With stale, the entry may be of the report before.
func (o *office) trueReport(stale bool) (sum mailout.Digest) {
	o.t.Helper()
	path := filepath.Join(o.dir, "reports", string(o.batch)+"-report.csv")
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return sum
	}
	must(o.t, err)
	sum = mailout.SumDigest(raw)
	a, err := Open(o.t.Context(), o.options())
	must(o.t, err)
	defer a.Close()
	noted, err := a.ledger.Reports(o.t.Context(), o.batch)
	must(o.t, err)
	if !slices.ContainsFunc(noted, func(r mailout.ReportFile) bool { return r.SHA256 == sum && r.Bytes == int64(len(raw)) }) {
		o.t.Errorf("the books do not know the report that lies there: %v", noted)
	}
	beside, err := readBeside(filepath.Dir(path))
	must(o.t, err)
	entry, err := beside.Entry(filepath.Base(path))
	must(o.t, err)
	if !stale && (entry.SHA256 != sum.String() || entry.Bytes != int64(len(raw)) || entry.Batch != o.batch || entry.Rows != officeRows || entry.States.Sum() != officeRows) {
		o.t.Errorf("the entry is %+v, the report has %d bytes and digest %s", entry, len(raw), sum)
	}
	return sum
}

// Every step of writing a report over another fails in turn, in both ways, and the power fails
// at every step: there is the one report or the other, whole, and the books know it; the next
// one mends what lies beside.
func TestAReportThatIsInterrupted(t *testing.T) {
	planned := planOffice(t)
	first, second := ReportOptions{Format: "csv"}, ReportOptions{Format: "csv", Only: []mailout.State{mailout.Signed}}
	both := func(o *office, options Options) (err error) {
		_, err = o.reported(options, second)
		return err
	}
	begin := func() (*office, mailout.Digest) {
		o := planned.open(t)
		_, err := o.reported(o.options(), first)
		must(t, err)
		return o, o.trueReport(false)
	}
	o, before := begin()
	must(t, both(o, o.options()))
	after := o.trueReport(false)
	if after == before {
		t.Fatal("the two reports are the same")
	}
	check := func(o *office) {
		t.Helper()
		if got := o.trueReport(true); got != before && got != after {
			t.Errorf("the report is neither the one nor the other")
		}
		must(t, both(o, o.options()))
		if got := o.trueReport(false); got != after {
			t.Errorf("it was not mended")
		}
	}
	for k, done := 1, false; !done; k++ {
		for _, late := range []bool{false, true} {
			o, _ := begin()
			d := disktest.New(t)
			struck, left := false, *o
			d.OnStep = func(s disktest.Step) error {
				if s.N != k || s.After != late {
					return nil
				}
				struck, left.dir = true, o.dir+".left"
				return errors.Join(syscall.EIO, d.Leave(o.dir, left.dir, disktest.Nothing))
			}
			options := o.options()
			options.Disk, options.VFS = d, d.VFS()
			err := both(o, options)
			if !struck {
				done = true
				continue
			}
			t.Logf("step %d, applied %t: %v", k, late, err)
			check(o)
			check(&left)
		}
	}
}

// What lies beside a report belongs to whoever put it there, if it is not ours.
func TestAFileThatIsNoListOfReportsIsLeftAlone(t *testing.T) {
	o := planOffice(t).open(t)
	out := t.TempDir()
	beside := filepath.Join(out, report.BesideName)
	for _, theirs := range []string{"", "{}", `{"reports":{}}x`, `{"reports":{"a.csv":{}}}`, `{"reports":{},"name":"Kari"}`, `[1]`, `{"reports":{"a.csv":{"batch":"2026-11-21-a7","sha256":"12"}}}`} {
		must(t, os.WriteFile(beside, []byte(theirs), 0o600))
		var said string
		path, err := o.reported(o.options(), ReportOptions{Format: "csv", Out: filepath.Join(out, "r.csv"), Note: func(note string) { said = note }})
		must(t, err)
		if raw, err := os.ReadFile(beside); err != nil || string(raw) != theirs {
			t.Errorf("%q is now %q (%v)", theirs, raw, err)
		}
		if _, err := os.Stat(path); err != nil || !strings.Contains(said, "left as it is") {
			t.Errorf("%q: the report: %v; it is said: %q", theirs, err, said)
		}
	}
	if _, err := o.reported(o.options(), ReportOptions{Format: "json", Out: filepath.Join(out, "Report.JSON")}); err == nil || !strings.Contains(err.Error(), "list of the reports") {
		t.Errorf("a report may be called report.json: %v", err)
	}
}

// Entries of other reports, those of a newer version too, stay as they are.
func TestTheEntriesOfOtherReportsStay(t *testing.T) {
	folder := t.TempDir()
	theirs := `{"reports":{"other.pdf":{"batch":"2026-11-20-a7","sha256":"` + strings.Repeat("0", 64) + `","newer":[1]}}}`
	must(t, os.WriteFile(filepath.Join(folder, report.BesideName), []byte(theirs), 0o600))
	for _, name := range []string{"a.csv", "b.csv", "a.csv"} {
		must(t, noteBeside(disk.OS, filepath.Join(folder, name), report.Entry{Batch: "2026-11-21-a7", SHA256: strings.Repeat("1", 64)}))
	}
	b, err := readBeside(folder)
	must(t, err)
	if len(b.Reports) != 3 || !strings.Contains(string(b.Reports["other.pdf"]), `"newer"`) {
		t.Errorf("entries %s", b.Reports)
	}
}

// meanwhile is a disk on which another process does something once, while a file is being written.
type meanwhile struct {
	disk.Disk
	do func()
}

func (m *meanwhile) CreateTemp(folder, pattern string) (disk.File, error) {
	f, err := m.Disk.CreateTemp(folder, pattern)
	if do := m.do; do != nil {
		m.do = nil
		do()
	}
	return f, err
}

// Two processes that write reports into one folder at the same moment both note theirs, and one
// that purges takes no other's away.
func TestEntriesOfAnotherProcessStay(t *testing.T) {
	folder := t.TempDir()
	note := func(d disk.Disk, name string) {
		must(t, noteBeside(d, filepath.Join(folder, name), report.Entry{Batch: "2026-11-21-a7", SHA256: strings.Repeat("1", 64)}))
	}
	want := func(names ...string) {
		t.Helper()
		b, err := readBeside(folder)
		must(t, err)
		if got := slices.Sorted(maps.Keys(b.Reports)); !slices.Equal(got, names) {
			t.Errorf("entries of %v, want %v", got, names)
		}
	}
	note(&meanwhile{disk.OS, func() { note(disk.OS, "first.csv") }}, "second.csv")
	want("first.csv", "second.csv")
	f := purgeFiles{disk: &meanwhile{disk.OS, func() { note(disk.OS, "third.csv") }}, id: "2026-11-21-a7"}
	must(t, f.unlist(folder, map[string]bool{filepath.Join(folder, "first.csv"): true}))
	want("second.csv", "third.csv")
}

package plan_test

import (
	"io"
	"io/fs"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"batch/internal/mailout"
	"batch/internal/plan"
)

// disk holds what lies in the sender's folder and in prepared/ when the batch is sent.
type disk struct {
	files map[string]string
	reads map[string]int
	fail  string // a name that cannot be read
}

func (d *disk) open(name string) (io.ReadCloser, error) {
	d.reads[name]++
	content, ok := d.files[name]
	switch {
	case name == d.fail:
		return io.NopCloser(iotest.ErrReader(errDisk)), nil
	case !ok:
		return nil, fs.ErrNotExist
	}
	return io.NopCloser(strings.NewReader(content)), nil
}

func approvedBatch() (mailout.BatchInfo, []mailout.Record, *disk) {
	d := &disk{reads: map[string]int{}, files: map[string]string{"/home/kari/manifest.csv": "the manifest", "a.pdf": "a", "b.pdf": "b", "merged": "ab"}}
	source := func(path string) mailout.Source {
		return mailout.Source{Path: path, SHA256: mailout.SumDigest([]byte(d.files[path]))}
	}
	doc := mailout.Document{Sources: []mailout.Source{source("a.pdf"), source("b.pdf")}, Prepared: mailout.Prepared{SHA256: mailout.SumDigest([]byte("ab"))}}
	record := func(line int) mailout.Record {
		return mailout.Record{Row: mailout.Row{Line: line, Key: "k", Documents: []mailout.Document{doc}}}
	}
	info := mailout.BatchInfo{ManifestPath: "/home/kari/manifest.csv", ManifestSHA256: mailout.SumDigest([]byte("the manifest"))}
	return info, []mailout.Record{record(2), record(3), {Row: mailout.Row{Line: 4, Skipped: true}}}, d
}

func records(all []mailout.Record, err error) iter.Seq2[mailout.Record, error] {
	return func(yield func(mailout.Record, error) bool) {
		for _, r := range all {
			if !yield(r, nil) {
				return
			}
		}
		if err != nil {
			yield(mailout.Record{}, err)
		}
	}
}

func unchanged(info mailout.BatchInfo, rows iter.Seq2[mailout.Record, error], d *disk) ([]mailout.Problem, error) {
	return plan.Unchanged(info, rows, d.open, d.open, func(mailout.Digest) (io.ReadCloser, error) { return d.open("merged") })
}

func TestUnchanged(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*disk)
		want   []string
	}{
		{"as approved", func(*disk) {}, nil},
		{"manifest edited", func(d *disk) { d.files["/home/kari/manifest.csv"] += "\n" }, []string{"the manifest was changed"}},
		{"manifest gone", func(d *disk) { delete(d.files, "/home/kari/manifest.csv") }, []string{"the manifest is gone"}},
		{"document edited", func(d *disk) { d.files["b.pdf"] = "B" }, []string{"the document \"b.pdf\" was changed"}},
		{"document gone", func(d *disk) { delete(d.files, "a.pdf") }, []string{"the document \"a.pdf\" is gone"}},
		{"prepared document edited", func(d *disk) { d.files["merged"] = "" }, []string{"the prepared document " + mailout.SumDigest([]byte("ab")).String()[:12] + " was changed"}},
		{"all of it", func(d *disk) { clear(d.files) }, []string{"the manifest is gone", "the document \"a.pdf\" is gone", "the document \"b.pdf\" is gone",
			"the prepared document " + mailout.SumDigest([]byte("ab")).String()[:12] + " is gone"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			info, rows, d := approvedBatch()
			c.change(d)
			ps, err := unchanged(info, records(rows, nil), d)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range ps {
				if p.Severity != mailout.Stop || p.Code != "changed-since-plan" || p.File != "manifest.csv" || p.Remedy == "" {
					t.Errorf("the problem is %+v", p)
				}
				got = append(got, strings.TrimSuffix(p.Message, " after it was planned"))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("found %q, want %q", got, c.want)
			}
			for name, n := range d.reads {
				if n != 1 {
					t.Errorf("%s was read %d times", name, n)
				}
			}
		})
	}
}

func TestUnchangedSaysWhenItCannotLook(t *testing.T) {
	for _, name := range []string{"/home/kari/manifest.csv", "a.pdf", "merged"} {
		info, rows, d := approvedBatch()
		d.fail = name
		if _, err := unchanged(info, records(rows, nil), d); err == nil || !strings.Contains(err.Error(), errDisk.Error()) {
			t.Errorf("%s cannot be read, and the error is %v", name, err)
		}
	}
	info, rows, d := approvedBatch()
	if _, err := unchanged(info, records(rows, errDisk), d); err == nil {
		t.Error("the ledger cannot be read, and there is no error")
	}
}

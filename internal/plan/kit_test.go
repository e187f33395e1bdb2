package plan_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"batch/internal/mailout"
	"batch/internal/plan"
)

// folder is a documents' folder in memory: path → content. A content says what is wrong
// with a file: "!code" refuses it, "?code" is a warning, "#n" makes it n bytes long.
type folder struct {
	files map[string]string

	mu       sync.Mutex
	prepared map[mailout.Digest]mailout.Prepared // by recipe
	merges   int
	broken   error // the machine's own trouble
}

func (f *folder) inspect(path string) mailout.Inspection {
	content, there := f.files[path]
	in := mailout.Inspection{Source: mailout.Source{Path: path, SHA256: mailout.SumDigest([]byte(content))}, Bytes: size(content), Pages: 1}
	code, severity := "", mailout.Stop
	switch {
	case !there:
		code = "document-missing"
	case strings.HasPrefix(content, "!"):
		code = content[1:]
	case strings.HasPrefix(content, "?"):
		code, severity = content[1:], mailout.Warn
	case strings.HasPrefix(content, "PDF/A"):
		in.PDFA = "2b"
	}
	if code != "" {
		in.Findings = []mailout.Problem{{Severity: severity, Code: code, Message: "the file is odd", Remedy: "look at it",
			Place: mailout.Place{File: path, Page: 3, Object: 7}}}
	}
	return in
}

func size(content string) int64 {
	n := int64(len(content))
	fmt.Sscanf(content, "#%d", &n)
	return n
}

// Make makes other bytes each time, as a real merge does, and remembers them by recipe.
func (f *folder) Make(_ context.Context, paths []string) (made mailout.Made, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken != nil {
		return made, f.broken
	}
	all, good := []byte("tool 1"), true
	for _, path := range paths {
		part := f.inspect(path)
		made.Parts = append(made.Parts, part)
		all, good = append(all, part.Source.SHA256[:]...), good && part.OK()
		if f.files[path] == "unmergeable" {
			made.Findings = append(made.Findings, mailout.Problem{Severity: mailout.Stop, Code: "pdf-merge", Message: "cannot be merged"})
		}
	}
	if !good || made.Findings != nil || f.files[paths[0]] == "comes to nothing" {
		return made, nil
	}
	made.Recipe = mailout.SumDigest(all)
	if had, ok := f.prepared[made.Recipe]; ok {
		made.Prepared = had
		return made, nil
	}
	f.merges++
	made.Prepared = mailout.Prepared{SHA256: mailout.SumDigest(fmt.Append(nil, "merge ", f.merges)), CRC32: 1, Pages: len(paths)}
	for _, part := range made.Parts {
		made.Bytes += part.Bytes
	}
	f.prepared[made.Recipe] = made.Prepared
	return made, nil
}

// shelf is a store in memory.
type shelf struct {
	mu       sync.Mutex
	n        int
	drafts   map[mailout.BatchID][]mailout.Row
	frozen   map[mailout.BatchID][]mailout.Row
	digests  map[mailout.Digest]mailout.BatchID
	earlier  map[mailout.Digest]string // letter → see Earlier
	standing map[mailout.RowID]mailout.Standing
	newest   map[string]mailout.BatchID // manifest and settings → the newest plan of them
	settings string                     // of the newest draft
	written  int                        // rows handed to AddRows
	broken   error                      // of AddRows
}

func (s *shelf) BeginDraft(_ context.Context, _ string, settings []byte, _ *time.Location) (mailout.BatchID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settings = string(settings)
	s.n++
	id := mailout.BatchID(fmt.Sprintf("2026-11-21-%02d", s.n))
	s.drafts[id] = nil
	return id, nil
}

func (s *shelf) AddRows(_ context.Context, id mailout.BatchID, rows []mailout.Row) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drafts[id] = append(s.drafts[id], slices.Clone(rows)...)
	s.written += len(rows)
	return s.broken
}

func (s *shelf) Freeze(_ context.Context, id mailout.BatchID, manifest, digest, _ mailout.Digest) (mailout.BatchID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows := s.drafts[id]
	delete(s.drafts, id)
	if same, ok := s.digests[digest]; ok {
		return same, nil
	}
	s.digests[digest], s.frozen[id], s.newest[manifest.String()+s.settings] = id, rows, id
	return id, nil
}

func (s *shelf) DropDraft(ctx context.Context, id mailout.BatchID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.drafts, id)
	return ctx.Err()
}

func (s *shelf) ByDigest(_ context.Context, digest mailout.Digest) (mailout.BatchID, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, ok := s.digests[digest]
	return id, ok, nil
}

func (s *shelf) PlannedBefore(_ context.Context, manifest mailout.Digest, settings []byte) (mailout.BatchID, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, found := s.newest[manifest.String()+string(settings)]
	return id, found, nil
}

func (s *shelf) LeftOut(_ context.Context, id mailout.BatchID, code string) (map[int]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[int]string{}
	for _, r := range s.frozen[id] {
		if r.Skipped && r.Problem.Code == code {
			out[r.Line] = r.Problem.Message
		}
	}
	return out, nil
}

// Earlier knows letters as "batch line", with the number of the repeat and "over" where
// nobody can sign it any more.
func (s *shelf) Earlier(_ context.Context, letter mailout.Digest, ever bool) (e mailout.Earlier, found bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, found := s.earlier[letter]
	if !found || strings.HasSuffix(at, "over") && !ever {
		return e, false, nil
	}
	fmt.Sscan(at, &e.Batch, &e.Line, &e.Repeat)
	return e, true, nil
}

func (s *shelf) Standing(_ context.Context, id mailout.RowID) (mailout.Standing, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	is, found := s.standing[id]
	return is, found, nil
}

// line is one row of a manifest with what the reader found wrong with it.
type line struct {
	mailout.Entry
	problems []mailout.Problem
}

// desk is everything that a plan is made of; each test changes what it is about.
type desk struct {
	t       testing.TB
	lines   []line
	general []mailout.Problem
	bytes   string // of the manifest
	o       plan.Options
	*folder
	*shelf
}

func newDesk(t testing.TB, lines ...line) *desk {
	return &desk{t: t, lines: lines, bytes: "the manifest",
		o: plan.Options{ManifestPath: "/home/kari/manifest.csv", Location: time.UTC, Settings: []byte("sender=988015814"),
			Kind: func(mailout.OrgNumber) mailout.SenderKind { return mailout.Public }},
		folder: &folder{files: map[string]string{"brev.pdf": "cover letter", "vilkår.pdf": "terms", "a.pdf": "a", "b.pdf": "b", "c.pdf": "c"},
			prepared: map[mailout.Digest]mailout.Prepared{}},
		shelf: &shelf{drafts: map[mailout.BatchID][]mailout.Row{}, frozen: map[mailout.BatchID][]mailout.Row{}, digests: map[mailout.Digest]mailout.BatchID{},
			newest: map[string]mailout.BatchID{}, earlier: map[mailout.Digest]string{}, standing: map[mailout.RowID]mailout.Standing{}}}
}

// signs is a line whose person signs documents: one a group of paths.
func signs(n int, person mailout.NationalID, documents ...string) line {
	l := line{Entry: mailout.Entry{Row: mailout.Row{Line: n, Key: fmt.Sprint("k", n), Job: mailout.Job{Sender: "988015814", Title: "Arbeidsavtale",
		Signers: []mailout.Signer{{NationalID: person, Notify: mailout.NotifyLookup}}}}}}
	for i, d := range documents {
		l.Inputs = append(l.Inputs, mailout.Input{Parts: strings.Split(d, "+"),
			Place: mailout.Place{File: "manifest.csv", Line: n, Column: string(rune('D' + i)), Field: fmt.Sprint("document", i+1)}})
	}
	return l
}

func (l line) bad(code string) line {
	l.problems = append(l.problems, mailout.Problem{Severity: mailout.Stop, Code: code, Place: mailout.Place{File: "manifest.csv", Line: l.Line, Column: "A"}})
	return l
}

func (d *desk) manifest(_ context.Context, yield func(mailout.Entry, []mailout.Problem) error) (plan.Reading, error) {
	for _, l := range d.lines {
		e := l.Entry
		e.Inputs, e.Documents = slices.Clone(l.Inputs), nil
		if err := yield(e, slices.Clone(l.problems)); err != nil {
			return plan.Reading{}, err
		}
	}
	return plan.Reading{SHA256: mailout.SumDigest([]byte(d.bytes)), Problems: d.general}, nil
}

func (d *desk) make() plan.Result {
	d.t.Helper()
	d.o.Expect = mailout.SumDigest([]byte(d.bytes))
	res, err := plan.Make(d.t.Context(), d.manifest, d.folder, d.shelf, d.o)
	if err != nil {
		d.t.Fatal(err)
	}
	if len(d.drafts) != 0 {
		d.t.Errorf("the drafts %v are left behind", d.drafts)
	}
	if (res.Batch == "") == (len(mailout.Stopping(res.Problems)) == 0) && !d.o.SkipBadRows && !d.o.OnlyNew {
		d.t.Errorf("batch %q with the problems %v", res.Batch, codes(res))
	}
	return res
}

// codes lists a result's problems as "line column code".
func codes(r plan.Result) []string {
	var all []string
	for _, p := range r.Problems {
		all = append(all, strings.TrimSpace(fmt.Sprint(p.Line, p.Column, " ", p.Code)))
	}
	return all
}

func (d *desk) wantProblems(r plan.Result, want ...string) {
	d.t.Helper()
	if got := codes(r); !slices.Equal(got, want) {
		d.t.Errorf("problems are %q, want %q", got, want)
	}
}

const (
	kari = mailout.NationalID("01845912345")
	ola  = mailout.NationalID("02845912345")
	per  = mailout.NationalID("03845912345")
)

var errDisk = errors.New("the disk is on fire")

package plan_test

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"batch/internal/mailout"
	"batch/internal/plan"
)

// letter is a row with a key of the owner's; every part of it says something.
func letter(line int, key string, edits ...func(*mailout.Record)) mailout.Record {
	source := mailout.Source{Path: key + ".pdf", SHA256: mailout.SumDigest([]byte(key))}
	r := mailout.Record{Row: mailout.Row{Line: line, Key: key,
		Job: mailout.Job{Sender: "988015814", Title: "Avtale", Description: "Les nøye", Available: time.Hour,
			Signers: []mailout.Signer{{NationalID: mailout.NationalID("id of " + key), Notify: mailout.NotifyLookup}}},
		Documents: []mailout.Document{{Title: "Avtale", Sources: []mailout.Source{source, {SHA256: mailout.SumDigest([]byte("terms"))}},
			Prepared: mailout.Prepared{SHA256: mailout.SumDigest([]byte("merged " + key))}}},
		Columns: []mailout.Column{{Name: "Avdeling", Value: "Skole"}}}}
	for _, edit := range edits {
		edit(&r)
	}
	return r
}

// keyless is a letter in a manifest without keys: its line stands for one. who tells it
// from others.
func keyless(line int, who string, edits ...func(*mailout.Record)) mailout.Record {
	r := letter(line, who, edits...)
	r.Key = fmt.Sprint(line)
	return r
}

func compare(t *testing.T, before, after []mailout.Record) plan.Changes {
	t.Helper()
	c, err := plan.Compare(records(before, nil), records(after, nil))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// told writes changes shortly: "+k 3", "-k 3" or "~k 3→4 signers documents".
func told(c plan.Changes) []string {
	var all []string
	for _, r := range c.Rows {
		switch r.How {
		case plan.Added:
			all = append(all, fmt.Sprintf("+%s %d", r.Key, r.Line))
		case plan.Removed:
			all = append(all, fmt.Sprintf("-%s %d", r.Key, r.Before))
		default:
			var parts []string
			for _, p := range r.Parts {
				parts = append(parts, p.String())
			}
			all = append(all, fmt.Sprintf("~%s %d→%d %s", r.Key, r.Before, r.Line, strings.Join(parts, " ")))
		}
	}
	return all
}

func job(edit func(*mailout.Job)) func(*mailout.Record) {
	return func(r *mailout.Record) { edit(&r.Job) }
}

func document(edit func(*mailout.Document)) func(*mailout.Record) {
	return func(r *mailout.Record) { edit(&r.Documents[0]) }
}

func person(edit func(*mailout.Signer)) func(*mailout.Record) {
	return func(r *mailout.Record) { edit(&r.Job.Signers[0]) }
}

func leftOut(r *mailout.Record) { r.Skipped, r.Documents = true, nil }

func TestWhatOfARowChanged(t *testing.T) {
	for _, c := range []struct {
		name string
		edit func(*mailout.Record)
		want string
	}{
		{"nothing", func(*mailout.Record) {}, ""},
		{"the path of the same file", document(func(d *mailout.Document) { d.Sources[0].Path = "moved.pdf" }), ""},
		{"what became of it", func(r *mailout.Record) { r.State, r.Ref, r.JobID = mailout.Created, "ref", 7 }, ""},
		{"sender", job(func(j *mailout.Job) { j.Sender = "984661185" }), "sender"},
		{"another person", person(func(s *mailout.Signer) { s.NationalID = "x" }), "signers"},
		{"order", person(func(s *mailout.Signer) { s.Order = 1 }), "signers"},
		{"e-mail", person(func(s *mailout.Signer) { s.Email = "a@b.example" }), "signers"},
		{"mobile", person(func(s *mailout.Signer) { s.Mobile = "+4799887766" }), "signers"},
		{"notify", person(func(s *mailout.Signer) { s.Notify = mailout.NotifyLookupSMS }), "signers"},
		{"signature type", person(func(s *mailout.Signer) { s.SignatureType = mailout.Advanced }), "signers"},
		{"on behalf of", person(func(s *mailout.Signer) { s.OnBehalfOf = mailout.Other }), "signers"},
		{"one signer more", job(func(j *mailout.Job) { j.Signers = append(j.Signers, mailout.Signer{Email: "a@b.example"}) }), "signers"},
		{"a field moved on", person(func(s *mailout.Signer) { s.NationalID, s.Email = "id of k", "" }), ""},
		{"contents", document(func(d *mailout.Document) {
			d.Sources[0].SHA256, d.SHA256 = mailout.SumDigest([]byte("x")), mailout.SumDigest([]byte("y"))
		}), "documents"},
		{"two documents of one", func(r *mailout.Record) {
			d := r.Documents[0]
			r.Documents = []mailout.Document{{Title: "Avtale", Sources: d.Sources[:1]}, {Sources: d.Sources[1:]}}
		}, "documents texts"},
		{"merged anew", document(func(d *mailout.Document) { d.SHA256 = mailout.SumDigest([]byte("y")) }), "prepared"},
		{"title", job(func(j *mailout.Job) { j.Title = "x" }), "texts"},
		{"nonsensitive title", job(func(j *mailout.Job) { j.NonsensitiveTitle = "x" }), "texts"},
		{"description", job(func(j *mailout.Job) { j.Description = "x" }), "texts"},
		{"document's title", document(func(d *mailout.Document) { d.Title = "x" }), "texts"},
		{"activation", job(func(j *mailout.Job) { j.Activation = noon }), "times"},
		{"availability", job(func(j *mailout.Job) { j.Available = 2 * time.Hour }), "times"},
		{"deadline", job(func(j *mailout.Job) { j.Available, j.Deadline = 0, noon }), "times"},
		{"authentication", job(func(j *mailout.Job) { j.Authentication = 4 }), "options"},
		{"identifier", job(func(j *mailout.Job) { j.Identifier = mailout.NameOnly }), "options"},
		{"another column", func(r *mailout.Record) { r.Columns[0].Value = "Helse" }, "columns"},
		{"left out", leftOut, "left_out"},
		{"all of it", func(r *mailout.Record) {
			*r = letter(2, "other", person(func(s *mailout.Signer) { s.Order = 1 }), job(func(j *mailout.Job) {
				j.Sender, j.Title, j.Available, j.Authentication = "984661185", "x", time.Minute, 4
			}))
			r.Key, r.Columns = "k", nil
		}, "sender signers documents texts times options"},
	} {
		got := compare(t, []mailout.Record{letter(2, "k")}, []mailout.Record{letter(2, "k", c.edit)})
		var want []string
		if c.want != "" {
			want = []string{"~k 2→2 " + c.want}
		}
		if !slices.Equal(told(got), want) || got.Unchanged != 1-len(want) {
			t.Errorf("%s: %q, %d unchanged; want %q", c.name, told(got), got.Unchanged, want)
		}
	}
	got := compare(t, []mailout.Record{letter(2, "k", leftOut)}, []mailout.Record{letter(2, "k")})
	if want := []string{"~k 2→2 taken_in"}; !slices.Equal(told(got), want) {
		t.Errorf("no longer left out: %q, want %q", told(got), want)
	}
}

func TestRowsAreFoundAgain(t *testing.T) {
	type rows = []mailout.Record
	title := job(func(j *mailout.Job) { j.Title = "x" })
	signer := person(func(s *mailout.Signer) { s.Order = 1 })
	for _, c := range []struct {
		name          string
		before, after rows
		want          []string
		unchanged     int
		reordered     bool
	}{
		{"both empty", nil, nil, nil, 0, false},
		{"the same", rows{letter(2, "a"), letter(3, "b")}, rows{letter(2, "a"), letter(3, "b")}, nil, 2, false},
		{"one added, one removed", rows{letter(2, "a"), letter(3, "b")}, rows{letter(2, "b"), letter(3, "c")}, []string{"+c 3", "-a 2"}, 1, false},
		{"all removed", rows{letter(2, "a"), letter(3, "b")}, nil, []string{"-a 2", "-b 3"}, 0, false},
		{"turned", rows{letter(2, "a"), letter(3, "b")}, rows{letter(2, "b"), letter(3, "a")}, nil, 2, true},
		{"turned and changed", rows{letter(2, "a"), letter(3, "b")}, rows{letter(2, "b", title), letter(3, "a")}, []string{"~b 3→2 texts"}, 1, true},
		{"another key for the same letter", rows{letter(2, "a")}, rows{letter(2, "a", func(r *mailout.Record) { r.Key = "z" })}, []string{"~z 2→2 key"}, 0, false},
		{"the key goes to another", rows{letter(2, "a")}, rows{letter(2, "b", func(r *mailout.Record) { r.Key = "a" })}, []string{"~a 2→2 signers documents"}, 0, false},
		{"owned keys are never paired by line", rows{letter(2, "a")}, rows{letter(2, "a", title, func(r *mailout.Record) { r.Key = "z" })}, []string{"+z 2", "-a 2"}, 0, false},

		{"keyless, a line above", rows{keyless(2, "a"), keyless(3, "b")}, rows{keyless(2, "new"), keyless(3, "a"), keyless(4, "b")}, []string{"+ 2"}, 2, false},
		{"keyless, a line gone", rows{keyless(2, "a"), keyless(3, "b"), keyless(4, "c")}, rows{keyless(2, "a"), keyless(3, "c")}, []string{"- 3"}, 2, false},
		{"keyless, a title corrected", rows{keyless(2, "a"), keyless(3, "b")}, rows{keyless(2, "a"), keyless(3, "b", title)}, []string{"~ 3→3 texts"}, 1, false},
		{"keyless, the same letter twice", rows{keyless(2, "a"), keyless(3, "a")}, rows{keyless(2, "a")}, []string{"- 3"}, 1, false},
		{"keyless, another letter in the line", rows{keyless(2, "a")}, rows{keyless(2, "b")}, []string{"+ 2", "- 2"}, 0, false},
		{"keyless, the same people with another document", rows{keyless(2, "a")}, rows{keyless(2, "a", document(func(d *mailout.Document) { d.Sources = d.Sources[:1] }))}, []string{"~ 2→2 documents"}, 0, false},
		{"keyless, a line above and a cell that is not sent", rows{keyless(2, "a")}, rows{keyless(3, "a", func(r *mailout.Record) { r.Columns = nil })}, []string{"~ 2→3 columns"}, 0, false},
		{"a key that is its line's number by chance", rows{letter(2, "1"), letter(3, "3")}, rows{letter(2, "1"), letter(3, "4"), letter(4, "3", title)},
			[]string{"+4 3", "~3 3→4 texts"}, 1, false},
		{"keys given later", rows{keyless(2, "a"), keyless(3, "b")}, rows{letter(2, "a"), letter(3, "b", signer)}, []string{"~a 2→2 key", "~b 3→3 key signers"}, 0, false},
		{"a skipped row with the key of another", rows{letter(2, "a"), letter(3, "a", leftOut)}, rows{letter(2, "a"), letter(3, "a", leftOut)}, nil, 2, false},
	} {
		got := compare(t, c.before, c.after)
		if !slices.Equal(told(got), c.want) || got.Unchanged != c.unchanged || got.Reordered != c.reordered {
			t.Errorf("%s: %q, %d unchanged, reordered %v; want %q, %d, %v", c.name, told(got), got.Unchanged, got.Reordered, c.want, c.unchanged, c.reordered)
		}
	}
}

// A key may be what tells a person; then the line has to do.
func TestKeysThatMayBePersonalAreNotShown(t *testing.T) {
	for key, want := range map[string]string{
		"1042": "1042", "Skole 7": "Skole 7", "01847830421": "", "018478 30421": "", "99 88 77 66": "", "kari@kommune.example": "",
	} {
		got := compare(t, nil, []mailout.Record{letter(2, key)})
		if got.Rows[0].Key != want {
			t.Errorf("the key %q is shown as %q, want %q", key, got.Rows[0].Key, want)
		}
	}
}

func TestCompareOfBooksThatCannotBeRead(t *testing.T) {
	for _, broken := range [][2]error{{errDisk, nil}, {nil, errDisk}} {
		if _, err := plan.Compare(records(nil, broken[0]), records(nil, broken[1])); !errors.Is(err, errDisk) {
			t.Errorf("the error is %v", err)
		}
	}
}

func TestCompareSettings(t *testing.T) {
	for _, c := range []struct {
		before, after string
		want          []plan.SettingChange
	}{
		{`{"a":1,"b":"x"}`, `{"b":"x","a":1}`, nil},
		{`{"portal.environment":"test","documents.as":"merge"}`, `{"portal.environment":"production","documents.as":"merge"}`,
			[]plan.SettingChange{{Name: "portal.environment", Before: `"test"`, After: `"production"`}}},
		{`{"b":1,"c":1}`, `{"a":true,"b":2}`, []plan.SettingChange{{"a", "", "true"}, {"b", "1", "2"}, {"c", "1", ""}}},
		{``, `{"a":1}`, nil}, // an older version planned: not known
	} {
		got, err := plan.CompareSettings(c.before, c.after)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s to %s: %v, %v; want %v", c.before, c.after, got, err, c.want)
		}
	}
	for _, broken := range [][2]string{{"{", "{}"}, {"{}", "{"}} {
		if _, err := plan.CompareSettings(broken[0], broken[1]); err == nil {
			t.Errorf("%q: no error", broken)
		}
	}
}

// Many rows are compared in bounded memory, whatever their cells hold.
func TestCompareOfManyRowsKeepsLittleOfEach(t *testing.T) {
	const rows = 25_000
	stream := func(edit func(*mailout.Record)) func(func(mailout.Record, error) bool) {
		return func(yield func(mailout.Record, error) bool) {
			for n := range rows {
				r := letter(n+2, fmt.Sprint("k", n))
				r.Columns = []mailout.Column{{Name: "Notat", Value: mailout.Text(strings.Repeat("x", 1000))}}
				edit(&r)
				if !yield(r, nil) {
					return
				}
			}
		}
	}
	least := heap()
	c, err := plan.Compare(stream(func(*mailout.Record) {}), func(yield func(mailout.Record, error) bool) {
		most := int64(0)
		for r, err := range stream(func(r *mailout.Record) { r.Job.Title = "x" }) {
			if r.Line%5_000 == 0 {
				most = max(most, heap()-least)
			}
			if !yield(r, err) {
				return
			}
		}
		if most > 600*rows {
			t.Errorf("%d bytes are held for %d rows", most, rows)
		}
	})
	if err != nil || c.Count(plan.Changed) != rows {
		t.Errorf("%d rows changed, %v", c.Count(plan.Changed), err)
	}
}

// heap is what lives on the heap now.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

package manifest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"batch/internal/mailout"
)

const good = "title;document;national_id\nAvtale;a.pdf;" + kari + "\n"

// What is no header, and what to do then.
func TestHeaderMissing(t *testing.T) {
	other := sheetOf(t, []any{"Navn", "Avdeling"})
	if _, err := other.NewSheet("Liste"); err != nil {
		t.Fatal(err)
	}
	fill(t, other, "Liste", rowsOf()...)
	workbook, err := other.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ what, name, content, remedy string }{
		{"no header", "m.csv", "Kari;a.pdf;" + kari + "\n", "write column names"},
		{"a header without a signer", "m.csv", "title;document\nAvtale;a.pdf\n", "write column names"},
		{"a header too far down", "m.csv", strings.Repeat("Notat\n", 20) + good, "write column names"},
		{"workbook with a header elsewhere", "m.xlsx", workbook.String(), `the sheet "Liste" has one: say --sheet "Liste"`},
	} {
		t.Run(c.what, func(t *testing.T) {
			e := (*Error)(nil)
			if r := read(t, c.name, []byte(c.content), public()); !errors.As(r.err, &e) || e.Code != "header-missing" || !strings.HasPrefix(e.Remedy, c.remedy) {
				t.Errorf("%#v, want %q", r.err, c.remedy)
			}
		})
	}
}

func TestResultIsOfTheBytesRead(t *testing.T) {
	r := read(t, "m.csv", []byte(good), public())
	if r.err != nil || r.result.SHA256 != mailout.SumDigest([]byte(good)) || r.result.Bytes != int64(len(good)) || r.result.Rows != 1 {
		t.Errorf("%v, %+v", r.err, r.result)
	}
}

func TestCallerStopsReading(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.csv")
	if err := os.WriteFile(path, []byte(good+"Avtale;b.pdf;"+ola+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	rows := 0
	stop := func(mailout.Entry, []mailout.Problem) error { rows++; return enough }
	if _, err := Read(context.Background(), path, public(), stop); !errors.Is(err, enough) || rows != 1 {
		t.Errorf("%v after %d rows", err, rows)
	}
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Read(gone, path, public(), stop); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// A manifest that changes while it is read is noticed, however it changes.
func TestChangedWhileRead(t *testing.T) {
	for what, change := range map[string]func(path string) error{
		"written to": func(path string) error {
			return os.WriteFile(path, []byte(strings.Replace(good, "Avtale", "Utkast", 1)), 0o600)
		},
		"cut": func(path string) error { return os.Truncate(path, 10) },
		"replaced": func(path string) error {
			if err := os.WriteFile(path+".new", []byte(good), 0o600); err != nil {
				return err
			}
			return os.Rename(path+".new", path)
		},
		"replaced by a link": func(path string) error {
			if err := os.Rename(path, path+".old"); err != nil {
				return err
			}
			if err := os.WriteFile(path+".other", []byte(good), 0o600); err != nil {
				return err
			}
			return os.Symlink(path+".other", path)
		},
		"deleted": os.Remove,
	} {
		t.Run(what, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "m.csv")
			if err := os.WriteFile(path, []byte(good), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Read(context.Background(), path, public(), func(mailout.Entry, []mailout.Problem) error { return change(path) })
			if got := (reading{err: err}).code(); got != "manifest-changed" {
				t.Errorf("%v", err)
			}
		})
	}
	t.Run("a link from the start", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "a.csv"), []byte(good), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink("a.csv", filepath.Join(dir, "m.csv")); err != nil {
			t.Fatal(err)
		}
		if r := readFile(filepath.Join(dir, "m.csv"), public()); r.err != nil {
			t.Error(r.err)
		}
	})
}

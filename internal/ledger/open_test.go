package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"batch/internal/disk"
	"batch/internal/ledger"
	"batch/internal/mailout"
)

func TestFilesAreClosedToOthers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "ledger")
	b := openBooks(t, dir, &clock{at: noon})
	b.created(b.approved(row(2)), 2, 7)
	info, err := os.Stat(dir)
	must(t, err)
	if info.Mode().Perm() != 0o700 {
		t.Errorf("the folder's mode is %o", info.Mode().Perm())
	}
	for _, name := range []string{"ledger.db", "ledger.db-wal", "ledger.db-shm", "sent.log"} {
		info, err := os.Stat(filepath.Join(dir, name))
		must(t, err)
		if info.Mode().Perm() != 0o600 {
			t.Errorf("the mode of %s is %o", name, info.Mode().Perm())
		}
	}
}

func TestAnyFolderNameWorks(t *testing.T) {
	for _, name := range []string{"Lønn & avtaler", "100% sikkert?", "a#b", "a+b%20c", "x;y=z", "[1] 'q'"} {
		dir := filepath.Join(t.TempDir(), name)
		b := openBooks(t, dir, &clock{at: noon})
		id := b.planned(row(2))
		must(t, b.Close())
		if info, err := os.Stat(filepath.Join(dir, "ledger.db")); err != nil || info.Size() == 0 {
			t.Errorf("in the folder %q the ledger was not written to ledger.db", name)
		}
		openBooks(t, dir, b.clock).wantState(id, 2, mailout.Planned)
	}
}

func TestAnotherOpeningFindsTheSameBooks(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2), row(3))
	b.created(id, 2, 7)
	must(t, b.Close())
	again := b.again()
	if again.Workspace() != b.Workspace() {
		t.Errorf("the workspace was %s and is %s", b.Workspace(), again.Workspace())
	}
	again.wantState(id, 2, mailout.Created)
	again.wantState(id, 3, mailout.Planned)
}

func TestManyProcessesMayOpenANewLedgerAtOnce(t *testing.T) {
	for range 5 { // the race is for the first moment
		openAtOnce(t, t.TempDir())
	}
}

func openAtOnce(t *testing.T, dir string) {
	c := &clock{at: noon}
	var group sync.WaitGroup
	names := make([]string, 6)
	for i := range names {
		group.Go(func() {
			l, err := openAt(dir, c)
			if err != nil {
				t.Errorf("opening beside others: %v", err)
				return
			}
			names[i] = l.Workspace()
			if err := l.Close(); err != nil {
				t.Errorf("closing beside others: %v", err)
			}
		})
	}
	group.Wait()
	for _, n := range names {
		if n != names[0] || n == "" {
			t.Fatalf("the processes disagree about the workspace: %q", names)
		}
	}
}

func TestDamagedLedger(t *testing.T) {
	healthy := newBooks(t)
	id := healthy.approved(row(2), row(3))
	must(t, healthy.Close()) // the write-ahead log is in the file now
	whole, err := os.ReadFile(filepath.Join(healthy.dir, "ledger.db"))
	must(t, err)
	for name, raw := range map[string][]byte{
		"a text file":        []byte("these are not the books you are looking for, in more than sixteen bytes\n"),
		"a workbook":         append([]byte("PK\x03\x04"), make([]byte, 8000)...),
		"cut in the middle":  whole[:len(whole)/2],
		"overwritten inside": append(append(bytes.Clone(whole[:4096]), bytes.Repeat([]byte{0xa5}, len(whole)-8192)...), whole[len(whole)-4096:]...),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "ledger.db")
			must(t, os.WriteFile(path, raw, 0o600))
			err := useLedger(dir, id)
			var le *ledger.Error
			if !errors.As(err, &le) || le.Code != "ledger-corrupt" {
				t.Fatalf("the error is %v, want a ledger-corrupt", err)
			}
			if !strings.Contains(le.Message, path) || !strings.Contains(le.Message, "damaged") || le.Remedy == "" {
				t.Errorf("the message is %q with the remedy %q", le.Message, le.Remedy)
			}
			if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, raw) {
				t.Error("the damaged file was written to")
			}
		})
	}
}

// useLedger opens a ledger and reads what a command would.
func useLedger(dir string, id mailout.BatchID) error {
	l, err := openAt(dir, &clock{at: noon})
	if err != nil {
		return err
	}
	defer l.Close()
	if _, err := l.Batch(context.Background(), id); err != nil {
		return err
	}
	for _, err := range l.Records(context.Background(), id) {
		if err != nil {
			return err
		}
	}
	return nil
}

func TestALedgerOfANewerProgramIsLeftAlone(t *testing.T) {
	scripts, err := filepath.Glob("sql/*.sql")
	must(t, err)
	for _, schema := range []int{len(scripts) + 1, 999} {
		b := newBooks(t)
		must(t, b.raw(fmt.Sprintf(`PRAGMA user_version = %d`, schema)))
		must(t, b.Close())
		_, err := openAt(b.dir, b.clock)
		var le *ledger.Error
		if !errors.As(err, &le) || le.Code != "ledger-newer" || !strings.Contains(le.Message, "newer version") || le.Remedy == "" {
			t.Errorf("schema %d: the error is %v, want a ledger-newer with a remedy", schema, err)
		}
	}
}

// Books of each earlier schema are brought up to date with what they hold.
func TestALedgerOfAnEarlierProgramIsBroughtUpToDate(t *testing.T) {
	scripts, err := filepath.Glob("sql/*.sql")
	must(t, err)
	for had := 1; had < len(scripts); had++ {
		t.Run(fmt.Sprint("schema ", had), func(t *testing.T) {
			old := oldBooks(t, had)
			d := document("d").Prepared
			must(t, old.raw(`INSERT INTO prepared (recipe, sha256, crc32, bytes, pages, made_at) VALUES (?, ?, ?, ?, ?, '2026-11-20T12:00:00.000000Z')`,
				digest("r").String(), d.SHA256.String(), d.CRC32, d.Bytes, d.Pages))

			b := old.again()
			b.wantOld()
			if got, found, err := b.PreparedBy(t.Context(), digest("r")); !found || err != nil || got != (mailout.Stored{Prepared: d}) {
				t.Errorf("the recipe made %+v, %v, %v; want %+v of no known time", got, found, err, d)
			}
			b.wantVerdict("f", tool, "")
			b.keep([]mailout.PDFVerdict{verdict("f", tool, "1")}, madeBy("r", "d", "d"))
			b.wantVerdict("f", tool, "1")
			b.wantMade("r", "d")
			b.wantState(b.approved(row(2)), 2, mailout.Planned)
			if b.Workspace() != "abc123" {
				t.Errorf("the workspace became %s", b.Workspace())
			}
		})
	}
}

// syncedFolders notes the folders whose names were synced.
type syncedFolders struct {
	disk.Disk
	names []string
}

func (d *syncedFolders) SyncFolder(folder string) error {
	d.names = append(d.names, folder)
	return d.Disk.SyncFolder(folder)
}

// A program that was killed just after it made the file has synced no name of it. The next
// does, before the books hold anything; later that would cost every start two syncs.
func TestTheNamesOfANewLedgerAreSynced(t *testing.T) {
	home, elsewhere := t.TempDir(), t.TempDir()
	dir := filepath.Join(home, "ledger")
	must(t, os.Mkdir(dir, 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "ledger.db"), nil, 0o600)) // and was killed
	open := func() []string {
		d, c := &syncedFolders{Disk: disk.OS}, &clock{at: noon}
		l, err := ledger.Open(t.Context(), ledger.Options{Path: filepath.Join(dir, "ledger.db"), SentLog: filepath.Join(elsewhere, "sent.log"), Now: c.now, Disk: d})
		must(t, err)
		must(t, l.Close())
		return d.names
	}
	if synced := open(); !slices.Contains(synced, dir) || !slices.Contains(synced, home) {
		t.Errorf("synced are the names in %q, want those in %s and %s too", synced, dir, home)
	}
	if synced := open(); len(synced) != 0 {
		t.Errorf("a ledger that is written syncs the names in %q", synced)
	}
}

func TestAFolderThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	if _, err := openAt(filepath.Join(file, "ledger"), &clock{at: noon}); err == nil || !strings.Contains(err.Error(), "making the ledger's folder") {
		t.Errorf("the error is %v", err)
	}
}

func TestErrorsHoldNoPersonalData(t *testing.T) {
	b := newBooks(t)
	id := b.draft(row(2))
	err := b.AddRows(t.Context(), id, []mailout.Row{row(3), row(2)})
	var le *ledger.Error
	if !errors.As(err, &le) {
		t.Fatalf("the error is %v, want a *ledger.Error", err)
	}
	if !strings.Contains(le.Error(), "line 2") {
		t.Errorf("the message does not say which line it was: %s", le)
	}
	for _, secret := range []string{"01845912345", "Arbeidsavtale"} {
		if strings.Contains(le.Error(), secret) {
			t.Errorf("the message shows %q: %s", secret, le)
		}
	}
	if n := b.info(id).Rows; n != 1 {
		t.Errorf("%d rows are there after a failed AddRows, want the one from before", n)
	}
}

func TestACallerThatGaveUpGetsItsOwnError(t *testing.T) {
	b := newBooks(t)
	id := b.approved(row(2))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.BeginAttempt(ctx, id, 2, "queue", jobXML); !errors.Is(err, context.Canceled) {
		t.Errorf("beginning: %v", err)
	}
	if _, err := b.ToSend(ctx, id, 0, 10); !errors.Is(err, context.Canceled) {
		t.Errorf("reading: %v", err)
	}
	b.wantState(id, 2, mailout.Planned)
}

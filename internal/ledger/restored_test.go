package ledger_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"batch/internal/ledger"
	"batch/internal/mailout"
)

// Whatever is put back or cut, of either file and at whatever moment, no letter goes out
// twice: a Ref is given out only for a row of which the portal has nothing. The one thing
// that is left out is that both files are put back as they were at one moment, of which
// nothing on disk can tell.
func TestNothingGoesOutTwiceWhateverIsPutBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		v := &vault{books: newBooks(t), at: map[int]mailout.Ref{}}
		defer func() { v.books.Close() }()
		v.id = v.approved(row(2), row(3), row(4), row(5), row(6), row(7))
		v.keep()
		for n := range rapid.IntRange(1, 14).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"send", "send", "answer", "kill", "kill while sending", "harm", "harm"}).Draw(rt, fmt.Sprint("step ", n)) {
			case "send":
				v.send(rt)
			case "answer":
				v.answer(rt)
			case "kill":
				v.start(rt, v.found())
			case "kill while sending":
				v.dieSending(rt)
			case "harm":
				v.harm(rt)
			}
			v.keep()
		}
	})
}

// vault is a portal beside a ledger, and what both files were like at every moment before.
type vault struct {
	*books
	id     mailout.BatchID
	at     map[int]mailout.Ref // by line, what the portal has
	open   []mailout.Ref       // begun, not answered, in this process
	copies []copied
}

// copied are both files at one moment.
type copied struct {
	ledger, wal, log []byte
}

// found is what the disk has now.
func (v *vault) found() copied {
	read := func(name string) []byte {
		raw, err := os.ReadFile(filepath.Join(v.dir, name))
		if !errors.Is(err, os.ErrNotExist) {
			must(v.t, err)
		}
		return raw
	}
	return copied{ledger: read("ledger.db"), wal: read("ledger.db-wal"), log: read("sent.log")}
}

func (v *vault) keep() { v.copies = append(v.copies, v.found()) }

// send begins a row. It may arrive, or fail to before the portal has heard of it.
func (v *vault) send(rt *rapid.T) {
	line := rapid.IntRange(2, 7).Draw(rt, "line")
	ref, err := v.BeginAttempt(v.t.Context(), v.id, line, "queue", jobXML)
	if errors.Is(err, mailout.ErrNotPlanned) {
		return
	}
	if err != nil {
		rt.Fatal(err)
	}
	v.out(rt, line, ref)
}

// out has a letter go out.
func (v *vault) out(rt *rapid.T, line int, ref mailout.Ref) {
	if before, there := v.at[line]; there {
		rt.Fatalf("line %d goes out as %s, and is at the portal as %s", line, ref, before)
	}
	if rapid.Bool().Draw(rt, "it arrives") {
		v.at[line] = ref
	}
	v.open = append(v.open, ref)
}

func (v *vault) answer(rt *rapid.T) {
	if len(v.open) == 0 {
		return
	}
	ref := v.open[0]
	v.open = v.open[1:]
	parts, _ := ref.Parse()
	o := rapid.SampledFrom([]mailout.Outcome{notSent, lost}).Draw(rt, "answer")
	if v.at[parts.Line] == ref {
		o = rapid.SampledFrom([]mailout.Outcome{accepted(mailout.JobID(parts.Line)), lost}).Draw(rt, "answer about a job")
	}
	v.settle(ref, o)
}

// dieSending is killed in the middle of an intent: nothing of it has gone out.
func (v *vault) dieSending(rt *rapid.T) {
	line := rapid.IntRange(2, 7).Draw(rt, "line")
	after := rapid.Bool().Draw(rt, "after its line was written")
	var disk *copied
	v.disk.look = func(is bool) {
		if is == after {
			now := v.found()
			disk = &now
		}
	}
	_, err := v.BeginAttempt(v.t.Context(), v.id, line, "queue", jobXML)
	v.disk.look = func(bool) {}
	if disk == nil {
		wantErr(v.t, err, mailout.ErrNotPlanned)
		return
	}
	if rapid.Bool().Draw(rt, "the line is torn") && after {
		disk.log = disk.log[:len(disk.log)-rapid.IntRange(1, 60).Draw(rt, "bytes torn")]
	}
	v.start(rt, *disk)
}

// start opens files as the next process finds them and takes up what was left. Where it
// says that something is wrong, a person puts the right files back.
func (v *vault) start(rt *rapid.T, disk copied) {
	v.put(disk)
	if v.trusted() {
		v.wantNothingPlannedTwice(rt)
	}
}

// put opens files in a folder of their own.
func (v *vault) put(disk copied) {
	dir := v.t.TempDir()
	for name, raw := range map[string][]byte{"ledger.db": disk.ledger, "ledger.db-wal": disk.wal, "sent.log": disk.log} {
		if raw != nil {
			must(v.t, os.WriteFile(filepath.Join(dir, name), raw, 0o600))
		}
	}
	v.books.Close()
	v.books, v.open = openBooks(v.t, dir, v.clock), nil
}

// trusted takes up what was left, and says whether sending may go on.
func (v *vault) trusted() bool {
	_, err := v.Recover(v.t.Context())
	if err != nil {
		wantErr(v.t, err, ledger.ErrOlderLedger)
		return false
	}
	alarms, err := v.Alarms(v.t.Context())
	must(v.t, err)
	return len(alarms) == 0
}

// wantNothingPlannedTwice holds that what is planned is not at the portal.
func (v *vault) wantNothingPlannedTwice(rt *rapid.T) {
	for line, ref := range v.at {
		if r := v.record(v.id, line); r.State == mailout.Planned {
			rt.Fatalf("line %d is planned, and at the portal as %s", line, ref)
		}
	}
}

// harm puts files back that are not what they were. A ledger that says it can be trusted has
// to be; one that does not sends nothing, and gets the right files back.
func (v *vault) harm(rt *rapid.T) {
	now := v.found()
	harmed := now
	earlier := func(what string) copied { return rapid.SampledFrom(v.copies).Draw(rt, what) }
	switch rapid.SampledFrom([]string{"cut", "older log", "older ledger", "older ledger, cut log", "no log", "another's"}).Draw(rt, "harm") {
	case "cut":
		harmed.log = now.log[:rapid.IntRange(0, len(now.log)).Draw(rt, "bytes left")]
	case "older log":
		harmed.log = earlier("log").log
	case "older ledger":
		old := earlier("ledger")
		harmed.ledger, harmed.wal = old.ledger, old.wal
	case "older ledger, cut log":
		old := earlier("ledger")
		harmed.ledger, harmed.wal = old.ledger, old.wal
		harmed.log = now.log[:rapid.IntRange(0, len(old.log)-1).Draw(rt, "bytes left, fewer than the ledger's moment had")]
	case "no log":
		harmed.log = nil
	case "another's":
		harmed.log = []byte("sent.log of workspace zzzzzz\n")
	}
	v.put(harmed)
	if v.trusted() {
		v.wantNothingPlannedTwice(rt)
		return
	}
	for line := 2; line <= 7; line++ {
		if ref, err := v.BeginAttempt(v.t.Context(), v.id, line, "queue", jobXML); err == nil {
			rt.Fatalf("line %d goes out as %s although the books cannot be trusted", line, ref)
		}
	}
	v.start(rt, now)
	if !v.trusted() {
		rt.Fatal("the right files are not trusted")
	}
}

package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"batch/internal/ledger"
	"batch/internal/workspace"
)

const remedyHeld = "nothing is wrong with that; run `batch doctor` again when it has ended"

// takeLock makes this process the speaker for as long as it looks, so that its calls and
// another process' are not more together than the portal allows. Where there is no ledger
// yet nobody can be speaking, and no lock file is made.
func (d *doctor) takeLock(ctx context.Context) {
	if _, err := os.Stat(d.ws.Ledger()); errors.Is(err, fs.ErrNotExist) {
		d.alone = true
		d.fine(CheckLock, "lock", "nobody sends or follows: there is no ledger yet")
		return
	}
	lock, err := d.App.lock(ctx)
	switch {
	case err == nil:
		d.lock, d.alone = lock, true
		d.fine(CheckLock, "lock", "no other process sends or follows")
	case errors.As(err, &d.held):
		d.warn(CheckLock, "lock-held", remedyHeld, "%s", err)
	default:
		d.failed(CheckLock, err)
	}
}

// books looks at the folder, the file, and sent.log, and opens the ledger where that
// changes nothing.
func (d *doctor) books(ctx context.Context) {
	path := d.ws.Ledger()
	if err := d.ws.CheckFolder(); err != nil {
		d.failed(CheckLedger, err)
	} else {
		d.fine(CheckLedger, "ledger-folder", "%s is on a local disk", filepath.Dir(path))
	}
	health, err := ledger.Examine(ctx, path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.noBooks("is gone")
		return
	case err != nil:
		d.failed(CheckLedger, err)
		return
	case len(health.Damage) > 0:
		d.bad(KindLook, CheckLedger, "ledger-corrupt", "send nothing; put the newest good copy of ledger.db back, keep sent.log as it is, and do not delete either",
			"%s is damaged: %s", path, strings.Join(health.Damage, "; "))
		return
	case health.Schema > health.Known:
		d.bad(KindUsage, CheckLedger, "ledger-newer", "use the newer version",
			"%s was written by a newer version of batch (schema %d, this program knows %d)", path, health.Schema, health.Known)
		return
	case health.Schema == 0:
		d.noBooks("is empty")
		return
	case health.Schema < health.Known:
		d.fine(CheckLedger, "ledger-older-schema", "%s is whole, and was written by an older version; the next command brings it up to date (schema %d to %d)", filepath.Base(path), health.Schema, health.Known)
		d.warn(CheckLedger, NotChecked, "run `batch status`, which does that, then `batch doctor` again", "not checked: alarms and sent.log")
		return
	case !exists(d.ws.SentLog()):
		d.bad(KindLook, CheckLedger, "sent-log-missing", "put sent.log back: nothing is sent until it is there, or a person has said that ledger.db is the newest",
			"%s is whole, but sent.log beside it is gone", filepath.Base(path))
		return
	}
	d.open(ctx, path, health)
}

// noBooks tells a workspace that is new from one that has lost its books.
func (d *doctor) noBooks(lost string) {
	switch sent, err := ledger.EverSent(d.ws.SentLog()); {
	case err != nil:
		d.failed(CheckLedger, err)
	case sent:
		d.bad(KindLook, CheckLedger, "ledger-missing", "put the newest ledger.db back before anything is planned or sent: without it letters could go out twice",
			"%s %s, and sent.log beside it says that it has sent something", d.ws.Ledger(), lost)
	default:
		d.fine(CheckLedger, "ledger-none", "there is none yet: the first plan makes it")
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// open opens a ledger that needs nothing done, and reads what is in it.
func (d *doctor) open(ctx context.Context, path string, health ledger.Health) {
	l, err := ledger.Open(ctx, ledger.Options{Path: path, SentLog: d.ws.SentLog(), Now: d.now})
	if err != nil {
		d.failed(CheckLedger, err)
		return
	}
	d.ledger = l
	all, err := l.Batches(ctx)
	if err != nil {
		d.failed(CheckLedger, err)
		return
	}
	rows := 0
	for _, b := range all {
		rows += b.Rows
	}
	d.fine(CheckLedger, "ledger", "%s is whole (schema %d, batches: %d, rows: %d)", filepath.Base(path), health.Schema, len(all), rows)
	d.sentLog(ctx)
	d.home(ctx)
	d.alarms(ctx)
	d.outlived(ctx, all)
}

// sentLog compares the ledger with sent.log, and tells what others have written into it.
func (d *doctor) sentLog(ctx context.Context) {
	r, err := d.ledger.CompareLog(ctx)
	if err != nil {
		d.failed(CheckLedger, err)
		return
	}
	switch older := r.Older(); {
	case older != nil:
		e := Explain(older)
		d.bad(e.Kind, CheckLedger, "ledger-older-than-log", e.Remedy, "%s", e.Message)
	case !r.Fits:
		d.bad(KindLook, CheckLedger, "sent-log-older", "put the newest sent.log back, and the newest ledger.db if an older one was put in its place; nothing is sent until then",
			"sent.log was cut short, or is not the one that belongs to this ledger, or an older copy of it")
	default:
		d.fine(CheckLedger, "sent-log", "sent.log fits")
	}
	if r.Stray > 0 {
		d.warn(CheckLedger, "sent-log-stray", "find out who or what wrote them, and put the newest good sent.log back if there is one; they are passed over, and all other lines count",
			"sent.log has lines that batch did not write: %d", r.Stray)
	}
}

// home looks whether the ledger was moved or copied.
func (d *doctor) home(ctx context.Context) {
	home, err := d.ledger.Home(ctx)
	if err != nil {
		d.failed(CheckLedger, err)
		return
	}
	here, err := d.here()
	if err != nil {
		d.failed(CheckLedger, err)
		return
	}
	if home != "" && home != here {
		d.warn(CheckLedger, "ledger-moved", "use the original if there is one; if it is gone, answer yes when sending asks",
			"it belongs to %s and was moved or copied here: if it is still in use there, every letter is sent twice", home)
	}
}

// alarms tells what nobody has laid to rest yet.
func (d *doctor) alarms(ctx context.Context) {
	open, err := d.ledger.Alarms(ctx)
	if err != nil {
		d.failed(CheckLedger, err)
		return
	}
	if len(open) == 0 {
		d.fine(CheckLedger, "alarms-none", "no alarm is open")
	}
	for _, a := range open {
		if a.ID == 0 {
			d.bad(KindLook, CheckLedger, "alarm", "batch follow "+string(a.Batch), "alarm (%s) of batch %s: %s", a.Kind, a.Batch, a.Detail)
			continue
		}
		d.bad(KindLook, CheckLedger, "alarm", fmt.Sprintf("when it is dealt with: batch resolve --alarm %d --note TEXT", a.ID),
			"alarm %d (%s) of batch %s, line %d: %s", a.ID, a.Kind, a.Batch, a.Line, a.Detail)
	}
}

// What must be free for a mail-out to go on: the books of one take some megabytes, its
// documents may take gigabytes.
const (
	leastFree = 100 << 20 // bytes; less is a problem
	goodFree  = 2 << 30   // bytes; less is a warning
)

// disks looks at the disks that are written to, each once.
func (d *doctor) disks() {
	var ids []string
	uses, at := map[string][]string{}, map[string]workspace.Disk{}
	for _, f := range []struct{ use, path string }{
		{"the ledger", filepath.Dir(d.ws.Ledger())}, {"prepared documents", d.ws.Prepared()}, {"signed documents", d.ws.Signed("")},
	} {
		disk, ok, err := workspace.DiskOf(f.path)
		switch {
		case err != nil:
			d.failed(CheckDisk, err)
		case !ok:
			d.unchecked(CheckDisk, "how much is free for "+f.use+" cannot be told on this system")
		case !disk.Writable:
			d.bad(KindUsage, CheckDisk, "disk-not-writable", "see to it that whoever runs batch may write there", "no files can be made in the folder for %s, %s", f.use, f.path)
		default:
			if _, seen := at[disk.ID]; !seen {
				ids = append(ids, disk.ID)
			}
			at[disk.ID], uses[disk.ID] = disk, append(uses[disk.ID], f.use)
		}
	}
	for _, id := range ids {
		d.disk(at[id].Free, strings.Join(uses[id], ", "))
	}
}

func (d *doctor) disk(free int64, uses string) {
	const remedy = "make room before the next mail-out: a disk that fills up stops it halfway"
	left := fmt.Sprintf("%.1f GB free for %s", float64(free)/1e9, uses)
	switch {
	case free < leastFree:
		d.bad(KindUsage, CheckDisk, "disk-full", remedy, "only %d MB free for %s", free/1e6, uses)
	case free < goodFree:
		d.warn(CheckDisk, "disk-low", remedy, "%s", left)
	default:
		d.fine(CheckDisk, "disk", "%s", left)
	}
}

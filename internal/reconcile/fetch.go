package reconcile

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"path"
	"path/filepath"
	"time"

	"batch/internal/disk"
	"batch/internal/mailout"
)

// pauses are how long a download that failed waits before it is begun again, for one poll:
// a portal in trouble is not helped by being asked at once, and a taker that waits takes
// nothing else. One try more than pauses is made.
var pauses = []time.Duration{5 * time.Second, 30 * time.Second}

// So many doubtful files of one offer are kept before the next is fetched only after a rest:
// following goes on for weeks, and a change whose document stays wrong comes every ten minutes.
const (
	manyDoubts = 9
	restOfMany = 6 * time.Hour
)

// fetch downloads a file, checks it and puts it in its place. A download that fails, by
// breaking off or by its check, is begun again; after three all that came of them is kept as
// doubtful, and an alarm says why. safe is true when the file is kept and passed its check.
func (f *follower) fetch(ctx context.Context, t mailout.Taken, c mailout.Change, o offer) (safe bool, err error) {
	if f.rests(t, o) {
		return false, nil
	}
	if err := f.makeFolder(signedFolder(t)); err != nil {
		return false, err
	}
	var odd []mailout.KeptFile // what came of tries that failed
	for try := 0; ; try++ {
		kept, broken, err := f.download(ctx, signedFolder(t), c, o)
		switch {
		case err != nil:
			return false, err
		case broken == nil && kept.Doubt == "":
			return true, f.keepGood(ctx, t, c, kept, odd)
		case kept.Temp != "":
			odd = append(odd, kept)
		}
		if broken != nil {
			if err := f.callFailed(broken); err != nil {
				return false, err
			}
		}
		last := try == len(pauses) || !f.mayPause(c, pauses[try])
		if !last && !f.givesUp() {
			f.pause(ctx, pauses[try])
		}
		switch {
		case ctx.Err() != nil:
			return false, ctx.Err()
		case f.givesUp():
			return false, f.keepStopped(ctx, t, c, odd)
		case last:
			return false, f.despair(ctx, t, c, o, odd, broken)
		}
	}
}

// rests reports whether an offer that has brought many doubtful files is left alone for a
// while. The alarm is there, and nothing is confirmed.
func (f *follower) rests(t mailout.Taken, o offer) bool {
	n, newest := 0, time.Time{}
	for _, k := range t.Files {
		if k.Signer != o.signer || k.Doubt == "" {
			continue
		}
		if n++; k.At.After(newest) {
			newest = k.At
		}
	}
	return n >= manyDoubts && mailout.Passed(newest, f.o.Now()) < restOfMany
}

// mayPause reports whether what is fetched after a pause can still be confirmed. If not,
// the change comes again by itself, and its documents are fetched then.
func (f *follower) mayPause(c mailout.Change, pause time.Duration) bool {
	return mailout.Passed(c.TakenAt, f.o.Now())+pause < confirmWithin
}

// pause waits; a person who asks to stop ends it, and so does another taker's error.
func (f *follower) pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-f.o.Soft.Done():
	case <-ctx.Done():
	}
}

// givesUp reports that nothing is to be tried again: a person asked to stop, or every call
// fails. That no poll is wanted any more is no reason: what a taker carries is carried on.
func (f *follower) givesUp() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.o.Soft.Err() != nil || f.res.Ending == EndFatal
}

// download fetches once. broken says that it must be tried again; what came until then is in
// kept, if anything did. err is of the disk.
func (f *follower) download(ctx context.Context, folder string, c mailout.Change, o offer) (kept mailout.KeptFile, broken, err error) {
	done, err := f.permit(ctx, c.Sender)
	if ce := (*mailout.CallError)(nil); errors.As(err, &ce) {
		return kept, err, nil
	}
	if err != nil {
		return kept, nil, err
	}
	w := &tempFile{sum: sha256.New()}
	if w.f, err = f.disk.CreateTemp(filepath.Join(f.o.Folder, folder), tempPattern); err != nil {
		done(false, false)
		return kept, nil, fmt.Errorf("making a file for %s: %w", o.what(), err)
	}
	defer w.f.Close()
	_, announced, speed, broken := f.portal.Fetch(ctx, c.Sender, o.url, o.limit, w)
	done(speed.TimedOut, speed.Blocked)
	if w.err != nil || broken != nil && w.n == 0 {
		return kept, broken, errors.Join(w.err, f.disk.Remove(w.f.Name()))
	}
	if err := w.f.Sync(); err != nil {
		return kept, nil, fmt.Errorf("syncing %s: %w", o.what(), err)
	}
	kept = mailout.KeptFile{Signer: o.signer, Of: c.Status, SHA256: mailout.Digest(w.sum.Sum(nil)), Bytes: w.n, Temp: path.Join(folder, filepath.Base(w.f.Name()))}
	if broken != nil {
		kept.Partial, kept.Doubt = true, brokeOff(w.n, announced)
		return kept, broken, nil
	}
	if kept.Warnings, err = o.judge(w.f, w.n); err != nil {
		kept.Doubt = err.Error()
	}
	if announced >= 0 && w.n != announced {
		kept.Doubt = fmt.Sprintf("%d bytes came of the %d announced", w.n, announced)
	}
	return kept, nil, nil
}

func brokeOff(n, announced int64) string {
	if announced < 0 {
		return fmt.Sprintf("it broke off after %d bytes", n)
	}
	return fmt.Sprintf("it broke off after %d of %d bytes", n, announced)
}

// tempFile writes and hashes, and remembers an error of the disk, which must not be
// taken for one of the network.
type tempFile struct {
	f   disk.File
	sum hash.Hash
	n   int64
	err error
}

func (t *tempFile) Write(b []byte) (int, error) {
	n, err := t.f.Write(b)
	t.sum.Write(b[:n])
	t.n += int64(n)
	if err != nil {
		t.err = fmt.Errorf("writing what is fetched: %w", err)
	}
	return n, err
}

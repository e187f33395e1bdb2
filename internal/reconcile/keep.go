package reconcile

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"path"
	"path/filepath"
	"time"

	"batch/internal/disk"
	"batch/internal/mailout"
	"batch/internal/pades"
)

// pauses are how long a download that broke off waits before it is begun again, for one
// poll: a portal in trouble is not helped by being asked at once, and a taker that waits
// takes nothing else.
var pauses = []time.Duration{5 * time.Second, 30 * time.Second}

// What a fetched file may have, in bytes.
const (
	maxPAdES = 64 << 20 // it comes of at most 10 MiB of input
	maxXAdES = 4 << 20  // a signature, a chain of certificates, perhaps what they are validated with
)

const tempPattern = ".fetch-*.part"

// offer is a file that the portal offers with a final change.
type offer struct {
	signer int // whose XAdES it is; 0: the signed PDF
	url    string
	limit  int64
	check  func(r io.ReaderAt, size int64) error
}

func (o offer) what() string { return mailout.KeptFile{Signer: o.signer}.What() }

// offers lists what is to be kept of a final change: all that the portal offers, also of a
// job that failed, whose first signers have signed all the same. Confirmed, it is gone from
// the portal (portal-api.md, "Status changes"). missing says what ought to be offered and is
// not; nothing is documented to be offered of a failed job.
func (f *follower) offers(t mailout.Taken, c mailout.Change) (all []offer, missing string) {
	if c.PAdESURL != "" {
		all = append(all, offer{0, c.PAdESURL, maxPAdES, checkPAdES})
	} else if c.Status == mailout.Completed {
		missing = "the job is signed by all, but the portal offers no signed document; the change is left unconfirmed"
	}
	if !f.o.XAdES {
		return all, missing
	}
	for i, s := range c.Signers {
		switch o := (offer{t.Signers[i], s.XAdESURL, maxXAdES, CheckXAdES}); {
		case s.XAdESURL != "":
			all = append(all, o)
		case c.Status == mailout.Completed && s.Status == mailout.SignerSigned && missing == "":
			missing = "the job is signed by all, but the portal does not offer " + o.what() +
				"; the change is left unconfirmed (without xades in batch.toml it would be confirmed)"
		}
	}
	return all, missing
}

// judge checks a file, which anybody may have made. One at which the program itself fails is
// doubtful: it must not take everybody's calls along, again and again.
func (o offer) judge(r io.ReaderAt, size int64) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("the program failed while it looked at the file (%T)", fault)
		}
	}()
	return o.check(r, size)
}

func checkPAdES(r io.ReaderAt, size int64) error {
	_, err := pades.Check(r, size)
	return err
}

// keep brings what a final change offers to its place. safe is true when all of it is
// kept, so that the change may be confirmed. One file that fails does not keep the others
// from being fetched. Of a batch that is purged nothing is kept: its personal data is gone for
// good, and the change would come again for ever.
func (f *follower) keep(ctx context.Context, t mailout.Taken, c mailout.Change) (safe bool, err error) {
	if t.Purged {
		return true, nil
	}
	offers, missing := f.offers(t, c)
	if safe = missing == ""; !safe {
		if err := f.ledger.Doubt(ctx, t, c.JobID, missing); err != nil {
			return false, err
		}
	}
	for _, o := range offers {
		kept, err := f.keepOne(ctx, t, c, o)
		if err != nil {
			return false, err
		}
		if safe = safe && kept; !kept && f.givesUp() {
			return false, nil
		}
	}
	return safe, nil
}

func (f *follower) keepOne(ctx context.Context, t mailout.Taken, c mailout.Change, o offer) (safe bool, err error) {
	for _, known := range t.Files {
		if known.Signer != o.signer {
			continue
		}
		there := known.Path != "" // fetched and kept when the change came before
		if !there {
			if there, err = f.finish(ctx, t, c, known); err != nil {
				return false, err
			}
		}
		if there && known.Doubt == "" {
			return true, nil
		}
	}
	return f.fetch(ctx, t, c, o)
}

// fetch downloads a file, checks it and puts it in its place.
func (f *follower) fetch(ctx context.Context, t mailout.Taken, c mailout.Change, o offer) (safe bool, err error) {
	folder := signedFolder(t)
	if err := f.makeFolder(folder); err != nil {
		return false, err
	}
	for try := 0; ; try++ {
		kept, broken, err := f.download(ctx, folder, c.Sender, o)
		if err != nil {
			return false, err
		}
		if broken != nil {
			if err := f.callFailed(broken); err != nil || f.givesUp() {
				return false, err
			}
			if try == len(pauses) || !f.mayPause(c, pauses[try]) {
				return false, f.ledger.Doubt(ctx, t, c.JobID, o.what()+" could not be fetched: "+broken.Error())
			}
			if f.pause(ctx, pauses[try]); f.givesUp() {
				return false, ctx.Err()
			}
			continue
		}
		// The bytes are synced under their temporary name. From this commit on they are
		// found again, whatever crashes.
		if err := f.ledger.Fetched(ctx, t, c.JobID, kept); err != nil {
			return false, err
		}
		return kept.Doubt == "", f.place(ctx, t, c, kept)
	}
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

// download fetches once. broken says that it must be tried again; err is of the disk.
func (f *follower) download(ctx context.Context, folder string, sender mailout.OrgNumber, o offer) (kept mailout.KeptFile, broken, err error) {
	done, err := f.permit(ctx, sender)
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
	n, announced, speed, broken := f.portal.Fetch(ctx, sender, o.url, o.limit, w)
	done(speed.TimedOut, speed.Blocked)
	if w.err != nil || broken != nil {
		return kept, broken, errors.Join(w.err, f.disk.Remove(w.f.Name()))
	}
	if err := w.f.Sync(); err != nil {
		return kept, nil, fmt.Errorf("syncing %s: %w", o.what(), err)
	}
	kept = mailout.KeptFile{Signer: o.signer, SHA256: mailout.Digest(w.sum.Sum(nil)), Bytes: n, Temp: path.Join(folder, filepath.Base(w.f.Name()))}
	if err := o.judge(w.f, n); err != nil {
		kept.Doubt = err.Error()
	}
	if announced >= 0 && n != announced {
		kept.Doubt = fmt.Sprintf("%d bytes came of the %d announced", n, announced)
	}
	return kept, nil, nil
}

// tempFile writes and hashes, and remembers an error of the disk, which must not be
// taken for one of the network.
type tempFile struct {
	f   disk.File
	sum hash.Hash
	err error
}

func (t *tempFile) Write(b []byte) (int, error) {
	n, err := t.f.Write(b)
	t.sum.Write(b[:n])
	if err != nil {
		t.err = fmt.Errorf("writing what is fetched: %w", err)
	}
	return n, err
}

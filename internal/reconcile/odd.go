package reconcile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"batch/internal/mailout"
)

// keepGood brings a file that passed its check to its place, and before it what came of
// earlier tries, which is no alarm any more.
func (f *follower) keepGood(ctx context.Context, t mailout.Taken, c mailout.Change, kept mailout.KeptFile, odd []mailout.KeptFile) error {
	for i := range odd {
		odd[i].Early = true
	}
	if _, err := f.keepOdd(ctx, t, c, odd, kept.Temp); err != nil {
		return err
	}
	if err := f.keepAt(ctx, t, c, kept); err != nil {
		return err
	}
	// The very bytes may lie there under another name, from when they were doubtful or the job
	// had failed. The books name the new one alone; a crash before this leaves a second copy.
	for _, old := range t.Files {
		if old.Signer != kept.Signer || old.SHA256 != kept.SHA256 || old.Doubt == "" && old.Serves(c.Status) {
			continue // the last: that is the one itself, which was gone from its place
		}
		there, err := f.holds(old)
		if err != nil {
			return err
		}
		if !there { // or somebody has put something else there
			continue
		}
		if err := f.disk.Remove(filepath.Join(f.o.Folder, old.Path)); err != nil {
			return fmt.Errorf("removing a second copy: %w", err)
		}
	}
	return nil
}

// keepStopped keeps what came whole of tries that a person's wish has ended. What broke off
// comes again.
func (f *follower) keepStopped(ctx context.Context, t mailout.Taken, c mailout.Change, odd []mailout.KeptFile) error {
	for _, k := range odd {
		k.Early = true
		keep := f.keepAt
		if k.Partial {
			keep = f.removeTemp
		}
		if err := keep(ctx, t, c, k); err != nil {
			return err
		}
	}
	return nil
}

// despair ends three tries that failed: what came of them is kept in doubtful/, and an alarm
// says why, and where it lies. The change stays unconfirmed and comes again.
func (f *follower) despair(ctx context.Context, t mailout.Taken, c mailout.Change, o offer, odd []mailout.KeptFile, broken error) error {
	var before []string
	for _, k := range t.Files {
		if k.Signer == o.signer && k.Path != "" {
			before = append(before, k.Path)
		}
	}
	told, err := f.keepOdd(ctx, t, c, odd, before...)
	if err != nil || told {
		return err
	}
	why := "it broke off again, and nothing new came"
	if len(odd) == 0 {
		why = broken.Error()
	}
	return f.ledger.Doubt(ctx, t, c.JobID, o.what()+" could not be fetched: "+why)
}

// keepOdd keeps what came of tries that failed. Never is a file thrown away that came whole;
// of one that broke off only what one of these others begins with, byte by byte.
func (f *follower) keepOdd(ctx context.Context, t mailout.Taken, c mailout.Change, odd []mailout.KeptFile, others ...string) (kept bool, err error) {
	for _, k := range odd {
		had := false
		for i := 0; k.Partial && !had && i < len(others); i++ {
			if had, err = f.begins(others[i], k.Temp); err != nil {
				return kept, err
			}
		}
		if had {
			err = f.removeTemp(ctx, t, c, k)
		} else {
			kept, err = true, f.keepAt(ctx, t, c, k)
		}
		if err != nil {
			return kept, err
		}
	}
	return kept, nil
}

// keepAt commits a file that is synced under its temporary name and puts it in its place.
// From the first commit on its bytes are found again, whatever crashes.
func (f *follower) keepAt(ctx context.Context, t mailout.Taken, c mailout.Change, kept mailout.KeptFile) error {
	if err := f.ledger.Fetched(ctx, t, c.JobID, kept); err != nil {
		return err
	}
	return f.place(ctx, t, c, kept)
}

func (f *follower) removeTemp(_ context.Context, _ mailout.Taken, _ mailout.Change, k mailout.KeptFile) error {
	if err := f.disk.Remove(filepath.Join(f.o.Folder, k.Temp)); err != nil {
		return fmt.Errorf("removing a broken download: %w", err)
	}
	return nil
}

// begins reports whether a file begins with all the bytes of part. One that is not there any
// more does not.
func (f *follower) begins(whole, part string) (bool, error) {
	a, err := os.Open(filepath.Join(f.o.Folder, part))
	if err != nil {
		return false, fmt.Errorf("looking at what came: %w", err)
	}
	defer a.Close()
	b, err := os.Open(filepath.Join(f.o.Folder, whole))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking at what came: %w", err)
	}
	defer b.Close()
	for x, y := make([]byte, 32<<10), make([]byte, 32<<10); ; {
		n, err := io.ReadFull(a, x)
		m, _ := io.ReadFull(b, y[:n])
		switch {
		case !bytes.Equal(x[:n], y[:m]):
			return false, nil
		case err == io.EOF || err == io.ErrUnexpectedEOF:
			return true, nil
		case err != nil:
			return false, fmt.Errorf("looking at what came: %w", err)
		}
	}
}

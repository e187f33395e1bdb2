package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"batch/internal/bundle"
	"batch/internal/identity"
	"batch/internal/ledger"
	"batch/internal/mailout"
	"batch/internal/pace"
	"batch/internal/pdfprep"
	"batch/internal/portal"
	"batch/internal/workspace"
)

// speaker is the one process that talks to the portal for a ledger: it holds the lock,
// and everything that a call needs.
type speaker struct {
	lock   *workspace.Lock
	ledger *ledger.Ledger
	client *portal.Client
	post   *calls
	pace   *pace.Pacer
	log    *slog.Logger // nil: none

	expires time.Time // our certificate, or the first that vouches for it
}

// speak takes the lock and takes up what an earlier speaker left. It is the same after a
// crash and after a quiet end.
func (a *App) speak(ctx context.Context) (*speaker, error) { return a.speakAfter(ctx, a.recover) }

// speakAfter is speak with another way to take up what was left.
func (a *App) speakAfter(ctx context.Context, recover func(context.Context) error) (*speaker, error) {
	lock, err := a.lock(ctx)
	if err != nil {
		return nil, err
	}
	s := &speaker{lock: lock, ledger: a.ledger, log: a.o.Log}
	if err = a.atHome(ctx); err == nil {
		err = recover(ctx)
	}
	if err == nil {
		err = a.connect(ctx, s)
	}
	if err != nil {
		s.close()
		return nil, err
	}
	a.o.Log.Info("speaking")
	return s, nil
}

// recover takes up what an earlier run had left, and tells of it. The lock is held.
func (a *App) recover(ctx context.Context) error {
	found, err := a.ledger.Recover(ctx)
	if err != nil {
		return err
	}
	a.o.Log.Info("took up what was left", "unknown", found.Unknown, "not_sent", found.NotSent)
	if found != (mailout.Recovered{}) && a.o.Found != nil {
		a.o.Found(found)
	}
	return nil
}

// lock takes the lock. It tries for a second: a reader that asks whether anybody speaks
// holds it for a moment.
func (a *App) lock(ctx context.Context) (*workspace.Lock, error) {
	for end := time.Now().Add(time.Second); ; {
		lock, err := a.ws.Lock()
		if held := new(workspace.Held); !errors.As(err, &held) || time.Now().After(end) {
			return lock, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// close lets go of what a call needs. A pace whose end could not be kept costs the next
// speaker half a minute, and is no error of what was done here. Whoever has the lock next must
// not find a note that somebody speaks: it would take this for a crash, while the process goes
// on, and perhaps asks a person something.
func (s *speaker) close() {
	if s.client != nil {
		s.client.Close()
	}
	if s.pace != nil {
		s.pace.Close()
	}
	s.ledger.FallSilent()
	s.lock.Unlock()
}

// connect loads who we are and whom we trust, and makes the client and its pace.
func (a *App) connect(ctx context.Context, s *speaker) error {
	cfg := a.ws.Config
	trust, err := a.trust()
	if err != nil {
		return err
	}
	password, err := a.ws.Password(ctx, a.o.Password)
	if err != nil {
		return err
	}
	id, err := identity.Load(cfg.Identity.Certificate, password, trust, a.local())
	if err != nil {
		return err
	}
	s.expires = id.Expires()
	secret, err := logSecret(id.Key)
	if err != nil {
		return err
	}
	a.ledger.Seal(secret)
	if s.client, err = a.client(id, trust); err != nil {
		return usage("see [portal] in batch.toml", "%v", err)
	}
	sealer, err := bundle.NewSealer(id.Chain, id.Key)
	if err != nil {
		return &Error{Kind: KindIdentity, Message: err.Error(), Remedy: "use the organization's signing certificate (RSA)", Err: err}
	}
	s.post = newCalls(&post{client: s.client, root: a.ws.PortalRoot(), sealer: sealer, open: a.openPrepared, now: a.now}, a.o.Log)
	s.pace, err = a.pacer(ctx)
	return err
}

// openPrepared opens a document as it was prepared.
func (a *App) openPrepared(d mailout.Document) (io.ReadCloser, error) {
	return os.Open(pdfprep.Stored(a.ws.Prepared(), d.SHA256))
}

// client is what speaks to the portal of the workspace as id, and to nobody but whom t
// trusts.
func (a *App) client(id *identity.Identity, t identity.Trust) (*portal.Client, error) {
	return portal.New(portal.Options{Root: a.ws.PortalRoot(), TLS: id.TLSConfig(t, a.local), Proxy: a.ws.Config.Portal.Proxy, UserAgent: a.o.UserAgent, Dial: a.o.Dial})
}

// pacer is the workspace's pace, which the ledger carries from process to process, where
// there is one.
func (a *App) pacer(ctx context.Context) (*pace.Pacer, error) {
	p := a.ws.Config.Portal
	o := pace.Options{PerSecond: p.CallsPerSecond, PerSender: p.Pace == "per-sender"}
	if a.ledger != nil {
		o.Store = a.ledger
	}
	return pace.New(ctx, o)
}

// trust is whom we believe to be the portal: the built-in anchors, or in "sandbox" and
// "custom" environments the file that batch.toml names.
func (a *App) trust() (identity.Trust, error) {
	p := a.ws.Config.Portal
	if p.Trust == "" {
		return identity.Builtin(p.Environment)
	}
	pem, err := os.ReadFile(p.Trust)
	if err != nil {
		return identity.Trust{}, usage("see trust in [portal] of batch.toml", "the file with the trusted certificates, %s, cannot be read: %v", filepath.Base(p.Trust), err)
	}
	return identity.FromPEM(pem, string(p.ServerOrganization))
}

// senders are the organizations this workspace sends for.
func (a *App) senders() []mailout.OrgNumber {
	all := []mailout.OrgNumber{a.ws.Config.Sender.Organization}
	for _, s := range a.ws.Config.Senders {
		if !slices.Contains(all, s.Organization) {
			all = append(all, s.Organization)
		}
	}
	return all
}

package app

import (
	"context"
	"os"
	"path/filepath"
)

// here is the machine and folder this ledger is in.
func (a *App) here() (string, error) {
	host, err := os.Hostname()
	return host + ":" + filepath.Dir(a.ws.Ledger()), err
}

// settle gives a new ledger its home.
func (a *App) settle(ctx context.Context) error {
	home, here, err := a.homes(ctx)
	if err != nil || home != "" {
		return err
	}
	return a.ledger.SetHome(ctx, here)
}

// homes are where the ledger belongs, empty for a new one, and where it is.
func (a *App) homes(ctx context.Context) (home, here string, err error) {
	if home, err = a.ledger.Home(ctx); err != nil {
		return "", "", err
	}
	here, err = a.here()
	return home, here, err
}

// ask asks a person; where nobody can be asked the answer is no.
func (a *App) ask(question string) bool { return a.o.Ask != nil && a.o.Ask(question) }

// atHome asks before a ledger speaks from another folder or machine than its own: if it
// is a copy, the original may be sending the same letters. A yes makes this its home.
func (a *App) atHome(ctx context.Context) error {
	home, here, err := a.homes(ctx)
	if err != nil || here == home {
		return err
	}
	if !a.ask("This ledger belongs to " + home + ". If it is still in use there, every letter is sent twice. Is it gone from there?") {
		return &Error{Kind: KindUsage, Message: "this ledger was moved or copied from " + home + ", and nobody has said that it is gone from there",
			Remedy: "use the original; or, when it is gone, answer yes (--yes where there is no terminal)"}
	}
	return a.ledger.SetHome(ctx, here)
}

package app

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"batch/internal/identity"
	"batch/internal/ledger"
	"batch/internal/mailout"
	"batch/internal/workspace"
)

// Severity is how much a finding of Doctor matters.
type Severity string

const (
	Fine    Severity = "ok"
	Warning Severity = "warning" // mail-outs go on, but see to it
	Bad     Severity = "problem" // nothing can be sent, or should be
)

// Finding is one thing that Doctor looked at.
type Finding struct {
	Check    Check    `json:"check"`
	Severity Severity `json:"severity"`
	Code     string   `json:"code"` // stable, for scripts
	Message  string   `json:"message"`
	Remedy   string   `json:"remedy"` // empty where all is well
	Kind     Kind     `json:"-"`      // of a problem: what it means for whoever started the program
}

// Check is what a finding is about.
type Check string

const (
	CheckSettings      Check = "settings"
	CheckPassword      Check = "password"
	CheckCertificate   Check = "certificate"
	CheckLedger        Check = "ledger"
	CheckLock          Check = "lock"
	CheckDisk          Check = "disk"
	CheckProxy         Check = "proxy"
	CheckPortal        Check = "portal"
	CheckAuthorization Check = "authorization"
	CheckClock         Check = "clock"
)

// NotChecked is the code of what could not be looked at.
const NotChecked = "not-checked"

// doctor is one examination. Its App has no ledger where there is none, or none that may
// be opened.
type doctor struct {
	*App
	tell  func(Finding)
	id    *identity.Identity // nil: there is none to make calls with
	trust identity.Trust
	lock  *workspace.Lock
	held  *workspace.Held // another process speaks
	alone bool            // no other process can speak meanwhile: calls may be made
}

// Doctor looks at everything that is not the manifest, and tells what it finds as it
// goes: one thing that is wrong does not hide the others, and what could not be looked at
// says why. It makes no job and takes nothing from a queue, makes no ledger and brings
// none up to date. Of its calls to the portal it keeps the pace; they are left out while
// another process holds the lock.
func Doctor(ctx context.Context, o Options, tell func(Finding)) {
	if o.Now == nil {
		o.Now = time.Now
	}
	d := &doctor{tell: tell}
	if !d.settings(o) {
		for _, check := range []Check{CheckPassword, CheckCertificate, CheckLedger, CheckLock, CheckDisk, CheckProxy, CheckPortal, CheckAuthorization, CheckClock} {
			d.unchecked(check, "batch.toml has to be put right first")
		}
		return
	}
	defer d.close()
	d.identity(ctx)
	d.takeLock(ctx)
	d.books(ctx)
	d.disks()
	d.proxy(ctx)
	d.calls(ctx)
}

func (d *doctor) close() {
	if d.ledger != nil {
		d.ledger.Close()
	}
	if d.lock != nil {
		d.lock.Unlock()
	}
}

// settings finds the workspace and reads batch.toml; false where it cannot be worked with.
func (d *doctor) settings(o Options) bool {
	ws, err := findWorkspace(o.Dir, false)
	if err != nil {
		d.mistakes(err)
		if ws, err = workspace.Find(o.Dir); err != nil {
			return false // what it says is not to be relied on
		}
	}
	d.App = &App{ws: ws, now: o.Now, o: o}
	if err == nil {
		cfg := ws.Config
		senders := fmt.Sprintf("sender %s (%s)", cfg.Sender.Organization, cfg.Sender.Kind)
		if n := len(cfg.Senders); n > 0 {
			senders += fmt.Sprintf(" and %d more", n)
		}
		d.fine(CheckSettings, "settings", "%s: %s, %s, %s", filepath.Join(ws.Dir, "batch.toml"), cfg.Portal.Environment, ws.PortalRoot(), senders)
	}
	return true
}

// mistakes tells each mistake in batch.toml by itself.
func (d *doctor) mistakes(err error) {
	var we *workspace.Error
	if !errors.As(err, &we) || len(we.Faults) == 0 {
		d.failed(CheckSettings, err)
		return
	}
	for _, f := range we.Faults {
		d.bad(KindUsage, CheckSettings, we.Code, f.Remedy, "%s", f)
	}
}

func (d *doctor) fine(check Check, code, format string, args ...any) {
	d.tell(Finding{Check: check, Severity: Fine, Code: code, Message: fmt.Sprintf(format, args...)})
}

func (d *doctor) warn(check Check, code, remedy, format string, args ...any) {
	d.tell(Finding{Check: check, Severity: Warning, Code: code, Remedy: remedy, Message: fmt.Sprintf(format, args...)})
}

func (d *doctor) bad(kind Kind, check Check, code, remedy, format string, args ...any) {
	d.tell(Finding{Check: check, Severity: Bad, Code: code, Remedy: remedy, Kind: kind, Message: fmt.Sprintf(format, args...)})
}

const remedyUnchecked = "see to that, then run `batch doctor` again"

// unchecked says why something was not looked at.
func (d *doctor) unchecked(check Check, why string) {
	d.warn(check, NotChecked, remedyUnchecked, "not checked: %s", why)
}

// failed tells an error of a check.
func (d *doctor) failed(check Check, err error) {
	e := Explain(err)
	d.bad(e.Kind, check, codeOf(err), e.Remedy, "%s", e.Message)
}

// codeOf is the code of a stage's own error.
func codeOf(err error) string {
	var (
		id *identity.Error
		ws *workspace.Error
		le *ledger.Error
		ce *mailout.CallError
	)
	switch {
	case errors.As(err, &id):
		return id.Code
	case errors.As(err, &ws):
		return ws.Code
	case errors.As(err, &le):
		return le.Code
	case errors.As(err, &ce):
		return ce.Code
	}
	return string(Explain(err).Kind)
}

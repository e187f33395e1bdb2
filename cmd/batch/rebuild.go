package main

import (
	"batch/internal/app"
	"batch/internal/mailout"
)

// rebuildFlags say of what lost books are rebuilt.
type rebuildFlags struct {
	Rebuild         string `help:"Rebuild books that were lost or put back, of the manifest and sent.log." placeholder:"MANIFEST" type:"path" xor:"rebuild"`
	WithoutManifest bool   `help:"The same for a batch whose manifest is lost too." xor:"rebuild"`
	planFlags
	repeatFlags
}

// rebuild brings the books back, shows what was found, and sends on where a person approves.
func (s *session) rebuild(a *app.App, c *resumeCmd) error {
	if c.Approve != "" {
		return &app.Error{Kind: app.KindUsage, Message: "what is found cannot be approved before it was seen; nothing was changed",
			Remedy: "give the command without --approve; it says how to go on"}
	}
	o := app.RebuildOptions{Soft: s.soft}
	if c.Rebuild != "" {
		o.Plan = c.add(c.options(c.Rebuild))
	}
	if c.Batch != "" {
		id, err := mailout.ParseBatchID(c.Batch)
		if err != nil {
			return &app.Error{Kind: app.KindUsage, Message: err.Error(), Remedy: "batch resume --rebuild MANIFEST names the batches that were lost, where there are several"}
		}
		o.Batch = id
	}
	r, err := a.Rebuild(s.hard, o)
	switch {
	case err != nil:
		return err
	case r.Whole:
		s.ui.say("The ledger knows all that sent.log names: there is nothing to rebuild, and nothing was changed.")
		return s.done(mailout.BatchInfo{})
	case len(r.Batches) == 0:
		s.ui.problems(r.Plan.Problems, c.All)
		return s.planFailed(nil, r.Plan, c.planFlags)
	}
	return s.rebuilt(a, r, c.sendFlags)
}

// rebuilt shows what was found, and asks whether to send on what is left of the one batch
// that was rebuilt; of several each is asked about by its own command. --yes is no answer to
// that, as --approve is none: it was given before anything could be seen.
func (s *session) rebuilt(a *app.App, r app.Rebuilt, f sendFlags) error {
	s.ui.warnings(r.Plan.Problems, false)
	var all []mailout.BatchInfo
	waits := false
	for _, b := range r.Batches {
		s.showRegained(b)
		s.showBooks(a, b.Books)
		all = append(all, b.Books)
		waits = waits || unsent(b.Books) > 0
	}
	for _, m := range r.Missing {
		s.showMissing(m)
	}
	if r.Ending != app.EndDone && r.Reason != "" {
		s.ui.note("The queues were not emptied: %s. batch follow goes on.", r.Reason)
	}
	switch {
	case len(r.Missing) > 0:
		r.Ending = app.EndLook
	case r.Ending == app.EndDone && waits && len(all) == 1 && s.ui.asks():
		s.asksOf = string(all[0].ID)
		return s.send(a, all[0], f, 0)
	case r.Ending == app.EndDone && waits:
		r.Ending = app.EndStopped
		s.notApproved(all)
	}
	s.exit = exitCode(nil, r.Ending, all...)
	s.tellAlarms()
	s.ui.total(together(all), s.exit)
	return nil
}

// notApproved says how to go on with each batch that has rows left to send.
func (s *session) notApproved(all []mailout.BatchInfo) {
	for _, b := range all {
		if unsent(b) > 0 {
			s.ui.note("Nothing is sent before what was found is approved: batch resume %s --approve %s", b.ID, b.Digest.String()[:12])
		}
	}
}

func (s *session) showRegained(b app.Regained) {
	t := b.Books.Totals
	s.ui.object(struct {
		Type      string          `json:"type"`
		Batch     mailout.BatchID `json:"batch"`
		Named     int             `json:"named"`
		Proved    int             `json:"proved"`
		ByLine    int             `json:"by_line"`
		Bare      int             `json:"bare"`
		Found     int             `json:"found"`
		Unknown   int             `json:"unknown"`
		NeverSent int             `json:"never_sent"`
	}{"rebuilt", b.Batch, b.Named(), b.Proved, b.ByLine, b.Bare, b.Found, t[mailout.Unknown], t[mailout.Planned]})
	s.ui.say("The books of batch %s were rebuilt. Of its rows sent.log names %s that the ledger did not know to be sent:", b.Batch, thousands(int64(b.Named())))
	s.ui.parts(
		part{b.Proved, "proved to be the very letters that were sent"},
		part{b.ByLine, "found by their line number alone: right only if the manifest is as it was when they were sent"},
		part{b.Bare, "that no row of the manifest fits; each is a row of its own now, by its reference"},
	)
	s.ui.say("Of all its rows:")
	s.ui.parts(
		part{b.Found, "for which the portal's queues have brought the job"},
		part{t[mailout.Unknown], "still unknown"},
		part{t[mailout.Planned], "never sent; after your approval they are. Rows that you changed or withdrew since are among them"},
	)
}

// showMissing tells of a batch whose manifest is still to be given.
func (s *session) showMissing(m mailout.Claim) {
	s.ui.object(struct {
		Type  string          `json:"type"`
		Batch mailout.BatchID `json:"batch"`
		Named int             `json:"named"`
	}{"missing", m.Batch, m.Attempts})
	s.ui.say("sent.log also names %s of batch %s, which the ledger has lost. Nothing is sent until then:", count(m.Attempts, "attempt"), m.Batch)
	s.ui.say("  → give its manifest: batch resume %s --rebuild MANIFEST", m.Batch)
	s.ui.say("  → where that is gone too: batch resume %s --without-manifest", m.Batch)
}

package main

import (
	"time"

	"batch/internal/app"
)

type sandboxCmd struct {
	Dir             string        `required:"" help:"Folder for certificates, batch.toml and sandbox.json." type:"path" placeholder:"DIR"`
	Listen          string        `help:"Address of the portal." default:"127.0.0.1:0"`
	Control         string        `help:"Address of the control API; loopback only." default:"127.0.0.1:0"`
	SignAfter       string        `help:"Signers sign so long after they are notified; or never." default:"never"`
	PollInterval    time.Duration `help:"Permitted time between polls of an empty queue." default:"5s"`
	NoLimits        bool          `help:"Do not hold callers to ten calls a second."`
	Brokers         []string      `help:"Organizations the client certificate may also send for." placeholder:"ORG"`
	LongTermStorage bool          `help:"Keep documents after the last confirmation."`
	Confirms        string        `help:"What a confirmation confirms: the change, or the job's newest status; default: change." enum:"change,job" default:"change" placeholder:"change|job"`
	PadesStyle      string        `name:"pades-style" help:"What follows the seal in signed documents: nothing (seal, the default), validation-data, or several-signatures, one for each who signed; varying: other bytes at every download." enum:"seal,validation-data,several-signatures,varying" default:"seal" placeholder:"seal|…"`
	State           string        `help:"Whether jobs outlive the process: memory, the default, or file, and the next start with the same --dir goes on." enum:"memory,file" default:"memory" placeholder:"memory|file"`
	Faults          string        `help:"A JSON file with faults to begin with." type:"path" placeholder:"FILE"`
}

// Help is shown by batch sandbox --help.
func (sandboxCmd) Help() string {
	return "Example:\n\n    batch sandbox --dir /tmp/portal --sign-after 1s\n    batch run manifest.csv --workspace /tmp/portal --yes --follow\n\n" +
		"With --state file what it knows outlives it: start it again with the same --dir, and the same --listen for the same address."
}

// Run serves until it is interrupted.
func (c *sandboxCmd) Run(s *session) error {
	signAfter := time.Duration(-1)
	if c.SignAfter != "never" {
		d, err := time.ParseDuration(c.SignAfter)
		if err != nil || d < 0 {
			return &app.Error{Kind: app.KindUsage, Message: "--sign-after is never or a time like 1s"}
		}
		signAfter = d
	}
	running, err := app.StartSandbox(s.hard, app.SandboxOptions{Dir: c.Dir, Listen: c.Listen, Control: c.Control, SignAfter: signAfter, PollInterval: c.PollInterval,
		NoLimits: c.NoLimits, Brokers: c.Brokers, LongTermStorage: c.LongTermStorage, ConfirmsJob: c.Confirms == "job", FaultsFile: c.Faults,
		PAdESStyle: c.PadesStyle, State: c.State})
	if err != nil {
		return err
	}
	defer running.Close()
	s.ui.say("portal   %s", running.URL)
	s.ui.say("control  %s", running.Control)
	if kept := len(running.Sandbox.Jobs("")); kept > 0 {
		s.ui.say("state    goes on with the %s it was left with", count(kept, "job"))
	}
	s.ui.say("files    %s (batch.toml there uses them)", c.Dir)
	<-s.soft.Done()
	return s.finish(nil, "")
}

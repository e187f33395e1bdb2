package main

import "batch/internal/app"

type initCmd struct {
	Dir string `arg:"" optional:"" default:"." help:"The folder; made where it does not exist." type:"path"`
}

// Help is shown by batch init --help.
func (initCmd) Help() string { return "Example:\n\n    batch init arbeidsavtaler" }

// Run makes a workspace.
func (c *initCmd) Run(s *session) error {
	made, kept, err := app.Init(c.Dir)
	if err != nil {
		return err
	}
	for _, f := range made {
		s.ui.say("made  %s", f)
	}
	for _, f := range kept {
		s.ui.say("kept  %s (it was there)", f)
	}
	s.ui.say("Next: fill in batch.toml and the manifest, then: batch rehearse manifest.xlsx")
	return s.finish(nil, "")
}

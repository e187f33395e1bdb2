package main

import "runtime"

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(s *session) error {
	s.ui.say("batch %s (%s, %s/%s)", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	s.ui.object(struct {
		Type    string `json:"type"`
		Version string `json:"version"`
	}{"version", version})
	return s.finish(nil, "")
}

package main

import (
	"fmt"

	"batch/internal/mailout"
)

// fileLine is a file that came from the portal, in --json.
type fileLine struct {
	Type     string         `json:"type"` // "file"
	JobID    mailout.JobID  `json:"job_id"`
	Signer   int            `json:"signer"` // whose XAdES it is, from 1; 0: the signed document
	Path     string         `json:"path"`   // empty: purging deleted it
	SHA256   mailout.Digest `json:"sha256"`
	Bytes    int64          `json:"bytes"`
	Doubt    string         `json:"doubt,omitempty"`
	Warnings []string       `json:"warnings,omitempty"`
}

// showFile tells of a file that came for a row, with all that is odd about it.
func (s *session) showFile(r mailout.Record, f mailout.KeptFile) {
	path := f.Path
	if f.Gone {
		f.Path, path = "", "deleted by batch purge"
	}
	s.ui.object(fileLine{"file", f.Job, f.Signer, f.Path, f.SHA256, f.Bytes, f.Doubt, f.Warnings})
	s.ui.say("  %s: %s, sha256 %s", fileLabel(r, f), path, f.SHA256)
	if f.Doubt != "" {
		s.ui.say("    %s", f.Doubt)
	}
	for _, w := range f.Warnings {
		s.ui.say("    warning: %s", w)
	}
}

// fileLabel says what a file is. Of one that an older version kept the row's end tells whether
// its job failed.
func fileLabel(r mailout.Record, f mailout.KeptFile) string {
	failed := f.Of == mailout.JobFailed || f.Of == "" && r.State.Final() && r.State != mailout.Signed
	label := "signed"
	switch {
	case f.Doubt != "":
		label = "doubtful, " + f.What()
	case f.Signer > 0:
		label = fmt.Sprintf("XAdES of signer %d", f.Signer)
	case failed:
		label = "the portal's document of a job that failed"
	}
	if f.Job != r.JobID {
		label += fmt.Sprintf(" (job %d)", f.Job)
	}
	return label
}

package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"batch/internal/mailout"
	"batch/internal/pades"
)

// files looks at every file of the row's jobs.
func (r row) files() error {
	r.histories()
	for _, f := range r.Files {
		if f.Path == "" {
			r.unfinished(f)
			continue
		}
		if f.Gone {
			r.Result.Deleted++
			continue
		}
		if f.Signer == 0 {
			r.Result.Documents++
		} else {
			r.Result.XAdES++
		}
		if err := r.file(f); err != nil {
			return err
		}
	}
	r.xades()
	return nil
}

// histories holds the files that the books have against the history of their line, which says of
// each that it was kept, and for which job: a file that took another's place has no such history.
func (r row) histories() {
	for _, f := range r.Files {
		if f.Path != "" && !slices.ContainsFunc(r.Events, func(h mailout.EventBook) bool { return h.Kept == f.SHA256 && h.JobID == f.JobID }) {
			r.found(Finding{Code: "file-untold", Line: r.Line, Job: f.JobID, File: f.Path, Message: "the history of its line does not say that " + f.What() + " with this digest was kept", Remedy: restore})
		}
	}
	for _, h := range r.Events {
		known := func(f mailout.FileBook) bool { return f.SHA256 == h.Kept && f.JobID == h.JobID && f.Path != "" }
		if !h.Kept.IsZero() && !slices.ContainsFunc(r.Files, known) && !r.wentOn(h.JobID) {
			r.found(Finding{Code: "file-forgotten", Line: r.Line, Job: h.JobID, Message: fmt.Sprintf("event %d says that a file of digest %s was kept, and the books do not have it any more", h.Seq, h.Kept), Remedy: restore})
		}
	}
}

// wentOn reports whether a job was met before anybody knew whose it is: what came of it goes along
// when another line's row adopts it.
func (r row) wentOn(job mailout.JobID) bool {
	return job != r.JobID && slices.ContainsFunc(r.Raised, func(a mailout.Alarm) bool { return a.Kind == mailout.AlarmMissing && a.JobID == job })
}

// unfinished tells of a file that was fetched and not put in its place, unless its job is to go on.
func (r row) unfinished(f mailout.FileBook) {
	if r.State.Final() && f.JobID == r.JobID {
		r.found(Finding{Severity: Note, Code: "file-unfinished", Line: r.Line, Job: f.JobID, File: f.Temp, Message: f.What() + " was fetched once more and not put in its place", Remedy: "batch follow " + string(r.o.Batch.ID) + " does, when its status change comes again"})
	}
}

const lostFile = "put the file back from a backup; where there is none, the sender portal may still have it (long-term storage)"

// file looks whether one is where the books say, and what they say.
func (r row) file(f mailout.FileBook) error {
	bad := func(code, format string, args ...any) {
		r.found(Finding{Code: code, Line: r.Line, Job: f.JobID, File: f.Path, Message: fmt.Sprintf(format, args...), Remedy: lostFile})
	}
	if !strings.HasPrefix(f.Path, r.home()) || path.Clean(f.Path) != f.Path {
		bad("file-elsewhere", "the books have %s outside the folder of the batch", f.What())
		return nil
	}
	switch info, err := r.lstat(f.Path); {
	case errors.Is(err, fs.ErrNotExist):
		bad("file-missing", "%s is not there", f.What())
		return nil
	case err != nil:
		return fmt.Errorf("looking at a kept file of line %d: %w", r.Line, err)
	case !info.Mode().IsRegular():
		bad("file-replaced", "where %s was kept there is something that is no file", f.What())
		return nil
	case info.Size() != f.Bytes:
		bad("file-changed", "%s has %d bytes, and had %d when it was kept", f.What(), info.Size(), f.Bytes)
		return nil
	}
	file, err := r.open(f.Path)
	if err != nil {
		return fmt.Errorf("opening a kept file of line %d: %w", r.Line, err)
	}
	defer file.Close()
	digest, err := mailout.ReadDigest(file)
	if err != nil {
		return fmt.Errorf("reading a kept file of line %d: %w", r.Line, err)
	}
	if digest != f.SHA256 {
		bad("file-changed", "%s is not the one that was kept: its digest is another", f.What())
		return nil
	}
	return r.whole(f, file)
}

// whole looks once more whether a file is what it ought to be. Of a doubtful one that is known.
func (r row) whole(f mailout.FileBook, file *os.File) error {
	if f.Doubt != "" {
		r.found(Finding{Severity: Note, Code: "doubtful", Line: r.Line, Job: f.JobID, File: f.Path, Message: f.What() + " did not pass its check: " + f.Doubt, Remedy: "a person judges it; it is kept as it came"})
		return nil
	}
	if f.Signer > 0 {
		if err := r.o.XAdES(file, f.Bytes); err != nil {
			r.found(Finding{Code: "xades-not-whole", Line: r.Line, Job: f.JobID, File: f.Path, Message: f.What() + " is not whole: " + err.Error(), Remedy: lostFile})
		}
		return nil
	}
	report, err := pades.Check(file, f.Bytes)
	var doubt *pades.Doubt
	switch {
	case errors.As(err, &doubt):
		r.found(Finding{Code: "file-not-whole", Line: r.Line, Job: f.JobID, File: f.Path, Message: f.What() + " is not whole and sealed: " + doubt.Message, Remedy: lostFile})
		return nil
	case err != nil:
		return fmt.Errorf("checking a kept file of line %d: %w", r.Line, err)
	}
	for _, w := range report.Warnings {
		r.found(Finding{Severity: Note, Code: "file-warning", Line: r.Line, Job: f.JobID, File: f.Path, Message: f.What() + ": " + w, Remedy: "nothing, where the portal seals its documents so"})
	}
	return nil
}

// xades looks whether all who signed have their XAdES there, where any has.
func (r row) xades() {
	if r.State != mailout.Signed {
		return
	}
	there := func(signer int) bool {
		return slices.ContainsFunc(r.Files, func(f mailout.FileBook) bool {
			return f.JobID == r.JobID && f.Signer == signer && f.Path != "" && f.Doubt == ""
		})
	}
	var lacks []int
	for i, s := range r.Signers {
		if s == mailout.SignerSigned && !there(i+1) {
			lacks = append(lacks, i+1)
		}
	}
	if len(lacks) > 0 && len(lacks) < len(r.Signers) {
		r.wrong("xades-missing", "XAdES of other signers of the row are kept, and of signer %d none is", lacks[0])
	}
}

var (
	digits = regexp.MustCompile(`\d+`)
	parted = regexp.MustCompile(`(^|\D)\d{6}[ .-]\d{5}(\D|$)`)
)

// masked is the name of a file that others made, as it may be shown: they may have named it after
// a person. Eleven digits, parted or not, may be a national number. And it stays on its line.
func masked(name string) string {
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '\uFFFD'
		}
		return r
	}, name)
	name = digits.ReplaceAllStringFunc(name, func(s string) string {
		if len(s) == 11 {
			return "***********"
		}
		return s
	})
	return parted.ReplaceAllString(name, "$1***********$2")
}

package ledger

import (
	"bufio"
	"cmp"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"batch/internal/disk"
	"batch/internal/mailout"
)

// sentLog is the list of every Ref that may ever have reached the portal, one a line,
// beside the ledger. It is appended and synced before the first byte of a create, so it
// knows what a lost or restored ledger does not. Its first line names the workspace; a
// file without it is not the log that this ledger began, and proves nothing.
type sentLog struct {
	mu   sync.Mutex
	f    disk.File
	file bookFile // what f is, and its path

	disk disk.Disk
}

func openSentLog(d disk.Disk, path string) (*sentLog, error) {
	f, err := d.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening sent.log: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("looking at sent.log: %w", err)
	}
	return &sentLog{f: f, file: bookFile{path, info}, disk: d}, nil
}

func (s *sentLog) Close() error { return s.f.Close() }

const firstWords = "sent.log of workspace"

// Begin writes the first line of a new log and syncs it. The folder comes before: a log
// that has its first line has its name for good.
func (s *sentLog) Begin(workspace string) error {
	if err := s.disk.SyncFolder(filepath.Dir(s.f.Name())); err != nil {
		return fmt.Errorf("making sent.log: %w", err)
	}
	return s.write(firstWords + " " + workspace + "\n")
}

// Append writes the lines of attempts, syncs once, and says what the log came to.
func (s *sentLog) Append(all ...entry) (logEnd, error) {
	var lines strings.Builder
	for _, e := range all {
		lines.WriteString(string(e.ref) + " " + e.at)
		if e.mark != "" {
			lines.WriteString(" " + e.mark)
		}
		lines.WriteByte('\n')
	}
	if err := s.write(lines.String()); err != nil {
		return logEnd{}, err
	}
	return s.End()
}

// write appends lines and syncs. They begin with a newline where a crash tore the line
// before them, so that a torn line never swallows a whole one.
func (s *sentLog) write(lines string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	torn, err := s.torn()
	if err != nil {
		return fmt.Errorf("reading sent.log: %w", err)
	}
	if torn {
		lines = "\n" + lines
	}
	if _, err := s.f.Write([]byte(lines)); err != nil {
		return fmt.Errorf("writing sent.log: %w", err)
	}
	if err := s.f.Sync(); err != nil {
		return fmt.Errorf("syncing sent.log: %w", err)
	}
	return nil
}

func (s *sentLog) torn() (bool, error) {
	size, err := s.Size()
	if err != nil || size == 0 {
		return false, err
	}
	var last [1]byte
	if _, err := s.f.ReadAt(last[:], size-1); err != nil {
		return false, err
	}
	return last[0] != '\n', nil
}

// Size is how many bytes the log has.
func (s *sentLog) Size() (int64, error) {
	info, err := s.f.Stat()
	if err != nil {
		return 0, fmt.Errorf("looking at sent.log: %w", err)
	}
	return info.Size(), nil
}

// logEnd is how far the log is known to go.
type logEnd struct {
	bytes  int64
	digest mailout.Digest // of the last endBytes of them
	turn   int64          // of the newest intents whose lines they hold
}

// endBytes are more than a line has, so that a Ref is among them, which no other log has.
const endBytes = 128

// End is what the log comes to now.
func (s *sentLog) End() (logEnd, error) {
	size, err := s.Size()
	if err != nil {
		return logEnd{}, err
	}
	return s.endAt(size)
}

// endAt is what the log came to when it had so many bytes.
func (s *sentLog) endAt(bytes int64) (logEnd, error) {
	end := make([]byte, min(bytes, endBytes))
	if _, err := s.f.ReadAt(end, bytes-int64(len(end))); err != nil {
		return logEnd{}, fmt.Errorf("reading sent.log: %w", err)
	}
	return logEnd{bytes: bytes, digest: mailout.Digest(sha256.Sum256(end))}, nil
}

// reaches reports whether the log is as long as it is known to have been, with the same
// end there. It may be longer.
func (s *sentLog) reaches(end logEnd) (bool, error) {
	size, err := s.Size()
	if err != nil || size < end.bytes {
		return false, err
	}
	is, err := s.endAt(end.bytes)
	return is.digest == end.digest, err
}

// said is what a sent.log says.
type said struct {
	at    map[mailout.Ref]string // every Ref and the moment of its newest attempt
	first string                 // the workspace that its first line names
	began map[string]bool        // … and those that any such line names
	other []string               // whole lines that name neither; see stray
}

// workspace is the id of the workspace that a log is of: the one that its first line names, or
// its Refs; a new one where it names none.
func (s said) workspace() string {
	if s.first != "" {
		return s.first
	}
	for ref := range s.at {
		parts, _ := ref.Parse()
		return parts.Workspace
	}
	return mailout.NewWorkspaceID()
}

// Read reads every whole line. Torn lines are passed over: a Ref whose line was not
// synced was never sent.
func (s *sentLog) Read() (said, error) {
	all := newSaid()
	_, err := s.each(0, func(line string) error {
		all.add(line)
		return nil
	})
	return all, err
}

func newSaid() said { return said{at: map[mailout.Ref]string{}, began: map[string]bool{}} }

// add takes a line in.
func (s *said) add(line string) {
	if workspace, ok := strings.CutPrefix(line, firstWords+" "); ok {
		s.first = cmp.Or(s.first, workspace)
		s.began[workspace] = true
	} else if e, ok := parseEntry(line); ok {
		s.at[e.ref] = e.at
	} else {
		s.other = append(s.other, line)
	}
}

// each calls f with every whole line behind so many bytes, oldest first, and says where
// the last one ends.
func (s *sentLog) each(from int64, f func(line string) error) (end int64, err error) {
	lines := bufio.NewReaderSize(io.NewSectionReader(s.f, from, 1<<62), 64<<10)
	for end = from; ; {
		line, err := lines.ReadString('\n')
		if err == io.EOF {
			return end, nil // what is left is torn
		}
		if err != nil {
			return end, fmt.Errorf("reading sent.log: %w", err)
		}
		end += int64(len(line))
		if err := f(line[:len(line)-1]); err != nil {
			return end, err
		}
	}
}

// entry is a line about an attempt: its Ref, the moment when it began, and what tells the
// letter (see [Ledger.Seal]). A person who puts Refs together by hand writes no more than
// the Ref.
type entry struct {
	ref  mailout.Ref
	at   string
	mark string
}

func parseEntry(line string) (e entry, ok bool) {
	ref, rest, _ := strings.Cut(strings.TrimRight(line, "\r"), " ")
	e.ref = mailout.Ref(ref)
	e.at, e.mark, _ = strings.Cut(rest, " ")
	return e, refOK(e.ref)
}

// stray counts the lines that we did not write. Others may be ours that a crash tore, the
// beginning of a Ref or of the first line.
func (s said) stray() (n int) {
	for _, line := range s.other {
		torn := strings.HasPrefix(firstWords+" ", line)
		for workspace := range s.began {
			torn = torn || strings.HasPrefix(workspace+"-", line) || strings.HasPrefix(line, workspace+"-") && len(line) < mailout.MaxRef
		}
		if !torn {
			n++
		}
	}
	return n
}

func refOK(r mailout.Ref) bool {
	_, ok := r.Parse()
	return ok
}

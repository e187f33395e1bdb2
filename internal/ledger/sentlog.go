package ledger

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"batch/internal/mailout"
)

// sentLog is the list of every Ref that may ever have reached the portal, one a line,
// beside the ledger. It is appended and synced before the first byte of a create, so it
// knows what a lost or restored ledger does not. Its first line names the workspace; a
// file without it is not the log that this ledger began, and proves nothing.
type sentLog struct {
	mu sync.Mutex
	f  *os.File
}

func openSentLog(path string) (*sentLog, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening sent.log: %w", err)
	}
	return &sentLog{f: f}, nil
}

func (s *sentLog) Close() error { return s.f.Close() }

const firstWords = "sent.log of workspace"

// Begin writes the first line of a new log and syncs the file and its folder.
func (s *sentLog) Begin(workspace string) error {
	if err := s.write(firstWords + " " + workspace + "\n"); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(s.f.Name()))
	if err != nil {
		return fmt.Errorf("syncing the folder of sent.log: %w", err)
	}
	defer folder.Close()
	if err := folder.Sync(); err != nil {
		return fmt.Errorf("syncing the folder of sent.log: %w", err)
	}
	return nil
}

// Append writes ref and syncs.
func (s *sentLog) Append(ref mailout.Ref, at string) error {
	return s.write(string(ref) + " " + at + "\n")
}

// write appends a line and syncs. The line begins with a newline where a crash tore the
// line before it, so that a torn line never swallows a whole one.
func (s *sentLog) write(line string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	torn, err := s.torn()
	if err != nil {
		return fmt.Errorf("reading sent.log: %w", err)
	}
	if torn {
		line = "\n" + line
	}
	if _, err := s.f.WriteString(line); err != nil {
		return fmt.Errorf("writing sent.log: %w", err)
	}
	if err := s.f.Sync(); err != nil {
		return fmt.Errorf("syncing sent.log: %w", err)
	}
	return nil
}

func (s *sentLog) torn() (bool, error) {
	info, err := s.f.Stat()
	if err != nil || info.Size() == 0 {
		return false, err
	}
	var last [1]byte
	if _, err := s.f.ReadAt(last[:], info.Size()-1); err != nil {
		return false, err
	}
	return last[0] != '\n', nil
}

// said is what a sent.log says.
type said struct {
	at    map[mailout.Ref]string // every Ref and the moment of its newest attempt
	began map[string]bool        // the workspaces that its first line names
	other []string               // whole lines that name neither; see stray
}

// Read reads every whole line. Torn lines are passed over: a Ref whose line was not
// synced was never sent.
func (s *sentLog) Read() (said, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := said{at: map[mailout.Ref]string{}, began: map[string]bool{}}
	raw, err := io.ReadAll(io.NewSectionReader(s.f, 0, 1<<62))
	if err != nil {
		return all, fmt.Errorf("reading sent.log: %w", err)
	}
	for len(raw) > 0 {
		end := bytes.IndexByte(raw, '\n')
		if end < 0 {
			break
		}
		line := string(raw[:end])
		raw = raw[end+1:]
		if workspace, ok := strings.CutPrefix(line, firstWords+" "); ok {
			all.began[workspace] = true
			continue
		}
		word, at, _ := strings.Cut(line, " ")
		if ref := mailout.Ref(word); refOK(ref) {
			all.at[ref] = at
		} else {
			all.other = append(all.other, line)
		}
	}
	return all, nil
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

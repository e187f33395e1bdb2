package sandbox

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// journal is a file of entries, one JSON object a line, that only grows while a sandbox
// runs and is written anew, shorter, when one starts. It is not synchronized to the disk:
// what it must survive is the death of the process, not that of the machine.
type journal struct {
	file *os.File
	size int64 // of what was written whole
	torn bool  // something may stand behind it
}

// append writes entries behind those that are there, all in one write. A write that fails
// may have got some of its bytes into the file; they are cut off before the next one, and
// until then are the torn last line that readJournal leaves out.
func (j *journal) append(entries []entry) error {
	if len(entries) == 0 {
		return nil
	}
	if j.torn {
		if err := j.file.Truncate(j.size); err != nil {
			return fmt.Errorf("keeping the state: %w", err)
		}
		j.torn = false
	}
	text, err := encode(entries)
	if err != nil {
		return fmt.Errorf("keeping the state: %w", err)
	}
	n, err := j.file.WriteAt(text, j.size)
	if err != nil {
		j.torn = true
		return fmt.Errorf("keeping the state: %w", err)
	}
	j.size += int64(n)
	return nil
}

func encode(entries []entry) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text) // a newline behind each
	for _, e := range entries {
		if err := encoder.Encode(e); err != nil {
			return nil, err
		}
	}
	return text.Bytes(), nil
}

// rewriteJournal puts a journal of these entries in the place of the one that is there,
// whole or not at all, and goes on with it.
func rewriteJournal(path string, entries []entry) (*journal, error) {
	text, err := encode(append([]entry{{Format: journalFormat}}, entries...))
	if err != nil {
		return nil, fmt.Errorf("writing the state anew: %w", err)
	}
	if err := writeWhole(path, text, 0o600); err != nil {
		return nil, fmt.Errorf("writing the state anew: %w", err)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("writing the state anew: %w", err)
	}
	return &journal{file: file, size: int64(len(text))}, nil
}

// journalFormat is the version of the journal's lines.
const journalFormat = 1

// readJournal hands every entry of a journal to take, in their order. No journal is an
// empty one. The last line counts only with the newline behind it: without, the sandbox
// was killed while writing it, and nobody had been answered yet.
func readJournal(path string, take func(entry) error) error {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the state: %w", err)
	}
	defer file.Close()
	in := bufio.NewReader(file)
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = takeLine(n, line, take)
		}
		if err != nil {
			return fmt.Errorf("reading the state, line %d of %s: %w", n, path, err)
		}
	}
}

func takeLine(n int, line []byte, take func(entry) error) error {
	var e entry
	if err := json.Unmarshal(line, &e); err != nil {
		return err
	}
	if n == 1 && e.Format != journalFormat {
		return fmt.Errorf("it was written by another version of this program (format %d, here %d)", e.Format, journalFormat)
	}
	return take(e)
}

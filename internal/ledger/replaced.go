package ledger

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// bookFile is a file of the books, as it was when this process opened it.
type bookFile struct {
	path string
	was  fs.FileInfo
}

// noteFile notes which file a path names.
func noteFile(path string) (bookFile, error) {
	info, err := os.Stat(path)
	if err != nil {
		return bookFile{}, fmt.Errorf("looking at the books: %w", err)
	}
	os.SameFile(info, info) // on Windows a file's number is read when it is first compared
	return bookFile{path, info}, nil
}

// unreplaced makes sure that ledger.db and sent.log are still the files that this process has
// open, and says how many bytes the log has. A person may have put copies in their place:
// what is written then goes into files that have no name any more, and the next process,
// which finds two copies that fit each other, would send all of it again. So nothing is sent,
// and nothing confirmed.
func (l *Ledger) unreplaced() (logBytes int64, err error) {
	for _, f := range []bookFile{l.file, l.sent.file} {
		is, err := os.Stat(f.path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return 0, fmt.Errorf("looking at the books: %w", err)
		}
		if err != nil || !os.SameFile(f.was, is) {
			return 0, l.replaced(f.path)
		}
		logBytes = is.Size()
	}
	return logBytes, nil
}

// replaced is the error of books that were replaced. It is the last of this process: see fail.
func (l *Ledger) replaced(path string) error {
	e := &Error{Code: "ledger-replaced",
		Message: fmt.Sprintf("the books were replaced while this command ran: %s is another file than it had opened, or gone", path),
		Remedy: fmt.Sprintf("nothing more was sent; see that the newest ledger.db and sent.log lie in %s (what this command wrote is in the files that were taken away), then start it again",
			filepath.Dir(path))}
	l.fail(e)
	return e
}

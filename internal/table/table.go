package table

import (
	"crypto/sha256"
	"iter"
)

// Options say what is known of a file beforehand. What is not said is found out.
type Options struct {
	Sheet     string // the name of a workbook's sheet; default: the first visible one
	Encoding  string // of a text file, by its IANA or WHATWG name
	Delimiter string // one character, or "tab"; default: the one that makes a header
}

// File is an opened spreadsheet or text file. Whoever opened it closes it.
type File struct {
	Sheet  string   // the name of the sheet that is read; empty for text files
	Header Line     // the first line that is a header
	Size   int64    // bytes
	AtMost int      // lines, about; 0 where that is not known
	Macros bool     // the workbook has macros; they are not run
	Rivals []string // other visible sheets that have a header too, where nobody said which is meant

	source *source
	lines  func() iter.Seq2[Line, error]
	sum    func() ([sha256.Size]byte, error)
	merges merges
}

// Open opens the file at path and finds its header: the first of the lines near the
// top of which isHeader says so. Where it has none, the error is a [*NoHeader]; every
// other error is an [*Error].
func Open(path string, o Options, isHeader func(Line) bool) (*File, error) {
	if err := isLockFile(path); err != nil {
		return nil, err
	}
	s, err := openSource(path)
	if err != nil {
		return nil, err
	}
	f, err := s.open(o, isHeader)
	if err == nil {
		f.source, f.Size = s, s.info.Size()
		err = f.findHeader(isHeader)
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	return f, nil
}

// Close closes the file.
func (f *File) Close() error { return f.source.Close() }

// Lines reads all lines from the top, those above the header too, in the file's order; each
// time anew, and one reading at a time. Rows of a sheet may stand there in any order. An
// error is an [*Error], and the last that comes.
func (f *File) Lines() iter.Seq2[Line, error] { return f.lines() }

// Sum is the SHA-256 of exactly the bytes that Lines read, once it gave the last line. A
// workbook that was changed meanwhile is an [*Error].
func (f *File) Sum() ([sha256.Size]byte, error) { return f.sum() }

// Merges are the first 1000 merged ranges of the sheet, once Lines gave the last line.
// Only the first cell of a range has a value; what the others are meant to have, the file
// does not say.
func (f *File) Merges() []Merge { return f.merges.ranges }

// Unchanged returns an [*Error] if the file is not what it was when it was opened, or if
// its name means another file by now.
func (f *File) Unchanged() error { return f.source.unchanged() }

// NoHeader says that no line near the top is a header.
type NoHeader struct {
	Elsewhere string // the name of another sheet that has one; empty: there is none
}

func (e *NoHeader) Error() string { return "no header was found" }

// Error says why a file cannot be read at all, to the person who gave it. Code is stable.
type Error struct {
	Code    string
	Message string
	Remedy  string
}

func (e *Error) Error() string { return e.Message }

// broken makes an Error.
func broken(code, message, remedy string) *Error {
	return &Error{Code: code, Message: message, Remedy: remedy}
}

// headerWithin is how far down a header is looked for: titles and notes may stand
// above it.
const headerWithin = 20

// findHeader returns the first line that is a header. An error is of the lines.
func findHeader(lines iter.Seq2[Line, error], isHeader func(Line) bool) (Line, bool, error) {
	for l, err := range lines {
		if err != nil {
			return Line{}, false, err
		}
		if l.Number > headerWithin {
			break
		}
		if isHeader(l) {
			return l, true, nil
		}
	}
	return Line{}, false, nil
}

func (f *File) findHeader(isHeader func(Line) bool) error {
	header, ok, err := findHeader(f.lines(), isHeader)
	if err == nil && !ok {
		err = &NoHeader{}
	}
	f.Header = header
	return err
}

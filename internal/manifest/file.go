package manifest

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unicode/utf8"

	"batch/internal/mailout"
)

// What a manifest may weigh. A million rows of fifteen columns are about 200 MB of CSV;
// the rows that fit into one sheet are about 60 MB of workbook.
const (
	maxText     = 512 << 20
	maxWorkbook = 100 << 20

	// With maxText this bounds the work that rows make: a small sheet can have a million
	// rows of a single cell far to the right, or name one long text in each of them.
	maxCells = 64 << 20 // empty ones left of others included
)

var errManyCells = broken("manifest-too-large", "the list has more than 60 million cells", "remove what is not part of the list, such as cells far to the right, or split it into several manifests")

// source is a manifest's rows, whatever kind of file they stand in.
type source struct {
	sheet  string                        // empty for text files
	lines  func() iter.Seq2[line, error] // from the top, each time it is called
	atMost int                           // rows, about; 0 where that is not known
	notes  []mailout.Problem             // known before a row is read

	// sum is of exactly the bytes that lines gave, once they were all read.
	sum func() (mailout.Digest, error)

	// late returns what is known only when all lines were read. header is the
	// header's line.
	late func(header int) []mailout.Problem
}

const wanted = "save the list as an Excel workbook (.xlsx) or as CSV, and name that file"

// file is an opened manifest. It is read several times over, never as a whole into
// memory, and always through the one descriptor: a name that comes to mean another file
// changes nothing of what is read, and is noticed by unchanged.
type file struct {
	*os.File
	info fs.FileInfo
	text textSurvey // of workbooks too: what of them is text tells what they are
	head []byte     // the first bytes
}

// openFile opens the manifest and reads it once, for what kind of bytes it holds.
func openFile(path string) (*file, error) {
	// A named pipe holds up an ordinary open until somebody writes to it.
	opened, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, broken("manifest-missing", "there is no file of that name", "check the name and the folder")
	} else if err != nil {
		return nil, broken("manifest-unreadable", "the file cannot be opened: "+reason(err), "check that it is not open in another program and that you may read it")
	}
	f := &file{File: opened}
	if err := f.survey(); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (f *file) survey() (err error) {
	f.info, err = f.Stat()
	switch {
	case err == nil && f.info.IsDir():
		return broken("manifest-not-a-file", "that is a folder", "name the spreadsheet itself")
	case err != nil || !f.info.Mode().IsRegular():
		return broken("manifest-not-a-file", "that is not an ordinary file", "name the spreadsheet itself")
	}
	if f.info.Size() > maxText {
		return broken("manifest-too-large", "the file is larger than 512 MB", "split the list into several manifests")
	}
	if err := f.pass(&f.text); err != nil {
		return err
	}
	if !f.text.some {
		return broken("manifest-empty", "the file is empty", "save the list again; a header and one row are the least")
	}
	f.head = make([]byte, 200)
	n, _ := f.ReadAt(f.head, 0)
	f.head = f.head[:n]
	return nil
}

// pass reads the whole file into w.
func (f *file) pass(w io.Writer) error {
	n, err := io.CopyBuffer(w, io.NewSectionReader(f, 0, maxText+1), make([]byte, 64<<10))
	if err != nil {
		return broken("manifest-unreadable", "the file cannot be read: "+reason(err), "check the disk or the network drive and try again")
	}
	if n != f.info.Size() {
		return errChanged
	}
	return nil
}

func (f *file) digest() (mailout.Digest, error) {
	h := sha256.New()
	err := f.pass(h)
	return mailout.Digest(h.Sum(nil)), err
}

var errChanged = broken("manifest-changed", "the file was changed while it was being read", "wait until it is saved, close it in other programs, and run the command again")

// unchanged makes sure that the file is what it was when it was opened, and that the
// name still means that file.
func (f *file) unchanged(path string) error {
	now, err := os.Stat(path)
	switch {
	case err != nil || !os.SameFile(now, f.info):
		return broken("manifest-changed", "while the file was being read, another file or a link was put in its place", "make sure which of them is meant, and run the command again")
	case now.Size() != f.info.Size() || !now.ModTime().Equal(f.info.ModTime()):
		return errChanged // after its last byte was read
	}
	return nil
}

// reason is the cause of a file error without the path, which the caller shows.
func reason(err error) string {
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		return pathErr.Err.Error()
	}
	return err.Error()
}

// open decides what kind of file it is. The name's ending says what the person meant,
// the first bytes what it is; both must agree.
func (f *file) open(path string, o Options, known func([]string) bool) (*source, error) {
	ending := strings.ToLower(filepath.Ext(path))
	switch ending {
	case ".csv", ".tsv", ".txt":
		if o.Sheet != "" {
			return nil, broken("option-of-workbooks", "--sheet is for workbooks, and this is a text file", "leave it out")
		}
		if err := f.looksLikeText(o); err != nil {
			return nil, err
		}
		return openText(f, f.info.Size(), &f.text, o, known)
	case ".xlsx", ".xlsm":
		if o.Encoding != "" || o.Delimiter != "" {
			return nil, broken("option-of-text", "--encoding and --delimiter are for text files, and this is a workbook", "leave them out")
		}
		if err := f.looksLikeWorkbook(); err != nil {
			return nil, err
		}
		return f.openWorkbook(o, ending == ".xlsm", known)
	case ".xls":
		return nil, broken("manifest-xls", "workbooks of Excel 97–2003 (.xls) cannot be read", wanted)
	case ".xlsb":
		return nil, broken("manifest-xlsb", "binary workbooks (.xlsb) cannot be read", wanted)
	case ".ods":
		return nil, broken("manifest-ods", "OpenDocument spreadsheets (.ods) cannot be read", wanted)
	}
	return nil, broken("manifest-not-a-spreadsheet", "the name does not end in .xlsx, .xlsm, .csv, .tsv or .txt", wanted)
}

// openWorkbook takes the digest of a workbook before and after: its parts are read in no
// order.
func (f *file) openWorkbook(o Options, macros bool, known func([]string) bool) (*source, error) {
	before, err := f.digest()
	if err != nil {
		return nil, err
	}
	src, err := openWorkbook(f, f.info.Size(), o, macros, known)
	if err != nil {
		return nil, err
	}
	src.sum = func() (mailout.Digest, error) {
		after, err := f.digest()
		if err == nil && after != before {
			err = errChanged
		}
		return after, err
	}
	return src, nil
}

// isLockFile tells the files that office programs keep beside an open document.
func isLockFile(path string) error {
	if base := filepath.Base(path); strings.HasPrefix(base, "~$") || strings.HasPrefix(base, ".~lock.") {
		return broken("manifest-lock-file", "that is the lock file that an office program keeps beside an open document", "name the document itself, without the first characters")
	}
	return nil
}

var (
	zipMark      = []byte("PK\x03\x04")
	compoundMark = []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") // [MS-CFB] 2.2
	pdfMark      = []byte("%PDF-")
)

func (f *file) looksLikeText(o Options) error {
	switch {
	case bytes.HasPrefix(f.head, zipMark), bytes.HasPrefix(f.head, compoundMark):
		return broken("manifest-wrong-ending", "the file is named as text but is a workbook or another package", "name it .xlsx if it is a workbook, or "+wanted)
	case bytes.HasPrefix(f.head, pdfMark):
		return broken("manifest-not-a-spreadsheet", "the file is named as text but is a PDF", "name the list of recipients; PDFs belong into its column document")
	case hasUTF16Mark(f.head), o.Encoding != "", f.text.nul == 0:
		return nil
	}
	return notText(f.text.nul)
}

// looksLikeWorkbook tells what else is found under a workbook's name.
func (f *file) looksLikeWorkbook() error {
	head := bytes.ToLower(bytes.TrimSpace(bytes.TrimPrefix(f.head, []byte("\xEF\xBB\xBF"))))
	switch {
	case bytes.HasPrefix(f.head, compoundMark):
		return f.compound()
	case bytes.HasPrefix(f.head, zipMark) && bytes.Contains(f.head, []byte("opendocument.spreadsheet")):
		return broken("manifest-ods", "that is an OpenDocument spreadsheet under the name of an Excel workbook", wanted)
	case bytes.HasPrefix(f.head, zipMark) && f.info.Size() > maxWorkbook:
		return broken("manifest-too-large", "the workbook is larger than 100 MB", "take out what is not part of the list, or split the list into several manifests")
	case bytes.HasPrefix(f.head, zipMark):
		return nil
	case bytes.HasPrefix(f.head, pdfMark):
		return broken("manifest-not-a-spreadsheet", "the file is named as a workbook but is a PDF", "name the list of recipients; PDFs belong into its column document")
	case bytes.HasPrefix(head, []byte("<!doctype html")), bytes.HasPrefix(head, []byte("<html")), bytes.HasPrefix(head, []byte("<?xml")), bytes.HasPrefix(head, []byte("<table")):
		return broken("manifest-not-a-spreadsheet", "the file is named as a workbook but is a web page, as some systems export tables", "open it in Excel and save it as an Excel workbook (.xlsx) under a new name")
	case utf8.Valid(f.head) && f.text.nul == 0:
		return broken("manifest-not-a-spreadsheet", "the file is named as a workbook but is text", "name it .csv if it is one, or "+wanted)
	}
	return broken("manifest-not-a-spreadsheet", "the file is named as a workbook but is none", wanted)
}

// compound tells what is in a file of the older kind, in which protected workbooks are
// wrapped. Its directory may stand anywhere, so all of it is looked through.
func (f *file) compound() error {
	mark := &finder{want: utf16Bytes("EncryptedPackage")}
	if err := f.pass(mark); err != nil {
		return err
	}
	if mark.found {
		return broken("manifest-password", "the workbook is protected by a password", "remove the password in Excel (File, Info, Protect Workbook) and save")
	}
	return broken("manifest-xls", "that is a workbook of Excel 97–2003 under the name of a newer one", wanted)
}

func utf16Bytes(s string) []byte {
	var b []byte
	for _, c := range []byte(s) {
		b = append(b, c, 0)
	}
	return b
}

// finder looks for bytes in what is written to it.
type finder struct {
	want  []byte
	tail  []byte
	found bool
}

func (f *finder) Write(b []byte) (int, error) {
	joined := append(f.tail, b...)
	f.found = f.found || bytes.Contains(joined, f.want)
	f.tail = append(f.tail[:0], joined[max(0, len(joined)-len(f.want)):]...)
	return len(b), nil
}

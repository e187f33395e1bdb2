package table

import (
	"bytes"
	"crypto/sha256"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

const wanted = "save the list as an Excel workbook (.xlsx) or as CSV, and name that file"

// open decides what kind of file it is. The name's ending says what the person meant,
// the first bytes what it is; both must agree.
func (s *source) open(o Options, isHeader func(Line) bool) (*File, error) {
	ending := strings.ToLower(filepath.Ext(s.path))
	switch ending {
	case ".csv", ".tsv", ".txt":
		if o.Sheet != "" {
			return nil, broken("option-of-workbooks", "--sheet is for workbooks, and this is a text file", "leave it out")
		}
		if err := s.looksLikeText(o); err != nil {
			return nil, err
		}
		return openText(s, s.info.Size(), &s.text, o, isHeader)
	case ".xlsx", ".xlsm":
		if o.Encoding != "" || o.Delimiter != "" {
			return nil, broken("option-of-text", "--encoding and --delimiter are for text files, and this is a workbook", "leave them out")
		}
		if err := s.looksLikeWorkbook(); err != nil {
			return nil, err
		}
		return s.openWorkbook(o, ending == ".xlsm", isHeader)
	case ".xls":
		return nil, broken("manifest-xls", "workbooks of Excel 97–2003 (.xls) cannot be read", wanted)
	case ".xlsb":
		return nil, broken("manifest-xlsb", "binary workbooks (.xlsb) cannot be read", wanted)
	case ".ods":
		return nil, broken("manifest-ods", "OpenDocument spreadsheets (.ods) cannot be read", wanted)
	}
	return nil, broken("manifest-not-a-spreadsheet", "the name does not end in .xlsx, .xlsm, .csv, .tsv or .txt", wanted)
}

// openWorkbook opens a workbook whose digest is taken again at the end: its parts are read
// in no order.
func (s *source) openWorkbook(o Options, macros bool, isHeader func(Line) bool) (*File, error) {
	f, err := openWorkbook(s, s.info.Size(), o, macros, isHeader)
	if err != nil {
		return nil, err
	}
	f.sum = func() ([sha256.Size]byte, error) {
		after, err := s.digest()
		if err == nil && after != s.sum {
			err = errChanged
		}
		return after, err
	}
	return f, nil
}

func isWorkbook(path string) bool {
	ending := strings.ToLower(filepath.Ext(path))
	return ending == ".xlsx" || ending == ".xlsm"
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

func (s *source) looksLikeText(o Options) error {
	switch {
	case bytes.HasPrefix(s.head, zipMark), bytes.HasPrefix(s.head, compoundMark):
		return broken("manifest-wrong-ending", "the file is named as text but is a workbook or another package", "name it .xlsx if it is a workbook, or "+wanted)
	case bytes.HasPrefix(s.head, pdfMark):
		return broken("manifest-not-a-spreadsheet", "the file is named as text but is a PDF", "name the list of recipients; PDFs belong into its column document")
	case hasUTF16Mark(s.head), o.Encoding != "", s.text.nul == 0:
		return nil
	}
	return notText(s.text.nul)
}

// looksLikeWorkbook tells what else is found under a workbook's name.
func (s *source) looksLikeWorkbook() error {
	head := bytes.ToLower(bytes.TrimSpace(bytes.TrimPrefix(s.head, []byte("\xEF\xBB\xBF"))))
	switch {
	case bytes.HasPrefix(s.head, compoundMark):
		return s.compound()
	case bytes.HasPrefix(s.head, zipMark) && bytes.Contains(s.head, []byte("opendocument.spreadsheet")):
		return broken("manifest-ods", "that is an OpenDocument spreadsheet under the name of an Excel workbook", wanted)
	case bytes.HasPrefix(s.head, zipMark) && s.info.Size() > maxWorkbook:
		return broken("manifest-too-large", "the workbook is larger than 100 MB", "take out what is not part of the list, or split the list into several manifests")
	case bytes.HasPrefix(s.head, zipMark):
		return nil
	case bytes.HasPrefix(s.head, pdfMark):
		return broken("manifest-not-a-spreadsheet", "the file is named as a workbook but is a PDF", "name the list of recipients; PDFs belong into its column document")
	case bytes.HasPrefix(head, []byte("<!doctype html")), bytes.HasPrefix(head, []byte("<html")), bytes.HasPrefix(head, []byte("<?xml")), bytes.HasPrefix(head, []byte("<table")):
		return broken("manifest-not-a-spreadsheet", "the file is named as a workbook but is a web page, as some systems export tables", "open it in Excel and save it as an Excel workbook (.xlsx) under a new name")
	case utf8.Valid(s.head) && s.text.nul == 0:
		return broken("manifest-not-a-spreadsheet", "the file is named as a workbook but is text", "name it .csv if it is one, or "+wanted)
	}
	return broken("manifest-not-a-spreadsheet", "the file is named as a workbook but is none", wanted)
}

// compound tells what is in a file of the older kind, in which protected workbooks are
// wrapped. Its directory may stand anywhere, so all of it is looked through.
func (s *source) compound() error {
	mark := &finder{want: utf16Bytes("EncryptedPackage")}
	if err := s.pass(mark); err != nil {
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

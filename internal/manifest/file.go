package manifest

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"batch/internal/mailout"
)

// maxBytes bounds a manifest. A hundred thousand rows of fifteen columns are about
// 20 MB of CSV.
const maxBytes = 100 << 20

// source is a manifest's rows, whatever kind of file they stand in.
type source struct {
	sheet string                        // empty for text files
	lines func() iter.Seq2[line, error] // from the top, each time it is called
	notes []mailout.Problem             // known before a row is read

	// late returns what is known only when all lines were read. header is the
	// header's line.
	late func(header int) []mailout.Problem

	close func() error
}

const wanted = "save the list as an Excel workbook (.xlsx) or as CSV, and name that file"

// load reads the whole file, once.
func load(path string) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, broken("manifest-missing", "there is no file of that name", "check the name and the folder")
	} else if err != nil {
		return nil, broken("manifest-unreadable", "the file cannot be opened: "+reason(err), "check that it is not open in another program and that you may read it")
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, broken("manifest-not-a-file", "that is not an ordinary file", "name the spreadsheet itself")
	}
	b, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	switch {
	case err != nil:
		return nil, broken("manifest-unreadable", "the file cannot be read: "+reason(err), "check the disk or the network drive and try again")
	case len(b) > maxBytes:
		return nil, broken("manifest-too-large", "the file is larger than 100 MB", "split the list into several manifests")
	case len(bytes.TrimSpace(b)) == 0:
		return nil, broken("manifest-empty", "the file is empty", "save the list again; a header and one row are the least")
	}
	return b, nil
}

// reason is the cause of a file error without the path, which the caller shows.
func reason(err error) string {
	if pathErr := (*fs.PathError)(nil); errors.As(err, &pathErr) {
		return pathErr.Err.Error()
	}
	return err.Error()
}

// open decides what kind of file the bytes are. The name's ending says what the person
// meant, the first bytes what it is; both must agree.
func open(path string, b []byte, o Options, known func([]string) bool) (*source, error) {
	base := filepath.Base(path)
	if strings.HasPrefix(base, "~$") || strings.HasPrefix(base, ".~lock.") {
		return nil, broken("manifest-lock-file", "that is the lock file that an office program keeps beside an open document", "name the document itself, without the first characters")
	}
	ending := strings.ToLower(filepath.Ext(base))
	switch ending {
	case ".csv", ".tsv", ".txt":
		if err := looksLikeText(b); err != nil {
			return nil, err
		}
		return openText(b, o, known)
	case ".xlsx", ".xlsm":
		if err := looksLikeWorkbook(b); err != nil {
			return nil, err
		}
		return openWorkbook(b, o, ending == ".xlsm", known)
	case ".xls":
		return nil, broken("manifest-xls", "workbooks of Excel 97–2003 (.xls) cannot be read", wanted)
	case ".ods":
		return nil, broken("manifest-ods", "OpenDocument spreadsheets (.ods) cannot be read", wanted)
	}
	return nil, broken("manifest-not-a-spreadsheet", "the name does not end in .xlsx, .xlsm, .csv, .tsv or .txt", wanted)
}

var (
	zipMark      = []byte("PK\x03\x04")
	compoundMark = []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") // [MS-CFB] 2.2
)

func looksLikeText(b []byte) error {
	switch {
	case bytes.HasPrefix(b, zipMark), bytes.HasPrefix(b, compoundMark):
		return broken("manifest-wrong-ending", "the file is named as text but is a workbook or another package", "name it .xlsx if it is a workbook, or "+wanted)
	case hasUTF16Mark(b):
		return nil
	case bytes.IndexByte(b, 0) >= 0, bytes.HasPrefix(b, []byte("%PDF-")):
		return broken("manifest-binary", "the file is not text: it holds bytes that no text has", wanted+"; if it is UTF-16, say --encoding utf-16le")
	}
	return nil
}

func looksLikeWorkbook(b []byte) error {
	switch {
	case bytes.HasPrefix(b, compoundMark) && bytes.Contains(b, utf16Bytes("EncryptedPackage")):
		return broken("manifest-password", "the workbook is protected by a password", "remove the password in Excel (File, Info, Protect Workbook) and save")
	case bytes.HasPrefix(b, compoundMark):
		return broken("manifest-xls", "that is a workbook of Excel 97–2003 under the name of a newer one", wanted)
	case bytes.HasPrefix(b, zipMark) && bytes.Contains(b[:min(len(b), 200)], []byte("opendocument.spreadsheet")):
		return broken("manifest-ods", "that is an OpenDocument spreadsheet under the name of an Excel workbook", wanted)
	case bytes.HasPrefix(b, zipMark):
		return nil
	case utf8.Valid(b):
		return broken("manifest-not-a-spreadsheet", "the file is named as a workbook but is text", "name it .csv if it is one, or "+wanted)
	}
	return broken("manifest-not-a-spreadsheet", "the file is named as a workbook but is none", wanted)
}

func utf16Bytes(s string) []byte {
	var b []byte
	for _, c := range []byte(s) {
		b = append(b, c, 0)
	}
	return b
}

package workspace

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
)

// fileName is the file that makes a folder a workspace.
const fileName = "batch.toml"

// maxSettings bounds batch.toml, in bytes. A real one has a few thousand.
const maxSettings = 1 << 20

// readConfig reads the batch.toml at an absolute path.
func readConfig(path string) (Config, *document, error) {
	text, err := readSettings(path)
	if err != nil {
		return Config{}, nil, err
	}
	return parseConfig(path, text)
}

// parseConfig reads the text of the batch.toml at path, which must be UTF-8.
func parseConfig(path string, text []byte) (Config, *document, error) {
	var values map[string]any
	if err := toml.Unmarshal(text, &values); err != nil {
		return Config{}, nil, notTOML(path, text, err)
	}
	d := &document{name: path, index: newIndex(text)}
	c := Default()
	settings(&table{document: d, values: values}, &c, filepath.Dir(path))
	if len(d.faults) > 0 {
		return Config{}, nil, faulty(path, d.faults)
	}
	return c, d, nil
}

// readSettings reads the file's bytes, without the mark that some editors put before
// UTF-8.
func readSettings(path string) ([]byte, error) {
	const remedy = "see that it is a file that you may read; `batch init` makes a fresh one in a new folder"
	refuse := func(message string, err error) error {
		return &Error{Code: "settings-file", Message: path + " " + message, Remedy: remedy, Err: err}
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, refuse("cannot be read: "+reason(err), err)
	case !info.Mode().IsRegular():
		return nil, refuse("is not a file", nil)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, refuse("cannot be read: "+reason(err), err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSettings+1))
	switch {
	case err != nil:
		return nil, refuse("cannot be read: "+reason(err), err)
	case len(text) > maxSettings:
		return nil, refuse("is larger than a megabyte: it is something else", nil)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !utf8.Valid(text) {
		return nil, &Error{Code: "settings-file", Message: path + " is not text in UTF-8", Remedy: "save it again with the encoding UTF-8"}
	}
	return text, nil
}

// reason is an error without the path, which the message around it tells.
func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// notTOML explains where the text stops being TOML, or which key stands twice.
func notTOML(path string, text []byte, err error) error {
	var de *toml.DecodeError
	if !errors.As(err, &de) {
		return fmt.Errorf("reading %s: %w", path, err)
	}
	f := Fault{File: path, Message: strings.TrimPrefix(de.Error(), "toml: "),
		Remedy: "texts stand in quotes; a text with a backslash, like a Windows path, stands in single quotes: 'C:\\post\\virksomhet.p12'"}
	row, byteColumn := de.Position()
	lines := bytes.SplitAfter(text, []byte("\n"))
	start := len(bytes.Join(lines[:row-1], nil))
	p := positionAt(text, start+byteColumn-1)
	f.Line, f.Column = p.line, p.column
	switch rest := text[min(start+byteColumn-1, len(text)):]; {
	case strings.Contains(f.Message, "already"):
		f.Message, f.Remedy = strings.Join(de.Key(), ".")+" stands in the file twice", "keep one of the two"
	case strings.Contains(f.Message, "after key") && len(rest) > 0 && rest[0] >= utf8.RuneSelf:
		f.Message, f.Remedy = "a name outside quotes can have the letters a to z only", `put it in quotes: "fødselsnr" = "…"`
	case strings.Contains(f.Message, "table name") && len(rest) > 0 && rest[0] >= utf8.RuneSelf:
		f.Message, f.Remedy = "a table's name outside quotes can have the letters a to z only", `put it in quotes: [values."rekkefølge"]`
	}
	return faulty(path, []Fault{f})
}

// settings reads the whole document. dir is what relative paths begin at.
func settings(t *table, c *Config, dir string) {
	t.choice("language", &c.Language, "en", "nb")
	t.zone("time_zone", &c.Location)
	t.text("group_by", &c.GroupBy)
	portal(t.table("portal"), &c.Portal, dir)
	identity(t.table("identity"), &c.Identity, dir)
	sender(t.table("sender"), &c.Sender)
	senders(t.tables("senders"), c)
	documents(t.table("documents"), &c.Documents, dir)
	columns(t.table("columns"), c.Columns)
	values(t.table("values"), c.Values)
	defaults(t.table("defaults"), &c.Defaults)
	signers(t.tables("signers"), c)
	send(t.table("send"), &c.Send, c.Portal)
	stop(t.table("stop"), &c.Stop)
	ledger(t.table("ledger"), &c.Ledger, dir)
	persons(t.table("test"), &c.Test)
	t.close()
}

// file reads a path and makes it absolute.
func (t *table) file(key string, into *string, dir string) bool {
	var v string
	if !t.text(key, &v) {
		return false
	}
	if !filepath.IsAbs(v) {
		v = filepath.Join(dir, v)
	}
	*into = filepath.Clean(v)
	return true
}

// below reads paths of documents, which stay below the documents' folder.
func (t *table) below(key string, into *[]string) {
	var v []string
	if !t.list(key, &v) {
		return
	}
	outside := func(p string) bool { return !fs.ValidPath(p) || p == "." || strings.Contains(p, `\`) }
	if slices.ContainsFunc(v, outside) {
		t.fault(key, "one of these paths does not stay below the documents' folder",
			`write them from that folder on, with / between, like "vedlegg/vilkår.pdf"; without .. and without a drive`)
		return
	}
	*into = v
}

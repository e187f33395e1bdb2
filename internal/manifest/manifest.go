package manifest

import (
	"io/fs"
	"time"

	"batch/internal/mailout"
	"batch/internal/table"
)

// Options are the settings of batch.toml and of the command line that concern reading.
type Options struct {
	Name string // shown in messages; default: the file's base name

	Sheet     string // a workbook's sheet by name; default: the first visible one
	Encoding  string // of a text file, by its IANA or WHATWG name; default: found
	Delimiter string // one character, or "tab"; default: found from the header
	Hidden    string // "send" or "skip" rows hidden in a workbook; default: they are a problem

	Location *time.Location // of times without an offset; default UTC
	Now      time.Time      // deadlines before it are problems; zero: not judged

	AllowSynthetic bool     // synthetic national numbers may be used
	SyntheticOnly  bool     // other national numbers are problems, unless listed in
	TestPersons    []string // [test] persons

	Sender  mailout.OrgNumber                        // of rows that name none
	Kind    mailout.SenderKind                       // of Sender
	Senders map[mailout.OrgNumber]mailout.SenderKind // others that may be named (brokers)

	Columns        map[string]string            // [columns]: the owner's header → our name, or "-"
	Defaults       map[string]string            // [defaults]: job column → template
	SignerDefaults map[int]map[string]string    // [defaults.signerN]: signer column → template
	Signers        []map[string]string          // [[signers]]: signer column → value
	Values         map[string]map[string]string // [values.COLUMN]: what stands in the column's cells → what is read
	GroupBy        string                       // the owner's header, or our name, of the column whose equal cells make one job; empty: a line is a job

	Documents fs.FS    // where document paths begin; nil: existence is not checked
	Shared    []string // documents.shared: files that many rows may name
	Around    []string // documents.before and after: files that go to every row
}

// Result is what is known once the whole file was read.
type Result struct {
	SHA256   mailout.Digest
	Bytes    int64
	Lines    int               // read, below the header
	Rows     int               // handed over: jobs
	Blank    int               // blank rows that were passed over, below the header
	Hidden   int               // hidden rows that were left out on request
	Unused   int               // PDFs that no row uses, in the folders of those that are used
	Columns  []string          // the owner's headers in order
	Problems []mailout.Problem // of the manifest as a whole
}

// Error says why a manifest cannot be read at all. Code is stable.
type Error = table.Error

// broken makes an Error.
func broken(code, message, remedy string) *Error {
	return &Error{Code: code, Message: message, Remedy: remedy}
}

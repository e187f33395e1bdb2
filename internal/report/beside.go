package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"batch/internal/mailout"
)

// BesideName is the file beside every report that says what was written there: from it a
// report can be held against its batch, and against itself, without the books.
const BesideName = "report.json"

// MaxBeside bounds such a file, in bytes; a larger one is none of ours.
const MaxBeside = 16 << 20

// Beside is the content of a report.json: an entry for each report in its folder, by its
// file's name.
type Beside struct {
	Reports map[string]json.RawMessage `json:"reports"`
}

// Entry is what a report.json says of one report.
type Entry struct {
	Batch           mailout.BatchID `json:"batch"`
	Digest          string          `json:"digest"`      // of the batch: the one that was approved
	RowsDigest      string          `json:"rows_digest"` // of the batch
	Format          string          `json:"format"`
	SHA256          string          `json:"sha256"` // of the report itself
	Bytes           int64           `json:"bytes"`  // of the report itself
	WrittenAt       time.Time       `json:"written_at"`
	Rows            int             `json:"rows"`   // of the manifest
	States          mailout.Totals  `json:"states"` // of all of them, whatever the report lists
	WithNationalIDs bool            `json:"with_national_ids"`
}

// ErrNotOurs says that a report.json is somebody else's file: it is left as it is.
var ErrNotOurs = errors.New("it is not a list of reports")

// ReadBeside reads a report.json. One that is not there is read as nothing: nil.
func ReadBeside(raw []byte) (b Beside, err error) {
	if raw == nil {
		return Beside{map[string]json.RawMessage{}}, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if len(raw) > MaxBeside || d.Decode(&b) != nil || d.More() || b.Reports == nil {
		return Beside{}, ErrNotOurs
	}
	for name := range b.Reports {
		if e, err := b.Entry(name); err != nil || e.Batch == "" || len(e.SHA256) != 64 {
			return Beside{}, ErrNotOurs
		}
	}
	return b, nil
}

// Entry is the entry of the report in a file; zero where there is none. What a newer version
// may have written beside is passed over.
func (b Beside) Entry(name string) (e Entry, err error) {
	raw, found := b.Reports[name]
	if !found {
		return e, nil
	}
	err = json.Unmarshal(raw, &e)
	return e, err
}

// With is the file with an entry put in, or in the place of that name's; others stay as they
// stand.
func (b Beside) With(name string, e Entry) ([]byte, error) {
	raw, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	b.Reports[name] = raw
	out, err := json.MarshalIndent(b, "", "  ")
	return append(out, '\n'), err
}

// NewEntry is the entry of a report of batch b with its totals, whose file is f.
func NewEntry(b mailout.BatchInfo, totals mailout.Totals, f mailout.ReportFile, withNationalIDs bool) Entry {
	return Entry{Batch: b.ID, Digest: digest(b.Digest), RowsDigest: digest(b.RowsDigest), Format: f.Format, SHA256: f.SHA256.String(), Bytes: f.Bytes,
		WrittenAt: f.At.UTC(), Rows: b.Rows, States: totals, WithNationalIDs: withNationalIDs}
}

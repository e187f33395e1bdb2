package workspace

import (
	"regexp"
	"strconv"
	"time"

	"github.com/pelletier/go-toml/v2"

	"batch/internal/mailout"
)

// kind is how a column's value may be written in batch.toml. Text may be written for
// every one: it is what a cell would hold.
type kind int

const (
	textKind   kind = iota // only text: digits without quotes would lose a zero
	numberKind             // a whole number too
	timeKind               // a TOML date, or date and time, too
)

// jobColumns and signerColumns are the columns that may have a default (manifest.md,
// "Columns"), by the names batch.toml uses; those of documents are matched by documentColumn.
var (
	jobColumns = map[string]kind{
		"title": textKind, "nonsensitive_title": textKind, "description": textKind, "sender": textKind,
		"activation_time": timeKind, "available_days": numberKind, "available_seconds": numberKind, "deadline": timeKind,
		"authentication": numberKind, "identifier": textKind,
	}
	signerColumns = map[string]kind{
		"national_id": textKind, "email": textKind, "mobile": textKind, "order": numberKind,
		"signature_type": textKind, "on_behalf_of": textKind, "notify": textKind,
	}
)

var (
	documentColumn = regexp.MustCompile(`^document([1-9]|1[0-9]|20)?(_title)?$`)
	signerTable    = regexp.MustCompile(`^signer([1-9]|10)$`)
)

// columns reads [columns]. What its values may be is the manifest's to say: it knows
// every name of every column.
func columns(t *table, into map[string]string) {
	defer t.close()
	for header := range t.values {
		var name string
		if t.text(header, &name) {
			into[header] = name
		}
	}
}

// defaults reads [defaults] and [defaults.signerN].
func defaults(t *table, d *Defaults) {
	defer t.close()
	for key := range t.values {
		switch {
		case documentColumn.MatchString(key):
			t.cell(key, textKind, d.Job)
		case signerTable.MatchString(key):
			n, _ := strconv.Atoi(key[len("signer"):])
			d.Signers[n] = t.table(key).cells(signerColumns)
		}
	}
	for key, kind := range jobColumns {
		t.cell(key, kind, d.Job)
	}
	t.asked = append(t.asked, "document", "signer1") // to be suggested
}

// signers reads [[signers]].
func signers(tables []*table, c *Config) {
	for _, t := range tables {
		c.Signers = append(c.Signers, t.cells(signerColumns))
	}
	if len(c.Signers) > mailout.MaxSigners {
		tables[mailout.MaxSigners].fault("", "a job can have ten signers", "take some of [[signers]] out")
	}
}

// cells reads a table that holds columns and nothing else.
func (t *table) cells(known map[string]kind) map[string]string {
	defer t.close()
	cells := map[string]string{}
	for key, kind := range known {
		t.cell(key, kind, cells)
	}
	return cells
}

// cell reads a column's value as the text that a cell would hold.
func (t *table) cell(key string, k kind, into map[string]string) {
	switch v := t.values[key].(type) {
	case int64:
		if k == numberKind {
			t.asked = append(t.asked, key)
			into[key] = strconv.FormatInt(v, 10)
			return
		}
	case toml.LocalDate, toml.LocalDateTime, time.Time:
		if k == timeKind {
			t.asked = append(t.asked, key)
			into[key] = written(v)
			return
		}
	}
	var text string
	if t.text(key, &text) {
		into[key] = text
	}
}

// written is a TOML date as a cell would hold it.
func written(v any) string {
	switch v := v.(type) {
	case toml.LocalDate:
		return v.String()
	case toml.LocalDateTime:
		return v.String()
	case time.Time:
		return v.Format(time.RFC3339)
	}
	return ""
}

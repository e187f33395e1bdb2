package workspace

import (
	"regexp"
	"strconv"
	"time"

	"github.com/pelletier/go-toml/v2"

	"batch/internal/mailout"
)

// The tables that say something about the manifest's columns. Which columns there are,
// and what may stand in them, is the manifest's to say; see [Workspace.Fault].

// columns reads [columns].
func columns(t *table, into map[string]string) {
	defer t.close()
	for header := range t.values {
		var name string
		if t.text(header, &name) {
			into[header] = name
		}
	}
}

// values reads [values.COLUMN].
func values(t *table, into map[string]map[string]string) {
	defer t.close()
	for column := range t.values {
		into[column] = t.table(column).cells()
	}
}

var signerTable = regexp.MustCompile(`^signer([1-9]|10)$`)

// defaults reads [defaults] and [defaults.signerN].
func defaults(t *table, d *Defaults) {
	defer t.close()
	t.asked = append(t.asked, "signer1") // to be suggested
	for key, v := range t.values {
		switch _, isTable := v.(map[string]any); {
		case !isTable:
			t.cell(key, d.Job)
		case signerTable.MatchString(key):
			n, _ := strconv.Atoi(key[len("signer"):])
			d.Signers[n] = t.table(key).cells()
		}
	}
}

// signers reads [[signers]].
func signers(tables []*table, c *Config) {
	for _, t := range tables {
		c.Signers = append(c.Signers, t.cells())
	}
	if len(c.Signers) > mailout.MaxSigners {
		tables[mailout.MaxSigners].fault("", "a job can have ten signers", "take some of [[signers]] out")
	}
}

// cells reads a table that holds cells and nothing else.
func (t *table) cells() map[string]string {
	defer t.close()
	cells := map[string]string{}
	for key := range t.values {
		t.cell(key, cells)
	}
	return cells
}

// cell reads a value as the text that a cell would hold. TOML's numbers and dates have
// one meaning only, and no number that begins with a zero.
func (t *table) cell(key string, into map[string]string) {
	switch v := t.values[key].(type) {
	case int64:
		into[key] = strconv.FormatInt(v, 10)
	case toml.LocalDate:
		into[key] = v.String()
	case toml.LocalDateTime:
		into[key] = v.String()
	case time.Time:
		into[key] = v.Format(time.RFC3339)
	default:
		var text string
		if t.text(key, &text) {
			into[key] = text
		}
	}
	t.asked = append(t.asked, key)
}

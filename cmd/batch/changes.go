package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"batch/internal/app"
	"batch/internal/mailout"
)

// shownKeys is how many rows are named of those that changed in the same way.
const shownKeys = 3

// changes tells what is different from the plan before; with all, every row is named.
func (p *planPage) changes(c app.Changes, all bool) {
	limit := shownKeys
	if all {
		limit = len(c.Rows)
	}
	p.u.say("")
	p.u.say("Compared with batch %s%s, %s:", c.With.ID, p.otherManifest(c), fate(c.With))
	for _, s := range c.Settings {
		p.entry("Setting", "%s was %s, is %s", s.Name, cmp.Or(s.Before, "not set"), cmp.Or(s.After, "not set"))
	}
	for _, kind := range []struct {
		label string
		how   app.How
	}{{"Added", app.RowAdded}, {"Removed", app.RowRemoved}} {
		if rows := picked(c, func(r app.Change) bool { return r.How == kind.how }); len(rows) > 0 {
			p.entry(kind.label, "%s: %s", count(len(rows), "row"), named(rows, limit))
		}
	}
	p.changed(c, limit)
	if c.Unchanged > 0 {
		p.entry("Unchanged", "%s", count(c.Unchanged, "row"))
	}
	if c.With.Settings == "" {
		p.entry("Setting", "those of that plan are not known: an older version of batch made it")
	}
	switch {
	case c.Reordered:
		p.entry("Order", "rows stand in another order than before")
	case len(c.Rows)+len(c.Settings) == 0 && c.With.Settings != "":
		p.entry("", "nothing that is sent has changed: the file was saved anew, or read in another way")
	}
}

// changed tells of the rows that are in both plans what is different in them.
func (p *planPage) changed(c app.Changes, limit int) {
	n := c.Count(app.RowChanged)
	if n == 0 {
		return
	}
	p.entry("Changed", "%s", count(n, "row"))
	for part, word := range partWords {
		if rows := picked(c, func(r app.Change) bool { return slices.Contains(r.Parts, app.Part(part)) }); len(rows) > 0 {
			p.entry("", "%s (%s): %s", word, count(len(rows), "row"), named(rows, limit))
		}
	}
}

// partWords are what a person calls the parts of a row, in the order of app.Part.
var partWords = [...]string{
	"left out now", "sent now, left out before", "key", "sender", "signers", "documents", "titles or description", "times", "authentication or identifier",
	"merged PDFs made anew of the same files", "only cells that are not sent",
}

func picked(c app.Changes, is func(app.Change) bool) (rows []app.Change) {
	for _, r := range c.Rows {
		if is(r) {
			rows = append(rows, r)
		}
	}
	return rows
}

// named names the first of rows: "1043, line 7, 1050 and 2 more".
func named(rows []app.Change, limit int) string {
	var names []string
	for _, r := range rows[:min(len(rows), limit)] {
		names = append(names, rowName(r))
	}
	s := strings.Join(names, ", ")
	if left := len(rows) - limit; left > 0 {
		s += " and " + thousands(int64(left)) + " more"
	}
	return s
}

func rowName(r app.Change) string {
	switch {
	case r.Key != "":
		return r.Key
	case r.How == app.RowRemoved:
		return glued(fmt.Sprintf("line %d there", r.Before))
	}
	return glued(fmt.Sprintf("line %d", r.Line))
}

// otherManifest names the earlier batch's manifest where it is another file.
func (p *planPage) otherManifest(c app.Changes) string {
	if c.With.ManifestPath == p.books.ManifestPath {
		return ""
	}
	return " of " + filepath.Base(c.With.ManifestPath)
}

// fate says how far the earlier batch has come. What is not left may have been withdrawn, too.
func fate(b mailout.BatchInfo) string {
	left := b.Totals[mailout.Planned]
	jobs := b.Rows - b.Totals[mailout.Skipped]
	switch b.State {
	case mailout.Superseded, mailout.Ready:
		return "which was never approved"
	case mailout.Done:
		return "which is done"
	}
	if left == jobs {
		return "which is " + string(b.State) + " and not sent yet"
	}
	if left == 0 {
		return "which is " + string(b.State) + ", with nothing left to send"
	}
	return fmt.Sprintf("which is %s, with %s of %s left to send", b.State, thousands(int64(left)), count(jobs, "job"))
}

// changesLine and changeLine are the objects of changes in --json: the first once, then
// one of the second for each row that is not as it was.
type changesLine struct {
	Type      string             `json:"type"`  // "changes"
	Batch     mailout.BatchID    `json:"batch"` // the earlier batch
	State     mailout.BatchState `json:"state"` // … and where it stands now
	Settings  []settingLine      `json:"settings"`
	Added     int                `json:"added"`
	Removed   int                `json:"removed"`
	Changed   int                `json:"changed"`
	Unchanged int                `json:"unchanged"`
	Reordered bool               `json:"reordered"`
}

type settingLine struct {
	Name   string          `json:"name"`
	Before json.RawMessage `json:"before"` // null: not set
	After  json.RawMessage `json:"after"`
}

type changeLine struct {
	Type   string     `json:"type"`        // "change"
	How    app.How    `json:"how"`         // "added", "removed" or "changed"
	Line   int        `json:"line"`        // 0 for a removed row
	Before int        `json:"line_before"` // in the earlier batch; 0 for an added row
	Key    string     `json:"row"`         // empty where it is the line number, or may be personal
	What   []app.Part `json:"what"`        // of a changed row: "signers", "documents", …
}

func (u *ui) changes(c app.Changes) {
	line := changesLine{Type: "changes", Batch: c.With.ID, State: c.With.State, Settings: []settingLine{},
		Added: c.Count(app.RowAdded), Removed: c.Count(app.RowRemoved), Changed: c.Count(app.RowChanged), Unchanged: c.Unchanged, Reordered: c.Reordered}
	for _, s := range c.Settings {
		line.Settings = append(line.Settings, settingLine{s.Name, orNull(s.Before), orNull(s.After)})
	}
	u.object(line)
	for _, r := range c.Rows {
		u.object(changeLine{"change", r.How, r.Line, r.Before, r.Key, append([]app.Part{}, r.Parts...)})
	}
}

func orNull(setting string) json.RawMessage {
	if setting == "" {
		return nil
	}
	return json.RawMessage(setting)
}

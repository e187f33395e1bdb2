package plan

import (
	"cmp"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"batch/internal/mailout"
)

// Changes is how a plan differs from an earlier one.
type Changes struct {
	With      mailout.BatchInfo // the earlier one, as it stands now
	Settings  []SettingChange   // by name; none where the earlier plan's are not known
	Rows      []Change          // in the manifest's order; removed rows at the end
	Unchanged int
	Reordered bool // rows that stand in both stand in another order
}

// SettingChange is a setting of batch.toml that changes what is sent.
type SettingChange struct {
	Name          string // "portal.environment"
	Before, After string // as in JSON; empty: not set
}

// How a row changed.
type How string

const (
	Added   How = "added"
	Removed How = "removed"
	Changed How = "changed"
)

// Change is one row that is not as it was. It holds no personal data.
type Change struct {
	How    How
	Line   int    // in this plan; 0 for a removed row
	Before int    // its line in the earlier plan; 0 for an added row
	Key    string // the owner's key; empty where it is the line number or may be a person's number or address
	Parts  []Part // of a changed row: what differs
}

// Count is how many rows changed in a way.
func (c Changes) Count(how How) (n int) {
	for _, r := range c.Rows {
		if r.How == how {
			n++
		}
	}
	return n
}

// Compare says what changed from an earlier plan's rows to a later one's.
//
// A row is found again by the owner's key, where both manifests have keys; else by being
// the same in all that is sent; and else, where a manifest has no keys, by its line,
// provided that signers or documents are the same: where neither is, it is another
// letter. What is kept of a row is a few numbers, so that a hundred thousand rows fit into
// some tens of megabytes.
func Compare(before, after iter.Seq2[mailout.Record, error]) (Changes, error) {
	h := newHasher()
	was, err := h.read(before)
	if err != nil {
		return Changes{}, err
	}
	is, err := h.read(after)
	if err != nil {
		return Changes{}, err
	}
	c := comparer{before: was, after: is, pair: slices.Repeat([]int{none}, len(is.rows)), taken: make([]bool, len(was.rows))}
	if was.keyed && is.keyed {
		c.matchKeys()
	}
	c.matchContents()
	if !was.keyed || !is.keyed {
		c.matchLines()
	}
	return c.changes(), nil
}

// comparer pairs the rows of two plans.
type comparer struct {
	before, after prints
	pair          []int  // index in after → index in before, or none
	taken         []bool // index in before → it has its pair
}

const none = -1

func (c *comparer) match(after, before int) { c.pair[after], c.taken[before] = before, true }

// matchKeys pairs rows with the same key. A row that is left out may have the key of
// another; then the contents decide.
func (c *comparer) matchKeys() {
	at := map[string]int{}
	for i, p := range c.before.rows {
		if _, twice := at[p.key]; !twice {
			at[p.key] = i
		}
	}
	for n, p := range c.after.rows {
		if i, found := at[p.key]; found && !c.taken[i] {
			c.match(n, i)
		}
	}
}

// matchContents pairs rows that are the same in everything but their key.
func (c *comparer) matchContents() {
	same := map[[partCount]uint64][]int{}
	for i, p := range c.before.rows {
		if !c.taken[i] {
			same[p.contents()] = append(same[p.contents()], i)
		}
	}
	for n, p := range c.after.rows {
		if left := same[p.contents()]; c.pair[n] == none && len(left) > 0 {
			c.match(n, left[0])
			same[p.contents()] = left[1:]
		}
	}
}

// matchLines pairs rows that stand in the same line and are the same letter but for a
// part.
func (c *comparer) matchLines() {
	at := map[int]int{}
	for i, p := range c.before.rows {
		if !c.taken[i] {
			at[p.line] = i
		}
	}
	for n, p := range c.after.rows {
		i, found := at[p.line]
		if c.pair[n] != none || !found {
			continue
		}
		if p.resembles(c.before.rows[i]) {
			c.match(n, i)
		}
	}
}

func (c *comparer) changes() (all Changes) {
	last := none
	for n, p := range c.after.rows {
		i := c.pair[n]
		if i == none {
			all.Rows = append(all.Rows, Change{How: Added, Line: p.line, Key: c.after.shown(p.key)})
			continue
		}
		all.Reordered = all.Reordered || i < last
		last = i
		if differ := p.differs(c.before.rows[i], c.before.keyed || c.after.keyed); len(differ) > 0 {
			all.Rows = append(all.Rows, Change{How: Changed, Line: p.line, Before: c.before.rows[i].line, Key: c.after.shown(p.key), Parts: differ})
		} else {
			all.Unchanged++
		}
	}
	for i, p := range c.before.rows {
		if !c.taken[i] {
			all.Rows = append(all.Rows, Change{How: Removed, Before: p.line, Key: c.before.shown(p.key)})
		}
	}
	return all
}

// shown is a key that may be shown: not a line number, which says nothing more than the
// line, and nothing that may be a national number, a phone number or an address.
func (ps prints) shown(key string) string {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, key)
	if !ps.keyed || len(digits) >= 8 || strings.Contains(key, "@") {
		return ""
	}
	return key
}

// CompareSettings lists the settings that differ. Both are JSON objects; where one is
// empty it is not known, and nothing is said.
func CompareSettings(before, after string) ([]SettingChange, error) {
	if before == "" || after == "" {
		return nil, nil
	}
	var was, is map[string]json.RawMessage
	if err := json.Unmarshal([]byte(before), &was); err != nil {
		return nil, fmt.Errorf("reading the earlier plan's settings: %w", err)
	}
	if err := json.Unmarshal([]byte(after), &is); err != nil {
		return nil, fmt.Errorf("reading the plan's settings: %w", err)
	}
	names := map[string]bool{}
	for name := range was {
		names[name] = true
	}
	for name := range is {
		names[name] = true
	}
	var all []SettingChange
	for _, name := range slices.SortedFunc(maps.Keys(names), cmp.Compare[string]) {
		if b, a := string(was[name]), string(is[name]); a != b {
			all = append(all, SettingChange{Name: name, Before: b, After: a})
		}
	}
	return all, nil
}

package manifest

import (
	"errors"
	"strconv"
	"strings"

	"batch/internal/mailout"
	"batch/internal/rules"
)

// row is one row while it is read.
type row struct {
	*reader
	line     line
	entry    mailout.Entry
	who      []int // the number of each signer in entry.Job.Signers; 0: of [[signers]]
	problems []mailout.Problem
	faulty   map[field]bool // what a problem was found in
}

// readRow turns a line into an entry, as far as it can be read, and its problems.
func (r *reader) readRow(l line) (mailout.Entry, []mailout.Problem) {
	w := &row{reader: r, line: l, faulty: map[field]bool{}}
	w.entry.Line = l.n
	w.key()
	w.cells()
	w.texts()
	w.sender()
	w.availability()
	w.signers()
	w.documents()
	w.rules()
	r.tally.row(w)
	mailout.SortProblems(w.problems)
	return w.entry, w.problems
}

// place is where a field of the row stands. A value from [defaults] has no column.
func (w *row) place(f field) mailout.Place {
	p := mailout.Place{File: w.Name, Sheet: w.sheet, Line: w.line.n, Field: f.String(), Row: w.entry.Key}
	if i, ok := w.layout.fields[f]; ok {
		p.Column = w.layout.columns[i].letters
	}
	return p
}

func (w *row) stop(f field, code, message, remedy string) {
	w.faulty[f] = true
	w.problems = append(w.problems, mailout.Problem{Severity: mailout.Stop, Code: code, Place: w.place(f), Message: message, Remedy: remedy})
}

func (w *row) warn(f field, code, message, remedy string) {
	w.problems = append(w.problems, mailout.Problem{Severity: mailout.Warn, Code: code, Place: w.place(f), Message: message, Remedy: remedy})
}

// fault reports an error of a value's parser.
func (w *row) fault(f field, err error) {
	if v := (*rules.Fault)(nil); errors.As(err, &v) {
		w.stop(f, v.Code, v.Message, v.Remedy)
	}
}

// value reads a field with its parser. ok is false where the row has nothing there, and
// where it is wrong, which is then reported.
func value[T any](w *row, f field, parse func(cell) (T, error)) (v T, ok bool) {
	c, ok := w.get(f)
	if !ok {
		return v, false
	}
	v, err := parse(c)
	if err != nil {
		w.fault(f, err)
		var none T
		return none, false
	}
	return v, true
}

// get returns the row's cell of a field, or the default's text where the cell is empty.
func (w *row) get(f field) (cell, bool) {
	if w.faulty[f] {
		return cell{}, false
	}
	if i, ok := w.layout.fields[f]; ok {
		if c := w.line.at(i); !c.blank() {
			return c, true
		}
	}
	t, ok := w.defaults[f]
	if !ok || w.displaced(f) {
		return cell{}, false
	}
	s, ok := w.fill(f, t)
	return cell{text: s}, ok && s != ""
}

// displaced reports whether the row has a cell of its own for the same thing as the
// default of f: a deadline where the default is a number of days.
func (w *row) displaced(f field) bool {
	for _, other := range []field{{name: fDays}, {name: fSeconds}, {name: fDeadline}} {
		i, ok := w.layout.fields[other]
		if ok && other != f && sameThing(other) == sameThing(f) && !w.line.at(i).blank() {
			return true
		}
	}
	return false
}

// fill puts the row's cells into a template. Headers that do not exist are reported
// once, for the manifest.
func (w *row) fill(f field, t template) (string, bool) {
	var b strings.Builder
	for _, p := range t {
		b.WriteString(p.text)
		if p.header == "" {
			continue
		}
		i, ok := w.layout.find(p.header)
		if !ok {
			w.faulty[f] = true
			return "", false
		}
		c := w.line.at(i)
		s, err := parseLine(c)
		switch {
		case c.kind == faulty:
			w.faulty[f] = true // reported where it stands
			return "", false
		case err != nil:
			w.fault(f, err)
			return "", false
		case s == "":
			w.stop(f, "placeholder-empty", "the default of this column takes the cell under "+strconv.Quote(p.header)+", which is empty here", "fill that cell, or write this column's own")
			return "", false
		}
		b.WriteString(s)
	}
	return clean(b.String()), true
}

// cells keeps the owner's columns and reports what cannot be read in any of them.
func (w *row) cells() {
	for i, col := range w.layout.columns {
		c := w.line.at(i)
		if col.name != "" {
			w.entry.Columns = append(w.entry.Columns, mailout.Column{Name: col.name, Value: mailout.Text(c.text)})
		}
		if c.kind == faulty {
			w.cellFlaw(i, col.field, c.flaw)
		} else if col.name == "" && !c.blank() {
			w.cellFlaw(i, field{}, noColumnName)
		}
	}
	for i := len(w.layout.columns); i < len(w.line.cells); i++ {
		if !w.line.cells[i].blank() {
			w.cellFlaw(i, field{}, noColumnName)
		}
	}
}

var noColumnName = flaw{"cell-without-header", "the cell stands under no header", "give the column a name, or empty it; in a CSV, quote cells that hold the delimiter"}

func (w *row) cellFlaw(i int, f field, why flaw) {
	w.stop(f, why.code, why.message, why.remedy)
	w.problems[len(w.problems)-1].Column = letters(i)
}

// key reads the owner's key of the row. It is shown in messages, so it must not be
// somebody's number.
func (w *row) key() {
	w.entry.Key = strconv.Itoa(w.line.n)
	f := field{name: fRow}
	key, ok := value(w, f, parseLine)
	if !ok {
		key = w.entry.Key
	}
	switch {
	case isPersonal(key):
		w.stop(f, "row-key-personal", "the key of the row is a national identity number; keys are shown in messages and reports", "use an employee or case number as key")
		return
	case len([]rune(key)) > maxKey:
		w.stop(f, "row-key-too-long", "the key of the row is longer than 100 characters", "use an employee or case number as key")
		return
	case fold(key) == "example" || fold(key) == "eksempel":
		w.stop(f, "row-example", "this is the example of the template, not a row to send", "delete the row")
	}
	w.entry.Key = key
	if before, twice := w.tally.keys[key]; twice {
		w.stop(f, "row-key-twice", "the same key stands in line "+strconv.Itoa(before)+" too", "give every row a key of its own; a key that is missing is the line number")
		return
	}
	w.tally.keys[key] = w.line.n
}

// maxKey bounds the owner's key, in characters.
const maxKey = 100

func isPersonal(s string) bool {
	id, err := parseID(cell{text: s})
	return err == nil && id.number != ""
}

// texts reads title, descriptions, authentication and identifier.
func (w *row) texts() {
	j := &w.entry.Job
	title, _ := value(w, field{name: fTitle}, parseLine)
	nonsensitive, _ := value(w, field{name: fNonsensitive}, parseLine)
	description, _ := value(w, field{name: fDescription}, parseLines)
	j.Title, j.NonsensitiveTitle, j.Description = mailout.Text(title), mailout.Text(nonsensitive), mailout.Text(description)
	j.Authentication, _ = value(w, field{name: fAuthentication}, parseAuthentication)
	j.Identifier, _ = value(w, field{name: fIdentifier}, parseIdentifier)
}

// sender reads for whom the row is sent.
func (w *row) sender() {
	w.entry.Job.Sender = w.Sender
	f := field{name: fSender}
	s, ok := value(w, f, func(c cell) (string, error) {
		s := idFiller.Replace(clean(c.text))
		return s, rules.OrgNumber(s)
	})
	if !ok {
		return
	}
	w.entry.Job.Sender = mailout.OrgNumber(s)
	if _, listed := w.Senders[mailout.OrgNumber(s)]; !listed && mailout.OrgNumber(s) != w.Sender {
		w.stop(f, "sender-unknown", "batch.toml does not name this organization as a sender", "add it under [[senders]] if you may send for it, or correct the number")
	}
}

// kindOf is the kind of the row's sender.
func (w *row) kindOf() mailout.SenderKind {
	if kind, ok := w.Senders[w.entry.Job.Sender]; ok {
		return kind
	}
	return w.Kind
}

// availability reads when the job opens and how long it stays open.
func (w *row) availability() {
	j := &w.entry.Job
	j.Activation, _ = value(w, field{name: fActivation}, parseTime(w.Location, morning))
	days, hasDays := value(w, field{name: fDays}, parseDays)
	seconds, hasSeconds := value(w, field{name: fSeconds}, parseSeconds)
	deadline, hasDeadline := value(w, field{name: fDeadline}, parseTime(w.Location, evening))
	j.Available, j.Deadline = days+seconds, deadline
	if hasDays && hasSeconds || hasDeadline && (hasDays || hasSeconds) {
		j.Available, j.Deadline = days, deadline
		if hasDeadline {
			j.Available = 0
		}
		w.stop(w.latest(fDays, fSeconds, fDeadline), "availability-twice", "the row says more than once how long there is to sign", "keep one of available_days, available_seconds and deadline")
		return
	}
	w.againstNow()
}

// latest returns the last of the columns that the manifest has, to point at.
func (w *row) latest(names ...string) field {
	found := field{name: names[0]}
	for _, name := range names {
		if _, ok := w.layout.fields[field{name: name}]; ok {
			found = field{name: name}
		}
	}
	return found
}

// againstNow judges what depends on the clock.
func (w *row) againstNow() {
	j := w.entry.Job
	if w.Now.IsZero() {
		return
	}
	if !j.Activation.IsZero() && j.Activation.Before(w.Now) {
		w.warn(field{name: fActivation}, "activation-past", "the time of activation has passed: the job opens at once", "write a later time if that is not meant")
	}
	start := w.Now
	if j.Activation.After(start) {
		start = j.Activation
	}
	deadline := field{name: fDeadline}
	switch {
	case j.Deadline.IsZero():
	case !j.Deadline.After(w.Now):
		w.stop(deadline, "deadline-past", "the deadline has passed: nobody could sign", "write a later deadline")
	case j.Deadline.Sub(start) > maxOpen:
		w.stop(deadline, "deadline-too-late", "the deadline is more than 90 days after the job opens", "choose an earlier deadline")
	}
}

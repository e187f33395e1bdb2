package manifest

import (
	"errors"
	"slices"
	"strconv"
	"unicode/utf8"

	"batch/internal/mailout"
	"batch/internal/rules"
	"batch/internal/table"
)

// row is one row while it is read: one line, or the lines of one group.
type row struct {
	*reader
	lines    []table.Line
	entry    mailout.Entry
	who      []seat // where each of entry.Job.Signers stands
	problems []mailout.Problem
	faulty   map[spot]bool // what a problem was found in
	told     [][2]int      // lines and columns of cells that a default takes in vain
	keyed    bool          // entry.Key can be held against other rows'
	loose    bool          // which job the line belongs to is not known
	single   [1]string     // the name of a document that is not merged
	tidied   int           // national numbers that were written with spaces or hyphens
	unused   int           // signers whose address was left aside
	person   uint64        // who signs, to tell rows apart; 0: not known
}

// spot is one of our columns in one of the row's lines, counted from 0.
type spot struct {
	field
	line int
}

// seat is where a signer stands: the number it has in one of the row's lines. The
// number 0 is of [[signers]].
type seat struct {
	line int
	n    int8
}

func (s seat) spot(of name) spot { return spot{field{of, s.n}, s.line} }

// readRow turns a line, or the lines of a group, into an entry, as far as it can be
// read, and its problems. It changes nothing but the row w, so that rows can be
// read side by side; what only many rows together tell is the tally's.
func (r *reader) readRow(w *row, lines []table.Line) {
	w.reader, w.lines = r, lines
	w.entry.Line = lines[0].Number
	w.columns()
	if w.key(); w.isExample() {
		return
	}
	w.flaws()
	w.agree()
	w.sender()
	w.signers()
	if !w.loose {
		w.texts()
		w.availability()
		w.documents()
		w.earlier()
		w.rules()
	}
	w.person = people(w, r.tally.seed)
}

// job is where the row says a column of the job: in the first of its lines that has
// something there.
func (w *row) job(f field) spot {
	if len(w.lines) == 1 {
		return spot{field: f}
	}
	i, ok := w.layout.column(f)
	if !ok {
		return spot{field: f}
	}
	return spot{f, w.first(i)}
}

// place is where a spot is. A value from [defaults] has no column.
func (w *row) place(s spot) mailout.Place {
	p := mailout.Place{File: w.Name, Sheet: w.sheet, Line: w.lines[s.line].Number, Field: s.String(), Row: w.entry.Key}
	if i, ok := w.layout.column(s.field); ok {
		p.Column = w.layout.columns[i].letters
	}
	return p
}

// cellPlace is the cell in line k and column i.
func (w *row) cellPlace(f field, k, i int) mailout.Place {
	return mailout.Place{File: w.Name, Sheet: w.sheet, Line: w.lines[k].Number, Column: table.Letters(i), Field: f.String(), Row: w.entry.Key}
}

func (w *row) stop(s spot, code, message, remedy string) {
	w.stopAt(w.place(s), s, code, message, remedy)
}

// stopAt reports a problem of a spot that is to be seen elsewhere.
func (w *row) stopAt(at mailout.Place, s spot, code, message, remedy string) {
	w.spoil(s)
	w.problems = append(w.problems, mailout.Problem{Severity: mailout.Stop, Code: code, Place: at, Message: message, Remedy: remedy})
}

// spoil says that nothing is to be concluded from a spot: what is wrong with it was
// reported.
func (w *row) spoil(s spot) {
	if w.faulty == nil {
		w.faulty = map[spot]bool{}
	}
	w.faulty[s] = true
}

func (w *row) warn(s spot, code, message, remedy string) {
	w.problems = append(w.problems, mailout.Problem{Severity: mailout.Warn, Code: code, Place: w.place(s), Message: message, Remedy: remedy})
}

// fault reports an error of a value's parser.
func (w *row) fault(s spot, err error) {
	if v := (*rules.Fault)(nil); errors.As(err, &v) {
		w.stop(s, v.Code, v.Message, v.Remedy)
	}
}

// value reads a spot with its column's parser. ok is false where the row has nothing
// there, and where it is wrong, which is then reported.
func value[T any](w *row, s spot, parse func(table.Cell) (T, error)) (v T, ok bool) {
	if !w.can[s.field.index()] {
		return v, false
	}
	c, ok := w.get(s)
	if !ok {
		return v, false
	}
	v, err := parse(c)
	if err != nil {
		w.fault(s, err)
		var none T
		return none, false
	}
	return v, true
}

// get returns the cell at a spot, or the default's text where it is empty; [values] may
// put something else in the place of either.
func (w *row) get(s spot) (table.Cell, bool) {
	if len(w.faulty) > 0 && w.faulty[s] {
		return table.Cell{}, false
	}
	if i, ok := w.layout.column(s.field); ok {
		if c := w.lines[s.line].At(i); !c.Blank() {
			return w.meant(s.field, c), c.Kind != table.Faulty
		}
	}
	t := w.presets[s.field.index()]
	if t == nil || w.displaced(s.field) {
		return table.Cell{}, false
	}
	text, ok := w.fill(s, t)
	return w.meant(s.field, table.Cell{Text: text}), ok && text != ""
}

// displaced reports whether the row has a cell of its own for the same thing as the
// default of f: a deadline where the default is a number of days.
func (w *row) displaced(f field) bool {
	for _, other := range []field{{name: fDays}, {name: fSeconds}, {name: fDeadline}} {
		i, ok := w.layout.column(other)
		if ok && other != f && sameThing(other) == sameThing(f) && !w.lines[w.first(i)].At(i).Blank() {
			return true
		}
	}
	return false
}

// columns keeps the owner's columns.
func (w *row) columns() {
	w.entry.Columns = slices.Clone(w.layout.kept)
	for k, i := range w.layout.keptAt {
		c := &w.entry.Columns[k]
		c.Value = mailout.Text(w.lines[0].At(i).Text)
		c.Odd = isOdd(w.lines[0].At(i))
		for _, l := range w.lines[1:] {
			c.More, c.Odd = append(c.More, mailout.Text(l.At(i).Text)), c.Odd || isOdd(l.At(i))
		}
	}
}

// flaws reports the cells that cannot be read, in any column.
func (w *row) flaws() {
	for k, l := range w.lines {
		for i, c := range l.Cells {
			col := column{}
			if i < len(w.layout.columns) {
				col = w.layout.columns[i]
			}
			why := c.Flaw
			if c.Kind != table.Faulty {
				if col.name != "" || c.Blank() {
					continue
				}
				why = noColumnName
			}
			w.stopAt(w.cellPlace(col.field, k, i), spot{col.field, k}, why.Code, why.Message, why.Remedy)
		}
	}
}

var noColumnName = &table.Flaw{Code: "cell-without-header", Message: "the cell stands under no header",
	Remedy: "give the column a name, or empty it; in a CSV, quote cells that hold the delimiter"}

// key reads the owner's key of the row. It is shown in messages, so it must not be
// somebody's number.
func (w *row) key() {
	w.entry.Key = strconv.Itoa(w.lines[0].Number)
	s := w.job(field{name: fRow})
	key, ok := value(w, s, parseLine)
	switch {
	case !ok || key == "": // nothing there that anybody sees
	case isPersonal(key):
		w.stop(s, "row-key-personal", "the key of the row is a national identity number; keys are shown in messages and reports", "use an employee or case number as key")
		return
	case len([]rune(key)) > maxKey:
		w.stop(s, "row-key-too-long", "the key of the row is longer than 100 characters", "use an employee or case number as key")
		return
	default:
		w.entry.Key = key
	}
	w.keyed = true
}

// isExample finds the line that a fresh manifest has, and says nothing more about it.
func (w *row) isExample() bool {
	switch c := w.entry.Key[0]; { // few keys need a closer look
	case c|0x20 != 'e' && c < utf8.RuneSelf:
		return false
	case fold(w.entry.Key) != "example" && fold(w.entry.Key) != "eksempel":
		return false
	}
	w.stop(w.job(field{name: fRow}), "row-example", "this is the example of the template, not a row to send", "delete the row")
	return true
}

// maxKey bounds the owner's key, in characters.
const maxKey = 100

// texts reads title, descriptions, authentication and identifier.
func (w *row) texts() {
	j := &w.entry.Job
	title, _ := value(w, w.job(field{name: fTitle}), parseLine)
	nonsensitive, _ := value(w, w.job(field{name: fNonsensitive}), parseLine)
	if holdsPersonal(nonsensitive) && !w.absent[field{name: fNonsensitive}] {
		w.stop(w.job(field{name: fNonsensitive}), "nonsensitive-personal", "the text holds a national number or an e-mail address; it goes out in clear, in e-mail and SMS", "write what the letter is called, and nothing about anybody")
	}
	description, _ := value(w, w.job(field{name: fDescription}), parseLines)
	j.Title, j.NonsensitiveTitle, j.Description = mailout.Text(title), mailout.Text(nonsensitive), mailout.Text(description)
	j.Authentication, _ = value(w, w.job(field{name: fAuthentication}), parseAuthentication)
	j.Identifier, _ = value(w, w.job(field{name: fIdentifier}), parseIdentifier)
}

// sender reads for whom the row is sent.
func (w *row) sender() {
	w.entry.Job.Sender = w.Sender
	if sender, ok := value(w, w.job(field{name: fSender}), w.parseSender); ok {
		w.entry.Job.Sender = sender
	}
}

// parseSender reads the number of an organization that batch.toml names.
func (s *settings) parseSender(c table.Cell) (mailout.OrgNumber, error) {
	number, err := parseOrgNumber(c)
	if err != nil {
		return "", err
	}
	if _, listed := s.Senders[number]; !listed && number != s.Sender {
		return "", bad("sender-unknown", "batch.toml does not name this organization as a sender", "add it under [[senders]] if you may send for it, or correct the number")
	}
	return number, nil
}

// kindOf is the kind of the row's sender.
func (w *row) kindOf() mailout.SenderKind {
	if kind, ok := w.Senders[w.entry.Job.Sender]; ok {
		return kind
	}
	return w.Kind
}

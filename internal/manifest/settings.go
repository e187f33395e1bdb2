package manifest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"batch/internal/mailout"
	"batch/internal/table"
)

// settings are Options with every name resolved.
type settings struct {
	Options
	mapped   map[string]target // folded header → what [columns] says
	defaults map[field]template
	presets  [fieldCount]template       // the same, by index
	fixed    []mailout.Signer           // [[signers]], each value checked
	ordered  []bool                     // which of fixed say their order
	words    map[name]map[string]string // [values]: our column → folded word → what is read
	persons  map[string]bool            // [test] persons
	shared   map[string]bool
	asked    map[string]bool // folded headers that group_by and placeholders name
	mistakes []Mistake
}

// target is what [columns] says of a header: one of our columns, or put aside.
type target struct {
	field field
	aside bool
}

// Mistake is a setting of batch.toml that cannot hold.
type Mistake struct {
	Path    []string // where it stands in batch.toml: "defaults", "title"; "#2" is the second of an array
	Message string   // never holds a personal value
	Remedy  string
}

// Check returns every mistake in the settings. [Read] refuses them with the first one.
func Check(o Options) []Mistake { return newSettings(o).mistakes }

func newSettings(o Options) *settings {
	s := &settings{Options: o, mapped: map[string]target{}, defaults: map[field]template{}, words: map[name]map[string]string{},
		persons: setOf(o.TestPersons), shared: setOf(o.Shared), asked: map[string]bool{}}
	if s.Location == nil {
		s.Location = time.UTC
	}
	s.asked[fold(o.GroupBy)] = o.GroupBy != ""
	s.columnNames()
	s.valueTables()
	s.jobDefaults()
	s.signerDefaults()
	s.fixedSigners()
	return s
}

// refuse returns the first mistake as an error.
func (s *settings) refuse() error {
	if s.Hidden != "" && s.Hidden != "send" && s.Hidden != "skip" {
		return broken("hidden-setting", "--hidden takes send or skip", "say --hidden=send or --hidden=skip")
	}
	if len(s.mistakes) == 0 {
		return nil
	}
	m := s.mistakes[0]
	return broken("settings", "batch.toml, "+strings.Join(m.Path, " ")+": "+m.Message, m.Remedy)
}

func (s *settings) mistake(message, remedy string, path ...string) {
	s.mistakes = append(s.mistakes, Mistake{Path: path, Message: message, Remedy: remedy})
}

func setOf(list []string) map[string]bool {
	set := map[string]bool{}
	for _, v := range list {
		set[v] = true
	}
	return set
}

// noColumn is said of a name that is none of our columns'.
const noColumn = "there is no such column"

// didYouMean suggests the column that was probably meant.
func didYouMean(name string) string {
	if f, ok := nearlyKnown(name); ok {
		return "did you mean " + f.String() + "?"
	}
	return "write one of our column names, such as title or signer2_email, or take it out"
}

func (s *settings) columnNames() {
	for _, header := range slices.Sorted(maps.Keys(s.Columns)) {
		name := s.Columns[header]
		f, ok := knownNames[fold(name)]
		if !ok && name != "-" {
			s.mistake(fmt.Sprintf("this header is to be %q, but %s", name, noColumn), didYouMean(name)+`; "-" puts a column aside`, "columns", header)
			continue
		}
		if _, twice := s.mapped[fold(header)]; twice {
			s.mistake("the same header, written in another way, stands here already", "keep one of them", "columns", header)
			continue
		}
		s.mapped[fold(header)] = target{field: f, aside: name == "-"}
	}
}

func (s *settings) jobDefaults() {
	for _, name := range slices.Sorted(maps.Keys(s.Defaults)) {
		switch f, ok := knownNames[fold(name)]; {
		case !ok:
			s.mistake(noColumn, didYouMean(name), "defaults", name)
		case f.ofSigner():
			s.mistake("this is a column of a signer", fmt.Sprintf("write it under [defaults.signer%d]", f.n), "defaults", name)
		default:
			s.addDefault(f, s.Defaults[name], "defaults", name)
		}
	}
}

func (s *settings) signerDefaults() {
	for _, n := range slices.Sorted(maps.Keys(s.SignerDefaults)) {
		table := fmt.Sprintf("signer%d", n)
		for _, name := range slices.Sorted(maps.Keys(s.SignerDefaults[n])) {
			switch f, ok := signerColumn(name); {
			case n < 1 || n > mailout.MaxSigners:
				s.mistake("signers are numbered 1 to 10", "correct the number", "defaults", table)
			case !ok:
				s.mistake("there is no such column of a signer", didYouMean(name), "defaults", table, name)
			default:
				s.addDefault(field{f.name, int8(n)}, s.SignerDefaults[n][name], "defaults", table, name)
			}
		}
	}
}

// signerColumn finds a column of a signer by its name without a number.
func signerColumn(name string) (field, bool) {
	f, ok := knownNames[fold(name)]
	return f, ok && f.ofSigner() && f.n == 1
}

func (s *settings) addDefault(f field, value string, path ...string) {
	t, err := parseTemplate(value)
	if err != nil {
		s.mistake("a brace stands here without its other half", "write placeholders as {Header}", path...)
		return
	}
	if _, twice := s.defaults[f]; twice {
		s.mistake("the default of "+f.String()+" is given already, under another of its names", "keep one of them", path...)
		return
	}
	s.defaults[f], s.presets[f.index()] = t, t
	for _, p := range t {
		if p.header != "" {
			s.asked[fold(p.header)] = true
		}
	}
	if f.name == fDocument {
		s.shareFiles(t)
	}
	if t.plain() {
		s.checkValue(f, s.meant(f, table.Cell{Text: value}).Text, path...)
	}
}

// shareFiles remembers the files that a default names in its own words: all rows are
// meant to have them.
func (s *settings) shareFiles(t template) {
	for _, part := range t.split("+") {
		if !part.plain() || len(part) == 0 {
			continue
		}
		if p, err := documentPath(table.Clean(part[0].text)); err == nil {
			s.shared[p] = true
		}
	}
}

// fixedSigners reads [[signers]], which sign every row.
func (s *settings) fixedSigners() {
	for i, given := range s.Signers {
		at, found := fmt.Sprintf("#%d", i+1), len(s.mistakes)
		cells := map[name]table.Cell{}
		for _, name := range slices.Sorted(maps.Keys(given)) {
			f, ok := signerColumn(name)
			switch _, twice := cells[f.name]; {
			case !ok:
				s.mistake("there is no such column of a signer", didYouMean(name), "signers", at, name)
			case twice:
				s.mistake(f.String()+" is given already, under another of its names", "keep one of them", "signers", at, name)
			case s.checkValue(f, given[name], "signers", at, name):
				cells[f.name] = table.Cell{Text: given[name]}
			}
		}
		signer, ordered := s.fixedSigner(cells)
		if len(s.mistakes) == found && signer.NationalID == "" && signer.Email == "" && signer.Mobile == "" {
			s.mistake("nobody is named here", "give a national number, an e-mail address or a mobile number", "signers", at)
		}
		s.fixed, s.ordered = append(s.fixed, signer), append(s.ordered, ordered)
	}
	if slices.Contains(s.ordered, true) && slices.Contains(s.ordered, false) {
		s.mistake("some of [[signers]] have an order and others have none", "give each an order, or none", "signers")
	}
}

// defaulted reports whether a default stands for the same thing as f.
func (s *settings) defaulted(f field) bool {
	for d := range s.defaults {
		if sameThing(d) == sameThing(f) {
			return true
		}
	}
	return false
}

// sameThing makes columns equal of which a row can have only one.
func sameThing(f field) field {
	if f.name == fSeconds || f.name == fDeadline {
		return field{name: fDays}
	}
	return f
}

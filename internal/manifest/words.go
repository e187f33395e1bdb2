package manifest

import (
	"errors"
	"maps"
	"slices"

	"batch/internal/rules"
	"batch/internal/table"
)

// reading says how a column's values are judged before any row is read. closed says
// that only certain values can stand there, so that [values] may put them in the place
// of words: not free text, and not what tells a person.
func (s *settings) reading(column name) (judge func(table.Cell) error, closed bool) {
	switch column {
	case fSender:
		return judged(s.parseSender), true
	case fActivation:
		return judged(parseTime(s.Location, morning)), true
	case fDeadline:
		return judged(parseTime(s.Location, evening)), true
	case fDays:
		return judged(parseDays), true
	case fSeconds:
		return judged(parseSeconds), true
	case fAuthentication:
		return judged(parseAuthentication), true
	case fIdentifier:
		return judged(parseIdentifier), true
	case fOrder:
		return judged(parseOrder), true
	case fSignatureType:
		return judged(parseSignatureType), true
	case fOnBehalfOf:
		return judged(parseOnBehalfOf), true
	case fNotify:
		return judged(parseNotify), true
	case fNationalID:
		return s.judgeID, false
	case fEmail:
		return judged(parseEmail), false
	case fMobile:
		return judged(parseMobile), false
	case fEarlier:
		return judged(parseEarlier), false
	case fDescription:
		return judged(parseLines), false
	}
	return judged(parseLine), false
}

func (s *settings) judgeID(c table.Cell) error {
	id, err := parseID(c)
	if err != nil {
		return err
	}
	return s.mayUse(id)
}

// judged is a parser that only judges.
func judged[T any](parse func(table.Cell) (T, error)) func(table.Cell) error {
	return func(c table.Cell) error {
		_, err := parse(c)
		return err
	}
}

// checkValue judges a value that batch.toml gives for a column, so that it is told once
// and not of every row.
func (s *settings) checkValue(f field, value string, path ...string) bool {
	judge, _ := s.reading(f.name)
	v := (*rules.Fault)(nil)
	if !errors.As(judge(table.Cell{Text: value}), &v) {
		return true
	}
	s.mistake(v.Message, v.Remedy, path...)
	return false
}

// valueTables reads [values]: what people write, and what we read.
func (s *settings) valueTables() {
	for _, name := range slices.Sorted(maps.Keys(s.Values)) {
		f, ok := knownNames[fold(name)]
		_, closed := s.reading(f.name)
		switch {
		case !ok:
			s.mistake(noColumn, didYouMean(name), "values", name)
		case !closed:
			s.mistake("what stands in this column is taken as it is: it is free text, or somebody's own", "take the table out; [values] is for columns such as order, notify and sender", "values", name)
		case f.n > 1 || s.words[f.name] != nil:
			s.mistake("there is one table for each column, which holds for every signer", "write all of it under [values."+f.name.String()+"]", "values", name)
		default:
			s.words[f.name] = s.wordTable(f, name)
		}
	}
}

func (s *settings) wordTable(f field, name string) map[string]string {
	words := map[string]string{}
	for _, word := range slices.Sorted(maps.Keys(s.Values[name])) {
		switch _, twice := words[fold(word)]; {
		case fold(word) == "":
			s.mistake("an empty cell cannot stand for something", "give the column a default under [defaults]", "values", name, word)
		case twice:
			s.mistake("the same word, written in another way, stands here already", "keep one of them: capital letters and spaces do not matter", "values", name, word)
		case s.checkValue(f, s.Values[name][word], "values", name, word):
			words[fold(word)] = s.Values[name][word]
		}
	}
	return words
}

// meant is what a cell of a column is read as.
func (s *settings) meant(f field, c table.Cell) table.Cell {
	if len(s.words) == 0 {
		return c
	}
	if words := s.words[f.name]; words != nil {
		if v, ok := words[fold(c.Text)]; ok {
			return table.Cell{Text: v}
		}
	}
	return c
}

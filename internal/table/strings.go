package table

import (
	"encoding/xml"
	"io"
	"regexp"
	"strconv"
	"unicode/utf16"
)

// What the shared strings of a workbook may take in memory.
const (
	maxStringBytes = 64 << 20
	maxStrings     = 4 << 20
	stringBlock    = 256 << 10
)

var errStrings = broken("manifest-too-large", "the workbook holds more than 64 MB of text", "save the list alone under a new name, or as CSV")

// readStrings reads the shared strings (ECMA-376 part 1, 18.4.9). They are kept in
// blocks: a million strings of their own would cost as much again as their text.
func readStrings(p *pack, part string) ([]string, error) {
	s, err := p.open(part, maxPart)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	var (
		list  []string
		block []byte
		ends  []int
		total int
	)
	keep := func() {
		text, from := string(block), 0
		for _, end := range ends {
			list = append(list, text[from:end])
			from = end
		}
		block, ends = block[:0], ends[:0]
	}
	for {
		token, err := s.next()
		if err == io.EOF {
			keep()
			return list, nil
		} else if err != nil {
			return nil, err
		}
		if e, ok := token.(xml.StartElement); !ok || e.Name.Local != "si" {
			continue
		}
		before := len(block)
		if block, err = s.richText(block); err != nil {
			return nil, err
		}
		total += len(block) - before
		if total > maxStringBytes || len(list)+len(ends) >= maxStrings {
			return nil, errStrings
		}
		if ends = append(ends, len(block)); len(block) > stringBlock {
			keep()
		}
	}
}

// richText returns the text of the element that began last, a string item or an inline
// string: its runs joined, without phonetic hints (ECMA-376 part 1, 18.4.8).
func (s *xmlStream) richText(into []byte) ([]byte, error) {
	most := len(into) + maxXMLPiece
	for level := s.depth; ; {
		token, err := s.next()
		if err != nil {
			return into, unexpected(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			switch t.Name.Local {
			case "t":
				into, err = s.run(into)
			case "r": // its own text follows
			default:
				err = s.skip()
			}
			if err == nil && len(into) > most {
				err = errLongText
			}
			if err != nil {
				return into, err
			}
		case xml.EndElement:
			if s.depth < level {
				return into, nil
			}
		}
	}
}

// run returns the text of a run. Escapes do not go over its end.
func (s *xmlStream) run(into []byte) ([]byte, error) {
	from := len(into)
	into, err := s.text(into)
	if err == nil && escaped.Match(into[from:]) {
		into = append(into[:from], unescape(string(into[from:]))...)
	}
	return into, err
}

// escaped is how workbooks write characters that XML cannot carry, such as _x000D_
// (ECMA-376 part 1, 22.9.2.19, ST_Xstring). They are units of
// UTF-16: two of them may be one character.
var escaped = regexp.MustCompile(`(_x[0-9A-Fa-f]{4}_)+`)

func unescape(s string) string {
	if len(s) < len("_x000D_") {
		return s
	}
	return escaped.ReplaceAllStringFunc(s, func(e string) string {
		var units []uint16
		for ; e != ""; e = e[len("_x000D_"):] {
			n, _ := strconv.ParseUint(e[2:6], 16, 16) // cannot fail: these are four such digits
			units = append(units, uint16(n))
		}
		return string(utf16.Decode(units))
	})
}

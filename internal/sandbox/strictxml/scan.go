package strictxml

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// scanner cuts a document into the parts of XML 1.0 (fifth edition) and hands them to a
// tree. It takes no DOCTYPE and therefore knows no entities but the five of section 4.6.
type scanner struct {
	text string
	at   int
	tree *tree
}

// scan reads the whole document.
func (s *scanner) scan() error {
	s.text = oneKindOfBreak(s.text)
	if strange := notCharacter(s.text); strange >= 0 {
		s.at = strange
		return s.broken()
	}
	for s.at < len(s.text) {
		if err := s.next(); err != nil {
			return err
		}
	}
	return nil
}

// oneKindOfBreak makes every line break a line feed (section 2.11).
func oneKindOfBreak(text string) string {
	return strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
}

func (s *scanner) next() error {
	switch rest := s.text[s.at:]; {
	case rest[0] != '<':
		return s.characters()
	case strings.HasPrefix(rest, "<!--"):
		return s.comment()
	case strings.HasPrefix(rest, "<![CDATA[") && s.tree.open != nil:
		return s.cdata()
	case strings.HasPrefix(rest, "<!"):
		return errors.New("the XML has a DOCTYPE, or a CDATA section outside its root element; neither is allowed")
	case strings.HasPrefix(rest, "<?"):
		return s.instruction()
	case strings.HasPrefix(rest, "</"):
		return s.endTag()
	}
	return s.startTag()
}

func (s *scanner) broken() error {
	return fmt.Errorf("the XML is not well-formed at line %d", 1+strings.Count(s.text[:s.at], "\n"))
}

// upTo takes what stands before an end, and the end.
func (s *scanner) upTo(end string) (string, error) {
	length := strings.Index(s.text[s.at:], end)
	if length < 0 {
		return "", s.broken()
	}
	inside := s.text[s.at:][:length]
	s.at += length + len(end)
	return inside, nil
}

func (s *scanner) characters() error {
	length := strings.IndexByte(s.text[s.at:], '<')
	if length < 0 {
		length = len(s.text) - s.at
	}
	raw := s.text[s.at:][:length]
	if s.tree.open == nil {
		if strings.Trim(raw, Blanks) != "" {
			return errors.New("the XML has text outside its root element")
		}
		s.at += length
		return nil
	}
	text, ok := resolved(raw)
	if !ok || strings.Contains(raw, "]]>") {
		return s.broken()
	}
	s.at += length
	s.tree.open.children = append(s.tree.open.children, text)
	return nil
}

// comment is skipped: comments are no part of the canonical form.
func (s *scanner) comment() error {
	s.at += len("<!--")
	text, err := s.upTo("-->")
	if err == nil && (strings.Contains(text, "--") || strings.HasSuffix(text, "-")) {
		return s.broken()
	}
	return err
}

func (s *scanner) cdata() error {
	s.at += len("<![CDATA[")
	text, err := s.upTo("]]>")
	s.tree.open.children = append(s.tree.open.children, text)
	return err
}

func (s *scanner) instruction() error {
	s.at += len("<?")
	target, ok := s.name()
	if !ok || strings.Contains(target, ":") {
		return s.broken()
	}
	if strings.EqualFold(target, "xml") {
		return errors.New("the XML declaration is not at the start, or not in order")
	}
	apart := s.blanks()
	body, err := s.upTo("?>")
	if err != nil || body != "" && !apart {
		return s.broken()
	}
	if s.tree.open != nil {
		s.tree.open.children = append(s.tree.open.children, instruction{target, body})
	}
	return nil
}

func (s *scanner) endTag() error {
	s.at += len("</")
	prefix, local, ok := s.qualifiedName()
	s.blanks()
	if !ok || !s.skip('>') {
		return s.broken()
	}
	return s.tree.end(prefix, local)
}

func (s *scanner) startTag() error {
	s.at += len("<")
	prefix, local, ok := s.qualifiedName()
	if !ok {
		return s.broken()
	}
	var attrs []attribute
	for {
		apart := s.blanks()
		switch {
		case s.skip('>'):
			return s.tree.start(prefix, local, attrs)
		case s.skip('/'):
			if !s.skip('>') {
				return s.broken()
			}
			if err := s.tree.start(prefix, local, attrs); err != nil {
				return err
			}
			return s.tree.end(prefix, local)
		}
		a, ok := s.attribute()
		if !ok || !apart {
			return s.broken()
		}
		if attrs = append(attrs, a); len(attrs) > maxAttributes {
			return s.tree.start(prefix, local, attrs) // which says that these are too many
		}
	}
}

func (s *scanner) attribute() (a attribute, ok bool) {
	if a.prefix, a.local, ok = s.qualifiedName(); !ok {
		return a, false
	}
	s.blanks()
	if !s.skip('=') {
		return a, false
	}
	s.blanks()
	if s.at == len(s.text) || s.text[s.at] != '"' && s.text[s.at] != '\'' {
		return a, false
	}
	quote := s.text[s.at:][:1]
	s.at++
	raw, err := s.upTo(quote)
	if err != nil || strings.Contains(raw, "<") {
		return a, false
	}
	a.value, ok = resolved(blanksAsSpaces.Replace(raw)) // what is written as a reference stays (section 3.3.3)
	return a, ok
}

var blanksAsSpaces = strings.NewReplacer("\n", " ", "\t", " ")

// blanks skips blanks and says whether there were any.
func (s *scanner) blanks() bool {
	from := s.at
	for s.at < len(s.text) && strings.IndexByte(Blanks, s.text[s.at]) >= 0 {
		s.at++
	}
	return s.at > from
}

// Blanks are white space (production 3).
const Blanks = " \t\r\n"

func (s *scanner) skip(c byte) bool {
	if s.at < len(s.text) && s.text[s.at] == c {
		s.at++
		return true
	}
	return false
}

// qualifiedName is a name with at most one prefix (Namespaces in XML 1.0, section 4).
func (s *scanner) qualifiedName() (prefix, local string, ok bool) {
	name, ok := s.name()
	prefix, local, prefixed := strings.Cut(name, ":")
	if !prefixed {
		return "", name, ok
	}
	first, _ := utf8.DecodeRuneInString(local)
	return prefix, local, ok && prefix != "" && local != "" && first != ':' && isNameStart(first) && !strings.Contains(local, ":")
}

// name is a name (production 5).
func (s *scanner) name() (string, bool) {
	from := s.at
	for s.at < len(s.text) {
		r, size := rune(s.text[s.at]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRuneInString(s.text[s.at:])
		}
		if !isNameStart(r) && (s.at == from || !isNamePart(r)) {
			break
		}
		s.at += size
	}
	return s.text[from:s.at], s.at > from
}

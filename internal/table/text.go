package table

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"

	utf "golang.org/x/text/encoding/unicode"
)

var utf8Mark = []byte("\xEF\xBB\xBF")

func hasUTF16Mark(b []byte) bool {
	return bytes.HasPrefix(b, []byte{0xFF, 0xFE}) || bytes.HasPrefix(b, []byte{0xFE, 0xFF})
}

// textSurvey is what one look at all bytes of a text tells. It is written to.
type textSurvey struct {
	some     bool // there is something besides white space
	notUTF8  bool
	replaced bool // there is a U+FFFD, which decoders write for what they cannot read
	nul      int  // the line of the first NUL; 0: there is none

	lines lineCount
	tail  []byte // the beginning of a character that goes on in the next Write
}

func (s *textSurvey) Write(b []byte) (int, error) {
	s.some = s.some || len(bytes.TrimSpace(b)) > 0
	if at := bytes.IndexByte(b, 0); at >= 0 && s.nul == 0 {
		s.nul = s.lines.of(b, at)
	}
	s.lines.add(b)
	s.characters(b)
	return len(b), nil
}

// lineCount counts line ends: LF, CRLF, and CR alone.
type lineCount struct {
	ends   int
	loneCR bool // there is a CR alone
	lastCR bool
}

func (l *lineCount) add(b []byte) {
	if len(b) == 0 {
		return
	}
	l.ends += bytes.Count(b, []byte{'\n'})
	l.carriageReturn(l.lastCR && b[0] != '\n')
	for rest := b; ; {
		at := bytes.IndexByte(rest, '\r')
		if at < 0 || at == len(rest)-1 {
			break
		}
		l.carriageReturn(rest[at+1] != '\n')
		rest = rest[at+1:]
	}
	l.lastCR = b[len(b)-1] == '\r'
}

func (l *lineCount) carriageReturn(alone bool) {
	if alone {
		l.ends++
		l.loneCR = true
	}
}

// of is the line of b[at], where b follows what was added.
func (l lineCount) of(b []byte, at int) int {
	l.add(b[:at+1])
	return l.ends + 1
}

func (s *textSurvey) characters(b []byte) {
	if len(s.tail) > 0 {
		b = append(s.tail, b...)
	}
	whole := len(b)
	for back := 1; back <= min(utf8.UTFMax-1, len(b)); back++ {
		if utf8.RuneStart(b[len(b)-back]) {
			if !utf8.FullRune(b[len(b)-back:]) {
				whole = len(b) - back
			}
			break
		}
	}
	s.notUTF8 = s.notUTF8 || !utf8.Valid(b[:whole])
	s.replaced = s.replaced || bytes.Contains(b[:whole], []byte("\uFFFD"))
	s.tail = append([]byte(nil), b[whole:]...)
}

// valid reports whether all of it was UTF-8, a cut-off character at its end included.
func (s *textSurvey) valid() bool { return !s.notUTF8 && len(s.tail) == 0 }

func notText(line int) error {
	return broken("manifest-binary", fmt.Sprintf("the file is not text: line %d holds bytes that no text has", line), wanted+"; if it is UTF-16, say --encoding utf-16le")
}

// decoded returns how to read a text file as UTF-8 with "\n" for every line end, each
// time from its beginning. Without a wish it is UTF-16 where a mark says so, UTF-8 where
// it is valid, and Windows-1252 otherwise, as Excel saves "CSV".
func decoded(raw *rawText, seen *textSurvey, wish string) (func() *bufio.Reader, error) {
	enc, name, err := encodingOf(raw.f, seen, wish)
	if err != nil {
		return nil, err
	}
	if enc == nil { // UTF-8 already
		return func() *bufio.Reader { return textReader(raw.open(), seen.lines.loneCR) }, nil
	}
	if enc == charmap.Windows1252 && wish == "" {
		bad := &finder1252{}
		if _, err := io.Copy(bad, raw.open()); err != nil {
			return nil, broken("manifest-unreadable", "the file cannot be read: "+reason(err), "check the disk or the network drive and try again")
		} else if bad.line > 0 {
			return nil, broken("encoding-unknown", fmt.Sprintf("the text is neither UTF-8 nor Windows-1252 (line %d)", bad.line),
				`save it as "CSV UTF-8", or say with --encoding what it is`)
		}
	}
	// Decoders replace what they cannot read. Nothing is to be lost in silence, so
	// the whole text is looked at once before a row is read.
	var text textSurvey
	if _, err := io.Copy(&text, enc.NewDecoder().Reader(raw.open())); err != nil || text.replaced {
		return nil, broken("encoding-wrong", "the text is not valid "+name, `save it as "CSV UTF-8", or say with --encoding what it is`)
	} else if text.nul > 0 {
		return nil, notText(text.nul)
	}
	return func() *bufio.Reader { return textReader(enc.NewDecoder().Reader(raw.open()), text.lines.loneCR) }, nil
}

// rawText is a text file as it stands on the disk.
type rawText struct {
	f    io.ReaderAt
	size int64
	hash hash.Hash // of what was read since it was opened last
}

func (r *rawText) open() io.Reader {
	r.hash = sha256.New()
	return io.TeeReader(io.NewSectionReader(r.f, 0, r.size), r.hash)
}

// sum is the digest of what was read since the text was opened last: of all of it, once
// the last row was read.
func (r *rawText) sum() ([sha256.Size]byte, error) { return [sha256.Size]byte(r.hash.Sum(nil)), nil }

// encodingOf returns the encoding of a text and its name; nil is UTF-8.
func encodingOf(f io.ReaderAt, seen *textSurvey, wish string) (encoding.Encoding, string, error) {
	head := make([]byte, 2)
	n, _ := f.ReadAt(head, 0)
	marked := hasUTF16Mark(head[:n])
	if wish != "" && !(marked && strings.EqualFold(wish, "utf-16")) {
		enc, err := htmlindex.Get(wish)
		if err != nil {
			return nil, "", broken("encoding-name", "that is not the name of an encoding", "say, for example, --encoding utf-8 or --encoding windows-1252")
		}
		return enc, wish, nil
	}
	switch {
	case marked:
		return utf.UTF16(utf.LittleEndian, utf.ExpectBOM), "UTF-16", nil
	case seen.valid():
		return nil, "UTF-8", nil
	}
	return charmap.Windows1252, "Windows-1252", nil
}

// textReader leaves out a byte order mark and makes every line end "\n". A CRLF is left
// to encoding/csv, which reads it as one.
func textReader(r io.Reader, loneCR bool) *bufio.Reader {
	if loneCR {
		r = &lineEndReader{r: r}
	}
	b := bufio.NewReaderSize(r, 64<<10)
	if mark, _ := b.Peek(len(utf8Mark)); bytes.Equal(mark, utf8Mark) {
		_, _ = b.Discard(len(utf8Mark)) // cannot fail: it was peeked at
	}
	return b
}

// lineEndReader turns CRLF and CR into LF.
type lineEndReader struct {
	r      io.Reader
	lastCR bool
}

func (l *lineEndReader) Read(p []byte) (int, error) {
	for {
		n, err := l.r.Read(p)
		kept := p[:0]
		for _, c := range p[:n] {
			if c != '\n' || !l.lastCR {
				kept = append(kept, pick(c == '\r', '\n', c))
			}
			l.lastCR = c == '\r'
		}
		if len(kept) > 0 || err != nil || len(p) == 0 {
			return len(kept), err
		}
	}
}

var toLF = strings.NewReplacer("\r\n", "\n", "\r", "\n")

func lineEnds(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	return toLF.Replace(s)
}

// finder1252 finds the first of the five bytes that Windows-1252 leaves undefined.
type finder1252 struct {
	line  int // of the first; 0: there is none
	lines lineCount
}

func (f *finder1252) Write(b []byte) (int, error) {
	undefined := func(c byte) bool { return c == 0x81 || c == 0x8D || c == 0x8F || c == 0x90 || c == 0x9D }
	if at := slices.IndexFunc(b, undefined); at >= 0 && f.line == 0 {
		f.line = f.lines.of(b, at)
	}
	f.lines.add(b)
	return len(b), nil
}

package table

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// What a workbook may unpack to. Parts are read as streams, so these bound time; what
// stays in memory has limits of its own.
const (
	maxPart      = 512 << 20 // a sheet, or the shared strings: about 700 000 rows of 12 columns
	maxUnpacked  = 2 << 30   // all that is read of one workbook, some of it more than once
	maxSmallPart = 16 << 20  // everything else that is read
	maxParts     = 10_000
	maxDirectory = 4 << 20 // bytes of the ZIP's directory
	maxRatio     = 100     // unpacked to packed; sheets of real lists reach 30
	freeOfRatio  = 1 << 20 // parts that unpack to less may have any ratio
	maxXMLPiece  = 1 << 20 // bytes of one XML token, and of one cell's text: Excel's limit is 32 767 characters
	maxXMLDepth  = 64
)

// pack is the package that a workbook is: a ZIP whose parts refer to each other by
// relations (ECMA-376 part 2). Nothing of it is ever unpacked to a disk.
type pack struct {
	parts map[string]*zip.File // by folded name
	left  int64                // bytes that may still be unpacked: parts may overlap in the file
}

func damaged(sentence string) *Error {
	return broken("manifest-damaged", sentence, "open it in Excel, save it under a new name and use that file")
}

var (
	errDamaged  = damaged("the workbook is damaged, or is no workbook")
	errCutOff   = damaged("the workbook is damaged: a part of it ends too early or is no XML")
	errBomb     = broken("manifest-too-large", "the workbook unpacks to more than a hundred times its size, which no list does", "remove what is not part of the list: formatted empty rows, other sheets; or save the list as CSV")
	errHuge     = broken("manifest-too-large", "the workbook unpacks to more than 512 MB", "remove what is not part of the list: pictures, other sheets, formatted empty rows")
	errLongText = broken("manifest-too-large", "a cell of the workbook holds more than a million characters", "shorten it, or take out what is not part of the list")
	errParts    = broken("manifest-too-large", "the workbook consists of more than 10 000 parts, which no list does", "save the list alone under a new name, or as CSV")
	errDoctype  = broken("manifest-damaged", "the workbook has a DOCTYPE declaration in it, which no spreadsheet program writes", "find out where the file comes from; open it in Excel and save it under a new name")
)

func openPack(f io.ReaderAt, size int64) (*pack, error) {
	d := &directoryReader{ReaderAt: f, left: maxDirectory}
	z, err := zip.NewReader(d, size)
	d.passed = true
	switch {
	case errors.Is(err, errParts) || err == nil && len(z.File) > maxParts:
		return nil, errParts
	case err != nil:
		return nil, errDamaged
	}
	p := &pack{parts: map[string]*zip.File{}, left: maxUnpacked}
	for _, part := range z.File {
		name := partName(part.Name)
		if _, twice := p.parts[name]; twice {
			return nil, damaged("the workbook is damaged: it has two parts of the same name")
		}
		p.parts[name] = part
	}
	return p, nil
}

// directoryReader stops a ZIP's directory that is longer than any workbook's.
type directoryReader struct {
	io.ReaderAt
	left   int
	passed bool // the directory was read; parts follow
}

func (d *directoryReader) ReadAt(b []byte, at int64) (int, error) {
	if !d.passed {
		if d.left -= len(b); d.left < 0 {
			return 0, errParts
		}
	}
	return d.ReaderAt.ReadAt(b, at)
}

// partName makes names comparable, as ECMA-376 part 2, 6.2.2.3 compares them: without
// case. Some programs write backslashes.
func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/"))
}

func (p *pack) has(name string) bool { return p.parts[partName(name)] != nil }

// open returns the tokens of a part.
func (p *pack) open(name string, most int64) (*xmlStream, error) {
	part, ok := p.parts[partName(name)]
	if !ok {
		return nil, errDamaged
	}
	packed, unpacked := int64(part.CompressedSize64), int64(part.UncompressedSize64)
	switch { // what it says of itself …
	case unpacked > freeOfRatio && unpacked/maxRatio > packed:
		return nil, errBomb
	case unpacked > most:
		return nil, errHuge
	}
	r, err := part.Open()
	if err != nil {
		return nil, errDamaged
	}
	// … is not relied on.
	limit := &limited{r: r, left: most, err: errHuge, pack: p}
	if ratio := max(freeOfRatio, packed*maxRatio); ratio < most {
		limit.left, limit.err = ratio, errBomb
	}
	return newXMLStream(limit, r), nil
}

// limited ends with err instead of giving more than left bytes.
type limited struct {
	r    io.Reader
	left int64
	err  error
	pack *pack
}

func (l *limited) Read(b []byte) (int, error) {
	n, err := l.r.Read(b)
	if l.left -= int64(n); l.left < 0 {
		return 0, l.err
	}
	if l.pack.left -= int64(n); l.pack.left < 0 {
		return 0, errHuge
	}
	return n, err
}

// unmarshal reads a small part as a whole.
func (p *pack) unmarshal(name string, into any) error {
	s, err := p.open(name, maxSmallPart)
	if err != nil {
		return err
	}
	defer s.Close()
	s.gauge.most = maxSmallPart
	if err := s.decoder.Decode(into); err != nil {
		return fault(err)
	}
	return nil
}

// fault is what an error that came up while reading a part means: one of ours, or
// damage.
func fault(err error) error {
	if ours := (*Error)(nil); errors.As(err, &ours) {
		return ours
	}
	return errCutOff
}

// relations are a part's references, by id and by kind.
type relations struct {
	byID   map[string]relation
	byKind map[string]string // the last segment of the type → the first part of it
}

type relation struct{ kind, part string }

// relationsOf reads the references of a part; "" is the package itself. A part without
// any has none.
func (p *pack) relationsOf(part string) (relations, error) {
	dir, base := path.Split(part)
	name := dir + "_rels/" + base + ".rels"
	rels := relations{byID: map[string]relation{}, byKind: map[string]string{}}
	if !p.has(name) {
		return rels, nil
	}
	var list struct {
		All []struct {
			ID     string `xml:"Id,attr"`
			Type   string `xml:"Type,attr"`
			Target string `xml:"Target,attr"`
		} `xml:"Relationship"`
	}
	if err := p.unmarshal(name, &list); err != nil {
		return rels, fmt.Errorf("reading relations: %w", err)
	}
	for _, r := range list.All {
		target := strings.ReplaceAll(r.Target, `\`, "/")
		if !strings.HasPrefix(target, "/") {
			target = path.Join(dir, target)
		}
		kind := path.Base(r.Type)
		rels.byID[r.ID] = relation{kind: kind, part: strings.TrimPrefix(target, "/")}
		if _, ok := rels.byKind[kind]; !ok {
			rels.byKind[kind] = strings.TrimPrefix(target, "/")
		}
	}
	return rels, nil
}

// xmlStream hands out a part's tokens, bounded in size and depth.
type xmlStream struct {
	decoder *xml.Decoder
	gauge   *gauge
	depth   int
	io.Closer
}

func newXMLStream(r io.Reader, c io.Closer) *xmlStream {
	s := &xmlStream{gauge: &gauge{r: &noDoctype{r: r}, most: maxXMLPiece}, Closer: c}
	s.decoder = xml.NewDecoder(s.gauge)
	return s
}

// next returns the next token. An error other than io.EOF is an [*Error].
func (s *xmlStream) next() (xml.Token, error) {
	s.gauge.since = 0
	token, err := s.decoder.Token()
	if err == io.EOF && s.decoder.InputOffset() > 0 {
		return nil, io.EOF
	} else if err != nil {
		return nil, fault(err)
	}
	switch token.(type) {
	case xml.StartElement:
		if s.depth++; s.depth > maxXMLDepth {
			return nil, errCutOff
		}
	case xml.EndElement:
		s.depth--
	}
	return token, nil
}

// skip passes over the rest of the element that began last.
func (s *xmlStream) skip() error {
	for level := s.depth; s.depth >= level; {
		if _, err := s.next(); err != nil {
			return unexpected(err)
		}
	}
	return nil
}

// unexpected makes an end of the part within an element what it is.
func unexpected(err error) error {
	if err == io.EOF {
		return errCutOff
	}
	return err
}

// text returns the characters of the element that began last, up to its end.
func (s *xmlStream) text(into []byte) ([]byte, error) {
	most := len(into) + maxXMLPiece
	for level := s.depth; ; {
		token, err := s.next()
		if err != nil {
			return into, unexpected(err)
		}
		switch t := token.(type) {
		case xml.CharData:
			if into = append(into, t...); len(into) > most {
				return into, errLongText
			}
		case xml.StartElement:
			if err := s.skip(); err != nil {
				return into, err
			}
		case xml.EndElement:
			if s.depth < level {
				return into, nil
			}
		}
	}
}

// noDoctype refuses a document type declaration, which could define entities. It stands
// before the first element, within the first bytes.
type noDoctype struct {
	r      io.Reader
	looked bool
}

func (n *noDoctype) Read(b []byte) (int, error) {
	if n.looked {
		return n.r.Read(b)
	}
	n.looked = true
	k, err := io.ReadFull(n.r, b[:min(len(b), 4096)])
	if err == io.ErrUnexpectedEOF {
		err = nil // the next read says io.EOF
	}
	if bytes.Contains(b[:k], []byte("<!DOCTYPE")) {
		return 0, errDoctype
	}
	return k, err
}

package pades

// maxNesting is deeper than any real container.
const maxNesting = 40

const unreadable = flaw("its container cannot be read")

// element returns the one ASN.1 element (X.690: BER, of which DER is a part) that b begins
// with; padding may follow it. Its nesting and all lengths within are in order.
func element(b []byte) (part, error) {
	if len(b) > maxCMS {
		return part{}, flaw("its container is too large")
	}
	p, _, err := partOf(b)
	return p, err
}

// measure is the number of bytes of the element that b begins with (X.690, 8.1).
func measure(b []byte, depth int) (int, error) {
	head, length, indefinite, ok := tagAndLength(b)
	if !ok || depth > maxNesting {
		return 0, unreadable
	}
	if b[0]&constructed == 0 {
		return head + length, nil
	}
	at := head
	for indefinite || at < head+length {
		end := len(b)
		if !indefinite {
			end = head + length
		}
		if indefinite && end-at >= 2 && b[at] == 0 && b[at+1] == 0 {
			return at + 2, nil
		}
		n, err := measure(b[at:end], depth+1)
		if err != nil {
			return 0, err
		}
		at += n
	}
	return at, nil
}

// tagAndLength reads an element's first bytes. ok means that the element, if its length is
// definite, lies within b. Tags of several bytes do not occur in CMS.
func tagAndLength(b []byte) (head, length int, indefinite, ok bool) {
	if len(b) < 2 || b[0]&0x1f == 0x1f {
		return 0, 0, false, false
	}
	first := b[1]
	switch {
	case first < 0x80:
		head, length = 2, int(first)
	case first == 0x80:
		return 2, 0, true, b[0]&constructed != 0
	case first <= 0x84 && len(b) >= 2+int(first&0x7f):
		head = 2 + int(first&0x7f)
		for _, c := range b[2:head] {
			length = length<<8 | int(c)
		}
	default:
		return 0, 0, false, false
	}
	return head, length, false, length >= 0 && length <= len(b)-head
}

// part is one element within another.
type part struct {
	tag  byte   // the first identifier octet (X.690, 8.1.2)
	body []byte // its contents, without the mark that ends an indefinite length
	raw  []byte // all of it
}

// partOf reads the element that b, which was measured, begins with.
func partOf(b []byte) (p part, rest []byte, err error) {
	n, err := measure(b, 0)
	if err != nil {
		return p, nil, err
	}
	head, _, indefinite, _ := tagAndLength(b)
	end := n
	if indefinite {
		end -= 2
	}
	return part{b[0], b[head:end], b[:n]}, b[n:], nil
}

// parts are the elements within one.
func (p part) parts() ([]part, error) {
	var all []part
	for rest := p.body; len(rest) > 0; {
		next, after, err := partOf(rest)
		if err != nil {
			return nil, err
		}
		all, rest = append(all, next), after
	}
	return all, nil
}

// octets is the content of an OCTET STRING, which may be in pieces (X.690, 8.7).
func (p part) octets() ([]byte, error) {
	if p.tag == tagOctets {
		return p.body, nil
	}
	if p.tag != tagOctets|constructed {
		return nil, unreadable
	}
	pieces, err := p.parts()
	if err != nil {
		return nil, err
	}
	var all []byte
	for _, piece := range pieces {
		if piece.tag != tagOctets {
			return nil, unreadable
		}
		all = append(all, piece.body...)
	}
	return all, nil
}

// Tags that occur in CMS. Those in brackets are told by their place.
const (
	constructed = 0x20
	tagBoolean  = 0x01
	tagInteger  = 0x02
	tagOctets   = 0x04
	tagOID      = 0x06
	tagSequence = 0x30
	tagSet      = 0x31
	tagContext0 = 0xa0
	tagContext1 = 0xa1
	tagContext3 = 0xa3
	tagKeyID    = 0x80
)

// reader takes the parts of an element one after another, and remembers the first that is
// not what it should be.
type reader struct {
	left []part
	err  error
}

func (p part) reader(tag byte) *reader {
	if p.tag != tag {
		return &reader{err: unreadable}
	}
	parts, err := p.parts()
	return &reader{parts, err}
}

// next takes a part that must be there.
func (r *reader) next(tag byte) part {
	if r.err == nil && (len(r.left) == 0 || r.left[0].tag != tag) {
		r.err = unreadable
	}
	if r.err != nil {
		return part{tag: tag}
	}
	return r.any()
}

// maybe takes a part if it is there.
func (r *reader) maybe(tag byte) (p part, ok bool) {
	if r.err != nil || len(r.left) == 0 || r.left[0].tag != tag {
		return p, false
	}
	return r.any(), true
}

// any takes the next part whatever it is; without one it is empty.
func (r *reader) any() part {
	if r.err == nil && len(r.left) == 0 {
		r.err = unreadable
	}
	if r.err != nil {
		return part{}
	}
	p := r.left[0]
	r.left = r.left[1:]
	return p
}

package pades

// maxNesting is deeper than any real container. The library that reads containers
// recurses into them and copies once for each level.
const maxNesting = 40

const unreadable = flaw("its container cannot be read")

// element returns the one ASN.1 element that b begins with; padding may follow it. Its
// nesting and lengths are checked, so that it may be handed to a trusting parser.
func element(b []byte) ([]byte, error) {
	if len(b) > maxCMS {
		return nil, flaw("its container is too large")
	}
	n, err := measure(b, 0)
	if err != nil {
		return nil, err
	}
	return b[:n], nil
}

// measure is the number of bytes of the element that b begins with (X.690, 8.1).
func measure(b []byte, depth int) (int, error) {
	head, length, indefinite, ok := tagAndLength(b)
	if !ok || depth > maxNesting {
		return 0, unreadable
	}
	if constructed := b[0]&0x20 != 0; !constructed {
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
		return 2, 0, true, b[0]&0x20 != 0
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

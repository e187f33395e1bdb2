package pades

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
)

// Ranges that hostile hands write. None may be taken for a seal, and none costs more than
// reading the document.
func TestHostileRanges(t *testing.T) {
	s := ordinary(t)
	sealed := s.sealed(t, document("x"))
	size := len(sealed)
	at := bytes.Index(sealed, []byte("/ByteRange["))
	gap := bytes.Index(sealed, []byte("/Contents<")) + len("/Contents")
	resume := gap + room + 2
	for name, numbers := range map[string][]int{
		"nothing":                     {0, 0, 0, 0},
		"the whole file":              {0, size, size, 0},
		"no gap":                      {0, gap, gap, size - gap},
		"overlapping":                 {0, resume, gap, size - gap},
		"backwards":                   {0, resume, 0, size},
		"not from the beginning":      {1, gap - 1, resume, size - resume},
		"beyond the end":              {0, gap, resume, size},
		"beyond any file":             {0, gap, 1 << 39, 1 << 39},
		"more than the container out": {0, gap - 10, resume, size - resume},
		"more behind it out":          {0, gap, resume + 10, size - resume - 10},
		"itself left out":             {0, at, resume, size - resume},
		"no end":                      {0, gap, resume, 0},
		"the last byte left out":      {0, gap, resume, size - resume - 3},
		"the beginning only":          {0, 10, gap, 20},
	} {
		if report, err := check(s.over(t, sealed, numbers)); err == nil {
			t.Errorf("%s: %+v", name, report)
		}
	}
	if _, err := check(s.over(t, sealed, []int{0, gap, resume, size - resume})); err != nil {
		t.Errorf("the honest one: %v", err)
	}
	short := s.over(t, sealed, []int{0, gap, resume, 40})
	if _, err := check(short); doubt(t, err) != "broken-signature" || !strings.Contains(err.Error(), "ends before any end of a PDF") {
		t.Errorf("a seal that leaves the end to anybody: %v", err)
	}
}

// over gives a sealed document another byte range, and signs what that covers as far as it
// is there.
func (s sealer) over(t *testing.T, sealed []byte, numbers []int) []byte {
	t.Helper()
	pdf := bytes.Clone(sealed)
	at := bytes.Index(pdf, []byte("/ByteRange[")) + len("/ByteRange[")
	room := bytes.IndexByte(pdf[at:], ']')
	text := strings.Trim(fmt.Sprint(numbers), "[]")
	copy(pdf[at:], text+strings.Repeat(" ", room-len(text)))
	var covered []byte
	for i := 0; i < len(numbers); i += 2 {
		from := min(numbers[i], len(pdf))
		covered = append(covered, pdf[from:min(len(pdf), from+numbers[i+1])]...)
	}
	hex.Encode(pdf[bytes.Index(pdf, []byte("/Contents<"))+len("/Contents<"):], s.cms(t, covered))
	return pdf
}

// What stands before or behind a good signature is for a person to look at.
func TestBrokenSignaturesBesideGoodOnes(t *testing.T) {
	s := ordinary(t)
	broken := func(pdf []byte) []byte {
		return s.sealedWith(t, pdf, func(_ []byte, gap, _ int) (int, []byte) { return gap, s.cms(t, []byte("other")) })
	}
	for name, pdf := range map[string][]byte{
		"the first broken":            s.sealed(t, broken(document("x"))),
		"the last broken":             broken(s.sealed(t, document("x"))),
		"both around broken":          broken(s.sealed(t, broken(document("x")))),
		"a text like a range, before": s.sealed(t, document("/ByteRange[0 10 20 30]")),
	} {
		report, err := check(pdf)
		if err != nil || report.Signatures != 1 || !strings.Contains(strings.Join(report.Warnings, " "), "does not hold") {
			t.Errorf("%s: %+v, %v", name, report, err)
		}
	}
	if _, err := check(broken(broken(document("x")))); doubt(t, err) != "broken-signature" {
		t.Errorf("both broken: %v", err)
	}
}

// Cut anywhere, a document is not taken, but where the cut leaves one that is whole.
func TestCheckNoticesEveryTruncation(t *testing.T) {
	s := ordinary(t)
	updated := update(s.sealed(t, document("x")))
	whole := len(s.sealed(t, document("x")))
	for n := range updated {
		_, err := check(updated[:n])
		if taken, may := err == nil, n == whole || n == len(updated)-1; taken != may {
			t.Errorf("%d of %d bytes: %v", n, len(updated), err)
		}
	}
	for _, behind := range []string{"x", "<html>", "\n\x01", "%%EOF%", strings.Repeat(" ", footerSpan) + "x"} {
		if _, err := check(append(bytes.Clone(updated), behind...)); doubt(t, err) != "incomplete" {
			t.Errorf("%q behind the end: %v", behind, err)
		}
	}
}

// long is a document of many bytes that are nowhere in memory: a sealed one, and then
// white space up to an update.
type long struct {
	head, tail []byte
	size       int64
}

func (l long) ReadAt(p []byte, off int64) (int, error) {
	for i := range p {
		switch at := off + int64(i); {
		case at >= l.size:
			return i, io.EOF
		case at < int64(len(l.head)):
			p[i] = l.head[at]
		case at >= l.size-int64(len(l.tail)):
			p[i] = l.tail[at-l.size+int64(len(l.tail))]
		default:
			p[i] = ' '
		}
	}
	return len(p), nil
}

func TestALargeDocumentTakesLittleMemory(t *testing.T) {
	const size = 64 << 20
	sealed := ordinary(t).sealed(t, document("x"))
	var before, after runtime.MemStats
	for name, l := range map[string]long{
		"sealed": {sealed, update(sealed)[len(sealed):], size},
		"no end": {sealed, nil, size},
	} {
		runtime.ReadMemStats(&before)
		report, err := Check(l, l.size)
		runtime.ReadMemStats(&after)
		if sum := after.TotalAlloc - before.TotalAlloc; sum > 4<<20 {
			t.Errorf("%s: %d bytes were allocated", name, sum)
		}
		if name == "sealed" && (err != nil || report.Signatures != 1 || len(report.Warnings) != 1) {
			t.Errorf("%s: %+v, %v", name, report, err)
		}
		if d := (*Doubt)(nil); name == "no end" && (!errors.As(err, &d) || d.Code != "incomplete") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

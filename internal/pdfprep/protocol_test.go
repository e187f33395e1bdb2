package pdfprep

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"

	"batch/internal/mailout"
)

func TestFramesComeBack(t *testing.T) {
	var b bytes.Buffer
	must(t, writeFrame(&b, request{Files: []int64{3, 0, 2}}, []byte("abc"), nil, []byte("de")))
	must(t, writeFrame(&b, reply{Pages: 3, Bytes: 4}, []byte("%PDF")))
	files, err := readRequest(&b)
	must(t, err)
	if len(files) != 3 || string(files[0]) != "abc" || len(files[1]) != 0 || string(files[2]) != "de" {
		t.Errorf("files %q", files)
	}
	rep, merged, err := readReply(&b)
	must(t, err)
	if rep.Pages != 3 || string(merged) != "%PDF" {
		t.Errorf("reply %+v %q", rep, merged)
	}
	if _, err := readRequest(&b); err != io.EOF {
		t.Errorf("between two frames: %v, want EOF", err)
	}
}

func TestFramesAreBounded(t *testing.T) {
	frame := func(header any) []byte {
		var b bytes.Buffer
		must(t, writeFrame(&b, header))
		return b.Bytes()
	}
	for name, b := range map[string][]byte{
		"long header":     binary.BigEndian.AppendUint32(nil, maxHeader+1),
		"cut header":      {0, 0, 0, 9, '{'},
		"not JSON":        {0, 0, 0, 1, 'x'},
		"unknown field":   frame(map[string]int{"shell": 1}),
		"negative size":   frame(reply{Bytes: -1}),
		"more than a job": frame(reply{Bytes: mailout.MaxDocumentBytes + 1}),
		"cut body":        append(frame(reply{Bytes: 10}), "123"...),
	} {
		if _, _, err := readReply(bytes.NewReader(b)); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	for name, r := range map[string]request{
		"no file":    {},
		"many files": {Files: make([]int64, maxParts+1)},
		"too much":   {Files: []int64{maxMergeBytes + 1}},
	} {
		if _, err := readRequest(bytes.NewReader(frame(r))); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// A worker that a file took over may answer anything.
func FuzzReadReply(f *testing.F) {
	f.Add([]byte{0, 0, 0, 2, '{', '}'})
	f.Add([]byte("\x00\x00\x00\x26{\"findings\":[{\"code\":\"pdf-damaged\"}]}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		rep, merged, err := readReply(bytes.NewReader(b))
		if err == nil && (int64(len(merged)) != rep.Bytes || len(merged) > len(b)) {
			t.Errorf("%d bytes of PDF from %d", len(merged), len(b))
		}
		for _, p := range problems("a.pdf", rep.Findings) {
			if _, ok := catalogue[p.Code]; !ok {
				t.Errorf("the worker's own code %q got through", p.Code)
			}
		}
	})
}

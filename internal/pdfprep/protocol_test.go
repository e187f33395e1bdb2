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
	must(t, writeFrame(&b, request{Files: []part{{Bytes: 3}, {Known: true}, {Bytes: 2}}, Merge: true}, []byte("abc"), nil, []byte("de")))
	must(t, writeFrame(&b, reply{Verdict: verdict{Pages: 3, PDFA: "2b"}, Bytes: 4}, []byte("%PDF")))
	req, files, err := readRequest(&b)
	must(t, err)
	if !req.Merge || !req.Files[1].Known || req.Files[2].Known || len(files) != 3 || string(files[0]) != "abc" || len(files[1]) != 0 || string(files[2]) != "de" {
		t.Errorf("files %q", files)
	}
	rep, merged, err := readReply(&b, 4)
	must(t, err)
	if rep.Verdict.Pages != 3 || rep.Verdict.PDFA != "2b" || string(merged) != "%PDF" {
		t.Errorf("reply %+v %q", rep, merged)
	}
	if _, _, err := readRequest(&b); err != io.EOF {
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
		if _, _, err := readReply(bytes.NewReader(b), mailout.MaxDocumentBytes); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	for name, r := range map[string]request{
		"no file":    {},
		"many files": {Files: make([]part, maxParts+1)},
		"too much":   {Files: []part{{Bytes: maxMergeBytes + 1}}},
	} {
		if _, _, err := readRequest(bytes.NewReader(frame(r))); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// A worker that a file took over may answer anything.
func FuzzReadReply(f *testing.F) {
	f.Add([]byte{0, 0, 0, 2, '{', '}'})
	var whole bytes.Buffer
	if err := writeFrame(&whole, reply{Verdict: verdict{Findings: []finding{{Code: codeDamaged}}}, Bytes: 3}, []byte("PDF")); err != nil {
		f.Fatal(err)
	}
	f.Add(whole.Bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		rep, merged, err := readReply(bytes.NewReader(b), mailout.MaxDocumentBytes)
		if err == nil && (int64(len(merged)) != rep.Bytes || len(merged) > len(b)) {
			t.Errorf("%d bytes of PDF from %d", len(merged), len(b))
		}
		for _, p := range problems("a.pdf", rep.Verdict.Findings) {
			if _, ok := catalogue[p.Code]; !ok {
				t.Errorf("the worker's own code %q got through", p.Code)
			}
		}
	})
}

// A worker reads what its parent writes; whatever comes instead, it ends and says so.
func FuzzReadRequest(f *testing.F) {
	var whole bytes.Buffer
	if err := writeFrame(&whole, request{Files: []part{{Bytes: 3}, {Known: true}}, Merge: true}, []byte("PDF")); err != nil {
		f.Fatal(err)
	}
	f.Add(whole.Bytes())
	f.Add([]byte{0, 0, 0, 2, '{', '}'})
	f.Fuzz(func(t *testing.T, b []byte) {
		req, files, err := readRequest(bytes.NewReader(b))
		if err != nil {
			return
		}
		total := 0
		for i, file := range files {
			if total += len(file); int64(len(file)) != req.Files[i].Bytes {
				t.Errorf("file %d has %d bytes, announced were %d", i, len(file), req.Files[i].Bytes)
			}
		}
		if len(files) != len(req.Files) || total > len(b) {
			t.Errorf("%d files, %d bytes from %d", len(files), total, len(b))
		}
	})
}

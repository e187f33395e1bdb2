package pdfprep

import (
	"bytes"
	"errors"
	"io"

	"github.com/pdfcpu/pdfcpu/pkg/api"

	"batch/internal/mailout"
)

// merge makes one PDF of several, all of which were inspected, and judges it like an
// input. Without bookmarks: those that the library makes hold file names.
func merge(files [][]byte) (reply, []byte) {
	merged, err := mergeBytes(files)
	if err != nil {
		return reply{Findings: []finding{mergeFinding(err)}}, nil
	}
	rep := inspect(merged)
	if rep.Pages == 0 {
		return reply{Findings: []finding{{Code: codeMerge}}}, nil
	}
	return reply{Pages: rep.Pages, Bytes: int64(len(merged))}, merged
}

func mergeBytes(files [][]byte) ([]byte, error) {
	sources := make([]io.ReadSeeker, len(files))
	for i, f := range files {
		sources[i] = bytes.NewReader(f)
	}
	var out bounded
	err := guard(func() error { return api.MergeRaw(sources, &out, false, config()) })
	return out.b, err
}

func mergeFinding(err error) finding {
	if errors.Is(err, errTooLarge) {
		return finding{Code: codeMergedTooLarge}
	}
	return finding{Code: codeMerge}
}

var errTooLarge = errors.New("the merged PDF is too large")

// bounded keeps at most what one job may carry.
type bounded struct{ b []byte }

func (w *bounded) Write(p []byte) (int, error) {
	if len(w.b)+len(p) > mailout.MaxDocumentBytes {
		return 0, errTooLarge
	}
	w.b = append(w.b, p...)
	return len(p), nil
}

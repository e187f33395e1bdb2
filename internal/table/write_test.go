package table

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// odd are cells that programs trip over.
var odd = []string{"", " ", "a;b", `a"b`, `"`, "a\nb", "\n", "a\tb", " å ", "007", "1,5", "=1+1", "+47", "-", "@x", "'0150", "sep=;", "SANN", "#N/A ", "\ufeff", "\u200b", "\u00a0",
	"_x0041_", "_x005F_", "_x000D_", "_x005F_x0041_", "_xD83D_", "_xD83D__xDE00_", "_x0041_x0041_", "_x_", "_x0041", "<a>&amp;", "]]>", "👍", "A\u030a", "\u0001", "\u007f", "\u0085", "\u2028", "\uffff", strings.Repeat("å", 32768)}

// writeLines writes a header and lines, and reads them again.
func writeLines(t *testing.T, ending string, lines [][]string) (read [][]string, err error) {
	t.Helper()
	var file bytes.Buffer
	w := NewCSV(&file)
	if ending == ".xlsx" {
		w, err = NewWorkbook(&file, t.TempDir())
	}
	if err != nil {
		return nil, err
	}
	defer w.Close()
	for _, cells := range append([][]string{{"title", "fnr", "own"}}, lines...) {
		if err := w.Line(cells); err != nil {
			return nil, err
		}
	}
	if err := w.End(); err != nil {
		return nil, err
	}
	path := filepath.Join(t.TempDir(), "m"+ending)
	if err := os.WriteFile(path, file.Bytes(), 0o600); err != nil {
		return nil, err
	}
	r := readFile(path, Options{})
	for _, l := range r.rows {
		var cells []string
		for i := range 3 {
			cells = append(cells, l.At(i).Text)
		}
		read = append(read, cells)
	}
	return read, r.err
}

// Whatever stands in a cell is read again as it was written, or is refused: nothing comes back
// as something else.
func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	for _, ending := range []string{".csv", ".xlsx"} {
		t.Run(ending, func(t *testing.T) {
			for _, text := range odd {
				lines := [][]string{{"first", "x", text}, {text, "x", ""}}
				read, err := writeLines(t, ending, lines)
				if ending == ".xlsx" && errors.Is(err, ErrUnfit) {
					if !slices.Contains([]string{"\u0001", "\uffff", "_xD83D_", "_xD83D__xDE00_", "_x0041_x0041_", odd[len(odd)-1]}, text) {
						t.Errorf("%q does not fit", text)
					}
					continue
				}
				if err != nil || !slices.EqualFunc(lines, read, slices.Equal) {
					t.Errorf("%.40q is read as %.40q (%v)", lines, read, err)
				}
			}
			rapid.Check(t, func(rt *rapid.T) {
				cell := rapid.OneOf(rapid.SampledFrom(odd[:len(odd)-1]), rapid.StringOfN(rapid.Rune().Filter(func(r rune) bool { return r != '\r' && r != 0 }), 0, 8, -1)) // those no reader gives
				lines := [][]string{{cell.Draw(rt, "a"), "x", cell.Draw(rt, "b") + cell.Draw(rt, "c")}}
				read, err := writeLines(t, ending, lines)
				if ending == ".xlsx" && errors.Is(err, ErrUnfit) {
					return
				}
				if err != nil || !slices.EqualFunc(lines, read, slices.Equal) {
					rt.Fatalf("%q is read as %q (%v)", lines, read, err)
				}
			})
		})
	}
}

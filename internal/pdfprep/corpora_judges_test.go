package pdfprep

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"batch/internal/judgetest"
)

// judgeDeadline is the time each judge has for a file. One that takes longer is taken to
// have said nothing.
const judgeDeadline = time.Minute

// judges are the programs that public files are compared with.
type judges struct{ qpdf, pdfinfo, pdfsig, pdftotext, pdftoppm string }

func findJudges(t *testing.T) judges {
	return judges{judgetest.Find(t, "qpdf"), judgetest.Find(t, "pdfinfo"), judgetest.Find(t, "pdfsig"), judgetest.Find(t, "pdftotext"), judgetest.Find(t, "pdftoppm")}
}

// judged is what the judges say about a file.
type judged struct {
	encrypted bool
	signed    bool
	damaged   bool   // qpdf finds errors that it cannot mend
	mended    bool   // qpdf finds errors that it can
	pages     int    // pdfinfo's count; 0: it cannot read the file
	qpdfPages int    // 0: it cannot read the file
	version   string // as pdfinfo reads it: "1.7"
}

// Exit codes of qpdf (its manual, "Exit Status"): 2 says "not encrypted" to --is-encrypted.
const (
	qpdfErrors   = 2
	qpdfWarnings = 3
)

// readable says that both families of judges read the file, and as many pages.
func (j judged) readable() bool { return !j.damaged && j.pages > 0 && j.pages == j.qpdfPages }

// unreadable says that neither gets a page out of it.
func (j judged) unreadable() bool { return j.pages == 0 && j.qpdfPages == 0 }

func (js judges) judge(path string) judged {
	var j judged
	_, code := run(js.qpdf, "--check", path)
	j.damaged, j.mended = code == qpdfErrors, code == qpdfWarnings
	_, code = run(js.qpdf, "--is-encrypted", path)
	j.encrypted = code == 0
	out, _ := run(js.qpdf, "--show-npages", path)
	j.qpdfPages, _ = strconv.Atoi(strings.TrimSpace(string(out)))

	out, _ = run(js.pdfinfo, path)
	j.pages, _ = strconv.Atoi(value(out, "Pages"))
	j.version = value(out, "PDF version")
	j.encrypted = j.encrypted || strings.HasPrefix(value(out, "Encrypted"), "yes")

	out, _ = run(js.pdfsig, "-nocert", path)
	for _, line := range strings.Split(string(out), "Signature #")[1:] {
		j.signed = j.signed || !strings.Contains(line, "is not signed")
	}
	return j
}

var infoLine = regexp.MustCompile(`(?m)^([A-Za-z ]+):\s+(.*)$`)

// value is the value of a line of pdfinfo's.
func value(out []byte, name string) string {
	for _, m := range infoLine.FindAllSubmatch(out, -1) {
		if string(m[1]) == name {
			return string(bytes.TrimSpace(m[2]))
		}
	}
	return ""
}

// words counts each word that pdftotext finds from page first on; nil: it took too long.
func (js judges) words(path string, first int) map[string]int {
	out, code := run(js.pdftotext, "-q", "-enc", "UTF-8", "-f", strconv.Itoa(first), path, "-")
	if code < 0 {
		return nil
	}
	found := map[string]int{}
	for _, w := range strings.Fields(string(out)) {
		found[w]++
	}
	return found
}

// lost counts the words that are oftener in before than in after.
func lost(before, after map[string]int) int {
	n := 0
	for w, times := range before {
		n += max(0, times-after[w])
	}
	return n
}

// drawnPages is how many pages of a file are drawn, and drawnSize the longer side of each
// in pixels: enough to see that a font or a picture is gone.
const (
	drawnPages = 5
	drawnSize  = "300"
)

// draw paints pages from page first on, as one run of greyscale pictures; nil: it took too
// long, or there is nothing to paint.
func (js judges) draw(path string, first int) []byte {
	out, code := run(js.pdftoppm, "-q", "-gray", "-scale-to", drawnSize, "-f", strconv.Itoa(first), "-l", strconv.Itoa(first+drawnPages-1), path)
	if code < 0 || len(out) == 0 {
		return nil
	}
	return out
}

// alike says that hardly a pixel differs: rounding may move the edge of a letter.
func alike(a, b []byte) bool {
	const step, share = 64, 1000
	if len(a) != len(b) {
		return false
	}
	differ := 0
	for i := range a {
		if d := int(a[i]) - int(b[i]); d > step || d < -step {
			differ++
		}
	}
	return differ*share <= len(a)
}

// differ compares a file with the merged one that holds it from page 2 on: how many words
// were lost, and whether the pages look different. What a judge had no time for is no
// difference.
func (js judges) differ(file, merged string) (wordsLost int, redrawn bool) {
	if after := js.words(merged, 2); after != nil {
		wordsLost = lost(js.words(file, 1), after)
	}
	if before := js.draw(file, 1); before != nil {
		after := js.draw(merged, 2)
		redrawn = after != nil && !alike(before, after)
	}
	return wordsLost, redrawn
}

// run returns what a judge wrote and its exit code, or -1 when it was killed or took
// too long.
func run(name string, args ...string) ([]byte, int) {
	ctx, cancel := context.WithTimeout(context.Background(), judgeDeadline)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).Output()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return out, 0
	case errors.As(err, &exit):
		return out, exit.ExitCode()
	}
	return out, -1
}

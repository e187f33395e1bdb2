package pdfprep

import (
	"regexp"
	"strings"
	"testing"

	"batch/internal/mailout"
)

func TestEveryCodeHasWords(t *testing.T) {
	for code, e := range catalogue {
		for _, f := range []finding{{Code: code, N: 7}, {Code: code, N: 7, Page: 3, Object: 12}} {
			problem := f.problem("a.pdf")
			if e.message == "" || e.remedy == "" || strings.Contains(problem.String(), "%!") || problem.Severity != e.severity {
				t.Errorf("%s: %s", code, problem)
			}
			if onPage := strings.HasPrefix(problem.Message, "page 3: "); onPage != (f.Page == 3) || problem.Page != f.Page || problem.Object != f.Object {
				t.Errorf("%s: on page %d, object %d it is %+v", code, f.Page, f.Object, problem)
			}
		}
	}
}

// What a worker says is bounded: a hostile file may have taken it over.
func TestAWorkersWordsAreBounded(t *testing.T) {
	if got := (finding{Code: "invented by a hostile worker"}).problem("a.pdf"); got.Code != codeCrash || got.Severity != mailout.Stop {
		t.Errorf("an unknown code became %+v", got)
	}
	for _, n := range []int{-1, 1 << 40} {
		got := finding{Code: codeNotA4, N: n, Page: n, Object: n}.problem("a.pdf")
		if got.Page != 0 || got.Object != 0 || strings.Contains(got.Message, "page") && regexp.MustCompile(`\d{7}|-\d`).MatchString(got.Message) {
			t.Errorf("the number %d became %+v", n, got)
		}
	}
}

func TestTooLargeSaysByHowMuchAndWhatHelps(t *testing.T) {
	const megabyte = 1 << 20
	for _, c := range []struct {
		bytes, images   int64
		message, remedy string
	}{
		{15*megabyte + 200_000, 14 * megabyte, "15.2 MB, 5.2 MB more than the 10 MB .* pictures are 14.0 MB of it", "to 62 % of their bytes"},
		{10*megabyte + 1, 10 * megabyte, "10.1 MB, 0.1 MB more", "to 99 %"},
		{30 * megabyte, 21 * megabyte, "pictures are 21.0 MB", "alone are not enough: leave pages out"},
		{30 * megabyte, 100, "30.0 MB, 20.0 MB more", "alone are not enough: leave pages out"},
		{30 * megabyte, 0, "30.0 MB, 20.0 MB more .* together$", "scan again .* leave pages out"},
		{12 * megabyte, 99 * megabyte, "pictures are 12.0 MB of it", "to 83 %"}, // a worker that lies
	} {
		message, remedy := tooLarge(c.bytes, c.images)
		if !regexp.MustCompile(c.message).MatchString(message) || !regexp.MustCompile(c.remedy).MatchString(remedy) {
			t.Errorf("%d bytes, %d of pictures:\n%s\n  → %s", c.bytes, c.images, message, remedy)
		}
	}
}

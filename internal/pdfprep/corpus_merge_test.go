package pdfprep

import (
	"bytes"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"batch/internal/mailout"
)

// The parts that every file of the corpus is merged with.
const (
	corpusCover = "cairo/portrait.pdf"    // a page
	corpusTerms = "chromium/portrait.pdf" // two pages, tagged
)

// Every sendable file of the corpus, merged between a cover and terms: no page, no word and
// nothing drawn is lost, and nothing that is not on the pages comes along.
func TestCorpusMerges(t *testing.T) {
	js := findJudges(t)
	p := corpusPool(t, corpusFolder, 5*time.Minute)
	always := js.corpusWords(corpusCover)
	addWords(always, js.corpusWords(corpusTerms))
	forAll(t, corpusFacts(t, fact.sendable), func(f fact) error {
		made, err := p.Make(t.Context(), []string{corpusCover, f.file(), corpusTerms})
		if err != nil {
			return err
		}
		if wrong := codes(made.Findings); f["version"] == "2.0" && slices.Equal(wrong, []string{codeMergeVersion}) {
			return nil // sendable alone
		}
		if made.SHA256.IsZero() {
			t.Errorf("%s: not merged: %v %v", f.file(), codes(made.Findings), codes(made.Parts[1].Findings))
			return nil
		}
		m := merged{t: t, fact: f, js: js, path: Stored(p.o.Store, made.SHA256)}
		m.checkPages(made.Pages)
		m.checkWords(always)
		m.checkLooks()
		m.checkNothingElse()
		return nil
	})
}

// merged is a file of the corpus between cover and terms.
type merged struct {
	t    *testing.T
	fact fact
	js   judges
	path string
}

func (m merged) errorf(format string, args ...any) {
	m.t.Helper()
	m.t.Errorf(m.fact.file()+", merged: "+format, args...)
}

func (m merged) checkPages(pages int) {
	want := 1 + m.fact.number(m.t, "qpdf_pages") + 2
	if complaints, err := exec.Command(m.js.qpdf, "--check", m.path).CombinedOutput(); err != nil {
		m.errorf("qpdf finds a fault: %v\n%s", err, complaints)
	}
	out, _ := run(m.js.qpdf, "--show-npages", m.path)
	if got := strings.TrimSpace(string(out)); got != strconv.Itoa(want) || pages != want {
		m.errorf("%d pages, qpdf counts %s, want %d", pages, got, want)
	}
}

func (m merged) checkWords(always map[string]int) {
	want := m.js.corpusWords(m.fact.file())
	addWords(want, always)
	if n := lost(want, m.js.words(m.path, 1)); n > 0 {
		m.errorf("%d words are lost", n)
	}
}

// checkLooks compares the first pages as they are drawn.
func (m merged) checkLooks() {
	before, after := m.js.draw(filepath.Join(corpusFolder, m.fact.file()), 1), m.js.draw(m.path, 2)
	if len(after) < len(before) || !alike(before, after[:len(before)]) {
		m.errorf("its pages look different")
	}
}

// checkNothingElse looks for what may not leak from an input, or is no longer true: title, author,
// bookmarks, file names, a claim to be PDF/A.
func (m merged) checkNothingElse() {
	info, _ := run(m.js.pdfinfo, m.path)
	for _, line := range []string{"Title", "Author", "Subject", "Keywords", "PDF subtype"} {
		if v := value(info, line); v != "" {
			m.errorf("it has a %s: %q", line, v)
		}
	}
	xmp, _ := run(m.js.pdfinfo, "-meta", m.path)
	plain, _ := run(m.js.qpdf, "--qdf", "--object-streams=disable", m.path, "-")
	if len(plain) == 0 {
		m.errorf("qpdf cannot write it anew")
	}
	for where, text := range map[string][]byte{"metadata": xmp, "objects": plain} {
		for _, word := range []string{"pdfaid", "Forfatter", "/Outlines", path.Base(m.fact.file()), path.Base(corpusCover)} {
			if bytes.Contains(text, []byte(word)) {
				m.errorf("its %s hold %q", where, word)
			}
		}
	}
}

// corpusWords counts the words of a file of the corpus.
func (js judges) corpusWords(file string) map[string]int {
	return js.words(filepath.Join(corpusFolder, file), 1)
}

// count is how many words a file of the corpus has.
func (js judges) count(file string) (n int) {
	for _, times := range js.corpusWords(file) {
		n += times
	}
	return n
}

// addWords adds the counts of more to those of words.
func addWords(words, more map[string]int) {
	for w, times := range more {
		words[w] += times
	}
}

// The verdicts expected rest on what the judges said when facts.csv was made. Those installed
// here say the same of the files that are not damaged; of damaged ones each version repairs
// others.
func TestCorpusFactsHold(t *testing.T) {
	js := findJudges(t)
	whole := corpusFacts(t, func(f fact) bool { return !f.monster() && !f.damaged() })
	forAll(t, whole, func(f fact) error {
		j := js.judge(filepath.Join(corpusFolder, f.file()))
		say := func(what string, got, want any) {
			if got != want {
				t.Errorf("%s: %s: the judges say %v today, facts.csv says %v", f.file(), what, got, want)
			}
		}
		if j.readable() { // by all of them, without a password
			say("encrypted", j.encrypted, f["encrypted"] == "yes")
			say("pages by qpdf", strconv.Itoa(j.qpdfPages), f["qpdf_pages"])
			say("pages by poppler", strconv.Itoa(j.pages), f["poppler_pages"])
			say("holds words", js.count(f.file()) > 0, f["words"] != "0")
		}
		say("readable by qpdf", !j.damaged, f["qpdf_check"] != strconv.Itoa(qpdfErrors))
		say("signed", j.signed, f["pdfsig"] != "" && f["pdfsig"] != "0")
		return nil
	})
}

// Each file is the one that the judges were asked about, and each is told of.
func TestCorpusIsWhole(t *testing.T) {
	known := map[string]bool{}
	for _, f := range corpusFacts(t, func(fact) bool { return true }) {
		known[f.file()] = true
		pdf, err := os.ReadFile(filepath.Join(corpusFolder, f.file()))
		must(t, err)
		if got := mailout.SumDigest(pdf).String(); got != f["sha256"] {
			t.Errorf("%s is not the file that facts.csv tells of", f.file())
		}
	}
	files, err := filepath.Glob(filepath.Join(corpusFolder, "*", "*.pdf"))
	must(t, err)
	for _, file := range files {
		name, err := filepath.Rel(corpusFolder, file)
		must(t, err)
		if !known[filepath.ToSlash(name)] {
			t.Errorf("%s is not in facts.csv", name)
		}
	}
}

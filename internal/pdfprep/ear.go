package pdfprep

import (
	"fmt"
	"strings"

	"github.com/pdfcpu/pdfcpu/pkg/log"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
)

// ear listens to the library's messages: some of its repairs drop text or pages and
// return no error.
type ear struct {
	missingFont bool
	blankPage   int          // number of a page that cannot be read and came out blank
	rebuilt     bool         // the cross-reference table was lost and made anew
	unlisted    bool         // the table has more entries than it says, which others do not read
	resized     bool         // a trailer's number of objects was wrong and put right
	unreadable  map[int]bool // objects that could not be parsed and count as null
	tooDeep     bool         // one of them because of what lies in each other
}

// listen starts to listen anew.
func listen() *ear {
	e := &ear{unreadable: map[int]bool{}}
	log.SetCLILogger(e)
	return e
}

func (e *ear) hear(s string) {
	_, what, _ := strings.Cut(s, "pdfcpu ")
	switch {
	case strings.HasPrefix(what, "skipped: missing font:"):
		e.missingFont = true
	case strings.HasPrefix(what, "repaired: corrupt page"):
		fmt.Sscanf(what, "repaired: corrupt page %d with blank page", &e.blankPage)
	case strings.HasPrefix(what, "repaired: xreftable"), strings.HasPrefix(what, "repaired: catalog"):
		e.rebuilt = true
	case strings.HasPrefix(what, "digesting extra XrefTable entry"):
		e.unlisted = true
	case strings.HasPrefix(what, "repaired: trailer size"):
		e.resized = true
	case strings.HasPrefix(what, "skipped: obj #"):
		var object int
		fmt.Sscanf(what, "skipped: obj #%d", &object)
		e.lose(object, what)
	}
}

// lose notes that an object cannot be parsed, and why.
func (e *ear) lose(object int, why string) {
	e.unreadable[object] = true
	e.tooDeep = e.tooDeep || strings.Contains(why, model.ErrMaxRecursionDepthExceeded.Error())
}

func (e *ear) Printf(format string, args ...any) { e.hear(fmt.Sprintf(format, args...)) }
func (e *ear) Println(args ...any)               { e.hear(fmt.Sprintln(args...)) }
func (e *ear) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (e *ear) Fatalln(args ...any)               { panic(fmt.Sprintln(args...)) }

// verdict refuses what lost text or a page.
func (e *ear) verdict() error {
	switch {
	case e.blankPage > 0:
		return refusal{Code: codeLostPage, Page: e.blankPage}
	case e.missingFont:
		return refusal{Code: codeLostText}
	}
	return nil
}

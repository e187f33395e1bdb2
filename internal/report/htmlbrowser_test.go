package report

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"batch/internal/mailout"
)

// The page in a browser, as its reader has it. All of it in one browser, for starting one
// takes longer than the tests.
func TestPageInABrowser(t *testing.T) {
	b := startBrowser(t)
	for _, c := range []struct {
		name string
		test func(t *testing.T, b *browser)
	}{
		{"sorting", testSorting}, {"finding", testFinding}, {"leafing", testLeafing}, {"keyboard", testKeyboard}, {"figures lead to their rows", testLinks},
		{"read aloud", testReadAloud}, {"contrast", testContrast}, {"widths", testWidths}, {"paper", testPaper}, {"hostile", testHostilePage}, {"without script", testWithoutScript},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer func(of testing.TB) { b.t = of }(b.t)
			b.t, b.said, b.asked = t, nil, nil
			b.size(1280, "light")
			c.test(t, b)
		})
	}
}

// openMailing opens the page of a batch of n rows.
func openMailing(b *browser, n int) []mailout.Record {
	b.t.Helper()
	info, all := mailing(n)
	b.open(page(b.t.(*testing.T), info, all, Options{}))
	return all
}

// shownKeys are the keys of the rows that are shown, from the top.
func (b *browser) shownKeys() (keys []string) {
	b.t.Helper()
	b.eval(`Array.from(document.querySelectorAll("#list tbody .key b"), (e) => e.textContent)`, &keys)
	return keys
}

func (b *browser) text(of string) (text string) {
	b.t.Helper()
	b.eval(fmt.Sprintf("document.querySelector(%q).innerText", of), &text)
	return text
}

func (b *browser) click(what string) {
	b.t.Helper()
	b.eval(fmt.Sprintf("document.querySelector(%q).click()", what), nil)
}

func (b *browser) find(text string) {
	b.t.Helper()
	b.eval(`document.getElementById("find").focus(); document.getElementById("find").select()`, nil)
	b.write(text)
}

// keysWhere are the keys of rows in the manifest's order.
func keysWhere(all []mailout.Record, is func(mailout.Record) bool) (keys []string) {
	for _, r := range all {
		if is(r) {
			keys = append(keys, r.Key)
		}
	}
	return keys
}

func testSorting(t *testing.T, b *browser) {
	all := openMailing(b, 80)
	every := keysWhere(all, func(mailout.Record) bool { return true })
	if got := b.shownKeys(); !slices.Equal(got, every) {
		t.Errorf("at first %v", got)
	}
	sorted := func(column string) (direction string) {
		b.eval(fmt.Sprintf("document.querySelector(%q).getAttribute('aria-sort') ?? ''", "#list th."+column), &direction)
		return direction
	}
	b.click("#list th.since button")
	slices.SortStableFunc(all, func(a, b mailout.Record) int { return a.Since.Compare(b.Since) })
	if got := b.shownKeys(); !slices.Equal(got, keysWhere(all, func(mailout.Record) bool { return true })) || sorted("since") != "ascending" || sorted("line") != "" {
		t.Errorf("by date (%q): %v", sorted("since"), got)
	}
	b.click("#list th.line button")
	b.click("#list th.line button")
	slices.Reverse(every)
	if got := b.shownKeys(); !slices.Equal(got, every) || sorted("line") != "descending" || sorted("since") != "" {
		t.Errorf("the last line first (%q): %v", sorted("line"), got)
	}
	// By a column of the owner's, as people of that country sort: æ, ø, å after z.
	b.eval(`const o = document.getElementById("order"); o.value = "owner:1"; o.dispatchEvent(new Event("change"))`, nil)
	var names []string
	b.eval(`Array.from(document.querySelectorAll("#list tbody .key span"), (e) => e.textContent.split(" ")[0])`, &names)
	if got := slices.Compact(names); !slices.Equal(got, []string{"Emil", "Henrik", "Ingrid", "Jonas", "Maja", "Nora", "Øystein", "Åse"}) {
		t.Errorf("by name: %v", got)
	}
	b.wantQuiet()
}

func testFinding(t *testing.T, b *browser) {
	all := openMailing(b, 80)
	b.find("nora TESTESEN oppv")
	want := keysWhere(all, func(r mailout.Record) bool {
		return strings.HasPrefix(r.Columns[1].Value.Reveal(), "Nora") && r.Columns[2].Value == "Oppvekst"
	})
	if got := b.shownKeys(); len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("found %v, want %v", got, want)
	}
	if got := b.text("#count"); got != fmt.Sprintf("%d of 80 rows: “nora TESTESEN oppv”", len(want)) {
		t.Errorf("said: %s", got)
	}
	b.find("no such row")
	if got := b.shownKeys(); len(got) != 0 || !strings.HasPrefix(b.text("#count"), "0 of 80 rows") {
		t.Errorf("found %v", got)
	}
	b.click("#tools button[type=reset]")
	b.eval("new Promise((done) => setTimeout(done))", nil)
	if got := b.shownKeys(); len(got) != 80 || b.text("#count") != "80 rows" {
		t.Errorf("after “show all” %d rows: %s", len(got), b.text("#count"))
	}
	b.click("#only input[value=rejected]")
	b.click("#only input[value=created]")
	want = keysWhere(all, func(r mailout.Record) bool { return r.State == mailout.Rejected || r.State == mailout.Created })
	if got := b.shownKeys(); len(want) == 0 || !slices.Equal(got, want) {
		t.Errorf("rejected or created: %v, want %v", got, want)
	}
	b.eval(`const o = document.getElementById("turn"); o.value = "signer"; o.dispatchEvent(new Event("change"))`, nil)
	if got := b.shownKeys(); !slices.Equal(got, keysWhere(all, func(r mailout.Record) bool { return r.State == mailout.Created })) {
		t.Errorf("… in which it is the signer's turn: %v", got)
	}
	b.wantQuiet()
}

func testLeafing(t *testing.T, b *browser) {
	openMailing(b, 5000)
	if got := b.shownKeys(); len(got) != 100 || b.text("#page") != "Page 1 of 50" {
		t.Errorf("%d rows on %s", len(got), b.text("#page"))
	}
	b.click("#on")
	var focus string
	b.eval("document.activeElement.textContent", &focus)
	if got := b.shownKeys(); got[0] != "1100" || got[99] != "1199" || focus != "1100" {
		t.Errorf("the second page has %s to %s, and whoever reads is at %q", got[0], got[99], focus)
	}
	b.click("#list th.line button")
	if got := b.shownKeys(); got[0] != "5999" || b.text("#page") != "Page 1 of 50" {
		t.Errorf("the other way round it begins with %s on %s", got[0], b.text("#page"))
	}
	b.find("5999 4999") // of his key and of his name
	if got := b.shownKeys(); !slices.Equal(got, []string{"5999"}) || b.text("#count") != "1 of 5\u00a0000 rows: “5999 4999”" {
		t.Errorf("found %v: %s", got, b.text("#count"))
	}
	b.wantQuiet()
}

// Everything can be done with keys, and what has the focus is seen.
func testKeyboard(t *testing.T, b *browser) {
	openMailing(b, 20)
	focused := func() (what string) {
		b.eval("document.activeElement.id || document.activeElement.textContent", &what)
		return what
	}
	b.press("Tab")
	var top float64
	b.eval("document.activeElement.getBoundingClientRect().top", &top)
	if focused() != "Go to the rows" || top < 0 {
		t.Fatalf("first comes %q, at %v", focused(), top)
	}
	b.press("Enter")
	b.press("Tab")
	if focused() != "find" {
		t.Fatalf("behind the link: %q", focused())
	}
	b.write("1007")
	for range 40 {
		b.press("Tab")
		if focused() == "1007" {
			break
		}
	}
	var outline, expanded string
	b.eval("getComputedStyle(document.activeElement).outlineStyle", &outline)
	if focused() != "1007" || outline == "none" {
		t.Fatalf("the row's button is not reached, but %q (outline %s)", focused(), outline)
	}
	b.press("Enter")
	b.eval("document.activeElement.getAttribute('aria-expanded')", &expanded)
	if details := b.text("tr.details"); expanded != "true" || !strings.Contains(details, "Testesen 7") || !strings.Contains(details, "signed sha256") && !strings.Contains(details, "next action") {
		t.Errorf("expanded %s: %s", expanded, details)
	}
	b.press(" ")
	b.eval("document.activeElement.getAttribute('aria-expanded') + document.querySelectorAll('tr.details').length", &expanded)
	if expanded != "false0" {
		t.Errorf("closed again: %s", expanded)
	}
	b.wantQuiet()
}

// Every figure above the list is the number of rows that it leads to.
func testLinks(t *testing.T, b *browser) {
	openMailing(b, 400)
	var wrong []string
	var links int
	b.eval(`links = document.querySelectorAll("a[data-state]").length`, &links)
	b.eval(`Array.from(document.querySelectorAll("a[data-state]"), (a) => {
	  a.click();
	  const said = a.closest("li")?.querySelector("b").textContent ?? a.closest("tr").querySelector(".n").textContent;
	  const found = document.getElementById("count").textContent.split(" of ")[0];
	  return found === said && document.activeElement.id === "rows" ? "" : a.textContent + ": " + said + ", found " + found;
	}).filter(Boolean)`, &wrong)
	if len(wrong) > 0 || links < 15 {
		t.Errorf("of %d links: %q", links, wrong)
	}
	b.wantQuiet()
}

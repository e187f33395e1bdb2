package report

import (
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"batch/internal/judgetest"
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
			b.t, b.said, b.loaded = t, nil, nil
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

// What a screen reader gets: names for everything that can be used, captions, headers.
func testReadAloud(t *testing.T, b *browser) {
	openMailing(b, 60)
	var tree struct {
		Nodes []struct {
			Ignored    bool
			Role, Name struct{ Value string }
		}
	}
	b.click("#list tbody .key button")
	b.call("Accessibility.getFullAXTree", nil, &tree)
	seen := map[string]int{}
	for _, n := range tree.Nodes {
		if n.Ignored {
			continue
		}
		role := n.Role.Value
		seen[role]++
		if slices.Contains([]string{"button", "link", "checkbox", "searchbox", "combobox", "image", "table", "columnheader", "rowheader", "heading", "navigation", "search"}, role) && n.Name.Value == "" {
			t.Errorf("a %s has no name", role)
		}
	}
	for role, least := range map[string]int{"heading": 9, "table": 2, "columnheader": 11, "rowheader": 30, "searchbox": 1, "combobox": 2, "checkbox": 5, "status": 1, "image": 4, "main": 1, "banner": 1, "contentinfo": 1, "search": 1} {
		if seen[role] < least {
			t.Errorf("%d of %s, want %d", seen[role], role, least)
		}
	}
	b.size(390, "light") // narrow, the table is laid out as cards, and still is one
	b.call("Accessibility.getFullAXTree", nil, &tree)
	if n := strings.Count(fmt.Sprint(tree.Nodes), "rowheader"); n < 30 {
		t.Errorf("narrow, the list has %d headers of rows", n)
	}
	b.wantQuiet()
}

// contrasts compares every text with what is behind it (WCAG 2.2, 1.4.3: 4.5 to 1).
const contrasts = `(() => {
  const parse = (c) => c.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c[3] !== 0) return c; } return [255, 255, 255]; };
  const found = new Set();
  for (const e of document.querySelectorAll("body *")) {
    if (!Array.from(e.childNodes).some((n) => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility()) continue;
    const s = getComputedStyle(e), ink = parse(e.closest("svg") ? s.fill : s.color);
    const [a, b] = [light(ink), light(behind(e.closest("svg")?.parentElement ?? e))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) found.add(e.tagName + "." + (e.getAttribute("class") ?? "") + " " + ((a + 0.05) / (b + 0.05)).toFixed(2) + " " + e.textContent.slice(0, 20));
  }
  return [...found];
})()`

func testContrast(t *testing.T, b *browser) {
	for _, scheme := range []string{"light", "dark"} {
		b.size(1280, scheme)
		openMailing(b, 120)
		b.click("#list tbody .key button")
		var faint []string
		if b.eval(contrasts, &faint); len(faint) > 0 {
			t.Errorf("%s: %q", scheme, faint)
		}
		b.eval(`document.querySelector("h1").style.color = "#777"; 0`, nil) // the policy is for what is in the file
		if b.eval(contrasts, &faint); len(faint) != 1 {
			t.Errorf("%s: grey letters are not found: %q", scheme, faint)
		}
	}
	b.wantQuiet()
}

// Nothing is wider than the screen.
func testWidths(t *testing.T, b *browser) {
	info, all := attacked()
	all[0].Key, all[0].Columns[1].Value = strings.Repeat("x", 64), mailout.Text(strings.Repeat("y", 400))
	for _, width := range []int{320, 390, 768, 1280} {
		b.size(width, "light")
		for _, text := range []string{page(t, info, all, Options{}), ""} {
			if text == "" {
				openMailing(b, 60)
			} else {
				b.open(text)
			}
			b.click("#list tbody .key button")
			b.eval(`for (const d of document.querySelectorAll("details")) d.open = true`, nil)
			var wide int
			if b.eval("document.documentElement.scrollWidth", &wide); wide > width {
				t.Errorf("on a screen of %d the page takes %d", width, wide)
			}
		}
	}
	b.wantQuiet()
}

// On paper stand all rows that were found, on A4, with page numbers and without tools.
func testPaper(t *testing.T, b *browser) {
	pdftotext, pdfinfo := judgetest.Find(t, "pdftotext"), judgetest.Find(t, "pdfinfo")
	all := openMailing(b, 250)
	b.find("oppvekst")
	want := keysWhere(all, func(r mailout.Record) bool { return r.Columns[2].Value == "Oppvekst" })
	path := b.print()
	text, err := exec.Command(pdftotext, "-layout", path, "-").Output()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range regexp.MustCompile(`(?m)^ *(\d+) +(1\d\d\d)\b`).FindAllStringSubmatch(string(text), -1) {
		got = append(got, m[2])
	}
	if !slices.Equal(got, want) {
		t.Errorf("%d rows are printed, %d were found: %v", len(got), len(want), got)
	}
	for _, said := range []string{fmt.Sprintf("%d of 250 rows: “oppvekst”", len(want)), `\b1 ?/ ?\d`} {
		if !regexp.MustCompile(said).Match(text) {
			t.Errorf("the paper does not say %q", said)
		}
	}
	if strings.Contains(string(text), "Show all") {
		t.Error("the tools are printed")
	}
	info, err := exec.Command(pdfinfo, path).Output()
	if err != nil || !strings.Contains(string(info), "A4") {
		t.Errorf("%s (%v)", info, err)
	}
	if shown := b.shownKeys(); len(shown) != len(want) {
		t.Errorf("after printing %d rows are shown", len(shown))
	}
	b.wantQuiet()
}

// What somebody wrote into a cell is shown as it was written, and does nothing.
func testHostilePage(t *testing.T, b *browser) {
	info, all := attacked()
	text := page(t, info, all, Options{})
	b.open(text)
	b.eval(`for (const button of document.querySelectorAll("#list tbody .key button")) button.click()`, nil)
	var made int
	if b.eval(`document.querySelectorAll("img, iframe, object, h1 ~ h1, [onerror], [onmouseover], b b").length`, &made); made > 0 {
		t.Errorf("%d elements come from cells", made)
	}
	var cells []string
	b.eval(`Array.from(document.querySelectorAll(".details dl:first-of-type > :last-child dd"), (e) => e.textContent)`, &cells)
	for i, cell := range cells {
		if cell != visible(attacks[i]) {
			t.Errorf("%q is shown as %q", attacks[i], cell)
		}
	}
	if len(cells) != len(attacks) {
		t.Errorf("%d rows are shown open", len(cells))
	}
	b.wantQuiet()

	// The judge: were one of them a script, the policy would stop it, and the browser say so.
	b.open(strings.Replace(text, "</body>", "<script>alert(1)</script></body>", 1))
	if len(b.said) != 1 || !strings.Contains(b.said[0], "Content Security Policy") {
		t.Errorf("a script in the page, and the browser says %q", b.said)
	}
}

func testWithoutScript(t *testing.T, b *browser) {
	b.call("Emulation.setScriptExecutionDisabled", map[string]any{"value": true}, nil)
	defer b.call("Emulation.setScriptExecutionDisabled", map[string]any{"value": false}, nil)
	all := openMailing(b, 150)
	if got := b.shownKeys(); len(got) != len(all) {
		t.Errorf("%d rows are shown", len(got))
	}
	var height float64
	if b.eval(`document.getElementById("list").getBoundingClientRect().height`, &height); height < 3000 {
		t.Errorf("the rows take %v pixels", height)
	}
	var tools bool
	if b.eval(`document.getElementById("tools").checkVisibility()`, &tools); tools {
		t.Error("there are tools that do nothing")
	}
	b.wantQuiet()
}

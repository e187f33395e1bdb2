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
	b.click("#list tbody .key button")
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
	for _, said := range []string{"In the manifest", fmt.Sprintf("%d of 250 rows: “oppvekst”", len(want)), `\b1 ?/ ?\d`} {
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
	b.eval("0", nil)
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

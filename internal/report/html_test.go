package report

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"html"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"batch/internal/mailout"
)

// between is what stands between two marks, the first of each.
func between(t *testing.T, text, from, to string) string {
	t.Helper()
	_, rest, begins := strings.Cut(text, from)
	found, _, ends := strings.Cut(rest, to)
	if !begins || !ends {
		t.Fatalf("there is no %s … %s", from, to)
	}
	return found
}

func TestPageAsItIsWritten(t *testing.T) {
	b, all := sample()
	text := page(t, b, all, Options{})
	for _, own := range []string{pageStyle, pageScript} { // they stand in files of their own
		text = strings.ReplaceAll(text, own, "…")
	}
	golden(t, "report.html", regexp.MustCompile(`sha256-.*?&#39;`).ReplaceAllString(text, "sha256-…&#39;"))
}

// The browser runs what its policy names and nothing else: the report's own style and
// script, byte for byte.
func TestPagePolicyNamesItsOwnStyleAndScriptOnly(t *testing.T) {
	b, all := sample()
	text := page(t, b, all, Options{})
	policy := html.UnescapeString(between(t, text, `http-equiv="Content-Security-Policy" content="`, `"`))
	for _, tag := range []string{"style", "script"} {
		sum := sha256.Sum256([]byte(between(t, text, "<"+tag+">", "</"+tag+">")))
		if want := tag + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "';"; !strings.Contains(policy, want) {
			t.Errorf("%s is not in the policy %s", want, policy)
		}
	}
	if !strings.HasPrefix(policy, "default-src 'none';") || strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %s", policy)
	}
	if found := regexp.MustCompile(`<[^>]* (style|on\w+|src|srcset)=|url\(|@import|href="[^#]`).FindAllString(text, -1); len(found) > 0 {
		t.Errorf("the page asks for %q", found)
	}
}

// attacks are cells of people who know how pages are made.
var attacks = []string{
	`</script><script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `<!--<script>`, `' onmouseover='alert(1)`, `</td></tr></table><h1>signed`, `{{.Batch}}`, `]]>`, `\u003cb\u003e`,
	"\u202esigned\u2066", "a\x00b\x1b[31m", `javascript:alert(1)`, `&lt;b&gt;`,
}

// attacked is a batch of rows with such cells wherever somebody else writes a text.
func attacked() (mailout.BatchInfo, []mailout.Record) {
	var all []mailout.Record
	for i, text := range attacks {
		r := record(2+i, text, mailout.Failed, columns("Id", text, text, text), byNumber(ingrid, 0))
		r.Cause, r.Job.Title = text, mailout.Text(text)
		r.Settled[0] = mailout.SignerBook{Status: mailout.SignerStatus(text), Since: noon}
		r.Signed.Path = "signed/" + text + ".pdf"
		all = append(all, r)
	}
	b := books(all)
	b.ManifestPath, b.StopReason = "/home/kari/"+attacks[0], attacks[1]
	return b, all
}

func TestHostileCellsStayText(t *testing.T) {
	b, all := attacked()
	text := page(t, b, all, Options{})
	for _, tag := range []string{"<script>alert", "<img", "<h1>signed", "<!--", "\u202e", "\u2066", "\x00", "\x1b"} {
		if strings.Contains(text, tag) {
			t.Errorf("the page holds %q", tag)
		}
	}
	if n := strings.Count(text, "<script"); n != 2 {
		t.Errorf("%d scripts", n)
	}
}

// island reads what the page's script reads.
func island(t *testing.T, text string) (owner, row, signer []string, rows [][3]json.RawMessage) {
	t.Helper()
	var heads struct{ Owner, Row, Signer []string }
	into := []any{&heads, &rows}
	if err := json.Unmarshal([]byte(between(t, text, `<script type="application/json" id="data">`, "</script>")), &into); err != nil {
		t.Fatal(err)
	}
	return heads.Owner, heads.Row, heads.Signer, rows
}

// What the page shows of a row on request, and searches, is what the csv says of it.
func TestPageAndCSVAgree(t *testing.T) {
	_, all := sample()
	header, lines := table(t, written(t, all, Options{Now: noon}))
	owner, row, signer, rows := island(t, page(t, books(all), all, Options{Now: noon}))
	if !slices.Equal(owner, header[:len(owner)]) {
		t.Errorf("the owner's columns are %q, want %q", owner, header[:len(owner)])
	}
	at := 0
	agrees := func(raw json.RawMessage, names []string) {
		t.Helper()
		var cells []string
		if err := json.Unmarshal(raw, &cells); err != nil {
			t.Fatal(err)
		}
		for i, name := range names {
			column := slices.Index(header, name)
			if column < 0 && name == colTitle.name {
				continue
			}
			want := strings.TrimPrefix(lines[at][column], "'")
			if i < len(cells) && cells[i] != want || i >= len(cells) && want != "" {
				t.Errorf("%s is %q, in line %d of the csv %q", name, cells, at+2, want)
			}
		}
	}
	for _, r := range rows {
		agrees(r[0], owner)
		agrees(r[1], row)
		var signers []json.RawMessage
		if err := json.Unmarshal(r[2], &signers); err != nil {
			t.Fatal(err)
		}
		at++
		for _, s := range signers {
			agrees(s, signer)
			at++
		}
	}
	if at != len(lines) {
		t.Errorf("%d lines on the page, %d in the csv", at, len(lines))
	}
}

func TestPageMasksAsTheCSVDoes(t *testing.T) {
	b, all := sample()
	masked, open := page(t, b, all, Options{}), page(t, b, all, Options{WithNationalIDs: true})
	for _, number := range []string{ingrid, "018478-30421", jonas, manager} {
		if strings.Contains(masked, number) {
			t.Errorf("the page shows %s", number)
		}
		if number != "018478-30421" && !strings.Contains(open, number) {
			t.Errorf("%s is masked although it was asked for", number)
		}
	}
	if said := "shows national identity numbers"; strings.Contains(masked, said) || !strings.Contains(open, said) {
		t.Error("the page does not say whether it shows national numbers")
	}
}

// What a row needs is told above the list too.
func TestPageMasksWhatItSaysOfAllRows(t *testing.T) {
	r := record(2, "a", mailout.Skipped, nil, byNumber(ingrid, 0))
	r.Code, r.Message = "odd "+ingrid, "there is no "+ingrid
	if text := page(t, books([]mailout.Record{r}), []mailout.Record{r}, Options{}); strings.Contains(text, ingrid) || !strings.Contains(text, "there is no 01847******") {
		t.Error("a national number stands in what needs a person")
	}
}

func TestPageSaysWhatItLists(t *testing.T) {
	b, all := sample()
	text := page(t, b, all, Options{Only: []mailout.State{mailout.Signed, mailout.Refused}})
	if _, _, _, rows := island(t, text); len(rows) != 2 || strings.Count(text, `<tr role="row"><td`) != 2 {
		t.Errorf("%d rows are listed", len(rows))
	}
	if links := regexp.MustCompile(`data-state="\w+"`).FindAllString(text, -1); !slices.Equal(links, []string{`data-state="signed"`, `data-state="refused"`, `data-state="refused"`}) {
		t.Errorf("the figures lead to %q", links)
	}
	for _, want := range []string{"Rows that are signed, refused", "of all 7 rows. Only 2 are listed", `aria-label="signed 1, created 1, planned 1, unknown 1, rejected 1, refused 1, skipped 1"`} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

// What is said of a batch as a whole, whatever has happened to it.
func TestPageOfEveryKindOfBatch(t *testing.T) {
	signed := record(2, "a", mailout.Signed, nil, byNumber(ingrid, 0))
	signed.Settled[0] = mailout.SignerBook{Status: mailout.SignerSigned, Since: noon}
	signed.Signed = mailout.SignedFile{Path: "signed/x/a.pdf", SHA256: someSum, Bytes: 1}
	purged := record(2, "line:2", mailout.Signed, nil, mailout.Signer{})
	purged.Job.Title, purged.Settled = "", signed.Settled
	for name, c := range map[string]struct {
		change func(*mailout.BatchInfo)
		rows   []mailout.Record
		want   []string
	}{
		"without rows":                      {func(b *mailout.BatchInfo) {}, nil, []string{"This batch has no rows.", "No job was sent.", "Nobody has signed yet.", "No job waits for signers.", "There are none."}},
		"done":                              {func(b *mailout.BatchInfo) { b.State = mailout.Done }, []mailout.Record{signed}, []string{"1 of 1 row is signed. All are over, and there is nothing left to do.", "<p>Nothing.</p>"}},
		"purged":                            {func(b *mailout.BatchInfo) { b.State = mailout.Purged }, []mailout.Record{purged}, []string{"personal data of this batch were deleted", "<b>line:2</b></th>", "1 of 1 row is signed."}},
		"superseded":                        {func(b *mailout.BatchInfo) { b.State = mailout.Superseded }, nil, []string{"A newer plan took the place"}},
		"stopped":                           {func(b *mailout.BatchInfo) { b.State, b.StopReason = mailout.Stopped, "two unknown." }, nil, []string{"Sending was stopped: two unknown."}},
		"ended badly":                       {func(b *mailout.BatchInfo) { b.State, b.EndReason = mailout.Approved, "the portal is away" }, nil, []string{"Sending last ended before all was done: the portal is away."}},
		"with alarms":                       {func(b *mailout.BatchInfo) { b.Alarms, b.Unconfirmed = 3, 1200 }, nil, []string{"Open alarms: 3.", "not yet confirmed to the portal: 1\u00a0200."}},
		"with documents at the portal only": {func(b *mailout.BatchInfo) { b.Deadlines.Signed = mailout.Unfetched{Jobs: 4, Since: noon} }, nil, []string{"<li>Signed documents that are not fetched yet: 4; the portal deletes the first from 2026-12-31 on (35 days left).</li>"}},
		"not cancelled":                     {func(b *mailout.BatchInfo) { b.Uncancelled, b.Uncancellable = 1, 2 }, nil, []string{"has not answered: 1.", "refused: 2;"}},
	} {
		b := books(c.rows)
		b.State, b.StopReason = mailout.Approved, ""
		c.change(&b)
		text := page(t, b, c.rows, Options{})
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the page does not say %q", name, want)
			}
		}
		if strings.Contains(text, "NaN") {
			t.Errorf("%s: a figure is no number", name)
		}
	}
}

func TestMoreRowsThanABrowserListsAreRefusedUnlessSomeAreChosen(t *testing.T) {
	b, all := sample()
	b.Totals[mailout.Signed] = mostListed + 1
	_, err := Write(io.Discard, b, each(all), Options{Format: "html"})
	if many := (*TooManyRows)(nil); !errors.As(err, &many) || many.Rows != mostListed+len(all) {
		t.Errorf("%v", err)
	}
	if _, err := Write(io.Discard, b, each(all), Options{Format: "html", Only: []mailout.State{mailout.Refused}}); err != nil {
		t.Error(err)
	}
}

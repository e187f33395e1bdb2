package report

import (
	"fmt"
	"html/template"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"batch/internal/mailout"
)

// pageView is what the page shows above and below its rows.
type pageView struct {
	Policy string
	Style  template.CSS

	Batch   mailout.BatchInfo
	Lead    string // how it stands, in a sentence or two
	Notes   []string
	Facts   [][2]string
	Written time.Time
	Bar     []segment
	States  []stateLine
	Needs   []needLine
	Unnamed int // rows that need a person, of kinds that are not named
	Answers *answersChart
	Waits   *waitsChart
	Ends    *endsChart
	Plot    plot
	Listed  int
	Open    bool   // with national numbers
	Only    string // the states that are listed, in words; "": all
}

// plot is the area of the drawings.
type plot struct{ Width, Height, Left, Right, Bottom float64 }

// way leads from a figure to its rows in the list.
type way struct {
	Text   string
	State  mailout.State
	Turn   string // "": anybody's
	Find   string // "": all of them
	Listed bool   // false: these rows are not in the list, and it leads nowhere
}

// stateLine is a line of the table of states.
type stateLine struct {
	Way  way
	Rows int
}

// needLine is a line of what needs a person.
type needLine struct {
	need
	Way way
}

func (f *htmlPage) view() pageView {
	g, zone := f.figures, f.o.Location
	v := pageView{
		Policy: pagePolicy(), Style: template.CSS(pageStyle), Batch: f.batch, Lead: lead(g), Notes: f.notes(), Facts: f.facts(), Written: f.o.Now.In(zone),
		Bar: bar(g.totals), Answers: g.answers(zone), Waits: g.waited(), Ends: g.deadlines(zone),
		Plot: plot{chartWidth, chartHeight, plotLeft, plotRight, plotBottom}, Listed: f.listed, Open: f.o.WithNationalIDs,
	}
	needs, others := g.needs.list()
	v.Unnamed = others
	for _, n := range needs {
		v.Needs = append(v.Needs, needLine{n, way{n.What, n.State, theSender, n.Find, f.o.lists(n.State)}})
	}
	for _, s := range pageStates {
		if g.totals[s] > 0 {
			v.States = append(v.States, stateLine{way{Text: string(s), State: s, Listed: f.o.lists(s)}, g.totals[s]})
		}
	}
	if len(f.o.Only) > 0 {
		v.Only = stateWords(f.o.Only)
	}
	return v
}

// lead says how the batch stands.
func lead(f *figures) string {
	sum := f.totals.Sum()
	if sum == 0 {
		return "This batch has no rows."
	}
	said := []string{fmt.Sprintf("%s of %s are signed.", thousands(f.totals[mailout.Signed]), rowsOf(sum))}
	if f.totals[mailout.Signed] == 1 {
		said[0] = strings.Replace(said[0], "are", "is", 1)
	}
	for _, part := range []struct {
		n         int
		one, many string
	}{
		{f.turns[theSigner], "%s waits for its signers.", "%s wait for their signers."},
		{f.turns[thePortal], "%s waits for the portal.", "%s wait for the portal."},
		{f.turns[theSender], "%s needs a person.", "%s need a person."},
	} {
		switch {
		case part.n == 1:
			said = append(said, fmt.Sprintf(part.one, "1"))
		case part.n > 1:
			said = append(said, fmt.Sprintf(part.many, thousands(part.n)))
		}
	}
	if f.open() == 0 && f.turns[theSender] == 0 {
		said = append(said, "All are over, and there is nothing left to do.")
	}
	return strings.Join(said, " ")
}

func rowsOf(n int) string {
	if n == 1 {
		return "1 row"
	}
	return thousands(n) + " rows"
}

// notes are what a reader has to know of the batch as a whole.
func (f *htmlPage) notes() (notes []string) {
	b := f.batch
	say := func(when bool, format string, args ...any) {
		if when {
			notes = append(notes, visible(fmt.Sprintf(format, args...)))
		}
	}
	say(b.State == mailout.Purged, "The personal data of this batch were deleted: what remains are counts, states, times and digests.")
	say(b.State == mailout.Superseded, "A newer plan took the place of this one. Nothing of it was sent.")
	say(b.State == mailout.Ready, "Nothing was sent: this plan waits for approval.")
	say(b.StopReason != "", "Sending was stopped: %s.", strings.TrimSuffix(b.StopReason, "."))
	say(b.StopReason == "" && b.State == mailout.Approved && b.EndReason != "", "Sending last ended before all was done: %s.", strings.TrimSuffix(b.EndReason, "."))
	say(b.HeldUntil.After(f.o.Now) && b.State != mailout.Done, "Held until %s: nobody is told before, but for a canary’s signers.", f.clock(b.HeldUntil))
	say(b.Alarms > 0, "Open alarms: %s. “batch status %s” names them.", thousands(b.Alarms), b.ID)
	for _, sentence := range b.Deadlines.Tell(f.o.Now, f.o.Location) {
		say(true, "%s%s.", strings.ToUpper(sentence[:1]), sentence[1:])
	}
	say(b.Unconfirmed > 0, "Final changes not yet confirmed to the portal: %s. “batch follow” goes on.", thousands(b.Unconfirmed))
	say(b.Uncancelled > 0, "Cancellations that the portal has not answered: %s.", thousands(b.Uncancelled))
	say(b.Uncancellable > 0, "Cancellations that the portal refused: %s; these jobs are still with their signers.", thousands(b.Uncancellable))
	say(f.o.WithNationalIDs, "This report shows national identity numbers. Keep it as you keep the manifest.")
	return notes
}

// facts are what the batch is.
func (f *htmlPage) facts() (facts [][2]string) {
	b := f.batch
	for _, fact := range [][2]string{
		{"Manifest", visible(filepath.Base(b.ManifestPath))},
		{"State of the batch", string(b.State)},
		{"Planned", f.clock(b.CreatedAt)},
		{"Approved", f.clock(b.ApprovedAt)},
		{"Report written", f.clock(f.o.Now)},
		{"Time zone", f.o.Location.String()},
		{"Digest of the plan", digest(b.Digest)},
		{"SHA-256 of the manifest", digest(b.ManifestSHA256)},
	} {
		if fact[1] != "" {
			facts = append(facts, fact)
		}
	}
	return facts
}

func (f *htmlPage) clock(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(f.o.Location).Format("2006-01-02 15:04")
}

func stateWords(states []mailout.State) string {
	words := make([]string, len(states))
	for i, s := range states {
		words[i] = string(s)
	}
	return strings.Join(slices.Compact(words), ", ")
}

// share is a part of a whole in per cent; what is not nothing is never shown as nothing, and
// what is not all never as all.
func share(part, whole int) string {
	switch p := 100 * float64(part) / float64(max(1, whole)); {
	case part > 0 && p < 0.1:
		return "< 0.1 %"
	case part < whole && p > 99.9:
		return "> 99.9 %"
	default:
		return fmt.Sprintf("%.1f %%", p)
	}
}

package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"batch/internal/mailout"
)

// The drawings are as wide as a telephone, so that their letters are read there too; on a
// desk several stand beside each other. Units are those of the page's letters.
const (
	chartWidth, chartHeight = 360.0, 200.0
	plotLeft, plotRight     = 34.0, 352.0 // of the area in which is drawn
	plotTop, plotBottom     = 10.0, 176.0
	moments                 = 120 // moments that a curve is drawn through
	groupHigh, groupsTop    = 34.0, 12.0
)

// pageStates are the states as a page shows them: first what is signed, then what may still
// be, what nobody knows, and what will not.
var pageStates = []mailout.State{mailout.Signed, mailout.Created, mailout.Sending, mailout.Planned, mailout.Unknown, mailout.Rejected, mailout.Expired,
	mailout.Failed, mailout.Cancelled, mailout.Refused, mailout.Skipped}

// segment is a state's part of the bar that shows how the batch stands: 1000 units in all.
type segment struct {
	State mailout.State
	X, W  float64
}

// least is the width of a segment that can still be seen.
const least = 5.0

func bar(t mailout.Totals) (segments []segment) {
	sum, given := 0.0, 0.0
	for _, s := range pageStates {
		if t[s] > 0 {
			sum += float64(t[s])
			given += least
		}
	}
	x := 0.0
	for _, s := range pageStates {
		if t[s] > 0 {
			w := least + (1000-given)*float64(t[s])/sum
			segments = append(segments, segment{s, x, w})
			x += w
		}
	}
	return segments
}

// answersChart is how answers came in: of the jobs that were sent, how many were signed and
// how many ended otherwise, at every moment since.
type answersChart struct {
	From, To            time.Time
	Sent, Signed, Ended string // the outlines, as SVG paths
	X, Y                []tick
	Lines               []answersLine // the same in figures
	All                 int
	Answered            int
	Half                string // how long until half of those sent had ended; "": they have not
}

type answersLine struct {
	At                  time.Time
	Sent, Signed, Ended int
}

// answers is nil where nothing was sent.
func (f *figures) answers(zone *time.Location) *answersChart {
	if len(f.sent) == 0 {
		return nil
	}
	all := slices.Concat(f.signed, f.ended)
	for _, list := range [][]int64{f.sent, f.signed, f.ended, all} {
		slices.Sort(list)
	}
	from := f.sent[0]
	if len(all) > 0 {
		from = min(from, all[0])
	}
	to := slices.Max(slices.Concat([]int64{from + 1}, f.sent[len(f.sent)-1:], all[max(0, len(all)-1):]))
	if f.open() > 0 {
		to = max(to, f.now.Unix())
	}
	c := &answersChart{From: time.Unix(from, 0).In(zone), To: time.Unix(to, 0).In(zone), All: len(f.sent), Answered: len(all)}
	if 2*len(all) >= len(f.sent) {
		c.Half = took(max(1, all[(len(f.sent)+1)/2-1]-f.sent[0])) // the books' seconds are whole
	}
	c.draw(f, from, to)
	c.figures(f, zone)
	return c
}

func (c *answersChart) draw(f *figures, from, to int64) {
	scale := heights(c.All)
	most := float64(scale[len(scale)-1])
	for _, v := range scale {
		c.Y = append(c.Y, tick{At: plotBottom - float64(v)/most*(plotBottom-plotTop), Label: thousands(v)})
	}
	var sent, signed, ended curve
	for i := range moments + 1 {
		at := from + (to-from)*int64(i)/moments
		x := plotLeft + (plotRight-plotLeft)*float64(i)/moments
		y := func(n int) float64 { return plotBottom - float64(n)/most*(plotBottom-plotTop) }
		n := upTo(f.signed, at)
		sent.to(x, y(upTo(f.sent, at)))
		signed.to(x, y(n))
		ended.to(x, y(n+upTo(f.ended, at)))
	}
	c.Sent, c.Signed, c.Ended = sent.line(), signed.area(), ended.area()
}

// figures says in a table what the curves show, at the marks of the axis and the end.
func (c *answersChart) figures(f *figures, zone *time.Location) {
	at, layout := marks(c.From, c.To, 4, zone)
	for _, t := range at {
		x := plotLeft + (plotRight-plotLeft)*float64(t.Sub(c.From))/float64(c.To.Sub(c.From))
		c.X = append(c.X, across(x, t.Format(layout)))
	}
	if len(at) == 0 || at[len(at)-1].Before(c.To) {
		at = append(at, c.To)
	}
	for _, t := range at {
		c.Lines = append(c.Lines, answersLine{t, upTo(f.sent, t.Unix()), upTo(f.signed, t.Unix()), upTo(f.ended, t.Unix())})
	}
}

// curve is a line through points, from left to right.
type curve struct{ path strings.Builder }

func (c *curve) to(x, y float64) {
	word := "L"
	if c.path.Len() == 0 {
		word = "M"
	}
	fmt.Fprintf(&c.path, "%s%.1f %.1f", word, x, y)
}

func (c *curve) line() string { return c.path.String() }

// area is what lies between the line and the axis below it.
func (c *curve) area() string {
	return fmt.Sprintf("%sL%.1f %.1fL%.1f %.1fZ", c.path.String(), plotRight, plotBottom, plotLeft, plotBottom)
}

// waitsChart is how long signers took, by order group.
type waitsChart struct {
	Groups []waitsGroup
	X      []tick
	Floor  float64 // where the axis is
	High   float64 // of the drawing
}

type waitsGroup struct {
	N                     int // from 1
	Signers               int
	Quarter, Median, Rest string // a quarter, a half, three quarters of the signers had signed after this time
	X, W, At, Y           float64
}

// waited is nil where nobody has signed.
func (f *figures) waited() *waitsChart {
	c := &waitsChart{}
	var most int64
	for _, list := range f.waits {
		slices.Sort(list)
		if len(list) > 0 {
			most = max(most, quantile(list, 0.75))
		}
	}
	scale := lengths(most)
	x := func(seconds int64) float64 {
		return plotLeft + (plotRight-plotLeft)*float64(seconds)/float64(scale[len(scale)-1])
	}
	for i, list := range f.waits {
		if len(list) == 0 {
			continue
		}
		quarter, median, rest := quantile(list, 0.25), quantile(list, 0.5), quantile(list, 0.75)
		c.Groups = append(c.Groups, waitsGroup{N: i + 1, Signers: len(list), Quarter: took(quarter), Median: took(median), Rest: took(rest),
			X: x(quarter), W: max(2, x(rest)-x(quarter)), At: x(median), Y: groupsTop + groupHigh*float64(len(c.Groups))})
	}
	if len(c.Groups) == 0 {
		return nil
	}
	c.Floor = groupsTop + groupHigh*float64(len(c.Groups))
	c.High = c.Floor + chartHeight - plotBottom
	for _, s := range scale {
		c.X = append(c.X, across(x(s), took(s)))
	}
	return c
}

// endsChart is how many jobs end, unless they are signed, on each of the days or weeks
// ahead.
type endsChart struct {
	Columns []endsColumn // empty: none ends so soon
	Y       []tick
	Unit    string // "day" or "week"
	Past    int    // rows whose end lies behind, and the portal has not said so
	Later   int    // rows that end after the last column
	Rows    int
	First   time.Time // the earliest end that lies ahead; zero: none does
}

type endsColumn struct {
	From       time.Time
	Rows       int
	X, W, Y, H float64
	Middle     float64
	Label      tick   // below it; without text: there is no room
	Count      string // above it; "": there is no room
}

// How many columns there may be.
const mostDays, mostWeeks = 28, 14

// deadlines is nil where no job waits for signers.
func (f *figures) deadlines(zone *time.Location) *endsChart {
	if len(f.ends) == 0 {
		return nil
	}
	slices.Sort(f.ends)
	c := &endsChart{Unit: "day", Rows: len(f.ends), Past: upTo(f.ends, f.now.Unix())}
	ahead := f.ends[c.Past:]
	if len(ahead) == 0 {
		return c
	}
	c.First = time.Unix(ahead[0], 0).In(zone)
	today := civil(f.now, zone)
	last := civil(time.Unix(ahead[len(ahead)-1], 0), zone) - today
	days, columns := 1, max(7, last+1)
	if last >= mostDays {
		c.Unit, days, columns = "week", 7, min(last/7+1, mostWeeks)
	}
	counts := make([]int, columns)
	for _, at := range ahead {
		if i := (civil(time.Unix(at, 0), zone) - today) / days; i < columns {
			counts[i]++
		} else {
			c.Later++
		}
	}
	if c.Later < len(ahead) {
		c.draw(counts, f.now.In(zone), days)
	}
	return c
}

func (c *endsChart) draw(counts []int, today time.Time, days int) {
	scale := heights(slices.Max(counts))
	most := float64(scale[len(scale)-1])
	for _, v := range scale {
		c.Y = append(c.Y, tick{At: plotBottom - float64(v)/most*(plotBottom-plotTop), Label: thousands(v)})
	}
	wide := (plotRight - plotLeft) / float64(len(counts))
	every := (len(counts) + 4) / 5 // labels have room for five
	for i, n := range counts {
		h := float64(n) / most * (plotBottom - plotTop)
		from := today.AddDate(0, 0, i*days)
		column := endsColumn{From: from, Rows: n, X: plotLeft + wide*(float64(i)+0.12), W: 0.76 * wide, Y: plotBottom - h, H: h, Middle: plotLeft + wide*(float64(i)+0.5)}
		if i%every == 0 {
			column.Label = across(column.Middle, from.Format("2 Jan"))
		}
		if n > 0 && wide > 5.5*float64(len(thousands(n))) {
			column.Count = thousands(n)
		}
		c.Columns = append(c.Columns, column)
	}
}

// civil numbers the days of the calendar in a zone.
func civil(t time.Time, zone *time.Location) int {
	y, m, d := t.In(zone).Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

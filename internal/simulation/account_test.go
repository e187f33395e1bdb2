package simulation

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"batch/internal/app"
	"batch/internal/mailout"
)

// account is what the completion reports say at the end of each row, by its line, and under
// line 0 of all of them: without times, references, ids, and the digests and sizes of what the
// portal gave out, of which only is said whether they are there.
type account map[int]entry

type entry struct {
	state mailout.State
	json  string
	csv   string
}

// undisturbed is how a plan's rows end where nothing goes wrong.
func (p *plan) undisturbed(t *testing.T, xades bool) account {
	n := 0
	if xades {
		n = 1
	}
	p.once[n].Do(func() {
		synctest.Test(t, func(t *testing.T) {
			nature := still()
			nature.XAdES = xades
			w := newWorld(t, p, 0, nature)
			w.play()
			p.account[n] = w.told
		})
	})
	return p.account[n]
}

// report is `batch report`, json and csv.
func (w *world) report(ctx context.Context, a *app.App) (all account, err error) {
	var lines, table bytes.Buffer
	all = account{}
	if err := a.ReportTo(ctx, &lines, w.plan.batch, app.ReportOptions{Format: "json"}); err != nil {
		return nil, err
	}
	if err := a.ReportTo(ctx, &table, w.plan.batch, app.ReportOptions{Format: "csv"}); err != nil {
		return nil, err
	}
	return all, errors.Join(all.addJSON(lines.Bytes()), all.addCSV(table.Bytes()))
}

func (a account) addJSON(report []byte) error {
	for _, line := range bytes.Split(bytes.TrimSpace(report), []byte("\n")) {
		var object map[string]any
		if err := json.Unmarshal(line, &object); err != nil {
			return err
		}
		number, _ := object["line"].(float64) // the totals have none
		state, _ := object["state"].(string)
		blank("", object)
		text, err := json.MarshalIndent(object, "", " ")
		if err != nil {
			return err
		}
		a[int(number)] = entry{state: mailout.State(state), json: string(text)}
	}
	return nil
}

// Of what an object of the json report holds, these say only whether they are there: in any
// object, and in those of a file that the portal has given out.
var (
	blankKeys     = []string{"since", "sent_at", "ref", "job_id", "duplicates"}
	blankFileKeys = []string{"sha256", "bytes"}
	fileObjects   = []string{"signed", "xades"}
)

// blank blanks an object, whose name is key.
func blank(key string, object map[string]any) {
	for k, v := range object {
		switch v := v.(type) {
		case map[string]any:
			blank(k, v)
		case []any:
			for _, element := range v {
				if o, is := element.(map[string]any); is {
					blank(k, o)
				}
			}
		}
		file := slices.Contains(fileObjects, key)
		switch {
		case k == held:
			delete(object, k)
		case slices.Contains(blankKeys, k), file && slices.Contains(blankFileKeys, k):
			object[k] = !slices.Contains([]string{"", "0", "[]", "<nil>"}, fmt.Sprint(object[k]))
		case file && k == "file":
			object[k] = withoutJob(fmt.Sprint(v))
		}
	}
}

// held is a time that there may be or not: a row that went out as a canary is not held.
const held = "held_until"

// jobInName is a job's id in a file's name, with the number of a file that was there before.
var jobInName = regexp.MustCompile(`^(signed/.*/[^/]*?)-\d+((?:-failed)?(?:-signer-\d+)?)(?:\.\d+)?(\.pdf|\.xml)$`)

func withoutJob(path string) string { return jobInName.ReplaceAllString(path, "$1-JOB$2$3") }

// blankColumns are the same of the csv report.
var blankColumns = []string{"state_since", "sent_at", "reference", "job_id", "signed_sha256", "signed_bytes", "signer_since", "signer_xades_sha256"}

func (a account) addCSV(report []byte) error {
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(report, []byte("\ufeff"))))
	in.Comma = ';'
	records, err := in.ReadAll()
	if err != nil {
		return err
	}
	headers := records[0]
	for _, cells := range records[1:] {
		line, err := strconv.Atoi(cells[slices.Index(headers, "line")])
		if err != nil {
			return err
		}
		row := a[line]
		for i, cell := range cells {
			if slices.Contains(blankColumns, headers[i]) && cell != "" {
				cell = "there"
			}
			if headers[i] == held {
				continue
			}
			row.csv += headers[i] + ": " + withoutJob(cell) + "\n"
		}
		a[line] = row
	}
	return nil
}

// accounted: the reports say of the rows what they say where nothing went wrong. They may not
// of a row that the portal was made to refuse, that a person wished cancelled in time, or that
// the portal ended before its people could act; nor then of all rows together. Of a row with a
// second job they say what is to be done about it.
func (w *world) accounted() {
	w.t.Helper()
	if w.want == nil {
		return
	}
	got := w.told
	w.look(func(c *checker) {
		others := false
		for _, r := range c.records() {
			is, want := got[r.Line], w.want[r.Line]
			switch {
			case r.State == mailout.Refused && c.wasRefused(r.Ref), r.State == mailout.Cancelled && w.wasWished(r.Line), w.madeLate(r.Ref):
				others = true
			case len(c.jobs[r.Line]) > 1:
				if is.state != want.state {
					c.errorf("line %d is reported as %s, and undisturbed as %s", r.Line, is.state, want.state)
				}
			default:
				c.sameAs(r.Line, is, want)
			}
		}
		if !others {
			c.sameAs(0, got[0], w.want[0])
		}
	})
}

func (c *checker) sameAs(line int, is, want entry) {
	if difference := cmp.Or(differ(is.json, want.json), differ(is.csv, want.csv)); difference != "" {
		c.errorf("the report of line %d says otherwise than undisturbed: %s", line, difference)
	}
}

// differ tells the first line in which two texts differ; empty: none.
func differ(is, want string) string {
	a, b := strings.Split(is, "\n"), strings.Split(want, "\n")
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			return fmt.Sprintf("%q, and undisturbed %q", a[min(i, len(a)-1):min(i+1, len(a))], b[min(i, len(b)-1):min(i+1, len(b))])
		}
	}
	return ""
}

// wasRefused: the portal was made to refuse the row.
func (c *checker) wasRefused(ref mailout.Ref) bool {
	calls := c.calls[ref]
	return len(calls) > 0 && calls[len(calls)-1].Fault == "refuse"
}

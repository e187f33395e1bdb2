package simulation

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"batch/internal/mailout"
	"batch/internal/sandbox"
)

// over: at the end every row is over as the portal has it, nothing is left anywhere, and the
// reports say what they say where nothing went wrong.
func (w *world) over() {
	w.t.Helper()
	w.look(func(c *checker) {
		if c.books.State != mailout.Done || c.books.Unconfirmed+c.books.Uncancelled > 0 {
			c.errorf("at the end the batch is %s with %v, %d unconfirmed, %d uncancelled", c.books.State, c.books.Totals, c.books.Unconfirmed, c.books.Uncancelled)
		}
		for _, j := range w.portal.Jobs("") {
			if !j.Gone && !j.Foreign {
				c.errorf("job %d is still at the portal: %s", j.ID, j.Status)
			}
		}
		for _, r := range c.records() {
			c.ended(r)
		}
		w.alarms = c.alarms
		c.alarmed()
		c.noLeftovers()
	})
	w.afterwards()
}

func (c *checker) ended(r mailout.Record) {
	n := slices.IndexFunc(c.jobs[r.Line], func(j sandbox.JobView) bool { return j.ID == int64(r.JobID) })
	switch {
	case r.State == mailout.Refused || r.State == mailout.Cancelled && r.JobID == 0:
		return
	case n < 0 || r.State != endOf(c.jobs[r.Line][n]):
		c.errorf("at the end line %d is %s", r.Line, r.State)
	}
}

// alarmed: every second job has its alarm, and no alarm is without cause.
func (c *checker) alarmed() {
	alarmed := map[mailout.JobID]bool{}
	for _, a := range c.alarms {
		switch a.Kind {
		case mailout.AlarmDuplicate:
			alarmed[a.JobID] = true
			// Where a person was wrong, the attempt after it may have had no effect: its answer was
			// lost, and the books can only say that there may be a second job.
			if len(c.jobs[a.Line]) < 2 && !c.w.anyHasty(a.Line) {
				c.errorf("line %d has %d jobs, and the alarm %+v", a.Line, len(c.jobs[a.Line]), a)
			}
		case mailout.AlarmRevived:
			if !c.w.anyHasty(a.Line) {
				c.errorf("nobody was wrong about line %d: %+v", a.Line, a)
			}
		case mailout.AlarmStrange:
			if c.w.foreign == 0 {
				c.errorf("no stranger was there: %+v", a)
			}
		case mailout.AlarmDoubtful:
			if !slices.ContainsFunc(slices.Collect(maps.Keys(c.w.faultsSoFar())), func(s string) bool {
				return strings.HasPrefix(s, sandbox.CallPAdES) || strings.HasPrefix(s, sandbox.CallXAdES)
			}) && !c.w.netBroke() {
				c.errorf("every document was whole: %+v", a)
			}
		default:
			c.errorf("an alarm for nothing: %+v", a)
		}
	}
	for line, jobs := range c.jobs {
		// The alarm about a job that was cancelled is laid to rest with it.
		told := func(j sandbox.JobView) bool { return alarmed[mailout.JobID(j.ID)] || endOf(j) == mailout.Cancelled }
		if len(jobs) > 1 && !slices.ContainsFunc(jobs, told) {
			c.errorf("line %d has %d jobs and no alarm", line, len(jobs))
		}
	}
}

// noLeftovers: no temporary file is left when all is over.
func (c *checker) noLeftovers() {
	left, err := filepath.Glob(filepath.Join(c.dir, "signed", "*", ".*"))
	must(c.t, err)
	if len(left) > 0 {
		c.errorf("at the end there are %q", left)
	}
}

package simulation

import (
	"fmt"
	"slices"
	"strings"

	"batch/internal/sandbox"
)

// pace: the portal has never counted an eleventh call in a second.
func (c *checker) pace() {
	planted := 0
	for what, n := range c.w.faultsSoFar() {
		if strings.HasSuffix(what, " block") {
			planted += n
		}
	}
	if s := c.w.portal.CallSummary(); s.MostInASecond > 10 && !c.w.nature.Late || planted == 0 && s.Blocked > 0 {
		c.errorf("%d calls in a second, %d were blocked, and %d blocks were planted", s.MostInASecond, s.Blocked, planted)
	}
}

// polite: no queue is polled before its time, as long as every answer has been heard.
func (c *checker) polite() {
	if c.w.deaths > 0 || c.w.nature.Faults > 0 || c.w.planted != nil {
		return
	}
	for _, call := range c.w.portal.Calls() {
		if call.Outcome == "too early" {
			c.errorf("a queue was polled too early: %+v", call)
		}
	}
}

// onceOnly: a Ref is used again only where its call is proved to have had no effect. A call
// that a death broke off before its Ref is nobody's.
func (c *checker) onceOnly() {
	for ref, calls := range c.calls {
		if ref == "" {
			continue
		}
		for _, call := range calls[:len(calls)-1] {
			if !provesNothing(call) {
				c.errorf("%s was sent %d times, first with %+v", nameOf(string(ref)), len(calls), call)
			}
		}
	}
}

// provesNothing: the portal took no notice of the call, and said so; what it said was not
// about the row.
func provesNothing(c sandbox.Call) bool {
	return c.Outcome == "blocked" || slices.Contains([]string{"refused NOT_AUTHORIZED", "refused BROKER_NOT_AUTHORIZED", "refused INVALID_SIGNING_TIME"}, c.Outcome)
}

// nothingLost: of what the portal has given up the document is here as it was given out, once.
func (c *checker) nothingLost() {
	for _, j := range c.w.portal.Jobs("") {
		whole, names := c.keptOf(fmt.Sprint(j.ID))
		signed := j.Status == "COMPLETED_SUCCESSFULLY"
		if j.Gone && signed && !c.w.neverHandedOut(j) && len(whole) == 0 || len(names) > 1 && c.w.nature.Style != sandbox.StyleVarying {
			c.errorf("job %d (%s, gone from the portal: %v) has the files %q, of which %q were given out whole", j.ID, j.Status, j.Gone, names, whole)
		}
	}
}

// neverHandedOut: where a confirmation counts for the job's newest status, one of a change
// that is not final can end a job whose end nobody has seen. No client can exclude that; the
// documentation does not say whether the portal is so (portal-api.md, "Status changes").
func (w *world) neverHandedOut(j sandbox.JobView) bool {
	return w.nature.ByJob && j.Gone && !slices.ContainsFunc(w.portal.Calls(), func(c sandbox.Call) bool {
		return c.Kind == sandbox.CallPoll && c.Job == j.ID && c.Outcome == "change "+j.Status
	})
}

// unheard reports whether the portal has such a job: its row is created for ever.
func (w *world) unheard() bool { return slices.ContainsFunc(w.portal.Jobs(""), w.neverHandedOut) }

package simulation

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"batch/internal/ledger"
	"batch/internal/mailout"
	"batch/internal/sandbox"
)

// checker compares the books, as they are while no process runs, with the portal's truth.
type checker struct {
	w      *world
	t      *testing.T
	l      *ledger.Ledger
	dir    string
	books  mailout.BatchInfo
	alarms []mailout.Alarm
	jobs   map[int][]sandbox.JobView // by line
	calls  map[mailout.Ref][]sandbox.Call
}

// look opens a copy of the books, as anybody may at any time: what the next process finds is
// not touched by it.
func (w *world) look(do func(c *checker)) {
	w.t.Helper()
	dir := filepath.Join(w.t.TempDir(), "copy")
	must(w.t, os.Mkdir(dir, 0o700))
	for _, name := range []string{"ledger.db", "ledger.db-wal", "sent.log"} {
		if err := copyFile(filepath.Join(dir, name), filepath.Join(w.dir, name)); !errors.Is(err, fs.ErrNotExist) {
			must(w.t, err)
		}
	}
	l, err := ledger.Open(w.t.Context(), ledger.Options{Path: filepath.Join(dir, "ledger.db"), SentLog: filepath.Join(dir, "sent.log")})
	must(w.t, err)
	defer os.RemoveAll(dir)
	defer l.Close()
	do(w.checker(l))
}

// check compares, and says how the books stand. It holds at every moment at which no process
// runs.
func (w *world) check() (now standing) {
	w.t.Helper()
	time.Sleep(3 * time.Second) // what is on its way to the portal arrives
	w.look(func(c *checker) {
		now.BatchInfo = c.books
		c.sums()
		for _, r := range c.records() {
			if r.State == mailout.Unknown {
				now.unknown = append(now.unknown, r)
			}
			c.row(r)
		}
		c.pace()
		c.onceOnly()
		c.nothingLost()
	})
	return now
}

// standing is how the books stand, and what is unknown.
type standing struct {
	mailout.BatchInfo
	unknown []mailout.Record
}

func (w *world) checker(l *ledger.Ledger) *checker {
	ctx := w.t.Context()
	c := &checker{w: w, t: w.t, l: l, dir: w.dir, jobs: map[int][]sandbox.JobView{}, calls: map[mailout.Ref][]sandbox.Call{}}
	var err error
	c.books, err = l.Batch(ctx, w.plan.batch)
	must(w.t, err)
	c.alarms, err = l.Alarms(ctx)
	must(w.t, err)
	for _, j := range w.portal.Jobs("") {
		if parts, ok := mailout.Ref(j.Reference).Parse(); ok && !j.Foreign {
			c.jobs[parts.Line] = append(c.jobs[parts.Line], j)
		}
	}
	for _, call := range w.portal.Calls() {
		if call.Kind == sandbox.CallCreate {
			c.calls[mailout.Ref(call.Reference)] = append(c.calls[mailout.Ref(call.Reference)], call)
		}
	}
	return c
}

// records are the rows, as readers see them while nobody speaks: what is being sent then was
// left by a process that died.
func (c *checker) records() (all []mailout.Record) {
	for r, err := range c.l.Records(c.t.Context(), c.w.plan.batch) {
		must(c.t, err)
		if r.State == mailout.Sending {
			r.State = mailout.Unknown
		}
		all = append(all, r)
	}
	return all
}

func (c *checker) errorf(format string, args ...any) {
	c.t.Helper()
	c.t.Errorf("after process %d: %s", c.w.lives, fmt.Sprintf(format, args...))
}

func (c *checker) sums() {
	rows := len(c.w.plan.outcomes)
	if c.books.Totals.Sum() != rows || c.books.Rows != rows {
		c.errorf("the totals %v are not %d rows", c.books.Totals, rows)
	}
	if done := c.books.Totals.Final() == rows; done != (c.books.State == mailout.Done) {
		c.errorf("the batch is %s with %v", c.books.State, c.books.Totals)
	}
	if (c.books.State == mailout.Stopped) != (c.books.StopReason != "") {
		c.errorf("the batch is %s, and the reason is %q", c.books.State, c.books.StopReason)
	}
	if sent := c.books.Totals[mailout.Planned] < rows; sent && c.books.ApprovedAt.IsZero() {
		c.errorf("rows were sent of a batch that nobody approved: %v", c.books.Totals)
	}
}

// row compares one row with the portal's jobs for it.
func (c *checker) row(r mailout.Record) {
	attempts, err := c.l.Attempts(c.t.Context(), r.Batch, r.Line)
	must(c.t, err)
	history, err := c.l.History(c.t.Context(), r.Batch, r.Line)
	must(c.t, err)
	c.left(attempts)
	c.chain(r, history)
	c.state(r)
	for _, attempt := range attempts {
		c.attempt(r, attempt)
	}
	c.numberOfJobs(r)
	if r.State == mailout.Created || r.JobID != 0 {
		c.job(r)
	}
}

// left takes note of attempts that a dead process left without an end.
func (c *checker) left(attempts []mailout.Attempt) {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	for _, a := range attempts {
		if a.Outcome == "" && c.w.deaths > 0 {
			c.w.lost[a.Ref] = true
		}
	}
}

// chain: each event begins where the one before it ended, and the last one ends in the
// row's state.
func (c *checker) chain(r mailout.Record, history []mailout.Happening) {
	state := mailout.Planned
	for _, h := range history {
		if h.From != "" && h.From != state && isMove(h.Kind) {
			c.errorf("line %d: the history goes from %s to %s by %s, and it was %s", r.Line, h.From, h.To, h.Kind, state)
		}
		if isMove(h.Kind) {
			state = h.To
		}
	}
	if state != r.State && !(state == mailout.Sending && r.State == mailout.Unknown) {
		c.errorf("line %d is %s, and its history ends with %s", r.Line, r.State, state)
	}
}

func isMove(kind string) bool {
	return slices.Contains([]mailout.Event{mailout.Begin, mailout.Accept, mailout.Refuse, mailout.NotSent, mailout.Lose, mailout.Adopt, mailout.Absent,
		mailout.Withdraw, mailout.Complete, mailout.Reject, mailout.Expire, mailout.Cancel, mailout.Fail}, mailout.Event(kind))
}

// state: what the row's state says of the portal is true.
func (c *checker) state(r mailout.Record) {
	jobs := c.withRef(r.Line, r.Ref)
	switch r.State {
	case mailout.Planned, mailout.Refused, mailout.Skipped:
		if len(jobs) > 0 {
			c.errorf("line %d is %s, and the portal has job %d for it", r.Line, r.State, jobs[0].ID)
		}
	case mailout.Unknown:
		if !c.mayBeUnknown(r.Ref) {
			c.errorf("line %d is unknown, yet its answer was not lost: %+v", r.Line, c.calls[r.Ref])
		}
	case mailout.Cancelled:
		if !c.w.wasWished(r.Line) {
			c.errorf("line %d is cancelled, and nobody wished it", r.Line)
		}
	}
}

// withRef are a line's jobs of one attempt.
func (c *checker) withRef(line int, ref mailout.Ref) []sandbox.JobView {
	return slices.DeleteFunc(slices.Clone(c.jobs[line]), func(j sandbox.JobView) bool { return ref == "" || mailout.Ref(j.Reference) != ref })
}

// mayBeUnknown: a process died, a connection broke, or the portal's answer to one of the
// calls was not a plain one.
func (c *checker) mayBeUnknown(ref mailout.Ref) bool {
	if c.w.wasLost(ref) || c.w.netBroke() {
		return true
	}
	return slices.ContainsFunc(c.calls[ref], func(call sandbox.Call) bool {
		return call.Fault != "" || call.Status != http.StatusOK && call.Status/100 != 4
	})
}

// attempt: what the books say of a call is what the portal says of it.
func (c *checker) attempt(r mailout.Record, a mailout.Attempt) {
	jobs := c.withRef(r.Line, a.Ref)
	switch a.Outcome {
	case mailout.OutcomeAccepted:
		if !slices.ContainsFunc(jobs, func(j sandbox.JobView) bool { return j.ID == int64(a.JobID) }) {
			c.errorf("line %d: attempt %d was accepted as job %d, which the portal does not have", r.Line, a.N, a.JobID)
		}
	case mailout.OutcomeRefused:
		if len(jobs) > 0 {
			c.errorf("line %d: attempt %d was refused, and the portal has job %d", r.Line, a.N, jobs[0].ID)
		}
	case mailout.OutcomeNotSent:
		if len(jobs) > 0 && r.State != mailout.Sending && r.Ref == a.Ref && r.JobID == 0 {
			c.errorf("line %d: attempt %d was not sent, and the portal has job %d", r.Line, a.N, jobs[0].ID)
		}
	}
}

// numberOfJobs: one at most, but for those that the portal made twice by itself, and those
// of a row that a person said to be absent.
func (c *checker) numberOfJobs(r mailout.Record) {
	allowed := 1
	for ref, calls := range c.calls {
		if parts, _ := ref.Parse(); parts.Line != r.Line {
			continue
		}
		if c.w.wasHasty(ref) {
			allowed++
		}
		for _, call := range calls {
			if call.Fault == "duplicate" && call.Outcome == "created" {
				allowed++
			}
		}
	}
	if n := len(c.jobs[r.Line]); n > allowed {
		c.errorf("line %d has %d jobs at the portal: %+v", r.Line, n, c.jobs[r.Line])
	}
}

// job: the row's job is its own, with its documents, and is as far as the row is.
func (c *checker) job(r mailout.Record) {
	jobs := c.jobs[r.Line]
	n := slices.IndexFunc(jobs, func(j sandbox.JobView) bool { return j.ID == int64(r.JobID) })
	if n < 0 {
		c.errorf("line %d is %s with job %d, which the portal does not have for it", r.Line, r.State, r.JobID)
		return
	}
	j := jobs[n]
	if mailout.Ref(j.Reference) != r.Ref || j.Sender != string(r.Job.Sender) {
		c.errorf("line %d: job %d has reference %s and sender %s, the row %s and %s", r.Line, j.ID, j.Reference, j.Sender, r.Ref, r.Job.Sender)
	}
	for i, d := range r.Documents {
		if i >= len(j.Documents) || j.Documents[i].SHA256 != hex.EncodeToString(d.SHA256[:]) {
			c.errorf("line %d: job %d has the documents %v", r.Line, j.ID, j.Documents)
		}
	}
	if want := endOf(j); r.State != mailout.Created && r.State != want {
		c.errorf("line %d is %s, and its job %d is %s at the portal", r.Line, r.State, j.ID, want)
	}
	if r.State == mailout.Signed {
		c.intact(r.Signed, r.Line)
		c.xades(r)
	}
}

func (c *checker) xades(r mailout.Record) {
	if !c.w.nature.XAdES {
		return
	}
	for _, s := range r.Settled {
		c.intact(s.XAdES, r.Line)
	}
}

// endOf is how a job is over; created where it is not.
func endOf(j sandbox.JobView) mailout.State {
	signer := func(status string) bool {
		return slices.ContainsFunc(j.Signers, func(s sandbox.SignerView) bool { return s.Status == status })
	}
	switch {
	case j.Status == "COMPLETED_SUCCESSFULLY":
		return mailout.Signed
	case j.Status != "FAILED":
		return mailout.Created
	case signer("CANCELLED"):
		return mailout.Cancelled
	case signer("REJECTED"):
		return mailout.Rejected
	case signer("EXPIRED"):
		return mailout.Expired
	}
	return mailout.Failed
}

// intact: a file of the books is there, and what it was.
func (c *checker) intact(f mailout.SignedFile, line int) {
	raw, err := os.ReadFile(filepath.Join(c.dir, filepath.FromSlash(f.Path)))
	if err != nil || mailout.SumDigest(raw) != f.SHA256 || int64(len(raw)) != f.Bytes {
		c.errorf("line %d: the file %q is not what the books say (%v)", line, f.Path, err)
	}
}

// logs are the histories of the rows, without times, references and ids.
func (c *checker) logs() map[int]string {
	logs := map[int]string{}
	for _, r := range c.records() {
		history, err := c.l.History(c.t.Context(), r.Batch, r.Line)
		must(c.t, err)
		for _, h := range history {
			logs[r.Line] += fmt.Sprintf("%s: %s to %s\n", h.Kind, h.From, h.To)
		}
	}
	return logs
}

// pace: the portal has never counted an eleventh call in a second.
func (c *checker) pace() {
	planted := 0
	for what, n := range c.w.faultsSoFar() {
		if strings.HasSuffix(what, " block") {
			planted += n
		}
	}
	if s := c.w.portal.CallSummary(); s.MostInASecond > 10 || planted == 0 && s.Blocked > 0 {
		c.errorf("%d calls in a second, %d were blocked, and %d blocks were planted", s.MostInASecond, s.Blocked, planted)
	}
}

// onceOnly: a Ref is used again only where its call is proved to have had no effect.
func (c *checker) onceOnly() {
	for ref, calls := range c.calls {
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

// nothingLost: what the portal has given up is here, once.
func (c *checker) nothingLost() {
	for _, j := range c.w.portal.Jobs("") {
		found, err := filepath.Glob(filepath.Join(c.dir, "signed", "*", fmt.Sprintf("*-%d*.pdf", j.ID)))
		must(c.t, err)
		signed := j.Status == "COMPLETED_SUCCESSFULLY"
		if j.Gone && signed && !c.w.neverHandedOut(j) && len(found) == 0 || len(found) > 1 && c.w.nature.Style != sandbox.StyleVarying {
			c.errorf("job %d (%s, gone from the portal: %v) has the files %q", j.ID, j.Status, j.Gone, found)
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

// over: at the end every row is over as its signers acted, and nothing is left anywhere.
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
		c.alarmed()
		c.noLeftovers()
	})
}

func (c *checker) ended(r mailout.Record) {
	n := slices.IndexFunc(c.jobs[r.Line], func(j sandbox.JobView) bool { return j.ID == int64(r.JobID) })
	switch {
	case r.State == mailout.Refused || r.State == mailout.Cancelled && r.JobID == 0:
		return
	case n < 0 || r.State != endOf(c.jobs[r.Line][n]):
		c.errorf("at the end line %d is %s", r.Line, r.State)
	case r.State != mailout.Cancelled && r.State != mailout.State(c.w.plan.outcomes[r.Line]):
		c.errorf("at the end line %d is %s, and its people wanted %s", r.Line, r.State, c.w.plan.outcomes[r.Line])
	}
}

// alarmed: every second job has its alarm, and no alarm is without cause.
func (c *checker) alarmed() {
	alarmed := map[mailout.JobID]bool{}
	for _, a := range c.alarms {
		switch a.Kind {
		case mailout.AlarmDuplicate:
			alarmed[a.JobID] = true
			if len(c.jobs[a.Line]) < 2 {
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

func (w *world) wasLost(ref mailout.Ref) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lost[ref]
}

func (w *world) wasHasty(ref mailout.Ref) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.hasty[ref]
}

func (w *world) anyHasty(line int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for ref := range w.hasty {
		if parts, _ := ref.Parse(); parts.Line == line {
			return true
		}
	}
	return false
}

func (w *world) wasWished(line int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.wished[line]
}

func (w *world) netBroke() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.broken > 0
}

func (w *world) faultsSoFar() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.struck)
}

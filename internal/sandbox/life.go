package sandbox

import (
	"errors"
	"slices"
	"sync"
	"time"
)

// Statuses of jobs and signers (portal.xsd).
const (
	jobInProgress = "IN_PROGRESS"
	jobCompleted  = "COMPLETED_SUCCESSFULLY"
	jobFailed     = "FAILED"

	signerWaiting       = "WAITING"
	signerSigned        = "SIGNED"
	signerRejected      = "REJECTED"
	signerCancelled     = "CANCELLED"
	signerExpired       = "EXPIRED"
	signerNotApplicable = "NOT_APPLICABLE"
)

// retention is how long unfetched documents are kept after a job's end (portal-api.md).
const retention = 40 * 24 * time.Hour

// job is one signature job. The sandbox's lock guards every field but seal.
type job struct {
	id        int64
	reference string
	sender    string
	queue     string
	manifest  *jobManifest
	documents []storedDocument
	foreign   bool // planted by a fault: nobody here created it
	behaviour Outcome
	created   time.Time
	status    string
	signers   []*signer
	group     int       // the order group whose turn it is
	opened    time.Time // from when its availability counts
	finished  time.Time
	scheduled time.Time // its place in the agenda
	change    change
	version   int // rises with every change of status

	bundle []byte // as it came, where it is held in memory; nil: in a file, or deleted
	kept   bool   // has been saved before
	source []byte // manifest.xml as it came, until then

	documentsGone bool // deleted, on request or after forty days
	gone          bool // out of the API after the last confirmation

	seal sync.Mutex // held while its signed document is made
}

type storedDocument struct {
	name, title string
	sha256      []byte
}

// signer is one person of a job.
type signer struct {
	spec   signerSpec
	status string
	since  time.Time
}

var (
	errNotOpen  = errors.New("it is not open to this signer: not activated yet, another order group's turn, or over")
	errTooLate  = errors.New("the job is finished")
	errNoSigner = errors.New("the job has no signer of this number")
)

// newJob begins the life of a job. Its time counts from the activation time even where
// that lies in the past (portal-api.md).
func newJob(m *jobManifest, now time.Time) *job {
	own := *m // two jobs of one bundle (a fault) share nothing that is let go of
	own.source = nil
	j := &job{manifest: &own, source: m.source, created: now, opened: now, status: jobInProgress}
	if !m.activation.IsZero() {
		j.opened = m.activation
	}
	for _, spec := range m.signers {
		j.signers = append(j.signers, &signer{spec: spec, status: signerWaiting, since: now})
	}
	return j
}

// active are the signers who may sign now or as soon as the job is activated.
func (j *job) active() []*signer {
	order := j.manifest.orders()[j.group]
	return slices.DeleteFunc(slices.Clone(j.signers), func(s *signer) bool {
		return s.spec.order != order || s.status != signerWaiting
	})
}

// due is the next thing that happens to a job by itself, and when.
func (j *job) due(o Options) (time.Time, func(at time.Time)) {
	if j.finished.IsZero() {
		return j.nextEvent(o)
	}
	if !j.emptied() && !o.LongTermStorage {
		return j.finished.Add(retention), func(time.Time) { j.documentsGone = true }
	}
	return time.Time{}, nil
}

// nextEvent is the next thing that happens to an unfinished job: its people act, or its
// time is over, whichever is earlier; time that was over before the job came ends it as
// it comes. A zero time: nothing.
func (j *job) nextEvent(o Options) (time.Time, func(at time.Time)) {
	if !j.finished.IsZero() {
		return time.Time{}, nil
	}
	closes := later(j.opened.Add(j.manifest.available), j.created)
	if acts, what := j.nextAct(o); what != nil && acts.Before(closes) {
		return acts, what
	}
	return closes, j.expire
}

// nextAct is what the people of the active group do next by themselves, and when; nil:
// nothing.
func (j *job) nextAct(o Options) (at time.Time, what func(at time.Time)) {
	turn := later(j.opened, j.created)
	if o.Act == nil && o.SignAfter >= 0 && j.behaviour != Expired {
		return turn.Add(o.SignAfter), j.act
	}
	if o.Act == nil {
		return time.Time{}, nil
	}
	active := j.active()
	for i, s := range j.signers {
		does := o.Act(j.reference, i+1)
		acts := turn.Add(does.After)
		if slices.Contains(active, s) && does.Status != "" && (what == nil || acts.Before(at)) {
			at, what = acts, func(at time.Time) { j.answer(s, does.Status, at) }
		}
	}
	return at, what
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// act is what the people of the active group do by themselves.
func (j *job) act(at time.Time) {
	last := j.group == len(j.manifest.orders())-1
	if j.behaviour == Rejected && last {
		j.fail(j.active()[0], signerRejected, at)
		return
	}
	for _, s := range j.active() {
		j.sign(s, at)
	}
}

// answer lets one signer do what its status says.
func (j *job) answer(s *signer, status string, at time.Time) {
	if status == signerSigned {
		j.sign(s, at)
		return
	}
	j.fail(s, status, at)
}

// sign lets one signer sign. When it was the last of its group the next group's turn
// begins, with an availability of its own; after the last group the job is completed.
func (j *job) sign(s *signer, at time.Time) {
	j.set(s, signerSigned, at)
	if len(j.active()) > 0 {
		return
	}
	if j.group++; j.group < len(j.manifest.orders()) {
		j.opened = at
		return
	}
	j.finish(jobCompleted, at)
}

// fail ends the job through one signer; those who had not answered no longer matter.
func (j *job) fail(s *signer, status string, at time.Time) {
	j.set(s, status, at)
	j.settleWaiting(signerNotApplicable, at)
	j.finish(jobFailed, at)
}

// expire ends the job because nobody of the active group may sign any more.
func (j *job) expire(at time.Time) {
	for _, s := range j.active() {
		j.set(s, signerExpired, at)
	}
	j.settleWaiting(signerNotApplicable, at)
	j.finish(jobFailed, at)
}

// cancel ends the job at the sender's wish.
func (j *job) cancel(at time.Time) {
	j.settleWaiting(signerCancelled, at)
	j.finish(jobFailed, at)
}

func (j *job) settleWaiting(status string, at time.Time) {
	for _, s := range j.signers {
		if s.status == signerWaiting {
			j.set(s, status, at)
		}
	}
}

func (j *job) set(s *signer, status string, at time.Time) {
	s.status, s.since = status, at
	j.version++
}

func (j *job) finish(status string, at time.Time) {
	j.status, j.finished = status, at
	j.version++
}

// signerN is signer n, from 1, where it may act now.
func (j *job) signerN(n int, now time.Time) (*signer, error) {
	switch {
	case n < 1 || n > len(j.signers):
		return nil, errNoSigner
	case !j.finished.IsZero():
		return nil, errTooLate
	case now.Before(j.opened) || !slices.Contains(j.active(), j.signers[n-1]):
		return nil, errNotOpen
	}
	return j.signers[n-1], nil
}

// told says whether the portal has told a signer of the job: when it was activated, those of
// the first order group, and each later one's when its turn came. A job that was over before
// told nobody.
func (j *job) told(s *signer, now time.Time) bool {
	if !j.finished.IsZero() {
		now = j.finished
	}
	group := slices.Index(j.manifest.orders(), s.spec.order)
	return group < j.group || group == j.group && !j.opened.After(now)
}

// signedCount is how many signers have signed.
func (j *job) signedCount() int {
	n := 0
	for _, s := range j.signers {
		if s.status == signerSigned {
			n++
		}
	}
	return n
}

// offersPAdES says whether there is a signed document to fetch: a partial one while
// others have not signed yet, none of a job that failed.
func (j *job) offersPAdES() bool {
	return !j.foreign && !j.emptied() && j.status != jobFailed && j.signedCount() > 0
}

// emptied says whether the job's documents are gone, with the job or before it.
func (j *job) emptied() bool { return j.gone || j.documentsGone }

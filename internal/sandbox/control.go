package sandbox

import (
	"cmp"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"time"
)

// JobView is what the control API tells of a job. It holds no personal data.
type JobView struct {
	ID        int64          `json:"id"`
	Reference string         `json:"reference"`
	Sender    string         `json:"sender"`
	Queue     string         `json:"queue"`
	Status    string         `json:"status"`
	Signers   []SignerView   `json:"signers"`
	Documents []DocumentView `json:"documents"`
	Opens     time.Time      `json:"opens"`  // the order group whose turn it is or was last
	Closes    time.Time      `json:"closes"` // its availability ends
	Unseen    bool           `json:"unseen"` // a change is not confirmed
	Gone      bool           `json:"gone"`   // out of the API after its last confirmation
	Foreign   bool           `json:"foreign,omitempty"`
}

// SignerView is a signer, counted from 1.
type SignerView struct {
	N      int       `json:"n"`
	Status string    `json:"status"`
	Since  time.Time `json:"since"`
	Told   bool      `json:"told"` // the portal has told this signer of the job
}

// DocumentView is a document as it came in the bundle.
type DocumentView struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// Jobs is everything the portal knows, by id; a reference other than "" selects.
func (s *Sandbox) Jobs(reference string) []JobView {
	s.mu.Lock()
	defer s.unlock()
	s.catchUp()
	views := []JobView{}
	for _, j := range s.jobs {
		if reference == "" || j.reference == reference {
			views = append(views, j.view(s.clock()))
		}
	}
	slices.SortFunc(views, func(a, b JobView) int { return int(a.ID - b.ID) })
	return views
}

func (j *job) view(now time.Time) JobView {
	v := JobView{
		ID: j.id, Reference: j.reference, Sender: j.sender, Queue: j.queue, Status: j.status,
		Opens: j.opened.UTC(), Closes: j.opened.Add(j.manifest.available).UTC(),
		Unseen: j.change.queued, Gone: j.gone, Foreign: j.foreign, Documents: []DocumentView{},
	}
	for i, p := range j.signers {
		v.Signers = append(v.Signers, SignerView{i + 1, p.status, p.since.UTC(), j.told(p, now)})
	}
	for _, d := range j.documents {
		v.Documents = append(v.Documents, DocumentView{d.name, hex.EncodeToString(d.sha256)})
	}
	return v
}

// Control is the API that moves the sandbox (signers, clock, faults, logs), and a page at
// its root on which a person does the same. It has no authentication: it answers callers
// on this machine only, and no page of anybody else.
func (s *Sandbox) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /jobs", asJSON(s.controlJobs))
	mux.HandleFunc("GET /jobs/{id}", asJSON(s.controlJob))
	mux.HandleFunc("GET /calls", s.controlCalls)
	mux.HandleFunc("GET /calls/summary", asJSON(func(*http.Request) (any, error) { return s.CallSummary(), nil }))
	mux.HandleFunc("POST /jobs/{id}/sign", asJSON(s.controlSignAll))
	mux.HandleFunc("POST /jobs/{id}/signers/{n}/{act}", asJSON(s.controlSigner))
	mux.HandleFunc("POST /clock", asJSON(s.controlClock))
	mux.HandleFunc("PUT /faults", asJSON(s.controlFaults))
	s.addPage(mux)
	return onlyFromHere(mux)
}

// controlCall does what a request to the control API asks for; its result is the answer.
type controlCall func(*http.Request) (any, error)

// controlProblem is a request that cannot be done, with the status that says so.
type controlProblem struct {
	status  int
	message string
}

func (p *controlProblem) Error() string { return p.message }

var errNoJob = &controlProblem{http.StatusNotFound, "there is no such job"}

// problemOf makes one of any error. What a job or signer cannot do now is a conflict.
func problemOf(err error) *controlProblem {
	var p *controlProblem
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, errTooLate), errors.Is(err, errNotOpen), errors.Is(err, errNoSigner):
		return &controlProblem{http.StatusConflict, err.Error()}
	}
	return &controlProblem{http.StatusInternalServerError, err.Error()}
}

func asJSON(do controlCall) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if result, err := do(r); err != nil {
			writeProblem(w, problemOf(err))
		} else {
			writeJSON(w, http.StatusOK, result)
		}
	}
}

func writeProblem(w http.ResponseWriter, p *controlProblem) {
	writeJSON(w, p.status, map[string]string{"error": p.message})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

func (s *Sandbox) controlJobs(r *http.Request) (any, error) {
	return s.Jobs(r.URL.Query().Get("reference")), nil
}

func (s *Sandbox) controlJob(r *http.Request) (any, error) {
	return s.withJob(r, func(*job) error { return nil })
}

// withJob does something to the job of the address, with the lock held, and tells what
// the job is then. It is done only when it is kept.
func (s *Sandbox) withJob(r *http.Request, do func(*job) error) (v JobView, err error) {
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
	s.mu.Lock()
	defer func() { err = cmp.Or(err, s.unlock()) }()
	s.catchUp()
	j := s.jobs[id]
	if j == nil {
		return JobView{}, errNoJob
	}
	before := j.version
	if err := do(j); err != nil {
		return JobView{}, err
	}
	if j.version != before {
		s.changed(j)
	}
	return j.view(s.clock()), nil
}

// controlSignAll lets all sign, group after group.
func (s *Sandbox) controlSignAll(r *http.Request) (any, error) {
	return s.withJob(r, func(j *job) error {
		now := s.clock()
		if !j.finished.IsZero() {
			return errTooLate
		}
		if now.Before(j.opened) {
			return errNotOpen
		}
		for j.finished.IsZero() {
			for _, p := range j.active() {
				j.sign(p, now)
			}
		}
		return nil
	})
}

// upperCase is what statuses of signers and codes of errors look like.
var upperCase = regexp.MustCompile(`^[A-Z][A-Z_]{2,39}$`)

func (s *Sandbox) controlSigner(r *http.Request) (any, error) {
	status, err := statusAfterwards(r)
	if err != nil {
		return nil, err
	}
	return s.withJob(r, func(j *job) error {
		n, _ := strconv.Atoi(r.PathValue("n"))
		p, err := j.signerN(n, s.clock())
		if err != nil {
			return err
		}
		j.answer(p, status, s.clock())
		return nil
	})
}

// statusAfterwards is what a signer's status will be. New statuses may appear, so any is
// taken that looks like one.
func statusAfterwards(r *http.Request) (string, error) {
	status := r.URL.Query().Get("status")
	switch r.PathValue("act") {
	case "sign":
		return signerSigned, nil
	case "reject":
		return signerRejected, nil
	case "fail":
		if !upperCase.MatchString(status) || status == signerSigned || status == signerWaiting {
			return "", &controlProblem{http.StatusBadRequest, "fail needs ?status= with a signer's status, as BLOCKED"}
		}
		return status, nil
	}
	return "", &controlProblem{http.StatusNotFound, "a signer can sign, reject or fail"}
}

func (s *Sandbox) controlCalls(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/jsonl")
	encoder := json.NewEncoder(w)
	for _, line := range s.Calls() {
		encoder.Encode(line)
	}
}

// lastYear is how far the clock goes: ages before its arithmetic ends.
const lastYear = 2200

func (s *Sandbox) controlClock(r *http.Request) (any, error) {
	d, err := time.ParseDuration(r.FormValue("advance"))
	if err != nil || d < 0 || s.Clock().Add(d).Year() > lastYear {
		return nil, &controlProblem{http.StatusBadRequest,
			fmt.Sprintf("the clock takes ?advance= with a duration, as 240h; it cannot go back, nor beyond the year %d", lastYear)}
	}
	if err := s.Advance(d); err != nil {
		return nil, err
	}
	return map[string]time.Time{"clock": s.Clock().UTC()}, nil
}

func (s *Sandbox) controlFaults(r *http.Request) (any, error) {
	var faults []Fault
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&faults)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, &controlProblem{http.StatusRequestEntityTooLarge, fmt.Sprintf("the list of faults may have %d bytes", tooLarge.Limit)}
	case errors.Is(err, io.EOF), err == nil && faults == nil:
		err = errors.New("reading the faults: a JSON list is expected, [] for none")
	case err != nil:
		err = fmt.Errorf(`reading the faults: a JSON list like [{"when": {"call": "create"}, "do": "refuse"}] is expected: %w`, err)
	}
	if _, next := decoder.Token(); err == nil && next != io.EOF {
		err = errors.New("reading the faults: something follows the list")
	}
	if err == nil {
		err = s.SetFaults(faults)
	}
	if err != nil {
		return nil, &controlProblem{http.StatusBadRequest, err.Error()}
	}
	return faults, nil
}

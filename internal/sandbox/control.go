package sandbox

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
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
}

// DocumentView is a document as it came in the bundle.
type DocumentView struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
}

// Jobs is everything the portal knows, by id; a reference other than "" selects.
func (s *Sandbox) Jobs(reference string) []JobView {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	views := []JobView{}
	for _, j := range s.jobs {
		if reference == "" || j.reference == reference {
			views = append(views, j.view())
		}
	}
	slices.SortFunc(views, func(a, b JobView) int { return int(a.ID - b.ID) })
	return views
}

func (j *job) view() JobView {
	v := JobView{
		ID: j.id, Reference: j.reference, Sender: j.sender, Queue: j.queue, Status: j.status,
		Opens: j.opened.UTC(), Closes: j.opened.Add(j.manifest.available).UTC(),
		Unseen: j.change.queued, Gone: j.gone, Foreign: j.foreign, Documents: []DocumentView{},
	}
	for i, p := range j.signers {
		v.Signers = append(v.Signers, SignerView{i + 1, p.status, p.since.UTC()})
	}
	for _, d := range j.documents {
		v.Documents = append(v.Documents, DocumentView{d.name, hex.EncodeToString(d.sha256)})
	}
	return v
}

// Control is the API that moves the sandbox: signers, clock, faults, logs. It has no
// authentication and answers callers on this machine only.
func (s *Sandbox) Control() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /jobs", s.controlJobs)
	mux.HandleFunc("GET /jobs/{id}", s.controlJob)
	mux.HandleFunc("GET /calls", s.controlCalls)
	mux.HandleFunc("GET /calls/summary", func(w http.ResponseWriter, r *http.Request) { writeJSON(w, s.CallSummary()) })
	mux.HandleFunc("POST /jobs/{id}/sign", s.controlSignAll)
	mux.HandleFunc("POST /jobs/{id}/signers/{n}/{act}", s.controlSigner)
	mux.HandleFunc("POST /clock", s.controlClock)
	mux.HandleFunc("PUT /faults", s.controlFaults)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.RemoteAddr)
		if ip := net.ParseIP(host); err == nil && ip != nil && !ip.IsLoopback() {
			writeProblem(w, http.StatusForbidden, errors.New("the control API answers this machine only"))
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func (s *Sandbox) controlJobs(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, s.Jobs(r.URL.Query().Get("reference")))
}

func (s *Sandbox) controlJob(w http.ResponseWriter, r *http.Request) {
	s.withJob(w, r, func(*job) error { return nil })
}

// withJob does something to the job of the address, with the lock held, and answers with
// what it is then.
func (s *Sandbox) withJob(w http.ResponseWriter, r *http.Request, do func(*job) error) {
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.catchUp()
	j := s.jobs[id]
	if j == nil {
		writeProblem(w, http.StatusNotFound, fmt.Errorf("there is no job %s", r.PathValue("id")))
		return
	}
	before := j.version
	if err := do(j); err != nil {
		writeProblem(w, http.StatusConflict, err)
		return
	}
	if j.version != before {
		s.changed(j)
	}
	writeJSON(w, j.view())
}

// controlSignAll lets all sign, group after group.
func (s *Sandbox) controlSignAll(w http.ResponseWriter, r *http.Request) {
	s.withJob(w, r, func(j *job) error {
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

// failedStatus is a status with which a signer may end a job. New ones may appear, so any
// is taken that looks like one.
var failedStatus = regexp.MustCompile(`^[A-Z][A-Z_]{2,39}$`)

func (s *Sandbox) controlSigner(w http.ResponseWriter, r *http.Request) {
	act, status := r.PathValue("act"), r.URL.Query().Get("status")
	switch act {
	case "sign":
	case "reject":
		status = signerRejected
	case "fail":
		if !failedStatus.MatchString(status) || status == signerSigned || status == signerWaiting {
			writeProblem(w, http.StatusBadRequest, errors.New("fail needs ?status= with a signer's status, as BLOCKED"))
			return
		}
	default:
		writeProblem(w, http.StatusNotFound, errors.New("a signer can sign, reject or fail"))
		return
	}
	s.withJob(w, r, func(j *job) error {
		n, _ := strconv.Atoi(r.PathValue("n"))
		p, err := j.signerN(n, s.clock())
		if err != nil {
			return err
		}
		if act == "sign" {
			j.sign(p, s.clock())
		} else {
			j.fail(p, status, s.clock())
		}
		return nil
	})
}

func (s *Sandbox) controlCalls(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/jsonl")
	encoder := json.NewEncoder(w)
	for _, line := range s.Calls() {
		encoder.Encode(line)
	}
}

func (s *Sandbox) controlClock(w http.ResponseWriter, r *http.Request) {
	d, err := time.ParseDuration(r.URL.Query().Get("advance"))
	if err == nil {
		err = s.Advance(d)
	}
	if err != nil {
		writeProblem(w, http.StatusBadRequest, fmt.Errorf("the clock takes ?advance= with a duration, as 240h: %w", err))
		return
	}
	writeJSON(w, map[string]time.Time{"clock": s.Clock().UTC()})
}

func (s *Sandbox) controlFaults(w http.ResponseWriter, r *http.Request) {
	faults := []Fault{}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxXMLBytes))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&faults)
	if err == nil {
		err = s.SetFaults(faults)
	}
	if err != nil {
		writeProblem(w, http.StatusBadRequest, err)
		return
	}
	writeJSON(w, faults)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

func writeProblem(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
}

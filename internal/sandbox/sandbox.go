package sandbox

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// documentsFolder is the folder below Options.Dir that belongs to the sandbox alone.
const documentsFolder = ".sandbox-documents"

// concurrentBundles bounds the memory that bundles and signed documents take while they
// are worked on, at some 13 MB each.
const concurrentBundles = 16

// Sandbox is one portal with its jobs, queues and clock. Its methods are safe for
// concurrent use.
type Sandbox struct {
	// PKI is the authority both ends trust, with the client's certificate.
	PKI *PKI

	options Options
	limits  *limiter
	calls   callLog
	room    chan struct{} // a token for each bundle in memory
	folder  string

	// answering is held for reading by every call and taken by Close.
	answering sync.RWMutex
	closed    bool

	// mu guards what follows and every job's fields.
	mu      sync.Mutex
	offset  time.Duration // of the movable clock
	lastID  int64
	created int
	jobs    map[int64]*job
	queues  map[queueKey]*queue
	agenda  agenda
	faults  []*plannedFault
}

// New makes a sandbox; Close removes its documents.
func New(o Options) (*Sandbox, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Sandbox{
		PKI:     o.PKI,
		options: o,
		limits:  newLimiter(o.NoLimits),
		room:    make(chan struct{}, concurrentBundles),
		jobs:    map[int64]*job{},
		queues:  map[queueKey]*queue{},
		// Ids go on rising when a sandbox is started again, so that an old ledger does not
		// take a new job for one of its own; and they need 64 bits, as the portal's may.
		lastID: o.Now().Unix() * 1000,
	}
	if err := s.SetFaults(o.Faults); err != nil {
		return nil, err
	}
	if s.folder, err = makeFolder(o.Dir); err != nil {
		return nil, err
	}
	return s, nil
}

// makeFolder makes an empty folder for documents. What a killed sandbox left there is
// removed: its jobs are gone with it.
func makeFolder(dir string) (string, error) {
	if dir == "" {
		folder, err := os.MkdirTemp("", "batch-sandbox-")
		if err != nil {
			return "", fmt.Errorf("making a folder for documents: %w", err)
		}
		return folder, nil
	}
	folder := filepath.Join(dir, documentsFolder)
	if err := os.RemoveAll(folder); err != nil {
		return "", fmt.Errorf("clearing the folder of documents: %w", err)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", fmt.Errorf("making a folder for documents: %w", err)
	}
	return folder, nil
}

// Close waits for the calls being answered and removes every document; later calls get no
// answer.
func (s *Sandbox) Close() error {
	s.answering.Lock()
	defer s.answering.Unlock()
	s.closed = true
	if err := os.RemoveAll(s.folder); err != nil {
		return fmt.Errorf("removing the documents: %w", err)
	}
	return nil
}

// Handler is the portal's API, to be served over mutual TLS (TLSConfig): it takes the
// caller from the client's certificate. It must be served as HTTP/1.1, as the portal is,
// for the faults that cut connections.
func (s *Sandbox) Handler() http.Handler {
	const portal = "/api/{sender}/portal/signature-jobs"
	mux := http.NewServeMux()
	for pattern, e := range map[string]endpoint{
		"GET /api/{sender}":                              {kind: CallRoot, do: s.whoAmI},
		"POST " + portal:                                 {kind: CallCreate, find: findReference, read: readBundlePart, do: s.create},
		"GET " + portal:                                  {kind: CallPoll, find: s.findNext, do: s.poll},
		"POST " + portal + "/{id}/complete":              {kind: CallConfirm, find: s.findJob, read: readNothing, do: s.confirm},
		"POST " + portal + "/{id}/cancel":                {kind: CallCancel, find: s.findJob, read: readNothing, do: s.cancel},
		"GET " + portal + "/{id}/pades":                  {kind: CallPAdES, find: s.findJob, do: s.pades},
		"GET " + portal + "/{id}/xades/{n}":              {kind: CallXAdES, find: s.findJob, do: s.xades},
		"DELETE " + portal + "/{id}/documents":           {kind: CallDelete, find: s.findJob, do: s.deleteDocuments},
		"GET /api/{sender}/archive/documents/{id}/pades": {kind: CallArchive, find: s.findJob, do: s.archived},
		"/": {kind: CallOther, do: noSuchCall},
	} {
		mux.HandleFunc(pattern, s.serve(e))
	}
	return mux
}

// name of a job's file in the folder of documents.
func (s *Sandbox) file(j *job, suffix string) string {
	return filepath.Join(s.folder, fmt.Sprintf("%d%s", j.id, suffix))
}

// service is the address of the API as the caller wrote it, so that the URLs in answers
// lead back to where they came from.
func service(r *http.Request) string {
	return "https://" + r.Host + "/api/"
}

// jobURL is the address of a job, or of something below it.
func jobURL(root string, j *job, parts ...string) string {
	return root + j.sender + "/portal/signature-jobs/" + strings.Join(append([]string{fmt.Sprint(j.id)}, parts...), "/")
}

package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"batch/internal/sandbox/xades"
)

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
	signers *xades.Trust  // who may sign bundles
	folder  *folder

	// answering is held for reading by every call and taken by Close.
	answering sync.RWMutex
	closed    bool

	// mu guards what follows and every job's fields. What may change any of it gives it
	// back with unlock.
	mu       sync.Mutex
	offset   time.Duration // of the movable clock
	lastID   int64
	lastTurn int64
	created  int
	held     int64 // bytes of bundles in memory
	jobs     map[int64]*job
	queues   map[queueKey]*queue
	agenda   agenda
	faults   []*plannedFault
	journal  *journal // nil: state is in memory only
	changes  changes
	unsaved  error // why changes are not in the journal yet
}

// New makes a sandbox, or takes up the one that was kept in its folder (StateFile).
func New(o Options) (*Sandbox, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Sandbox{
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
	if s.folder, err = openFolder(o); err != nil {
		return nil, err
	}
	if err := s.fill(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// fill gives the sandbox its keys and what an earlier one knew.
func (s *Sandbox) fill() (err error) {
	switch o := s.options; {
	case o.PKI != nil:
		s.PKI = o.PKI
	case o.State == StateFile:
		s.PKI, err = keptPKI(s.folder.path, s.now())
	default:
		s.PKI, err = NewPKI(s.now())
	}
	if err != nil {
		return err
	}
	s.signers = xades.NewTrust(s.PKI.Root, s.PKI.Revoked)
	if s.options.State == StateFile {
		return s.reload()
	}
	return nil
}

// Close waits for the calls being answered; later ones get no answer. Documents are
// removed unless they are kept for the next sandbox.
func (s *Sandbox) Close() error {
	s.answering.Lock()
	defer s.answering.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	if s.journal == nil {
		return s.folder.close()
	}
	return errors.Join(s.journal.file.Close(), s.folder.close())
}

// name of a job's file in the folder of documents.
func (s *Sandbox) file(j *job, suffix string) string {
	return filepath.Join(s.folder.path, fmt.Sprintf("%d%s", j.id, suffix))
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

package sandbox

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// journalName is the journal's file in the sandbox's folder, beside the documents.
const journalName = "journal.jsonl"

// reload takes up the state that an earlier sandbox left in the folder, writes the journal
// anew without what was replaced since, and removes files that no job needs. Nothing is
// lost by a kill in between: the old journal is there until the new one is.
//
// What the portal forgets with its process is not taken up: the calls of the last second
// and a block (Jetty keeps both in memory), the log of calls, and faults, which are given
// anew at every start.
func (s *Sandbox) reload() error {
	path := filepath.Join(s.folder.path, journalName)
	if err := readJournal(path, s.take); err != nil {
		return fmt.Errorf("%w; without the folder %s the sandbox begins anew", err, s.folder.path)
	}
	compact := s.arrange()
	var err error
	if s.journal, err = rewriteJournal(path, compact); err != nil {
		return err
	}
	for _, j := range s.jobs {
		j.source = nil
	}
	if err := s.sweepFiles(); err != nil {
		return err
	}
	s.mu.Lock()
	s.catchUp() // what fell due while no sandbox ran
	return s.unlock()
}

// take applies one entry of the journal.
func (s *Sandbox) take(e entry) error {
	if e.Clock != nil {
		s.offset = *e.Clock
	}
	if e.Queue != nil {
		s.queueOf(e.Queue.Sender, e.Queue.Name).permitted = e.Queue.Permitted
	}
	if e.Birth != nil {
		if err := s.takeBirth(e.Birth); err != nil {
			return err
		}
	}
	if e.Job != nil {
		return s.takeState(e.Job)
	}
	return nil
}

func (s *Sandbox) takeBirth(b *jobBirth) error {
	m := foreignManifest()
	if len(b.Manifest) > 0 {
		var err error
		if m, err = parseManifest(b.Manifest); err != nil {
			return fmt.Errorf("reading the manifest of job %d: %w", b.ID, err)
		}
	}
	if len(b.Documents) != len(m.documents) {
		return fmt.Errorf("job %d has %d documents and its manifest %d", b.ID, len(b.Documents), len(m.documents))
	}
	j := newJob(m, b.Created)
	j.id, j.reference, j.sender, j.queue = b.ID, b.Reference, b.Sender, b.Queue
	j.behaviour, j.foreign, j.kept = b.Behaviour, len(b.Manifest) == 0, true
	for i, d := range m.documents {
		j.documents = append(j.documents, storedDocument{name: d.href, title: d.title, sha256: b.Documents[i]})
	}
	s.jobs[j.id] = j
	s.lastID = max(s.lastID, j.id)
	if !j.foreign {
		s.created++
	}
	return nil
}

func (s *Sandbox) takeState(state *jobState) error {
	j := s.jobs[state.ID]
	if j == nil || len(state.Signers) != len(j.signers) {
		return errors.New("it tells of a job that was not told of before")
	}
	for i, p := range state.Signers {
		j.signers[i].status, j.signers[i].since = p.Status, p.Since
	}
	j.status, j.group, j.version = state.Status, state.Group, state.Version
	j.opened, j.finished = state.Opened, state.Finished
	j.documentsGone, j.gone = state.DocumentsGone, state.Gone
	j.change = change{queued: state.Queued, turn: state.Turn, handed: state.Handed, leasedUntil: state.LeasedUntil}
	return nil
}

// arrange puts the jobs that were read into their queues and the agenda, and returns the
// entries that say all this again.
func (s *Sandbox) arrange() []entry {
	compact := []entry{{Clock: &s.offset}}
	for _, j := range byID(s.jobs) {
		s.schedule(j)
		if j.change.queued {
			q := s.queueOf(j.sender, j.queue)
			q.jobs = append(q.jobs, j)
			s.lastTurn = max(s.lastTurn, j.change.turn)
		}
		line := j.entry()
		line.Birth = j.birth()
		compact = append(compact, line)
	}
	for key, q := range s.queues {
		slices.SortFunc(q.jobs, func(a, b *job) int { return int(a.change.turn - b.change.turn) })
		if q.permitted.After(s.now()) {
			compact = append(compact, entry{Queue: &queueState{key.sender, key.name, q.permitted}})
		}
	}
	return compact
}

// sweepFiles removes what a killed sandbox left half done: documents of a job it had not
// kept yet, or had already given up, and files that were not whole.
func (s *Sandbox) sweepFiles() error {
	needed := map[string]bool{}
	for _, j := range s.jobs {
		if !j.emptied() {
			needed[fmt.Sprint(j.id)] = true
		}
	}
	files, err := os.ReadDir(s.folder.path)
	if err != nil {
		return fmt.Errorf("looking through the sandbox's documents: %w", err)
	}
	for _, f := range files {
		id, _, _ := strings.Cut(strings.ReplaceAll(f.Name(), "-", "."), ".") // 17.asice, 17-2.pdf
		if f.Name() == journalName || f.Name() == keysName || needed[id] {
			continue
		}
		if err := os.Remove(filepath.Join(s.folder.path, f.Name())); err != nil {
			return fmt.Errorf("removing a document that no job has: %w", err)
		}
	}
	return nil
}

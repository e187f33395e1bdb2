package sandbox

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"batch/internal/sandbox/asice"
)

// heldBytes is how much of the bundles of jobs a sandbox holds in memory that has a folder of
// its own, where nobody looks and which ends with it. To make a file of an ordinary bundle can
// take longer than to judge it.
const heldBytes = 64 << 20

// keepBundle keeps the bundle of a new job as it came: in memory while there is room, else
// in a file, which again says how to make.
func (s *Sandbox) keepBundle(j *job, in *incoming, again func(path string) error) error {
	s.mu.Lock()
	hold := s.options.Dir == "" && in.file == nil && s.held+in.size <= heldBytes
	if hold {
		s.held += in.size
		j.bundle = bytes.Clone(in.buffer[:in.size])
	}
	s.mu.Unlock()
	if hold {
		return nil
	}
	if err := again(s.file(j, ".asice")); err != nil {
		return fmt.Errorf("keeping the bundle: %w", err)
	}
	return nil
}

// keptBundle is the bundle of a job, open for reading.
type keptBundle struct {
	io.ReaderAt
	io.Closer
	size int64
}

// openBundle finds the bundle of a job. That it was deleted is fs.ErrNotExist.
func (s *Sandbox) openBundle(j *job) (keptBundle, error) {
	s.mu.Lock()
	held := j.bundle
	s.mu.Unlock()
	if held != nil {
		return keptBundle{asice.Memory(held), io.NopCloser(nil), int64(len(held))}, nil
	}
	file, err := os.Open(s.file(j, ".asice"))
	if err != nil {
		return keptBundle{}, fmt.Errorf("reading the bundle again: %w", err)
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return keptBundle{}, fmt.Errorf("reading the bundle again: %w", err)
	}
	return keptBundle{file, file, info.Size()}, nil
}

// dropBundle deletes the bundle of a job. The caller holds mu.
func (s *Sandbox) dropBundle(j *job) {
	if j.bundle == nil {
		os.Remove(s.file(j, ".asice"))
		return
	}
	s.held -= int64(len(j.bundle))
	j.bundle = nil
}

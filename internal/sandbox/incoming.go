package sandbox

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"batch/internal/sandbox/asice"
)

// incomingMemory is how much of a bundle is held in memory, in bytes. Ordinary bundles are
// smaller and go to the disk once they are found right; a larger one goes there as it comes.
const incomingMemory = 512 << 10

// incoming is a bundle that belongs to no job yet.
type incoming struct {
	buffer *[incomingMemory]byte // the bundle, where file is nil
	file   *os.File              // beside the bundles of jobs, so that keeping it costs no copy
	size   int64
}

var incomingBuffers = sync.Pool{New: func() any { return new([incomingMemory]byte) }}

// receive takes a bundle as it comes. What it cannot take whole it leaves nothing of.
func receive(folder string, part io.Reader) (*incoming, error) {
	in := &incoming{buffer: incomingBuffers.Get().(*[incomingMemory]byte)}
	err := in.fill(folder, part)
	if err != nil {
		in.discard()
		return nil, err
	}
	return in, nil
}

func (in *incoming) fill(folder string, part io.Reader) error {
	for {
		n, readErr := readUntilFull(part, in.buffer[:])
		if in.size += int64(n); in.size > asice.MaxBytes {
			return tooLarge(documentType, asice.MaxBytes)
		}
		if readErr != nil && readErr != io.EOF {
			return readingBroke(readErr)
		}
		if readErr == io.EOF && in.file == nil {
			return nil
		}
		if err := in.spill(folder, in.buffer[:n]); err != nil {
			return fmt.Errorf("writing the bundle: %w", err)
		}
		if readErr == io.EOF {
			return nil
		}
	}
}

// readUntilFull reads until the buffer is full or the reader says something. Unlike
// io.ReadFull it leaves it at what the reader says: a part that is cut off is no end.
func readUntilFull(from io.Reader, buffer []byte) (n int, err error) {
	for n < len(buffer) && err == nil {
		var more int
		more, err = from.Read(buffer[n:])
		n += more
	}
	return n, err
}

func (in *incoming) spill(folder string, content []byte) (err error) {
	if in.file == nil {
		if in.file, err = os.CreateTemp(folder, "incoming-*"); err != nil {
			return err
		}
	}
	_, err = in.file.Write(content)
	return err
}

// content is the whole bundle.
func (in *incoming) content() io.ReaderAt {
	if in.file != nil {
		return in.file
	}
	return asice.Memory(in.buffer[:in.size])
}

// moveTo gives the bundle its name for good. It is the last thing done with it.
func (in *incoming) moveTo(path string) error {
	if in.file == nil {
		return os.WriteFile(path, in.buffer[:in.size], 0o600)
	}
	file := in.file
	in.file = nil
	if err := errors.Join(file.Close(), os.Rename(file.Name(), path)); err != nil {
		os.Remove(file.Name())
		return err
	}
	return nil
}

// copyTo puts a second one beside it.
func (in *incoming) copyTo(path string) error {
	copied, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(copied, io.NewSectionReader(in.content(), 0, in.size))
	return errors.Join(err, copied.Close())
}

// discard ends what was begun with receive; a file that was not kept is removed. A nil
// bundle has nothing to end.
func (in *incoming) discard() {
	if in == nil {
		return
	}
	if in.file != nil {
		in.file.Close()
		os.Remove(in.file.Name())
	}
	incomingBuffers.Put(in.buffer)
}

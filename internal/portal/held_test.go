package portal_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"runtime"
	"sync"
	"testing"

	"batch/internal/mailout"
)

// A job a hundred times as large takes no more memory. (What is allowed for are the buffers
// of crypto/tls: the race detector throws some of every pool's away, all the time.)
func TestNoBundleIsHeldInMemory(t *testing.T) {
	c := newStub(t, nil, draining).client(t)
	allocated := func(size int64) uint64 {
		const calls = 5
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range calls {
			if o := c.Create(t.Context(), job(whole(size))); o.Kind != mailout.OutcomeAccepted {
				t.Fatalf("%+v", o)
			}
		}
		runtime.ReadMemStats(&after)
		return (after.TotalAlloc - before.TotalAlloc) / calls
	}
	allocated(100_000) // a connection, and pools that are filled
	small, large := allocated(100_000), allocated(10_000_000)
	if large > small+10_000_000/4 {
		t.Errorf("a create of 10 MB allocates %d bytes, one of 100 kB %d", large, small)
	}
}

// Ten creates of 10 MB, all of them half-way, hold a few buffers each.
func TestTenCreatesAtOnceAreNotHeldInMemory(t *testing.T) {
	const calls, size = 10, 10_000_000
	var halfWay sync.WaitGroup
	halfWay.Add(calls)
	goOn := make(chan struct{})
	c := newStub(t, nil, func(_ *stub, conn net.Conn, in *bufio.Reader) {
		request, err := http.ReadRequest(in)
		if err != nil {
			t.Error(err)
			return
		}
		io.CopyN(io.Discard, request.Body, size/2)
		halfWay.Done()
		<-goOn
		io.Copy(io.Discard, request.Body)
		io.WriteString(conn, reply("200 OK", created))
	}).client(t)
	before := heap()
	var group sync.WaitGroup
	for range calls {
		group.Go(func() {
			if o := c.Create(t.Context(), job(whole(size))); o.Kind != mailout.OutcomeAccepted {
				t.Errorf("%+v", o)
			}
		})
	}
	halfWay.Wait()
	const several = 500 << 10 // the connection's two ends among them
	if held := heap() - before; held > calls*several {
		t.Errorf("%d creates of %d bytes, half-way, hold %d bytes", calls, size, held)
	}
	close(goOn)
	group.Wait()
}

// heap is how many bytes are in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

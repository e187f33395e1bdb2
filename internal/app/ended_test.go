package app

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"batch/internal/disk/disktest"
	"batch/internal/ledger"
	"batch/internal/mailout"
	"batch/internal/sandbox"
	"batch/internal/submit"
)

// A prepared document disappears while a batch is being sent: its row is not begun, the
// batch stays approved with the reason in the books, and once the document is back the same
// command goes on.
func TestADocumentThatIsGoneWhileSending(t *testing.T) {
	s := newTemplate(t).simulate(t)
	send := func(canary int, want Ending, left int) (reason string) {
		t.Helper()
		s.run(crash{}, Options{}, func(ctx context.Context, a *App) error {
			sent, err := a.Send(ctx, SendOptions{Batch: s.batch, ApprovedBy: "--yes", Seen: saidOf(t, a, s.batch), Soft: ctx, Canary: canary})
			if err != nil || sent.Ending != want || sent.Books.Totals[mailout.Planned] != left || sent.Books.Totals[mailout.Created] != simRows-left {
				t.Errorf("sending ended with %q (%s), %v, %v", sent.Ending, sent.Reason, sent.Books.Totals, err)
			}
			reason = sent.Books.EndReason
			return err
		})
		s.truth()
		return reason
	}
	send(1, EndStopped, simRows-1)
	prepared, away := filepath.Join(s.dir, "prepared"), filepath.Join(s.dir, "away")
	must(t, os.Rename(prepared, away))
	must(t, os.Mkdir(prepared, 0o700))
	if reason := send(0, EndOurs, simRows-1); !strings.HasPrefix(reason, "line ") || !strings.Contains(reason, "plan the manifest again") {
		t.Errorf("the books say it ended for %q", reason)
	}
	must(t, os.Remove(prepared))
	must(t, os.Rename(away, prepared))
	if reason := send(0, EndDone, 0); reason != "" {
		t.Errorf("the books say it ended for %q", reason)
	}
}

// Whatever ends sending before its time stands in the books where the batch stays approved.
func TestEveryEndOfSendingHasItsReason(t *testing.T) {
	s := newTemplate(t).simulate(t)
	s.look(Options{}, func(a *App) {
		must(t, a.ledger.Approve(t.Context(), s.batch, "--yes", 0))
		for _, tt := range []struct {
			submit.Ending
			want Ending
			told bool
		}{
			{submit.EndFatal, EndIdentity, true}, {submit.EndOurs, EndOurs, true}, {submit.EndAway, EndAway, true}, {submit.EndDone, EndDone, false},
			{submit.EndInterrupted, EndInterrupted, true}, {submit.EndRule, EndStopped, true}, {submit.EndCanary, EndStopped, true},
		} {
			reason := "for " + string(tt.Ending)
			ending, words := endOfSending(submit.Result{Ending: tt.Ending, Reason: reason})
			if ending != tt.want {
				t.Errorf("%s: %q", tt.Ending, ending)
			}
			if ending == EndStopped { // as submit does
				must(t, a.ledger.StopBatch(t.Context(), s.batch, words))
			}
			must(t, a.noteEnd(t.Context(), s.batch, ending, words))
			books, err := a.Books(t.Context(), s.batch)
			must(t, err)
			if told := strings.HasPrefix(books.StopReason+books.EndReason, reason); told != tt.told {
				t.Errorf("%s: the books say %q, %q", tt.Ending, books.StopReason, books.EndReason)
			}
			must(t, a.ledger.NoteEnd(t.Context(), s.batch, ""))
			must(t, a.ledger.Approve(t.Context(), s.batch, "--yes", saidOf(t, a, s.batch)))
		}
		person, stop := context.WithCancel(t.Context())
		defer stop()
		for _, tt := range []struct {
			err  error
			want string
		}{
			{&mailout.CallError{Call: "who am I", Fatal: true, Message: "NOT_AUTHORIZED"}, "NOT_AUTHORIZED"},
			{&ledger.Error{Message: "the disk is full"}, "NOT_AUTHORIZED"}, // of the ledger itself nothing is written there
			{errors.New("odd"), "odd"},
			{nil, stoppedOnRequest},
		} {
			if tt.err == nil {
				stop()
				tt.err = person.Err()
			}
			a.noteFailed(t.Context(), s.batch, person, tt.err)
			if books, err := a.Books(t.Context(), s.batch); err != nil || books.EndReason != tt.want {
				t.Errorf("%v: the books say %q, want %q (%v)", tt.err, books.EndReason, tt.want, err)
			}
		}
	})
}

// Where the ledger fails while cancellations are looked for, the calls beside that can be
// repeated are broken off: nothing more is said to the portal.
func TestALedgerThatFailsBesideOthersBreaksOffTheirCalls(t *testing.T) {
	tp := newTemplate(t)
	a, err := Open(t.Context(), Options{Dir: tp.dir})
	must(t, err)
	s, err := a.speak(t.Context())
	must(t, err)
	defer s.close()
	_, _, err = a.cancelBeside(t.Context(), s, t.Context(), func(calls, soft context.Context, _ func()) (Ending, string, error) {
		must(t, a.Close())
		select {
		case <-calls.Done():
		case <-time.After(time.Minute):
			t.Error("calls may go on")
		}
		<-soft.Done()
		return EndInterrupted, "", calls.Err()
	})
	if err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v, want the ledger's error", err)
	}
}

// The disk below the ledger breaks while rows are sent, and while a document is fetched
// beside: the answers to those rows are not kept, and the fetch, which can be repeated, is
// broken off.
func TestALedgerThatFailsWhileSendingBreaksOffTheFollowing(t *testing.T) {
	p := planOffice(t)
	o := p.open(t)
	portal, err := sandbox.New(sandbox.Options{PKI: p.pki, NoLimits: true, PollInterval: 10 * time.Millisecond}) // all sign
	must(t, err)
	defer portal.Close()
	var creates atomic.Int32
	var taken, broken atomic.Bool // a change has been taken: the follower has no other; the disk is broken
	fetching, brokenOff := make(chan struct{}), make(chan bool, 1)
	o.behind(portal, func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		switch kind := kindOf(r); {
		case kind == sandbox.CallCreate && creates.Add(1) > 1:
			<-fetching
			broken.Store(true)
		case kind == sandbox.CallPoll && taken.Load():
			<-r.Context().Done()
			return
		case kind == sandbox.CallPAdES:
			close(fetching)
			select {
			case <-r.Context().Done():
				brokenOff <- true
			case <-time.After(20 * time.Second):
				brokenOff <- false
			}
			return
		}
		portal.Handler().ServeHTTP(answer, r)
		if kindOf(r) == sandbox.CallPoll && answer.Code == http.StatusOK {
			taken.Store(true)
		}
		maps.Copy(w.Header(), answer.Header())
		w.WriteHeader(answer.Code)
		w.Write(answer.Body.Bytes())
	})
	d := disktest.New(t)
	d.OnStep = func(s disktest.Step) error {
		if broken.Load() && !s.After {
			return syscall.EIO
		}
		return nil
	}
	if sent, err := o.runOn(d); err == nil {
		t.Errorf("sending ended with %+v and no error", sent)
	}
	if !<-brokenOff {
		t.Error("the document went on being fetched")
	}
}

// behind puts something before a portal, which takes the place of the office's own.
func (o *office) behind(portal *sandbox.Sandbox, handler http.HandlerFunc) {
	o.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(o.t, err)
	server := &http.Server{Handler: handler, ErrorLog: log.New(io.Discard, "", 0)}
	go server.Serve(tls.NewListener(listener, portal.TLSConfig()))
	o.t.Cleanup(func() { server.Close() })
	o.server = listener.Addr().String()
}

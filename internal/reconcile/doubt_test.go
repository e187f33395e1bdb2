package reconcile_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
	"batch/internal/reconcile"
)

// What is not a whole, sealed PDF of the announced length is kept apart, raises an alarm
// and is never confirmed. A good one that comes later ends the row.
func TestADoubtfulDocumentIsKeptAndNotConfirmed(t *testing.T) {
	whole := sealed(t, "one")
	broken := append([]byte{}, whole...)
	broken[20] ^= 1
	for name, tt := range map[string]struct {
		document  []byte
		announced int64
	}{
		"cut short":       {whole[:len(whole)-20], int64(len(whole) - 20)},
		"wrong length":    {whole, int64(len(whole) + 1)},
		"not a PDF":       {[]byte("<html>Please log in</html>"), 26},
		"empty":           {[]byte{}, 0},
		"broken seal":     {broken, int64(len(broken))},
		"length not said": {whole[:100], -1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { doubtful(t, tt.document, tt.announced) })
		})
	}
}

func doubtful(t *testing.T, document []byte, announced int64) {
	w := newWorld(t, 1)
	w.opts.Once = true
	w.desk.put(w.signed(2), document)
	w.desk.announced["/1002/pades"] = announced
	for range 2 { // it comes again, no better
		w.done()
		if r := w.at(2); r.State != mailout.Created || !r.Doubtful {
			t.Errorf("the row is %s, doubtful: %v", r.State, r.Doubtful)
		}
		w.files("doubtful/k2-1002.pdf")
		w.alarms("doubtful 2 1002")
		w.unconfirmed(1)
		time.Sleep(redelivery)
	}
	if n := w.desk.confirmed(jobAt(2)); n > 0 {
		t.Fatalf("%d confirmations of a doubtful document", n)
	}
	w.told(2, "kept as doubtful", 1)

	good := sealed(t, "two")
	w.desk.put(w.signed(2), good)
	delete(w.desk.announced, "/1002/pades")
	w.opts.Once = false
	w.done()
	w.kept(2, "k2-1002.pdf", good)
	w.files("doubtful/k2-1002.pdf", "k2-1002.pdf")
}

// detail wants the one open alarm to say all of this.
func (w *world) detail(parts ...string) {
	w.t.Helper()
	alarms, err := w.Alarms(w.t.Context())
	must(w.t, err)
	for _, part := range parts {
		if len(alarms) != 1 || !has(alarms[0].Detail, part) {
			w.t.Errorf("the alarms are %+v, want one that says %q", alarms, part)
		}
	}
}

// told counts the lines of a kind in a row's history.
func (w *world) told(line int, kind string, want int) {
	w.t.Helper()
	history, err := w.History(w.t.Context(), w.id, line)
	must(w.t, err)
	n := 0
	for _, h := range history {
		if h.Kind == kind {
			n++
		}
	}
	if n != want {
		w.t.Errorf("the history says %d times %q, want %d", n, kind, want)
	}
}

// A crash between the download and the doubtful document's place must not hide it, even
// where the next download is good.
func TestADoubtfulDocumentOutlivesACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.desk.put(w.signed(2), []byte("no PDF"))
		w.books.fail = func(step string) mode {
			if step == "keep" {
				return notApplied
			}
			return ""
		}
		if _, err := w.follow(); !errors.Is(err, errDisk) {
			t.Fatalf("following ended with %v, want the disk's error", err)
		}
		w.reopen()
		good := sealed(t, "one")
		w.desk.documents["/1002/pades"] = good
		w.done()
		w.kept(2, "k2-1002.pdf", good)
		w.files("doubtful/k2-1002.pdf", "k2-1002.pdf")
		w.alarms("doubtful 2 1002")
	})
}

func TestASignedJobWithoutADocumentIsNotConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.opts.Once = true
		w.desk.put(w.signed(2), nil)
		w.done()
		w.alarms("doubtful 2 1002")
		if got := w.at(2).State; got != mailout.Created || w.desk.confirmed(jobAt(2)) != 0 {
			t.Errorf("the row is %s", got)
		}
	})
}

// A download that breaks off is begun again after a while; one that goes on breaking waits for
// the change to come again, with an alarm that rests when the document is there. What came
// half of a document that came whole behind it leaves no trace; of three that failed it is
// kept, once.
func TestADownloadThatBreaksOff(t *testing.T) {
	for _, breaks := range []int{1, 2, 3, 7} {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, 1)
			document := sealed(t, "one")
			w.desk.put(w.signed(2), document)
			left := breaks
			w.desk.call = func(call string, _ mailout.JobID) (bool, error) {
				if call == "fetch" && left > 0 {
					left--
					return false, &mailout.CallError{Call: "fetch", Code: "truncated", Message: "it broke off"}
				}
				return false, nil
			}
			files := []string{"k2-1002.pdf"}
			if breaks > 2 {
				files = []string{"doubtful/k2-1002.pdf", "k2-1002.pdf"}
				w.opts.Once = true
				w.done()
				w.alarms("doubtful 2 1002")
				w.files(files[:1]...)
				w.detail("it broke off after ", "is kept as signed/"+string(w.id)+"/doubtful/k2-1002.pdf")
				w.opts.Once = false
			}
			w.done()
			w.kept(2, "k2-1002.pdf", document)
			w.files(files...)
			w.alarms()
		})
	}
}

// A full disk is ours, not the portal's: nothing is confirmed, and the error is told.
func TestADiskThatCannotTakeTheDocument(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		must(t, os.WriteFile(filepath.Join(w.dir, "signed"), []byte("in the way"), 0o600))
		w.desk.put(w.signed(2), sealed(t, "one"))
		if res, err := w.follow(); err == nil {
			t.Errorf("following ended with %+v and no error", res)
		}
		if w.desk.confirmed(jobAt(2)) > 0 || w.at(2).State != mailout.Created {
			t.Error("something was concluded")
		}
	})
}

func TestAnotherFileOfTheSameNameStays(t *testing.T) {
	document := sealed(t, "one")
	for name, tt := range map[string]struct {
		there []byte
		want  string
		all   []string
	}{
		"other bytes":    {[]byte("mine"), "k2-1002.2.pdf", []string{"k2-1002.2.pdf", "k2-1002.pdf"}},
		"the very bytes": {document, "k2-1002.pdf", []string{"k2-1002.pdf"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 1)
				path := filepath.Join(w.dir, "signed", string(w.id), "k2-1002.pdf")
				must(t, os.MkdirAll(filepath.Dir(path), 0o700))
				must(t, os.WriteFile(path, tt.there, 0o600))
				w.desk.put(w.signed(2), document)
				w.done()
				w.kept(2, tt.want, document)
				w.files(tt.all...)
				if raw, err := os.ReadFile(path); err != nil || string(raw) != string(tt.there) {
					t.Errorf("the file that was there is another now (%v)", err)
				}
			})
		})
	}
}

// The ledger is not the whole truth: what it does not know is kept all the same, whatever
// is wrong with it, and following says so.
func TestAChangeTheLedgerDoesNotKnow(t *testing.T) {
	good := sealed(t, "one")
	for name, tt := range map[string]struct {
		status   mailout.JobStatus
		document []byte
		files    []string
	}{
		"signed":     {mailout.Completed, good, []string{"7-2007.pdf"}},
		"doubtful":   {mailout.Completed, []byte("no PDF"), []string{"doubtful/7-2007.pdf"}},
		"on the way": {mailout.InProgress, nil, nil},
		"no PDF":     {mailout.Completed, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 1)
				c := w.change(2, tt.status, mailout.SignerSigned)
				c.Ref = lostRow(c.Ref)
				c.JobID = 2007
				w.desk.put(c, tt.document)
				res := w.ends(reconcile.EndMissing)
				if !has(res.Reason, "not the whole truth") {
					t.Errorf("it says %q", res.Reason)
				}
				if w.desk.confirmed(2007) > 0 {
					t.Error("the change was confirmed")
				}
				if tt.files != nil {
					w.files(tt.files...)
				}
				alarms, _ := w.Alarms(t.Context())
				if len(alarms) == 0 || alarms[0].Kind != mailout.AlarmMissing {
					t.Fatalf("the alarms are %v", alarms)
				}

				// A person who knows of the job lays the alarm to rest: it ends no following any more.
				_, err := w.LayAlarm(t.Context(), alarms[0].ID, "it was sent from the other machine, and is followed there")
				must(t, err)
				time.Sleep(redelivery)
				w.desk.put(w.signed(2), good)
				w.done()
				w.kept(2, "k2-1002.pdf", good)
				if w.desk.confirmed(2007) > 0 {
					t.Error("the change was confirmed")
				}
			})
		})
	}
}

// The queue is found empty while another taker tries a download again: it is tried to the
// end all the same, and the alarm raised.
func TestADownloadGoesOnWhenNoPollIsWanted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.opts.Once, w.opts.Takers = true, 2
		w.desk.put(w.signed(2), sealed(t, "one"))
		w.desk.call = func(call string, _ mailout.JobID) (bool, error) {
			if call == "fetch" {
				time.Sleep(time.Minute) // long enough for the other taker to find the queue empty
				return false, &mailout.CallError{Call: "fetch", Code: "truncated", Message: "it broke off"}
			}
			return false, nil
		}
		w.done()
		w.alarms("doubtful 2 1002")
		w.files("doubtful/k2-1002.pdf")
	})
}

// lostRow is a Ref of the same workspace and batch whose row, in line 7, the books do not have.
func lostRow(ref mailout.Ref) mailout.Ref {
	parts, _ := ref.Parse()
	parts.Line = 7
	return mailout.NewRef(parts)
}

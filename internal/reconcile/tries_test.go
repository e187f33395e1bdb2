package reconcile_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
	"batch/internal/reconcile"
)

// serve has the portal give out one document after the other for line 2, the last one from
// then on. One that is nil breaks off half-way.
func (w *world) serve(all ...[]byte) {
	const url = "/1002/pades"
	good, fetches := w.desk.documents[url], 0
	breaks := false
	w.desk.onFetch = func(string) {
		document := all[min(fetches, len(all)-1)]
		fetches++
		if breaks = document == nil; breaks {
			document = good
		}
		w.desk.mu.Lock()
		w.desk.documents[url] = document
		w.desk.mu.Unlock()
	}
	w.desk.breaks = func(string) error {
		if breaks {
			return &mailout.CallError{Call: "fetch", Code: "truncated", Message: "it broke off"}
		}
		return nil
	}
}

// A download that fails its check is begun again, as one that breaks off. Where the next is
// good there is no alarm; but what came whole is kept all the same.
func TestADownloadThatFailsItsCheckIsFetchedAgain(t *testing.T) {
	page := []byte("<html>One moment, please</html>")
	for bad := 1; bad <= 2; bad++ {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, 1)
			good := sealed(t, "one")
			w.desk.put(w.signed(2), good)
			w.serve(append(slices.Repeat([][]byte{page}, bad), good)...)
			began := time.Now()
			w.done()
			if took := time.Since(began); took > time.Minute {
				t.Errorf("it took %v", took)
			}
			w.kept(2, "k2-1002.pdf", good)
			w.files("doubtful/k2-1002.pdf", "k2-1002.pdf")
			w.told(2, "kept as doubtful", 1)
			w.alarms()
			w.unconfirmed(0)
		})
	}
}

// Of a download that broke off, what the whole document does not begin with is kept.
func TestABeginningOfAnotherDocumentIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		other, good := sealed(t, "two"), sealed(t, "one")
		w.desk.put(w.signed(2), other)
		w.serve(nil, good)
		w.done()
		w.kept(2, "k2-1002.pdf", good)
		w.files("doubtful/k2-1002.pdf", "k2-1002.pdf")
		w.alarms()
		files, err := w.Files(t.Context(), w.id, 2)
		if err != nil || len(files) != 2 || !files[0].Partial || files[0].Bytes != int64(len(other)/2) || files[1].Partial {
			t.Errorf("the books have %+v, %v", files, err)
		}
	})
}

// Three tries that fail in three ways: all of it is kept, each under a name of its own.
func TestAllThatThreeTriesBroughtIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.opts.Once = true
		good := sealed(t, "one")
		w.desk.put(w.signed(2), good)
		w.serve([]byte("no PDF"), nil, []byte("neither"))
		w.done()
		w.files("doubtful/k2-1002.2.pdf", "doubtful/k2-1002.3.pdf", "doubtful/k2-1002.pdf")
		w.alarms("doubtful 2 1002")
		w.detail("does not begin like a PDF", "doubtful/k2-1002.pdf")
		w.unconfirmed(1)

		// A person lays the alarm to rest. The same again is no news; a good one ends the row.
		alarms, err := w.Alarms(t.Context())
		must(t, err)
		if found, err := w.LayAlarm(t.Context(), alarms[0].ID, "the portal's operator is told"); !found || err != nil {
			t.Fatal(found, err)
		}
		w.serve([]byte("no PDF"))
		time.Sleep(redelivery)
		w.done()
		w.files("doubtful/k2-1002.2.pdf", "doubtful/k2-1002.3.pdf", "doubtful/k2-1002.pdf")
		w.alarms()
		w.serve(good)
		w.opts.Once = false
		w.done()
		w.kept(2, "k2-1002.pdf", good)
	})
}

// A document that is wrong in another way each time does not fill the disk: after a while it
// is looked at a few times a day. Every byte that came is kept.
func TestADocumentThatStaysWrongIsLeftAloneForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.desk.put(w.signed(2), []byte{})
		fetches := 0
		w.desk.onFetch = func(url string) {
			fetches++
			w.desk.mu.Lock()
			w.desk.documents[url] = fmt.Append(nil, "wrong once more: ", fetches)
			w.desk.mu.Unlock()
		}
		soft, stop := context.WithTimeout(t.Context(), 24*time.Hour)
		defer stop()
		w.soft = soft
		w.ends(reconcile.EndInterrupted)
		if fetches < 15 || fetches > 21 {
			t.Errorf("it was fetched %d times in a day", fetches)
		}
		kept, err := os.ReadDir(filepath.Join(w.dir, "signed", string(w.id), "doubtful"))
		if err != nil || len(kept) != fetches {
			t.Errorf("%d files are kept of %d (%v)", len(kept), fetches, err)
		}
		w.alarms("doubtful 2 1002")
	})
}

// Whatever fails while what came of earlier tries is kept, nothing of it is lost, and nothing
// is confirmed before the good one is there.
func TestAStepThatFailsBesideADoubtfulDocument(t *testing.T) {
	page := []byte("<html>One moment, please</html>")
	for _, how := range []mode{notApplied, applied} {
		for n := 1; n <= 7; n++ {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, 1)
				good := sealed(t, "one")
				w.desk.put(w.signed(2), good)
				w.serve(page, good)
				steps := 0
				w.books.fail = func(step string) mode {
					if step == "take" || step == "empty" {
						return ""
					}
					if steps++; steps == n {
						return how
					}
					return ""
				}
				if _, err := w.follow(); !errors.Is(err, errDisk) {
					t.Fatalf("step %d: following ended with %v, want the disk's error", n, err)
				}
				w.reopen()
				w.serve(good)
				w.done()
				w.kept(2, "k2-1002.pdf", good)
				raw, err := os.ReadFile(filepath.Join(w.dir, "signed", string(w.id), "doubtful", "k2-1002.pdf"))
				if committed := n > 1 || how == applied; committed && (err != nil || !bytes.Equal(raw, page)) {
					t.Errorf("step %d %s: of the page %q is kept (%v)", n, how, raw, err)
				}
				w.unconfirmed(0)
			})
		}
	}
}

// The very bytes that were doubtful, for the portal had announced more, are not kept twice once
// they are not doubtful any more.
func TestADocumentThatIsDoubtfulNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		w.opts.Once = true
		document := sealed(t, "one")
		w.desk.put(w.signed(2), document)
		w.desk.announced["/1002/pades"] = int64(len(document)) + 1
		w.done()
		w.files("doubtful/k2-1002.pdf")
		w.alarms("doubtful 2 1002")
		delete(w.desk.announced, "/1002/pades")
		w.opts.Once = false
		w.done()
		w.kept(2, "k2-1002.pdf", document)
		w.files("k2-1002.pdf")
		w.alarms()
	})
}

// What is odd about a document and blocks nothing is kept with it.
func TestWhatIsOddAboutADocumentIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, 1)
		document := append(sealed(t, "one"), "1 0 obj\n<<>>\nendobj\n%%EOF\n"...)
		w.desk.put(w.signed(2), document)
		w.done()
		w.kept(2, "k2-1002.pdf", document)
		w.alarms()
		files, err := w.Files(t.Context(), w.id, 2)
		if err != nil || len(files) != 1 || len(files[0].Warnings) != 1 || !has(files[0].Warnings[0], "26 bytes were added after the seal") {
			t.Errorf("the books have %+v, %v", files, err)
		}
		if odd := w.at(2).Odd; !slices.Equal(odd, files[0].Warnings) {
			t.Errorf("the row has %q", odd)
		}
	})
}

package reconcile_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"batch/internal/mailout"
	"batch/internal/reconcile"
)

// xades is what the portal gives for one signer; text tells one from another.
func xades(text string) []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<XAdESSignatures xmlns="http://uri.etsi.org/2918/v1.2.1#"><Signature xmlns="http://www.w3.org/2000/09/xmldsig#" Id="Signature">` +
		`<SignedInfo></SignedInfo><SignatureValue>` + text + `</SignatureValue></Signature></XAdESSignatures>`)
}

// The people of a job with two signers.
var (
	employee = mailout.Signer{NationalID: "01845912345", Notify: mailout.NotifyLookup}
	manager  = mailout.Signer{Email: "leder@example.com", Mobile: "99999999", Notify: mailout.NotifyGiven}
)

// newPair is a world with one row, of two signers, whose XAdES are to be kept. The portal
// names the second one first.
func newPair(t *testing.T) (w *world, final mailout.Change, document []byte) {
	t.Helper()
	w = openWorld(t, t.TempDir(), newDesk())
	r := row(2)
	r.Job.Signers = []mailout.Signer{employee, manager}
	w.another(r)
	w.refs[2] = w.begin(2)
	_, err := w.Settle(t.Context(), w.refs[2], mailout.Outcome{Kind: mailout.OutcomeAccepted, JobID: jobAt(2), Status: 200})
	must(t, err)
	w.opts.XAdES = true
	final = w.signed(2)
	final.Signers = append([]mailout.SignerChange{{Status: mailout.SignerSigned, Since: final.Signers[0].Since, Email: manager.Email, Mobile: manager.Mobile}}, final.Signers...)
	document = sealed(t, "one")
	w.desk.offer(&final, xades("manager"), xades("employee"))
	w.desk.put(final, document)
	return w, final, document
}

// offer has the portal offer a XAdES for each signer of a change, in the change's order.
func (d *desk) offer(c *mailout.Change, all ...[]byte) {
	for i, content := range all {
		c.Signers[i].XAdESURL = fmt.Sprintf("/%d/xades/%d", c.JobID, i+1)
		d.documents[c.Signers[i].XAdESURL] = content
	}
}

// fetched counts the fetches by address, from the call on.
func (d *desk) fetched() func() map[string]int {
	n := map[string]int{}
	d.onFetch = func(url string) { n[url]++ }
	return func() map[string]int { return n }
}

// keptXAdES wants a XAdES in the books and on disk under this name.
func (w *world) keptXAdES(signer int, name string, content []byte) {
	w.t.Helper()
	want := mailout.SignedFile{Path: "signed/" + string(w.id) + "/" + name, SHA256: mailout.SumDigest(content), Bytes: int64(len(content))}
	if got := w.at(2).Settled[signer-1].XAdES; got != want {
		w.t.Errorf("signer %d has %+v, want %+v", signer, got, want)
	}
	raw, err := os.ReadFile(filepath.Join(w.dir, want.Path))
	if err != nil || !bytes.Equal(raw, content) {
		w.t.Errorf("signer %d: the file is not what the books say (%v)", signer, err)
	}
}

func (w *world) keptPair(document []byte) {
	w.t.Helper()
	w.kept(2, "k2-1002.pdf", document)
	w.keptXAdES(1, "k2-1002-signer-1.xml", xades("employee"))
	w.keptXAdES(2, "k2-1002-signer-2.xml", xades("manager"))
	w.files("k2-1002-signer-1.xml", "k2-1002-signer-2.xml", "k2-1002.pdf")
	w.unconfirmed(0)
}

func TestEachSignersXAdESIsKeptBeforeTheChangeIsConfirmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _, document := newPair(t)
		looked := false
		w.desk.hook = func(step string) {
			if step == "confirm" {
				looked = true
				w.keptPairBefore(document)
			}
		}
		w.done()
		w.keptPair(document)
		w.alarms()
		if !looked {
			t.Error("it was not confirmed")
		}
	})
}

func (w *world) keptPairBefore(document []byte) {
	w.t.Helper()
	w.kept(2, "k2-1002.pdf", document)
	w.files("k2-1002-signer-1.xml", "k2-1002-signer-2.xml", "k2-1002.pdf")
	w.unconfirmed(1)
}

func TestXAdESThatNobodyAskedForIsNotFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _, document := newPair(t)
		w.opts.XAdES = false
		w.done()
		w.kept(2, "k2-1002.pdf", document)
		w.files("k2-1002.pdf")
	})
}

// Each step of the ledger fails once, in both ways and for each of the three files.
func TestAStepOfTheLedgerThatFailsWithXAdES(t *testing.T) {
	for _, step := range []string{"fetched", "keep"} {
		for nth := 1; nth <= 3; nth++ {
			for _, how := range []mode{notApplied, applied} {
				t.Run(fmt.Sprint(step, " ", nth, " ", how), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { failNth(t, step, nth, how) })
				})
			}
		}
	}
}

func failNth(t *testing.T, step string, nth int, how mode) {
	w, _, document := newPair(t)
	w.books.fail = func(s string) mode {
		if s == step {
			if nth--; nth == 0 {
				return how
			}
		}
		return ""
	}
	if _, err := w.follow(); !errors.Is(err, errDisk) {
		t.Fatalf("following ended with %v, want the disk's error", err)
	}
	if n := w.desk.confirmed(jobAt(2)); n > 0 {
		t.Error("it was confirmed though not all was kept")
	}
	w.reopen()
	w.done()
	w.keptPair(document)
	w.alarms()
}

func TestACrashAtAnyMomentWithXAdES(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _, document := newPair(t)
		folder := filepath.Join(w.dir, "signed", string(w.id))
		must(t, os.MkdirAll(folder, 0o700))
		must(t, os.WriteFile(filepath.Join(folder, "k2-1002-signer-2.xml"), []byte("mine"), 0o600))
		for n, c := range w.everyMoment(25) {
			c.opts.XAdES = true
			fetched := c.desk.fetched()
			known := c.knownFiles()
			c.done()
			c.kept(2, "k2-1002.pdf", document)
			c.keptXAdES(1, "k2-1002-signer-1.xml", xades("employee"))
			c.keptXAdES(2, "k2-1002-signer-2.2.xml", xades("manager"))
			c.files("k2-1002-signer-1.xml", "k2-1002-signer-2.2.xml", "k2-1002-signer-2.xml", "k2-1002.pdf")
			c.alarms()
			c.unconfirmed(0)
			if again := len(fetched()); again > 3-known {
				t.Errorf("%d files were in the books, and %d were fetched", known, again)
			}
			if t.Failed() {
				t.Fatalf("crash %d was the first that went wrong", n)
			}
		}
	})
}

// knownFiles is how many files the books have, in their place or under a temporary name.
func (w *world) knownFiles() int {
	w.t.Helper()
	temps, err := w.TempFiles(context.Background())
	must(w.t, err)
	r := w.at(2)
	n := len(temps)
	for _, f := range []mailout.SignedFile{r.Signed, r.Settled[0].XAdES, r.Settled[1].XAdES} {
		if f.Path != "" {
			n++
		}
	}
	return n
}

// A file that is no whole XAdES is kept apart, and nothing is confirmed; what else the
// portal offers is kept. Only it is fetched again when the change comes again.
func TestADoubtfulXAdES(t *testing.T) {
	whole := xades("employee")
	for name, content := range map[string][]byte{
		"cut short":        whole[:len(whole)-20],
		"not XML":          []byte("Please log in"),
		"a web page":       []byte("<html><body>Please log in<br></body></html>"),
		"other XML":        []byte(`<error xmlns="http://signering.posten.no/schema/v1"/>`),
		"other namespace":  bytes.ReplaceAll(whole, []byte("2918/v1.2.1"), []byte("2918/v9")),
		"empty":            {},
		"blank":            []byte(" \n"),
		"a DOCTYPE":        bytes.Replace(whole, []byte("<XAdES"), []byte(`<!DOCTYPE x [<!ENTITY a "b">]><XAdES`), 1),
		"no signature":     []byte(`<XAdESSignatures xmlns="http://uri.etsi.org/2918/v1.2.1#"/>`),
		"no value":         bytes.Replace(whole, []byte("employee"), []byte(" "), 1),
		"text behind":      append(bytes.Clone(whole), "; more"...),
		"two of them":      append(bytes.Clone(whole), xades("x")[39:]...),
		"nested too deep":  []byte(strings.Replace(string(whole), "employee", "employee"+strings.Repeat("<a>", 200)+strings.Repeat("</a>", 200), 1)),
		"another encoding": bytes.Replace(whole, []byte("UTF-8"), []byte("UTF-16"), 1),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { doubtfulXAdES(t, content) })
		})
	}
}

func doubtfulXAdES(t *testing.T, content []byte) {
	w, final, document := newPair(t)
	w.opts.Once = true
	address := final.Signers[1].XAdESURL
	w.desk.documents[address] = content
	for range 2 { // it comes again, no better
		fetched := w.desk.fetched()
		w.done()
		if r := w.at(2); r.State != mailout.Created || !r.Doubtful {
			t.Errorf("the row is %s, doubtful: %v", r.State, r.Doubtful)
		}
		w.files("doubtful/k2-1002-signer-1.xml", "k2-1002-signer-2.xml", "k2-1002.pdf")
		w.alarms("doubtful 2 1002")
		w.unconfirmed(1)
		if got := fetched(); got[address] != 3 || got[final.PAdESURL] > 1 {
			t.Errorf("fetched %v, want the doubtful one three times", got)
		}
		time.Sleep(redelivery)
	}
	if n := w.desk.confirmed(jobAt(2)); n > 0 {
		t.Fatalf("%d confirmations of a doubtful XAdES", n)
	}
	w.desk.documents[address] = xades("employee")
	w.opts.Once = false
	fetched := w.desk.fetched()
	w.done()
	w.kept(2, "k2-1002.pdf", document)
	w.keptXAdES(1, "k2-1002-signer-1.xml", xades("employee"))
	w.files("doubtful/k2-1002-signer-1.xml", "k2-1002-signer-1.xml", "k2-1002-signer-2.xml", "k2-1002.pdf")
	if got := fetched(); len(got) != 1 {
		t.Errorf("fetched %v, want the doubtful one only", got)
	}
}

// What other programs write as XAdES passes too.
func TestWhatIsAXAdES(t *testing.T) {
	example, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "spec", "examples", "xades", "signatures.xml"))
	if err != nil {
		t.Log("the portal's example is not there: leaving it out")
		example = xades("example")
	}
	lone := xades("x")
	lone = lone[bytes.Index(lone, []byte("<Signature ")):bytes.Index(lone, []byte("</XAdES"))]
	for name, content := range map[string][]byte{
		"the portal's example":     example,
		"a lone signature":         lone,
		"with a byte order mark":   append([]byte("\ufeff"), example...),
		"comments around the root": append([]byte("<!-- a -->\n"), append(bytes.Clone(lone), "\n<!-- b -->\n"...)...),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, final, _ := newPair(t)
				w.desk.documents[final.Signers[0].XAdESURL] = content
				w.done()
				w.keptXAdES(2, "k2-1002-signer-2.xml", content)
				w.alarms()
			})
		})
	}
}

// A XAdES that cannot be fetched three times raises the alarm, until it is there; the others
// are kept.
func TestAXAdESThatBreaksOff(t *testing.T) {
	for _, breaks := range []int{2, 3, 7} {
		synctest.Test(t, func(t *testing.T) {
			w, final, document := newPair(t)
			left := breaks
			w.desk.breaks = func(url string) error {
				if url == final.Signers[0].XAdESURL && left > 0 {
					left--
					return &mailout.CallError{Call: "fetch", Code: "truncated", Message: "it broke off"}
				}
				return nil
			}
			if breaks > 2 {
				w.desk.hook = func(step string) {
					if step == "confirm" && left > 0 {
						t.Error("it was confirmed without the XAdES")
					}
				}
				w.opts.Once = true
				w.done()
				w.alarms("doubtful 2 1002")
				w.opts.Once = false
			}
			w.done()
			if breaks > 2 {
				path := filepath.Join(w.dir, "signed", string(w.id), "doubtful", "k2-1002-signer-2.xml")
				half, err := os.ReadFile(path)
				if err != nil || !bytes.HasPrefix(xades("manager"), half) || len(half) == 0 {
					t.Errorf("of what broke off %q is kept (%v)", half, err)
				}
				must(t, os.RemoveAll(filepath.Dir(path)))
			}
			w.keptPair(document)
			w.alarms()
		})
	}
}

// The portal offers no XAdES for somebody who signed: confirming would end the chance that
// it does later.
func TestAXAdESThatIsNotOffered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, final, document := newPair(t)
		w.desk.waiting = nil
		final.Signers[0].XAdESURL = ""
		w.desk.put(final, document)
		w.opts.Once = true
		w.done()
		w.files("k2-1002-signer-1.xml", "k2-1002.pdf")
		w.alarms("doubtful 2 1002")
		w.unconfirmed(1)
		time.Sleep(redelivery)
		w.opts.XAdES = false // as the alarm says
		w.done()
		w.unconfirmed(0)
		w.kept(2, "k2-1002.pdf", document)
	})
}

// Somebody whom the row does not name has signed, and a job whose row is not known: nothing
// is lost, and nobody gets another's signature.
func TestXAdESOfSomebodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, final, document := newPair(t)
		w.desk.waiting = nil
		final.Signers[0].Email = "another@example.com"
		w.desk.put(final, document)
		w.done()
		w.kept(2, "k2-1002.pdf", document)
		w.keptXAdES(1, "k2-1002-signer-1.xml", xades("employee"))
		w.files("k2-1002-signer-1.xml", "k2-1002-signer-3.xml", "k2-1002.pdf")
		if got := w.at(2).Settled[1].XAdES; got != (mailout.SignedFile{}) {
			t.Errorf("the manager has %+v", got)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w, final, document := newPair(t)
		w.desk.waiting = nil
		final.Ref = lostRow(final.Ref)
		final.JobID = 2007
		w.desk.offer(&final, xades("a"), xades("b"))
		w.desk.put(final, document)
		w.ends(reconcile.EndMissing)
		w.files("7-2007-signer-1.xml", "7-2007-signer-2.xml", "7-2007.pdf")
	})
}

package simulation

import (
	"crypto/sha256"
	"errors"
	"hash"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"batch/internal/mailout"
	"batch/internal/sandbox"
)

// hashed passes an answer on, and takes its digest.
type hashed struct {
	http.ResponseWriter
	sum hash.Hash
}

func (h *hashed) Unwrap() http.ResponseWriter { return h.ResponseWriter }

func (h *hashed) Write(b []byte) (int, error) {
	h.sum.Write(b)
	return h.ResponseWriter.Write(b)
}

// give lets the portal give out a signed document, and notes its digest where nothing went
// wrong with it at the portal's end.
func (w *world) give(rw http.ResponseWriter, r *http.Request, job string) {
	id, _ := strconv.ParseInt(job, 10, 64)
	h := &hashed{rw, sha256.New()}
	calls := len(w.portal.Calls())
	w.portal.Handler().ServeHTTP(h, r)
	for _, c := range w.portal.Calls()[calls:] {
		if c.Kind == sandbox.CallPAdES && c.Job == id && c.Outcome == "document" && slices.Contains([]string{"", "slow-before", "slow-after"}, c.Fault) {
			w.mu.Lock()
			w.served[mailout.Digest(h.sum.Sum(nil))] = job
			w.mu.Unlock()
		}
	}
}

// nothingThrownAway: a file that was ever kept is there, and is what it was.
func (c *checker) nothingThrownAway() {
	now := map[string]mailout.Digest{}
	err := filepath.WalkDir(filepath.Join(c.dir, "signed"), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasPrefix(e.Name(), ".") {
			return err
		}
		raw, err := os.ReadFile(path)
		now[path] = mailout.SumDigest(raw)
		return err
	})
	if !errors.Is(err, fs.ErrNotExist) {
		must(c.t, err)
	}
	for path, was := range c.w.kept {
		if is, there := now[path]; is != was {
			c.errorf("%s was kept and is not there as it was (there: %v)", path, there)
		}
	}
	c.w.kept = now
}

// keptOf are the digests of a job's files in the folder of signed documents.
func (c *checker) keptOf(job string) (whole, names []string) {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	for path, digest := range c.w.kept {
		name := filepath.Base(path)
		if !strings.Contains(name, "-"+job+".") || filepath.Base(filepath.Dir(path)) == "doubtful" || filepath.Ext(name) != ".pdf" {
			continue
		}
		names = append(names, name)
		if c.w.served[digest] == job {
			whole = append(whole, name)
		}
	}
	return whole, names
}

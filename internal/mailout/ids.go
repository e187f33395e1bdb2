package mailout

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// OrgNumber is a Norwegian organization number: nine digits.
type OrgNumber string

// JobID is the portal's id of a job (xs:long in common.xsd). Zero: none known.
type JobID int64

// Digest is a SHA-256. Its text form is 64 lower-case hex digits.
type Digest [sha256.Size]byte

// SumDigest hashes b.
func SumDigest(b []byte) Digest { return sha256.Sum256(b) }

// ReadDigest hashes all that r has. An error is the reader's own.
func ReadDigest(r io.Reader) (Digest, error) {
	h := sha256.New()
	if _, err := io.Copy(h, r); err != nil {
		return Digest{}, err
	}
	return Digest(h.Sum(nil)), nil
}

// ParseDigest reads 64 hex digits.
func ParseDigest(s string) (Digest, error) {
	var d Digest
	if len(s) != hex.EncodedLen(len(d)) {
		return d, errors.New("a digest is 64 hex digits")
	}
	if _, err := hex.Decode(d[:], []byte(s)); err != nil {
		return Digest{}, errors.New("a digest is 64 hex digits")
	}
	return d, nil
}

func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// IsZero reports whether no digest was set.
func (d Digest) IsZero() bool { return d == Digest{} }

// MarshalText writes the hex form.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the hex form.
func (d *Digest) UnmarshalText(b []byte) (err error) {
	*d, err = ParseDigest(string(b))
	return err
}

// BatchID names a batch: the local date it was planned and two of [a-z0-9], a letter first,
// like "2026-11-21-a7".
type BatchID string

var batchID = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}-[a-z0-9]{2}$`)

// NewBatchID makes an id for a batch planned at now, read in now's own zone.
func NewBatchID(now time.Time) BatchID {
	return BatchID(now.Format(time.DateOnly) + "-" + randomOf(letters, 1) + randomOf(alphabet, 1))
}

// ParseBatchID checks the shape of an id a person typed.
func ParseBatchID(s string) (BatchID, error) {
	if !batchID.MatchString(s) {
		return "", fmt.Errorf("%q is not a batch id: they look like 2026-11-21-a7", s)
	}
	return BatchID(s), nil
}

// Ref is our key for one attempt at one row, sent as the portal's reference: at most
// 50 characters of [a-z0-9-] ("signature-job-reference" in common.xsd), without
// personal data. It holds workspace, batch, line, attempt, random and check
// characters, so that an answer finds its row even when the ledger is lost:
//
//	k3v9xq-2026-11-21-a7-14-1-8fj2m0qz-c4t
//
// The random part makes a Ref unguessable and never reused; the check part tells a
// Ref of ours from a stranger's reference that looks like one. Letters stand where groups of
// digits would otherwise follow each other: eleven digits, however they are parted, can be
// read as somebody's identity number, and a portal may refuse a reference that holds one.
type Ref string

// MaxRef is the longest reference the portal takes (common.xsd).
const MaxRef = 50

// RefParts is what a Ref says.
type RefParts struct {
	Workspace string
	Batch     BatchID
	Line      int
	Attempt   int
}

// NewWorkspaceID makes the six characters that name a workspace in its Refs, a letter last.
func NewWorkspaceID() string { return randomOf(alphabet, 5) + randomOf(letters, 1) }

// NewRef makes a fresh Ref.
func NewRef(p RefParts) Ref {
	body := fmt.Sprintf("%s-%s-%d-%d-%s", p.Workspace, p.Batch, p.Line, p.Attempt, randomOf(letters, 1)+randomOf(alphabet, 7))
	return Ref(body + "-" + checkChars(body))
}

var refShape = regexp.MustCompile(`^([a-z0-9]{6})-(\d{4}-\d{2}-\d{2}-[a-z0-9]{2})-(\d{1,8})-(\d{1,3})-[a-z0-9]{8}-[a-z0-9]{3}$`)

// Parse takes a Ref apart. ok is false for anything that this program did not make:
// another shape, or check characters that do not fit.
func (r Ref) Parse() (p RefParts, ok bool) {
	m := refShape.FindStringSubmatch(string(r))
	if m == nil || len(r) > MaxRef {
		return p, false
	}
	cut := strings.LastIndexByte(string(r), '-')
	if checkChars(string(r[:cut])) != string(r[cut+1:]) {
		return p, false
	}
	line, _ := strconv.Atoi(m[3])
	attempt, _ := strconv.Atoi(m[4])
	return RefParts{Workspace: m[1], Batch: BatchID(m[2]), Line: line, Attempt: attempt}, true
}

const (
	alphabet = "0123456789" + letters
	letters  = "abcdefghijklmnopqrstuvwxyz"
)

// randomOf makes n characters, none of them likelier than another.
func randomOf(chars string, n int) string {
	raw := make([]byte, n)
	out := make([]byte, 0, n)
	for len(out) < n {
		rand.Read(raw) // never fails: crypto/rand aborts the program instead
		for _, b := range raw {
			if int(b) < 256/len(chars)*len(chars) && len(out) < n {
				out = append(out, chars[int(b)%len(chars)])
			}
		}
	}
	return string(out)
}

func checkChars(s string) string {
	sum := sha256.Sum256([]byte("batch-ref:" + s))
	n := int(sum[0])<<16 | int(sum[1])<<8 | int(sum[2])
	return string([]byte{alphabet[n%36], alphabet[n/36%36], alphabet[n/36/36%36]})
}

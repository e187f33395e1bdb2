package mailout_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"

	"batch/internal/mailout"
)

const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"

var refParts = rapid.Custom(func(t *rapid.T) mailout.RefParts {
	return mailout.RefParts{
		Workspace: rapid.StringMatching(`[a-z0-9]{6}`).Draw(t, "workspace"),
		Batch:     mailout.BatchID(rapid.StringMatching(`20\d\d-[01]\d-[0-3]\d-[a-z0-9]{2}`).Draw(t, "batch")),
		Line:      rapid.IntRange(1, 99_999_999).Draw(t, "line"),
		Attempt:   rapid.IntRange(1, 999).Draw(t, "attempt"),
	}
})

// "signature-job-reference" in common.xsd takes 50 characters; ours are of a plain set
// that survives URLs, file names and a person reading them aloud.
func TestRefRoundTrip(t *testing.T) {
	plain := regexp.MustCompile(`^[a-z0-9-]+$`)
	rapid.Check(t, func(t *rapid.T) {
		want := refParts.Draw(t, "parts")
		ref := mailout.NewRef(want)
		if len(ref) > mailout.MaxRef || !plain.MatchString(string(ref)) {
			t.Fatalf("%q has %d characters, or one that is not plain", ref, len(ref))
		}
		if got, ok := ref.Parse(); !ok || got != want {
			t.Fatalf("%q parses as %+v, %v; want %+v", ref, got, ok, want)
		}
	})
}

// Eleven digits that follow each other, or are parted by single signs, may be read as an
// identity number, which must not stand in a reference. 2027-01-12-45 and line 1042 were one.
func TestRefHoldsNothingLikeAnIdentityNumber(t *testing.T) {
	groups := regexp.MustCompile(`[0-9]+(-[0-9]+)*`)
	rapid.Check(t, func(t *rapid.T) {
		day := time.Date(2026, 1, rapid.IntRange(1, 3000).Draw(t, "day"), 12, 0, 0, 0, time.UTC)
		ref := mailout.NewRef(mailout.RefParts{Workspace: mailout.NewWorkspaceID(), Batch: mailout.NewBatchID(day),
			Line: rapid.IntRange(1, 99_999_999).Draw(t, "line"), Attempt: rapid.IntRange(1, 9).Draw(t, "attempt")})
		for _, run := range groups.FindAllString(string(ref), -1) {
			if n := len(strings.ReplaceAll(run, "-", "")); n > 10 {
				t.Fatalf("%q holds %d digits in a row: %s", ref, n, run)
			}
		}
	})
}

func TestRefIsNeverMadeTwice(t *testing.T) {
	parts := mailout.RefParts{Workspace: "k3v9xq", Batch: "2026-11-21-a7", Line: 14, Attempt: 1}
	seen := map[mailout.Ref]bool{}
	for range 10_000 {
		ref := mailout.NewRef(parts)
		if seen[ref] {
			t.Fatalf("%q was made twice", ref)
		}
		seen[ref] = true
	}
}

// However the check characters are changed, the Ref is no longer ours.
func TestRefWithOtherCheckCharactersIsNotOurs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ref := mailout.NewRef(refParts.Draw(t, "parts"))
		cut := len(ref) - 3
		other := rapid.StringMatching(`[a-z0-9]{3}`).Filter(func(s string) bool { return s != string(ref[cut:]) }).Draw(t, "check")
		if _, ok := (ref[:cut] + mailout.Ref(other)).Parse(); ok {
			t.Fatalf("%q passes with the check characters %q", ref, other)
		}
	})
}

// One character mistyped anywhere is noticed. The Ref is fixed, so that the test says the
// same every day: of 46 656 check values one can fit by chance.
func TestRefWithOneWrongCharacterIsNotOurs(t *testing.T) {
	const ref = "k3v9xq-2026-11-21-a7-14-1-8fj2m0qz-"
	good := withCheck(t, ref)
	for i := range good {
		for _, c := range alphabet + "-A ." {
			wrong := good[:i] + mailout.Ref(c) + good[i+1:]
			if _, ok := wrong.Parse(); ok && wrong != good {
				t.Errorf("%q passes for %q", wrong, good)
			}
		}
	}
}

// withCheck finds the check characters of a Ref's body by trying them all.
func withCheck(t *testing.T, body string) mailout.Ref {
	t.Helper()
	var found []mailout.Ref
	for _, a := range alphabet {
		for _, b := range alphabet {
			for _, c := range alphabet {
				ref := mailout.Ref(body + string(a) + string(b) + string(c))
				if _, ok := ref.Parse(); ok {
					found = append(found, ref)
				}
			}
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d endings fit %q, want one", len(found), body)
	}
	return found[0]
}

func TestStrangersReferencesAreNotOurs(t *testing.T) {
	ours := mailout.NewRef(mailout.RefParts{Workspace: "k3v9xq", Batch: "2026-11-21-a7", Line: 14, Attempt: 1})
	for _, s := range []string{
		"", "-", "1042", "sak-2026/14", "550e8400-e29b-41d4-a716-446655440000", "k3v9xq-2026-11-21-a7-14-1",
		string(ours) + " ", " " + string(ours), string(ours) + "\n", strings.ToUpper(string(ours)), string(ours) + "-x",
		"x" + string(ours), strings.Repeat("a", 1000), "k3v9xq-2026-11-21-a7-14-1-8fj2m0qz-æøå",
	} {
		if parts, ok := mailout.Ref(s).Parse(); ok {
			t.Errorf("%q passes for ours: %+v", s, parts)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "reference")
		if _, ok := mailout.Ref(s).Parse(); ok {
			t.Fatalf("%q passes for ours", s)
		}
	})
}

func TestWorkspaceIDsFitARef(t *testing.T) {
	for range 100 {
		id := mailout.NewWorkspaceID()
		if _, ok := mailout.NewRef(mailout.RefParts{Workspace: id, Batch: "2026-11-21-a7", Line: 1, Attempt: 1}).Parse(); !ok {
			t.Fatalf("the workspace id %q does not fit into a Ref", id)
		}
	}
}

func TestBatchID(t *testing.T) {
	oslo := time.FixedZone("CET", 3600)
	midnight := time.Date(2026, 11, 20, 23, 30, 0, 0, time.UTC)
	id := mailout.NewBatchID(midnight.In(oslo))
	if !strings.HasPrefix(string(id), "2026-11-21-") {
		t.Errorf("planned at 00:30 on the 21st in Oslo, the batch is %s", id)
	}
	if got, err := mailout.ParseBatchID(string(id)); err != nil || got != id {
		t.Errorf("%s reads as %q, %v", id, got, err)
	}
	for _, s := range []string{"", "latest", "2026-11-21", "2026-11-21-a", "2026-11-21-A7", "2026-11-21-a77", " 2026-11-21-a7", "../../2026-11-21-a7", "2026-11-21-a7\n"} {
		if got, err := mailout.ParseBatchID(s); err == nil {
			t.Errorf("%q reads as the batch %s", s, got)
		}
	}
}

func TestDigestText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := mailout.SumDigest(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got mailout.Digest
		if err := json.Unmarshal(text, &got); err != nil || got != want || string(text) != fmt.Sprintf("%q", want) {
			t.Fatalf("%s reads back as %s, %v", text, got, err)
		}
	})
	// FIPS 180-4, the SHA-256 of "abc".
	if s := mailout.SumDigest([]byte("abc")).String(); s != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" {
		t.Errorf("the digest of abc prints as %s", s)
	}
	for _, s := range []string{"", "ab", strings.Repeat("g", 64), strings.Repeat("a", 63), strings.Repeat("a", 66), strings.Repeat("a", 64) + " "} {
		if _, err := mailout.ParseDigest(s); err == nil {
			t.Errorf("%q reads as a digest", s)
		}
	}
	if d := (mailout.Digest{}); !d.IsZero() || mailout.SumDigest(nil).IsZero() {
		t.Error("only a digest that was never set is zero")
	}
}

// What is read is hashed as what is held; an error of the reader is not hidden.
func TestReadDigest(t *testing.T) {
	text := strings.Repeat("agreement ", 10_000)
	if d, err := mailout.ReadDigest(strings.NewReader(text)); err != nil || d != mailout.SumDigest([]byte(text)) {
		t.Errorf("read is %s, %v", d, err)
	}
	broken := errors.New("the disk is on fire")
	if d, err := mailout.ReadDigest(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken))); !errors.Is(err, broken) || !d.IsZero() {
		t.Errorf("read is %s, %v", d, err)
	}
}

package sandbox

import (
	"bytes"
	"net/http"
	"testing"
	"time"
)

// What each style puts behind the seal, whether two downloads are the same bytes, and when they
// are sealed.
func TestPAdESStyles(t *testing.T) {
	for _, test := range []struct {
		style            PAdESStyle
		signatures, data int
		same             bool
		sealed           time.Duration // after the last signature
	}{
		{"", 1, 0, true, 0},
		{StyleSeal, 1, 0, true, 0},
		{StyleValidationData, 1, 1, true, 0},
		{StyleSeveralSignatures, 4, 0, true, 0},
		{StyleVarying, 1, 0, false, time.Minute},
	} {
		t.Run(string(test.style), func(t *testing.T) {
			now := time.Now()
			c := start(t, Options{NoLimits: true, PAdESStyle: test.style, Now: func() time.Time { return now }})
			c.create("ref-1", newBundle(signers(1, 2, 2)))
			c.running.Sandbox.Advance(0)
			m := c.wantChange("COMPLETED_SUCCESSFULLY", "SIGNED SIGNED SIGNED")
			sealed := now.Add(test.sealed).UTC().Format("/M(D:20060102150405Z)")
			now = now.Add(time.Minute)
			first, second := c.get(m.PAdES).want(t, http.StatusOK).body, c.get(m.PAdES).want(t, http.StatusOK).body
			if bytes.Equal(first, second) != test.same {
				t.Errorf("two downloads are the same: %v", !test.same)
			}
			for _, pdf := range [][]byte{first, second} {
				if n := bytes.Count(pdf, []byte(sealed)); n != test.signatures {
					t.Errorf("%s stands there %d times, want %d", sealed, n, test.signatures)
				}
				if n, data := bytes.Count(pdf, []byte("/ByteRange")), bytes.Count(pdf, []byte("/Type/DSS")); n != test.signatures || data != test.data {
					t.Errorf("there are %d signatures and %d sets of validation data, want %d and %d", n, data, test.signatures, test.data)
				}
			}
			c.confirm(m)
			if kept := filesOf(t, c.running.Sandbox); len(kept) > 0 {
				t.Errorf("after the confirmation there are %v", kept)
			}
		})
	}
}

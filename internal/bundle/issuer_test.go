package bundle

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"batch/internal/identity"
)

// The expected names were written by Java 17 (testdata/IssuerNames.java): those of all
// built-in authorities, and hard ones.
func TestIssuerNameIsWrittenAsJavaDoes(t *testing.T) {
	table, err := os.ReadFile("testdata/issuer-names.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(table)) {
		der, quoted, _ := strings.Cut(strings.TrimSpace(line), "\t")
		raw, err := hex.DecodeString(der)
		if err != nil {
			t.Fatal(err)
		}
		var want string
		if err := json.Unmarshal([]byte(quoted), &want); err != nil {
			t.Fatal(err)
		}
		if got, err := rfc2253(raw); err != nil || got != want {
			t.Errorf("%s:\n got %q %v\nwant %q", der, got, err, want)
		}
	}
}

func TestEveryBuiltInAuthorityIsInTheTable(t *testing.T) {
	table, err := os.ReadFile("testdata/issuer-names.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for _, environment := range []string{"production", "test"} {
		trust, err := identity.Builtin(environment)
		if err != nil {
			t.Fatal(err)
		}
		for _, authority := range slices.Concat(trust.Roots, trust.Intermediates) {
			if !strings.Contains(string(table), hex.EncodeToString(authority.RawSubject)+"\t") {
				t.Errorf("%s is missing", authority.Subject.CommonName)
			}
		}
	}
}

func TestBrokenNamesAreErrors(t *testing.T) {
	for _, raw := range []string{"", "30", "3005", "300000", "3003310130", "0400", "300d310b300906035504031603"} {
		der, err := hex.DecodeString(raw)
		if err != nil {
			t.Fatal(err)
		}
		if name, err := rfc2253(der); err == nil {
			t.Errorf("%q is read as %q", raw, name)
		}
	}
}

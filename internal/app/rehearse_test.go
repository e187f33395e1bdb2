package app

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"batch/internal/mailout"
)

func TestRehearsalsThatWereKilledAreSwept(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	for name, age := range map[string]time.Duration{rehearsalPrefix + "old": 25 * time.Hour, rehearsalPrefix + "running": time.Hour, "of-others": 99 * time.Hour} {
		dir := filepath.Join(temp, name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(dir, time.Time{}, time.Now().Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	sweepRehearsals()
	left, err := os.ReadDir(temp)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range left {
		names = append(names, e.Name())
	}
	if want := []string{rehearsalPrefix + "running", "of-others"}; !slices.Equal(names, want) {
		t.Errorf("left are %v, want %v", names, want)
	}
}

func TestOutcomesAreApportionedByTheLargestRemainder(t *testing.T) {
	shares, err := parseOutcome("signed=75,rejected=17,expired=8")
	if err != nil {
		t.Fatal(err)
	}
	count := map[mailout.State]int{}
	for _, s := range apportion(shares, 12) {
		count[s]++
	}
	if count[mailout.Signed] != 9 || count[mailout.Rejected] != 2 || count[mailout.Expired] != 1 {
		t.Errorf("twelve rows end as %v", count)
	}
	for _, wrong := range []string{"signed=90", "signed=x", "lost=100", "signed=120,rejected=-20"} {
		if _, err := parseOutcome(wrong); err == nil {
			t.Errorf("%q is taken for an outcome", wrong)
		}
	}
}

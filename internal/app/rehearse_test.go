package app

import (
	"testing"

	"batch/internal/mailout"
)

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

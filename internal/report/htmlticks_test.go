package report

import (
	"slices"
	"testing"
	"time"
)

func TestMarksStandAtFullHoursAndMidnights(t *testing.T) {
	for name, c := range map[string]struct {
		from, to string
		want     []string
	}{
		"a minute":         {"2026-11-21 12:00:02", "2026-11-21 12:00:50", []string{"12:00:15", "12:00:30", "12:00:45"}},
		"an hour":          {"2026-11-21 12:07:00", "2026-11-21 13:05:00", []string{"12:15", "12:30", "12:45", "13:00"}},
		"days":             {"2026-11-21 12:00:00", "2026-11-24 12:00:00", []string{"22 Nov", "23 Nov", "24 Nov"}},
		"the clocks back":  {"2026-10-24 20:00:00", "2026-10-25 14:00:00", []string{"25 Oct 00:00", "25 Oct 06:00", "25 Oct 12:00"}},
		"the clocks ahead": {"2027-03-28 00:30:00", "2027-03-28 11:00:00", []string{"03:00", "06:00", "09:00"}},
		"years":            {"2026-01-01 12:00:00", "2026-11-01 00:00:00", []string{"Apr 2026", "Jul 2026", "Oct 2026"}},
		"nothing fits":     {"2026-11-21 12:00:00", "2026-11-21 12:00:00", []string{"12:00:00"}},
	} {
		read := func(s string) time.Time {
			at, err := time.ParseInLocation(time.DateTime, s, oslo)
			if err != nil {
				t.Fatal(err)
			}
			return at
		}
		at, layout := marks(read(c.from), read(c.to), 4, oslo)
		var got []string
		for _, m := range at {
			got = append(got, m.Format(layout))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestScalesAreRoundAndHoldAll(t *testing.T) {
	for most, want := range map[int][]int{1: {0, 1}, 3: {0, 1, 2, 3}, 4: {0, 2, 4}, 950: {0, 500, 1000}, 1_000_000: {0, 500_000, 1_000_000}} {
		if got := heights(most); !slices.Equal(got, want) {
			t.Errorf("up to %d rows: %v, want %v", most, got, want)
		}
	}
	for most, want := range map[int64][]int64{0: {0, 1}, 4: {0, 1, 2, 3, 4}, 5: {0, 5}, 7000: {0, 1800, 3600, 5400, 7200}, 400 * 86400: {0, 100 * 86400, 200 * 86400, 300 * 86400, 400 * 86400}} {
		if got := lengths(most); !slices.Equal(got, want) {
			t.Errorf("up to %d seconds: %v, want %v", most, got, want)
		}
	}
}

func TestLengthsOfTimeInWords(t *testing.T) {
	for seconds, want := range map[int64]string{0: "0 s", 59: "59 s", 60: "1 min", 450: "7 min 30 s", 3600: "1 h", 3661: "1 h 1 min", 86400: "1 day", 90000: "1 day 1 h",
		172800: "2 days", 1_000_000: "11 days 13 h"} {
		if got := took(seconds); got != want {
			t.Errorf("%d seconds are %q, want %q", seconds, got, want)
		}
	}
}

func TestNumbersAndShares(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1\u00a0000", 1_000_050: "1\u00a0000\u00a0050"} {
		if got := thousands(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
	for _, c := range []struct {
		part, whole int
		want        string
	}{{0, 0, "0.0 %"}, {0, 7, "0.0 %"}, {1, 7, "14.3 %"}, {1, 1_000_000, "< 0.1 %"}, {999_999, 1_000_000, "> 99.9 %"}, {7, 7, "100.0 %"}} {
		if got := share(c.part, c.whole); got != c.want {
			t.Errorf("%d of %d is %q, want %q", c.part, c.whole, got, c.want)
		}
	}
}

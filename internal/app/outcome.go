package app

import (
	"slices"
	"strconv"
	"strings"

	"batch/internal/mailout"
)

// share is a part of the rows that is to end in a state.
type share struct {
	state   mailout.State
	percent float64
}

// parseOutcome reads "signed=90,rejected=5,expired=5".
func parseOutcome(s string) ([]share, error) {
	if s == "" {
		return []share{{mailout.Signed, 100}}, nil
	}
	const remedy = "write it like --outcome signed=90,rejected=5,expired=5; the parts make 100 together"
	var all []share
	sum := 0.0
	for _, part := range strings.Split(s, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		percent, err := strconv.ParseFloat(value, 64)
		if err != nil || percent < 0 || !slices.Contains([]mailout.State{mailout.Signed, mailout.Rejected, mailout.Expired}, mailout.State(name)) {
			return nil, usage(remedy, "%q is not a part of an outcome", part)
		}
		all = append(all, share{mailout.State(name), percent})
		sum += percent
	}
	if sum < 99.999 || sum > 100.001 {
		return nil, usage(remedy, "the parts of --outcome make %v, not 100", sum)
	}
	return all, nil
}

// apportion gives n rows their ends by the largest remainder, in row order: the shares'
// rows follow each other.
func apportion(shares []share, n int) []mailout.State {
	counts := make([]int, len(shares))
	rest := make([]int, len(shares))
	left := n
	for i, s := range shares {
		counts[i] = int(s.percent * float64(n) / 100)
		left -= counts[i]
		rest[i] = i
	}
	remainder := func(i int) float64 { return shares[i].percent*float64(n)/100 - float64(counts[i]) }
	slices.SortStableFunc(rest, func(i, j int) int {
		switch d := remainder(j) - remainder(i); {
		case d > 0:
			return 1
		case d < 0:
			return -1
		}
		return 0
	})
	for k := range left {
		counts[rest[k%len(rest)]]++
	}
	var all []mailout.State
	for i, s := range shares {
		for range counts[i] {
			all = append(all, s.state)
		}
	}
	return all
}

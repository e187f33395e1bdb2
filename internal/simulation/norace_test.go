//go:build !race

package simulation

// thorough is how much more is run than under the race detector, under which everything here
// takes ten times as long.
const thorough = 10

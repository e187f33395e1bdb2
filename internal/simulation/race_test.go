//go:build race

package simulation

const thorough = 1

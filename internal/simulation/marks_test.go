package simulation

import (
	"maps"

	"batch/internal/mailout"
)

func (w *world) wasLost(ref mailout.Ref) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lost[ref]
}

func (w *world) wasHasty(ref mailout.Ref) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.hasty[ref]
}

func (w *world) anyHasty(line int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for ref := range w.hasty {
		if parts, _ := ref.Parse(); parts.Line == line {
			return true
		}
	}
	return false
}

func (w *world) wasWished(line int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.wished[line]
}

func (w *world) netBroke() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.broken > 0
}

func (w *world) faultsSoFar() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.struck)
}

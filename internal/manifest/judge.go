package manifest

import "batch/internal/rules"

// rules holds the row against what the portal lets its sender combine. A rule is not
// judged over what could not be read: that was reported already.
func (w *row) rules() {
	for _, b := range rules.Job(w.entry.Job, w.kindOf(), len(w.entry.Inputs)) {
		at := w.spotOf(b)
		if !w.unread(at, b) {
			w.stop(at, b.Code, b.Message, b.Remedy)
		}
	}
}

// spotOf is where a breach is shown: at the signer's column, or at the job's.
func (w *row) spotOf(b rules.Breach) spot {
	switch f := (field{name: nameOf(b.Field)}); {
	case b.Signer > 0:
		return w.who[b.Signer-1].spot(f.name)
	case f.name == fDocument || f.ofSigner():
		return w.job(field{f.name, 1})
	default:
		return w.job(f)
	}
}

func (w *row) unread(at spot, b rules.Breach) bool {
	switch {
	case w.faulty[at] || w.absent[at.field]:
		return true
	case b.Signer > 0:
		return w.anyFaultySigner(w.who[b.Signer-1])
	case at.name == fDocument:
		return w.anyFaultyOf(func(other spot) bool { return other.name == fDocument })
	case at.ofSigner() || at.name == fIdentifier:
		return w.anyFaultyOf(func(s spot) bool { return s.ofSigner() })
	}
	return false
}

// anyFaultySigner reports whether a cell of a signer could not be read.
func (w *row) anyFaultySigner(at seat) bool {
	return w.anyFaultyOf(func(s spot) bool { return s.ofSigner() && s.n == at.n && s.line == at.line })
}

func (w *row) anyFaultyOf(is func(spot) bool) bool {
	for s := range w.faulty {
		if is(s) {
			return true
		}
	}
	return false
}

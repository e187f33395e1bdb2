package manifest

import "batch/internal/rules"

// rules holds the row against what the portal lets its sender combine. A rule is not
// judged over what could not be read: that was reported already.
func (w *row) rules() {
	for _, b := range rules.Job(w.entry.Job, w.kindOf(), len(w.entry.Inputs)) {
		f := w.fieldOf(b)
		if !w.unread(f, b) {
			w.stop(f, b.Code, b.Message, b.Remedy)
		}
	}
}

// fieldOf is where a breach is shown: at the signer's column, or at the job's.
func (w *row) fieldOf(b rules.Breach) field {
	switch f := (field{b.Field, 0}); {
	case b.Field == fDocument || f.ofSigner() && b.Signer == 0:
		return field{b.Field, 1}
	case b.Signer > 0:
		return field{b.Field, w.who[b.Signer-1]}
	default:
		return f
	}
}

func (w *row) unread(f field, b rules.Breach) bool {
	switch {
	case w.faulty[f] || w.absent[f]:
		return true
	case b.Signer > 0:
		return w.anyFaultySigner(f.n)
	case f.name == fDocument:
		return w.anyFaultyOf(func(other field) bool { return other.name == fDocument })
	case f.ofSigner() || b.Field == fIdentifier:
		return w.anyFaultyOf(field.ofSigner)
	}
	return false
}

// anyFaultySigner reports whether a cell of signer n could not be read.
func (w *row) anyFaultySigner(n int) bool {
	return w.anyFaultyOf(func(f field) bool { return f.ofSigner() && f.n == n })
}

func (w *row) anyFaultyOf(is func(field) bool) bool {
	for f := range w.faulty {
		if is(f) {
			return true
		}
	}
	return false
}

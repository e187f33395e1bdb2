package manifest

// availability reads when the job opens and how long it stays open.
func (w *row) availability() {
	j := &w.entry.Job
	j.Activation, _ = value(w, w.job(field{name: fActivation}), parseTime(w.Location, morning))
	days, hasDays := value(w, w.job(field{name: fDays}), parseDays)
	seconds, hasSeconds := value(w, w.job(field{name: fSeconds}), parseSeconds)
	deadline, hasDeadline := value(w, w.job(field{name: fDeadline}), parseTime(w.Location, evening))
	j.Available, j.Deadline = days+seconds, deadline
	if hasDays && hasSeconds || hasDeadline && (hasDays || hasSeconds) {
		j.Available, j.Deadline = days, deadline
		if hasDeadline {
			j.Available = 0
		}
		w.stop(w.job(w.latest(fDays, fSeconds, fDeadline)), "availability-twice", "the row says more than once how long there is to sign", "keep one of available_days, available_seconds and deadline")
		return
	}
	w.againstNow()
}

// latest returns the last of the columns that the manifest has, to point at.
func (w *row) latest(names ...name) field {
	found := field{name: names[0]}
	for _, n := range names {
		if _, ok := w.layout.column(field{name: n}); ok {
			found = field{name: n}
		}
	}
	return found
}

// againstNow judges what depends on the clock.
func (w *row) againstNow() {
	j := w.entry.Job
	if w.Now.IsZero() {
		return
	}
	if !j.Activation.IsZero() && j.Activation.Before(w.Now) {
		w.warn(w.job(field{name: fActivation}), "activation-past", "the time of activation has passed: the job opens at once", "write a later time if that is not meant")
	}
	start := w.Now
	if j.Activation.After(start) {
		start = j.Activation
	}
	deadline := w.job(field{name: fDeadline})
	switch {
	case j.Deadline.IsZero():
	case !j.Deadline.After(w.Now):
		w.stop(deadline, "deadline-past", "the deadline has passed: nobody could sign", "write a later deadline")
	case j.Deadline.Sub(start) > maxOpen:
		w.stop(deadline, "deadline-too-late", "the deadline is more than 90 days after the job opens", "choose an earlier deadline")
	}
}

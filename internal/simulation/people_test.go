package simulation

import (
	"time"

	"batch/internal/mailout"
	"batch/internal/sandbox"
)

// people say what each signer of a row does when its turn has come: how long it takes, as a
// share of what is usual in a world (nature.SignAfter), and its status afterwards; with an
// empty one it does nothing, until the time is over. They are the row's, whatever becomes of
// its calls: so it is known how it has to end.
type people func(line, signer int) (takes float64, status string)

// alike are people who all take the same time: row after row of one status each.
func alike(statuses ...string) people {
	return func(line, _ int) (float64, string) { return 1, statuses[(line-firstLine)%len(statuses)] }
}

// anybody are people as they come, by a number: they act in any order, most of them sign, and
// the others end their jobs in every way there is, one of them by a status that is in no list.
func anybody(n uint64) people {
	return func(line, signer int) (float64, string) {
		r := dice(n, "people", line, signer)
		takes := 2 * r.Float64()
		if r.IntN(5) > 0 {
			return takes, "SIGNED"
		}
		return takes, pick(r, "REJECTED", "REJECTED", "", "", "BLOCKED", "RESERVED", "SOMETHING_NEW")
	}
}

// act is what a signer of a job does, by the job's reference.
func (w *world) act(reference string, signer int) sandbox.Act {
	parts, _ := mailout.Ref(reference).Parse()
	takes, status := w.plan.people(parts.Line, signer)
	return sandbox.Act{After: time.Duration(takes * float64(w.nature.SignAfter)), Status: status}
}

// made notes how far the portal's clock was ahead of ours when an attempt's job was made.
func (w *world) made(_ int, reference string) sandbox.Outcome {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ahead[mailout.Ref(reference)] = w.moved
	return ""
}

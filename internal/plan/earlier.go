package plan

import (
	"context"
	"fmt"

	"batch/internal/mailout"
)

// Codes of rows that say that they are another attempt at a row that is not free for one.
const (
	codeNotOver = "earlier-not-over"
	codeTried   = "earlier-tried"

	codeNoEarlier = "earlier-unknown" // a warning: these books have no such row
)

// leftOut is which lines of an earlier plan of the same manifest were left out for what had
// gone before it: by code and line, the sentence that says why.
type leftOut map[string]map[int]string

func leftOutOf(ctx context.Context, store Store, id mailout.BatchID) (leftOut, error) {
	out := leftOut{}
	for _, code := range []string{codeEarlier, codeNotOver, codeTried} {
		lines, err := store.LeftOut(ctx, id, code)
		if err != nil {
			return nil, err
		}
		out[code] = lines
	}
	return out, nil
}

// why is what was said of a line under a code; both are empty where nothing was.
func (l leftOut) why(line int, code string) (message, as string) {
	if message, out := l[code][line]; out {
		return message, code
	}
	return "", ""
}

// checkEarlier looks at the row that this one says it tries again. One whose job is not
// certainly over, or that somebody signed, or that was tried again already, would get a second
// letter, which the books need not know by its contents: titles and documents may have been
// corrected since. With a plan to compare with it is that plan's word that counts.
func (m *maker) checkEarlier(ctx context.Context, w *work) error {
	id := w.entry.Earlier
	if id.IsZero() || m.o.Restoring {
		return nil
	}
	p := mailout.Problem{Severity: mailout.Stop, Place: mailout.Place{Line: w.entry.Line, Row: w.entry.Key, Field: "earlier"}}
	if len(w.entry.Inputs) > 0 {
		p.Place.File, p.Place.Sheet = w.entry.Inputs[0].Place.File, w.entry.Inputs[0].Place.Sheet
	}
	if m.dry {
		for _, code := range []string{codeNotOver, codeTried} {
			if p.Message, p.Code = m.leftOut.why(w.entry.Line, code); p.Code != "" {
				w.problems = append(w.problems, p)
			}
		}
		return m.unknownAgain(ctx, w, p, id)
	}
	if first, twice := m.tried[id]; twice {
		p.Code, p.Message, p.Remedy = codeTried, fmt.Sprintf("line %d is another attempt at line %d of batch %s as well", first, id.Line, id.Batch), "delete one of the two lines"
		w.problems = append(w.problems, p)
		return nil
	}
	m.tried[id] = w.entry.Line
	s, known, err := m.store.Standing(ctx, id)
	if err != nil {
		return err
	}
	if judgeEarlier(&p, s, known, id); p.Code != "" {
		w.problems = append(w.problems, p)
		m.met = m.met || known
	}
	return nil
}

// unknownAgain repeats the warning about a row that the books do not know, for whoever looks at
// the same plan once more: what it depends on cannot come to be known by that plan.
func (m *maker) unknownAgain(ctx context.Context, w *work, p mailout.Problem, id mailout.RowID) error {
	_, known, err := m.store.Standing(ctx, id)
	if err == nil && !known {
		judgeEarlier(&p, mailout.Standing{}, false, id)
		w.problems = append(w.problems, p)
	}
	return err
}

// judgeEarlier says whether another attempt may be made at a row. Without a code it may.
func judgeEarlier(p *mailout.Problem, s mailout.Standing, known bool, id mailout.RowID) {
	look := fmt.Sprintf("`batch why %s line:%d` shows what became of it", id.Batch, id.Line)
	switch {
	case !known:
		p.Severity, p.Code = mailout.Warn, codeNoEarlier
		p.Message = fmt.Sprintf("this workspace knows no line %d of a batch %s; that the row is another attempt at it is kept as it is written", id.Line, id.Batch)
		p.Remedy = "in a rehearsal nothing needs to be done; else compare the batch's id with `batch status`"
	case !s.Again.IsZero():
		p.Code, p.Message = codeTried, fmt.Sprintf("line %d of batch %s was tried again already, in line %d of batch %s", id.Line, id.Batch, s.Again.Line, s.Again.Batch)
		p.Remedy = fmt.Sprintf("delete the line; where the newer attempt has failed too, `batch next %s --from rejected,expired,failed` goes on from there; `batch why %s line:%d` shows what became of it", s.Again.Batch, s.Again.Batch, s.Again.Line)
	case s.Alarms > 0:
		p.Code, p.Message = codeNotOver, fmt.Sprintf("a person must look at line %d of batch %s first: it has an alarm", id.Line, id.Batch)
		p.Remedy = "delete the line until that is settled; " + look
	case !s.State.Final():
		p.Code, p.Message = codeNotOver, fmt.Sprintf("line %d of batch %s is %s: its job is not certainly over, and a second letter could go out", id.Line, id.Batch, s.State)
		p.Remedy = "delete the line; " + look
	case s.Other != 0:
		p.Code, p.Message = codeNotOver, fmt.Sprintf("line %d of batch %s has another job at the portal, %d, which is not known to be over, or which all have signed", id.Line, id.Batch, int64(s.Other))
		p.Remedy = fmt.Sprintf("delete the line; `batch cancel --job %d` ends that job if it is alive; ", int64(s.Other)) + look
	case s.State == mailout.Signed:
		p.Code, p.Message = codeNotOver, fmt.Sprintf("line %d of batch %s is signed: there is nothing to try again", id.Line, id.Batch)
		p.Remedy = "delete the line; or empty its cell in the column earlier, if a letter of its own is meant; " + look
	}
}

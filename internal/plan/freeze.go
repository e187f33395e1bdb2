package plan

import (
	"context"
	"fmt"
	"strings"

	"batch/internal/mailout"
)

// sameAgain looks whether this is the newest plan of the same manifest once more. What that
// plan left out as repeats is left out again: which letters have gone out since, by this very
// plan above all, makes no other plan of it. Result.Known says whether it is.
func (m *maker) sameAgain(ctx context.Context, manifest mailout.Digest) (Result, error) {
	id, found, err := m.store.PlannedBefore(ctx, manifest, m.o.Settings)
	if err != nil || !found || id == m.as {
		return Result{}, err
	}
	m.as = id
	dry := newMaker(m.manifest, m.docs, m.store, m.o, m.draft)
	dry.dry = true
	if dry.leftOut, err = leftOutOf(ctx, m.store, id); err != nil {
		return Result{}, err
	}
	return dry.run(ctx)
}

// freeze decides: the batch that exists, the problems, or a new batch.
func (m *maker) freeze(ctx context.Context, sha mailout.Digest, general []mailout.Problem) (Result, error) {
	same, known, err := m.store.ByDigest(ctx, m.res.Digest)
	switch {
	case err != nil:
		return m.res, err
	case m.dry && !known: // not even all problems are known: repeats were not looked for
		return Result{}, nil
	case m.met:
		// Another process may have planned the same meanwhile, and be sending it already.
		if res, err := m.sameAgain(ctx, sha); err != nil || res.Known {
			return res, err
		}
	}
	stopping := mailout.Stopping(m.res.Problems)
	if m.o.SkipBadRows {
		stopping = mailout.Stopping(general) // the rows' own problems were left out with them
	}
	if !known {
		stopping = append(stopping, m.unwanted(fileOf(general, m.o))...)
	}
	if len(stopping) == 0 {
		stopping = m.nothing(fileOf(general, m.o))
	}
	mailout.SortProblems(m.res.Problems)
	switch {
	case len(stopping) > 0 || m.res.Rows == m.res.Old:
		return m.res, nil
	case known:
		m.res.Batch, m.res.Known = same, true
		return m.res, nil
	}
	m.res.Batch, err = m.store.Freeze(ctx, m.draft, sha, m.res.Digest, m.res.RowsDigest)
	m.res.Known = err == nil && m.res.Batch != m.draft // perhaps made by another process at this moment
	return m.res, err
}

// nothing is the problem of a manifest without a row to send. Where every row is old that
// is none.
func (m *maker) nothing(file string) []mailout.Problem {
	if m.res.Rows > m.res.Skipped || m.res.Old > 0 && m.res.Old == m.res.Rows {
		return nil
	}
	none := mailout.Problem{Severity: mailout.Stop, Code: "no-rows", Place: mailout.Place{File: file},
		Message: "there is no row to send", Remedy: "add one line for each person below the header"}
	switch {
	case m.res.Old > 0:
		none.Message = fmt.Sprintf("no row is left to send: %d were sent before, the others have problems", m.res.Old)
		none.Remedy = "correct them, and run the same command again"
	case m.res.Skipped > 0:
		none.Message, none.Remedy = "no row is left to send: all have problems", "correct them, and run the same command again"
	}
	m.res.Problems = append(m.res.Problems, none)
	return []mailout.Problem{none}
}

func fileOf(ps []mailout.Problem, o Options) string {
	if len(ps) > 0 && ps[0].File != "" {
		return ps[0].File
	}
	return o.ManifestPath[strings.LastIndexAny(o.ManifestPath, `/\`)+1:]
}

package app

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"batch/internal/mailout"
	"batch/internal/pdfprep"
	"batch/internal/plan"
)

// changed compares settings and files with the plan: all of them as long as nothing was
// sent, and which portal it goes to for ever.
func (a *App) changed(ctx context.Context, b mailout.BatchInfo) ([]mailout.Problem, error) {
	begun, err := a.ledger.Begun(ctx, b.ID)
	if err != nil {
		return nil, err
	}
	ps, err := a.changedSettings(b, begun)
	if err != nil || begun || len(ps) > 0 {
		return ps, err
	}
	documents, err := a.documents(b.ManifestPath)
	if err != nil {
		return nil, err
	}
	defer documents.Close()
	open := func(name string) (io.ReadCloser, error) { return os.Open(name) }
	input := func(name string) (io.ReadCloser, error) { return documents.Open(filepath.FromSlash(name)) }
	prepared := func(d mailout.Digest) (io.ReadCloser, error) { return pdfprep.OpenStored(a.ws.Prepared(), d) }
	return plan.Unchanged(b, a.ledger.Records(ctx, b.ID), open, input, prepared)
}

// changedSettings reports settings that are not those the plan was approved with. Of a
// batch that was begun only the portal counts: its rows must not be split over two.
func (a *App) changedSettings(b mailout.BatchInfo, begun bool) ([]mailout.Problem, error) {
	now, err := a.settings(PlanOptions{})
	if err != nil {
		return nil, err
	}
	differ, err := plan.CompareSettings(b.Settings, string(now))
	if err != nil {
		return nil, fmt.Errorf("comparing batch.toml with the plan: %w", err)
	}
	remedy := "put it back; or plan again with `batch plan` and approve the new digest"
	if begun {
		remedy = "put it back: all rows of a batch go to one portal"
	}
	var ps []mailout.Problem
	for _, d := range differ {
		if strings.HasPrefix(d.Name, "--") || begun && !strings.HasPrefix(d.Name, "portal.") {
			continue
		}
		ps = append(ps, mailout.Problem{Severity: mailout.Stop, Code: "changed-since-plan", Place: mailout.Place{File: "batch.toml"},
			Message: fmt.Sprintf("%s is %s, and was %s when the batch was planned", d.Name, cmp.Or(d.After, "not set"), cmp.Or(d.Before, "not set")), Remedy: remedy})
	}
	return ps, nil
}

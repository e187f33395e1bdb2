package main

import (
	"context"
	"errors"
	"testing"

	"batch/internal/app"
	"batch/internal/mailout"
)

func TestTheGravestCodeCounts(t *testing.T) {
	books := func(alarms int, t mailout.Totals) mailout.BatchInfo {
		return mailout.BatchInfo{Totals: t, Alarms: alarms}
	}
	var (
		fine     = books(0, mailout.Totals{mailout.Signed: 3, mailout.Created: 1, mailout.Skipped: 1, mailout.Cancelled: 1})
		rejected = books(0, mailout.Totals{mailout.Signed: 3, mailout.Rejected: 1})
		unknown  = books(0, mailout.Totals{mailout.Unknown: 1, mailout.Refused: 1})
		alarm    = books(1, mailout.Totals{mailout.Signed: 3})
	)
	tests := []struct {
		name   string
		err    error
		ending app.Ending
		books  []mailout.BatchInfo
		want   int
	}{
		{"nothing to say", nil, "", nil, exitOK},
		{"left out, cancelled or waiting rows do not change it", nil, app.EndDone, []mailout.BatchInfo{fine}, exitOK},
		{"rejected", nil, app.EndDone, []mailout.BatchInfo{fine, rejected}, exitRows},
		{"refused", nil, "", []mailout.BatchInfo{books(0, mailout.Totals{mailout.Refused: 1})}, exitRows},
		{"failed", nil, "", []mailout.BatchInfo{books(0, mailout.Totals{mailout.Failed: 1})}, exitRows},
		{"expired", nil, "", []mailout.BatchInfo{books(0, mailout.Totals{mailout.Expired: 1})}, exitRows},
		{"unknown before refused", nil, app.EndDone, []mailout.BatchInfo{unknown}, exitLook},
		{"alarm before rejected", nil, "", []mailout.BatchInfo{rejected, alarm}, exitLook},
		{"strange changes", nil, app.EndLook, []mailout.BatchInfo{fine}, exitLook},
		{"stopped before rejected", nil, app.EndStopped, []mailout.BatchInfo{rejected}, exitStopped},
		{"interrupted", nil, app.EndInterrupted, []mailout.BatchInfo{fine}, exitStopped},
		{"unknown before stopped", nil, app.EndStopped, []mailout.BatchInfo{unknown}, exitLook},
		{"away before rejected", nil, app.EndAway, []mailout.BatchInfo{rejected}, exitAway},
		{"unknown before away", nil, app.EndAway, []mailout.BatchInfo{unknown}, exitLook},
		{"our own disk before unknown", nil, app.EndOurs, []mailout.BatchInfo{unknown}, exitInternal},
		{"identity before rejected", nil, app.EndIdentity, []mailout.BatchInfo{rejected}, exitIdentity},
		{"unknown before identity", nil, app.EndIdentity, []mailout.BatchInfo{unknown}, exitLook},
		{"an error before unknown", errors.New("no"), "", []mailout.BatchInfo{unknown}, exitInternal},
		{"usage", &app.Error{Kind: app.KindUsage}, "", nil, exitUsage},
		{"problems", &app.Error{Kind: app.KindProblems}, "", nil, exitProblems},
		{"held", &app.Error{Kind: app.KindHeld}, "", nil, exitHeld},
		{"look", &app.Error{Kind: app.KindLook}, "", nil, exitLook},
		{"identity", &app.Error{Kind: app.KindIdentity}, "", nil, exitIdentity},
		{"away", &app.Error{Kind: app.KindAway}, "", nil, exitAway},
		{"unforeseen", context.DeadlineExceeded, "", nil, exitInternal},
	}
	for _, test := range tests {
		if got := exitCode(test.err, test.ending, test.books...); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}

package main

import (
	"slices"

	"batch/internal/app"
	"batch/internal/mailout"
)

// Exit codes, as commands.md and the README list them.
const (
	exitOK       = 0
	exitInternal = 1 // unexpected failure of the program, or of a disk it needs
	exitUsage    = 2 // usage or configuration
	exitProblems = 3 // problems in manifest or documents; nothing was sent
	exitRows     = 4 // some rows refused, failed, rejected or expired
	exitLook     = 5 // a person must look
	exitHeld     = 6 // another process holds the ledger
	exitIdentity = 7 // certificate, authorization or the wrong server
	exitStopped  = 8 // stopped before the end; resume goes on
	exitAway     = 9 // the portal cannot be reached or keeps blocking
)

// exitCode is the one place where codes are decided: from an error, from how a flow
// ended, and from the books of the batches it was about. Of several, the gravest counts.
func exitCode(err error, ending app.Ending, books ...mailout.BatchInfo) int {
	var codes []int
	if err != nil {
		codes = append(codes, kindCode(app.Explain(err).Kind))
	}
	switch ending {
	case app.EndInterrupted, app.EndStopped:
		codes = append(codes, exitStopped)
	case app.EndIdentity:
		codes = append(codes, exitIdentity)
	case app.EndOurs:
		codes = append(codes, exitInternal)
	case app.EndAway:
		codes = append(codes, exitAway)
	case app.EndLook:
		codes = append(codes, exitLook)
	}
	for _, b := range books {
		t := b.Totals
		if t[mailout.Unknown]+b.Alarms > 0 {
			codes = append(codes, exitLook)
		}
		if t[mailout.Refused]+t[mailout.Failed]+t[mailout.Rejected]+t[mailout.Expired] > 0 {
			codes = append(codes, exitRows)
		}
	}
	return gravest(codes)
}

// gravest is the one of several codes that counts; none: all went well.
func gravest(codes []int) int {
	for _, code := range []int{exitInternal, exitUsage, exitProblems, exitHeld, exitLook, exitIdentity, exitAway, exitStopped, exitRows} {
		if slices.Contains(codes, code) {
			return code
		}
	}
	return exitOK
}

func kindCode(k app.Kind) int {
	switch k {
	case app.KindUsage:
		return exitUsage
	case app.KindProblems:
		return exitProblems
	case app.KindLook:
		return exitLook
	case app.KindHeld:
		return exitHeld
	case app.KindIdentity:
		return exitIdentity
	case app.KindAway:
		return exitAway
	}
	return exitInternal
}

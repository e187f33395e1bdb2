package report

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"batch/internal/mailout"
)

// line is one line of a report: a row, or one of its signers.
type line struct {
	rec    *mailout.Record
	signer int    // index in Job.Signers; aRow: the row itself
	action string // what a person does next about the row
	mask   mask
	open   bool // show national numbers and addresses
}

const aRow = -1

// lineOf is the line of the row itself.
func lineOf(b mailout.BatchInfo, r *mailout.Record, o Options) line {
	l := line{rec: r, signer: aRow, action: nextAction(b, *r, o.Now), open: o.WithNationalIDs}
	if !o.WithNationalIDs {
		l.mask = maskNumbers(*r)
	}
	return l
}

func (l line) who() mailout.Signer { return l.rec.Job.Signers[l.signer] }

// book is what is known of the line's signer.
func (l line) book() mailout.SignerBook {
	if l.signer < len(l.rec.Settled) {
		return l.rec.Settled[l.signer]
	}
	return mailout.SignerBook{}
}

// identity is how the signer is addressed: the national number, else e-mail and mobile.
func (l line) identity() string {
	s := l.who()
	switch {
	case s.NationalID != "" && l.open:
		return s.NationalID.Reveal()
	case s.NationalID != "":
		return s.NationalID.String()
	case l.open:
		return joined(s.Email.Reveal(), s.Mobile.Reveal())
	}
	return joined(s.Email.String(), s.Mobile.String())
}

func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}

// column is one of the report's own. value gives a string, a mailout.State, an int, an
// int64 or a time.Time; zero numbers and times are shown as nothing.
type column struct {
	name  string
	width float64 // in a workbook, in characters
	about about
	value func(line) any
}

// about says on which lines a column has a value.
type about int

const (
	both    about = iota // tells which row a line belongs to
	rows                 // what happened to the row: on its own line only
	signers              // what happened to a signer
)

// on reports whether the column has a value on l.
func (c column) on(l line) bool { return c.about == both || (c.about == rows) == (l.signer == aRow) }

// valueOn is the column's value on lines such as l; nil where it has none.
func (c column) valueOn(l line) func(line) any {
	if c.on(l) {
		return c.value
	}
	return nil
}

// The names differ from every column name of a manifest, so that a report can be edited
// into a manifest again.
var (
	colState      = column{"state", 11, both, func(l line) any { return l.rec.State }}
	colCode       = column{"code", 26, rows, func(l line) any { return l.mask.hide(code(l.rec)) }}
	colTurn       = column{"turn", 9, rows, func(l line) any { return turn(l.action) }}
	colNext       = column{"next_action", 80, rows, func(l line) any { return l.mask.hide(l.action) }}
	colJob        = column{"job_id", 22, both, func(l line) any { return jobID(l.rec.JobID) }}
	colStateSince = column{"state_since", 20, rows, func(l line) any { return l.rec.Since }}
	colSentAt     = column{"sent_at", 20, rows, func(l line) any { return l.rec.SentAt }}
	colHeld       = column{"held_until", 20, rows, func(l line) any { return l.rec.HeldUntil }}
	colExpires    = column{"expires_at", 20, rows, func(l line) any { return l.rec.ExpiresAt() }}
	colFile       = column{"signed_file", 56, rows, func(l line) any { return l.rec.Signed.Path }}
	colSHA256     = column{"signed_sha256", 66, rows, func(l line) any { return digest(l.rec.Signed.SHA256) }}
	colBytes      = column{"signed_bytes", 14, rows, func(l line) any { return l.rec.Signed.Bytes }}
	colLine       = column{"line", 7, both, func(l line) any { return l.rec.Line }}
	colKey        = column{"row_key", 14, both, func(l line) any { return l.mask.hide(l.rec.Key) }}
	colTitle      = column{"job_title", 44, both, func(l line) any { return l.mask.hide(l.rec.Job.Title.Reveal()) }}
	colCause      = column{"cause", 34, rows, func(l line) any { return l.mask.hide(cause(l.rec)) }}
	colRef        = column{"reference", 46, both, func(l line) any { return string(l.rec.Ref) }}

	colSigner      = column{"signer", 8, signers, func(l line) any { return l.signer + 1 }}
	colSignerOrder = column{"signer_order", 13, signers, func(l line) any { return strconv.Itoa(l.who().Order) }} // 0 is an order
	colSignerID    = column{"signer_identity", 26, signers, func(l line) any { return l.identity() }}
	colNotified    = column{"signer_notified_by", 18, signers, func(l line) any { return string(l.who().Notify) }}
	colStatus      = column{"signer_status", 26, signers, func(l line) any { return string(l.book().Status) }}
	colStatusSince = column{"signer_since", 20, signers, func(l line) any { return l.book().Since }}
	colXAdES       = column{"signer_xades_file", 56, signers, func(l line) any { return l.book().XAdES.Path }}
	colXAdESSHA256 = column{"signer_xades_sha256", 66, signers, func(l line) any { return digest(l.book().XAdES.SHA256) }}
)

var (
	rowColumns = []column{colState, colCode, colTurn, colNext, colJob, colStateSince, colSentAt, colHeld, colExpires, colFile, colSHA256, colBytes, colLine, colKey, colCause, colRef}

	signerColumns = []column{colSigner, colSignerOrder, colSignerID, colNotified, colStatus, colStatusSince, colXAdES, colXAdESSHA256}
)

// code is the word that a list is sorted by: the signer status that decided, or the code of
// the portal's refusal, or of the problem for which a row was left out.
func code(r *mailout.Record) string {
	if r.Cause != "" {
		return r.Cause
	}
	return r.Code
}

// cause is why a row ended as it did: the signer status that decided, or what the portal
// said of a refused one.
func cause(r *mailout.Record) string {
	if r.Cause != "" {
		return r.Cause
	}
	if r.Code != "" && r.Message != "" {
		return r.Code + ": " + r.Message
	}
	return r.Code + r.Message
}

// jobID is text: a spreadsheet keeps fifteen digits of a number, an id may have nineteen.
func jobID(id mailout.JobID) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(int64(id), 10)
}

func digest(d mailout.Digest) string {
	if d.IsZero() {
		return ""
	}
	return d.String()
}

// named returns the columns under names that none of the owner's headers has: one that
// is taken gets "batch_" in front.
func named(columns []column, owners []string) []column {
	taken := map[string]bool{}
	for _, h := range owners {
		taken[plain(h)] = true
	}
	out := slices.Clone(columns)
	for i := range out {
		for taken[plain(out[i].name)] {
			out[i].name = "batch_" + out[i].name
		}
	}
	return out
}

// plain is a header as names are compared: without case, spaces, "_", "-" and ".".
func plain(header string) string {
	return strings.NewReplacer(" ", "", "_", "", "-", "", ".", "").Replace(strings.ToLower(header))
}

// present turns zero numbers and times into nothing, and times into the report's zone.
func present(value any, zone *time.Location) any {
	switch v := value.(type) {
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.In(zone)
	case int:
		if v == 0 {
			return ""
		}
	case int64:
		if v == 0 {
			return ""
		}
	}
	return value
}

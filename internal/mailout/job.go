package mailout

import (
	"crypto/sha256"
	"slices"
	"strings"
	"time"
)

// Limits of a job (portal-api.md, portal.xsd).
const (
	MaxSigners          = 10
	MaxDocuments        = 20
	MaxDocumentBytes    = 10_485_760 // all documents of a job together
	MaxAvailableSeconds = 7_776_000  // 90 days
	MaxTitle            = 80
	MaxDescription      = 220
	DefaultAvailable    = 30 * 24 * time.Hour // where available-seconds is absent
)

// SignatureType is how strongly a signer signs. The value is portal.xsd's; empty leaves
// the portal's default.
type SignatureType string

const (
	Advanced      SignatureType = "ADVANCED_ELECTRONIC_SIGNATURE"
	Authenticated SignatureType = "AUTHENTICATED_ELECTRONIC_SIGNATURE"
)

// OnBehalfOf is in whose name a signer signs. Empty: the portal's default, SELF.
type OnBehalfOf string

const (
	Self  OnBehalfOf = "SELF"
	Other OnBehalfOf = "OTHER"
)

// Notify is how a signer is told. It is always set on a row that was read.
type Notify string

const (
	NotifyGiven     Notify = "given"      // the e-mail and mobile of the row
	NotifyLookup    Notify = "lookup"     // the person's registered choice, by e-mail
	NotifyLookupSMS Notify = "lookup+sms" // … and by SMS
)

// Identifier is what stands about a signer in the signed document. Empty: the portal's
// default.
type Identifier string

const (
	NationalIDAndName Identifier = "PERSONAL_IDENTIFICATION_NUMBER_AND_NAME"
	BirthDateAndName  Identifier = "DATE_OF_BIRTH_AND_NAME"
	NameOnly          Identifier = "NAME"
)

// SenderKind decides what may be combined (portal-api.md).
type SenderKind string

const (
	Public  SenderKind = "public"
	Private SenderKind = "private"
)

// Signer is one person who signs a job.
type Signer struct {
	NationalID    NationalID // empty: identified by contact information
	Email         Email
	Mobile        Mobile
	Order         int // 0–9; equal orders sign in parallel
	SignatureType SignatureType
	OnBehalfOf    OnBehalfOf
	Notify        Notify
}

// Job is what the portal is asked for, documents aside.
type Job struct {
	Sender            OrgNumber
	Title             Text // 1–80 characters
	NonsensitiveTitle Text // goes out in e-mail and SMS; empty: none
	Description       Text
	Signers           []Signer
	Authentication    int        // 3 or 4; 0: the portal's default
	Identifier        Identifier // empty: the portal's default

	// Times. A zero Activation means at once. At most one of Available and Deadline is
	// set; neither means the portal's default of 30 days. Both run anew for every
	// order group, so Deadline is allowed only where all sign in one group.
	Activation time.Time
	Available  time.Duration // whole seconds
	Deadline   time.Time
}

// Column is one of the owner's own cells, kept unchanged for the report. Where several
// lines of the manifest are one job, Value is the first line's and More has those of the
// others, one for each, in order.
type Column struct {
	Name  string
	Value Text
	More  []Text // nil for a job of one line
	Field string // which of our columns it was read as: "title", "signer2_email"; empty: the owner's own
	Odd   bool   // the text is not all of one of these cells: it could not be read, or its format showed more
}

// Row is one row of a frozen batch: one job's worth of the manifest.
type Row struct {
	Line      int    // as a person sees it in the spreadsheet; unique in the batch
	Key       string // the owner's key, unique in the batch; default: the line number
	Job       Job
	Documents []Document // empty only for Skipped rows
	Columns   []Column   // the owner's columns in the manifest's order
	Repeat    int        // which repeat of the same letter it is, of those that were allowed; 0: none
	Skipped   bool       // problems were found, or the letter was sent before; left out on request …
	Problem   Problem    // … and the first of them; zero for other rows
	Earlier   RowID      // the row that this one is another attempt at; zero: none. It is not sent
}

// Entry is a row as the sender wrote it: read, every value checked, its documents not
// opened yet.
type Entry struct {
	Row
	Inputs []Input
}

// Input is one document a row asks for: one PDF, or several to be merged in order.
type Input struct {
	Title Text     // empty: the job's title, numbered when several
	Parts []string // slash-separated paths below the documents' folder, in order
	Place Place    // the cell that named it, for messages
}

// Document is one prepared document of a row: a file in prepared/, named by its digest.
type Document struct {
	Title   Text
	Name    string   // its name in the bundle, [a-z0-9._-]{4,100}, unique in the job
	Sources []Source // what it was made of, in order
	Prepared
}

// Source is one input file of a document.
type Source struct {
	Path   string // as the manifest wrote it, slash-separated
	SHA256 Digest
}

// Prepared is a PDF that is ready to be sent, stored in prepared/ under its digest.
type Prepared struct {
	SHA256 Digest
	CRC32  uint32 // IEEE; the ZIP's local header wants it before the bytes
	Bytes  int64
	Pages  int
}

// AvailableSeconds is what goes out for a job sent at now: the availability as written,
// or what is left until the deadline, counted from activation. ok is false where the
// portal's default applies.
func (j Job) AvailableSeconds(now time.Time) (seconds int64, ok bool) {
	switch {
	case j.Available > 0:
		return int64(j.Available / time.Second), true
	case !j.Deadline.IsZero():
		start := now
		if j.Activation.After(now) {
			start = j.Activation
		}
		return max(0, int64(j.Deadline.Sub(start)/time.Second)), true
	}
	return 0, false
}

// OrderGroups is the number of distinct orders: how often the availability runs anew.
func (j Job) OrderGroups() int {
	var seen []int
	for _, s := range j.Signers {
		if !slices.Contains(seen, s.Order) {
			seen = append(seen, s.Order)
		}
	}
	return len(seen)
}

// PersonKey tells a signer from another: the national number, or where there is none both
// addresses, of e-mail without regard to capitals. It is personal data.
func PersonKey(number NationalID, email Email, mobile Mobile) string {
	if number != "" {
		return "id:" + number.Reveal()
	}
	return "contact:" + strings.ToLower(email.Reveal()) + "|" + mobile.Reveal()
}

// LetterKey tells the same letter from another: signers, input documents and title
// (design.md, "Twice the same letter"). The order in which signers stand does not
// matter, nor whether the files are sent as one document or one by one; everything else
// that a signer would notice does.
func (r Row) LetterKey() Digest {
	var who []string
	for _, s := range r.Job.Signers {
		who = append(who, PersonKey(s.NationalID, s.Email, s.Mobile))
	}
	slices.Sort(who)
	h := sha256.New()
	for _, w := range who {
		h.Write([]byte(w + "\x00"))
	}
	h.Write([]byte("\x01" + r.Job.Title.Reveal() + "\x01"))
	for _, d := range r.Documents {
		for _, s := range d.Sources {
			h.Write(s.SHA256[:])
		}
	}
	h.Write([]byte{2})
	return Digest(h.Sum(nil))
}

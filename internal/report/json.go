package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"batch/internal/mailout"
)

// Row is the "row" object of --json (commands.md, "JSON lines"). Times are in UTC; null
// where there is none. The words of its fields are those of a manifest.
type Row struct {
	Type              string          `json:"type"` // "row"
	Line              int             `json:"line"`
	Key               string          `json:"row"`
	State             mailout.State   `json:"state"`
	Title             string          `json:"title"`
	Signers           []Signer        `json:"signers"`
	Documents         []Document      `json:"documents"`
	ActivationTime    *time.Time      `json:"activation_time"`   // null: at once
	HeldUntil         *time.Time      `json:"held_until"`        // it starts no earlier than this; null: it is not held
	AvailableSeconds  *int64          `json:"available_seconds"` // null: until the deadline, else the portal's 30 days
	Deadline          *time.Time      `json:"deadline"`
	NonsensitiveTitle string          `json:"nonsensitive_title"`
	Description       string          `json:"description"`
	Authentication    int             `json:"authentication"` // 3 or 4; 0: the portal's default
	Identifier        string          `json:"identifier"`     // empty: the portal's default
	Sender            string          `json:"sender"`
	Columns           Columns         `json:"columns"`
	Ref               mailout.Ref     `json:"ref"`
	JobID             mailout.JobID   `json:"job_id"` // 0: none known
	Code              string          `json:"code"`   // a word for the cause: a signer status, or the portal's or a problem's code
	Cause             string          `json:"cause"`
	Since             *time.Time      `json:"since"`
	SentAt            *time.Time      `json:"sent_at"`
	Signed            Signed          `json:"signed"`
	ExpiresAt         *time.Time      `json:"expires_at"` // when the portal is expected to end the job; null: it is over, or not made yet
	Duplicates        []mailout.JobID `json:"duplicates"`
	Again             string          `json:"tried_again,omitempty"` // the row of a later batch that was another attempt: "2026-11-21-a7 line:14"
	Turn              string          `json:"turn,omitempty"`        // sender, signer, portal or nobody; in a report only
	NextAction        string          `json:"next_action,omitempty"` // in a report only
}

// Signer is one signer of a Row.
type Signer struct {
	NationalID    string               `json:"national_id"`
	Email         string               `json:"email"`
	Mobile        string               `json:"mobile"`
	Order         int                  `json:"order"`
	Notify        mailout.Notify       `json:"notify"`
	OnBehalfOf    string               `json:"on_behalf_of"`
	SignatureType string               `json:"signature_type"` // empty: the portal's default
	Status        mailout.SignerStatus `json:"status"`         // empty: nothing heard
	Since         *time.Time           `json:"since"`
	XAdES         Signed               `json:"xades"`
}

// Document is one document of a Row.
type Document struct {
	Title  string   `json:"title"`
	From   []string `json:"from"` // the files it was made of, in order
	Pages  int      `json:"pages"`
	Bytes  int64    `json:"bytes"`
	SHA256 string   `json:"sha256"`
}

// Signed is the signed document of a Row, or the XAdES of a Signer; empty where none is
// kept.
type Signed struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
	Bytes  int64  `json:"bytes"`

	Warnings []string `json:"warnings,omitempty"` // what is odd about it and blocks nothing
}

// Columns are the owner's cells: an object in the manifest's order.
type Columns []Cell

// Cell is one of the owner's cells, as it may be shown.
type Cell struct{ Name, Value string }

// MarshalJSON writes the cells in order. A header that stands twice gets " (2)".
func (cs Columns) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	seen := map[string]int{}
	out.WriteByte('{')
	for i, c := range cs {
		if i > 0 {
			out.WriteByte(',')
		}
		name := c.Name
		if seen[c.Name]++; seen[c.Name] > 1 {
			name = fmt.Sprintf("%s (%d)", c.Name, seen[c.Name])
		}
		for _, part := range []struct{ text, after string }{{name, ":"}, {c.Value, ""}} {
			quoted, err := json.Marshal(part.text)
			if err != nil {
				return nil, err
			}
			out.Write(quoted)
			out.WriteString(part.after)
		}
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// RowJSON is the object of one row. National numbers, e-mail addresses and mobile numbers
// of its signers are masked, wherever in the row they stand, unless withIDs is set.
func RowJSON(r mailout.Record, withIDs bool) Row {
	var m mask
	if !withIDs {
		m = maskAll(r)
	}
	j := r.Job
	row := Row{
		Type: "row", Line: r.Line, Key: m.hide(r.Key), State: r.State,
		Title: m.hide(j.Title.Reveal()), NonsensitiveTitle: m.hide(j.NonsensitiveTitle.Reveal()), Description: m.hide(j.Description.Reveal()),
		Signers: make([]Signer, len(j.Signers)), Documents: make([]Document, len(r.Documents)),
		ActivationTime: moment(j.Activation), HeldUntil: moment(r.HeldUntil), Deadline: moment(j.Deadline),
		Authentication: j.Authentication, Identifier: identifiers[j.Identifier], Sender: string(j.Sender),
		Columns: make(Columns, len(r.Columns)), Ref: r.Ref, JobID: r.JobID, Code: m.hide(code(&r)), Cause: m.hide(cause(&r)),
		Since: moment(r.Since), SentAt: moment(r.SentAt), ExpiresAt: moment(r.ExpiresAt()),
		Signed: signedJSON(r.Signed, r.Odd...),
		Again:  r.Again.String(), Duplicates: append([]mailout.JobID{}, r.Duplicates...),
	}
	if j.Available > 0 {
		seconds := int64(j.Available / time.Second)
		row.AvailableSeconds = &seconds
	}
	for i := range j.Signers {
		row.Signers[i] = signerJSON(line{rec: &r, signer: i, open: withIDs})
	}
	for i, d := range r.Documents {
		row.Documents[i] = Document{m.hide(d.Title.Reveal()), sources(d, m), d.Pages, d.Bytes, digest(d.SHA256)}
	}
	for i, c := range r.Columns {
		row.Columns[i] = Cell{c.Name, m.column(c)}
	}
	return row
}

func signedJSON(f mailout.SignedFile, odd ...string) Signed {
	return Signed{f.Path, digest(f.SHA256), f.Bytes, odd}
}

func signerJSON(l line) Signer {
	s, book := l.who(), l.book()
	out := Signer{
		NationalID: s.NationalID.String(), Email: s.Email.String(), Mobile: s.Mobile.String(),
		Order: s.Order, Notify: s.Notify, OnBehalfOf: "self", SignatureType: signatureTypes[s.SignatureType],
		Status: book.Status, Since: moment(book.Since), XAdES: signedJSON(book.XAdES),
	}
	if l.open {
		out.NationalID, out.Email, out.Mobile = s.NationalID.Reveal(), s.Email.Reveal(), s.Mobile.Reveal()
	}
	if s.OnBehalfOf == mailout.Other {
		out.OnBehalfOf = "other"
	}
	return out
}

func sources(d mailout.Document, m mask) []string {
	from := make([]string, len(d.Sources))
	for i, s := range d.Sources {
		from[i] = m.hide(s.Path) // files are sometimes named by national number
	}
	return from
}

// The words of a manifest for what the portal calls otherwise (manifest.md, "Columns").
var (
	identifiers = map[mailout.Identifier]string{
		mailout.NationalIDAndName: "national-id-and-name", mailout.BirthDateAndName: "birth-date-and-name", mailout.NameOnly: "name",
	}
	signatureTypes = map[mailout.SignatureType]string{mailout.Advanced: "advanced", mailout.Authenticated: "authenticated"}
)

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// Totals is the "totals" object, the last of every --json.
type Totals struct {
	Type       string         `json:"type"`  // "totals"
	Batch      *string        `json:"batch"` // null: there is none
	Digest     string         `json:"digest"`
	RowsDigest string         `json:"rows_digest"`
	Rows       int            `json:"rows"`
	States     mailout.Totals `json:"states"`
	Exit       int            `json:"exit"`
}

// TotalsJSON is the totals object of a batch; a zero b is none. exit is the code that the
// command will end with (commands.md, "Exit codes").
func TotalsJSON(b mailout.BatchInfo, all mailout.Totals, exit int) Totals {
	t := Totals{Type: "totals", Digest: digest(b.Digest), RowsDigest: digest(b.RowsDigest), Rows: b.Rows, States: all, Exit: exit}
	if b.ID != "" {
		id := string(b.ID)
		t.Batch = &id
	}
	if all == nil {
		t.States = mailout.Totals{}
	}
	return t
}

// jsonLines writes an object a line: the rows, then the totals.
type jsonLines struct {
	w     *bufio.Writer
	out   *json.Encoder
	batch mailout.BatchInfo
	o     Options
}

func newJSON(w io.Writer, b mailout.BatchInfo, o Options) *jsonLines {
	f := &jsonLines{w: bufio.NewWriter(w), batch: b, o: o}
	f.out = json.NewEncoder(f.w)
	f.out.SetEscapeHTML(false)
	return f
}

// row says more than other commands do of a row: whose turn it is, and what to do.
func (f *jsonLines) row(r mailout.Record) error {
	row := RowJSON(r, f.o.WithNationalIDs)
	row.NextAction = nextAction(f.batch, r, f.o.Now)
	row.Turn = turn(row.NextAction)
	if !f.o.WithNationalIDs {
		row.NextAction = maskAll(r).hide(row.NextAction)
	}
	return f.out.Encode(row)
}

// end names exit code 0: a report that was written did its work.
func (f *jsonLines) end(all mailout.Totals) error {
	if err := f.out.Encode(TotalsJSON(f.batch, all, 0)); err != nil {
		return err
	}
	return f.w.Flush()
}

func (f *jsonLines) close() {}

package signedpdf

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"regexp"
	"strconv"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// updates appends incremental updates to a PDF written by assemble (ISO 32000-1, 7.5.6): not a
// byte of what is there changes, so that the signatures over it go on to hold.
type updates struct {
	pdf bytes.Buffer
	ctx *model.Context // the objects as the last update left them
	id  types.Object   // the first half of the file's identifier, which stays

	prev    int // where the last cross-reference table begins
	size    int // the next free object number
	written []writtenObject
}

// writtenObject is one object of the update that is being written.
type writtenObject struct{ number, offset int }

var startXRef = regexp.MustCompile(`startxref\s+(\d+)\s+%%EOF\s*$`)

func openForUpdates(pdf []byte) (*updates, error) {
	ctx, err := api.ReadContext(bytes.NewReader(pdf), pdfConfiguration())
	if err != nil {
		return nil, fmt.Errorf("reading the document to seal: %w", err)
	}
	if err := ctx.EnsurePageCount(); err != nil {
		return nil, fmt.Errorf("counting the pages to seal: %w", err)
	}
	at := startXRef.FindSubmatch(pdf[max(0, len(pdf)-64):])
	if at == nil || ctx.Size == nil {
		return nil, fmt.Errorf("reading the document to seal: no cross-reference table at its end")
	}
	u := &updates{ctx: ctx, size: *ctx.Size, id: newID()}
	if len(ctx.ID) == 2 {
		u.id = ctx.ID[0]
	}
	u.prev, _ = strconv.Atoi(string(at[1])) // digits
	u.pdf.Grow(len(pdf) + 4*sealRoom)
	u.pdf.Write(pdf)
	if !bytes.HasSuffix(pdf, []byte("\n")) {
		u.pdf.WriteByte('\n')
	}
	return u, nil
}

// newID is one half of a file identifier; the second is another one in every file.
func newID() types.Object {
	id := make([]byte, 16)
	rand.Read(id) // never fails
	return types.NewHexLiteral(id)
}

// reserve takes the next object number.
func (u *updates) reserve() int {
	u.size++
	return u.size - 1
}

// object writes an object, new or changed.
func (u *updates) object(number int, body string) {
	u.written = append(u.written, writtenObject{number, u.pdf.Len()})
	fmt.Fprintf(&u.pdf, "%d 0 obj\n%s\nendobj\n", number, body)
}

// change writes an object of the document as it now is.
func (u *updates) change(ref types.IndirectRef, d types.Dict) {
	u.object(ref.ObjectNumber.Value(), d.PDFString())
}

// finish ends an update: its cross-reference table, one section an object, and its trailer.
func (u *updates) finish() {
	start := u.pdf.Len()
	u.pdf.WriteString("xref\n")
	for _, o := range u.written {
		fmt.Fprintf(&u.pdf, "%d 1\n%010d 00000 n \n", o.number, o.offset)
	}
	fmt.Fprintf(&u.pdf, "trailer\n<</Size %d/Prev %d/Root %s", u.size, u.prev, u.ctx.Root.PDFString())
	if u.ctx.Info != nil {
		fmt.Fprintf(&u.pdf, "/Info %s", u.ctx.Info.PDFString())
	}
	fmt.Fprintf(&u.pdf, "/ID[%s%s]>>\nstartxref\n%d\n%%%%EOF\n", u.id.PDFString(), newID().PDFString(), start)
	u.prev, u.written = start, nil
}

// reference is a reference to an object that updates has written.
func reference(number int) types.IndirectRef { return *types.NewIndirectRef(number, 0) }

// listWith is a copy of the array under a key, with one more reference at its end.
func (u *updates) listWith(d types.Dict, key string, object int) (types.Array, error) {
	old, err := u.ctx.DereferenceArray(d[key])
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", key, err)
	}
	return append(append(types.Array{}, old...), reference(object)), nil
}

package signedpdf

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
)

// sealRoom is how many bytes are kept free for the CMS signature; three RSA-2048
// certificates and the signature take about 4 000.
const sealRoom = 8192

// byteRangeBlank is overwritten once the offsets are known; it has room for ten digits each.
const byteRangeBlank = "[0 0000000000 0000000000 0000000000]"

// What may happen to a document after its certification signature (DocMDP; ISO 32000-1, table
// 254). Data for long-term validation may be added in either case (ISO 32000-2, table 257).
const (
	noChanges      = 1
	moreSignatures = 2
)

// sealing signs one PDF with the portal's certificate (PAdES baseline B, ETSI EN 319 142-1).
type sealing struct {
	*updates
	by Sealer
	at time.Time

	form   types.Dict // the document's form, which holds the signatures' fields
	formAt types.IndirectRef
}

// openToSeal prepares a PDF written by assemble.
func openToSeal(pdf []byte, by Sealer, at time.Time) (*sealing, error) {
	u, err := openForUpdates(pdf)
	if err != nil {
		return nil, err
	}
	form := types.Dict{"SigFlags": types.Integer(3)} // there are signatures; only append
	return &sealing{updates: u, by: by, at: at, form: form, formAt: reference(u.reserve())}, nil
}

// seal appends the certification signature. It comes first.
func (s *sealing) seal(allowed int) error {
	catalog, err := s.ctx.Catalog()
	if err != nil {
		return fmt.Errorf("finding the catalog: %w", err)
	}
	signature := s.reserve()
	catalog["AcroForm"] = s.formAt
	catalog["Perms"] = types.Dict{"DocMDP": reference(signature)}
	s.change(*s.ctx.Root, catalog)
	return s.sign(signature, "Seal", fmt.Sprintf("/Reference[<</Type/SigRef/TransformMethod/DocMDP"+
		"/TransformParams<</Type/TransformParams/P %d/V/1.2>>>>]", allowed))
}

// approve appends one more signature.
func (s *sealing) approve(field string) error {
	return s.sign(s.reserve(), field, "")
}

// sign ends an update with a signature over everything up to its end, in an invisible field
// on the front page.
func (s *sealing) sign(signature int, field, entries string) error {
	widget := s.reserve()
	page, pageRef, _, err := s.ctx.PageDict(1, false)
	if err != nil {
		return fmt.Errorf("finding the front page: %w", err)
	}
	s.object(widget, fmt.Sprintf("<</Type/Annot/Subtype/Widget/FT/Sig/T(%s)/F 132/Rect[0 0 0 0]/P %s/V %d 0 R>>",
		field, pageRef.PDFString(), signature))
	if page["Annots"], err = s.listWith(page, "Annots", widget); err != nil {
		return err
	}
	s.change(*pageRef, page)
	if s.form["Fields"], err = s.listWith(s.form, "Fields", widget); err != nil {
		return err
	}
	s.change(s.formAt, s.form)
	signatureAt := s.pdf.Len()
	s.object(signature, "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/Name(Signing portal sandbox)"+
		"/M(D:"+s.at.UTC().Format("20060102150405")+"Z)"+entries+
		"/ByteRange"+byteRangeBlank+"/Contents<"+strings.Repeat("0", 2*sealRoom)+">>>")
	s.finish()
	return s.fillIn(signatureAt)
}

// fillIn writes the byte range, and the signature over it, into the signature dictionary
// that begins at the given offset.
func (s *sealing) fillIn(at int) error {
	pdf := s.pdf.Bytes()
	rangeAt := at + bytes.Index(pdf[at:], []byte(byteRangeBlank))
	open := at + bytes.Index(pdf[at:], []byte("/Contents<")) + len("/Contents")
	end := open + 2*sealRoom + 2
	copy(pdf[rangeAt:], fmt.Sprintf("[0 %010d %010d %010d]", open, end, len(pdf)-end))
	hash := sha256.New()
	hash.Write(pdf[:open])
	hash.Write(pdf[end:])
	cms, err := detachedCMS(hash.Sum(nil), s.by)
	if err != nil {
		return err
	}
	if len(cms) > sealRoom {
		return fmt.Errorf("sealing: the signature takes %d bytes, there is room for %d", len(cms), sealRoom)
	}
	hex.Encode(pdf[open+1:], cms)
	return nil
}

// addValidationData appends what long-term validation needs, the certificates above the
// seal's own (DSS; ETSI EN 319 142-1, 5.4.2). The sandbox's authority revokes nothing
// and publishes no list, so there is none to add.
func (s *sealing) addValidationData() error {
	var certificates types.Array
	for _, c := range s.by.Chain {
		n := s.reserve()
		s.object(n, fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(c.Raw), c.Raw))
		certificates = append(certificates, reference(n))
	}
	dss := s.reserve()
	s.object(dss, "<</Type/DSS/Certs"+certificates.PDFString()+">>")
	catalog, err := s.ctx.Catalog()
	if err != nil {
		return fmt.Errorf("finding the catalog: %w", err)
	}
	catalog["DSS"] = reference(dss)
	s.change(*s.ctx.Root, catalog)
	s.finish()
	return nil
}

package sandbox

import (
	"bytes"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"
	"github.com/smallstep/pkcs7"
)

// sealRoom is how many bytes are kept free for the CMS signature; three RSA-2048
// certificates and the signature take about 4 000.
const sealRoom = 8192

// byteRangeBlank is overwritten once the offsets are known; it has room for ten digits each.
const byteRangeBlank = "[0 0000000000 0000000000 0000000000]"

// seal appends one certification signature (DocMDP, no changes allowed; PAdES baseline B,
// ETSI EN 319 142-1) to a PDF written by assemble, as an incremental update: not a byte
// of the PDF itself changes.
func seal(pdf []byte, chain []*x509.Certificate, key crypto.Signer, at time.Time) ([]byte, error) {
	u, err := openUpdate(pdf)
	if err != nil {
		return nil, err
	}
	if err := u.addSignatureField(at); err != nil {
		return nil, err
	}
	u.finish()
	return signRange(u.buf.Bytes(), u.signatureAt, chain, key)
}

// update is an incremental update being written behind a PDF.
type update struct {
	ctx     *model.Context
	buf     bytes.Buffer
	prev    int // where the PDF's own cross-reference table begins
	size    int // the next free object number
	offsets map[int]int
	order   []int

	signatureAt int // where the signature's dictionary begins
}

var startXRef = regexp.MustCompile(`startxref\s+(\d+)\s+%%EOF\s*$`)

func openUpdate(pdf []byte) (*update, error) {
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
	u := &update{ctx: ctx, size: *ctx.Size, offsets: map[int]int{}}
	u.prev, _ = strconv.Atoi(string(at[1]))
	u.buf.Write(pdf)
	if !bytes.HasSuffix(pdf, []byte("\n")) {
		u.buf.WriteByte('\n')
	}
	return u, nil
}

// addSignatureField writes the signature, its invisible field on the front page, and the
// catalog that names both.
func (u *update) addSignatureField(at time.Time) error {
	signature, field := u.size, u.size+1
	u.size += 2
	page, pageRef, _, err := u.ctx.PageDict(1, false)
	if err != nil {
		return fmt.Errorf("finding the front page: %w", err)
	}
	pageNumber := pageRef.ObjectNumber.Value()
	u.signatureAt = u.buf.Len()
	u.object(signature, signatureDict(at))
	u.object(field, fmt.Sprintf("<</Type/Annot/Subtype/Widget/FT/Sig/T(Seal)/F 132/Rect[0 0 0 0]/P %d 0 R/V %d 0 R>>",
		pageNumber, signature))
	annotations, err := u.listWith(page, "Annots", field)
	if err != nil {
		return err
	}
	page.Update("Annots", annotations)
	u.object(pageNumber, page.PDFString())
	return u.addToCatalog(signature, field)
}

func (u *update) addToCatalog(signature, field int) error {
	catalog, err := u.ctx.Catalog()
	if err != nil {
		return fmt.Errorf("finding the catalog: %w", err)
	}
	form, err := u.ctx.DereferenceDict(catalog["AcroForm"])
	if err != nil {
		return fmt.Errorf("reading the form of the documents: %w", err)
	}
	if form == nil {
		form = types.NewDict()
	}
	fields, err := u.listWith(form, "Fields", field)
	if err != nil {
		return err
	}
	form.Update("Fields", fields)
	form.Update("SigFlags", types.Integer(3))
	catalog.Update("AcroForm", form)
	permissions := types.NewDict()
	permissions.Update("DocMDP", *types.NewIndirectRef(signature, 0))
	catalog.Update("Perms", permissions)
	u.object(u.ctx.Root.ObjectNumber.Value(), catalog.PDFString())
	return nil
}

// listWith is a copy of the array under a key, with one more reference at its end.
func (u *update) listWith(d types.Dict, key string, object int) (types.Array, error) {
	old, err := u.ctx.DereferenceArray(d[key])
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", key, err)
	}
	return append(append(types.Array{}, old...), *types.NewIndirectRef(object, 0)), nil
}

func signatureDict(at time.Time) string {
	return "<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached" +
		"/Name(Signing portal sandbox)/M(D:" + at.UTC().Format("20060102150405") + "Z)" +
		"/Reference[<</Type/SigRef/TransformMethod/DocMDP/TransformParams<</Type/TransformParams/P 1/V/1.2>>>>]" +
		"/ByteRange" + byteRangeBlank + "/Contents<" + strings.Repeat("0", 2*sealRoom) + ">>>"
}

func (u *update) object(number int, body string) {
	u.offsets[number] = u.buf.Len()
	u.order = append(u.order, number)
	fmt.Fprintf(&u.buf, "%d 0 obj\n%s\nendobj\n", number, body)
}

// finish writes the update's cross-reference table, one section an object, and trailer.
func (u *update) finish() {
	start := u.buf.Len()
	u.buf.WriteString("xref\n")
	for _, number := range u.order {
		fmt.Fprintf(&u.buf, "%d 1\n%010d 00000 n \n", number, u.offsets[number])
	}
	fmt.Fprintf(&u.buf, "trailer\n<</Size %d/Prev %d/Root %s", u.size, u.prev, u.ctx.Root.PDFString())
	if u.ctx.Info != nil {
		fmt.Fprintf(&u.buf, "/Info %s", u.ctx.Info.PDFString())
	}
	if len(u.ctx.ID) == 2 {
		fmt.Fprintf(&u.buf, "/ID %s", u.ctx.ID.PDFString())
	}
	fmt.Fprintf(&u.buf, ">>\nstartxref\n%d\n%%%%EOF\n", start)
}

// signRange fills in the byte range and the signature over it, in the signature
// dictionary that begins at the given offset.
func signRange(pdf []byte, at int, chain []*x509.Certificate, key crypto.Signer) ([]byte, error) {
	rangeAt := at + bytes.Index(pdf[at:], []byte(byteRangeBlank))
	open := at + bytes.Index(pdf[at:], []byte("/Contents<")) + len("/Contents")
	end := open + 2*sealRoom + 2
	copy(pdf[rangeAt:], fmt.Sprintf("[0 %010d %010d %010d]", open, end, len(pdf)-end))
	signed := make([]byte, 0, len(pdf)-2*sealRoom)
	signed = append(append(signed, pdf[:open]...), pdf[end:]...)
	cms, err := detachedCMS(signed, chain, key)
	if err != nil {
		return nil, err
	}
	if len(cms) > sealRoom {
		return nil, fmt.Errorf("sealing: the signature takes %d bytes, there is room for %d", len(cms), sealRoom)
	}
	hex.Encode(pdf[open+1:], cms)
	return pdf, nil
}

var oidSigningCertificateV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}

// signingCertificateV2 ties the signature to one certificate (RFC 5035; CAdES wants it).
// Its hash algorithm is the default, SHA-256, and left out.
type signingCertificateV2 struct {
	Certs []struct{ Hash []byte }
}

func detachedCMS(content []byte, chain []*x509.Certificate, key crypto.Signer) ([]byte, error) {
	data, err := pkcs7.NewSignedData(content)
	if err != nil {
		return nil, fmt.Errorf("preparing the seal: %w", err)
	}
	data.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	hash := sha256.Sum256(chain[0].Raw)
	reference := signingCertificateV2{Certs: []struct{ Hash []byte }{{hash[:]}}}
	attributes := pkcs7.SignerInfoConfig{ExtraSignedAttributes: []pkcs7.Attribute{
		{Type: oidSigningCertificateV2, Value: reference},
	}}
	if err := data.AddSignerChain(chain[0], key, chain[1:], attributes); err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	data.Detach()
	cms, err := data.Finish()
	if err != nil {
		return nil, fmt.Errorf("finishing the seal: %w", err)
	}
	return cms, nil
}

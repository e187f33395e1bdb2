package reconcile

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
)

// Elements of a signer's XAdES.
var (
	xadesSignatures = xml.Name{Space: "http://uri.etsi.org/2918/v1.2.1#", Local: "XAdESSignatures"}
	signature       = xml.Name{Space: "http://www.w3.org/2000/09/xmldsig#", Local: "Signature"}
	signatureValue  = xml.Name{Space: "http://www.w3.org/2000/09/xmldsig#", Local: "SignatureValue"}
)

// maxDepth bounds the nesting of a XAdES. The portal's own go about ten deep.
const maxDepth = 100

// CheckXAdES looks whether a file is one signer's XAdES and whole: well-formed XML to its
// end, whose root is XAdESSignatures (TS 102 918) or a single ds:Signature, with a
// signature value in it. The error is a sentence, safe to show, without anything of the
// file. Whether the signature holds is for those to judge who trust its issuer; the file is
// kept for them.
func CheckXAdES(r io.ReaderAt, size int64) error {
	in := xml.NewDecoder(io.NewSectionReader(r, 0, size))
	x := xadesReader{}
	for {
		token, err := in.Token()
		switch {
		case err == io.EOF:
			return x.end()
		case err != nil:
			return errors.New("it is not XML, or its end is missing")
		}
		if err := x.take(token); err != nil {
			return err
		}
	}
}

// xadesReader follows the tokens of a XAdES.
type xadesReader struct {
	open  []xml.Name
	roots int
	value bool // a signature value was met
}

func (x *xadesReader) take(token xml.Token) error {
	switch token := token.(type) {
	case xml.Directive:
		return errors.New("it has a DOCTYPE, which no XAdES has")
	case xml.StartElement:
		return x.begin(token.Name)
	case xml.EndElement:
		x.open = x.open[:len(x.open)-1]
	case xml.CharData:
		blank := len(bytes.Trim(token, " \t\r\n\ufeff")) == 0
		if len(x.open) == 0 && !blank {
			return errors.New("there is text before or after the XML")
		}
		x.value = x.value || !blank && x.open[len(x.open)-1] == signatureValue
	}
	return nil
}

func (x *xadesReader) begin(name xml.Name) error {
	if len(x.open) == maxDepth {
		return errors.New("it is nested more deeply than any XAdES")
	}
	if len(x.open) == 0 {
		if x.roots++; x.roots > 1 {
			return errors.New("there is more behind its end")
		}
		if name != xadesSignatures && name != signature {
			return errors.New("it is XML, but no XAdES")
		}
	}
	x.open = append(x.open, name)
	return nil
}

func (x *xadesReader) end() error {
	switch {
	case x.roots == 0:
		return errors.New("it is empty")
	case !x.value:
		return errors.New("it holds no signature")
	}
	return nil
}

package sandbox

import (
	"crypto"
	"fmt"
	"time"
)

// PAdESStyle is how signed documents are finished (Options.PAdESStyle). The portal's documentation
// leaves open what follows the seal and whether two downloads are the same bytes, so a client
// must live with each.
type PAdESStyle string

const (
	StyleSeal              PAdESStyle = "seal"               // the seal alone; the default
	StyleValidationData    PAdESStyle = "validation-data"    // an update with data for long-term validation follows the seal
	StyleSeveralSignatures PAdESStyle = "several-signatures" // a signature of its own follows the seal for everybody who has signed
	StyleVarying           PAdESStyle = "varying"            // sealed anew for every download: never the same bytes twice
)

var padesStyles = []PAdESStyle{StyleSeal, StyleValidationData, StyleSeveralSignatures, StyleVarying}

// sealInStyle seals a document and adds what the style wants.
func (s *Sandbox) sealInStyle(pdf []byte, view jobView, at time.Time) ([]byte, error) {
	k, err := newSealer(pdf, s.PKI.sealChain(), s.PKI.Server.PrivateKey.(crypto.Signer))
	if err != nil {
		return nil, err
	}
	switch s.options.PAdESStyle {
	case StyleValidationData:
		err = k.sealWithValidationData(at)
	case StyleSeveralSignatures:
		err = k.sealForEach(view, at)
	default:
		err = k.seal(at, noChanges)
	}
	return k.pdf.Bytes(), err
}

func (s *sealer) sealWithValidationData(at time.Time) error {
	if err := s.seal(at, noChanges); err != nil {
		return err
	}
	return s.addValidationData()
}

func (s *sealer) sealForEach(view jobView, at time.Time) error {
	if err := s.seal(at, moreSignatures); err != nil {
		return err
	}
	for _, by := range view.signed {
		if err := s.approve(fmt.Sprintf("Signer%d", by.n), at); err != nil {
			return err
		}
	}
	return nil
}

package signedpdf

import "fmt"

// sealInStyle seals a document and adds what the style wants.
func (s *sealing) sealInStyle(style Style, signatures []Signature) error {
	switch style {
	case ValidationData:
		return s.sealWithValidationData()
	case SeveralSignatures:
		return s.sealForEach(signatures)
	}
	return s.seal(noChanges)
}

func (s *sealing) sealWithValidationData() error {
	if err := s.seal(noChanges); err != nil {
		return err
	}
	return s.addValidationData()
}

func (s *sealing) sealForEach(signatures []Signature) error {
	if err := s.seal(moreSignatures); err != nil {
		return err
	}
	for _, by := range signatures {
		if err := s.approve(fmt.Sprintf("Signer%d", by.N)); err != nil {
			return err
		}
	}
	return nil
}

package manifest

import (
	"slices"
	"time"

	"batch/internal/mailout"
	"batch/internal/rules"
)

const maxOpen = mailout.MaxAvailableSeconds * time.Second

// signers reads the row's own signers, in the order of their numbers, and adds those
// of [[signers]].
func (w *row) signers() {
	var ordered []bool
	for n := 1; n <= mailout.MaxSigners; n++ {
		s, order, ok := w.signer(n)
		if !ok {
			continue
		}
		w.entry.Job.Signers = append(w.entry.Job.Signers, s)
		w.who, ordered = append(w.who, n), append(ordered, order)
	}
	w.orders(ordered)
	for _, s := range w.fixed {
		s, _ = settle(s, w.kindOf())
		w.entry.Job.Signers = append(w.entry.Job.Signers, s)
		w.who = append(w.who, 0)
	}
}

// orders settles what it means that signers have no order: all sign at the same time,
// and before those of [[signers]] that have one. Some with and some without is not
// settled but asked about.
func (w *row) orders(ordered []bool) {
	own := w.entry.Job.Signers
	said, silent := slices.Contains(ordered, true), slices.Contains(ordered, false)
	fixed := len(w.ordered) > 0 && w.ordered[0]
	switch {
	case said && (silent || len(w.fixed) > 0 && !fixed):
		for i, n := range w.who {
			if !ordered[i] || !silent {
				w.stop(field{fOrder, n}, "signer-order-missing", "some signers have an order and others have none", "give each an order, also under [[signers]], or none")
				return
			}
		}
	case !said && fixed:
		for i := range own {
			own[i].Order = 1
		}
	}
}

// signer reads one signer. ok is false where the row names nobody under that number.
func (w *row) signer(n int) (s mailout.Signer, ordered, ok bool) {
	f := func(name string) field { return field{name, n} }
	id, hasID := value(w, f(fNationalID), parseID)
	s.Email, _ = value(w, f(fEmail), parseEmail)
	s.Mobile, _ = value(w, f(fMobile), parseMobile)
	s.NationalID = id.number
	if hasID {
		w.identity(f(fNationalID), id)
	}
	if !hasID && s.Email == "" && s.Mobile == "" && !w.anyFaultySigner(n) {
		w.leftOver(n)
		return s, false, false
	}
	s.Order, ordered = value(w, f(fOrder), parseOrder)
	ordered = ordered || w.faulty[f(fOrder)] // said, though wrongly
	s.SignatureType, _ = value(w, f(fSignatureType), parseSignatureType)
	s.OnBehalfOf, _ = value(w, f(fOnBehalfOf), parseOnBehalfOf)
	s.Notify, _ = value(w, f(fNotify), parseNotify)
	s, dropped := settle(s, w.kindOf())
	if dropped {
		w.tally.unusedContacts++
	}
	w.mobileRange(f(fMobile), s.Mobile)
	return s, ordered, true
}

// leftOver reports cells of a signer that nobody is named for.
func (w *row) leftOver(n int) {
	for _, name := range []string{fOrder, fSignatureType, fOnBehalfOf, fNotify} {
		i, ok := w.layout.fields[field{name, n}]
		if ok && !w.line.at(i).blank() {
			w.stop(field{name, n}, "signer-unnamed", "nobody is named for this cell: the signer has no national number, e-mail address or mobile number", "name the signer, or empty the cell")
			return
		}
	}
}

// identity reports what was mended in a number, and numbers that must not be used here.
func (w *row) identity(f field, id personID) {
	if id.tidied {
		w.tally.tidied++
	}
	if id.zero {
		w.warn(f, "national-id-zero-added", "the number had lost its leading zero, which was put back: the check digits hold", "format the column as text so that zeros stay")
	}
	w.fault(f, w.mayUse(id))
}

// mayUse says whether the number's kind fits the environment.
func (s *settings) mayUse(id personID) error {
	switch {
	case id.kind == rules.Synthetic && !s.AllowSynthetic:
		return bad("national-id-synthetic", "this is the number of a synthetic test person, whom nothing can be sent to", "use the person's own number; test persons work outside production only")
	case id.kind != rules.Synthetic && s.SyntheticOnly && !s.persons[id.number.Reveal()]:
		return bad("national-id-real", "this may be a living person's number, and it is not production that is sent to", "use synthetic persons, or list your own test persons under [test] persons")
	}
	return nil
}

// settle decides how a signer is notified and takes away an address that is then not
// used: one who has contact details looked up is not also written to. dropped says
// that there was one.
func settle(s mailout.Signer, kind mailout.SenderKind) (settled mailout.Signer, dropped bool) {
	if s.Notify == "" {
		s.Notify = defaultNotify(s, kind)
	}
	if s.NationalID == "" || s.Notify == mailout.NotifyGiven {
		return s, false
	}
	dropped = s.Email != "" || s.Mobile != ""
	s.Email, s.Mobile = "", ""
	return s, dropped
}

// defaultNotify follows from the cells: look-up for a public sender's signer who has a
// national number and signs for itself, the given addresses for any other.
func defaultNotify(s mailout.Signer, kind mailout.SenderKind) mailout.Notify {
	if kind == mailout.Public && s.NationalID != "" && s.OnBehalfOf != mailout.Other {
		return mailout.NotifyLookup
	}
	return mailout.NotifyGiven
}

func (w *row) mobileRange(f field, m mailout.Mobile) {
	if m != "" && !rules.IsMobileRange(m) {
		w.warn(f, "mobile-range", "the number is not in a range of Norwegian mobile numbers: an SMS may not arrive", "compare the number with its source")
	}
}

// fixedSigner reads one of [[signers]].
func (s *settings) fixedSigner(cells map[string]cell) (signer mailout.Signer, ordered bool, err error) {
	read := func(name string, into func(cell) error) {
		if c, ok := cells[name]; ok && err == nil {
			err = into(c)
		}
	}
	read(fNationalID, func(c cell) error {
		id, err := parseID(c)
		signer.NationalID = id.number
		if err == nil {
			err = s.mayUse(id)
		}
		return err
	})
	read(fEmail, func(c cell) (err error) { signer.Email, err = parseEmail(c); return err })
	read(fMobile, func(c cell) (err error) { signer.Mobile, err = parseMobile(c); return err })
	read(fOrder, func(c cell) (err error) { signer.Order, err = parseOrder(c); ordered = true; return err })
	read(fSignatureType, func(c cell) (err error) { signer.SignatureType, err = parseSignatureType(c); return err })
	read(fOnBehalfOf, func(c cell) (err error) { signer.OnBehalfOf, err = parseOnBehalfOf(c); return err })
	read(fNotify, func(c cell) (err error) { signer.Notify, err = parseNotify(c); return err })
	return signer, ordered, err
}

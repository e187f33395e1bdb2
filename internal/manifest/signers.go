package manifest

import (
	"slices"
	"time"

	"batch/internal/mailout"
	"batch/internal/rules"
	"batch/internal/table"
)

const maxOpen = mailout.MaxAvailableSeconds * time.Second

// signers reads the signers of each of the row's lines, in the order of their numbers,
// and adds those of [[signers]].
func (w *row) signers() {
	var ordered []bool
	for k := range w.lines {
		before := len(w.who)
		for _, n := range w.numbers {
			at := seat{k, n}
			s, order, ok := w.signer(at)
			if !ok {
				continue
			}
			w.entry.Job.Signers = append(w.entry.Job.Signers, s)
			w.who, ordered = append(w.who, at), append(ordered, order)
		}
		if len(w.who) == before {
			w.nobody(k)
		}
	}
	w.orders(ordered)
	for _, s := range w.fixed {
		s, _ = settle(s, w.kindOf())
		w.entry.Job.Signers = append(w.entry.Job.Signers, s)
		w.who = append(w.who, seat{})
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
		remedy := "give each an order, or none"
		if len(w.fixed) > 0 {
			remedy = "give each an order, also under [[signers]], or none"
		}
		for i, at := range w.who {
			if !ordered[i] || !silent {
				w.stop(at.spot(fOrder), "signer-order-missing", "some signers have an order and others have none", remedy)
				return
			}
		}
	case !said && fixed:
		for i := range own {
			own[i].Order = 1
		}
	}
}

// signer reads one signer. ok is false where the line names nobody under that number.
func (w *row) signer(at seat) (s mailout.Signer, ordered, ok bool) {
	id, hasID := value(w, at.spot(fNationalID), parseID)
	s.Email, _ = value(w, at.spot(fEmail), parseEmail)
	s.Mobile, _ = value(w, at.spot(fMobile), parseMobile)
	s.NationalID = id.number
	if hasID {
		w.identity(at.spot(fNationalID), id)
	}
	if !hasID && s.Email == "" && s.Mobile == "" && !w.anyFaultySigner(at) {
		w.leftOver(at)
		return s, false, false
	}
	s.Order, ordered = value(w, at.spot(fOrder), parseOrder)
	ordered = ordered || w.faulty[at.spot(fOrder)] // said, though wrongly
	s.SignatureType, _ = value(w, at.spot(fSignatureType), parseSignatureType)
	s.OnBehalfOf, _ = value(w, at.spot(fOnBehalfOf), parseOnBehalfOf)
	s.Notify, _ = value(w, at.spot(fNotify), parseNotify)
	s, dropped := settle(s, w.kindOf())
	if dropped && !w.anyFaultySigner(at) {
		w.unused++
	}
	w.mobileRange(at.spot(fMobile), s.Mobile)
	return s, ordered, true
}

// leftOver reports cells of a signer that nobody is named for.
func (w *row) leftOver(at seat) {
	for _, name := range []name{fOrder, fSignatureType, fOnBehalfOf, fNotify} {
		i, ok := w.layout.column(field{name, at.n})
		if ok && !w.lines[at.line].At(i).Blank() {
			w.stop(at.spot(name), "signer-unnamed", "nobody is named for this cell: the signer has no national number, e-mail address or mobile number", "name the signer, or empty the cell")
			return
		}
	}
}

// identity reports what was mended in a number, and numbers that must not be used here.
func (w *row) identity(s spot, id personID) {
	if id.tidied {
		w.tidied++
	}
	if id.zero {
		w.warn(s, "national-id-zero-added", "the number had lost its leading zero, which was put back: the check digits hold", "format the column as text so that zeros stay")
	}
	w.fault(s, w.mayUse(id))
}

// mayUse says whether the number's kind fits the environment.
func (s *settings) mayUse(id personID) error {
	switch {
	case id.kind == rules.Synthetic && !s.AllowSynthetic:
		return bad("national-id-synthetic", "this is the number of a synthetic test person, whom nothing can be sent to", "use the person's own number; test persons work outside production only")
	case id.kind != rules.Synthetic && s.SyntheticOnly && !s.persons[id.number.Reveal()]:
		return bad("national-id-real", "this may be a living person's number, and what is sent here goes to a test environment", "use synthetic persons, or list your own test persons under [test] persons")
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

func (w *row) mobileRange(s spot, m mailout.Mobile) {
	if m != "" && !rules.IsMobileRange(m) {
		w.warn(s, "mobile-range", "the number is not in a range of Norwegian mobile numbers: an SMS may not arrive", "compare the number with its source")
	}
}

// fixedSigner makes one of [[signers]] of cells that were found good.
func (s *settings) fixedSigner(cells map[name]table.Cell) (signer mailout.Signer, ordered bool) {
	id, _ := parseID(cells[fNationalID])
	signer.NationalID = id.number
	signer.Email, _ = parseEmail(cells[fEmail])
	signer.Mobile, _ = parseMobile(cells[fMobile])
	signer.Order, _ = parseOrder(cells[fOrder])
	signer.SignatureType, _ = parseSignatureType(cells[fSignatureType])
	signer.OnBehalfOf, _ = parseOnBehalfOf(cells[fOnBehalfOf])
	signer.Notify, _ = parseNotify(cells[fNotify])
	_, ordered = cells[fOrder]
	return signer, ordered
}

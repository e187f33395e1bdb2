package manifest

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"batch/internal/mailout"
)

// field is one of our columns. n is the number of a signer or document, 0 for what
// belongs to the job. The zero field is none.
type field struct {
	name string
	n    int
}

// String is the name that messages show: the number 1 of a signer, and of a document,
// may be left out and is.
func (f field) String() string {
	switch {
	case f.name == fDocument && f.n > 1:
		return "document" + strconv.Itoa(f.n)
	case f.name == fDocumentTitle:
		return "document" + strconv.Itoa(f.n) + "_title"
	case f.n > 1:
		return "signer" + strconv.Itoa(f.n) + "_" + f.name
	}
	return f.name
}

func (f field) ofSigner() bool { _, ok := signerNames[f.name]; return ok }

// personal reports whether the column holds what must not go out in clear.
func (f field) personal() bool { return f.name == fNationalID || f.name == fEmail || f.name == fMobile }

const (
	fRow, fTitle, fNonsensitive, fDescription = "row", "title", "nonsensitive_title", "description"
	fDocument, fDocumentTitle, fSender        = "document", "document_title", "sender"
	fActivation, fDays, fSeconds, fDeadline   = "activation_time", "available_days", "available_seconds", "deadline"
	fAuthentication, fIdentifier              = "authentication", "identifier"
	fNationalID, fEmail, fMobile, fOrder      = "national_id", "email", "mobile", "order"
	fSignatureType, fOnBehalfOf, fNotify      = "signature_type", "on_behalf_of", "notify"
)

// jobNames and signerNames are our columns with the other names they go by.
var (
	jobNames = map[string][]string{
		fRow:            {"id", "rad", "radnr"},
		fTitle:          {"tittel"},
		fNonsensitive:   {"varslingstittel"},
		fDescription:    {"beskrivelse", "melding"},
		fSender:         {"avsender", "orgnr"},
		fActivation:     {"aktiveres"},
		fDays:           {"tilgjengelig_dager", "frist_dager"},
		fSeconds:        {},
		fDeadline:       {"frist"},
		fAuthentication: {"sikkerhetsnivå"},
		fIdentifier:     {"identifikator"},
	}
	signerNames = map[string][]string{
		fNationalID:    {"fødselsnummer", "fødselsnr", "fnr", "personnummer", "d-nummer"},
		fEmail:         {"epost", "e-post"},
		fMobile:        {"mobil", "telefon", "mobilnummer"},
		fOrder:         {"rekkefølge"},
		fSignatureType: {"signaturtype"},
		fOnBehalfOf:    {"på_vegne_av"},
		fNotify:        {"varsling"},
	}
	documentNames = []string{"document", "dokument", "fil"}
)

// knownNames finds a field by its folded name.
var knownNames = allNames()

func allNames() map[string]field {
	all := map[string]field{}
	for name, also := range jobNames {
		for _, s := range append(also, name) {
			all[fold(s)] = field{name: name}
		}
	}
	for n := 1; n <= mailout.MaxDocuments; n++ {
		for _, s := range documentNames {
			numbered(all, s, "", field{fDocument, n})
		}
		numbered(all, "document", "title", field{fDocumentTitle, n})
		numbered(all, "dokument", "tittel", field{fDocumentTitle, n})
	}
	for name, also := range signerNames {
		for _, s := range append(also, name) {
			all[fold(s)] = field{name, 1}
			for n := 1; n <= mailout.MaxSigners; n++ {
				all["signer"+strconv.Itoa(n)+fold(s)] = field{name, n}
				all["undertegner"+strconv.Itoa(n)+fold(s)] = field{name, n}
			}
		}
	}
	return all
}

// numbered adds "document3title" and, for the first, "documenttitle".
func numbered(all map[string]field, before, after string, f field) {
	all[before+strconv.Itoa(f.n)+after] = f
	if f.n == 1 {
		all[before+after] = f
	}
}

// fold makes names comparable: without case, white space, "_", "-" and ".".
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune("_-.", r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFC.String(s))
}

// nearlyKnown returns the known name that a header was probably meant to be: one slip
// away, or two for a long one.
func nearlyKnown(header string) (field, bool) {
	name := fold(header)
	best, found := 3, field{}
	for known, f := range knownNames {
		most := 1
		if len(known) >= 8 {
			most = 2
		}
		if d := slips(name, known, most); len(known) >= 5 && d <= most && (d < best || d == best && f.String() < found.String()) {
			best, found = d, f
		}
	}
	return found, best < 3
}

// slips counts the letters to add, drop or change between a and b (Levenshtein), and
// stops caring above most.
func slips(a, b string, most int) int {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) > most || len(y)-len(x) > most {
		return most + 1
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := diagonal
			if x[i] != y[j] {
				cost++
			}
			diagonal, row[j+1] = row[j+1], min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(y)]
}

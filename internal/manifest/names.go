package manifest

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"batch/internal/mailout"
)

// field is one of our columns. n is the number of a signer or document, 0 for what
// belongs to the job. The zero field is none.
type field struct {
	name name
	n    int8
}

// fieldCount bounds [field.index].
const fieldCount = int(lastName+1) * (mailout.MaxDocuments + 1)

// index makes fields the indexes of a table. Rows are read a million at a time: looking
// their columns up in maps would be a third of the work.
func (f field) index() int { return int(f.name)*(mailout.MaxDocuments+1) + int(f.n) }

// String is the name that messages show: the number 1 of a signer, and of a document,
// may be left out and is.
func (f field) String() string {
	switch {
	case f.name == fDocument && f.n > 1:
		return "document" + strconv.Itoa(int(f.n))
	case f.name == fDocumentTitle:
		return "document" + strconv.Itoa(int(f.n)) + "_title"
	case f.n > 1:
		return "signer" + strconv.Itoa(int(f.n)) + "_" + f.name.String()
	}
	return f.name.String()
}

func (f field) ofSigner() bool { return f.name >= fNationalID }

func (f field) ofDocument() bool { return f.name == fDocument || f.name == fDocumentTitle }

// personal reports whether the column holds what must not go out in clear.
func (f field) personal() bool { return f.name == fNationalID || f.name == fEmail || f.name == fMobile }

// name is a column's name without its number.
type name uint8

// The zero name is none. From fNationalID on they are of signers.
const (
	_ name = iota
	fRow
	fTitle
	fNonsensitive
	fDescription
	fDocument
	fDocumentTitle
	fSender
	fActivation
	fDays
	fSeconds
	fDeadline
	fAuthentication
	fIdentifier
	fEarlier
	fNationalID
	fEmail
	fMobile
	fOrder
	fSignatureType
	fOnBehalfOf
	fNotify

	lastName = fNotify
)

var nameTexts = [lastName + 1]string{
	fRow: "row", fTitle: "title", fNonsensitive: "nonsensitive_title", fDescription: "description",
	fDocument: "document", fDocumentTitle: "document_title", fSender: "sender",
	fActivation: "activation_time", fDays: "available_days", fSeconds: "available_seconds", fDeadline: "deadline",
	fAuthentication: "authentication", fIdentifier: "identifier", fEarlier: "earlier",
	fNationalID: "national_id", fEmail: "email", fMobile: "mobile", fOrder: "order",
	fSignatureType: "signature_type", fOnBehalfOf: "on_behalf_of", fNotify: "notify",
}

func (n name) String() string { return nameTexts[n] }

// nameOf finds a name by its text, as package rules writes it.
func nameOf(text string) name { return name(max(0, slices.Index(nameTexts[:], text))) }

// jobNames and signerNames are our columns with the other names they go by.
var (
	jobNames = map[name][]string{
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
		fEarlier:        {"tidligere"},
	}
	signerNames = map[name][]string{
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
		for _, s := range append(also, name.String()) {
			all[fold(s)] = field{name: name}
		}
	}
	for n := 1; n <= mailout.MaxDocuments; n++ {
		for _, s := range documentNames {
			numbered(all, s, "", field{fDocument, int8(n)})
		}
		numbered(all, "document", "title", field{fDocumentTitle, int8(n)})
		numbered(all, "dokument", "tittel", field{fDocumentTitle, int8(n)})
	}
	for name, also := range signerNames {
		for _, s := range append(also, name.String()) {
			all[fold(s)] = field{name, 1}
			for n := 1; n <= mailout.MaxSigners; n++ {
				all["signer"+strconv.Itoa(n)+fold(s)] = field{name, int8(n)}
				all["undertegner"+strconv.Itoa(n)+fold(s)] = field{name, int8(n)}
			}
		}
	}
	return all
}

// numbered adds "document3title" and, for the first, "documenttitle".
func numbered(all map[string]field, before, after string, f field) {
	all[before+strconv.Itoa(int(f.n))+after] = f
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

// nearlyKnown returns the known name that a header was probably meant to be: one of
// somebody by number, one a slip or two away, or one that a longer name is made of.
func nearlyKnown(header string) (field, bool) {
	header = fold(header)
	if f, ok := numberedSigner(header); ok {
		return f, true
	}
	if f, ok := slipped(header); ok {
		return f, true
	}
	return madeOf(header)
}

var signerNumber = regexp.MustCompile(`^(?:signer|undertegner)(10|[1-9])(.*)$|^(.*?)(10|[2-9])$`)

// numberedSigner reads signer2, signer2_adress and epost2. What a signer is named by,
// where the name does not tell, is most likely the e-mail address.
func numberedSigner(header string) (field, bool) {
	m := signerNumber.FindStringSubmatch(header)
	if m == nil {
		return field{}, false
	}
	n, rest := m[1]+m[4], m[2]+m[3]
	number, _ := strconv.Atoi(n)
	f, ok := knownNames[rest]
	if !ok && m[1] != "" {
		if f, ok = slipped(rest); !ok {
			if f, ok = madeOf(rest); !ok {
				f, ok = field{fEmail, 1}, true
			}
		}
	}
	return field{f.name, int8(number)}, ok && f.ofSigner()
}

// slipped finds the known name that is one slip away, or two for a long one.
func slipped(header string) (field, bool) {
	best, found := 3, field{}
	for known, f := range knownNames {
		most := 1
		if len(known) >= 8 {
			most = 2
		}
		if d := slips(header, known, most); len(known) >= 5 && d <= most && (d < best || d == best && f.String() < found.String()) {
			best, found = d, f
		}
	}
	return found, best < 3
}

// madeOf finds the name of a person's number or address, or of a deadline, that a longer
// header begins or ends with: E-postadresse, Mobilnr, Leder e-post. One that is passed
// over would leave somebody out.
func madeOf(header string) (field, bool) {
	longest, found := "", field{}
	for known, f := range knownNames {
		counts := f.n <= 1 && (f.personal() || f.name == fDeadline) && (len(known) >= 5 || known == "fnr")
		if counts && len(known) > len(longest) && len(header) > len(known) && (strings.HasPrefix(header, known) || strings.HasSuffix(header, known)) {
			longest, found = known, f
		}
	}
	return found, longest != ""
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

package rules

// IDKind says which register a national number belongs to.
type IDKind int

const (
	NoID      IDKind = iota // not a national number
	Ordinary                // fødselsnummer
	DNumber                 // D-number: day of birth + 40
	Synthetic               // a test person, with an ordinary or a D-number
)

func (k IDKind) String() string {
	return [...]string{"none", "ordinary", "D-number", "synthetic"}[k]
}

// Offsets on the month of birth that mark synthetic numbers, which no living person
// has: the Tax Administration's (+80), the health network's (+65) and NAV's (+40).
var syntheticMonths = []int{80, 65, 40}

// Weights of the check digits (forskrift til folkeregisterloven § 2-2-3). Each row
// weighs the check digit itself by one, so that a remainder can be read directly.
var (
	firstWeights  = []int{3, 7, 6, 1, 8, 9, 4, 5, 2, 1}
	secondWeights = []int{5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1}
)

// maxFirstRemainder is the largest remainder of the first weighted sum. Numbers issued
// until 2032 leave 0; those issued later leave 0, 1, 2 or 3 (Skatteetaten, "Nytt
// fødselsnummer fra 2032"). Both are read side by side, as nothing in a number tells
// when it was issued. The second sum always leaves 0.
const maxFirstRemainder = 3

// NationalID checks eleven digits: a day that exists and both check digits, by the
// rules valid until and after 2032. D-numbers and synthetic numbers are told apart by
// kind; whether they may be used is for the caller to say. Errors are of type *Fault.
func NationalID(s string) (IDKind, error) {
	var d [11]int
	if !digits(s, d[:]) {
		return NoID, idDigits
	}
	kind, ok := birthDate(d[:])
	if !ok {
		return NoID, idDate
	}
	if weigh(d[:], firstWeights)%11 > maxFirstRemainder || weigh(d[:], secondWeights)%11 != 0 {
		return NoID, idCheckDigits
	}
	return kind, nil
}

var (
	idDigits = fault("national-id-digits", "this is not a national identity number: eleven digits are expected",
		"write all eleven digits, and nothing else, in the cell")
	idDate = fault("national-id-date", "the first six digits of the national identity number are not a date",
		"compare the number with its source; it begins with day, month and year of birth")
	idCheckDigits = fault("national-id-check-digits", "the check digits do not fit: a digit is mistyped",
		"compare the number with its source; 11 digits are expected")
)

// birthDate reads day, month and year and the marks that are added to them. The
// century is not in numbers issued from 2032 on, so 29 February is taken in every year
// that can be a leap year.
func birthDate(d []int) (IDKind, bool) {
	day, month, year := d[0]*10+d[1], d[2]*10+d[3], d[4]*10+d[5]
	kind := Ordinary
	if day > 40 {
		day, kind = day-40, DNumber
	}
	for _, offset := range syntheticMonths {
		if month > offset && month <= offset+12 {
			month, kind = month-offset, Synthetic
		}
	}
	if month < 1 || month > 12 {
		return NoID, false
	}
	days := [...]int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month-1]
	if month == 2 && year%4 == 0 {
		days = 29
	}
	return kind, day >= 1 && day <= days
}

// digits takes s apart into d, or says that it is not as many digits.
func digits(s string, d []int) bool {
	if len(s) != len(d) {
		return false
	}
	for i := range d {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
		d[i] = int(s[i] - '0')
	}
	return true
}

func weigh(d, weights []int) int {
	sum := 0
	for i, w := range weights {
		sum += d[i] * w
	}
	return sum
}

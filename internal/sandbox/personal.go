package sandbox

import (
	"regexp"
	"slices"
	"strings"
)

// checkPersonalData refuses what can be told to be personal data outside the places where
// it may stand: identity number, title and description (portal-api.md, "The bundle"). These
// are valid national identity numbers and D-numbers, and the numbers and addresses of the
// job's own signers. The titles of documents are titles too. Their hrefs are left alone:
// the portal's own Java client makes them of the titles.
func checkPersonalData(r *jobRequest, m *jobManifest) error {
	for _, place := range []struct{ name, text string }{
		{"reference", r.reference}, {"polling-queue", r.queue}, {"nonsensitive-title", m.nonsensitiveTitle},
	} {
		if holdsNationalNumber(place.text) || slices.ContainsFunc(m.signers, func(s signerSpec) bool { return s.isNamedIn(place.text) }) {
			return refuse(codeInvalidJob, "%s holds personal data: a national identity number, or the number or address of a signer", place.name)
		}
	}
	return nil
}

// digitGroups are digits with at most one sign between them, as people write numbers.
var digitGroups = regexp.MustCompile(`[0-9]+(?:[ .-][0-9]+)*`)

// longestNumber is that of a mobile number with everything in front of it.
const longestNumber = 15

// digitRuns are the numbers that may be meant in a text: every group of digits, and groups
// that follow each other together.
func digitRuns(text string) []string {
	var runs []string
	for _, number := range digitGroups.FindAllString(text, -1) {
		groups := strings.FieldsFunc(number, func(r rune) bool { return r < '0' || r > '9' })
		for i := range groups {
			run := ""
			for _, group := range groups[i:] {
				if run += group; len(run) > longestNumber {
					break
				}
				runs = append(runs, run)
			}
		}
	}
	return runs
}

func onlyDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

func holdsNationalNumber(text string) bool {
	return slices.ContainsFunc(digitRuns(text), isNationalNumber)
}

// isNamedIn says whether a text holds a signer's number or address.
func (s signerSpec) isNamedIn(text string) bool {
	if s.email != "" && strings.Contains(strings.ToLower(text), strings.ToLower(s.email)) {
		return true
	}
	mobile := strings.TrimPrefix(onlyDigits(s.mobile), "47") // Norway
	return slices.ContainsFunc(digitRuns(text), func(run string) bool {
		return run == s.number || mobile != "" && strings.TrimPrefix(run, "47") == mobile
	})
}

// isNationalNumber says whether digits are a national identity number or D-number: a date
// and two check digits (forskrift til folkeregisterloven § 2-2-3). Of numbers of eleven
// digits that mean something else, one in four hundred looks like one.
func isNationalNumber(digits string) bool {
	if !nationalNumber.MatchString(digits) {
		return false
	}
	day, month := dayAndMonth(digits)
	if day < 1 || day > 31 || month < 1 || month > 12 {
		return false
	}
	return weighed(digits, 3, 7, 6, 1, 8, 9, 4, 5, 2, 1) == 0 && weighed(digits, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1) == 0
}

// dayAndMonth are those of a national number's birth date, without what D-numbers (day +
// 40) and synthetic numbers (month + 40, 65 or 80) add.
func dayAndMonth(digits string) (day, month int) {
	day, month = int(digits[0]-'0')*10+int(digits[1]-'0'), int(digits[2]-'0')*10+int(digits[3]-'0')
	if day > 40 {
		day -= 40
	}
	for _, added := range []int{80, 65, 40} {
		if month > added {
			month -= added
		}
	}
	return day, month
}

// weighed is the weighed sum of a number's first digits, modulo 11.
func weighed(digits string, weights ...int) int {
	sum := 0
	for i, weight := range weights {
		sum += weight * int(digits[i]-'0')
	}
	return sum % 11
}

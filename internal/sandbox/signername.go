package sandbox

import (
	"strings"
	"time"
)

// signerNames are the signers': the manifest has none, and names have letters outside ASCII.
var signerNames = [maxSigners]string{"Åse Prøve", "Øyvind Test", "Zoë Eksempel", "Kåre Utprøving", "Áilu Geahččaleapmi",
	"Łucja Próba", "José Ensayo", "Đặng Thử", "Jürgen Muster", "Ærlinde Forsøk"}

// identification is what the sender asked to stand about signer n
// (identifier-in-signed-documents). Who was addressed by contact information is known by that alone.
func identification(n int, s signerSpec, identifier string) string {
	name := signerNames[(n-1)%len(signerNames)]
	switch {
	case s.number == "" && identifier != nameOnly:
		return name + ", " + strings.TrimSpace(s.email+" "+s.mobile)
	case identifier == nameOnly:
		return name
	case identifier == birthAndName:
		return name + ", born " + birthDate(s.number)
	}
	return name + ", " + s.number
}

// birthDate is the date in a national number.
func birthDate(number string) string {
	day, month := dayAndMonth(number)
	return time.Date(birthYear(number), time.Month(month), day, 0, 0, 0, 0, time.UTC).Format("02.01.2006")
}

// birthYear is the year of two digits, whose century the three digits after it tell: below
// 500 the last one; from 500 on this one up to 39, before 1900 from 54 up to 749, and the last one
// above.
func birthYear(number string) int {
	year, serial := int(number[4]-'0')*10+int(number[5]-'0'), number[6:9]
	switch {
	case serial < "500":
		return 1900 + year
	case year < 40:
		return 2000 + year
	case year >= 54 && serial < "750":
		return 1800 + year
	}
	return 1900 + year
}

package main

import "strings"

// contracts is the export of a municipality's HR system: CSV with semicolons in
// Windows-1252, sorted by unit. Tittel is the job title.
func contracts() []byte {
	c := newCrowd(1)
	const domain = "fjordvik.example"
	lines := []string{"Ansattnr;Fødselsnr;E-post;Tittel;Leder e-post"}
	numbers := c.Perm(480)
	titles := []string{"Sykepleier", "Lærer", "Barnehagelærer", "Fagarbeider", "Renholder", "Saksbehandler", "Vernepleier", "Assistent", "Rådgiver", "Ingeniør"}
	for n := 0; n < len(numbers); {
		manager := c.person(1960, 1990, domain)
		for range min(12+c.IntN(16), len(numbers)-n) {
			p := c.person(1958, 2003, domain)
			lines = append(lines, strings.Join([]string{number(10_001 + numbers[n]), p.id, p.email, pick(c, titles), manager.email}, ";"))
			n++
		}
	}
	return windows1252(strings.Join(lines, "\r\n") + "\r\n")
}

// windows1252 writes the characters that it has in common with Latin 1.
func windows1252(s string) []byte {
	var b []byte
	for _, r := range s {
		if r > 0xFF {
			panic("not in Latin 1: " + string(r))
		}
		b = append(b, byte(r))
	}
	return b
}

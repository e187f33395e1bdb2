package main

import (
	"fmt"
	"strconv"
)

// accounts is an accountant's list of the boards of sixty clients, a line for each
// member, sorted by client. Seven clients are municipal enterprises. The chair stands
// where the register has it: first.
func accounts() workbook {
	c := newCrowd(3)
	w := workbook{sheet: "Styrer", header: []string{"Klientnr", "Klient", "Orgnr", "Rolle", "Navn", "Fødselsnr", "E-post", "Mobil"},
		format: map[string]string{"Orgnr": `000\ 000\ 000`}}
	trades := []string{"Bygg", "Rør", "Elektro", "Transport", "Fisk", "Eiendom", "Maskin", "Regnskap"}
	for n, client := range c.clients() {
		organization, _ := strconv.Atoi(client)
		name := fmt.Sprintf("%s %s AS", pick(c, lastNames), pick(c, trades))
		if n < public {
			name = fmt.Sprintf("Fjordvik %s KF", pick(c, []string{"Havn", "Parkering", "Kultur", "Energi", "Bolig"}))
		}
		for member := range 3 + c.IntN(6) {
			role := pick(c, []string{"Styremedlem", "Styremedlem", "Styremedlem", "Ansattvalgt"})
			switch member {
			case 0:
				role = "Styreleder"
			case 1:
				role = "Nestleder"
			}
			p := c.person(1950, 1998, "styret.example")
			id := any(p.id)
			if c.IntN(40) == 0 {
				id = nil // lives abroad
			}
			w.lines = append(w.lines, []any{2001 + n, name, organization, role, p.name(), id, p.email, number8(p.mobile)})
		}
	}
	return w
}

// clients are the organization numbers of sixty clients; the first few are public.
func (c *crowd) clients() []string {
	all := make([]string, 60)
	for i := range all {
		all[i] = c.organization()
	}
	return all
}

const public = 7

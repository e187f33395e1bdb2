package main

import (
	"cmp"
	"slices"
	"strconv"
)

// consent is a school's list for a camp: a line for each guardian, sorted by the
// guardian's name, so that the lines of a pupil lie apart. Two pupils are twins, others
// have one guardian, and of some guardians only the e-mail address is known.
func consent() workbook {
	c := newCrowd(2)
	const domain = "foresatt.example"
	w := workbook{sheet: "Foresatte", above: []string{"Ringveien skole, leirskole for 7. trinn", "Sortert på foresatt"},
		header: []string{"Klasse", "Elev", "Elevens fødselsnr", "Foresatt", "Fødselsnr foresatt", "Mobil", "E-post"},
		format: map[string]string{"Fødselsnr foresatt": "00000000000"}}
	for n := range 72 {
		class, last := "7"+string(rune('A'+n/24)), pick(c, lastNames)
		pupils := []person{c.named(pick(c, firstNames), last, 2014, 2014, "elev.example")}
		if n == 30 {
			pupils = append(pupils, c.named("Tuva", last, 2014, 2014, "elev.example"))
		}
		guardians := []person{c.named(pick(c, firstNames), last, 1972, 1992, domain)}
		if c.IntN(5) > 0 {
			guardians = append(guardians, c.person(1972, 1992, domain))
		}
		for _, g := range guardians {
			id := any(nil)
			if c.IntN(20) > 0 {
				id, _ = strconv.Atoi(g.id) // a number, which the format pads
			}
			for _, pupil := range pupils {
				w.lines = append(w.lines, []any{class, pupil.name(), pupil.id, g.name(), id, number8(g.mobile), g.email})
			}
		}
	}
	slices.SortStableFunc(w.lines, func(a, b []any) int { return cmp.Compare(a[3].(string), b[3].(string)) })
	return w
}

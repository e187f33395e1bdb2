package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// crowd makes people up. No two of one crowd have the same number or address.
type crowd struct {
	*rand.Rand
	taken map[string]bool
}

func newCrowd(seed uint64) *crowd {
	return &crowd{Rand: rand.New(rand.NewPCG(seed, 0)), taken: map[string]bool{}}
}

var (
	firstNames = []string{"Kari", "Ola", "Ingrid", "Jonas", "Nora", "Emil", "Åse", "Bjørn", "Sølvi", "Håkon", "Liv", "Per", "Marte", "Eirik", "Ragnhild", "Tor",
		"Amina", "Yusuf", "Magdalena", "Piotr", "Linh", "Samir", "Elin", "Sindre", "Guro", "Øystein", "Hanne", "Trond", "Silje", "Kåre"}
	lastNames = []string{"Solbakken", "Lillevik", "Åsheim", "Myklebust", "Tangen", "Bråten", "Fjeldstad", "Grønli", "Haugland", "Nybø", "Rønning", "Sætre",
		"Vangen", "Østby", "Kvåle", "Hassan", "Nowak", "Nguyen", "Moen", "Dahle", "Ulvestad", "Skår", "Brekke", "Lunde"}
)

// person is one of a crowd.
type person struct{ first, last, id, email, mobile string }

func (p person) name() string { return p.first + " " + p.last }

// person makes up somebody who was born in one of the years.
func (c *crowd) person(from, to int, domain string) person {
	return c.named(pick(c, firstNames), pick(c, lastNames), from, to, domain)
}

func (c *crowd) named(first, last string, from, to int, domain string) person {
	p := person{first: first, last: last, id: c.nationalID(from, to)}
	p.mobile = fmt.Sprintf("9%07d", c.IntN(10_000_000))
	local := ascii.Replace(strings.ToLower(first + "." + last))
	p.email = local + "@" + domain
	for n := 2; c.taken[p.email]; n++ {
		p.email = fmt.Sprintf("%s%d@%s", local, n, domain)
	}
	c.taken[p.email] = true
	return p
}

func pick[T any](c *crowd, from []T) T { return from[c.IntN(len(from))] }

var ascii = strings.NewReplacer("å", "a", "ø", "o", "æ", "ae")

// Weights of the check digits (forskrift til folkeregisterloven § 2-2-3).
var (
	firstWeights  = []int{3, 7, 6, 1, 8, 9, 4, 5, 2}
	secondWeights = []int{5, 4, 3, 2, 7, 6, 5, 4, 3, 2}
)

// nationalID makes a synthetic number up: 80 is added to the month of birth.
func (c *crowd) nationalID(from, to int) string {
	for {
		year := from + c.IntN(to-from+1)
		serial := c.IntN(500) // of those born in the last century
		if year >= 2000 {
			serial += 500
		}
		s := fmt.Sprintf("%02d%02d%02d%03d", 1+c.IntN(28), 81+c.IntN(12), year%100, serial)
		for _, weights := range [][]int{firstWeights, secondWeights} {
			s += checkDigit(s, weights)
		}
		if len(s) == 11 && !c.taken[s] {
			c.taken[s] = true
			return s
		}
	}
}

// organization makes a number up that no register gives out.
func (c *crowd) organization() string {
	for {
		s := fmt.Sprintf("31%06d", c.IntN(1_000_000))
		s += checkDigit(s, []int{3, 2, 7, 6, 5, 4, 3, 2})
		if len(s) == 9 && !c.taken[s] {
			c.taken[s] = true
			return s
		}
	}
}

// checkDigit is empty where the digits have none.
func checkDigit(digits string, weights []int) string {
	sum := 0
	for i, w := range weights {
		if i < len(digits) {
			sum += int(digits[i]-'0') * w
		}
	}
	switch rest := sum % 11; rest {
	case 0:
		return "0"
	case 1:
		return ""
	default:
		return fmt.Sprint(11 - rest)
	}
}

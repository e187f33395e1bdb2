package ledger

import (
	"fmt"
	"time"

	"batch/internal/mailout"
)

// Times in the ledger: UTC, microseconds, one width, so that text order is time order.
const timeLayout = "2006-01-02T15:04:05.000000Z"

func stamp(t time.Time) string { return t.UTC().Format(timeLayout) }

// stampOrNull is NULL for the zero time.
func stampOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return stamp(t)
}

// moment scans a stamp; NULL and "" are the zero time.
type moment struct{ t *time.Time }

func (m moment) Scan(v any) error {
	*m.t = time.Time{}
	s, _ := v.(string)
	if s == "" {
		return nil
	}
	t, ok := stamped(s)
	if !ok {
		var err error
		if t, err = time.Parse(timeLayout, s); err != nil {
			return err
		}
	}
	*m.t = t
	return nil
}

// stamped reads what stamp wrote; !ok where it is something else. A report of a million rows
// reads some millions of them, and time.Parse looks at its layout each time.
func stamped(s string) (t time.Time, ok bool) {
	if len(s) != len(timeLayout) {
		return t, false
	}
	var n [7]int // year to microsecond
	field := 0
	for i := range len(s) {
		switch want, c := timeLayout[i], s[i]; {
		case want >= '0' && want <= '9' && c >= '0' && c <= '9':
			n[field] = n[field]*10 + int(c-'0')
		case want != c || want >= '0' && want <= '9':
			return t, false
		default:
			field++
		}
	}
	t = time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], n[6]*1000, time.UTC)
	return t, n[1] >= 1 && n[1] <= 12 && t.Day() == n[2] && n[3] < 24 && n[4] < 60 && n[5] < 60 // else Date counted on
}

// number scans a whole number, of which a report of a million rows reads some millions too:
// package sql would print each, and read what it printed.
type number[T int | int64] struct{ n *T }

func (n number[T]) Scan(v any) error {
	i, ok := v.(int64)
	if !ok {
		return fmt.Errorf("%T is no whole number", v)
	}
	*n.n = T(i)
	return nil
}

// hexDigest scans a digest; NULL is the zero digest.
type hexDigest struct{ d *mailout.Digest }

func (h hexDigest) Scan(v any) (err error) {
	*h.d = mailout.Digest{}
	if s, ok := v.(string); ok && s != "" {
		*h.d, err = mailout.ParseDigest(s)
	}
	return err
}

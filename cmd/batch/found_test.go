package main

import (
	"testing"

	"batch/internal/mailout"
)

func TestWhatAStartFoundIsOneLine(t *testing.T) {
	for _, c := range []struct {
		found mailout.Recovered
		want  string
	}{
		{mailout.Recovered{Unknown: 1}, "an earlier run ended while sending: 1 row is unknown now"},
		{mailout.Recovered{NotSent: 1}, "an earlier run ended while sending: 1 row is proved not sent and planned again"},
		{mailout.Recovered{Unknown: 1200, NotSent: 2}, "an earlier run ended while sending: 1 200 rows are unknown now, 2 rows are proved not sent and planned again"},
	} {
		if got := foundLine(c.found); got != c.want {
			t.Errorf("%+v:\n%s\nwant\n%s", c.found, got, c.want)
		}
	}
}

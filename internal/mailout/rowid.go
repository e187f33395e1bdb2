package mailout

import (
	"fmt"
	"regexp"
	"strconv"
)

// RowID names a row of any batch. Its text is what a person gives to `batch why`:
// "2026-11-21-a7 line:14". The zero RowID names none.
type RowID struct {
	Batch BatchID
	Line  int // in the manifest that the batch was planned from
}

var rowID = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2}-[a-z0-9]{2})[\s\x{a0}]+line:([1-9]\d{0,7})$`)

// ParseRowID reads the text of a RowID; ok is false for anything else.
func ParseRowID(s string) (id RowID, ok bool) {
	m := rowID.FindStringSubmatch(s)
	if m == nil {
		return RowID{}, false
	}
	line, err := strconv.Atoi(m[2])
	return RowID{Batch: BatchID(m[1]), Line: line}, err == nil
}

func (r RowID) String() string {
	if r.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s line:%d", r.Batch, r.Line)
}

// IsZero reports whether no row is named.
func (r RowID) IsZero() bool { return r == RowID{} }

// Tried is a row that another one is linked to, and where it stands.
type Tried struct {
	RowID
	State State // empty: the ledger does not know the row
}

// Standing is what the books say of a row that another attempt is to be made at.
type Standing struct {
	State  State
	Batch  BatchState
	Alarms int   // of the row, not laid to rest
	Other  JobID // another job of the row, which is not known to be over, or which all have signed; zero: none
	Again  Tried // the row of an approved batch that is another attempt at it already; zero: none
}

// Free reports whether another attempt may be made: its jobs are certainly over, nobody signed,
// nobody must look at it first, and nobody made one yet.
func (s Standing) Free() bool {
	return s.State.Final() && s.State != Signed && s.Alarms == 0 && s.Other == 0 && s.Again.IsZero()
}

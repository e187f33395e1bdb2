package ledger

import (
	"database/sql"
	"math"
)

// part is a table, or what is asked of some, that is read in the order of lines, beside others:
// T is what all of them together say of a line.
type part[T any] interface {
	query(which string) string // the first column is the line, by which it is ordered; which is a condition on batch and line
	dest() []any               // where the other columns are read to
	add(to *T) error           // … and what is done with them
}

// cursors go through parts side by side.
type cursors[T any] []*cursor[T]

// cursor stands on the next row of a part that has not been asked for.
type cursor[T any] struct {
	part[T]
	rows *sql.Rows
	into []any
	line int // atEnd: there is no row left
}

const atEnd = math.MaxInt

// openCursors is to be closed, also after an error.
func openCursors[T any](q querier, parts []part[T], which string, args []any) (all cursors[T], err error) {
	for _, p := range parts {
		rows, err := q.Query(p.query(which), args...)
		if err != nil {
			return all, err
		}
		c := &cursor[T]{part: p, rows: rows}
		c.into = append([]any{number[int]{&c.line}}, p.dest()...)
		all = append(all, c)
		if err := c.advance(); err != nil {
			return all, err
		}
	}
	return all, nil
}

func (all cursors[T]) close() {
	for _, c := range all {
		c.rows.Close()
	}
}

// lowest is the line that the first of them stands on; more is false when all are at their end.
func (all cursors[T]) lowest() (line int, more bool) {
	line = atEnd
	for _, c := range all {
		line = min(line, c.line)
	}
	return line, line != atEnd
}

// fill adds what the parts say of a line. What they say of lines before it is passed over.
func (all cursors[T]) fill(line int, to *T) error {
	for _, c := range all {
		for c.line <= line {
			if c.line == line {
				if err := c.add(to); err != nil {
					return err
				}
			}
			if err := c.advance(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *cursor[T]) advance() error {
	if !c.rows.Next() {
		c.line = atEnd
		return c.rows.Err()
	}
	return c.rows.Scan(c.into...)
}

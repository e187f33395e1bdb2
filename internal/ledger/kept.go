package ledger

import "database/sql"

// asker is what asks: a transaction, or a pool.
type asker interface {
	querier
	QueryRow(query string, args ...any) *sql.Row
}

// writer is what a transition needs of its transaction.
type writer interface {
	asker
	Exec(query string, args ...any) (sql.Result, error)
}

// kept are statements by their text, prepared once a process: to parse them takes longer
// than to run them. One that was not there yet is noted as nil, and prepared between two
// transactions, for there is one connection.
type kept map[string]*sql.Stmt

func (k kept) prepare(db *sql.DB) {
	for query, stmt := range k {
		if stmt != nil {
			continue
		}
		if stmt, err := db.Prepare(query); err == nil { // else it is parsed each time
			k[query] = stmt
		}
	}
}

// keptTx is a transaction whose statements are kept.
type keptTx struct {
	tx   *sql.Tx
	kept kept
	here kept // the same statements, of this transaction
}

// of is a query's statement in this transaction; nil where it is not prepared yet.
func (t keptTx) of(query string) *sql.Stmt {
	if stmt := t.here[query]; stmt != nil {
		return stmt
	}
	stmt := t.kept[query]
	if stmt == nil {
		t.kept[query] = nil
		return nil
	}
	t.here[query] = t.tx.Stmt(stmt)
	return t.here[query]
}

func (t keptTx) Exec(query string, args ...any) (sql.Result, error) {
	if stmt := t.of(query); stmt != nil {
		return stmt.Exec(args...)
	}
	return t.tx.Exec(query, args...)
}

func (t keptTx) Query(query string, args ...any) (*sql.Rows, error) {
	if stmt := t.of(query); stmt != nil {
		return stmt.Query(args...)
	}
	return t.tx.Query(query, args...)
}

func (t keptTx) QueryRow(query string, args ...any) *sql.Row {
	if stmt := t.of(query); stmt != nil {
		return stmt.QueryRow(args...)
	}
	return t.tx.QueryRow(query, args...)
}

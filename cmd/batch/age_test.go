package main

import (
	"database/sql"
	"fmt"
	"path/filepath"

	"github.com/rogpeppe/go-internal/testscript"
)

// age DIR DAYS                       make the books of the workspace DIR so many days older: what was approved,
//
//	sent and found empty then was so many days before
func init() { scriptCommands["age"] = cmdAge }

func cmdAge(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 2, "age DIR DAYS")
	db, err := sql.Open("sqlite", filepath.Join(ts.MkAbs(args[0]), "ledger.db"))
	ts.Check(err)
	defer db.Close()
	for _, guard := range []string{"batches_changed", "attempts_begun"} { // the schema rightly refuses it
		_, err := db.Exec(`DROP TRIGGER IF EXISTS ` + guard)
		ts.Check(err)
	}
	for table, column := range map[string]string{"batches": "approved_at", "attempts": "begun_at", "queues_empty": "at"} {
		_, err := db.Exec(fmt.Sprintf(`UPDATE %s SET %s = strftime('%%Y-%%m-%%dT%%H:%%M:%%S.000000Z', %[2]s, '-%s days')`, table, column, args[1]))
		ts.Check(err)
	}
}

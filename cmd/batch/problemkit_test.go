package main

import (
	"encoding/hex"
	"maps"
	"os"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// problemCommands are what the scripts of problems can do besides the commands of
// testscript and scriptCommands.
//
//	documented [CODE]                  keep what the last command printed for docs/problems.md: with --json,
//	                                   its findings; with a code, the error on stderr
//	oddpdf KIND FILE                   make a PDF of a kind that oddPDFs has
//	workbook FILE FROM.csv CHANGE…     make a workbook of semicolon-separated lines, with workbookChanges
//	hex FILE DIGITS…                   write the bytes that hexadecimal digits stand for
//	sparse FILE BYTES                  make a file of so many zero bytes, which takes no room
//	append FILE FROM                   add one file to another
func problemCommands(seen *examples) map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	commands := maps.Clone(scriptCommands)
	commands["documented"] = seen.documented
	commands["oddpdf"] = cmdOddPDF
	commands["workbook"] = cmdWorkbook
	commands["hex"] = cmdHex
	commands["sparse"] = cmdSparse
	commands["append"] = cmdAppend
	return commands
}

func cmdOddPDF(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 2, "oddpdf KIND FILE")
	p, ok := oddPDFs[args[0]]
	if !ok {
		ts.Fatalf("oddPDFs has no %s", args[0])
	}
	if p.text == "" {
		p.text = args[1]
	}
	ts.Check(p.write(ts.MkAbs(args[1])))
}

func cmdWorkbook(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) >= 2, "workbook FILE FROM.csv CHANGE…")
	ts.Check(writeWorkbook(ts.MkAbs(args[0]), ts.ReadFile, args[1], args[2:]))
}

func cmdHex(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) >= 2, "hex FILE DIGITS…")
	b, err := hex.DecodeString(strings.Join(args[1:], ""))
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o600))
}

func cmdSparse(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 2, "sparse FILE BYTES")
	n, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), nil, 0o600))
	ts.Check(os.Truncate(ts.MkAbs(args[0]), n))
}

func cmdAppend(ts *testscript.TestScript, neg bool, args []string) {
	usage(ts, neg, len(args) == 2, "append FILE FROM")
	both := ts.ReadFile(args[0]) + ts.ReadFile(args[1])
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(both), 0o600))
}

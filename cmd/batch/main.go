// Command batch gets a spreadsheet of people and a folder of PDFs signed through Posten
// signering, one job a row: it checks and merges the PDFs, freezes a plan, sends it, follows
// every job to its end, keeps the signed documents and accounts for every row.
//
// The files of this package are the command line: one file a subcommand, [exitCode] for
// the exit codes, ui.go for everything a person sees. What the commands do is in
// internal/app.
package main

import (
	"context"
	"io"
	"log"
	"os"
)

func main() {
	log.SetOutput(io.Discard) // net/http writes there what a server says unasked, as it stands
	os.Exit(run(context.Background(), os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr))
}

package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const samples = "samples"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "samples:", err)
		os.Exit(1)
	}
}

func run() error {
	table, err := readManifest(filepath.Join(samples, "manifest.csv"))
	if err != nil {
		return err
	}
	if err := writeWorkbook(filepath.Join(samples, "manifest.xlsx"), table); err != nil {
		return fmt.Errorf("writing manifest.xlsx: %w", err)
	}
	return makePDFs(table)
}

// readManifest reads the CSV as a person wrote it: a byte order mark, semicolons, and
// the header as the first of its lines.
func readManifest(path string) ([][]string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(raw), "\ufeff")))
	r.Comma = ';'
	table, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", path, err)
	}
	if len(table) < 2 {
		return nil, errors.New("manifest.csv has no rows")
	}
	return table, nil
}

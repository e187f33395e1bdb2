package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := run(filepath.Join("samples", "mailouts")); err != nil {
		fmt.Fprintln(os.Stderr, "samples:", err)
		os.Exit(1)
	}
}

func run(dir string) error {
	if err := os.WriteFile(filepath.Join(dir, "contracts", "manifest.csv"), contracts(), 0o644); err != nil {
		return err
	}
	if err := consent().write(filepath.Join(dir, "consent", "manifest.xlsx")); err != nil {
		return fmt.Errorf("writing the consent forms: %w", err)
	}
	if err := accounts().write(filepath.Join(dir, "accounts", "manifest.xlsx")); err != nil {
		return fmt.Errorf("writing the annual accounts: %w", err)
	}
	return nil
}

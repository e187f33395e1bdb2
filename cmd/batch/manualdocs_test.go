package main

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pelletier/go-toml/v2"
)

var manualDocs = filepath.Join("..", "..", "docs", "manifest.md")

// The examples of docs/manifest.md are a workspace each: settings, where there are some,
// and the list below them. `batch plan` finds nothing to say about any.
func TestManualExamples(t *testing.T) {
	b, err := os.ReadFile(manualDocs)
	must(t, err)
	settings, section, lists := "", "", 0
	for _, m := range regexp.MustCompile("(?ms)^#+ ([^\n]+)$|^```(toml|csv)\n(.*?)^```$").FindAllStringSubmatch(string(b), -1) {
		switch text := m[3]; m[2] {
		case "toml":
			settings = text
		case "csv":
			lists++
			t.Run(fmt.Sprintf("%d %s", lists, section), func(t *testing.T) { planExample(t, settings, text) })
			settings = ""
		default:
			if section = m[1]; settings != "" {
				t.Errorf("the settings above %q have no list that is read with them", section)
			}
		}
	}
	if lists < 5 {
		t.Errorf("the manual has %d lists only: the test does not find them", lists)
	}
}

func planExample(t *testing.T, settings, list string) {
	dir := t.TempDir()
	list = strings.ReplaceAll(list, "2030", fmt.Sprint(time.Now().Year()+1)) // whatever the year, it is still to come
	must(t, os.WriteFile(filepath.Join(dir, "batch.toml"), []byte(settings+"\n"+restOf(t, settings)), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "manifest.csv"), []byte(list), 0o600))
	for _, name := range documentsOf(t, settings, list) {
		must(t, writePDF(filepath.Join(dir, filepath.FromSlash(name)), name))
	}
	cmd := exec.Command("batch", "--workspace", dir, "plan", "--json", filepath.Join(dir, "manifest.csv"))
	stdout, err := cmd.Output()
	var ended *exec.ExitError
	if errors.As(err, &ended) {
		t.Errorf("batch plan ends with %d\n%s", ended.ExitCode(), ended.Stderr)
	} else {
		must(t, err)
	}
	found, err := problemsIn(bytes.NewReader(stdout))
	must(t, err)
	for _, p := range found {
		t.Errorf("%s%d: %s", p.Column, p.Line, p.Message)
	}
}

// restOf are the settings that an example leaves out and no workspace can do without.
func restOf(t *testing.T, settings string) string {
	least := map[string]any{
		"portal":   map[string]any{"environment": "test", "polling_queue": "examples"},
		"identity": map[string]any{"certificate": "virksomhet.p12"},
		"sender":   map[string]any{"organization": "988015814", "kind": "public"},
	}
	given := map[string]any{}
	must(t, toml.Unmarshal([]byte(settings), &given))
	for table := range given {
		delete(least, table)
	}
	rest, err := toml.Marshal(least)
	must(t, err)
	return string(rest)
}

// documentsOf are the PDFs that an example names; {Header} takes each row's cell.
func documentsOf(t *testing.T, settings, list string) []string {
	r := csv.NewReader(strings.NewReader(list))
	r.Comma = ';'
	rows, err := r.ReadAll()
	must(t, err)
	var all []string
	for _, name := range regexp.MustCompile(`[^\s;"+]+\.pdf`).FindAllString(settings+list, -1) {
		for _, row := range rows[1:] {
			filled := name
			for i, header := range rows[0] {
				filled = strings.ReplaceAll(filled, "{"+header+"}", row[i])
			}
			all = append(all, filled)
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(all)))
}

// Every setting of a fresh batch.toml, which has them all, is told in the manual, and the
// manual tells no other.
func TestManualTellsEverySetting(t *testing.T) {
	dir := t.TempDir()
	must(t, exec.Command("batch", "init", dir).Run())
	fresh, err := os.ReadFile(filepath.Join(dir, "batch.toml"))
	must(t, err)
	told, err := os.ReadFile(manualDocs)
	must(t, err)
	_, table, _ := strings.Cut(string(told), "| setting |")
	table, _, _ = strings.Cut(table, "\n\n")
	var got []string
	for line := range strings.Lines(table) {
		first, _, _ := strings.Cut(strings.TrimPrefix(line, "|"), "|")
		for _, m := range regexp.MustCompile("`([a-z0-9_.]+)`").FindAllStringSubmatch(first, -1) {
			got = append(got, m[1])
		}
	}
	slices.Sort(got)
	if want := settingsOf(string(fresh)); !slices.Equal(got, want) {
		t.Errorf("the manual tells %q;\nbatch.toml has %q", got, want)
	}
}

// settingsOf are the keys in the text of a batch.toml, those too that are switched off,
// without the tables that the manifest's columns stand in.
func settingsOf(text string) []string {
	var keys []string
	table := ""
	for _, m := range regexp.MustCompile(`(?m)^(?:# ?)?(?:\[+([a-z0-9.]+)\]+|([a-z_]+) = .*)$`).FindAllStringSubmatch(text, -1) {
		first, _, _ := strings.Cut(m[1], ".")
		switch {
		case m[1] != "":
			table = first + "."
		case slices.Contains([]string{"columns.", "values.", "defaults.", "signers."}, table):
		default:
			keys = append(keys, table+m[2])
		}
	}
	return slices.Compact(slices.Sorted(slices.Values(keys)))
}

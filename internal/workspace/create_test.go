package workspace

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"batch/internal/mailout"
	"batch/internal/manifest"
)

var allFiles = []string{"batch.toml", "manifest.xlsx", "manifest.csv", ".gitignore"}

func TestInitMakesAWorkspaceClosedToOthers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "mail-out")
	made, kept, err := Init(dir)
	if err != nil || !slices.Equal(made, allFiles) || len(kept) != 0 {
		t.Fatalf("made %v, kept %v, %v", made, kept, err)
	}
	for path, want := range map[string]fs.FileMode{".": 0o700, "batch.toml": 0o600, "manifest.xlsx": 0o600, "manifest.csv": 0o600, ".gitignore": 0o600} {
		if info, err := os.Stat(filepath.Join(dir, path)); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has the mode %v, want %v (%v)", path, info.Mode().Perm(), want, err)
		}
	}
}

func TestInitNeverOverwrites(t *testing.T) {
	dir := t.TempDir()
	own := []byte("my own\n")
	if err := os.WriteFile(filepath.Join(dir, "manifest.csv"), own, 0o644); err != nil {
		t.Fatal(err)
	}
	made, kept, err := Init(dir)
	if err != nil || !slices.Equal(kept, []string{"manifest.csv"}) || len(made) != 3 {
		t.Fatalf("made %v, kept %v, %v", made, kept, err)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "manifest.csv")); string(got) != string(own) {
		t.Errorf("manifest.csv is now %q", got)
	}
	if made, kept, err = Init(dir); err != nil || len(made) != 0 || !slices.Equal(kept, allFiles) {
		t.Errorf("the second time: made %v, kept %v, %v", made, kept, err)
	}
}

func TestInitWhereAFileStands(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := Init(path)
	var e *Error
	if !errors.As(err, &e) || !strings.Contains(e.Message, path) || e.Remedy == "" {
		t.Errorf("got %v", err)
	}
}

// TestTemplateAsksForTheSenderOnly: of a fresh workspace nothing is to be mended but
// what is marked.
func TestTemplateAsksForTheSenderOnly(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := Init(dir); err != nil {
		t.Fatal(err)
	}
	_, err := Find(dir)
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want an *Error", err)
	}
	var keys []string
	for _, f := range e.Faults {
		keys = append(keys, f.Key+": "+f.Message)
	}
	want := []string{"sender.organization: this is still to be filled in", "sender.kind: this is still to be filled in"}
	if !slices.Equal(keys, want) {
		t.Errorf("got %q, want %q", keys, want)
	}
}

func filledIn(text string) string {
	return strings.NewReplacer(`"FILL IN: nine digits"`, `"988015814"`, `"FILL IN: public or private"`, `"public"`).Replace(text)
}

func TestTwoWorkspacesHaveQueuesOfTheirOwn(t *testing.T) {
	seen := map[string]bool{}
	for range 2 {
		dir := t.TempDir()
		if _, _, err := Init(dir); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, fileName)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		c, _, err := read(t, filledIn(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		seen[c.Portal.PollingQueue] = true
	}
	if len(seen) != 2 || seen[freshQueue] {
		t.Errorf("the queues are %v", seen)
	}
}

var (
	switchedOff = regexp.MustCompile(`(?m)^# ((?:\[.*\]|"?\w+"? = .*)(?:  #.*)?)$`)
	oneOfTwo    = regexp.MustCompile(`(?m)^password_file = .*$`)
)

// uncommented is the template with every example switched on, at a portal of one's own,
// where all of them may stand.
func uncommented() string {
	text := switchedOff.ReplaceAllString(filledIn(templateSettings), "$1")
	return strings.Replace(oneOfTwo.ReplaceAllString(text, ""), `environment = "test"`, `environment = "custom"`, 1)
}

// TestTemplateShowsEveryKey: each key that is read stands in the template, and every
// example there holds as soon as it is switched on.
func TestTemplateShowsEveryKey(t *testing.T) {
	c, _, err := read(t, uncommented())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range manifest.Check(manifest.Options{Columns: c.Columns, Values: c.Values, GroupBy: c.GroupBy, Defaults: c.Defaults.Job, SignerDefaults: c.Defaults.Signers, Signers: c.Signers}) {
		t.Errorf("the example of %s does not hold: %s", m.Path, m.Message)
	}
	for _, key := range []string{"language", "time_zone", "group_by", "environment", "url", "trust", "server_organization", "proxy", "polling_queue",
		"calls_per_second", "pace", "certificate", "password_command", "password_file", "organization", "organizations", "kind", "folder", "before", "after", "as", "shared",
		"xades", "hold", "absent_after", "after_refused_in_a_row", "after_unknown_in_a_row", "unknown_total", "refused_share", "canary", "persons"} {
		if !regexp.MustCompile(`(?m)^(# )?` + key + ` = `).MatchString(templateSettings) {
			t.Errorf("the template does not show %s", key)
		}
	}
	for _, table := range []string{"portal", "identity", "sender", "[senders]", "documents", "columns", "values.order", "defaults", "defaults.signer1", "[signers]", "send", "stop", "ledger", "test"} {
		if !regexp.MustCompile(`(?m)^(# )?\[` + regexp.QuoteMeta(table) + `\]`).MatchString(templateSettings) {
			t.Errorf("the template does not show [%s]", table)
		}
	}
}

// TestExampleIsRecognized: whoever fills in the template and forgets the example sends
// nothing to the person who is made up in it.
func TestExampleIsRecognized(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := Init(dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"manifest.csv", "manifest.xlsx"} {
		t.Run(name, func(t *testing.T) {
			var stopping []mailout.Problem
			result, err := manifest.Read(context.Background(), filepath.Join(dir, name),
				manifest.Options{Sender: "988015814", Kind: mailout.Private, AllowSynthetic: true, Location: time.UTC},
				func(e mailout.Entry, problems []mailout.Problem) error {
					stopping = append(stopping, mailout.Stopping(problems)...)
					return nil
				})
			if err != nil || result.Rows != 1 || len(mailout.Stopping(result.Problems)) != 0 {
				t.Fatalf("%d rows, %v, %v", result.Rows, result.Problems, err)
			}
			if len(stopping) != 1 || stopping[0].Field != "row" || stopping[0].Line != 2 {
				t.Errorf("the example is to be refused for what it is, and nothing else: %v", stopping)
			}
		})
	}
}

package sandbox

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// rule is a sentence of portal-api.md and what it makes of a sandbox.
type rule struct {
	sentence string // of portal-api.md or portal.xsd, word for word; marks of Markdown left out
	options  Options
	holds    func(*testing.T, *client)
}

// hold starts a sandbox for each rule, without limits of speed, and lets it be seen.
func hold(t *testing.T, rules map[string]rule) {
	text := contract(t)
	for name, r := range rules {
		t.Run(name, func(t *testing.T) {
			if text != "" && !strings.Contains(text, collapsed(r.sentence)) {
				t.Errorf("the specification does not say %q", r.sentence)
			}
			r.options.NoLimits = true
			r.holds(t, start(t, r.options))
		})
	}
}

// contract is the text of the specification, empty where that is not beside the project.
func contract(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	for _, name := range []string{"portal-api.md", "xsd/portal.xsd"} {
		text, err := os.ReadFile(filepath.Join(specification, name))
		if errors.Is(err, fs.ErrNotExist) {
			return ""
		}
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return collapsed(all.String())
}

func collapsed(text string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("`", "", "*", "").Replace(text)), " ")
}

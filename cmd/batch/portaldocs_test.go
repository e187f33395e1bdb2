package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// docs/portal.md names a test for everything it says, and each of them is there: the name
// of a test function, of a script, or of a feature.
func TestPortalDocsNameTestsThatExist(t *testing.T) {
	docs, err := os.ReadFile(filepath.Join("..", "..", "docs", "portal.md"))
	must(t, err)
	tests := testsOf(t)
	var told []string
	for _, m := range regexp.MustCompile("`(Test[A-Za-z0-9]+)(?:/([^`]+))?`").FindAllStringSubmatch(string(docs), -1) {
		if !slices.Contains(tests, m[1]) {
			t.Errorf("there is no test %s", m[1])
		}
		switch m[1] {
		case "TestScripts":
			if _, err := os.Stat(filepath.Join("testdata", "script", m[2]+".txtar")); err != nil {
				t.Errorf("there is no script %s", m[2])
			}
		case "TestEveryFeatureReachesThePortal":
			told = append(told, m[2])
		}
	}
	shown := []string{"polling_queue"}
	for _, f := range slices.Concat(publicFeatures, privateFeatures) {
		shown = append(shown, strings.ReplaceAll(f.name, " ", "_"))
	}
	slices.Sort(told)
	if told, shown = slices.Compact(told), slices.Sorted(slices.Values(shown)); !slices.Equal(told, shown) {
		t.Errorf("features that docs/portal.md tells:\n%q\nthat are shown:\n%q", told, shown)
	}
}

// testsOf are the names of all test functions of the module.
func testsOf(t *testing.T) (names []string) {
	t.Helper()
	dirs, err := exec.Command("go", "list", "-f", "{{.Dir}}", "../../...").Output()
	must(t, err)
	for dir := range strings.Lines(string(dirs)) {
		files, err := filepath.Glob(filepath.Join(strings.TrimSpace(dir), "*_test.go"))
		must(t, err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			must(t, err)
			for _, m := range regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9]+)\(`).FindAllStringSubmatch(string(text), -1) {
				names = append(names, m[1])
			}
		}
	}
	return names
}

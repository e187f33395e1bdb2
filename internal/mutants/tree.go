package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// tree is a copy of the project, in which rules may be broken.
type tree struct{ dir string }

// copyTree copies the files that git knows, as they are on disk.
func copyTree() (tree, error) {
	dir, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return tree{}, err
	}
	t := tree{dir}
	listed, err := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		return t, fmt.Errorf("listing the files: %w", err)
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(listed), "\x00"), "\x00") {
		if err := t.take(name); err != nil && !errors.Is(err, os.ErrNotExist) { // deleted on disk
			return t, err
		}
	}
	return t, nil
}

func (t tree) take(name string) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	to := filepath.Join(t.dir, name)
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	return os.WriteFile(to, raw, info.Mode().Perm())
}

// sound wants every test to pass before anything is broken, those of a package in one go. It
// returns those that this machine lacks something for, as it says when it skips them.
func (t tree) sound(mutants []mutant) (skipped map[string]bool, err error) {
	skipped = map[string]bool{}
	for _, all := range together(mutants) {
		passed, out := t.test(all...)
		if !passed {
			return nil, fmt.Errorf("before anything is broken, not all of these pass: %s\n%s", all, tail(out))
		}
		for _, c := range all {
			switch {
			case strings.Contains(out, "--- SKIP: "+c.test+" ("):
				skipped[c.String()] = true
				fmt.Printf("left out: %s, which is skipped here\n", c)
			case !strings.Contains(out, "--- PASS: "+c.test+" ("):
				return nil, fmt.Errorf("there is no such test: %s", c)
			}
		}
	}
	return skipped, nil
}

// together puts all tests into groups that one go test can run.
func together(mutants []mutant) (groups [][]check) {
	at, seen := map[string]int{}, map[string]bool{}
	for _, m := range mutants {
		for _, c := range m.tests {
			if seen[c.String()] {
				continue
			}
			seen[c.String()] = true
			key := c.pkg + strings.Join(c.flags, " ")
			if strings.Contains(c.test, "/") {
				key = c.String()
			}
			n, ok := at[key]
			if !ok {
				n = len(groups)
				at[key], groups = n, append(groups, nil)
			}
			groups[n] = append(groups[n], c)
		}
	}
	return groups
}

// kill breaks one rule, and wants each of its tests to fail that is not skipped here.
func (t tree) kill(m mutant, skipped map[string]bool) (err error) {
	if err := t.git("apply", m.path); err != nil {
		return fmt.Errorf("the patch does not apply any more: %w", err)
	}
	defer func() { err = errors.Join(err, t.git("apply", "--reverse", m.path)) }()
	ran := 0
	for _, c := range m.tests {
		if skipped[c.String()] {
			continue
		}
		ran++
		if err := t.notices(c); err != nil {
			return err
		}
	}
	if ran == 0 {
		return errors.New("none of its tests runs here")
	}
	return nil
}

func (t tree) notices(c check) error {
	passed, out := t.test(c)
	switch {
	case passed:
		return fmt.Errorf("%s passes all the same", c.test)
	case strings.Contains(out, "[build failed]") || strings.Contains(out, "[setup failed]"):
		return fmt.Errorf("it does not compile:\n%s", tail(out))
	case !strings.Contains(out, "--- FAIL: "+c.test+" (") || strings.Contains(out, "\npanic: "):
		return fmt.Errorf("%s did not say that anything is wrong, something else happened:\n%s", c.test, tail(out))
	}
	return nil
}

// test runs tests of one package; where there is one, a part of it may be named as
// TestX/part. Vet has nothing to say about a patch.
func (t tree) test(all ...check) (passed bool, out string) {
	var names []string
	for _, c := range all {
		names = append(names, c.test)
	}
	name := "^(" + strings.ReplaceAll(strings.Join(names, "|"), "/", ")$/^(") + ")$"
	cmd := exec.Command("go", append([]string{"test", "-count=1", "-timeout=3m", "-vet=off", "-v", "-run", name, all[0].pkg}, all[0].flags...)...)
	cmd.Dir = t.dir
	raw, err := cmd.CombinedOutput()
	return err == nil, string(raw)
}

// git works on files here, without a repository around them.
func (t tree) git(args ...string) error {
	cmd := exec.Command("git", args...)
	cmd.Dir = t.dir
	cmd.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(t.dir))
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(out))
	}
	return nil
}

// tail keeps enough to see why: a test may say much.
func tail(out string) string {
	const most = 20_000
	return out[max(0, len(out)-most):]
}

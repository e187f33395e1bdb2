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

// sound wants every test to pass before anything is broken.
func (t tree) sound(mutants []mutant) error {
	seen := map[string]bool{}
	for _, m := range mutants {
		for _, c := range m.tests {
			if key := fmt.Sprint(c); seen[key] {
				continue
			} else {
				seen[key] = true
			}
			passed, out := t.test(c)
			if !passed {
				return fmt.Errorf("%s does not pass before anything is broken:\n%s", c.test, out)
			}
			if !strings.Contains(out, "--- PASS: "+c.test) {
				return fmt.Errorf("%s in %s does not run here:\n%s", c.test, c.pkg, out)
			}
		}
	}
	return nil
}

// kill breaks one rule, and wants each of its tests to fail.
func (t tree) kill(m mutant) error {
	if err := t.git("apply", m.path); err != nil {
		return fmt.Errorf("the patch does not apply any more: %w", err)
	}
	for _, c := range m.tests {
		if err := t.notices(c); err != nil {
			return errors.Join(err, t.git("apply", "--reverse", m.path))
		}
	}
	return t.git("apply", "--reverse", m.path)
}

func (t tree) notices(c check) error {
	passed, out := t.test(c)
	switch {
	case passed:
		return fmt.Errorf("%s passes all the same", c.test)
	case strings.Contains(out, "[build failed]") || strings.Contains(out, "[setup failed]"):
		return fmt.Errorf("it does not compile:\n%s", out)
	case !strings.Contains(out, "--- FAIL: "+c.test) && !strings.Contains(out, "running tests:\n\t"+c.test):
		return fmt.Errorf("%s did not fail, something else did:\n%s", c.test, out)
	}
	return nil
}

// test runs one test; a part of it may be named as TestX/part.
func (t tree) test(c check) (passed bool, out string) {
	name := "^" + strings.ReplaceAll(c.test, "/", "$/^") + "$"
	cmd := exec.Command("go", append([]string{"test", "-count=1", "-timeout=3m", "-v", "-run", name, c.pkg}, c.flags...)...)
	cmd.Dir = t.dir
	raw, err := cmd.CombinedOutput()
	return err == nil, tail(raw)
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
func tail(raw []byte) string {
	const most = 200_000
	return string(raw[max(0, len(raw)-most):])
}

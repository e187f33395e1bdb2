package importrules

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "batch"

// may says what each package may import besides the standard library: our own packages
// by their name below internal, libraries by the beginning of their path.
var may = map[string]string{
	"internal/mailout":               "",
	"internal/rules":                 "mailout",
	"internal/workspace":             "mailout github.com/pelletier/go-toml golang.org/x/sys",
	"internal/table":                 "github.com/xuri/excelize golang.org/x/text",
	"internal/manifest":              "mailout rules table golang.org/x/text",
	"internal/findings":              "mailout table",
	"internal/pdfprep":               "mailout github.com/pdfcpu/pdfcpu golang.org/x/sync",
	"internal/pades":                 "",
	"internal/plan":                  "mailout rules",
	"internal/identity":              "software.sslmate.com/src/go-pkcs12",
	"internal/identity/identitytest": "identity software.sslmate.com/src/go-pkcs12",
	"internal/bundle":                "mailout",
	"internal/pace":                  "",
	"internal/portal":                "mailout rules",
	"internal/submit":                "mailout golang.org/x/sync/errgroup",
	"internal/disk":                  "",
	"internal/disk/disktest":         "disk modernc.org/sqlite modernc.org/libc",
	"internal/ledger":                "mailout disk modernc.org/sqlite",
	"internal/reconcile":             "mailout disk pades golang.org/x/sync/errgroup",
	"internal/audit":                 "mailout pades",
	"internal/report":                "mailout rules github.com/xuri/excelize",
	"internal/sandbox": "sandbox/asice sandbox/pdfcheck sandbox/signedpdf sandbox/strictxml sandbox/xades " +
		"software.sslmate.com/src/go-pkcs12",
	"internal/sandbox/strictxml":       "",
	"internal/sandbox/asice":           "",
	"internal/sandbox/asice/asicetest": "",
	"internal/sandbox/xades":           "sandbox/strictxml",
	"internal/sandbox/pdfcheck":        "",
	"internal/sandbox/signedpdf":       "github.com/pdfcpu/pdfcpu golang.org/x/image golang.org/x/text",
	"internal/app": "mailout workspace manifest findings pdfprep plan identity bundle pace portal submit disk ledger reconcile report audit sandbox " +
		"golang.org/x/sync/errgroup",
	"internal/importrules": "",
	"internal/judgetest":   "",
	"internal/mutants":     "",
	"internal/simulation":  "",
	"cmd/batch":            "app report mailout github.com/alecthomas/kong golang.org/x/term",
	"samples/sources":      "github.com/xuri/excelize",

	"samples/mailouts/sources": "github.com/xuri/excelize",
}

// kits are packages for tests: nothing that is built into the program imports them.
var kits = []string{"internal/disk/disktest", "internal/identity/identitytest", "internal/judgetest", "internal/sandbox/asice/asicetest"}

func TestEveryPackageImportsOnlyWhatItMay(t *testing.T) {
	imports := readImports(t)
	if got, want := slices.Sorted(maps.Keys(imports)), slices.Sorted(maps.Keys(may)); !slices.Equal(got, want) {
		t.Errorf("the packages are\n%v\nthe table has\n%v", got, want)
	}
	for pkg, paths := range imports {
		allowed := strings.Fields(may[pkg])
		for _, imported := range slices.Sorted(maps.Keys(paths)) {
			if !isAllowed(imported, allowed) {
				t.Errorf("%s imports %s (%s), which its row of the table does not allow", pkg, imported, paths[imported])
			}
		}
	}
}

// A rule that nobody uses any more is a door left open.
func TestEveryRuleIsUsed(t *testing.T) {
	imports := readImports(t)
	for pkg, row := range may {
		for _, allowed := range strings.Fields(row) {
			used := slices.ContainsFunc(slices.Collect(maps.Keys(imports[pkg])), func(p string) bool { return isAllowed(p, []string{allowed}) && !isStandard(p) })
			if !used {
				t.Errorf("%s may import %s and does not", pkg, allowed)
			}
		}
	}
}

func TestKitsAreForTests(t *testing.T) {
	for pkg, paths := range readImports(t) {
		for _, kit := range kits {
			if where, ok := paths[module+"/"+kit]; ok {
				t.Errorf("%s imports the test kit %s (%s)", pkg, kit, where)
			}
		}
	}
}

// database/sql is of the standard library and so in nobody's row; what speaks through it
// is the ledger's alone, and so is it.
func TestSQLStaysInTheLedger(t *testing.T) {
	var users []string
	for pkg, paths := range readImports(t) {
		for imported := range paths {
			if imported == "database/sql" || strings.HasPrefix(imported, "database/sql/") {
				users = append(users, pkg)
			}
		}
	}
	if got := slices.Compact(slices.Sorted(slices.Values(users))); !slices.Equal(got, []string{"internal/ledger"}) {
		t.Errorf("database/sql is imported by %v, want internal/ledger alone", got)
	}
}

func isAllowed(imported string, allowed []string) bool {
	if isStandard(imported) {
		return true
	}
	return slices.ContainsFunc(allowed, func(a string) bool {
		if strings.Contains(a, ".") { // a library
			return imported == a || strings.HasPrefix(imported, a+"/")
		}
		return imported == module+"/internal/"+a
	})
}

func isStandard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".") && first != module
}

// readImports reads the imports of every file that is no test: package folder → import
// path → the file that has it.
func readImports(t *testing.T) map[string]map[string]string {
	t.Helper()
	root := os.DirFS(filepath.Join("..", ".."))
	all := map[string]map[string]string{}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && name != "."):
			return fs.SkipDir
		case !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		src, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := path.Dir(name)
		if all[pkg] == nil {
			all[pkg] = map[string]string{}
		}
		for _, spec := range f.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			all[pkg][imported] = name
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 15 {
		t.Fatalf("only %d packages were found: the test looks in the wrong place", len(all))
	}
	return all
}

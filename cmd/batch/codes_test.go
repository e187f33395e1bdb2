package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// codePackages are those whose findings a person sees before anything is sent.
var codePackages = []string{"table", "manifest", "rules", "pdfprep", "plan", "workspace"}

// findCodes reads every code out of the source: the strings that are given where a
// parameter or a field is called code, and the constants whose names begin with it. It returns where each stands, and all strings of the
// packages, which sentences are made of.
func findCodes(t *testing.T) (codes map[string]string, literals []string) {
	t.Helper()
	f := &codeFinder{t: t, files: token.NewFileSet(), parameters: map[string]int{}, fields: map[string]int{}, codes: map[string]string{}}
	for _, pkg := range codePackages {
		clear(f.parameters)
		clear(f.fields)
		parsed := f.parse(filepath.Join("..", "..", "internal", pkg))
		for _, file := range parsed {
			ast.Inspect(file, f.declarations)
		}
		for _, file := range parsed {
			ast.Inspect(file, f.uses)
		}
	}
	return f.codes, f.literals
}

type codeFinder struct {
	t          *testing.T
	files      *token.FileSet
	parameters map[string]int    // of a package: function, or .method → which of its parameters is called code
	fields     map[string]int    // of a package: struct → which of its fields is called code
	codes      map[string]string // code → file and line
	literals   []string
}

func (f *codeFinder) parse(dir string) (parsed []*ast.File) {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(names) == 0 {
		f.t.Fatalf("no Go files in %s: %v", dir, err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(f.files, name, nil, 0)
		if err != nil {
			f.t.Fatal(err)
		}
		parsed = append(parsed, file)
	}
	return parsed
}

// declarations notes what takes a code.
func (f *codeFinder) declarations(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncDecl:
		if at, ok := codeAmong(n.Type.Params); ok && n.Recv != nil {
			f.parameters["."+n.Name.Name] = at
		} else if ok {
			f.parameters[n.Name.Name] = at
		}
	case *ast.AssignStmt: // warn := func(code, message string) { … }
		for i, right := range n.Rhs {
			name, isName := n.Lhs[i].(*ast.Ident)
			if lit, ok := right.(*ast.FuncLit); ok && isName {
				if at, ok := codeAmong(lit.Type.Params); ok {
					f.parameters[name.Name] = at
				}
			}
		}
	case *ast.TypeSpec:
		if s, ok := n.Type.(*ast.StructType); ok {
			if at, ok := codeAmong(s.Fields); ok {
				f.fields[n.Name.Name] = at
			}
		}
	case *ast.ValueSpec:
		for i, name := range n.Names {
			if i < len(n.Values) && codeConstant.MatchString(name.Name) {
				f.note(n.Values[i])
			}
		}
	}
	return true
}

// codeAmong says which field or parameter, from 0, is called code.
func codeAmong(list *ast.FieldList) (at int, ok bool) {
	n := 0
	for _, field := range list.List {
		for _, name := range field.Names {
			if strings.EqualFold(name.Name, "code") {
				return n, true
			}
			n++
		}
		n += max(0, 1-len(field.Names)) // without a name
	}
	return 0, false
}

// uses notes what is given where a code is taken.
func (f *codeFinder) uses(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BasicLit:
		if s, ok := stringOf(n); ok {
			f.literals = append(f.literals, s)
		}
	case *ast.CallExpr:
		name := lastName(n.Fun)
		if _, method := n.Fun.(*ast.SelectorExpr); method {
			name = "." + name
		}
		if at, ok := f.parameters[name]; ok && at < len(n.Args) {
			f.note(n.Args[at])
		}
	case *ast.CompositeLit:
		at, known := f.fields[lastName(n.Type)]
		for i, e := range n.Elts {
			pair, keyed := e.(*ast.KeyValueExpr)
			switch {
			case keyed && strings.EqualFold(lastName(pair.Key), "code"):
				f.note(pair.Value)
			case !keyed && known && i == at:
				f.note(e)
			}
		}
	}
	return true
}

// note takes a code. What only hands one on, as finding.Code or the parameter code, is
// noted where it comes from.
func (f *codeFinder) note(given ast.Expr) {
	where := f.files.Position(given.Pos())
	code, ok := stringOf(given)
	name := lastName(given)
	switch {
	case ok && !codeShape.MatchString(code):
		f.t.Errorf("%s: %q is not a code: codes are words with hyphens", where, code)
	case ok:
		f.codes[code] = fmt.Sprintf("%s:%d", strings.TrimPrefix(where.Filename, "../../"), where.Line)
	case !strings.EqualFold(name, "code") && !codeConstant.MatchString(name):
		f.t.Errorf("%s: which code this is cannot be told: write it there, or call the variable code", where)
	}
}

var (
	codeShape    = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	codeConstant = regexp.MustCompile(`^code[A-Z]`)
)

func stringOf(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// lastName is the name of x, pkg.X, x[T] or *x.
func lastName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.IndexExpr:
		return lastName(e.X)
	case *ast.StarExpr:
		return lastName(e.X)
	}
	return ""
}

package lingtan

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// The budgets: how large things may grow before they are divided.
const (
	functionLines = 60
	fileLines     = 500
	nestingDepth  = 3
	structFields  = 20
	exportedNames = 30
	dependencies  = 50
)

// exceptions are things over budget, with the reason of each. One that is within the
// budget again must go.
var exceptions = map[string]string{}

// goFile is one Go file of the house.
type goFile struct {
	path string // from the root, with slashes
	set  *token.FileSet
	tree *ast.File
}

func (f goFile) test() bool   { return strings.HasSuffix(f.path, "_test.go") }
func (f goFile) room() string { return path.Dir(f.path) }
func (f goFile) at(p token.Pos) string {
	return fmt.Sprintf("%s:%d", f.path, f.set.Position(p).Line)
}
func (f goFile) line(p token.Pos) int { return f.set.Position(p).Line }

// elsewhere are folders without Go files of the house.
var elsewhere = []string{".git", ".cache", "node_modules", "testdata", "dist", "bin"}

var readAll = sync.OnceValues(func() ([]goFile, error) {
	var list []goFile
	set := token.NewFileSet()
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains(elsewhere, d.Name()) {
			return fs.SkipDir
		}
		if d.IsDir() || filepath.Ext(name) != ".go" {
			return nil
		}
		tree, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		list = append(list, goFile{path: filepath.ToSlash(name), set: set, tree: tree})
		return err
	})
	return list, err
})

// source are all Go files of the house.
func source(t *testing.T) []goFile {
	t.Helper()
	list, err := readAll()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestBudgets(t *testing.T) {
	var over []excess
	exported := map[string]int{}
	for _, f := range source(t) {
		over = append(over, f.excesses()...)
		if !f.test() {
			exported[f.room()] += countExported(f.tree)
		}
	}
	for room, n := range exported {
		over = append(over, excess{room, "exported names", n, exportedNames, room})
	}
	used := map[string]bool{}
	for _, x := range over {
		if x.size <= x.budget {
			continue
		}
		used[x.thing] = true
		if exceptions[x.thing] == "" {
			t.Errorf("%s: %s has %d %s, budget %d", x.at, x.thing, x.size, x.what, x.budget)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(exceptions)) {
		if !used[name] {
			t.Errorf("%s is within its budget: remove it from exceptions", name)
		}
	}
}

// excess is a measured thing: thing names it in exceptions, at is where it stands.
type excess struct {
	thing, what  string
	size, budget int
	at           string
}

// excesses measures the file and what is in it.
func (f goFile) excesses() []excess {
	list := []excess{{f.path, "lines", f.line(f.tree.FileEnd), fileLines, f.path}}
	for _, d := range f.tree.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
			name := f.room() + "." + functionName(fn)
			list = append(list,
				excess{name, "lines", f.line(fn.End()) - f.line(fn.Pos()) + 1, functionLines, f.at(fn.Pos())},
				excess{name, "levels of nesting", nesting(fn.Body), nestingDepth, f.at(fn.Pos())})
		}
	}
	ast.Inspect(f.tree, func(n ast.Node) bool {
		if s, ok := n.(*ast.TypeSpec); ok {
			if x, ok := s.Type.(*ast.StructType); ok {
				list = append(list, excess{f.room() + "." + s.Name.Name, "fields", x.Fields.NumFields(), structFields, f.at(s.Pos())})
			}
		}
		return true
	})
	return list
}

func functionName(fn *ast.FuncDecl) string {
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return fn.Name.Name
	}
	x := fn.Recv.List[0].Type
	if star, ok := x.(*ast.StarExpr); ok {
		x = star.X
	}
	switch generic := x.(type) {
	case *ast.IndexExpr:
		x = generic.X
	case *ast.IndexListExpr:
		x = generic.X
	}
	if id, ok := x.(*ast.Ident); ok {
		return id.Name + "." + fn.Name.Name
	}
	return fn.Name.Name
}

// nesting is how deep if, for, switch and select stand in each other. A chain of
// else-if counts once; a function literal is a function of its own.
func nesting(body ast.Node) int {
	deepest := 0
	var walk func(n ast.Node, depth int)
	inside := func(n ast.Node, depth int) {
		deepest = max(deepest, depth)
		ast.Inspect(n, func(c ast.Node) bool {
			if c == nil || c == n {
				return true
			}
			switch c.(type) {
			case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
				walk(c, depth+1)
				return false
			case *ast.FuncLit:
				walk(c, 0)
				return false
			}
			return true
		})
	}
	walk = func(n ast.Node, depth int) {
		if s, ok := n.(*ast.IfStmt); ok {
			inside(s.Body, depth)
			switch rest := s.Else.(type) {
			case *ast.IfStmt:
				walk(rest, depth)
			case *ast.BlockStmt:
				inside(rest, depth)
			}
			return
		}
		inside(n, depth)
	}
	walk(body, 0)
	return deepest
}

func TestNesting(t *testing.T) {
	is := func(want int, body string) {
		t.Helper()
		file, err := parser.ParseFile(token.NewFileSet(), "", "package p\nfunc f() {"+body+"}", 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := nesting(file.Decls[0].(*ast.FuncDecl).Body); got != want {
			t.Errorf("nesting of %q = %d, want %d", body, got, want)
		}
	}
	is(0, "x()")
	is(1, "if a { b() }")
	is(1, "if a { b() } else if c { d() } else { e() }")
	is(2, "if a { b() } else { for { c() } }")
	is(2, "for { switch a { case 1: b() } }")
	is(3, "for { if a { select { case <-c: d() } } }")
	is(4, "for { for { for { if a { b() } } } }")
	is(2, "for { f(func() { if a { if b { c() } } }) }")
}

// countExported counts the exported package-level names; methods are not counted.
func countExported(file *ast.File) int {
	n := 0
	add := func(ids ...*ast.Ident) {
		for _, id := range ids {
			if id.IsExported() {
				n++
			}
		}
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				add(d.Name)
			}
		case *ast.GenDecl:
			add(declared(d)...)
		}
	}
	return n
}

// declared are the names of types, constants and variables in a declaration.
func declared(d *ast.GenDecl) []*ast.Ident {
	var list []*ast.Ident
	for _, s := range d.Specs {
		switch s := s.(type) {
		case *ast.TypeSpec:
			list = append(list, s.Name)
		case *ast.ValueSpec:
			list = append(list, s.Names...)
		}
	}
	return list
}

func TestDirectDependencies(t *testing.T) {
	text, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(strings.TrimPrefix(line, "require ")); len(f) == 2 && strings.HasPrefix(f[1], "v") {
			n++
		}
	}
	if n > dependencies {
		t.Errorf("go.mod requires %d modules directly, budget %d", n, dependencies)
	}
}

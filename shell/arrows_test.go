// The arrows: which package may import which of ours, and where the time and
// the machine's randomness come in.

package shell_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// modulePath is ours; what it begins is ours too.
const modulePath = "tokenshell"

// arrow is what the packages that match a pattern may import of ours.
type arrow struct {
	from string   // a pattern of path.Match, relative to the module
	to   []string // patterns as well; "*" is everything, nil is nothing
}

// arrows are the arrows of the house. The first row that matches counts, and
// every package needs one.
var arrows = []arrow{
	{"tokens", nil},
	{"kmsmock", nil},
	{"issuers", []string{"tokens"}},
	{"issuers/issuerstest", []string{"issuers", "kmsmock", "tokens"}},
	{"issuers/*", []string{"issuers", "tokens"}},
	{"orchestrator", []string{"tokens"}},
	{"shell", []string{"*"}},
	{"shell/lineedit", nil},
	{"shell/attacks", []string{"tokens"}},
	{"cmd/*", []string{"shell"}},
}

// onceRows are what belongs in exactly one file that is no test.
var onceRows = []struct {
	what string
	in   func(f *ast.File) bool
}{
	{"the machine's clock", func(f *ast.File) bool { return selects(f, "time", "Now", "Since", "Until") }},
	{"crypto/rand", func(f *ast.File) bool { return imports(f, "crypto/rand") }},
}

func TestArrows(t *testing.T) {
	folders := map[string]bool{}
	for name, file := range sources(t) {
		from := path.Dir(name)
		folders[from] = true
		at := slices.IndexFunc(arrows, func(a arrow) bool { return matches(a.from, from) })
		if at < 0 {
			t.Errorf("%s: no arrow says what package %s may import", name, from)
			continue
		}
		for _, spec := range file.Imports {
			to, ours := ourImport(spec)
			allowed := slices.ContainsFunc(arrows[at].to, func(pattern string) bool { return pattern == "*" || matches(pattern, to) })
			if ours && !allowed {
				t.Errorf("%s imports %s; of ours, %s may import %q", name, to, from, arrows[at].to)
			}
		}
	}
	for _, a := range arrows {
		found := false
		for folder := range folders {
			found = found || matches(a.from, folder)
		}
		if !found {
			t.Errorf("the arrow from %s is about no package", a.from)
		}
	}
}

func TestOneSourceOfTimeAndOneOfRandomness(t *testing.T) {
	all := sources(t)
	for _, row := range onceRows {
		var names []string
		for name, file := range all {
			if row.in(file) {
				names = append(names, name)
			}
		}
		if len(names) != 1 {
			slices.Sort(names)
			t.Errorf("%s is read in %d files, and belongs in one: %q", row.what, len(names), names)
		}
	}
}

// sources parses the module's files that are no tests, by their path below it.
func sources(t *testing.T) map[string]*ast.File {
	t.Helper()
	const root = ".."
	files := map[string]*ast.File{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && file != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata"):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		files[filepath.ToSlash(name)], err = parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func matches(pattern, name string) bool {
	ok, _ := path.Match(pattern, name) // the patterns are ours
	return ok
}

// ourImport gives an import's path below the module, if it is one of ours.
func ourImport(spec *ast.ImportSpec) (below string, ours bool) {
	imported, _ := strconv.Unquote(spec.Path.Value) // the parser has read it
	if imported == modulePath {
		return ".", true
	}
	return strings.CutPrefix(imported, modulePath+"/")
}

func imports(f *ast.File, imported string) bool {
	return slices.ContainsFunc(f.Imports, func(spec *ast.ImportSpec) bool { return spec.Path.Value == strconv.Quote(imported) })
}

// selects reports whether the file has one of the names of pkg, called or not.
func selects(f *ast.File, pkg string, names ...string) bool {
	found := false
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && slices.Contains(names, s.Sel.Name) {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == pkg {
				found = true
			}
		}
		return !found
	})
	return found && imports(f, pkg)
}

// What the relay's own code does not mention it cannot read.

package orchestrator_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenshell/orchestrator"
)

// letterWords are what the letter is called; the relay's code has none of them,
// and nothing that would give it the letter under another name.
var (
	letterWords = []string{"constraints", "sealed"}
	letterPaths = []string{"Claims.Payload", "Peek"} // the claims as they were signed
)

// peekers are who may take a token apart unverified, and what for.
var peekers = []string{"relay.go: Peek"} // with relay-records-last left out, to show what happens

// The source never says it: no name, no text.
func TestTheRelayNeverMentionsTheLetter(t *testing.T) {
	files := token.NewFileSet()
	var parsed []*ast.File
	for _, path := range sources(t) {
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, file)
		ast.Inspect(file, func(n ast.Node) bool {
			text := ""
			switch n := n.(type) {
			case *ast.Ident:
				text = n.Name
			case *ast.BasicLit:
				text = n.Value
			}
			for _, word := range letterWords {
				if strings.Contains(strings.ToLower(text), word) {
					t.Errorf("%s: %s", files.Position(n.Pos()), text)
				}
			}
			return true
		})
	}
	if len(parsed) < 5 {
		t.Fatalf("only %d files: they are looked for in the wrong place", len(parsed))
	}
	t.Run("types", func(t *testing.T) { checkUses(t, files, parsed) })
}

func sources(t *testing.T) []string {
	t.Helper()
	paths, err := goFiles(".")
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

// goFiles gives a package's files, tests aside.
func goFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	var paths []string
	for _, entry := range entries {
		if name := entry.Name(); filepath.Ext(name) == ".go" && !strings.HasSuffix(name, "_test.go") {
			paths = append(paths, filepath.Join(dir, name))
		}
	}
	return paths, err
}

// onlyTokens imports package tokens from its sources, and nothing of others:
// their names are not looked for.
type onlyTokens struct{ files *token.FileSet }

// Import imports.
func (o onlyTokens) Import(path string) (*types.Package, error) {
	if path != "tokenshell/tokens" {
		empty := types.NewPackage(path, filepath.Base(path))
		empty.MarkComplete()
		return empty, nil
	}
	paths, err := goFiles("../tokens")
	if err != nil {
		return nil, err
	}
	var parsed []*ast.File
	for _, path := range paths {
		file, err := parser.ParseFile(o.files, path, nil, 0)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, file)
	}
	config := types.Config{Importer: o, Error: func(error) {}}
	pkg, _ := config.Check(path, o.files, parsed, nil)
	return pkg, nil
}

// checkUses asks the type checker what each name stands for: a field or method
// of the claims that gives the letter away, under whatever alias.
func checkUses(t *testing.T, files *token.FileSet, parsed []*ast.File) {
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: onlyTokens{files}, Error: func(error) {}} // of what it has no sources for
	_, _ = config.Check("tokenshell/orchestrator", files, parsed, info)
	read := map[string]bool{}
	var peeks []string
	for id, object := range info.Uses {
		if object.Pkg() == nil || object.Pkg().Path() != "tokenshell/tokens" {
			continue
		}
		where := filepath.Base(files.Position(id.Pos()).Filename) + ": " + id.Name
		switch object := object.(type) {
		case *types.Var:
			if object.IsField() {
				read[id.Name] = true
			}
		case *types.Func:
			if slices.ContainsFunc(letterPaths, func(path string) bool { return strings.HasSuffix(path, id.Name) }) {
				peeks = append(peeks, where)
			}
		}
	}
	for _, name := range []string{"Constraints", "Sealed", "Payload", "Header"} {
		if read[name] {
			t.Errorf("the relay reads %s", name)
		}
	}
	if !read["Order"] || !read["Capabilities"] {
		t.Errorf("the relay reads %v: the search finds nothing", read)
	}
	if diff := cmp.Diff(peekers, peeks); diff != "" {
		t.Errorf("who takes a token apart (-listed +found):\n%s", diff)
	}
}

// The relay keeps nothing of the letter but the token itself, and that only for
// as long as it may have to forward it.
func TestTheRelayKeepsNoLetter(t *testing.T) {
	states := map[string]orchestrator.Snapshot{}
	for name, constraints := range map[string]string{"plain": `{}`, "rich": `{"amount":"80.00","sub":"user_456","capabilities":["payments:capture"]}`} {
		s := newStage(t)
		for i, service := range names {
			claims := claimsOf(service, []string{"c1", "p1", "y1"}[i], s.clock.Now())
			claims.Constraints = []byte(constraints)
			if name == "rich" {
				claims.Sealed = []byte("a.letter.that.nobody.reads")
			}
			if _, err := s.relay.Relay(background, "op_1", signed(t, claims)); err != nil {
				t.Fatal(err)
			}
		}
		states[name] = s.redeem()
		if strings.Contains(s.log.String(), "80.00") || strings.Contains(s.log.String(), "a.letter") {
			t.Errorf("the log holds the letter:\n%s", s.log.String())
		}
	}
	if diff := cmp.Diff(states["plain"], states["rich"]); diff != "" {
		t.Errorf("(-plain +rich):\n%s", diff)
	}
	if states["rich"].State != orchestrator.Completed {
		t.Errorf("the session is %s", states["rich"].State)
	}
}

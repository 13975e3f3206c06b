// The unsafe constructor: who may leave rules out, and how.

package shell

import (
	"go/ast"
	goparser "go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

// Who makes a world that leaves rules out, tests aside. Whoever adds a line says
// why in its commit.
var (
	unsafeCallers = []string{"shell/internal/world/weak.go"} // of tokens.UnsafeWithout: it is world.Without

	// Of world.Without; the others have a field of that name, and make nothing.
	weakeners = []string{
		"shell/internal/explore/checkpoint.go", "shell/internal/explore/covered.go", "shell/internal/explore/search.go", "shell/internal/explore/verb.go", "shell/internal/prompt/live.go", "shell/internal/record/verb.go", "shell/internal/runs/flags.go", "shell/internal/runs/frame.go",
		"shell/internal/runs/run.go", "shell/internal/runs/written.go", "shell/internal/scenario/outcome.go", "shell/internal/scenario/runner.go",
		"shell/internal/scenario/scenario.go", "shell/internal/shelltest/weak.go", "shell/internal/target/verb.go", "shell/internal/verbs/help.go",
		"shell/internal/world/weak.go", "shell/main.go", "tokens/weakness.go",
	}

	// Of Weaken: the relay and the issuers have one, which only world.Weaken calls, and that what sets the option. Of
	// world.BeWithout: what makes a world that somebody has asked for in so many words.
	leavers = []string{"shell/internal/interp/options.go", "shell/internal/world/weak.go"}
	bearers = []string{"shell/internal/record/recording.go", "shell/internal/scenario/scenario.go", "shell/main.go"}

	// Of world.BuildWeak; world.go without a weakness.
	weakBuilders = []string{
		"shell/internal/evidence/play.go", "shell/internal/shelltest/weak.go", "shell/internal/stage/stage.go", "shell/internal/target/stock.go", "shell/internal/world/world.go",
	}

	weakVerbs = []string{"attack run", "explore"} // that take --without
)

func TestUnsafeWithoutHasFewCallers(t *testing.T) {
	if diff := cmp.Diff(unsafeCallers, usersOf(t, "UnsafeWithout")); diff != "" {
		t.Errorf("callers of tokens.UnsafeWithout (-listed +found):\n%s", diff)
	}
	if diff := cmp.Diff(weakeners, usersOf(t, "Without")); diff != "" {
		t.Errorf("users of world.Without (-listed +found):\n%s", diff)
	}
	if diff := cmp.Diff(bearers, usersOf(t, "BeWithout")); diff != "" {
		t.Errorf("callers of world.BeWithout (-listed +found):\n%s", diff)
	}
	if diff := cmp.Diff(leavers, usersOf(t, "Weaken")); diff != "" {
		t.Errorf("callers of Weaken (-listed +found):\n%s", diff)
	}
	if diff := cmp.Diff(weakBuilders, usersOf(t, "BuildWeak")); diff != "" {
		t.Errorf("callers of world.BuildWeak (-listed +found):\n%s", diff)
	}
}

// usersOf lists the files of the module, tests aside, that use a name which
// another declaration gives: by itself or behind a package, called or not.
func usersOf(t *testing.T, name string) []string {
	t.Helper()
	var users []string
	root := shelltest.Root(t)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := goparser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		if uses(file, name) {
			rel, err := filepath.Rel(root, path)
			users = append(users, filepath.ToSlash(rel))
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return users
}

// uses reports whether a file has the name anywhere but where it is declared.
func uses(file *ast.File, name string) bool {
	declared := map[*ast.Ident]bool{}
	found := false
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			declared[n.Name] = true
		case *ast.Ident:
			found = found || n.Name == name && !declared[n]
		}
		return true
	})
	return found
}

// runnable gives every verb that runs.
func runnable(node *kong.Node) []*kong.Node {
	if len(node.Children) == 0 {
		return []*kong.Node{node}
	}
	var all []*kong.Node
	for _, child := range node.Children {
		all = append(all, runnable(child)...)
	}
	return all
}

func TestFewVerbsTakeWithout(t *testing.T) {
	p, err := shelltest.Language().Parser()
	if err != nil {
		t.Fatal(err)
	}
	s := shelltest.New(t, 1)
	var takers, documented []string
	for _, node := range runnable(p.Root()) {
		path := interp.VerbPath(node)
		for _, group := range node.AllFlags(false) {
			if slices.ContainsFunc(group, func(f *kong.Flag) bool { return f.Name == "without" || slices.Contains(f.Aliases, "without") }) {
				takers = append(takers, path)
			}
		}
		if strings.Contains(shelltest.Do(t, s, "help "+path), "--without") {
			documented = append(documented, path)
		}
	}
	slices.Sort(takers)
	slices.Sort(documented)
	if diff := cmp.Diff(weakVerbs, takers); diff != "" {
		t.Errorf("verbs with --without (-listed +found):\n%s", diff)
	}
	if diff := cmp.Diff(weakVerbs, documented); diff != "" {
		t.Errorf("verbs whose help has --without (-listed +found):\n%s", diff)
	}
}

// Of the command line the process itself takes it, and of set one option. Both say
// so wherever they are shown.
func TestNothingElseLeavesRulesOut(t *testing.T) {
	p, err := kong.New(&process{}, kong.Name("tokenshell"), kong.NoDefaultHelp())
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range append(runnable(p.Model.Node), p.Model.Node) {
		for _, group := range node.AllFlags(false) {
			for _, flag := range group {
				if flag.Name == "without" && node != p.Model.Node && !slices.Contains(p.Model.Node.Flags, flag) {
					t.Errorf("tokenshell %s takes --without", node.Name)
				}
			}
		}
	}
	for _, row := range interp.OptionRows() {
		for _, rule := range world.WeaknessNames() {
			if strings.Contains(row.Name+row.Values, rule) {
				t.Errorf("set %s leaves %s out", row.Name, rule)
			}
		}
	}
}

package interp_test

import (
	"fmt"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/shelltest"
)

// nodes writes down all that a line can be of a verb, and how it is treated.
func nodes(n *kong.Node) (all []string) {
	all = append(all, fmt.Sprint(interp.VerbPath(n), n.Aliases, n.Help, n.DefaultCmd != nil))
	for _, tag := range []string{"alone", "looks", "matters", "unwatched", "unrecorded", "hostile", "leaves", "seed", "complete", "example", "group"} {
		all = append(all, fmt.Sprint(n.Tag.Has(tag), n.Tag.Get(tag)))
	}
	for _, group := range n.AllFlags(false) {
		for _, f := range group {
			all = append(all, fmt.Sprint(interp.SpelledFlag(f), f.Default, f.Enum, f.Help))
		}
	}
	for _, p := range n.Positional {
		all = append(all, fmt.Sprint(p.Summary(), p.Passthrough, p.Default))
	}
	for _, child := range n.Children {
		all = append(all, nodes(child)...)
	}
	return all
}

// Whatever a line begins with, the parser of that alone knows of it what the parser
// of everything does, and of nothing else.
func TestALeanParserKnowsItsVerb(t *testing.T) {
	l := shelltest.Language()
	whole, err := l.Parser()
	if err != nil {
		t.Fatal(err)
	}
	defer l.Done(whole)
	var names []string
	for _, node := range whole.Root().Children {
		names = append(append(names, node.Name), node.Aliases...)
	}
	if diff := cmp.Diff(names, l.VerbNames()); diff != "" {
		t.Errorf("its verbs are (-those of the whole parser +those of its fields):\n%s", diff)
	}
	for _, name := range names {
		p, err := l.For([]string{name})
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Root().Children) != 1 {
			t.Errorf("%s: %d verbs", name, len(p.Root().Children))
			continue
		}
		lean, full := fmt.Sprint(nodes(p.Root().Children[0])), fmt.Sprint(nodes(whole.Child(whole.Root(), name)))
		if lean != full {
			t.Errorf("%s:\n%s\nand not\n%s", name, lean, full)
		}
		l.Done(p)
		if again, _ := l.For([]string{name}); again != p {
			t.Errorf("%s: it is made anew", name)
		}
	}
	for _, words := range [][]string{nil, {"nope"}, {"points", "--help"}, {"globals"}, {"plugins"}} {
		p, err := l.For(words)
		if err != nil || len(p.Root().Children) < 10 {
			t.Errorf("%q is for the parser of everything: %v", words, err)
		}
		l.Done(p)
	}
}

// Command: a verb as the process's own arguments, and help behind any command.

package shell

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/verbs"
	"tokenshell/shell/internal/world"
)

// ofWorld are the process's flags that say in which world a verb runs: they may
// stand behind it, unless it has one of that name itself.
var ofWorld = []string{"world", "target", "seed", "state", "without"}

// verbOf takes a verb and its words from the process's arguments; nil when there
// is none. What is left are the process's own.
func verbOf(root *kong.Node, args []string) (own, words []string) {
	at := firstWord(root, args)
	if at == len(args) || isCommand(args[at]) {
		return args, nil
	}
	l := spoken(args)
	p, err := l.For(args[at:])
	if err != nil {
		return args, nil // whoever needs one says so
	}
	defer l.Done(p)
	node, used := p.Find(args[at:])
	if used == 0 && args[at] != "!" {
		return args, nil
	}
	own = slices.Clone(args[:at])
	for i := at; i < len(args); i++ {
		name, _, joined := strings.Cut(strings.TrimPrefix(args[i], "--"), "=")
		if !strings.HasPrefix(args[i], "--") || !slices.Contains(ofWorld, name) || takes(node, name) {
			words = append(words, args[i])
			continue
		}
		own = append(own, args[i])
		if !joined && i+1 < len(args) {
			i++
			own = append(own, args[i])
		}
	}
	return own, words
}

// spoken gives the language of the world that the arguments name, if they name one
// that can be read.
func spoken(args []string) *interp.Language {
	l, path := language(), ""
	for i, arg := range args {
		if joined, is := strings.CutPrefix(arg, "--world="); is {
			path = joined
		} else if arg == "--world" && i+1 < len(args) {
			path = args[i+1]
		}
	}
	if path == "" {
		return l
	}
	plan, err := world.Read(l.Kinds, path)
	if err != nil {
		return l // whoever makes the world says why
	}
	return l.In(plan)
}

// takes reports whether a verb, or one below it, has a flag of its own of a name.
func takes(node *kong.Node, name string) bool {
	return slices.ContainsFunc(interp.Leaves(node), func(leaf *kong.Node) bool {
		return name == "seed" && leaf.Tag.Has("seed") || interp.TakesVerb(leaf) ||
			slices.ContainsFunc(leaf.Flags, func(f *kong.Flag) bool { return f.Name == name })
	})
}

// firstWord finds the first argument that is neither a flag nor a flag's value.
func firstWord(root *kong.Node, args []string) int {
	for i := 0; i < len(args); i++ {
		name, isFlag := strings.CutPrefix(args[i], "-")
		if !isFlag || name == "" {
			return i
		}
		for _, f := range root.Flags {
			if !f.IsBool() && (args[i] == "--"+f.Name || f.Short != 0 && args[i] == "-"+string(f.Short)) {
				i++
				break
			}
		}
	}
	return len(args)
}

// helpOn explains the process, or the command that the arguments begin with.
func helpOn(root *kong.Node, args []string, out *answer.Out) error {
	at := slices.IndexFunc(root.Children, func(c *kong.Node) bool { return slices.Contains(args, c.Name) && !c.Hidden })
	if at < 0 {
		return out.Show(nil, func(w *page.Page) { printUsage(w, root) })
	}
	command := root.Children[at]
	l := language()
	if at := slices.IndexFunc(l.Topics, func(t interp.Topic) bool { return t.Name == command.Name }); at >= 0 {
		return verbs.Topic(l, l.Topics[at], out)
	}
	return out.Show(map[string]string{"topic": command.Name, "what": command.Help}, func(w *page.Page) {
		fmt.Fprintf(w, "tokenshell %s\n\n%s\n", strings.TrimSpace(command.Name+" "+strings.Join(interp.ToCome(command, 0, nil), " ")), command.Help)
	})
}

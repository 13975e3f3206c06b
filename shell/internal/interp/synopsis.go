// Synopsis: a verb and its arguments as a person reads them.

package interp

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Leaves gives the runnable verbs below a node.
func Leaves(node *kong.Node) []*kong.Node {
	if len(node.Children) == 0 {
		return []*kong.Node{node}
	}
	var all []*kong.Node
	for _, child := range node.Children {
		all = append(all, Leaves(child)...)
	}
	return all
}

// Example gives a verb's example: a line, or several with semicolons between.
func Example(node *kong.Node) string { return node.Tag.Get("example") }

// VerbPath gives a node's words: "coupon confirm".
func VerbPath(node *kong.Node) string {
	if node.Parent == nil || node.Type == kong.ApplicationNode {
		return ""
	}
	if node.Parent.DefaultCmd == node {
		return VerbPath(node.Parent)
	}
	return strings.TrimSpace(VerbPath(node.Parent) + " " + node.Name)
}

// Synopsis gives a verb with its arguments: "coupon confirm CODE [--name HANDLE]".
func Synopsis(node *kong.Node) string {
	if len(node.Children) > 0 {
		var names []string
		for _, child := range node.Children {
			if child != node.DefaultCmd {
				names = append(names, child.Name)
			}
		}
		text := VerbPath(node) + " " + strings.Join(names, "|")
		if node.DefaultCmd != nil {
			text = Synopsis(node.DefaultCmd) + " | " + text
		}
		return text
	}
	return strings.Join(append([]string{VerbPath(node)}, ToCome(node, 0, nil)...), " ")
}

// ToCome gives what may still stand behind a verb, when so many values and these
// flags stand there already.
func ToCome(node *kong.Node, values int, given []*kong.Flag) []string {
	var parts []string
	for i, p := range node.Positional {
		if i >= values || p.IsCumulative() {
			parts = append(parts, argumentText(p))
		}
	}
	n := len(parts)
	for _, f := range node.Flags {
		if f.Hidden {
			continue
		}
		either := eitherOf(node, f)
		if slices.ContainsFunc(either, func(other *kong.Flag) bool { return slices.Contains(given, other) }) && !f.IsCumulative() || f != either[0] {
			continue
		}
		texts := make([]string, len(either))
		for i, other := range either {
			texts[i] = flagText(other)
		}
		parts = append(parts, optional(strings.Join(texts, " | "), !f.Required))
	}
	if node.Tag.Has("seed") && !slices.ContainsFunc(given, func(f *kong.Flag) bool { return f.Name == "seed" }) {
		parts = append(parts, "[--seed N]")
	}
	if TakesVerb(node) { // what stands behind a verb is the verb's
		verb := parts[n-1]
		parts = append(slices.Delete(parts, n-1, n), verb)
	}
	return parts
}

// argumentText gives an argument as synopsis shows it: CODE, [TOKEN…].
func argumentText(p *kong.Positional) string {
	text := ArgumentPlace(p)
	if p.IsCumulative() {
		text += "…"
	}
	return optional(text, !p.Required && !p.Tag.Has("needed"))
}

// ArgumentPlace gives what stands for an argument: CODE, PARTY.STEP.
func ArgumentPlace(p *kong.Positional) string {
	if p.Tag.PlaceHolder != "" {
		return p.Tag.PlaceHolder
	}
	return strings.ToUpper(p.Name)
}

// eitherOf gives the flags of which only one may be given: a flag and those that
// exclude it, in their order.
func eitherOf(node *kong.Node, flag *kong.Flag) []*kong.Flag {
	var all []*kong.Flag
	for _, f := range node.Flags {
		if f == flag || slices.ContainsFunc(f.Xor, func(group string) bool { return slices.Contains(flag.Xor, group) }) {
			all = append(all, f)
		}
	}
	return all
}

// flagText gives a flag as synopsis shows it, whether or not it may be left out.
func flagText(f *kong.Flag) string {
	text := "--" + f.Name
	if !f.IsBool() {
		text += " " + FlagPlace(f)
	}
	if f.IsCumulative() {
		text += "…"
	}
	return text
}

func optional(text string, is bool) string {
	if is {
		return "[" + text + "]"
	}
	return text
}

// FlagPlace gives what stands for a flag's value: M, FILE.
func FlagPlace(f *kong.Flag) string {
	if f.PlaceHolder != "" {
		return f.PlaceHolder
	}
	return strings.ToUpper(f.Name)
}

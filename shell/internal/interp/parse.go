// Parsing: words become a verb and its arguments.

package interp

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"tokenshell/shell/internal/exit"
)

// Parser is a kong parser and the flags that it fills beside a verb's own.
type Parser struct {
	flags *Globals
	kong  *kong.Kong
}

// Root gives the grammar's root.
func (p *Parser) Root() *kong.Node { return p.kong.Model.Node }

// parse reads a verb's words. Flags may stand anywhere, and a word like -5 is a
// value, so the words are put in kong's order first.
func (p *Parser) parse(words []string) (*kong.Context, error) {
	node, used := p.Find(words)
	if node == p.kong.Model.Node {
		return nil, p.unknownVerb(words[0])
	}
	if wantsHelp(node, words[used:]) {
		words, used = append([]string{"help"}, words[:used]...), 1
		node = p.Child(p.kong.Model.Node, "help")
	}
	path := slices.Clone(words[:used])
	if node.DefaultCmd != nil {
		node = node.DefaultCmd
		path = append(path, node.Name)
	}
	args := append(path, arrange(node, words[used:])...)
	parsed, err := p.fill(args)
	if err != nil {
		var wrong *exit.UsageError
		if errors.As(err, &wrong) {
			return nil, err
		}
		return nil, exit.Usage(Synopsis(node), "%s: %s", VerbPath(node), plainly(err, words[used:]))
	}
	return parsed, nil
}

var (
	missingArguments = regexp.MustCompile(`^expected "(<.+)"$`)
	missingValue     = regexp.MustCompile(`^(--[a-z-]+|-[a-z]): expected .* value but got `)
)

// plainly says in this language's words what kong says in its own.
func plainly(err error, words []string) string {
	text := err.Error()
	if m := missingArguments.FindStringSubmatch(text); m != nil {
		names := strings.FieldsFunc(m[1], func(r rune) bool { return r == '<' || r == '>' || r == ' ' || r == '.' })
		for i := range names {
			names[i] = strings.ToUpper(names[i])
		}
		return strings.Join(names, " and ") + map[bool]string{true: " is missing", false: " are missing"}[len(names) == 1]
	}
	if m := missingValue.FindStringSubmatch(text); m != nil && len(words) > 0 && words[len(words)-1] == m[1] {
		return m[1] + " wants a value"
	}
	return text
}

// fill is kong's Parse without its hooks, which no verb has and which are most
// of its cost.
func (p *Parser) fill(args []string) (*kong.Context, error) {
	forget(p.kong.Model.Node)
	parsed, err := kong.Trace(p.kong, args)
	if err == nil {
		err = parsed.Error
	}
	for _, step := range []func() error{
		func() error { return parsed.Reset() },
		func() error { return parsed.Resolve() },
		func() error { _, err := parsed.Apply(); return err },
		func() error { return parsed.Validate() },
	} {
		if err == nil {
			err = step()
		}
	}
	return parsed, err
}

// forget clears what kong remembers of the line before: its Reset sets values
// back, and leaves that they were set.
func forget(node *kong.Node) {
	node.Active = false
	for _, p := range node.Positional {
		p.Set, p.Active = false, false
	}
	for _, f := range node.Flags {
		f.Set, f.Active = false, false
	}
	for _, child := range node.Children {
		forget(child)
	}
}

// wantsHelp reports whether help is asked for: anywhere, but not after a verb
// that takes another verb, which it may be about.
func wantsHelp(node *kong.Node, words []string) bool {
	if TakesVerb(node) {
		words = words[:min(1, len(words))]
	}
	return slices.Contains(words, "--help") || slices.Contains(words, "-h")
}

// Find follows the words down the grammar: the node and how many words led to it.
func (p *Parser) Find(words []string) (node *kong.Node, used int) {
	node = p.kong.Model.Node
	for used < len(words) {
		child := p.Child(node, words[used])
		if child == nil {
			break
		}
		node = child
		used++
	}
	return node, used
}

// Child gives the child of a node; nil when there is none of that name.
func (p *Parser) Child(node *kong.Node, name string) *kong.Node {
	at := slices.IndexFunc(node.Children, func(c *kong.Node) bool { return c.Name == name })
	if at < 0 {
		return nil
	}
	return node.Children[at]
}

func (p *Parser) unknownVerb(word string) error {
	var names []string
	for _, child := range p.kong.Model.Children {
		names = append(names, child.Name)
	}
	return exit.Usage(exit.Meant(word, names, "help lists the verbs"), "there is no verb %q", word)
}

// TakesVerb reports whether the node's last argument is a verb with its own
// words, which are not ours to arrange.
func TakesVerb(node *kong.Node) bool {
	n := len(node.Positional)
	return n > 0 && node.Positional[n-1].Passthrough
}

// arrange puts flags before values and joins each with its own value.
func arrange(node *kong.Node, words []string) []string {
	needsValue, known := map[string]bool{}, map[string]bool{}
	for _, group := range node.AllFlags(false) {
		for _, flag := range group {
			needsValue["--"+flag.Name], known["--"+flag.Name] = !flag.IsBool(), true
			if flag.Short != 0 {
				needsValue["-"+string(flag.Short)], known["-"+string(flag.Short)] = !flag.IsBool(), true
			}
		}
	}
	var flags, values []string
	for i := 0; i < len(words); i++ {
		word := words[i]
		switch {
		case TakesVerb(node) && len(values) == len(node.Positional)-1 && !known[word]: // the verb begins
			return slices.Concat(flags, values, words[i:])
		case word == "--":
			values = append(values, words[i+1:]...)
			i = len(words)
		case len(word) < 2 || word[0] != '-' || IsNumber(word[1:]):
			values = append(values, word)
		case needsValue[word] && i+1 < len(words):
			i++
			if strings.HasPrefix(word, "--") {
				flags = append(flags, word+"="+words[i])
			} else {
				flags = append(flags, word+words[i])
			}
		default:
			flags = append(flags, word)
		}
	}
	return append(append(flags, "--"), values...)
}

// IsNumber reports whether text, behind a minus, is a number: "5" or ".5".
func IsNumber(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r >= '0' && r <= '9' }) == 0 ||
		len(text) > 1 && text[0] == '.' && text[1] >= '0' && text[1] <= '9'
}

// VerbIs reports whether the verb that words begin with has a tag, or the
// family that it belongs to has it.
func (p *Parser) VerbIs(words []string, tag string) bool {
	node, _ := p.Find(words)
	for ; node != nil; node = node.Parent {
		if node.Tag != nil && node.Tag.Has(tag) {
			return true
		}
	}
	return false
}

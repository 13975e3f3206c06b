// Parsing: words become a verb and its arguments.

package interp

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/alecthomas/kong"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/page"
)

// Parser is a kong parser and the flags that it fills beside a verb's own.
type Parser struct {
	flags *Globals
	kong  *kong.Kong
	of    string // how all lines begin that it can read; empty for any line
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
	if len(node.Children) > 0 && node.DefaultCmd == nil {
		if err := p.unchosen(node, words[used:]); err != nil {
			return nil, err
		}
	}
	path := slices.Clone(words[:used])
	if node.DefaultCmd != nil {
		node = node.DefaultCmd
		path = append(path, node.Name)
	}
	args := append(path, Arrange(node, words[used:])...)
	parsed, err := p.fill(args)
	if err != nil {
		var wrong *exit.UsageError
		if errors.As(err, &wrong) {
			return nil, err
		}
		if near := nearChild(node.Parent, words[used:]); node == node.Parent.DefaultCmd && near != "" {
			return nil, UnknownChild(node.Parent, words[used])
		}
		return nil, exit.Usage(hintFor(node, words), "%s: %s", VerbPath(node), asPlaced(node, Plainly(err, words[used:])))
	}
	return parsed, nil
}

// hintFor says how a verb is written. Who writes on as in a system's shell learns
// where that goes.
func hintFor(node *kong.Node, words []string) string {
	if slices.ContainsFunc(words, func(w string) bool { return slices.Contains([]string{"|", ">", ">>", "<", "&&", "||", "&"}, w) }) {
		return "a line is one verb: your system's shell has pipes and files, as in tokenshell -c '" + VerbPath(node) + "' | less; --jq EXPR filters here"
	}
	return Synopsis(node)
}

var (
	missingArguments = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^expected "(<.+)"$`) })
	missingFlags     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^missing flags: (.+)$`) })
	wrongArgument    = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^<([a-z-]+)>: `) })
	missingValue     = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(--[a-z-]+|-[a-z]): (?:expected .* value but got |missing value, expecting )`)
	})
	wrongNumber = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(?:(--[a-z-]+)|[a-z-]*(?:: )?\[?<([a-z-]+)>\]?): expected a valid 64 bit (u?)int but got (".*")$`)
	})
	notNegative = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(--[a-z-]+): expected uint value but got ("-[^"]*")`)
	})
	wrongDuration = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(--[a-z-]+): expected duration but got (".*"): time: `)
	})
	wrongChoice = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^(--[a-z-]+|<[a-z-]+>) must be one of ((?:"[^"]+",?)+?)(?:,"")? but got (".*")$`)
	})
)

// Plainly says in this language's words what kong says in its own.
func Plainly(err error, words []string) string {
	text := err.Error()
	if m := wrongNumber().FindStringSubmatch(text); m != nil {
		return m[1] + strings.ToUpper(m[2]) + " wants a whole number" + map[bool]string{true: " from 0"}[m[3] != ""] + ", and not " + m[4]
	}
	if m := notNegative().FindStringSubmatch(text); m != nil {
		return m[1] + " wants a whole number from 0, and not " + m[2]
	}
	if m := wrongDuration().FindStringSubmatch(text); m != nil {
		return m[1] + ": " + m[2] + " is not a duration: write one such as 90s or 1h30m"
	}
	if m := wrongChoice().FindStringSubmatch(text); m != nil {
		what := m[1]
		if argument, is := strings.CutPrefix(what, "<"); is {
			what = strings.ToUpper(strings.TrimSuffix(argument, ">"))
		}
		return what + " is one of " + strings.ReplaceAll(strings.ReplaceAll(m[2], `","`, ", "), `"`, "") + ", and not " + m[3]
	}
	if m := missingArguments().FindStringSubmatch(text); m != nil {
		names := strings.FieldsFunc(m[1], func(r rune) bool { return r == '<' || r == '>' || r == ' ' || r == '.' })
		for i := range names {
			names[i] = strings.ToUpper(names[i])
		}
		return missing(names)
	}
	if m := missingValue().FindStringSubmatch(text); m != nil && len(words) > 0 && (words[len(words)-1] == m[1] || isNone(text[len(m[0]):])) {
		return m[1] + " wants a value"
	}
	if m := missingFlags().FindStringSubmatch(text); m != nil {
		return missing(strings.Split(strings.ReplaceAll(m[1], "=", " "), ", "))
	}
	if m := wrongArgument().FindStringSubmatch(text); m != nil {
		return strings.ToUpper(m[1]) + ": " + strings.TrimPrefix(text, m[0])
	}
	return text
}

func missing(names []string) string {
	return strings.Join(names, " and ") + map[bool]string{true: " is missing", false: " are missing"}[len(names) == 1]
}

// asPlaced names arguments that are missing as the synopsis does.
func asPlaced(node *kong.Node, text string) string {
	at := max(strings.Index(text, " is missing"), strings.Index(text, " are missing"))
	if at < 0 {
		return text
	}
	names := strings.Split(text[:at], " and ")
	for i, name := range names {
		for _, p := range node.Positional {
			if strings.ToUpper(p.Name) == name {
				names[i] = ArgumentPlace(p)
			}
		}
	}
	return strings.Join(names, " and ") + text[at:]
}

// isNone reports whether what kong found in the place of a value is where values or
// words end.
func isNone(found string) bool {
	return slices.ContainsFunc([]string{`"--" (`, `"EOL" (`, `"<arg>`}, func(none string) bool { return strings.HasPrefix(found, none) })
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
	at := slices.IndexFunc(node.Children, func(c *kong.Node) bool { return c.Name == name || slices.Contains(c.Aliases, name) })
	if at < 0 {
		return nil
	}
	return node.Children[at]
}

func (p *Parser) unknownVerb(word string) error {
	if word == "?" {
		return exit.Usage("help lists the verbs, help VERB explains one", "a ? is not for help: in a script it begins a line that may fail")
	}
	return exit.Usage(p.Meant(word, nil, "help lists the verbs"), "there is no verb %q", word)
}

// Meant gives a hint for a word that names no verb, nor any of some other topics:
// the nearest of them, or verbs of families that end with such a word.
func (p *Parser) Meant(word string, others []string, otherwise string) string {
	word = strings.ToLower(word)
	names, below, paths := others, []string{}, map[string][]string{}
	for _, child := range p.Root().Children {
		names = append(names, child.Name)
		for _, verb := range child.Children {
			if verb != child.DefaultCmd {
				below = append(below, verb.Name)
				paths[verb.Name] = append(paths[verb.Name], VerbPath(verb))
			}
		}
	}
	family := exit.Nearest(word, names)
	if below := exit.Nearest(word, below); below != "" && family != word && (paths[word] != nil || family == "") {
		all := paths[below]
		if family != "" && strings.TrimSuffix(word, "s") == family { // coupons, for coupon
			all = append([]string{family}, all...)
		}
		return "did you mean " + page.Some(all) + "?"
	}
	return exit.Meant(word, names, otherwise)
}

// unchosen says that words do not choose a verb of a family; nil when they do.
// Global flags may stand before it, and a verb's own may not.
func (p *Parser) unchosen(family *kong.Node, words []string) error {
	needsValue, _ := flagsOf(Leaves(family)...)
	_, global := flagsOf(p.Root())
	early := false
	for i := 0; i < len(words); i++ {
		word := words[i]
		switch flag, _, _ := strings.Cut(word, "="); {
		case strings.HasPrefix(word, "-") && len(word) > 1:
			early = early || !global[flag] && !global[flag[:min(2, len(flag))]]
			if needsValue[word] {
				i++
			}
		case p.Child(family, word) == nil:
			return UnknownChild(family, word)
		case early:
			child := p.Child(family, word)
			return exit.Usage(Synopsis(child), "the flags of %s come behind it", VerbPath(child))
		default:
			return nil
		}
	}
	names := childNames(family)
	last := len(names) - 1
	either := names[last]
	if last > 0 {
		either = strings.Join(names[:last], ", ") + " or " + either
	}
	return exit.Usage(Synopsis(family), "%s wants %s behind it", VerbPath(family), either)
}

// UnknownChild says that a family has no verb of this name, and which it may be.
func UnknownChild(family *kong.Node, word string) error {
	hint := exit.Meant(strings.ToLower(word), childNames(family), Synopsis(family))
	return exit.Usage(hint, "there is no verb %q", VerbPath(family)+" "+word)
}

// nearChild gives the verb of a family that the first word probably was to be;
// empty when there is none.
func nearChild(family *kong.Node, words []string) string {
	if family == nil || len(words) == 0 {
		return ""
	}
	return exit.Nearest(strings.ToLower(words[0]), childNames(family))
}

// childNames gives the names of a family's verbs.
func childNames(family *kong.Node) []string {
	var names []string
	for _, child := range family.Children {
		if child != family.DefaultCmd {
			names = append(names, child.Name)
		}
	}
	return names
}

// TakesVerb reports whether the node's last argument is a verb with its own
// words, which are not ours to arrange.
func TakesVerb(node *kong.Node) bool {
	n := len(node.Positional)
	return n > 0 && node.Positional[n-1].Passthrough
}

// Perhaps is a flag that takes a NAME=VALUE behind it, or none.
type Perhaps struct {
	Bare   bool // it stands there without one
	Values []string
}

// IsBool says that the flag may stand alone.
func (p *Perhaps) IsBool() bool { return true }

// Decode reads the flag.
func (p *Perhaps) Decode(ctx *kong.DecodeContext) error {
	if ctx.Scan.Peek().Type != kong.FlagValueToken {
		p.Bare = true
		return nil
	}
	p.Values = append(p.Values, ctx.Scan.Pop().String())
	return nil
}

// mayTake reports whether a word is such a flag.
func mayTake(node *kong.Node, word string) bool {
	return slices.ContainsFunc(node.Flags, func(f *kong.Flag) bool {
		_, perhaps := f.Target.Addr().Interface().(*Perhaps)
		return perhaps && word == "--"+f.Name
	})
}

// Arrange puts flags before values and joins each with its own value.
func Arrange(node *kong.Node, words []string) []string {
	needsValue, known := flagsOf(node)
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
		case i+1 < len(words) && (needsValue[word] || strings.Contains(words[i+1], "=") && words[i+1][0] != '-' && mayTake(node, word)):
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

// flagsOf gives the flags that nodes know, and which of them want a value.
func flagsOf(nodes ...*kong.Node) (needsValue, known map[string]bool) {
	needsValue, known = map[string]bool{}, map[string]bool{}
	for _, node := range nodes {
		for _, group := range node.AllFlags(false) {
			for _, flag := range group {
				needsValue["--"+flag.Name], known["--"+flag.Name] = !flag.IsBool(), true
				if flag.Short != 0 {
					needsValue["-"+string(flag.Short)], known["-"+string(flag.Short)] = !flag.IsBool(), true
				}
			}
		}
	}
	return needsValue, known
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

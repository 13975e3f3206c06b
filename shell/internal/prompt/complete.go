// Completion: what could stand at the cursor, from the grammar and the world.

package prompt

import (
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"tokenshell/shell/internal/interp"
	"tokenshell/shell/lineedit"
)

// completer completes lines for one shell, with a parser of its own.
type completer struct {
	shell  *interp.Shell
	parser *interp.Parser
}

func newCompleter(s *interp.Shell) (*completer, error) {
	p, err := s.Language.Parser()
	return &completer{s, p}, err
}

// place is where in the grammar the cursor stands.
type place struct {
	node   *kong.Node
	flag   *kong.Flag // whose value comes next; nil when none does
	given  []*kong.Flag
	values []string // positional words before the cursor
	group  bool     // a verb's second word comes next
}

// locate follows the words before the cursor. ok is false where nothing fits.
func (c *completer) locate(words []string) (p place, ok bool) {
	for len(words) > 0 && words[0] == "!" {
		words = words[1:]
	}
	node, used := c.parser.Find(words)
	rest := words[used:]
	if len(node.Children) > 0 {
		if len(rest) == 0 {
			return place{node: node, group: true}, true
		}
		if node.DefaultCmd == nil {
			return place{}, false
		}
		node = node.DefaultCmd
	}
	p.node = node
	flags := map[string]*kong.Flag{}
	for _, group := range node.AllFlags(false) {
		for _, f := range group {
			flags["--"+f.Name] = f
			if f.Short != 0 {
				flags["-"+string(f.Short)] = f
			}
		}
	}
	for i := 0; i < len(rest); i++ {
		f := flags[rest[i]]
		if f == nil && interp.TakesVerb(node) && len(p.values) == len(node.Positional)-1 {
			return c.locate(rest[i:])
		}
		switch {
		case f == nil && strings.HasPrefix(rest[i], "-") && !interp.IsNumber(rest[i][1:]):
		case f == nil:
			p.values = append(p.values, rest[i])
		case !f.IsBool() && i == len(rest)-1:
			p.flag = f
			return p, true
		case !f.IsBool():
			p.given = append(p.given, f)
			i++
		default:
			p.given = append(p.given, f)
		}
	}
	if interp.TakesVerb(node) && len(p.values) == len(node.Positional)-1 {
		return place{node: c.parser.Root(), group: true}, true
	}
	return p, true
}

// splitAt gives the words before the cursor and the one under it.
func splitAt(line string, pos int) (before []string, word string, from int) {
	from = strings.LastIndexAny(line[:pos], " \t") + 1
	return strings.Fields(line[:from]), line[from:pos], from
}

// complete gives what could stand at the cursor.
func (c *completer) complete(line string, pos int) lineedit.Completion {
	if strings.Count(line[:pos], "'")%2 == 1 {
		return c.quoted(line, pos)
	}
	before, word, from := splitAt(line, pos)
	to := pos
	if n := strings.IndexAny(line[pos:], " \t"); n >= 0 {
		to += n
	} else {
		to = len(line)
	}
	done := lineedit.Completion{From: from, To: to}
	p, ok := c.locate(before)
	switch {
	case !ok:
	case strings.HasPrefix(word, "$"):
		done.Candidates = c.variables()
	case strings.HasPrefix(word, "@"):
		done.Candidates = c.files(word)
	case p.flag != nil:
		done.Candidates = c.flagValues(p.flag, word)
	case strings.HasPrefix(word, "--") && strings.Contains(word, "="):
		name, value, _ := strings.Cut(word, "=")
		if f := flagOf(p.node, name); f != nil && !f.IsBool() {
			done.From += len(name) + 1
			done.Candidates = c.flagValues(f, value)
		}
	case strings.HasPrefix(word, "-"):
		done.Candidates = flagCandidates(p.node)
	case p.group:
		done.Candidates = c.verbCandidates(p.node)
		if d := p.node.DefaultCmd; d != nil {
			done.Candidates = append(done.Candidates, c.argument(d, nil, word)...)
		}
	default:
		done.Candidates = c.argument(p.node, p.values, word)
	}
	return done
}

// quoted gives what could stand in a quote that is open: something where a line stands
// in it.
func (c *completer) quoted(line string, pos int) lineedit.Completion {
	from := strings.LastIndexByte(line[:pos], '\'') + 1
	before := strings.Fields(line[:from-1])
	if n := len(before); n == 0 || before[0] != "fault" || !strings.HasPrefix(before[n-1], "meanwhile") {
		return lineedit.Completion{From: pos, To: pos}
	}
	done := c.complete(line[from:pos], pos-from)
	done.From, done.To = done.From+from, pos
	return done
}

func (c *completer) verbCandidates(node *kong.Node) []lineedit.Candidate {
	var all []lineedit.Candidate
	for _, child := range node.Children {
		if child != node.DefaultCmd {
			all = append(all, lineedit.Candidate{Value: child.Name, Description: child.Help})
		}
	}
	return all
}

// flagCandidates gives the flags of a verb, and those of every verb behind them.
func flagCandidates(node *kong.Node) []lineedit.Candidate {
	var all []lineedit.Candidate
	for _, group := range slices.Backward(node.AllFlags(false)) {
		for _, f := range group {
			if f.Hidden || f.Name == "world" || f.Name == "seed" && !node.Tag.Has("seed") {
				continue
			}
			all = append(all, lineedit.Candidate{Value: "--" + f.Name, Description: f.Help})
		}
	}
	return all
}

// flagOf gives the flag of a name, such as --ttl; nil when there is none.
func flagOf(node *kong.Node, name string) *kong.Flag {
	for _, group := range node.AllFlags(false) {
		for _, f := range group {
			if "--"+f.Name == name {
				return f
			}
		}
	}
	return nil
}

// argument gives what the node's n-th argument could be.
func (c *completer) argument(node *kong.Node, before []string, word string) []lineedit.Candidate {
	n := len(before)
	if last := len(node.Positional) - 1; last >= 0 && n > last && node.Positional[last].IsCumulative() {
		n = last
	}
	if n >= len(node.Positional) {
		return flagCandidates(node)
	}
	p := node.Positional[n]
	return c.values(p.Tag.Get("complete"), p.Enum, word, before)
}

// flagValues gives what may stand behind a flag: first what its kinds tag lists, and
// behind that the file of KIND=FILE.
func (c *completer) flagValues(f *kong.Flag, word string) []lineedit.Candidate {
	kind, file, chosen := strings.Cut(word, "=")
	switch kinds := f.Tag.Get("kinds"); {
	case kinds == "":
		return c.values(f.Tag.Get("complete"), f.Enum, word, nil)
	case !chosen:
		all := plain(strings.Split(kinds, ","))
		for i := range all {
			all[i].NoSpace = strings.HasSuffix(all[i].Value, "=")
		}
		return all
	}
	all := c.values(f.Tag.Get("complete"), f.Enum, file, nil)
	for i := range all {
		all[i].Value = kind + "=" + all[i].Value
	}
	return all
}

// values gives what may stand in a place of a kind; the kinds are the complete
// tags of the grammar.
func (c *completer) values(kind, enum, word string, before []string) []lineedit.Candidate {
	if enum != "" {
		return plain(strings.Split(strings.Trim(enum, ","), ","))
	}
	if offer := liveKinds()[kind]; offer != nil {
		return offer(c, word, before)
	}
	if offer := c.shell.Language.Offers[kind]; offer != nil {
		return offer(c.shell.Client)
	}
	return nil
}

// hint gives the arguments that are still to come.
func (c *completer) hint(line string, pos int) string {
	if pos != len(line) || line == "" || !strings.HasSuffix(line, " ") {
		return ""
	}
	p, ok := c.locate(strings.Fields(line))
	switch {
	case !ok:
		return ""
	case p.flag != nil:
		return interp.FlagPlace(p.flag)
	case p.group:
		if p.node == c.parser.Root() {
			return ""
		}
		return strings.TrimPrefix(interp.Synopsis(p.node), interp.VerbPath(p.node)+" ")
	}
	return strings.Join(interp.ToCome(p.node, len(p.values), p.given), " ")
}

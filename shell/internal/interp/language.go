// The language: what an interpreter is given.

package interp

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"reflect"
	"slices"
	"sync"

	"github.com/alecthomas/kong"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/world"
	"tokenshell/shell/lineedit"
	"tokenshell/tokens"
)

// Language is what an interpreter is given: its verbs, and what a new shell
// starts with. Many shells may share one.
type Language struct {
	Kinds   []*world.Kind    // what a world file may say of domains
	Domains []*world.Kind    // those that its verbs are of
	Topics  []Topic          // commands of the process that help explains
	Start   func(*Shell)     // gives a new shell what its verbs keep between lines; may be nil
	Offers  map[string]Offer // what Tab offers where a domain's verb has such a complete tag

	// With gives the language of worlds that have these domains, some of which their
	// file declares; nil when none can.
	With func(domains []*world.Kind) *Language

	of    *Language // the plain one, of which this is one in a world; nil when it is plain
	mu    sync.Mutex
	known map[string]*Language // those that it was asked for, by the text of the world file
	lean  map[string][]*Parser // that are ready, by how their lines begin

	grammar func() Grammar
	groups  []kong.Group
	vars    kong.Vars
	ready   chan *Parser // making one costs more than using it
}

// Grammar is a pointer to a struct whose fields are verbs, and which embeds
// [Globals]. A verb is a struct with its arguments and its help in field tags,
// and a Run method that asks for what it may touch.
type Grammar interface{ flags() *Globals }

// mostKnown is how many languages of worlds are remembered.
const mostKnown = 16

// Offer gives what could stand in a place.
type Offer func(c *client.Client) []lineedit.Candidate

// NewLanguage makes a language with the verbs of some domains. grammar makes a fresh
// grammar, groups are the headings of help, and vars stand for ${name} in its field
// tags.
func NewLanguage(domains []*world.Kind, grammar func() Grammar, groups []kong.Group, vars map[string]string) *Language {
	return &Language{Kinds: domains, Domains: domains, grammar: grammar, groups: groups, vars: vars, ready: make(chan *Parser, 4)}
}

// Parser gives a parser; whoever is [Language.Done] with it gives it back.
func (l *Language) Parser() (*Parser, error) {
	select {
	case p := <-l.ready:
		return p, nil
	default:
		return l.NewParser()
	}
}

// Done takes a parser back.
func (l *Language) Done(p *Parser) {
	if p.of != "" {
		l.done(p)
		return
	}
	select {
	case l.ready <- p:
	default:
	}
}

// NewParser makes a parser that is shared with nobody.
func (l *Language) NewParser() (*Parser, error) { return l.parserOf(l.grammar()) }

func (l *Language) parserOf(grammar Grammar) (*Parser, error) {
	parser, err := kong.New(grammar, kong.Name("tokenshell"), kong.NoDefaultHelp(), kong.Exit(func(int) {}),
		kong.Writers(io.Discard, io.Discard), kong.ExplicitGroups(l.groups), l.vars, Verbatim())
	return &Parser{flags: grammar.flags(), kong: parser}, err
}

// Verbatim has a parser take a word as it came: kong takes it through JSON, which has
// no way to write a path that is not UTF-8.
func Verbatim() kong.Option {
	return kong.KindMapper(reflect.String, kong.MapperFunc(func(ctx *kong.DecodeContext, target reflect.Value) error {
		token, err := ctx.Scan.PopValue("string")
		if text, is := token.Value.(string); is && err == nil {
			target.SetString(text)
		}
		return err
	}))
}

// In gives the language of the worlds of a plan: one that declares domains has their
// verbs, and none of domains that it leaves out.
func (l *Language) In(plan *world.Plan) *Language {
	l = l.plain()
	domains, declares := plan.Kinds()
	if !declares || l.With == nil {
		return l
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	text := string(plan.Source) // empty when it was no file
	if own := l.known[text]; own != nil && text != "" {
		return own
	}
	own := l.With(domains)
	own.of = l
	if l.known == nil || len(l.known) == mostKnown {
		l.known = map[string]*Language{}
	}
	l.known[text] = own
	return own
}

// InFile gives the language of the worlds of a world file; nil is no file, and the
// language stays. Of one that cannot be read, somebody else says so.
func (l *Language) InFile(text []byte) *Language {
	if text == nil {
		return l
	}
	l = l.plain()
	if !bytes.Contains(text, []byte("domains")) {
		return l
	}
	plan, err := world.Parse(l.Kinds, "", text)
	if err != nil {
		return l
	}
	plan.Source = text
	return l.In(plan)
}

// Beside gives the world file of a folder when there is a verb in its world that there
// is not here; else nothing.
func (l *Language) Beside(folder, verb string) (path string) {
	path = filepath.Join(folder, "world.yaml")
	if slices.Contains(l.VerbNames(), verb) {
		return ""
	}
	text, err := files.Read(context.Background(), path, world.WorldLimit)
	if err != nil || !slices.Contains(l.InFile(text).VerbNames(), verb) {
		return ""
	}
	return path
}

// plain gives the language of worlds that declare no domain.
func (l *Language) plain() *Language {
	if l.of != nil {
		return l.of
	}
	return l
}

// Reasons gives every reason that a party of its worlds may refuse with.
func (l *Language) Reasons() []tokens.ReasonRow { return world.Reasons(l.Domains) }

// ReasonCodes gives their codes.
func (l *Language) ReasonCodes() []string {
	var codes []string
	for _, row := range l.Reasons() {
		codes = append(codes, string(row.Reason))
	}
	return codes
}

// Globals are the flags that stand on the process and on every verb.
type Globals struct {
	Output string  `short:"o" enum:"text,json," default:"" placeholder:"text|json" help:"Print text, or one JSON object per verb."`
	JQ     string  `name:"jq" placeholder:"EXPR" help:"Filter the JSON through a jq expression; strings come out bare. It has 5 seconds."`
	Color  string  `enum:"auto,always,never," default:"" placeholder:"auto|always|never" help:"Colour the output."`
	World  string  `placeholder:"FILE" help:"Make the world from this file (for the process and run)."`
	Seed   *uint64 `placeholder:"N" help:"Freeze time and derive every id and key from this number (for the process and run)."`
	Help   bool    `short:"h" help:"Say what the verb does."`
}

func (g *Globals) flags() *Globals { return g }

// Apply sets a verb's own output flags. Few verbs take a seed of their own.
func (g *Globals) Apply(o *answer.Out, takesSeed bool) error {
	if g.World != "" || g.Seed != nil && !takesSeed {
		return exit.Usage("give --world and --seed to tokenshell itself, or to tokenshell run", "the world is made before its first verb")
	}
	if g.Output != "" {
		o.Format = g.Output
	}
	if g.JQ != "" {
		if o.Redact(g.JQ) != g.JQ { // it could write a secret in another way
			return exit.Usage("see the jq manual for its language", "--jq: a secret is not a filter")
		}
		var err error
		if o.Filter, err = answer.NewFilter(g.JQ); err != nil {
			return err
		}
		o.Format = "json"
	}
	if g.Color != "" {
		o.Choose(g.Color)
	}
	return nil
}

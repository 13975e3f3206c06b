// The language: what an interpreter is given.

package interp

import (
	"io"

	"github.com/alecthomas/kong"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Language is what an interpreter is given: its verbs, and what a new shell
// starts with. Many shells may share one.
type Language struct {
	Kinds  []*world.Kind // the domains that its worlds may have
	Topics []Topic       // commands of the process that help explains
	Start  func(*Shell)  // gives a new shell what its verbs keep between lines; may be nil

	grammar func() Grammar
	groups  []kong.Group
	vars    kong.Vars
	ready   chan *Parser // making one costs more than using it
}

// Grammar is a pointer to a struct whose fields are verbs, and which embeds
// [Globals]. A verb is a struct with its arguments and its help in field tags,
// and a Run method that asks for what it may touch.
type Grammar interface{ flags() *Globals }

// NewLanguage makes a language. grammar makes a fresh grammar, groups are the
// headings of help, and vars stand for ${name} in its field tags.
func NewLanguage(kinds []*world.Kind, grammar func() Grammar, groups []kong.Group, vars map[string]string) *Language {
	return &Language{Kinds: kinds, grammar: grammar, groups: groups, vars: vars, ready: make(chan *Parser, 4)}
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
	select {
	case l.ready <- p:
	default:
	}
}

// NewParser makes a parser that is shared with nobody.
func (l *Language) NewParser() (*Parser, error) {
	grammar := l.grammar()
	parser, err := kong.New(grammar, kong.Name("tokenshell"), kong.NoDefaultHelp(), kong.Exit(func(int) {}),
		kong.Writers(io.Discard, io.Discard), kong.ExplicitGroups(l.groups), l.vars)
	return &Parser{grammar.flags(), parser}, err
}

// Reasons gives every reason that a party of its worlds may refuse with.
func (l *Language) Reasons() []tokens.ReasonRow { return world.Reasons(l.Kinds) }

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

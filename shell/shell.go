// The shell: runs lines against a world.

package shell

import (
	"context"
	"fmt"
	"io"
	"runtime/debug"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/syntax"
	"tokenshell/tokens"
)

// Shell is a client of one world: its current session, the tokens it holds and
// its variables. One line runs at a time.
type Shell struct {
	world   *World
	parsers *parserPool
	options options
	wallet  wallet
	vars    map[string]variable
	session string // the current one; empty for none

	dir     string                           // what relative paths start from; empty is the process's
	onlyIn  string                           // the only folder whose files it may touch; empty is any
	environ func(name string) (string, bool) // variables from outside; may be nil
	onLet   func(name, value string)         // told of every variable that is set; may be nil

	sources []string // files being sourced, to find circles
	quit    bool
	last    string // the command that ran last, as it was written

	transcript transcript
	speaking   *spoken    // what is being run; nil between commands
	recording  *recording // nil unless record start was run

	history  func() []string              // the lines of the prompt; nil elsewhere
	ask      func(string) (string, error) // asks a person in the middle of a verb; nil when nobody is there
	teaching *teaching                    // what a person was told already; nil in a script

	window   *page.Window // what a person looks at; nil is none
	progress io.Writer    // a terminal for progress; nil is none
}

// options are what set changes. Their names and values are in optionRows.
type options struct {
	output string
	filter *answer.Filter
	color  string
	tips   bool // a person is told what to try next
}

// New makes a shell over a world.
func New(w *World) *Shell { return newShell(w, newParserPool()) }

func newShell(w *World, parsers *parserPool) *Shell {
	return &Shell{world: w, parsers: parsers, options: options{output: "text", color: "auto", tips: true}, vars: map[string]variable{}}
}

// call is one run of one verb: what its Run method works with.
type call struct {
	*Shell
	ctx context.Context
	out *answer.Out

	seed *uint64 // --seed, for a verb that takes one
}

// Line runs the commands of one line and prints what they say. It answers the
// first error that nobody expected, after printing it; [Shell.Quit] says
// whether the shell was told to leave.
func (s *Shell) Line(ctx context.Context, line string, semicolons bool, stdout, stderr io.Writer) error {
	commands, err := syntax.Split(line, semicolons)
	if err != nil {
		s.output(stdout, stderr).Report(err)
		return err
	}
	for _, command := range commands {
		s.last = syntax.Join(command)
		words, err := s.expand(command)
		if err == nil {
			err = s.run(ctx, s.last, words, stdout, stderr)
		} else {
			s.output(stdout, stderr).Report(err)
		}
		if err != nil || s.quit {
			return err
		}
	}
	return nil
}

// Quit reports whether quit was run.
func (s *Shell) Quit() bool { return s.quit }

// output is where a verb prints unless its flags say otherwise.
func (s *Shell) output(stdout, stderr io.Writer) *answer.Out {
	o := &answer.Out{Stdout: stdout, Stderr: stderr, Format: s.options.output, Filter: s.options.filter, Progress: s.progress, Hide: s.wallet.redact}
	if s.window != nil && stdout == io.Writer(s.window.File) {
		o.Window = s.window
	}
	o.Choose(s.options.color)
	return o
}

// run runs one command, which may begin with !, and prints its error. It was
// typed in this way.
func (s *Shell) run(ctx context.Context, typed string, words []string, stdout, stderr io.Writer) error {
	out := s.output(stdout, stderr)
	end := s.begin(typed, words, out)
	negated := words[0] == "!"
	if negated {
		words = words[1:]
	}
	var err error
	if len(words) == 0 {
		err = exit.Usage("write ! in front of a verb that is to be refused", "! stands by itself")
	} else {
		err = s.execute(ctx, words, out)
	}
	end(err)
	out.Report(err)
	if !negated {
		s.teach(out, words, err)
	}
	if negated {
		judged := exit.Negate(words, err)
		if judged != err {
			out.Report(judged)
		}
		return judged
	}
	return err
}

// execute runs one verb and answers its error, unprinted. A panic is an error,
// so that nothing that goes wrong in one line ends a shell.
func (s *Shell) execute(ctx context.Context, words []string, out *answer.Out) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("this is a bug in tokenshell: %v\n%s", r, debug.Stack())
		}
	}()
	p, err := s.parsers.get()
	if err != nil {
		return err
	}
	defer s.parsers.put(p)
	parsed, err := p.parse(words)
	if err != nil {
		return err
	}
	if err := p.grammar.Globals.apply(out, parsed.Selected().Tag.Has("seed")); err != nil {
		return err
	}
	err = parsed.Run(&call{s, ctx, out, p.grammar.Globals.Seed})
	if s.world != nil && s.world.witness.watching() {
		if broken := s.world.audit(); broken != nil {
			return fmt.Errorf("an invariant is broken: %w", broken)
		}
	}
	return err
}

// current gives the current session's id.
func (s *Shell) current() (string, error) {
	if s.session == "" {
		return "", exit.Usage("session new opens one", "there is no session yet")
	}
	return s.session, nil
}

// customer gives the customer of a new session when none is named.
func (s *Shell) customer(named string) string {
	if named != "" {
		return named
	}
	return s.world.plan.customers[0]
}

// order gives what a confirmation is for: the current session.
func (c *call) order() (tokens.Session, tokens.Facts, error) {
	id, err := c.current()
	if err != nil {
		return tokens.Session{}, nil, err
	}
	session, err := c.world.relay.Session(id)
	if err != nil {
		return tokens.Session{}, nil, err
	}
	return tokens.Session{Order: session.ID, Customer: session.Customer}, session.Facts, nil
}

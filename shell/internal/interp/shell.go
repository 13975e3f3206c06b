// Package interp is the interpreter: a line becomes a verb of a grammar that it
// is given, and runs.
package interp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/internal/world"
)

// Shell runs lines for a client. One line runs at a time.
type Shell struct {
	*client.Client
	Language *Language
	Options  Options
	Vars     *Variables
	Dir      files.Dir // what relative paths start from
	Screen   Screen
	Stdin    io.Reader // what - stands for as a token or a file; nil is nothing

	Lines func() []string              // the lines of the prompt; nil elsewhere
	Ask   func(string) (string, error) // asks a person in the middle of a verb; nil when nobody is there

	// Hints gives what to try next after each refusal of a verb that nobody
	// expected; may be nil. AtEnd is called before the shell ends; may be nil.
	Hints func(words []string) func(exit.Rejection) string
	AtEnd func(*Call) error
	Mark  func() string // a word that the prompt shows; may be nil

	Did func(verb string, err error) // told of every verb that ran, also by another; may be nil

	Transcript *Transcript
	speaking   *Spoken     // what is being run; nil between commands
	sources    []string    // files being sourced, to find circles
	nested     int         // verbs being run, each by the one before
	amid       int         // those of other clients, in the middle of one
	out        *answer.Out // of the verb that runs
	trouble    error       // what went wrong with a verb that ran meanwhile
	quit       bool
	rejected   bool   // the last command has found that a token is to be refused
	last       string // the command that ran last, as it was written
	binds      []any
}

// Screen is what a person looks at; the zero value is nobody.
type Screen struct {
	Window   *page.Window
	Progress io.Writer // a terminal for progress; nil is none
}

// New makes a shell for a client that holds nothing. It speaks the language of its
// world.
func New(w *world.World, l *Language) *Shell {
	if w != nil {
		l = l.In(w.Plan)
	}
	s := &Shell{Client: client.New(w), Language: l, Options: Options{Output: "text", Color: "auto", Tips: true}, Transcript: newTranscript()}
	s.Vars = &Variables{Hide: s.Redact, Conceal: s.Conceal, values: map[string]variable{}}
	s.Dir.OnRead, s.Dir.OnMade = s.noteRead, s.noteMade
	if w != nil {
		w.Wire.Meanwhile = s.meanwhile
	}
	if l.Start != nil {
		l.Start(s)
	}
	return s
}

// Bind keeps a value for the verbs whose Run methods ask for its type.
func (s *Shell) Bind(value any) { s.binds = append(s.binds, value) }

// Call is one run of one verb, for the verbs that run verbs.
type Call struct {
	*Shell
	Ctx context.Context
	Out *answer.Out
}

// Quit has the shell leave.
type Quit func()

// Verdict takes down whether a token that was looked at would be accepted: a
// process that ends with such a look says so with its exit code.
type Verdict func(accepted bool)

// Asker asks a person in the middle of a verb; nil when nobody is there.
type Asker func(question string) (answer string, err error)

// Seed is --seed, for a verb that takes one.
type Seed struct{ given *uint64 }

// Or gives the seed, or another when none was given.
func (s Seed) Or(other uint64) uint64 {
	if s.given == nil {
		return other
	}
	return *s.given
}

// Line runs the commands of one line and prints what they say. It answers the
// first error that nobody expected, after printing it; [Shell.HasQuit] says
// whether the shell was told to leave.
func (s *Shell) Line(ctx context.Context, line string, semicolons bool, stdout, stderr io.Writer) error {
	commands, err := syntax.Split(line, semicolons)
	if err != nil {
		s.Output(stdout, stderr).Report(err)
		return err
	}
	for _, command := range commands {
		s.last = syntax.Join(command)
		words, err := s.Vars.Expand(command)
		if err == nil {
			err = s.Run(ctx, s.last, words, stdout, stderr)
		} else {
			s.Output(stdout, stderr).Report(err)
		}
		if err != nil || s.quit {
			return err
		}
	}
	return nil
}

// HasQuit reports whether quit was run.
func (s *Shell) HasQuit() bool { return s.quit }

// Output is where a verb prints unless its flags say otherwise.
func (s *Shell) Output(stdout, stderr io.Writer) *answer.Out {
	o := &answer.Out{Stdout: stdout, Stderr: stderr, Format: s.Options.Output, Filter: s.Options.Filter, Progress: s.Screen.Progress, Hide: s.Redact}
	if s.Screen.Window != nil && stdout == io.Writer(s.Screen.Window.File) {
		o.Window = s.Screen.Window
	}
	o.Choose(s.Options.Color)
	return o
}

// Run runs one command, which may begin with !, and prints its error. typed
// is how it was written.
func (s *Shell) Run(ctx context.Context, typed string, words []string, stdout, stderr io.Writer) error {
	out := s.Output(stdout, stderr)
	s.rejected = false
	end := s.begin(typed, words, out)
	negated := words[0] == "!"
	if negated {
		words = words[1:]
	}
	var err error
	if len(words) == 0 {
		err = exit.Usage("write ! in front of a verb that is to be refused", "! stands by itself")
	} else {
		err = s.Execute(ctx, words, out)
	}
	end(err)
	if s.Hints != nil && !negated && err != nil {
		out.Hint = s.Hints(words)
	}
	out.Report(err)
	if !negated {
		return err
	}
	judged := exit.Negate(words, err)
	if judged != err {
		out.Report(judged)
	}
	return judged
}

// Execute runs one verb and answers its error, unprinted. A panic is an error,
// so that nothing that goes wrong in one line ends a shell. Once ctx has ended,
// so has everything.
func (s *Shell) Execute(ctx context.Context, words []string, out *answer.Out) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := withinBounds(words); err != nil {
		return err
	}
	if s.nested == MostNested {
		return exit.Usage("run the inner verb by itself", "verbs run one another at most %d deep", MostNested)
	}
	wasCtx, wasOut := s.Dir.Ctx, s.out
	s.nested, s.Dir.Ctx, out.Ctx, s.out = s.nested+1, ctx, ctx, out
	defer func() {
		if s.nested, s.Dir.Ctx, s.out = s.nested-1, wasCtx, wasOut; s.nested > 0 || s.trouble == nil {
			return
		}
		if exit.Rejections(err) != nil { // it is no refusal alone, and whoever expects one is not to take it for one
			out.Report(err)
			err = nil
		}
		if err == nil {
			s.trouble = exit.InJSON(s.trouble) // the verb has said its own
		}
		err, s.trouble = errors.Join(err, s.trouble), nil
	}()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("this is a bug in tokenshell: %v\n%s", r, debug.Stack())
		}
	}()
	p, parsed, err := s.Language.parse(words)
	if err != nil {
		if path := s.Language.Beside(s.Dir.Path, words[0]); path != "" {
			return exit.Usage("tokenshell --world "+syntax.Quote(path), "there is no verb %q in this world, but in that of %s", words[0], path)
		}
		return err
	}
	defer s.Language.Done(p)
	if err := p.flags.Apply(out, parsed.Selected().Tag.Has("seed")); err != nil {
		return err
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	binds := append([]any{
		&Call{s, ctx, out}, s.Client, out, &s.Dir, &s.Options, s.Vars, s.Language, s.Transcript,
		Finder{s.Client, &s.Dir, s}, Verdict(func(accepted bool) { s.rejected = !accepted }), Seed{p.flags.Seed}, Quit(func() { s.quit = true }), Asker(s.Ask),
	}, s.binds...)
	if s.World != nil { // help works without one
		binds = append(binds, s.World)
	}
	err = parsed.RunNode(parsed.Selected(), binds...) // kong's Run without its hooks, as in fill
	if s.Did != nil {
		s.Did(VerbPath(parsed.Selected()), err)
	}
	if s.World != nil && s.World.Witness.Watching() && s.amid == 0 { // a look settles the books, and nobody looks in the middle of a verb
		if broken := s.World.Audit(); broken != nil {
			return fmt.Errorf("an invariant is broken: %w", broken)
		}
	}
	return err
}

// Parses says whether words are a verb and its arguments.
func (s *Shell) Parses(words []string) error {
	if words[0] == "!" && len(words) > 1 {
		words = words[1:]
	}
	p, _, err := s.Language.parse(words)
	if err == nil {
		s.Language.Done(p)
	}
	return err
}

// meanwhile runs another client's verb while a message is on its way: it holds the
// same tokens, and leaves the current order as it is. A refusal is something that
// may happen; anything else that goes wrong is the error of the verb that runs.
func (s *Shell) meanwhile(ctx context.Context, line string) {
	s.amid++
	defer func(order string) { s.Order = order; s.amid-- }(s.Order)
	var said strings.Builder
	out := *s.out
	out.Stdout, out.Stderr, out.Window = &said, &said, nil
	var heard answer.Heard
	if out.Heard != nil {
		out.Heard = &heard
	}
	out.Format, out.Filter = "text", nil // --jq and -o are the other verb's
	commands, err := syntax.Split(line, false)
	if err == nil {
		var words []string
		if words, err = s.Vars.Expand(commands[0]); err == nil && words[0] == "!" {
			err = exit.Negate(words[1:], s.Execute(ctx, words[1:], &out))
		} else if err == nil {
			if err = s.Execute(ctx, words, &out); exit.Rejections(err) != nil {
				out.Report(err)
				err = nil
			}
		}
	}
	if err != nil {
		s.trouble = errors.Join(s.trouble, fmt.Errorf("meanwhile, %s: %w", line, err))
	}
	if s.out.Format != "text" || s.out.Filter != nil {
		return // the answer is one object
	}
	fmt.Fprintf(s.out.Stdout, "meanwhile: %s\n", s.Redact(line))
	for l := range strings.Lines(said.String()) {
		fmt.Fprintf(s.out.Stdout, "%s%s\n", answer.AmidIndent, strings.TrimSuffix(l, "\n"))
	}
	if s.out.Heard != nil {
		s.out.Heard.Amid(&heard)
	}
}

// Leave ends what is under way when a shell ends.
func (s *Shell) Leave(out *answer.Out) error {
	if s.AtEnd == nil {
		return nil
	}
	return s.AtEnd(&Call{s, context.Background(), out})
}

// Prompt gives the prompt on a page: the session in the colour of its state, the
// time when it stands still, and what else is to be seen.
func (s *Shell) Prompt(p *page.Page) string {
	name := p.Paint(page.TitleStyle, "tokenshell")
	if s.Order != "" {
		name = s.Redact(s.Order)
		if snap, err := s.World.Relay.Session(s.Order); err == nil {
			name = p.InStateOf(snap.State, name)
		}
	}
	parts := []string{name}
	if s.World.Clock.Frozen() {
		parts = append(parts, p.Faint(s.World.Clock.Now().Format("15:04:05")))
	}
	if rules := s.World.LeftOut(); len(rules) > 0 {
		parts = append(parts, p.Paint(page.BadStyle, "without "+strings.Join(rules, ",")))
	}
	if s.Mark != nil {
		if mark := s.Mark(); mark != "" {
			parts = append(parts, p.Paint(page.BadStyle, mark))
		}
	}
	return strings.Join(parts, " ") + "> "
}

// VerbIs reports whether the verb that a command is about has a tag, or the
// family that it belongs to has it.
func (s *Shell) VerbIs(words []string, tag string) bool {
	p, err := s.Language.For(words)
	if err != nil {
		return false
	}
	defer s.Language.Done(p)
	return p.VerbIs(words, tag)
}

// Main: the process. Flags, the way in, exit codes.

package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"tokenshell/orchestrator"
	"tokenshell/orchestrator/filestore"
	"tokenshell/shell/internal/adapter"
	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/conform"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/foreign"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/lint"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/prompt"
	"tokenshell/shell/internal/runs"
	"tokenshell/shell/internal/scenario"
	"tokenshell/shell/internal/verbs"
	"tokenshell/shell/internal/world"
)

// settings are the flags of the process.
type settings struct {
	interp.Globals
	Target  string   `placeholder:"FILE" help:"The relay is the one that this target file describes (for the process and run)."`
	Without string   `placeholder:"CHECK" help:"Every party leaves this check or rule out, to see what happens; several stand between commas. The prompt, reports and recordings say so."`
	Command []string `short:"c" name:"command" sep:"none" placeholder:"'LINE; LINE'" help:"Run these lines and leave; may be given several times."`
	State   string   `placeholder:"FILE" help:"Keep the relay's sessions and used tokens in this file: they outlive the process, and its being killed. The services' books do not."`
}

// process is the grammar of the command line.
type process struct {
	settings
	Prompt     struct{}     `cmd:"" default:"1" hidden:"" help:"Read lines from the terminal, or from standard input."`
	Run        runs.Flags   `cmd:"" help:"Run scenarios: files, and folders of .txtar files."`
	Lint       lint.Command `cmd:"" help:"Read scenarios, and say what in them tests nothing."`
	New        runs.New     `cmd:"" help:"Write a first scenario, a world, a Go test and a job for CI into a folder."`
	Completion completion   `cmd:"" help:"Print what has bash, zsh or fish complete this command; its first lines say where it goes."`
	Help       verbs.Help   `cmd:"" help:"List the verbs, or explain one."`
	Version    struct{}     `cmd:"" help:"Say which tokenshell this is."`
	Adapter    struct{}     `cmd:"" help:"Put our own relay behind the protocol of adapters, on standard input and output."`
}

// Main runs tokenshell with the arguments after the program's name and answers
// the exit code. Interrupts are its own business; it never exits.
func Main(args []string, stdin, stdout, stderr *os.File) int {
	defer adapter.EndAll() // also of a line that was left behind
	err := start(args, stdin, stdout, stderr)
	if runs.NobodyReads(err) {
		return runs.Unread
	}
	if err != nil {
		answer.PrintError(stderr, err)
	}
	return exit.Code(err)
}

// plain is what most starts need of the command line: all of it takes four times as
// long to make.
type plain struct {
	settings
	Prompt  struct{} `cmd:"" default:"1" hidden:""`
	Version struct{} `cmd:""`
}

// isCommand reports whether a word is a command of the process.
func isCommand(word string) bool {
	all := reflect.TypeFor[process]()
	for i := range all.NumField() {
		if f := all.Field(i); !f.Anonymous && strings.ToLower(f.Name) == word {
			return true
		}
	}
	return false
}

// wantsAll reports whether arguments name a command first, or want help.
func wantsAll(args []string) bool {
	return len(args) > 0 && isCommand(args[0]) && args[0] != "version" || slices.Contains(args, "--help") || slices.Contains(args, "-h")
}

// call is what the process was called with.
type call struct {
	root   *kong.Node
	parsed *kong.Context // nil when it is asked for help
	args   []string      // its own
	words  []string      // a verb's
}

// wantsJSON reports whether arguments that cannot be read as a whole ask for JSON.
func wantsJSON(args []string) bool {
	for i, arg := range args {
		switch arg {
		case "--output=json", "-ojson", "-o=json":
			return true
		case "--output", "-o":
			if i+1 < len(args) && args[i+1] == "json" {
				return true
			}
		}
	}
	return false
}

// parserOf makes the parser of a grammar of the command line.
func parserOf(grammar any) (*kong.Kong, error) {
	return kong.New(grammar, kong.Name("tokenshell"), kong.NoDefaultHelp(), kong.Exit(func(int) {}), kong.Writers(io.Discard, io.Discard), interp.Verbatim())
}

// parse fills a grammar of the command line.
func parse(grammar any, args []string) (*call, error) {
	parser, err := parserOf(grammar)
	if err != nil {
		return nil, err
	}
	c := &call{root: parser.Model.Node}
	c.args, c.words = verbOf(c.root, args)
	if c.words == nil && (slices.Contains(c.args, "--help") || slices.Contains(c.args, "-h")) {
		return c, nil
	}
	hint := "tokenshell help lists what there is"
	if at := firstWord(c.root, c.args); c.words == nil && at < len(c.args) {
		for _, command := range c.root.Children {
			if command.Name == c.args[at] { // its flags may stand between its values, too
				c.args = append(slices.Clone(c.args[:at+1]), unbroken(interp.Arrange(command, c.args[at+1:]))...)
				hint = "tokenshell " + command.Name + " --help explains it"
			}
		}
	}
	if c.parsed, err = parser.Parse(c.args); err != nil {
		if at := firstWord(c.root, c.args); at < len(c.args) && !isCommand(c.args[at]) && strings.HasPrefix(err.Error(), "unexpected argument "+c.args[at]) {
			names := spoken(args).VerbNames()
			for _, command := range c.root.Children {
				names = append(names, command.Name)
			}
			return nil, exit.Usage(exit.Meant(strings.ToLower(c.args[at]), names, hint), "there is no command and no verb %q", c.args[at])
		}
		return nil, exit.Usage(hint, "%s", interp.Plainly(err, c.args))
	}
	return c, nil
}

// unbroken puts values before flags, without a -- in between, if none of them looks
// like a flag: kong takes minutes for tens of thousands behind a --, as a shell
// writes them for *.
func unbroken(args []string) []string {
	at := slices.Index(args, "--")
	if at < 0 || slices.ContainsFunc(args[at+1:], func(value string) bool { return len(value) > 1 && value[0] == '-' }) {
		return args
	}
	return slices.Concat(args[at+1:], args[:at])
}

// called gives what the process was called with. What its plain grammar refuses is
// refused in the words of the whole.
func called(args []string) (*process, *call, error) {
	if !wantsAll(args) {
		few := &plain{}
		if c, err := parse(few, args); err == nil {
			return &process{settings: few.settings}, c, nil
		}
	}
	all := &process{}
	c, err := parse(all, args)
	return all, c, err
}

func start(args []string, stdin, stdout, stderr *os.File) error {
	screen := page.NewWindow(stdout)
	out := &answer.Out{Stdout: stdout, Stderr: stderr, Format: "text", Window: screen, Color: screen != nil && screen.Colors}
	if slices.Equal(args, []string{"--version"}) {
		args = []string{"version"}
	}
	if words, ok := completes(args); ok {
		parser, err := parserOf(&process{})
		if err != nil {
			return err
		}
		return complete(out.Stdout, parser.Model.Node, words)
	}
	p, c, err := called(args)
	if err != nil {
		if wantsJSON(args) {
			out.Format = "json"
		}
		return told(out, err)
	}
	if c.parsed == nil {
		return helpOn(c.root, c.args, out)
	}
	hasCommand := slices.ContainsFunc(c.args, func(a string) bool {
		return strings.HasPrefix(a, "-c") || a == "--command" || strings.HasPrefix(a, "--command=")
	})
	if p.Color == "" && forcesColor(os.Getenv) {
		p.Color = "always"
	}
	run := &interp.Globals{Output: p.Output, JQ: p.JQ, Color: p.Color}
	if err := run.Apply(out, false); err != nil {
		return err
	}
	switch command := strings.Fields(c.parsed.Command())[0]; {
	case command == "version":
		return out.Show(map[string]string{"version": version()}, func(w *page.Page) { fmt.Fprintln(w, "tokenshell", version()) })
	case command == "help":
		return told(out, printHelp(p, c.root, out))
	case command == "run" && p.State != "":
		return told(out, exit.Usage("leave --state out", "each scenario has a world of its own, and keeps nothing"))
	case command == "run":
		return told(out, runPaths(p, out, stdin, stdout, stderr))
	case command == "new":
		return told(out, p.New.Write(out))
	case command == "completion":
		return p.Completion.write(out)
	case command == "lint":
		return told(out, lintPaths(p, out, stdin))
	case command == "adapter":
		return serveAdapter(p, stdin, stdout)
	}
	s, end, err := openShell(p, out)
	if err != nil {
		return told(out, err)
	}
	defer end()
	if c.words != nil || hasCommand {
		s.Stdin = stdin
	}
	switch {
	case c.words != nil && hasCommand:
		return told(out, exit.Usage("leave one of them out", "there are lines behind -c, and a verb"))
	case c.words != nil:
		return s.Command(c.words, stdout, stderr)
	case hasCommand:
		return s.Script("-c", strings.NewReader(strings.Join(p.Command, "\n")), true, stdout, stderr)
	case prompt.Interactive(stdin, stdout):
		return prompt.Run(s, stdin, stdout, stderr, nil)
	default:
		return s.Script("stdin", stdin, false, stdout, stderr)
	}
}

// told prints what went wrong without a verb as a verb's errors are printed: in JSON,
// too, where that is asked for.
func told(out *answer.Out, err error) error {
	if err == nil || runs.NobodyReads(err) {
		return err
	}
	out.Report(err)
	return exit.ToPeople(err)
}

// forcesColor reports whether the environment wants colours though nobody may look:
// as FORCE_COLOR says, unless NO_COLOR says otherwise.
func forcesColor(getenv func(string) string) bool {
	force := getenv("FORCE_COLOR")
	return force != "" && force != "0" && force != "false" && getenv("NO_COLOR") == ""
}

// openShell makes the world that the process's flags say, and its shell.
func openShell(p *process, out *answer.Out) (s *interp.Shell, end func(), err error) {
	l := language()
	plan, err := world.Read(l.Kinds, p.World)
	if err != nil {
		return nil, nil, err
	}
	build, leave, err := builder(p, out)
	if err != nil {
		return nil, nil, err
	}
	store, ledger, shut, err := kept(p)
	if err != nil {
		leave()
		return nil, nil, err
	}
	done := func() {
		leave()
		shut()
	}
	w, err := build(context.Background(), plan, world.Making{Seed: p.Seed, Store: store, Ledger: ledger})
	if err == nil {
		err = w.BeWithout(rules(p.Without))
	}
	if err != nil {
		done()
		return nil, nil, err
	}
	s = interp.New(w, l)
	s.Screen.Window = out.Window
	s.Options.Output, s.Options.Filter = out.Format, out.Filter
	if p.Color != "" {
		s.Options.Color = p.Color
	}
	return s, done, nil
}

// rules gives what --without names.
func rules(without string) []string {
	return strings.FieldsFunc(without, func(c rune) bool { return c == ',' })
}

// builder gives what makes worlds: of ours, or of a target's relay, which end
// ends.
func builder(p *process, out *answer.Out) (build scenario.Build, end func(), err error) {
	if p.Target == "" {
		return world.Build, func() {}, nil
	}
	f, err := foreign.Read(context.Background(), p.Target)
	if err != nil {
		return nil, nil, err
	}
	session, err := conform.Open(f, func(text string) { fmt.Fprintln(out.Stderr, text) })
	if err != nil {
		return nil, nil, err
	}
	return session.Build, session.Close, nil
}

// serveAdapter puts our relay behind the protocol of adapters.
func serveAdapter(p *process, stdin, stdout *os.File) error {
	if p.State == "" {
		return unreadable(adapter.Serve(context.Background(), stdin, stdout, version(), nil))
	}
	state, err := openState(p.State)
	if err != nil {
		return err
	}
	defer func() { _ = state.Shut() }() // everything that was answered is written
	return unreadable(adapter.Serve(context.Background(), stdin, stdout, version(), state))
}

// unreadable says of a line that the protocol does not have where it came from.
func unreadable(err error) error {
	if wrong := (*adapter.ProtocolError)(nil); errors.As(err, &wrong) {
		return exit.Input("stdin", 0, strings.TrimSuffix(wrong.Error(), "; print to stderr"))
	}
	return err
}

// openState opens the file of --state.
func openState(path string) (*filestore.File, error) {
	state, err := filestore.Open(path)
	if err == nil {
		return state, nil
	}
	what := strings.TrimPrefix(err.Error(), path+" ")
	if bad := (*os.PathError)(nil); errors.As(err, &bad) {
		what = bad.Err.Error()
	}
	return nil, exit.Input(path, 0, what)
}

// kept gives what the relay keeps its sessions and used tokens in: the file that
// --state names, which shut lets go of; nil without one.
func kept(p *process) (store orchestrator.Store, ledger orchestrator.Ledger, shut func(), err error) {
	switch {
	case p.State == "":
		return nil, nil, func() {}, nil
	case p.Target != "":
		return nil, nil, nil, exit.Usage("leave --state out", "what the target's relay keeps is its own business")
	}
	state, err := openState(p.State)
	if err != nil {
		return nil, nil, nil, err
	}
	return state, state.Ledger(), func() { _ = state.Shut() }, nil // everything that was answered is written
}

// version gives the module's version, or the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return "devel " + setting.Value
		}
	}
	return "devel"
}

func printUsage(w *page.Page, node *kong.Node) {
	fmt.Fprint(w, `tokenshell is a shell for trying to fool a checkout, the Confirmed Token Relay.

  tokenshell                      a prompt, or a script from standard input
  tokenshell -c 'LINE; LINE'      these lines
  tokenshell VERB…                one verb; - as a token or a file is standard input
  tokenshell run [FLAGS] PATH…    scenarios: .txtar files, and folders of them
  tokenshell lint PATH…           what in scenarios tests nothing
  tokenshell new DIR              a first scenario, a world, a Go test, a job for CI
  tokenshell completion SHELL     Tab for bash, zsh or fish
  tokenshell --target FILE        the same on a relay of your own
  tokenshell adapter              our own relay behind the protocol of adapters, on stdin and stdout
  tokenshell help [VERB]          the verbs
  tokenshell COMMAND --help       the flags of run, lint, new, completion or adapter
  tokenshell version

`)
	rows := page.NewTable()
	for _, f := range node.Flags {
		rows.Row(page.Rigid("  "+interp.SpelledFlag(f)), f.Help)
	}
	rows.Write(w)
	fmt.Fprint(w, "\nNO_COLOR and FORCE_COLOR say whether there are colours, where --color does not.\n")
}

// printHelp explains, with examples in the currency of the world if one is given.
func printHelp(p *process, node *kong.Node, out *answer.Out) error {
	if slices.Equal(p.Help.Verb, []string{"completion"}) { // a command of the process alone
		return helpOn(node, p.Help.Verb, out)
	}
	l := language()
	plan, err := world.Read(l.Kinds, p.World)
	if err != nil {
		return err
	}
	if len(p.Help.Verb) == 0 && out.Format == "text" {
		err := out.Show(nil, func(w *page.Page) {
			printUsage(w, node)
			fmt.Fprintln(w)
		})
		if err != nil {
			return err
		}
	}
	return p.Help.Explain(l.In(plan), plan, out)
}

// lintPaths reads scenarios and says what is to be said of them.
func lintPaths(p *process, out *answer.Out, stdin *os.File) error {
	ctx, stop := interp.WithInterrupt()
	defer stop()
	out.Ctx = ctx
	paths, err := scenario.Files(slices.DeleteFunc(slices.Clone(p.Lint.Paths), func(path string) bool { return path == "-" }))
	if err != nil {
		return err
	}
	if slices.Contains(p.Lint.Paths, "-") {
		paths = append(paths, "-")
	}
	read := func(path string) ([]byte, error) {
		if path == "-" {
			return runs.ReadAll(ctx, stdin)
		}
		return files.Read(ctx, path, world.WorldLimit)
	}
	l := language()
	if p.World != "" {
		plan, err := world.ReadUntil(ctx, l.Kinds, p.World)
		if err != nil {
			return err
		}
		l = l.In(plan)
	}
	return lint.Files(ctx, l, paths, read, out)
}

// runPaths runs scenarios and says how they went.
func runPaths(p *process, out *answer.Out, stdin, stdout, stderr *os.File) error {
	ctx, end := runs.Heed()
	defer end()
	build, leave, err := builder(p, out)
	if err != nil {
		return err
	}
	defer leave()
	r := &runs.Run{
		Flags: &p.Run, World: p.World, Target: p.Target, Without: rules(p.Without), Seed: world.DefaultSeed, Seeded: p.Seed != nil, Language: language(), Build: build,
		Tool: "tokenshell " + version(), Out: out, Stdin: stdin, Getenv: os.Getenv,
	}
	if p.Seed != nil {
		r.Seed = *p.Seed
	}
	if screen := page.NewWindow(stderr); screen != nil && !screen.Dumb {
		r.Progress = stderr
	}
	if prompt.Interactive(stdin, stdout) {
		r.Prompt = func(s *interp.Shell, leaving func()) error {
			s.Screen.Window, s.Options.Tips = out.Window, false
			return prompt.Run(s, stdin, stdout, stderr, leaving)
		}
	}
	return r.Go(ctx)
}

// Main: the process. Flags, the way in, exit codes.

package shell

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/syntax"
)

// Exit codes of the process.
const (
	ExitDone        = exit.Done
	ExitRefused     = exit.Refused     // refused, or failed
	ExitUsage       = exit.BadUsage    // wrong verb, flag, handle or value
	ExitInput       = exit.BadInput    // a file that cannot be read or parsed
	ExitInterrupted = exit.Interrupted // by Ctrl-C, or a signal
)

// process is the grammar of the command line.
type process struct {
	Globals
	Command string `short:"c" name:"command" placeholder:"'LINE; LINE'" help:"Run these lines and leave."`

	Prompt  struct{}   `cmd:"" default:"1" hidden:"" help:"Read lines from the terminal, or from standard input."`
	Run     processRun `cmd:"" help:"Run scenarios: files, and folders of .txtar files."`
	Help    helpVerb   `cmd:"" help:"List the verbs, or explain one."`
	Version struct{}   `cmd:"" help:"Say which tokenshell this is."`
}

type processRun struct {
	Paths []string `arg:"" name:"path" sep:"none" help:"Files and folders."`
}

// Main runs tokenshell with the arguments behind the program's name and answers
// the exit code. Interrupts are its own business; it never exits.
func Main(args []string, stdin, stdout, stderr *os.File) int {
	err := start(args, stdin, stdout, stderr)
	if err != nil {
		answer.PrintError(stderr, err)
	}
	return exit.Code(err)
}

func start(args []string, stdin, stdout, stderr *os.File) error {
	p := &process{}
	parser, err := kong.New(p, kong.Name("tokenshell"), kong.NoDefaultHelp(), kong.Exit(func(int) {}), kong.Writers(io.Discard, io.Discard))
	if err != nil {
		return err
	}
	screen := page.NewWindow(stdout)
	out := &answer.Out{Stdout: stdout, Stderr: stderr, Format: "text", Window: screen, Color: screen != nil && screen.Colors}
	if slices.Equal(args, []string{"--version"}) {
		args = []string{"version"}
	}
	if slices.Contains(args, "--help") || slices.Contains(args, "-h") {
		return out.Show(nil, func(w *page.Page) { printUsage(w, parser.Model.Node) })
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return exit.Usage("tokenshell help; verbs run inside: tokenshell -c 'session new'", "%v", err)
	}
	hasCommand := slices.ContainsFunc(args, func(a string) bool {
		return strings.HasPrefix(a, "-c") || a == "--command" || strings.HasPrefix(a, "--command=")
	})
	run := &Globals{Output: p.Output, JQ: p.JQ, Color: p.Color}
	if err := run.apply(out, false); err != nil {
		return err
	}
	switch command := strings.Fields(parsed.Command())[0]; {
	case command == "version":
		return out.Show(map[string]string{"version": version()}, func(w *page.Page) { fmt.Fprintln(w, "tokenshell", version()) })
	case command == "help":
		return printHelp(p.Help.Verb, parser.Model.Node, out)
	case command == "run":
		return runPaths(p, out)
	}
	world, err := NewWorld(context.Background(), WorldConfig{Path: p.World, Seed: p.Seed})
	if err != nil {
		return err
	}
	s := New(world)
	s.window = screen
	s.options.output, s.options.filter = out.Format, out.Filter
	if p.Color != "" {
		s.options.color = p.Color
	}
	switch {
	case hasCommand:
		return s.script("-c", strings.NewReader(p.Command), true, stdout, stderr)
	case interactive(stdin, stdout):
		return s.prompt(stdin, stdout, stderr)
	default:
		return s.script("stdin", stdin, false, stdout, stderr)
	}
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
	fmt.Fprint(w, `tokenshell explores, proves and regression-tests the Confirmed Token Relay.

  tokenshell                      a prompt, or a script from standard input
  tokenshell -c 'LINE; LINE'      these lines
  tokenshell run [FLAGS] PATH…    scenarios: .txtar files, and folders of them
  tokenshell help [VERB]          the verbs
  tokenshell version

`)
	rows := page.NewTable()
	for _, f := range node.Flags {
		text := "  --" + f.Name
		if !f.IsBool() {
			text += " " + flagPlace(f)
		}
		rows.Row(text, f.Help)
	}
	rows.Write(w)
}

func printHelp(words []string, node *kong.Node, out *answer.Out) error {
	if len(words) == 0 && out.Format == "text" {
		err := out.Show(nil, func(w *page.Page) {
			printUsage(w, node)
			fmt.Fprintln(w)
		})
		if err != nil {
			return err
		}
	}
	return (&helpVerb{words}).Run(&call{Shell: &Shell{}, ctx: context.Background(), out: out})
}

// withInterrupt gives a context that ends at the first Ctrl-C.
func withInterrupt() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
}

// script runs lines until one surprises, and says which.
func (s *Shell) script(name string, from io.Reader, semicolons bool, stdout, stderr io.Writer) error {
	ctx, stop := withInterrupt()
	defer stop()
	lines := lineScanner{from: from, name: name}
	for {
		line, number, err := lines.wait(ctx)
		if err == io.EOF {
			return s.leave(s.output(stdout, stderr))
		}
		if err != nil {
			return err
		}
		if err := s.Line(ctx, line, semicolons, stdout, stderr); err != nil {
			s.place(stderr, name, number, line, err)
			_ = s.leave(s.output(stdout, stderr)) // it says itself what is wrong, and the line is what the script ends with
			return exit.ToPeople(err)
		}
		if s.quit {
			return s.leave(s.output(stdout, stderr))
		}
	}
}

// place says which line, and of several commands which, a script stopped at.
func (s *Shell) place(w io.Writer, name string, number int, line string, err error) {
	var unread *syntax.Error
	where := s.last
	if errors.As(err, &unread) {
		where = strings.TrimSpace(line)
	}
	fmt.Fprintf(w, "%s:%d: %s\n", name, number, redact.Printable(s.wallet.redact(where)))
}

// lineLimit is the longest line of a script, in bytes.
const lineLimit = 1 << 20

// lineScanner gives lines with their numbers.
type lineScanner struct {
	from   io.Reader
	name   string
	number int
	buffer bytes.Buffer
	ended  bool
}

// wait gives the next line, or ctx's error when that ends first; a read that
// waits then is left behind, for the process ends.
func (l *lineScanner) wait(ctx context.Context) (string, int, error) {
	type answer struct {
		line   string
		number int
		err    error
	}
	answers := make(chan answer, 1)
	go func() {
		line, number, err := l.next()
		answers <- answer{line, number, err}
	}()
	select {
	case a := <-answers:
		return a.line, a.number, a.err
	case <-ctx.Done():
		return "", 0, ctx.Err()
	}
}

func (l *lineScanner) next() (string, int, error) {
	chunk := make([]byte, 64<<10)
	for {
		if line, ok := l.take(); ok {
			l.number++
			return line, l.number, nil
		}
		if l.ended {
			if l.buffer.Len() == 0 {
				return "", 0, io.EOF
			}
			l.buffer.WriteByte('\n')
			continue
		}
		if l.buffer.Len() > lineLimit {
			return "", 0, exit.Input(l.name, l.number+1, fmt.Sprintf("the line is longer than %d bytes", lineLimit))
		}
		n, err := l.from.Read(chunk)
		l.buffer.Write(chunk[:n])
		if err == io.EOF {
			l.ended = true
		} else if err != nil {
			return "", 0, exit.Input(l.name, 0, err.Error())
		}
	}
}

func (l *lineScanner) take() (string, bool) {
	at := bytes.IndexByte(l.buffer.Bytes(), '\n')
	if at < 0 {
		return "", false
	}
	line := l.buffer.Next(at + 1)
	return strings.TrimSuffix(string(line[:at]), "\r"), true
}

// runPaths runs scenarios and says how they went.
func runPaths(p *process, out *answer.Out) error {
	ctx, stop := withInterrupt()
	defer stop()
	files, err := ScenarioFiles(p.Run.Paths)
	if err != nil {
		return err
	}
	c := ScenarioConfig{World: p.World, Seed: DefaultSeed}
	if p.Seed != nil {
		c.Seed = *p.Seed
	}
	summary := struct {
		Total   int       `json:"total"`
		Passed  int       `json:"passed"`
		Failed  int       `json:"failed"`
		Skipped int       `json:"skipped"`
		Rows    []Outcome `json:"rows"`
	}{Total: len(files)}
	err = RunScenarios(ctx, c, files, func(o Outcome) {
		switch o.Verdict {
		case Passed:
			summary.Passed++
		case Failed:
			summary.Failed++
		case Skipped:
			summary.Skipped++
		}
		summary.Rows = append(summary.Rows, o)
		if out.Format == "text" {
			_ = out.Show(nil, o.print) // nobody may be listening any more
		}
	})
	if err != nil {
		return err
	}
	err = out.Show(summary, func(w *page.Page) {
		fmt.Fprintf(w, "%d scenarios: %d passed, %d failed, %d skipped\n", summary.Total, summary.Passed, summary.Failed, summary.Skipped)
	})
	if err == nil && summary.Failed > 0 {
		err = exit.ToPeople(errors.New("a scenario failed"))
	}
	return err
}

// The public API: the way in for other programs.

package shell

import (
	"context"
	"io"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"tokenshell/shell/internal/domains"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/grammar"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/runs"
	"tokenshell/shell/internal/scenario"
	"tokenshell/shell/internal/world"
)

// Exit codes of the process.
const (
	ExitDone        = exit.Done
	ExitRefused     = exit.Refused     // refused, or failed
	ExitUsage       = exit.BadUsage    // wrong verb, flag, handle or value
	ExitInput       = exit.BadInput    // a file that cannot be read or parsed
	ExitInterrupted = exit.Interrupted // by Ctrl-C, or a signal
)

// DefaultSeed is the seed of scenarios unless another is given.
const DefaultSeed = world.DefaultSeed

// Epoch is where a frozen clock stands in the beginning.
var Epoch = world.Epoch

// language is that of the domains that tokenshell comes with, and embedded the world
// that it comes with. Both are made once: nobody changes them.
var (
	language = sync.OnceValue(func() *interp.Language { return grammar.Language(domains.All()) })
	embedded = sync.OnceValues(func() (*world.Plan, error) { return world.Read(language().Kinds, "") })
)

// WorldConfig says which world to make.
type WorldConfig struct {
	Path string  // of the world file; empty is the embedded world
	Seed *uint64 // nil is a random seed and live time; else time is frozen at [Epoch]
}

// World owns everything that a scenario can touch. Nothing of it is shared
// with another world.
type World struct {
	world    *world.World
	language *interp.Language
}

// NewWorld makes a world. The error is about the world file.
func NewWorld(ctx context.Context, c WorldConfig) (*World, error) {
	l, plan, err := language(), (*world.Plan)(nil), error(nil)
	if c.Path == "" {
		plan, err = embedded()
	} else {
		plan, err = world.ReadUntil(ctx, l.Kinds, c.Path)
	}
	if err != nil {
		return nil, err
	}
	w, err := world.Build(ctx, plan, world.Making{Seed: c.Seed})
	return &World{w, l}, err
}

// Shell is a client of one world, with variables and options. One line runs at
// a time.
type Shell struct{ shell *interp.Shell }

// New makes a shell over a world.
func New(w *World) *Shell { return &Shell{interp.New(w.world, w.language)} }

// Line runs the commands of one line and prints what they say. It answers the
// first error that nobody expected, after printing it; [Shell.Quit] says
// whether the shell was told to leave.
func (s *Shell) Line(ctx context.Context, line string, semicolons bool, stdout, stderr io.Writer) error {
	return s.shell.Line(ctx, line, semicolons, stdout, stderr)
}

// Quit reports whether quit was run.
func (s *Shell) Quit() bool { return s.shell.HasQuit() }

// ScenarioConfig says in which worlds scenarios run.
type ScenarioConfig = scenario.Config

// Outcome is one scenario's result.
type Outcome = scenario.Outcome

// Verdict is what became of a scenario.
type Verdict = scenario.Verdict

// The verdicts.
const (
	Passed  = scenario.Passed
	Failed  = scenario.Failed
	Skipped = scenario.Skipped
)

// ScenarioFiles gives the scenarios that paths mean: files as they are, folders
// with all .txtar files below them, sorted. A folder without any is an error.
func ScenarioFiles(paths []string) ([]string, error) { return scenario.Files(paths) }

// RunScenarios runs the files, in parallel, and tells report of each in the
// order of the files. The error is about the world file, or ctx's.
func RunScenarios(ctx context.Context, c ScenarioConfig, files []string, report func(Outcome)) error {
	return scenario.Run(ctx, language(), c, files, report)
}

// Params gives what testscript needs to run the files as scenarios: the same
// for tokenshell run and for go test. The error is about the world file.
func Params(ctx context.Context, c ScenarioConfig, files []string) (testscript.Params, error) {
	return scenario.Params(ctx, language(), c, files)
}

// Explain writes an outcome for people, as tokenshell run does: of one that failed
// with its place, what was expected and what came, and what led there.
func Explain(o Outcome) string {
	var p page.Page
	runs.Write(&p, &o, "")
	return p.String()
}

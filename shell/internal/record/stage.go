// The stage: where a recording is tried while it is written.

package record

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"time"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/interp"
)

// stage is where a scenario is tried while it is written: in a shell over a
// world with the seed of scenarios, and in one with another, for what is
// answered otherwise there depends on keys that nobody else has.
type stage struct {
	ctx    context.Context
	shells [2]*interp.Shell
	lines  []string
	kids   map[string]string // variables that hold them
}

// try runs a command and gives its errors and what was heard.
func (g *stage) try(text string) (said [2]error, heard [2]*answer.Heard) {
	for i, s := range g.shells {
		before := s.Transcript.Count()
		said[i] = s.Line(g.ctx, text, false, io.Discard, io.Discard)
		heard[i] = &answer.Heard{}
		if s.Transcript.Count() > before {
			heard[i] = &s.Transcript.Last().Heard
		}
	}
	return said, heard
}

// run runs a command that the scenario needs, and writes it down.
func (g *stage) run(text string) {
	_, _ = g.try(text) // it has no way to fail
	g.lines = append(g.lines, text)
}

// catchUp moves the clock to where it was, by the second: what is in a token is
// no finer. Less than a grain is not made up for.
func (g *stage) catchUp(then time.Time, grain time.Duration) {
	then = then.Truncate(time.Second)
	switch gap := then.Sub(g.shells[0].World.Clock.Now()).Truncate(time.Second); {
	case gap <= 0 || gap < grain:
	case gap > 24*time.Hour:
		g.run("clock set " + then.UTC().Format(time.RFC3339))
	default:
		g.run("clock advance " + gap.String())
	}
}

// unpack writes the files into a folder.
func (m *scenarioMaker) unpack(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	for _, f := range m.files {
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// record: a session becomes a scenario.

package record

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/scenario"
	"tokenshell/shell/internal/world"
)

// recorder is a shell's recording.
type recorder struct{ under *recording } // nil unless record start was run

// Start gives a new shell its recorder.
func Start(s *interp.Shell) {
	r := &recorder{}
	s.Bind(r)
	s.AtEnd = r.leave
	s.Mark = func() string {
		if r.under == nil {
			return ""
		}
		return "rec"
	}
}

// Verb is the verb record.
type Verb struct {
	Whole recordWhole `cmd:"" default:"withargs" help:"Write what was run since the shell began to a file, a scenario that passes." example:"record --from-start checkout.txtar"`
	Start recordStart `cmd:"" help:"Begin to record; what was run before is repeated without being looked at." example:"record start checkout.txtar"`
	Stop  recordStop  `cmd:"" help:"Write the recording: verbs, refusals as expect, time as clock advance, files as sections." example:"record start checkout.txtar; record stop"`
}

type recordWhole struct {
	FromStart string `name:"from-start" required:"" complete:"file" placeholder:"FILE" help:"The file to write: its name ends in .txtar."`
}

// Run writes everything down.
func (v *recordWhole) Run(c *interp.Call, r *recorder) error {
	if err := recordable(c, v.FromStart); err != nil {
		return err
	}
	return r.finish(c, recording{v.FromStart, 0})
}

type recordStart struct {
	File string `arg:"" complete:"file" help:"The file to write when the recording stops: its name ends in .txtar."`
}

// Run begins a recording.
func (v *recordStart) Run(c *interp.Call, r *recorder) error {
	if r.under != nil {
		return exit.Usage("record stop ends it", "%s is being recorded already", r.under.file)
	}
	if err := recordable(c, v.File); err != nil {
		return err
	}
	if err := c.Transcript.Whole(); err != nil {
		return err
	}
	r.under = &recording{v.File, c.Transcript.Count()}
	return c.Out.Show(map[string]string{"file": v.File}, func(w *page.Page) { fmt.Fprintf(w, "recording, for %s; record stop writes it\n", v.File) })
}

// recordable says early what would go wrong late.
func recordable(c *interp.Call, name string) error {
	if filepath.Ext(name) != ".txtar" {
		return exit.Usage("write one such as story.txtar", "%q is not a name for a scenario", name)
	}
	return c.Dir.Fresh(name)
}

type recordStop struct{}

// Run writes the recording.
func (v *recordStop) Run(c *interp.Call, r *recorder) error {
	if r.under == nil {
		return exit.Usage("record start FILE begins a recording", "nothing is being recorded")
	}
	if err := recordable(c, r.under.file); err != nil { // it may have come meanwhile
		return err
	}
	return r.finish(c, *r.under)
}

// finish runs a recording as CI will, with this seed and with another,
// and writes it. One that does not pass is written too, and the error says where;
// one that was interrupted is not written, and the recording goes on.
func (r *recorder) finish(c *interp.Call, of recording) error {
	story, kept, left, err := makeScenario(c.Ctx, c.Shell, of.from-c.Transcript.Dropped(), c.Out)
	if err != nil {
		return err
	}
	failed, err := rehearse(c, of.file, story)
	if err != nil {
		return err
	}
	if err := c.Dir.Write(of.file, story); err != nil {
		return err
	}
	if r.under != nil && *r.under == of {
		r.under = nil
	}
	if failed != nil {
		return failed
	}
	data := struct {
		File    string     `json:"file"`
		Lines   int        `json:"lines"`
		LeftOut []omission `json:"left_out"`
		Without []string   `json:"without,omitempty"` // rules that the world left out
	}{of.file, kept, left, c.World.EverLeftOut()}
	if left == nil {
		data.LeftOut = []omission{}
	}
	return c.Out.Show(data, func(w *page.Page) {
		if rules := c.World.EverLeftOut(); len(rules) > 0 {
			fmt.Fprintln(w, w.Paint(page.BadStyle, "in a world without "+strings.Join(rules, ", ")+": it shows nothing of a sound one"))
		}
		fmt.Fprintf(w, "%s: %s, %d left out; it passes\n", of.file, page.Count(kept, "command"), len(left))
		for _, o := range left {
			fmt.Fprintf(w, "  %s: %s\n", o.Line, o.Why)
		}
	})
}

// rehearse runs a scenario as tokenshell run does. failed says where it does not
// pass, err that it could not be run.
func rehearse(c *interp.Call, name string, story []byte) (failed, err error) {
	dir, err := os.MkdirTemp("", "tokenshell-record-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, filepath.Base(name))
	if err := os.WriteFile(path, story, 0o600); err != nil {
		return nil, err
	}
	for _, seed := range []uint64{world.DefaultSeed, world.DefaultSeed + 1} {
		var outcome scenario.Outcome
		if err := scenario.Run(c.Ctx, c.Language, scenario.Config{Seed: seed, NoExec: true}, []string{path}, func(o scenario.Outcome) { outcome = o }); err != nil {
			return nil, err
		}
		if outcome.Verdict != scenario.Passed && failed == nil {
			failed = fmt.Errorf("it was written, but %s:%d does not pass with seed %d: %s", name, outcome.Line, seed, outcome.Why)
		}
	}
	return failed, nil
}

// leave ends what is under way when a shell ends: a recording is written.
func (r *recorder) leave(c *interp.Call) error {
	if r.under == nil {
		return nil
	}
	err := (&recordStop{}).Run(c, r)
	c.Out.Report(err)
	if err != nil {
		return exit.ToPeople(errors.New("the recording could not be written"))
	}
	return nil
}

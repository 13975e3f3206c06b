// record: a session becomes a scenario.

package shell

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

type recordVerb struct {
	Whole recordWhole `cmd:"" default:"withargs" help:"Write what was run since the shell began to a file, a scenario that passes." example:"record --from-start checkout.txtar"`
	Start recordStart `cmd:"" help:"Begin to record; what was run before is repeated without being looked at." example:"record start checkout.txtar"`
	Stop  recordStop  `cmd:"" help:"Write the recording: verbs, refusals as expect, time as clock advance, files as sections." example:"record start checkout.txtar; record stop"`
}

type recordWhole struct {
	FromStart string `name:"from-start" required:"" complete:"file" placeholder:"FILE" help:"The file to write: its name ends in .txtar."`
}

// Run writes everything down.
func (v *recordWhole) Run(c *call) error {
	if err := c.checkRecordFile(v.FromStart); err != nil {
		return err
	}
	return c.finishRecording(recording{v.FromStart, 0})
}

type recordStart struct {
	File string `arg:"" complete:"file" help:"The file to write when the recording stops: its name ends in .txtar."`
}

// Run begins a recording.
func (v *recordStart) Run(c *call) error {
	if c.recording != nil {
		return usage("record stop ends it", "%s is being recorded already", c.recording.file)
	}
	if err := c.checkRecordFile(v.File); err != nil {
		return err
	}
	if err := c.transcript.whole(); err != nil {
		return err
	}
	c.Shell.recording = &recording{v.File, len(c.transcript.spoken) + c.transcript.dropped}
	return c.out.show(map[string]string{"file": v.File}, func(w *page) { fmt.Fprintf(w, "recording, for %s; record stop writes it\n", v.File) })
}

// checkRecordFile says early what would go wrong late.
func (c *call) checkRecordFile(name string) error {
	if filepath.Ext(name) != ".txtar" {
		return usage("write one such as story.txtar", "%q is no name for a scenario", name)
	}
	if _, err := os.Lstat(c.path(name)); err == nil {
		return usage("choose another name, or remove it", "there is a file %s already", name)
	}
	if info, err := os.Stat(filepath.Dir(c.path(name))); err != nil || !info.IsDir() {
		return &inputError{name, 0, "there is no such folder"}
	}
	return nil
}

type recordStop struct{}

// Run writes the recording.
func (v *recordStop) Run(c *call) error {
	if c.recording == nil {
		return usage("record start FILE begins a recording", "nothing is being recorded")
	}
	if err := c.checkRecordFile(c.recording.file); err != nil { // it may have come meanwhile
		return err
	}
	return c.finishRecording(*c.recording)
}

// finishRecording writes a recording and runs it, as CI will, with this seed and
// with another. The error says where it does not pass.
func (c *call) finishRecording(r recording) error {
	scenario, kept, left, err := c.record(c.ctx, r.from-c.transcript.dropped)
	if err != nil {
		return err
	}
	if err := c.writeFile(r.file, scenario); err != nil {
		return err
	}
	if c.recording != nil && *c.recording == r {
		c.Shell.recording = nil
	}
	if err := passes(c.ctx, c.path(r.file)); err != nil {
		return err
	}
	data := struct {
		File    string     `json:"file"`
		Lines   int        `json:"lines"`
		LeftOut []omission `json:"left_out"`
	}{r.file, kept, left}
	if left == nil {
		data.LeftOut = []omission{}
	}
	return c.out.show(data, func(w *page) {
		fmt.Fprintf(w, "%s: %d commands, %d left out; it passes\n", r.file, kept, len(left))
		for _, o := range left {
			fmt.Fprintf(w, "  %s: %s\n", o.Line, o.Why)
		}
	})
}

// passes runs a scenario as tokenshell run does.
func passes(ctx context.Context, path string) error {
	for _, seed := range []uint64{DefaultSeed, DefaultSeed + 1} {
		var outcome Outcome
		if err := RunScenarios(ctx, ScenarioConfig{Seed: seed}, []string{path}, func(o Outcome) { outcome = o }); err != nil {
			return err
		}
		if outcome.Verdict != Passed {
			return fmt.Errorf("it was written, but %s:%d does not pass with seed %d: %s", path, outcome.Line, seed, outcome.Why)
		}
	}
	return nil
}

// leave ends what is under way when a shell ends: a recording is written.
func (s *Shell) leave(out *output) error {
	if s.recording == nil {
		return nil
	}
	err := (&recordStop{}).Run(&call{Shell: s, ctx: context.Background(), out: out})
	out.report(err)
	if err != nil {
		return &printedError{errors.New("the recording could not be written")}
	}
	return nil
}

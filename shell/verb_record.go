// record: a session becomes a scenario.

package shell

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/page"
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
		return exit.Usage("record stop ends it", "%s is being recorded already", c.recording.file)
	}
	if err := c.checkRecordFile(v.File); err != nil {
		return err
	}
	if err := c.transcript.whole(); err != nil {
		return err
	}
	c.Shell.recording = &recording{v.File, len(c.transcript.spoken) + c.transcript.dropped}
	return c.out.Show(map[string]string{"file": v.File}, func(w *page.Page) { fmt.Fprintf(w, "recording, for %s; record stop writes it\n", v.File) })
}

// checkRecordFile says early what would go wrong late.
func (c *call) checkRecordFile(name string) error {
	if filepath.Ext(name) != ".txtar" {
		return exit.Usage("write one such as story.txtar", "%q is no name for a scenario", name)
	}
	if _, err := os.Lstat(c.path(name)); err == nil {
		return exit.Usage("choose another name, or remove it", "there is a file %s already", name)
	}
	if info, err := os.Stat(filepath.Dir(c.path(name))); err != nil || !info.IsDir() {
		return exit.Input(name, 0, "there is no such folder")
	}
	return nil
}

type recordStop struct{}

// Run writes the recording.
func (v *recordStop) Run(c *call) error {
	if c.recording == nil {
		return exit.Usage("record start FILE begins a recording", "nothing is being recorded")
	}
	if err := c.checkRecordFile(c.recording.file); err != nil { // it may have come meanwhile
		return err
	}
	return c.finishRecording(*c.recording)
}

// finishRecording runs a recording as CI will, with this seed and with another,
// and writes it. One that does not pass is written too, and the error says where;
// of one that was interrupted nothing is, and the recording goes on.
func (c *call) finishRecording(r recording) error {
	scenario, kept, left, err := c.record(c.ctx, r.from-c.transcript.dropped, c.out)
	if err != nil {
		return err
	}
	failed, err := c.rehearse(r.file, scenario)
	if err != nil {
		return err
	}
	if err := c.writeFile(r.file, scenario); err != nil {
		return err
	}
	if c.recording != nil && *c.recording == r {
		c.Shell.recording = nil
	}
	if failed != nil {
		return failed
	}
	data := struct {
		File    string     `json:"file"`
		Lines   int        `json:"lines"`
		LeftOut []omission `json:"left_out"`
	}{r.file, kept, left}
	if left == nil {
		data.LeftOut = []omission{}
	}
	return c.out.Show(data, func(w *page.Page) {
		fmt.Fprintf(w, "%s: %d commands, %d left out; it passes\n", r.file, kept, len(left))
		for _, o := range left {
			fmt.Fprintf(w, "  %s: %s\n", o.Line, o.Why)
		}
	})
}

// rehearse runs a scenario as tokenshell run does. failed says where it does not
// pass, err that it could not be run.
func (c *call) rehearse(name string, scenario []byte) (failed, err error) {
	dir, err := os.MkdirTemp("", "tokenshell-record-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, filepath.Base(name))
	if err := os.WriteFile(path, scenario, 0o600); err != nil {
		return nil, err
	}
	for _, seed := range []uint64{DefaultSeed, DefaultSeed + 1} {
		var outcome Outcome
		if err := RunScenarios(c.ctx, ScenarioConfig{Seed: seed}, []string{path}, func(o Outcome) { outcome = o }); err != nil {
			return nil, err
		}
		if outcome.Verdict != Passed && failed == nil {
			failed = fmt.Errorf("it was written, but %s:%d does not pass with seed %d: %s", name, outcome.Line, seed, outcome.Why)
		}
	}
	return failed, nil
}

// leave ends what is under way when a shell ends: a recording is written.
func (s *Shell) leave(out *answer.Out) error {
	if s.recording == nil {
		return nil
	}
	err := (&recordStop{}).Run(&call{Shell: s, ctx: context.Background(), out: out})
	out.Report(err)
	if err != nil {
		return exit.ToPeople(errors.New("the recording could not be written"))
	}
	return nil
}

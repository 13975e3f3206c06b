// Playing scenarios as go test -v does, and keeping what becomes of them.

package scenario_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"tokenshell/shell/internal/scenario"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

// played is what became of scenarios under testscript.
type played struct {
	verdicts map[string]scenario.Verdict // by file
	logs     map[string]string           // by file: all that its verbs print
	begun    []*scenario.Script
}

// play runs files under testscript as go test -v does.
func play(files []string) (*played, error) {
	p := &played{verdicts: map[string]scenario.Verdict{}, logs: map[string]string{}}
	params, err := scenario.ParamsTelling(context.Background(), shelltest.Language(), scenario.Config{Seed: world.DefaultSeed}, files, func(sc *scenario.Script) { p.begun = append(p.begun, sc) })
	if err != nil {
		return nil, err
	}
	all := &recorder{}
	testscript.RunT(all, params)
	names := scenario.ScriptNames(files)
	for _, r := range all.scripts {
		p.verdicts[names[r.name]], p.logs[names[r.name]] = r.verdict, r.log.String()
	}
	return p, nil
}

// stories are the scenarios of the repository, played once for all tests.
var stories = sync.OnceValues(func() (*played, error) {
	files, err := loneScripts()
	if err != nil {
		return nil, err
	}
	return play(files)
})

// loneScripts gives the repository's scenarios that are one file and one result each:
// without rows, and without what they include, they can be copied elsewhere.
func loneScripts() ([]string, error) {
	files, err := scenario.Files([]string{scriptsDir})
	return slices.DeleteFunc(files, func(file string) bool {
		text, err := os.ReadFile(file)
		return err == nil && (bytes.Contains(text, []byte("\ninclude ")) || bytes.Contains(text, []byte("\n-- cases.")))
	}), err
}

// recorder is testscript's T as go test implements it: each script on a
// goroutine of its own, which Skip and FailNow end.
type recorder struct {
	scripts []*recorder
	name    string
	verdict scenario.Verdict
	log     strings.Builder
}

func (r *recorder) Run(name string, f func(testscript.T)) {
	script := &recorder{name: name, verdict: scenario.Passed}
	r.scripts = append(r.scripts, script)
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(script)
	}()
	<-done
}

func (r *recorder) Skip(...any) { r.verdict = scenario.Skipped; runtime.Goexit() }

func (r *recorder) Fatal(args ...any) { r.Log(args...); r.FailNow() }

func (r *recorder) FailNow() { r.verdict = scenario.Failed; runtime.Goexit() }

func (r *recorder) Log(args ...any) { fmt.Fprintln(&r.log, args...) }

func (r *recorder) Failed() bool { return r.verdict == scenario.Failed }

func (r *recorder) Skipped() bool { return r.verdict == scenario.Skipped }

func (r *recorder) Parallel() {}

func (r *recorder) Verbose() bool { return true }

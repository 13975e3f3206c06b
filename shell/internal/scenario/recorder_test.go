// A T that keeps verdicts, and one that keeps logs.

package scenario_test

import (
	"runtime"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"

	"tokenshell/shell/internal/scenario"
)

// recorder is testscript's T as go test implements it: each script on a
// goroutine of its own, which Skip and FailNow end.
type recorder struct {
	mu       sync.Mutex
	verdicts map[string]scenario.Verdict
	parent   *recorder // nil at the top
	name     string
}

func (r *recorder) set(v scenario.Verdict) {
	r.parent.mu.Lock()
	defer r.parent.mu.Unlock()
	r.parent.verdicts[r.name] = v
}

func (r *recorder) Run(name string, f func(testscript.T)) {
	script := &recorder{parent: r, name: name}
	script.set(scenario.Passed)
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(script)
	}()
	<-done
}

func (r *recorder) Skip(...any) { r.set(scenario.Skipped); runtime.Goexit() }

func (r *recorder) Fatal(...any) { r.FailNow() }

func (r *recorder) FailNow() { r.set(scenario.Failed); runtime.Goexit() }

func (r *recorder) Log(...any) {}

func (r *recorder) Parallel() {}

func (r *recorder) Verbose() bool { return false }

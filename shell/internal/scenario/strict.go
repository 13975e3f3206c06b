// Strictly: what lint says of a scenario that passed, and what lines that did not
// run leave of it.

package scenario

import (
	"fmt"
	"os/exec"
	"runtime"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/lint"
	"tokenshell/shell/internal/story"
	"tokenshell/shell/internal/syntax"
)

// strictly gives what is to be said of a scenario that passed, unless it was said
// already.
func (r *runner) strictly(o *Outcome, s *story.Story, sc *script, log logged) error {
	warnings, err := lint.Look(s, r.language)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		switch {
		case w.Line == 0:
			o.Warnings = append(o.Warnings, w.What)
		case w.File == o.File:
			o.Warnings = append(o.Warnings, fmt.Sprintf("line %d: %s", w.Line, w.What))
		default:
			o.Warnings = append(o.Warnings, w.String())
		}
	}
	if sc == nil || sc.shell == nil || len(warnings) > 0 {
		return nil
	}
	if !slices.ContainsFunc(sc.shell.Transcript.All(), func(spoken *interp.Spoken) bool { return lint.Acts(r.language, spoken.Words) }) {
		o.Warnings = append(o.Warnings, lint.Nothing+": no line that does has run")
		return nil
	}
	asks, err := lint.Asks(s.Only(log.ran(s)), r.language)
	if err == nil && !asks {
		o.Warnings = append(o.Warnings, lint.OnlySuccess+": no line that asks for more has run")
	}
	return err
}

// ran gives the lines of a story that were reached, and whose conditions hold, from 1.
func (l logged) ran(s *story.Story) map[int]bool {
	lines := strings.Split(string(txtar.Parse(s.Text()).Comment), "\n")
	ran := map[int]bool{}
	for _, step := range l.steps(lines, found{line: len(lines), upTo: len(l.text)}) {
		if !slices.ContainsFunc(conditions(lines[step.Line-1]), failed) {
			ran[step.Line] = true
		}
	}
	return ran
}

// conditions gives those that a line begins with, without their brackets.
func conditions(line string) (all []string) {
	for _, word := range syntax.ReadScript(line).Words {
		inner, begins := strings.CutPrefix(word, "[")
		inner, ends := strings.CutSuffix(inner, "]")
		if !begins || !ends {
			break
		}
		all = append(all, strings.TrimSpace(inner))
	}
	return all
}

// failed reports whether a condition did not hold: one about the system or a program,
// as testscript decides it. It logs a line before it looks at its conditions.
func failed(condition string) bool {
	wanted := true
	if inner, negated := strings.CutPrefix(condition, "!"); negated {
		condition, wanted = strings.TrimSpace(inner), false
	}
	systems := []string{"aix", "android", "darwin", "dragonfly", "freebsd", "illumos", "ios", "js", "linux", "netbsd", "openbsd", "plan9", "solaris", "wasip1", "windows"}
	machines := []string{"386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le", "riscv64", "s390x", "wasm"}
	holds := wanted
	switch program, isProgram := strings.CutPrefix(condition, "exec:"); {
	case slices.Contains(systems, condition):
		holds = condition == runtime.GOOS
	case slices.Contains(machines, condition):
		holds = condition == runtime.GOARCH
	case condition == "unix":
		holds = !slices.Contains([]string{"js", "plan9", "wasip1", "windows"}, runtime.GOOS)
	case isProgram:
		_, err := exec.LookPath(program)
		holds = err == nil
	}
	return holds != wanted
}

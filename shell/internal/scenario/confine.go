// Confinement: what a scenario may touch. Its sections lie in its own folder, and
// so does what its verbs write. With NoExec it runs no program, and reads nothing
// else: what testscript would do is refused before the first line runs.

package scenario

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/story"
	"tokenshell/shell/internal/syntax"
)

// examine says what of a scenario must not even be unpacked.
func (r *runner) examine(s *story.Story) error {
	if info, err := os.Lstat(s.File); r.config.NoExec && err == nil && !info.Mode().IsRegular() {
		return exit.Input(s.File, 0, "with --no-exec only regular files are run, and this is a link or something else: name what it leads to")
	}
	for _, section := range s.Sections {
		if name := section.Name; !filepath.IsLocal(name) || strings.Contains(name, "$") { // a variable is empty there
			return exit.Input(section.File, section.At, "section "+redact.OneLine(name)+" lies outside the scenario's folder: give it a name such as token.jwt")
		}
	}
	return nil
}

// lineOf gives the line in which a section begins.
func lineOf(text []byte, section string) int {
	for i, line := range strings.Split(string(text), "\n") {
		line, begins := strings.CutPrefix(strings.TrimSuffix(line, "\r"), "-- ")
		name, ends := strings.CutSuffix(line, " --")
		if begins && ends && strings.TrimSpace(name) == section {
			return i + 1
		}
	}
	return 0
}

// named gives which words of a command name files; the word of a flag does not
// matter.
type named func(args []string) (from int)

func every([]string) int            { return 0 }
func none(args []string) int        { return len(args) }
func behindFirst(args []string) int { return min(1, len(args)) }
func last(args []string) int        { return max(0, len(args)-1) }

// builtins are testscript's own commands that NoExec leaves. They all work on
// files by their names, which must not lead out.
var builtins = map[string]named{
	"cd": every, "chmod": behindFirst, "cmp": every, "cmpenv": every, "cp": every, "exists": every, "grep": last, "mkdir": every, "mv": every, "rm": every,
	"stdin": every, "ttyin": every, "unix2dos": every, "unquote": every,
	"env": none, "kill": none, "skip": none, "stderr": none, "stdout": none, "stop": none, "ttyout": none, "wait": none,
}

// fixed are the variables that testscript, or whoever looks for programs and
// folders, uses.
var fixed = []string{"WORK", "PATH", "HOME", "TMPDIR", "devnull", "exe"}

// refuses says why NoExec does not run a line of a scenario with these verbs; empty
// when it does.
func (r *runner) refuses(line syntax.ScriptLine, verbs []string) string {
	if !r.config.NoExec {
		return ""
	}
	verb, args := line.Verb()
	at := len(line.Words) - len(args) // where they begin
	for i, word := range line.Words[:at] {
		switch {
		case line.Puts[i]:
			return "with --no-exec a command is written without variables"
		case strings.HasPrefix(word, "[") && strings.Contains(word, "exec:"):
			return "with --no-exec no condition looks for programs"
		}
	}
	names, ours := builtins[verb], slices.Contains(verbs, verb)
	switch {
	case verb == "exec":
		return "with --no-exec no program is run"
	case verb == "symlink":
		return "with --no-exec no link is made"
	case verb == "" || ours:
		return ""
	case names == nil: // testscript does not know it, or tokenshell has not looked at it
		return "with --no-exec there is no command " + redact.OneLine(verb)
	case verb == "env":
		for i, pair := range args {
			if name, _, sets := strings.Cut(pair, "="); sets && (!syntax.IsVariable(strings.ToUpper(name)) || slices.Contains(fixed, name)) {
				return "with --no-exec env does not set " + redact.OneLine(name)
			} else if line.Puts[at+i] && strings.Contains(name, "$") {
				return "with --no-exec the name of a variable is written without another"
			}
		}
	}
	for i := names(args); i < len(args); i++ {
		if !inside(args[i], line.Puts[at+i]) {
			return "with --no-exec " + redact.OneLine(args[i]) + " lies outside the scenario's folder, or may: write a name in it"
		}
	}
	return ""
}

// inside reports whether a word names a file in the scenario's folder, wherever
// in it one is: it never goes up. Of all variables $WORK may begin it.
func inside(word string, puts bool) bool {
	if puts {
		below, ok := strings.CutPrefix(word, "$WORK")
		if word = strings.TrimPrefix(below, "/"); !ok || strings.Contains(below, "$") || below != "" && word == below {
			return false
		}
	}
	return word == "" || filepath.IsLocal(word) && !slices.Contains(strings.Split(filepath.ToSlash(word), "/"), "..")
}

// IsFixed reports whether a variable's name is not a scenario's to choose.
func IsFixed(name string) bool { return slices.Contains(fixed, name) }

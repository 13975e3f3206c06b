// Includes: lines that several scenarios share. include FILE stands by itself, and
// names a file from where the line stands.

package story

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/syntax"
)

// deepest is how deep includes may nest.
const deepest = 16

// Opener opens the file that a scenario, or a file that it includes, names: the
// path, from where the process stands, and the text.
type Opener func(scenario, from, name string) (path string, text []byte, err error)

// Open is an [Opener] for files as they lie. Inside has it open none that lies
// outside the scenario's own folder, whatever links lead there.
func Open(ctx context.Context, inside bool) Opener {
	return func(scenario, from, name string) (string, []byte, error) {
		path := filepath.Join(filepath.Dir(from), filepath.FromSlash(name))
		dir := files.Dir{Ctx: ctx}
		if inside {
			own, err := filepath.Abs(filepath.Dir(scenario))
			if err != nil {
				return path, nil, exit.Input(path, 0, files.CauseOf(err))
			}
			dir.Only = own
		}
		if dir.MayRead(path) != nil {
			return path, nil, exit.Input(path, 0, "with --no-exec a scenario includes nothing from outside its own folder")
		}
		if err := files.Regular(os.Stat(path)); err != nil { // nobody waits for a pipe
			return path, nil, exit.Input(path, 0, files.CauseOf(err))
		}
		text, err := dir.Read(path, Limit)
		return path, text, err
	}
}

// included reads a line that may be an include: the name of the file, or what is
// wrong with it.
func included(line string) (name string, includes bool, wrong string) {
	if !strings.Contains(line, "include") {
		return "", false, ""
	}
	read := syntax.ReadScript(line)
	verb, rest := read.Verb()
	switch {
	case verb != "include":
		return "", false, ""
	case len(read.Words) != len(rest)+1:
		return "", true, "include stands by itself: neither ! nor a condition comes before it"
	case len(rest) != 1:
		return "", true, "write include FILE"
	case read.Puts[len(read.Puts)-1]:
		return "", true, "include names its file without variables"
	case filepath.IsAbs(rest[0]):
		return "", true, "include names its file from the folder of the one that it stands in"
	}
	return rest[0], true, ""
}

// include reads the file that a line includes.
func (r *reader) include(file string, at int, name string) error {
	r.story.included = true
	path, text, err := r.open(r.way[0], file, name)
	switch {
	case slices.ContainsFunc(r.way, func(on string) bool { return filepath.Clean(on) == path }):
		return exit.Input(file, at, redact.OneLine(name)+" includes itself, by way of this line")
	case len(r.way) > deepest:
		return exit.Input(file, at, "files include one another more than 16 deep")
	}
	if input, ok := err.(*exit.InputError); ok {
		return exit.Input(file, at, "include "+redact.OneLine(name)+": "+input.What)
	} else if err != nil {
		return err
	}
	return r.file(path, text)
}

// Played: what testscript is given. It is the scenario's own file, unless something
// has to be changed in it first: then it is a copy, in which every line keeps its
// number.

package scenario

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/internal/world"
)

// read gives a scenario's text.
func (r *runner) read(file string) ([]byte, error) {
	if text, ok := r.config.Texts[file]; ok {
		return text, nil
	}
	return files.Read(r.ctx, file, world.WorldLimit)
}

// copied reports whether testscript gets a copy.
func (r *runner) copied(file string) bool {
	_, given := r.config.Texts[file]
	return given || r.config.Lines || r.config.Update || r.config.Until[file] > 0
}

// prepare makes a worker's folder, and gives the path that testscript is to read.
func (r *runner) prepare(file, folder string) (played string, err error) {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return "", exit.Input(folder, 0, files.CauseOf(err))
	}
	if !r.copied(file) {
		return file, nil
	}
	text, err := r.read(file)
	if err != nil {
		return "", err
	}
	archive := txtar.Parse(text)
	lines := strings.Split(string(archive.Comment), "\n")
	for i, line := range lines {
		switch until := r.config.Until[file]; {
		case until > 0 && i+1 >= until:
			lines[i] = ""
		case r.config.Lines:
			lines[i] = r.shown(i+1, line)
		}
	}
	archive.Comment = []byte(strings.Join(lines, "\n"))
	played = filepath.Join(folder, scriptName(file)+".txtar")
	return played, os.WriteFile(played, txtar.Format(archive), 0o600)
}

// lineCondition begins a line's condition by which the runner hears that it runs.
const lineCondition = "line:"

// shown gives a line as testscript reads it.
func (r *runner) shown(n int, line string) string {
	if !r.config.Lines || len(syntax.ReadScript(line).Words) == 0 || strings.HasPrefix(line, "#") {
		return line
	}
	return fmt.Sprintf("[%s%d] %s", lineCondition, n, line)
}

// conditions answers the conditions that testscript does not know. Those of lines
// always hold, and tell that the line runs.
func (r *runner) conditions(at int, file string) func(string) (bool, error) {
	if !r.config.Lines {
		return nil
	}
	var lines []string
	if text, err := r.read(file); err == nil {
		lines = strings.Split(string(text), "\n")
	}
	return func(condition string) (bool, error) {
		number, ok := strings.CutPrefix(condition, lineCondition)
		n, err := strconv.Atoi(number)
		if !ok || err != nil || n < 1 || n > len(lines) {
			return false, fmt.Errorf("unknown condition %q", condition)
		}
		if r.told.Line != nil {
			r.told.Line(at, Step{Line: n, Text: strings.TrimSpace(lines[n-1])})
		}
		return true, nil
	}
}

// update writes a scenario's file anew when sections of its copy were.
func (r *runner) update(o *Outcome, played string) error {
	if !r.config.Update {
		return nil
	}
	was, err := r.read(o.File)
	if err != nil {
		return err
	}
	now, err := files.Read(r.ctx, played, world.WorldLimit)
	if err != nil {
		return err
	}
	archive := txtar.Parse(now)
	archive.Comment = txtar.Parse(was).Comment
	text := txtar.Format(archive)
	if string(text) == string(txtar.Format(txtar.Parse(was))) {
		return nil
	}
	if err := files.Replace(r.ctx, o.File, text, 0o644); err != nil {
		return exit.Input(o.File, 0, "it cannot be written anew: "+files.CauseOf(err))
	}
	o.Updated = true
	return nil
}

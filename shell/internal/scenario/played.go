// Played: what testscript is given. It is the scenario's own file, unless it includes
// others, or something has to be changed in it first: then it is a copy, whose lines
// are those of the story.

package scenario

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/story"
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

// copy reports whether testscript gets a copy.
func (r *runner) copy(s *story.Story) bool {
	_, given := r.config.Texts[s.File]
	return given || s.Included() || s.Marked() || r.config.Lines || r.config.Update || r.config.Until[s.File] > 0
}

// prepare makes a worker's folder, and gives the path that testscript is to read.
func (r *runner) prepare(s *story.Story, folder string) (played string, err error) {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return "", exit.Input(folder, 0, files.CauseOf(err))
	}
	if !r.copy(s) {
		return s.File, nil
	}
	archive := txtar.Parse(s.Text())
	lines := strings.Split(string(archive.Comment), "\n")
	until, over := r.config.Until[s.File], false
	for i, line := range lines {
		if i < len(s.Lines) && s.Lines[i].File == s.File && s.Lines[i].At >= until {
			over = until > 0
		}
		switch {
		case over:
			lines[i] = ""
		case r.config.Lines:
			lines[i] = r.shown(i+1, line)
		}
	}
	archive.Comment = []byte(strings.Join(lines, "\n"))
	played = filepath.Join(folder, scriptName(s.File)+".txtar")
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
func (r *runner) conditions(at int, s *story.Story) func(string) (bool, error) {
	if !r.config.Lines {
		return nil
	}
	return func(condition string) (bool, error) {
		number, ok := strings.CutPrefix(condition, lineCondition)
		n, err := strconv.Atoi(number)
		if !ok || err != nil || n < 1 || n > len(s.Lines) {
			return false, fmt.Errorf("unknown condition %q", condition)
		}
		if r.told.Line != nil {
			line := s.Lines[n-1]
			step := Step{Line: line.At, Text: strings.TrimSpace(line.Text)}
			if line.File != s.File {
				step.In = line.File
			}
			r.told.Line(at, step)
		}
		return true, nil
	}
}

// update writes a scenario's file anew when sections of its copy were.
func (r *runner) update(o *Outcome, s *story.Story, played string) error {
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
	archive, own := txtar.Parse(now), txtar.Parse(was)
	if s.Included() { // sections of other files are theirs
		for i, f := range archive.Files {
			if theirs := s.Sections[i]; theirs.File != s.File && string(f.Data) != string(txtar.Format(&txtar.Archive{Comment: theirs.Data})) {
				return exit.Input(theirs.File, theirs.At, "--update writes no section of a file that is included, which others may compare, too")
			}
		}
		archive.Files = slices.DeleteFunc(archive.Files, func(f txtar.File) bool { return s.Section(f.Name).File != s.File })
	}
	if len(archive.Files) != len(own.Files) {
		return exit.Input(o.File, 0, "--update would write lines that begin another section")
	}
	text := withSections(was, own, archive.Files)
	if string(text) == string(was) {
		return nil
	}
	if s.Rows != nil {
		return exit.Input(o.File, 0, "--update would write a section for one row that the others compare, too")
	}
	if err := r.passes(o.File, text); err != nil {
		return err
	}
	if err := files.Replace(r.ctx, o.File, text, 0o644); err != nil {
		return exit.Input(o.File, 0, "it cannot be written anew: "+files.CauseOf(err))
	}
	o.Updated = true
	return nil
}

// passes runs a scenario with another text, and says where it fails: a section that is
// compared with two things, or with one that is never the same twice.
func (r *runner) passes(file string, text []byte) (wrong error) {
	c := r.config
	c.Texts, c.Update, c.Lines, c.Keep, c.Traced, c.Strict, c.Cover = map[string][]byte{file: text}, false, false, false, false, false, nil
	err := Tell(r.ctx, r.language, c, r.build, []Item{{File: file}}, Listener{Done: func(o Outcome) {
		if o.Verdict == Failed {
			why, _, _ := strings.Cut(o.Why, "\n")
			wrong = exit.Input(cmp.Or(o.In, file), o.Line, "with what --update would write it does not pass: "+why)
		}
	}})
	return cmp.Or(err, wrong)
}

// withSections gives the text of an archive with those of its sections that are
// others now. What else is in it stays as it is, to the last line break.
func withSections(text []byte, was *txtar.Archive, now []txtar.File) []byte {
	var b bytes.Buffer
	take := func(n int) { b.Write(text[:n]); text = text[n:] }
	take(min(len(was.Comment), len(text)))
	for i, section := range was.Files {
		named, _, _ := bytes.Cut(text, []byte("\n"))
		take(min(len(named)+1, len(text)))
		n := min(len(section.Data), len(text)) // a last line may be without its end
		if bytes.Equal(section.Data, now[i].Data) {
			take(n)
			continue
		}
		if !bytes.HasSuffix(b.Bytes(), []byte("\n")) {
			b.WriteByte('\n')
		}
		b.Write(now[i].Data)
		text = text[n:]
	}
	return b.Bytes()
}

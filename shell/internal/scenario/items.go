// Items: what is run. A scenario is one, and each row of its cases is; testscript
// reads the lines of a scenario with those that it includes, and what is told of a
// line says where it stands.

package scenario

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/story"
	"tokenshell/shell/internal/world"
)

// Item is a scenario, or one row of its cases.
type Item struct {
	File string
	Row  *story.Row // nil without cases
}

// Case names the row of its cases; empty without one.
func (i Item) Case() string {
	if i.Row == nil {
		return ""
	}
	return i.Row.String()
}

// Items gives what files hold: each of them, or each row of its cases. What is wrong
// with one is said when it runs.
func Items(ctx context.Context, c Config, paths []string) []Item {
	var all []Item
	for _, path := range paths {
		rows := rowsOf(ctx, c, path)
		if len(rows) == 0 {
			all = append(all, Item{File: path})
		}
		for i := range rows {
			all = append(all, Item{path, &rows[i]})
		}
	}
	return all
}

// rowsOf gives the rows of a file's cases; nil when it has none, or none that can be
// read.
func rowsOf(ctx context.Context, c Config, path string) []story.Row {
	text, given := c.Texts[path]
	if !given {
		var err error
		if text, err = files.Read(ctx, path, world.WorldLimit); err != nil {
			return nil
		}
	}
	if !bytes.Contains(text, []byte("-- cases.")) {
		return nil
	}
	s, err := story.Read(path, text, story.Open(ctx, c.NoExec))
	if err != nil {
		return nil
	}
	return s.Rows
}

// story reads a scenario and what it includes.
func (r *runner) story(file string) (*story.Story, error) {
	text, err := r.read(file)
	if err != nil {
		return nil, err
	}
	return story.Read(file, text, story.Open(r.ctx, r.config.NoExec))
}

// wrong says of an outcome what an error says, with its place. The story is nil when
// it could not be read.
func (o *Outcome) wrong(err error, s *story.Story, text []byte) {
	o.Verdict, o.Why = Failed, err.Error()
	var input *exit.InputError
	if !errors.As(err, &input) {
		return
	}
	o.Line, o.Why = input.Line, input.What
	switch {
	case s != nil && lineIn(s, input.Path, input.Line) > 0:
		o.Line = lineIn(s, input.Path, input.Line)
		o.look(strings.Split(string(s.Text()), "\n"))
		o.placed(s)
	case input.Path != o.File:
		o.In = input.Path
	default:
		o.look(strings.Split(string(text), "\n"))
	}
}

// placed turns the lines of what testscript read into those of the files that they
// stand in.
func (o *Outcome) placed(s *story.Story) {
	if !s.Included() {
		return
	}
	home := o.File
	if o.Line >= 1 && o.Line <= len(s.Lines) && o.In == "" {
		line := s.Lines[o.Line-1]
		o.Line, home = line.At, line.File
	}
	if home != o.File {
		o.In = home
	}
	place := func(steps []Step) []Step {
		for i, step := range steps {
			if step.Line < 1 || step.Line > len(s.Lines) {
				continue
			}
			line := s.Lines[step.Line-1]
			if steps[i].Line = line.At; line.File != home {
				steps[i].In = line.File
			}
		}
		return steps
	}
	o.Around = slices.DeleteFunc(place(o.Around), func(step Step) bool { return step.In != "" })
	o.Before = place(o.Before)
	if o.Within == nil {
		return
	}
	if section := s.Section(o.Within.Section); section != nil {
		was := o.Within.Line
		o.Within.Line += section.At - lineOf(s.Text(), section.Name)
		if section.File != o.File {
			o.Within.In = section.File
		}
		if o.Line == was {
			o.Line, o.In = o.Within.Line, o.Within.In
		}
	}
}

// lineIn gives the line of what testscript reads that stands at a place in a file; 0
// when it reads none.
func lineIn(s *story.Story, file string, at int) int {
	return 1 + slices.IndexFunc(s.Lines, func(line story.Line) bool { return line.File == file && line.At == at })
}

// Name is how an outcome is told: its file, and the row of its cases.
func (o *Outcome) Name() string {
	if o.Row == "" {
		return o.File
	}
	return o.File + "[" + o.Row + "]"
}

// copies gives the paths that go test's testscript reads: the files themselves, or a
// copy for each that includes others, and for each row of cases, in a folder that
// the last of them removes.
func (r *runner) copies(paths []string) (read []string, err error) {
	r.copied = map[string]Item{}
	folder := ""
	for _, path := range paths {
		s, err := r.story(path)
		if err != nil {
			return nil, err
		}
		items := []Item{{File: path}}
		if len(s.Rows) == 0 && !s.Included() {
			read = append(read, path)
			continue
		} else if len(s.Rows) > 0 {
			items = nil
			for i := range s.Rows {
				items = append(items, Item{path, &s.Rows[i]})
			}
		}
		if folder == "" {
			if folder, err = os.MkdirTemp("", "tokenshell-stories-"); err != nil {
				return nil, exit.Input(os.TempDir(), 0, files.CauseOf(err))
			}
		}
		for _, item := range items {
			name := scriptName(path)
			if item.Row != nil {
				name = fmt.Sprintf("%s-row-%d", name, item.Row.Number)
			}
			own, err := os.MkdirTemp(folder, "story-") // names may be alike
			if err != nil {
				return nil, exit.Input(folder, 0, files.CauseOf(err))
			}
			path := filepath.Join(own, name+".txtar")
			if err := os.WriteFile(path, s.Text(), 0o600); err != nil {
				return nil, exit.Input(path, 0, files.CauseOf(err))
			}
			r.copied[path] = item
			read = append(read, path)
		}
	}
	return read, nil
}

// drop removes a copy, and with the last one their folder.
func drop(path string) {
	_ = os.RemoveAll(filepath.Dir(path))
	_ = os.Remove(filepath.Dir(filepath.Dir(path))) // until it is empty it stays
}

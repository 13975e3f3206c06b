// Reporting: lint as a command.

package lint

import (
	"context"
	"errors"
	"fmt"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/story"
)

// Command is tokenshell lint.
type Command struct {
	Paths []string `arg:"" name:"path" sep:"none" help:"Files, folders with .txtar files below them, and - for standard input."`
}

// About is what a person has to know of it.
const About = `Reads scenarios, and runs none. It warns of what tests nothing, or reads as if it did:

  a story that runs no verb, that confirms, relays, redeems, explains and attacks nothing, or that asks for nothing but success
  a stdout, stderr or grep pattern that matches whatever was said; an exists, cmp or grep of sections alone
  a ! whose reason nobody asks for: expect REASON, or stderr with the reason behind it, does
  a stop with lines behind it, which are never run
  cases whose names stand in no line
  a section that no line names, such as world.yml for world.yaml; a file that is no .txtar

It ends with 0 without a warning, 1 with one, 3 when a file cannot be read. tokenshell run --strict fails for the same.
`

// Files reads scenarios and shows what there is to say of them; read reads one. The
// error says that there was something, or is an [exit.InputError] of a file that
// cannot be read.
func Files(ctx context.Context, l *interp.Language, paths []string, read func(path string) ([]byte, error), out *answer.Out) error {
	found := []Warning{}
	var unread []Warning
	var wrong error
	for _, path := range paths {
		warnings, err := file(ctx, l, path, read)
		var input *exit.InputError
		if errors.As(err, &input) { // the others are still looked at
			unread, wrong = append(unread, Warning{input.Path, input.Line, input.What}), errors.Join(wrong, err)
			continue
		} else if err != nil {
			return err
		}
		found = append(found, warnings...)
	}
	data := struct {
		Files    int       `json:"files"`
		Warnings []Warning `json:"warnings"`
		Unread   []Warning `json:"unread,omitempty"` // what is wrong with files that cannot be read
	}{len(paths), found, unread}
	err := out.Show(data, func(w *page.Page) {
		for _, warning := range found {
			fmt.Fprintln(w, warning)
		}
		fmt.Fprintf(w, "%s: %s\n", page.Count(len(paths), "scenario"), page.Count(len(found), "warning"))
	})
	switch {
	case err == nil && wrong != nil:
		err = exit.InJSON(wrong)
	case err == nil && len(found) > 0:
		err = exit.ToPeople(errors.New("lint has found something"))
	}
	return err
}

// file looks at one of the files.
func file(ctx context.Context, l *interp.Language, path string, read func(path string) ([]byte, error)) ([]Warning, error) {
	text, err := read(path)
	if err != nil {
		return nil, err
	}
	s := &story.Story{File: path}
	if IsScenario(path) { // or its lines are anything
		if s, err = story.Read(path, text, story.Open(ctx, false)); err != nil {
			return nil, err
		}
	}
	return Look(s, l)
}

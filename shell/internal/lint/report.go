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
  a stdout, stderr or grep pattern that matches whatever was said
  a ! whose reason nobody asks for: expect REASON, or stderr with the reason behind it, does
  a section that no line names, such as world.yml for world.yaml; a file that is no .txtar

It ends with 0 without a warning, 1 with one, 3 when a file cannot be read. tokenshell run --strict fails for the same.
`

// Files reads scenarios and shows what there is to say of them; read reads one. The
// error says that there was something, or is an [exit.InputError] of a file that
// cannot be read.
func Files(ctx context.Context, l *interp.Language, paths []string, read func(path string) ([]byte, error), out *answer.Out) error {
	found := []Warning{}
	for _, path := range paths {
		text, err := read(path)
		if err != nil {
			return err
		}
		s, err := story.Read(path, text, story.Open(ctx, false))
		if err != nil {
			return err
		}
		warnings, err := Look(s, l)
		if err != nil {
			return err
		}
		found = append(found, warnings...)
	}
	data := struct {
		Files    int       `json:"files"`
		Warnings []Warning `json:"warnings"`
	}{len(paths), found}
	err := out.Show(data, func(w *page.Page) {
		for _, warning := range found {
			fmt.Fprintln(w, warning)
		}
		fmt.Fprintf(w, "%s: %s\n", page.Count(len(paths), "scenario"), page.Count(len(found), "warning"))
	})
	if err == nil && len(found) > 0 {
		err = exit.ToPeople(errors.New("lint has found something"))
	}
	return err
}

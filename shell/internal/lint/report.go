// Reporting: lint as a command.

package lint

import (
	"context"
	"errors"
	"fmt"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/story"
)

// Command is tokenshell lint.
type Command struct {
	Paths []string `arg:"" name:"path" sep:"none" help:"Files and folders."`
}

// Files reads scenarios and shows what there is to say of them. The error says that
// there was something, or is an [exit.InputError] of a file that cannot be read.
func Files(ctx context.Context, l *interp.Language, paths []string, out *answer.Out) error {
	found := []Warning{}
	for _, path := range paths {
		text, err := files.Read(ctx, path, story.Limit)
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

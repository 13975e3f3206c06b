// New: a first scenario, and what belongs to it.

package runs

import (
	"embed"
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/page"
)

//go:embed new
var beginnings embed.FS

// New is the command tokenshell new.
type New struct {
	Dir string `arg:"" placeholder:"DIR" help:"The folder; it is made."`
}

// AboutNew is what a person has to know of it.
const AboutNew = `Writes a folder to begin with: a scenario that passes, the world in which it runs, a Go test that runs it, and a job for CI. It writes over nothing.
`

// begun are the files that it writes, and what each is.
var begun = []struct{ from, name, is string }{
	{"checkout.txtar", "checkout.txtar", "a first scenario"},
	{"world.yaml", "world.yaml", "the world in which it runs"},
	{"checkouts_test.go.tmpl", "checkouts_test.go", "a Go test that runs it"},
	{"ci.yaml", "ci.yaml", "a job for CI"},
}

// Write writes the files, none in the place of another.
func (n *New) Write(out *answer.Out) error {
	dir := files.Dir{}
	for _, f := range begun {
		if name := filepath.Join(n.Dir, f.name); files.Exists(name) {
			return exit.Usage("choose another folder, or remove it", "there is a file %s already", name)
		}
	}
	if err := dir.Make(n.Dir); err != nil {
		return err
	}
	var made []string
	for _, f := range begun {
		text, err := beginnings.ReadFile(path.Join("new", f.from))
		if err != nil {
			return err
		}
		name := filepath.Join(n.Dir, f.name)
		if err := dir.Write(name, text); err != nil {
			return err
		}
		made = append(made, name)
	}
	return out.Show(map[string]any{"files": made}, func(w *page.Page) {
		rows := page.NewTable()
		for i, f := range begun {
			rows.Row(page.Rigid(made[i]), f.is)
		}
		rows.Write(w)
		fmt.Fprintf(w, "run it: tokenshell run %s\n", strings.Join([]string{"--world", quoted(filepath.Join(n.Dir, "world.yaml")), quoted(n.Dir)}, " "))
	})
}

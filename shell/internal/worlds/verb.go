// Package worlds has the verbs about a world file: the world as it is read, what is
// wrong or odd in a file, and a small one to begin with.
package worlds

import (
	"embed"
	"fmt"
	"path"
	"strings"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/world"
	"tokenshell/shell/internal/yamlfile"
)

// Verb is a part of the verb world.
type Verb struct {
	Kinds []*world.Kind `kong:"-"` // what a world file may say of domains

	Show  show  `cmd:"" looks:"" help:"Print the world as YAML, with what was left out filled in. It reads as the same world, but for card numbers: four digits are left of each." example:"world show"`
	Check check `cmd:"" looks:"" help:"Say what is wrong with a world file, and what in it is odd." example:"world check shop.yaml"`
	Init  begin `cmd:"" unrecorded:"" unwatched:"" help:"Write a small world with a domain of its own, and a story that runs in it." example:"world init shop --domain quota"`
}

type show struct{}

// Run prints the world.
func (v *show) Run(w *world.World, out *answer.Out) error {
	data := Show(w.Plan)
	return out.Show(data, func(p *page.Page) {
		p.Verbatim = true
		fmt.Fprint(p, yamlfile.Write(data))
	})
}

type check struct {
	File string `arg:"" complete:"file" help:"A world file."`
}

// Run reads the file. What is odd is said, and is no failure.
func (v *check) Run(w *world.World, dir *files.Dir, out *answer.Out) error {
	source, err := dir.Read(v.File, world.WorldLimit)
	if err != nil {
		return err
	}
	plan, err := w.Plan.Another(v.File, source)
	if err != nil {
		return err
	}
	data := struct {
		File      string          `json:"file"`
		Customers int             `json:"customers"`
		Domains   []string        `json:"domains"`
		Odd       []yamlfile.Note `json:"odd"`
	}{v.File, len(plan.Customers), plan.RedeemOrder(), append([]yamlfile.Note{}, Odd(plan)...)}
	return out.Show(data, func(p *page.Page) {
		for _, n := range data.Odd {
			says := "odd: " + n.Says
			if n.Column > 0 {
				says = fmt.Sprintf("column %d: %s", n.Column, says)
			}
			fmt.Fprintln(p, exit.Input(v.File, n.Line, says))
		}
		fmt.Fprintf(p, "%s can be read: %s, %s: %s\n", v.File, page.Count(data.Customers, "customer"), page.Count(len(data.Domains), "domain"), strings.Join(data.Domains, ", "))
	})
}

//go:embed init
var templates embed.FS

type begin struct {
	Dir    string `arg:"" complete:"file" help:"A folder, in which neither file may be yet."`
	Domain string `enum:"quota,balance,authorisation,none" default:"quota" placeholder:"HOLDS" help:"What its domain holds: quota (unless given), balance, authorisation or none."`
}

// Run writes the files, or none of them.
func (v *begin) Run(dir *files.Dir, out *answer.Out) error {
	from := path.Join("init", v.Domain)
	entries, err := templates.ReadDir(from)
	if err != nil {
		return err
	}
	texts := map[string][]byte{}
	var names []string
	for _, e := range entries {
		if name := path.Join(v.Dir, e.Name()); files.Exists(dir.Full(name)) {
			return exit.Usage("name another folder", "%s is there already", name)
		}
		if texts[e.Name()], err = templates.ReadFile(path.Join(from, e.Name())); err != nil {
			return err
		}
		names = append(names, e.Name())
	}
	if err := dir.Make(v.Dir); err != nil {
		return err
	}
	for _, name := range names {
		if err := dir.Write(path.Join(v.Dir, name), texts[name]); err != nil {
			return err
		}
	}
	data := map[string]any{"dir": v.Dir, "files": names}
	return out.Show(data, func(p *page.Page) {
		file := path.Join(v.Dir, "world.yaml")
		fmt.Fprintf(p, "%s: %s\nnext: world check %s, tokenshell run --world %s %s, help world\n", v.Dir, strings.Join(names, ", "), file, file, v.Dir)
	})
}

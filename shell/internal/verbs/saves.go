// world: a world put aside and taken back.

package verbs

import (
	"fmt"
	"time"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/page"
)

// World is the verb world.
type World struct {
	Save    worldSave    `cmd:"" help:"Put the world aside as it is, under a name: parties, tokens, faults, keys and time." example:"world save before"`
	Restore worldRestore `cmd:"" alone:"" matters:"1" help:"Take the world back to what was put aside. Files, variables and history stay as they are; log and trace go on." example:"world save before; world restore before"`
	Reset   worldReset   `cmd:"" alone:"" matters:"1" help:"Take the world back to its beginning. Files, variables, history and what was put aside stay; log and trace go on." example:"world reset"`
}

type worldSave struct {
	Name string `arg:"" complete:"save" help:"What to call it; what had the name before is dropped."`
}

// Run puts the world aside.
func (v *worldSave) Run(c *client.Client, out *answer.Out) error {
	if err := c.Keep(v.Name); err != nil {
		return err
	}
	return showWorld(c, out, v.Name, "is put aside, for as long as this shell runs")
}

type worldRestore struct {
	Name string `arg:"" complete:"save" help:"Which: what world save called it."`
}

// Run takes the world back.
func (v *worldRestore) Run(c *client.Client, out *answer.Out) error {
	if err := c.TakeBack(v.Name); err != nil {
		return err
	}
	return showWorld(c, out, v.Name, "is back"+notBack)
}

type worldReset struct{}

// Run takes the world back to its beginning.
func (v *worldReset) Run(c *client.Client, out *answer.Out) error {
	if err := c.Reset(); err != nil {
		return err
	}
	return showWorld(c, out, "", "it is as it was in the beginning"+notBack)
}

// notBack says what a world does not bring back with it.
const notBack = "; files, variables and history stay as they are, log and trace go on"

// showWorld says what became of a world, and what is in it.
func showWorld(c *client.Client, out *answer.Out, name, says string) error {
	now := c.World.Clock.Now()
	data := struct {
		Name     string   `json:"name,omitempty"`
		Now      string   `json:"now"`
		Sessions int      `json:"sessions"`
		Tokens   int      `json:"tokens"`
		Saved    []string `json:"saved"`
	}{name, now.Format(time.RFC3339Nano), len(c.World.Sessions()), len(c.Wallet.Held), append([]string{}, c.Kept()...)}
	return out.Show(data, func(w *page.Page) {
		if name != "" {
			name += " "
		}
		fmt.Fprintf(w, "%s%s\n", name, says)
		fmt.Fprintf(w, "%s: %s, %s\n", w.In(page.Moment, now.Format(time.RFC3339)), page.Count(data.Sessions, "session"), page.Count(data.Tokens, "token"))
	})
}

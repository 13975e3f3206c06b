// trace: what the parties said to each other, as a sequence diagram.

package trace

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/page"
)

// Verb is the verb trace.
type Verb struct {
	Session string `complete:"session" placeholder:"ID" help:"Only what is about this session."`
	Format  string `enum:"${trace_formats}" default:"${trace_format}" placeholder:"${trace_choice}" help:"${trace_help}"`
	Out     string `complete:"file" placeholder:"FILE" help:"Write it to this file, in the place of what is there."`
}

// Run shows the conversation.
func (v *Verb) Run(ctx context.Context, c *client.Client, dir *files.Dir, out *answer.Out) error {
	if v.Session != "" {
		if _, err := c.World.Relay.Session(v.Session); err != nil {
			return err
		}
	}
	all := formats()
	f := all[slices.IndexFunc(all, func(f format) bool { return f.name == v.Format })] // the grammar knows no other
	t := New(ctx, c, v.Session, f.saw || out.Format == "json")
	if v.Out == "" {
		var err error
		shown := out.Show(map[string]any{"messages": t.Messages}, func(w *page.Page) { err = f.write(&t, w) })
		return errors.Join(err, shown)
	}
	var made page.Page
	if err := f.write(&t, &made); err != nil {
		return err
	}
	if err := dir.Write(v.Out, []byte(out.Redact(made.String()))); err != nil {
		return err
	}
	data := struct {
		File     string `json:"file"`
		Messages int    `json:"messages"`
	}{v.Out, len(t.Messages)}
	return out.Show(data, func(w *page.Page) { fmt.Fprintf(w, "%s: %s\n", v.Out, page.Count(len(t.Messages), "message")) })
}

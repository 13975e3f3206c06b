// trace: what the parties said to each other, as a sequence diagram.

package trace

import (
	"bytes"
	"context"
	"fmt"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/page"
)

type Verb struct {
	Session string `complete:"session" placeholder:"ID" help:"Only what is about this session."`
	Format  string `enum:"text,mermaid,html" default:"text" placeholder:"text|mermaid|html" help:"How: text for a terminal, mermaid for a document, html for a page in which each message opens."`
	Out     string `complete:"file" placeholder:"FILE" help:"Write it to this file."`
}

// Run shows the conversation.
func (v *Verb) Run(ctx context.Context, c *client.Client, dir *files.Dir, out *answer.Out) error {
	if v.Session != "" {
		if _, err := c.World.Relay.Session(v.Session); err != nil {
			return err
		}
	}
	t := New(ctx, c, v.Session, v.Format == "html" || out.Format == "json")
	var made bytes.Buffer
	switch v.Format {
	case "mermaid":
		t.writeMermaid(&made)
	case "html":
		if err := t.writeHTML(&made); err != nil {
			return err
		}
	}
	if v.Out == "" {
		return out.Show(map[string]any{"messages": t.Messages}, func(w *page.Page) {
			if v.Format == "text" {
				t.writeText(w)
			} else {
				w.Verbatim = true
				picture(w, made.String())
			}
		})
	}
	if v.Format == "text" {
		p := &page.Page{}
		t.writeText(p)
		made.WriteString(p.String())
	}
	if err := dir.Write(v.Out, []byte(out.Redact(made.String()))); err != nil {
		return err
	}
	data := struct {
		File     string `json:"file"`
		Messages int    `json:"messages"`
	}{v.Out, len(t.Messages)}
	return out.Show(data, func(w *page.Page) { fmt.Fprintf(w, "%s: %d messages\n", v.Out, len(t.Messages)) })
}

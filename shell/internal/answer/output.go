// Package answer is how a verb says what it has to say: as text on a page or as
// JSON, filtered, and without a token.
package answer

import (
	"bytes"
	"context"
	"encoding/json"
	"io"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
)

// Out is where and how one verb prints.
type Out struct {
	Stdout io.Writer
	Stderr io.Writer
	Format string          // "text" or "json"
	Filter *Filter         // on the JSON; nil for none
	Ctx    context.Context // ends a filter that runs; nil ends none
	Window *page.Window    // that stdout is; nil when it is none
	Color  bool
	Raw    bool // tokens are shown as they are: token raw, and nobody else

	Progress io.Writer                   // a terminal to show progress on; nil is none
	Hide     func(string) string         // replaces what is secret; nil hides what looks like a token
	Hint     func(exit.Rejection) string // what to try next, which stands under each refusal; nil is nothing
	Heard    *Heard                      // takes down what is said; nil when nobody wants it
}

// Redact replaces what is secret in a text.
func (o *Out) Redact(text string) string {
	if o.Hide == nil {
		return redact.Tokens(text)
	}
	return o.Hide(text)
}

// Choose says whether there are colours: always, never, or when a person looks
// who may want them.
func (o *Out) Choose(color string) {
	o.Color = color == "always" || color == "auto" && o.Window != nil && o.Window.Colors
}

// Faint gives text of less interest, where there are colours.
func (o *Out) Faint(what string) string { return (&page.Page{Color: o.Color}).Faint(what) }

// Show prints a verb's answer: data as one line of JSON, or what write writes.
// No token leaves here but by token raw.
func (o *Out) Show(data any, write func(p *page.Page)) error {
	p := &page.Page{Width: o.Window.Width(), Color: o.Color}
	if !o.Raw {
		p.Hide = o.Redact
	}
	text, err := o.rendered(data, write, p)
	if err != nil {
		return err
	}
	if !o.Raw {
		if o.Format == "json" {
			text = redact.InJSON(text, o.Redact)
		} else {
			text = o.Redact(text)
		}
		o.hear(text, write, p)
	}
	_, err = io.WriteString(o.Stdout, text)
	return err
}

func (o *Out) rendered(data any, write func(p *page.Page), p *page.Page) (string, error) {
	switch {
	case o.Format != "json":
		write(p)
		return p.InWindow(), nil
	case o.Filter == nil:
		line, err := Line(data)
		return string(line), err
	default:
		return o.Filter.run(o.context(), data, o.hidden())
	}
}

// hidden gives what takes what is secret out of the data of a filter, which could
// write it in another way.
func (o *Out) hidden() func(string) string {
	if o.Raw {
		return func(text string) string { return text }
	}
	return o.Redact
}

// withoutSecrets hides what is secret in the strings and numbers of decoded JSON; a
// number that is hidden is a string.
func withoutSecrets(value any, hide func(string) string) any {
	switch v := value.(type) {
	case string:
		return hide(v)
	case json.Number:
		if hidden := hide(v.String()); hidden != v.String() {
			return hidden
		}
	case []any:
		for i := range v {
			v[i] = withoutSecrets(v[i], hide)
		}
	case map[string]any:
		plain := make(map[string]any, len(v))
		for name, member := range v {
			plain[hide(name)] = withoutSecrets(member, hide)
		}
		return plain
	}
	return value
}

// context gives what ends a filter that runs.
func (o *Out) context() context.Context {
	if o.Ctx == nil {
		return context.Background()
	}
	return o.Ctx
}

// Line gives JSON with its newline: < > & readable, and what could steer
// a terminal escaped.
func Line(data any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(data); err != nil {
		return nil, err
	}
	return redact.JSON(b.Bytes()), nil
}

// LongWork begins to say how far long work has come.
func (o *Out) LongWork() *page.Progress { return page.NewProgress(o.Progress) }

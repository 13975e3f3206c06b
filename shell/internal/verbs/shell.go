// set, let, capture, expect, source, help, quit: the shell itself.

package verbs

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/internal/world"
)

// Set is the verb set.
type Set struct {
	Option string `arg:"" complete:"option" optional:"" help:"The option."`
	Value  string `arg:"" complete:"value" optional:"" help:"Its value."`
}

// Run sets an option, or lists them.
func (v *Set) Run(w *world.World, o *interp.Options, out *answer.Out) error {
	rows, names := interp.OptionRows(), []string{}
	for _, row := range rows {
		names = append(names, row.Name)
	}
	if v.Option == "" {
		data, list := map[string]string{}, page.NewTable("OPTION", "VALUE", "MAY BE", "WHAT IT IS")
		for _, row := range rows {
			data[row.Name] = row.Get(w, o)
			list.Row(page.Rigid(row.Name), page.Rigid(typed(row.Get(w, o))), row.Values, row.Help)
		}
		return out.Show(map[string]any{"options": data}, list.Write)
	}
	at := slices.Index(names, v.Option)
	if at < 0 {
		return exit.Usage("one of "+strings.Join(names, ", "), "there is no option %q", v.Option)
	}
	row := rows[at]
	if v.Value == "" {
		return exit.Usage("set "+row.Name+" "+row.Values, "set %s wants a value", row.Name)
	}
	if err := row.Set(w, o, v.Value); err != nil {
		if wrong := (*exit.UsageError)(nil); errors.As(err, &wrong) { // it says itself what may stand there
			return err
		}
		return exit.Usage(err.Error(), "%s cannot be %q", row.Name, v.Value)
	}
	value, weak := row.Get(w, o), row.Name == "without" && len(w.LeftOut()) > 0
	return out.Show(map[string]string{row.Name: value}, func(w *page.Page) {
		if weak {
			fmt.Fprintf(w, "%s: what is accepted from now on proves nothing\n", w.Paint(page.BadStyle, "every party leaves out "+value))
			return
		}
		are := "is"
		if strings.HasSuffix(row.Name, "s") {
			are = "are"
		}
		fmt.Fprintf(w, "%s %s %s\n", row.Name, are, typed(value))
	})
}

// typed gives an option's value as somebody would type it: JSON has durations in
// Go's form, 2m0s.
func typed(value string) string {
	if d, err := time.ParseDuration(value); err == nil {
		return syntax.Span(d).String()
	}
	return value
}

// Let is the verb let.
type Let struct {
	Name  string `arg:"" help:"A-Z, 0-9 and _."`
	Value string `arg:"" help:"What $NAME stands for from now on: at most 256 KiB."`
}

// Run sets a variable.
func (v *Let) Run(vars *interp.Variables, out *answer.Out) error {
	if err := vars.Set(v.Name, v.Value, false); err != nil {
		return err
	}
	return showVariable(vars, out, v.Name)
}

// showVariable shows a variable, unless it holds a token.
func showVariable(vars *interp.Variables, out *answer.Out, name string) error {
	value := vars.Shown(name)
	data := map[string]string{"name": name, "value": value}
	return out.Show(data, func(w *page.Page) { fmt.Fprintf(w, "%s=%s\n", name, w.In(page.Value, redact.Printable(value))) })
}

// Capture is the verb capture.
type Capture struct {
	Name string   `arg:"" help:"The variable: A-Z, 0-9 and _."`
	Verb []string `arg:"" passthrough:"" sep:"none" help:"A verb and its arguments."`
}

// Run runs a verb and keeps what it prints, without the last newline. More than
// a variable can hold is not kept.
func (v *Capture) Run(c *interp.Call) error {
	name, words := v.Name, slices.Clone(v.Verb)
	if err := c.Vars.Fits(name); err != nil {
		return err
	}
	var printed beginning
	inner := c.Output(&printed, c.Out.Stderr)
	if err := c.Execute(c.Ctx, words, inner); err != nil {
		return err
	}
	// What token raw prints is secret: a part of a token as much as the whole.
	if err := c.Vars.Set(name, strings.TrimSuffix(printed.String(), "\n"), inner.Raw); err != nil {
		return err
	}
	return showVariable(c.Vars, c.Out, name)
}

// beginning keeps as much of what is written to it as is needed to see that it is
// more than a variable can hold.
type beginning struct{ bytes.Buffer }

// Write keeps what there is room for.
func (b *beginning) Write(text []byte) (int, error) {
	_, _ = b.Buffer.Write(text[:min(len(text), interp.ValueLimit+2-b.Len())]) // with a newline; it never fails
	return len(text), nil
}

// Expect is the verb expect.
type Expect struct {
	Reason string   `arg:"" complete:"reason" help:"The code of a reason, which must be the first that comes: the cause. Several, as A,B, must be all that come, in any order. help reasons lists them."`
	Verb   []string `arg:"" passthrough:"" sep:"none" help:"A verb and its arguments."`
}

// Run runs a verb that must be refused with the reasons.
func (v *Expect) Run(c *interp.Call) error {
	reasons, words, codes := strings.Split(v.Reason, ","), slices.Clone(v.Verb), c.Language.ReasonCodes()
	for _, reason := range reasons {
		if !slices.Contains(codes, reason) {
			return exit.Usage(exit.Meant(reason, codes, "help reasons lists them"), "there is no reason %q", reason)
		}
	}
	err := c.Execute(c.Ctx, words, c.Out)
	c.Answered(err)
	if exit.Rejections(err) != nil {
		c.Out.Report(err)
	}
	return exit.Expect(reasons, words, err)
}

// Source is the verb source.
type Source struct {
	File string `arg:"" complete:"file" help:"A file of lines; relative to the file that sources it."`
}

// Run runs the lines of a file until one surprises.
func (v *Source) Run(c *interp.Call) error { return c.Source(c.Ctx, v.File, c.Out) }

// Quit is the verb quit.
type Quit struct{}

// Run leaves.
func (v *Quit) Run(quit interp.Quit) error {
	quit()
	return nil
}

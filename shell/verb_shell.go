// set, let, capture, expect, source, help, quit: the shell itself.

package shell

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/syntax"
	"tokenshell/tokens"
)

type setVerb struct {
	Option string `arg:"" complete:"option" optional:"" help:"The option."`
	Value  string `arg:"" complete:"value" optional:"" help:"Its value."`
}

// Run sets an option, or lists them.
func (v *setVerb) Run(c *call) error {
	rows, names := optionRows(), []string{}
	for _, row := range rows {
		names = append(names, row.name)
	}
	if v.Option == "" {
		data, list := map[string]string{}, page.NewTable("OPTION", "VALUE", "MAY BE", "WHAT IT IS")
		for _, row := range rows {
			data[row.name] = row.get(c.Shell)
			list.Row(page.Rigid(row.name), page.Rigid(row.get(c.Shell)), row.values, row.help)
		}
		return c.out.Show(map[string]any{"options": data}, list.Write)
	}
	at := slices.Index(names, v.Option)
	if at < 0 {
		return exit.Usage("one of "+strings.Join(names, ", "), "there is no option %q", v.Option)
	}
	row := rows[at]
	if v.Value == "" {
		return exit.Usage("set "+row.name+" "+row.values, "set %s wants a value", row.name)
	}
	if err := row.set(c.Shell, v.Value); err != nil {
		return exit.Usage(err.Error(), "%s cannot be %q", row.name, v.Value)
	}
	value := row.get(c.Shell)
	return c.out.Show(map[string]string{row.name: value}, func(w *page.Page) { fmt.Fprintf(w, "%s is %s\n", row.name, value) })
}

type letVerb struct {
	Name  string `arg:"" help:"A-Z, 0-9 and _."`
	Value string `arg:"" help:"What $NAME stands for from now on."`
}

// Run sets a variable.
func (v *letVerb) Run(c *call) error {
	if err := c.let(v.Name, v.Value); err != nil {
		return err
	}
	return c.showVariable(v.Name)
}

// showVariable shows a variable, unless it holds a token.
func (c *call) showVariable(name string) error {
	value := c.vars[name].value
	if c.vars[name].secret {
		value = "(secret)"
	}
	data := map[string]string{"name": name, "value": value}
	return c.out.Show(data, func(w *page.Page) { fmt.Fprintf(w, "%s=%s\n", name, redact.Printable(value)) })
}

type captureVerb struct {
	Name string   `arg:"" help:"The variable: A-Z, 0-9 and _."`
	Verb []string `arg:"" passthrough:"" sep:"none" help:"A verb and its arguments."`
}

// Run runs a verb and keeps what it prints, without the last newline.
func (v *captureVerb) Run(c *call) error {
	name, words := v.Name, slices.Clone(v.Verb)
	if !syntax.IsVariable(name) || slices.Contains(reserved, name) {
		return c.let(name, "")
	}
	var printed bytes.Buffer
	inner := c.output(&printed, c.out.Stderr)
	if err := c.execute(c.ctx, words, inner); err != nil {
		return err
	}
	if err := c.let(name, strings.TrimSuffix(printed.String(), "\n")); err != nil {
		return err
	}
	if inner.Raw { // a part of a token is as secret as the whole
		c.vars[name] = variable{c.vars[name].value, true}
	}
	return c.showVariable(name)
}

type expectVerb struct {
	Reason string   `arg:"" complete:"reason" help:"The code of a reason; help reasons lists them."`
	Verb   []string `arg:"" passthrough:"" sep:"none" help:"A verb and its arguments."`
}

// Run runs a verb that must be refused with the reason and no other.
func (v *expectVerb) Run(c *call) error {
	reason, words := v.Reason, slices.Clone(v.Verb)
	if !slices.Contains(reasonCodes(), reason) {
		hint := "help reasons lists them"
		if near := exit.Nearest(reason, reasonCodes()); near != "" {
			hint = fmt.Sprintf("did you mean %s?", near)
		}
		return exit.Usage(hint, "there is no reason %q", reason)
	}
	expected := fmt.Sprintf("%q to be refused with %s", words[0], reason)
	err := c.execute(c.ctx, words, c.out)
	c.answered(err)
	all := exit.Rejections(err)
	if err != nil && all == nil {
		return err
	}
	c.out.Report(err)
	if err == nil {
		return &exit.Surprise{Expected: expected, Came: "it was done"}
	}
	for _, r := range all {
		if string(r.Reason) != reason {
			return &exit.Surprise{Expected: expected, Came: fmt.Sprintf("it was refused with %s", r.Reason)}
		}
	}
	return nil
}

type sourceVerb struct {
	File string `arg:"" complete:"file" help:"A file of lines; relative to the file that sources it."`
}

// sourceLimit bounds a sourced file in bytes, sourceDepth how deep they nest.
const (
	sourceLimit = 1 << 20
	sourceDepth = 16
)

// Run runs the lines of a file until one surprises.
func (v *sourceVerb) Run(c *call) error {
	path := c.path(v.File)
	if slices.Contains(c.sources, path) || len(c.sources) >= sourceDepth {
		return exit.Input(v.File, 0, "it is being sourced already")
	}
	text, err := c.readFile(v.File, sourceLimit)
	if err != nil {
		return err
	}
	dir, last := c.dir, c.last
	c.dir, c.sources = filepath.Dir(path), append(c.sources, path)
	defer func() { c.dir, c.sources, c.last = dir, c.sources[:len(c.sources)-1], last }()
	for i, line := range strings.Split(string(text), "\n") {
		err := c.Line(c.ctx, strings.TrimSuffix(line, "\r"), false, c.out.Stdout, c.out.Stderr)
		if err != nil {
			c.place(c.out.Stderr, v.File, i+1, line, err)
			return exit.ToPeople(&exit.Stopped{File: v.File, Line: i + 1, Err: err})
		}
		if c.quit {
			break
		}
	}
	return nil
}

type helpVerb struct {
	Verb []string `arg:"" complete:"topic" optional:"" sep:"none" help:"A verb, a party, a reason, reasons or checks."`
}

// Run explains.
func (v *helpVerb) Run(c *call) error {
	p, err := newParser()
	if err != nil {
		return err
	}
	words := slices.Clone(v.Verb)
	if len(words) == 0 {
		return c.out.Show(helpJSON(p.kong.Model.Node), func(w *page.Page) { writeHelp(w, p.kong.Model.Node) })
	}
	if words[0] == "reasons" {
		return c.out.Show(reasonsJSON(), writeReasons)
	}
	if words[0] == "checks" {
		return c.out.Show(map[string]any{"checks": weaknessNames()}, writeChecks)
	}
	if len(words) == 1 && slices.Contains(reasonCodes(), words[0]) {
		return c.explainReason(tokens.Reason(words[0]))
	}
	node, used := p.find(words)
	party := partyHelp(words[0])
	if len(words) == 1 && party != nil && used == 0 {
		data := map[string]string{"party": party.name, "what": party.what, "does": party.does, "never": party.never, "verbs": party.verbs}
		return c.out.Show(data, party.write)
	}
	if used == 0 {
		return p.unknownTopic(words[0])
	}
	if used < len(words) && len(node.Children) > 0 {
		return exit.Usage(synopsis(node), "there is no verb %q", strings.Join(words, " "))
	}
	return c.out.Show(helpJSON(node), func(w *page.Page) {
		writeVerbHelp(w, node)
		if len(words) == 1 && party != nil { // it is a verb too
			fmt.Fprintln(w)
			party.write(w)
		}
	})
}

// explainReason says what a refusal means, and what to try next.
func (c *call) explainReason(reason tokens.Reason) error {
	rows := tokens.Reasons()
	row := rows[slices.IndexFunc(rows, func(r tokens.ReasonRow) bool { return r.Reason == reason })]
	next := lessonOf(reason).next
	data := map[string]string{"reason": string(reason), "meaning": row.Meaning, "by": row.By, "source": row.Source, "next": next}
	return c.out.Show(data, func(w *page.Page) {
		fmt.Fprintln(w, w.Paint(page.TitleStyle, string(reason)))
		shown := page.NewTable()
		shown.Row(page.Rigid("  means"), row.Meaning)
		shown.Row(page.Rigid("  who says it"), row.By)
		shown.Row(page.Rigid("  source"), row.Source)
		shown.Row(page.Rigid("  what to try"), next)
		shown.Write(w)
	})
}

type quitVerb struct{}

// Run leaves.
func (v *quitVerb) Run(c *call) error {
	c.quit = true
	return nil
}

// example gives a verb's example: a line, or several with semicolons between.
func example(node *kong.Node) string { return node.Tag.Get("example") }

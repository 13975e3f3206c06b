// Help: made from the grammar and the table of reasons.

package verbs

import (
	"fmt"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/wire"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// unknownTopic says what else help explains.
func unknownTopic(l *interp.Language, p *interp.Parser, word string) error {
	topics := append(l.ReasonCodes(), "reasons", "checks", "faults", "run", "adapter")
	for _, row := range PartyRows(l.Kinds) {
		topics = append(topics, row.Name)
	}
	hint := p.Meant(word, topics, "help lists the verbs, help reasons the reasons")
	return exit.Usage(hint, "there is no verb, party or reason %q", word)
}

func writeReasons(w *page.Page, reasons []tokens.ReasonRow) {
	rows := page.NewTable("REASON", "SAID BY", "MEANING")
	for _, row := range reasons {
		rows.Row(page.Rigid(row.Reason), row.By, row.Meaning)
	}
	rows.Write(w)
}

func writeChecks(w *page.Page) {
	rows := page.NewTable("CHECK", "WITHOUT IT")
	for _, row := range tokens.Weaknesses() {
		rows.Row(page.Rigid(row.Rule), row.Without)
	}
	rows.Write(w)
}

func writeFaults(w *page.Page) {
	rows := page.NewTable("FAULT", "WHAT HAPPENS")
	for _, row := range wire.FaultRows() {
		rows.Row(page.Rigid(string(row.Kind)), row.Help)
	}
	rows.Write(w)
	fmt.Fprintf(w, `
fault PARTY.STEP KIND [--count N] [--after N] orders one; it waits for the next uses of the step, first come first served.
  a service, such as coupons     %s
  the relay                      %s
  kms                            %s
  ledger, of used tokens         %s
The relay crashes at its own steps, and where it asks a service to redeem or to cancel. It is started again over what it has written down, which takes 1 s;
its client hears nothing, and redeem --resume goes on. fault list shows what waits, and what is late; a fault that nobody met is a warning of run.
`, strings.Join(wire.ServiceSteps, ", "), strings.Join(wire.RelaySteps, ", "), strings.Join(wire.KMSSteps, ", "), strings.Join(wire.LedgerSteps, ", "))
}

func reasonsJSON(reasons []tokens.ReasonRow) any {
	type reason struct {
		Reason  tokens.Reason `json:"reason"`
		Meaning string        `json:"meaning"`
		By      string        `json:"by"`
		Source  string        `json:"source"`
	}
	list := []reason{}
	for _, row := range reasons {
		list = append(list, reason(row))
	}
	return map[string]any{"reasons": list}
}

// Help is the verb help.
type Help struct {
	Verb []string `arg:"" complete:"topic" optional:"" sep:"none" help:"A verb, a party, a reason, reasons, checks, faults, run or adapter."`
}

// Run explains.
func (v *Help) Run(l *interp.Language, c *client.Client, out *answer.Out) error {
	if c.World == nil {
		return v.Explain(l, nil, out)
	}
	return v.Explain(l, c.World.Plan, out)
}

// Explain is Run for worlds of a plan, whose currency the examples are in; nil
// is the embedded one.
func (v *Help) Explain(l *interp.Language, plan *world.Plan, out *answer.Out) error {
	p, err := l.Parser()
	if err != nil {
		return err
	}
	defer l.Done(p)
	words := slices.Clone(v.Verb)
	if len(words) == 0 {
		return out.Show(helpJSON(p.Root(), plan), func(w *page.Page) { writeHelp(w, p.Root()) })
	}
	if words[0] == "reasons" {
		return out.Show(reasonsJSON(l.Reasons()), func(w *page.Page) { writeReasons(w, l.Reasons()) })
	}
	if words[0] == "checks" {
		return out.Show(map[string]any{"checks": world.WeaknessNames()}, writeChecks)
	}
	if words[0] == "faults" {
		return out.Show(map[string]any{"faults": wire.FaultRows()}, writeFaults)
	}
	if about, ok := map[string]string{"run": aboutRun, "adapter": aboutAdapter}[words[0]]; ok && len(words) == 1 {
		return out.Show(map[string]string{"topic": words[0], "what": about}, func(w *page.Page) { fmt.Fprint(w, about) })
	}
	if len(words) == 1 && slices.Contains(l.ReasonCodes(), words[0]) {
		return explainReason(l, plan, out, tokens.Reason(words[0]))
	}
	node, used := p.Find(words)
	party := PartyHelp(l.Kinds, words[0])
	if len(words) == 1 && party != nil && used == 0 {
		data := map[string]string{"party": party.Name, "what": party.What, "does": party.does, "never": party.never, "verbs": party.verbs}
		return out.Show(data, party.write)
	}
	if used == 0 {
		return unknownTopic(l, p, words[0])
	}
	if used < len(words) && len(node.Children) > 0 {
		return interp.UnknownChild(node, words[used])
	}
	return out.Show(helpJSON(node, plan), func(w *page.Page) {
		writeVerbHelp(w, node, plan)
		if len(words) == 1 && party != nil { // it is a verb too
			fmt.Fprintln(w)
			party.write(w)
		}
	})
}

// aboutRun is what a person has to know of tokenshell run.
const aboutRun = `tokenshell run [--no-exec] [--strict] PATH…

Runs scenarios: .txtar files, and all that lie in folders, each in a world of its own with time frozen.

A scenario is a program. exec runs any other program, and testscript's commands (cp, cd, grep, env and so on) read and write files, all with the rights of
whoever runs it. Verbs read any file, too. What a scenario unpacks, and what its verbs write (--out, record), stays in a folder of its own that is removed
afterwards.

--no-exec is for files that you do not trust, such as those of a pull request: no program is run, nothing outside the scenario's folder is read or
written, and a line that would is refused, with its place, before the first one runs.

A scenario that passed may have a warning: a fault that it ordered, and that nobody met, has tested nothing. With --strict it fails of that.
`

// aboutAdapter is what a person has to know of the protocol of adapters.
const aboutAdapter = `tokenshell adapter [--state FILE]

Puts our own relay behind the protocol by which tokenshell drives anybody's: JSON Lines, a question or an answer a line, on standard input and output.
attack run --adapter 'COMMAND' sends the catalogue through such a program, in any language; tokenshell plays the client, the services, their keys and the
time, and compares what the relay says with the services' books.

target init stdio DIR writes an adapter to begin with, target check FILE goes through it step by step and says in plain words what is wrong. With --state
FILE sessions and used tokens outlive the process, and the rows about a restart are tried, too. Never point it at production; see SECURITY.md.
`

// explainReason says what a refusal means, and what to try next.
func explainReason(l *interp.Language, plan *world.Plan, out *answer.Out, reason tokens.Reason) error {
	rows := l.Reasons()
	row := rows[slices.IndexFunc(rows, func(r tokens.ReasonRow) bool { return r.Reason == reason })]
	next := plan.InCurrency(LessonOf(l.Kinds, reason).Next)
	data := map[string]string{"reason": string(reason), "meaning": row.Meaning, "by": row.By, "source": row.Source, "next": next}
	return out.Show(data, func(w *page.Page) {
		fmt.Fprintln(w, w.Paint(page.TitleStyle, string(reason)))
		shown := page.NewTable()
		shown.Row(page.Rigid("  means"), row.Meaning)
		shown.Row(page.Rigid("  who says it"), row.By)
		shown.Row(page.Rigid("  source"), row.Source)
		shown.Row(page.Rigid("  what to try"), next)
		shown.Write(w)
	})
}

// group gives the heading that a verb stands under.
func group(node *kong.Node) string {
	for ; node != nil; node = node.Parent {
		if node.Group != nil {
			return node.Group.Title
		}
	}
	return ""
}

func writeHelp(w *page.Page, root *kong.Node) {
	title, rows := "", page.NewTable()
	for _, leaf := range interp.Leaves(root) {
		if g := group(leaf); g != title {
			rows.Write(w)
			rows = page.NewTable()
			if title != "" {
				fmt.Fprintln(w)
			}
			title = g
			fmt.Fprintln(w, w.Paint(page.TitleStyle, title))
		}
		rows.Row(page.Rigid(fmt.Sprintf("  %-15s", interp.VerbPath(leaf))), leaf.Help)
	}
	rows.Write(w)
	fmt.Fprintf(w, "\nhelp VERB explains one, help PARTY a party, help reasons lists the reasons; a verb takes %s\n", "-o json, --jq EXPR, --color WHEN")
}

func writeVerbHelp(w *page.Page, node *kong.Node, plan *world.Plan) {
	fmt.Fprintf(w, "%s\n", node.Help)
	if len(node.Children) > 0 {
		fmt.Fprintln(w)
		rows := page.NewTable()
		for _, leaf := range interp.Leaves(node) {
			rows.Row("  "+interp.Synopsis(leaf), leaf.Help)
		}
		rows.Write(w)
		writeDetail(w, node.Detail)
		if node.DefaultCmd == nil {
			return
		}
		node = node.DefaultCmd
	} else {
		fmt.Fprintf(w, "\n  %s\n", interp.Synopsis(node))
	}
	rows := page.NewTable()
	for _, p := range node.Positional {
		rows.Row("  "+strings.ToUpper(p.Name), plan.InCurrency(p.Help))
	}
	for _, f := range node.Flags {
		text := "  --" + f.Name
		if !f.IsBool() {
			text += " " + interp.FlagPlace(f)
		}
		rows.Row(text, plan.InCurrency(f.Help))
	}
	if text := node.Tag.Get("seed"); text != "" {
		rows.Row("  --seed N", text)
	}
	if len(rows.Rows) > 0 {
		fmt.Fprintln(w)
		rows.Write(w)
	}
	if lines := strings.Split(plan.InCurrency(interp.Example(node)), "; "); len(lines) == 1 {
		fmt.Fprintf(w, "\nfor example: %s\n", lines[0])
	} else {
		fmt.Fprintf(w, "\nfor example:\n  %s\n", strings.Join(lines, "\n  "))
	}
}

// writeDetail shows what there is to know beside usage. Lines with a tab are rows
// of a table.
func writeDetail(w *page.Page, text string) {
	if text == "" {
		return
	}
	fmt.Fprintln(w)
	rows := page.NewTable()
	for line := range strings.Lines(text) {
		if name, what, ok := strings.Cut(line, "\t"); ok {
			rows.Row(page.Rigid(name), strings.TrimSuffix(what, "\n"))
			continue
		}
		rows.Write(w)
		rows = page.NewTable()
		fmt.Fprint(w, line)
	}
	rows.Write(w)
}

func helpJSON(node *kong.Node, plan *world.Plan) any {
	type verb struct {
		Verb    string `json:"verb"`
		Usage   string `json:"usage"`
		Help    string `json:"help"`
		Example string `json:"example"`
	}
	verbs := []verb{}
	for _, leaf := range interp.Leaves(node) {
		verbs = append(verbs, verb{interp.VerbPath(leaf), interp.Synopsis(leaf), leaf.Help, plan.InCurrency(interp.Example(leaf))})
	}
	said := map[string]any{"verbs": verbs}
	if node.Detail != "" {
		said["detail"] = node.Detail
	}
	return said
}

// Help: made from the grammar and the table of reasons.

package shell

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/page"
	"tokenshell/tokens"
)

// reasonCodes gives every reason's code.
func reasonCodes() []string {
	var codes []string
	for _, row := range tokens.Reasons() {
		codes = append(codes, string(row.Reason))
	}
	return codes
}

// unknownTopic says what else help explains.
func (p *parser) unknownTopic(word string) error {
	topics := append(reasonCodes(), "reasons", "checks")
	for _, child := range p.kong.Model.Children {
		topics = append(topics, child.Name)
	}
	for _, row := range partyRows() {
		topics = append(topics, row.name)
	}
	hint := "help lists the verbs, help reasons the reasons"
	if near := exit.Nearest(strings.ToLower(word), topics); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	return exit.Usage(hint, "there is no verb, party or reason %q", word)
}

func writeReasons(w *page.Page) {
	rows := page.NewTable("REASON", "SAID BY", "MEANING")
	for _, row := range tokens.Reasons() {
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

func reasonsJSON() any {
	type reason struct {
		Reason  tokens.Reason `json:"reason"`
		Meaning string        `json:"meaning"`
		By      string        `json:"by"`
		Source  string        `json:"source"`
	}
	list := []reason{}
	for _, row := range tokens.Reasons() {
		list = append(list, reason(row))
	}
	return map[string]any{"reasons": list}
}

// leaves gives the runnable verbs below a node.
func leaves(node *kong.Node) []*kong.Node {
	if len(node.Children) == 0 {
		return []*kong.Node{node}
	}
	var all []*kong.Node
	for _, child := range node.Children {
		all = append(all, leaves(child)...)
	}
	return all
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
	for _, leaf := range leaves(root) {
		if g := group(leaf); g != title {
			rows.Write(w)
			rows = page.NewTable()
			if title != "" {
				fmt.Fprintln(w)
			}
			title = g
			fmt.Fprintln(w, w.Paint(page.TitleStyle, title))
		}
		rows.Row(page.Rigid(fmt.Sprintf("  %-15s", verbPath(leaf))), leaf.Help)
	}
	rows.Write(w)
	fmt.Fprintf(w, "\nhelp VERB explains one, help PARTY a party, help reasons lists the reasons; a verb takes %s\n", "-o json, --jq EXPR, --color WHEN")
}

func writeVerbHelp(w *page.Page, node *kong.Node) {
	fmt.Fprintf(w, "%s\n", node.Help)
	if len(node.Children) > 0 {
		fmt.Fprintln(w)
		rows := page.NewTable()
		for _, leaf := range leaves(node) {
			rows.Row("  "+synopsis(leaf), leaf.Help)
		}
		rows.Write(w)
		if node.DefaultCmd == nil {
			return
		}
		node = node.DefaultCmd
	} else {
		fmt.Fprintf(w, "\n  %s\n", synopsis(node))
	}
	rows := page.NewTable()
	for _, p := range node.Positional {
		rows.Row("  "+strings.ToUpper(p.Name), p.Help)
	}
	for _, f := range node.Flags {
		text := "  --" + f.Name
		if !f.IsBool() {
			text += " " + flagPlace(f)
		}
		rows.Row(text, f.Help)
	}
	if text := node.Tag.Get("seed"); text != "" {
		rows.Row("  --seed N", text)
	}
	if len(rows.Rows) > 0 {
		fmt.Fprintln(w)
		rows.Write(w)
	}
	if lines := strings.Split(example(node), "; "); len(lines) == 1 {
		fmt.Fprintf(w, "\nfor example: %s\n", lines[0])
	} else {
		fmt.Fprintf(w, "\nfor example:\n  %s\n", strings.Join(lines, "\n  "))
	}
}

func helpJSON(node *kong.Node) any {
	type verb struct {
		Verb    string `json:"verb"`
		Usage   string `json:"usage"`
		Help    string `json:"help"`
		Example string `json:"example"`
	}
	verbs := []verb{}
	for _, leaf := range leaves(node) {
		verbs = append(verbs, verb{verbPath(leaf), synopsis(leaf), leaf.Help, example(leaf)})
	}
	return map[string]any{"verbs": verbs}
}

// Help: made from the grammar and the table of reasons.

package shell

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

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
	if near := nearest(strings.ToLower(word), topics); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	return usage(hint, "there is no verb, party or reason %q", word)
}

func writeReasons(w *page) {
	rows := newTable("REASON", "SAID BY", "MEANING")
	for _, row := range tokens.Reasons() {
		rows.row(rigid(row.Reason), row.By, row.Meaning)
	}
	rows.write(w)
}

func writeChecks(w *page) {
	rows := newTable("CHECK", "WITHOUT IT")
	for _, row := range tokens.Weaknesses() {
		rows.row(rigid(row.Rule), row.Without)
	}
	rows.write(w)
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

func writeHelp(w *page, root *kong.Node) {
	title, rows := "", newTable()
	for _, leaf := range leaves(root) {
		if g := group(leaf); g != title {
			rows.write(w)
			rows = newTable()
			if title != "" {
				fmt.Fprintln(w)
			}
			title = g
			fmt.Fprintln(w, w.paint(titleStyle, title))
		}
		rows.row(rigid(fmt.Sprintf("  %-15s", verbPath(leaf))), leaf.Help)
	}
	rows.write(w)
	fmt.Fprintf(w, "\nhelp VERB explains one, help PARTY a party, help reasons lists the reasons; a verb takes %s\n", "-o json, --jq EXPR, --color WHEN")
}

func writeVerbHelp(w *page, node *kong.Node) {
	fmt.Fprintf(w, "%s\n", node.Help)
	if len(node.Children) > 0 {
		fmt.Fprintln(w)
		rows := newTable()
		for _, leaf := range leaves(node) {
			rows.row("  "+synopsis(leaf), leaf.Help)
		}
		rows.write(w)
		if node.DefaultCmd == nil {
			return
		}
		node = node.DefaultCmd
	} else {
		fmt.Fprintf(w, "\n  %s\n", synopsis(node))
	}
	rows := newTable()
	for _, p := range node.Positional {
		rows.row("  "+strings.ToUpper(p.Name), p.Help)
	}
	for _, f := range node.Flags {
		text := "  --" + f.Name
		if !f.IsBool() {
			text += " " + flagPlace(f)
		}
		rows.row(text, f.Help)
	}
	if text := node.Tag.Get("seed"); text != "" {
		rows.row("  --seed N", text)
	}
	if len(rows.rows) > 0 {
		fmt.Fprintln(w)
		rows.write(w)
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

// Help: made from the grammar and the table of reasons.

package verbs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"tokenshell/orchestrator"
	"tokenshell/shell/attacks/bends"
	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/profiles"
	"tokenshell/shell/internal/schema"
	"tokenshell/shell/internal/wire"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// under is where help explains what somebody may ask for by another name.
var under = map[string]string{
	"txtar": "run", "scenario": "run", "scenarios": "run", "testscript": "run",
	"cel": "world", "domain": "world", "domains": "world", "expressions": "world", "holds": "world", "worlds": "world",
}

// unknownTopic says what else help explains.
func unknownTopic(l *interp.Language, p *interp.Parser, word string) error {
	topics := append(l.ReasonCodes(), "schema")
	for _, t := range l.Topics {
		topics = append(topics, t.Name)
	}
	for _, row := range PartyRows(l.Domains) {
		topics = append(topics, row.Name)
	}
	hint := p.Meant(word, topics, "help lists the verbs, help reasons the reasons")
	return exit.Usage(hint, "there is no verb, party or reason %q", word)
}

// factRow is a fact of an order, and who reads it.
type factRow struct {
	Name   string   `json:"fact"`
	ReadBy []string `json:"read_by"`
}

// factRows gives the facts that domains read, by name.
func factRows(kinds []*world.Kind) []factRow {
	by := map[string][]string{}
	for _, k := range kinds {
		for _, name := range k.Reads {
			by[name] = append(by[name], k.Name)
		}
	}
	rows := []factRow{}
	for _, name := range slices.Sorted(maps.Keys(by)) {
		rows = append(rows, factRow{name, by[name]})
	}
	return rows
}

func writeFacts(w *page.Page, rows []factRow) {
	t := page.NewTable("FACT", "READ BY")
	for _, row := range rows {
		t.Row(page.Rigid(row.Name), strings.Join(row.ReadBy, ", "))
	}
	t.Write(w)
	fmt.Fprint(w, `
session new --fact NAME=VALUE and session set NAME=VALUE say something of an order. The relay carries it unread; a domain may read it when it confirms, and again when it redeems. A name that no domain reads is taken for a typing mistake: a world file lists what is carried all the same (facts: [country]), and --fact-any NAME=VALUE carries anything.
`)
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
	for _, row := range slices.Concat(tokens.Weaknesses(), tokens.Unchecked()) {
		rows.Row(page.Rigid(row.Rule), row.Without)
	}
	rows.Write(w)
}

func writeEncodings(w *page.Page) {
	rows := page.NewTable("HOW", "FOR ONE", "WHAT IT DOES")
	for _, row := range bends.Rows() {
		rows.Row(page.Rigid(row.How), page.Rigid(row.Where+"."+row.How), row.Help)
	}
	rows.Write(w)
	fmt.Fprint(w, "\ntoken forge TOKEN --encode WHERE.HOW: WHERE is header, payload, input (of the signature), signature or token; --bend CLAIM=HOW changes a claim.\n"+
		"A TEXT has the escapes of Go: \\n, \\u200b. $TIMES(1000,x) is a text again and again, $BYTE(ff) a byte that no line holds.\n")
}

// showSchema prints the JSON schema of a kind of file.
func showSchema(l *interp.Language, of []string, out *answer.Out) error {
	schemas := map[string]func() map[string]any{
		"world":   func() map[string]any { return schema.Of("a world of tokenshell", world.Shape(l.Kinds)) },
		"profile": func() map[string]any { return schema.Of("a profile of tokenshell", profiles.Shape()) },
	}
	if len(of) == 0 {
		return out.Show(map[string]any{"schemas": slices.Sorted(maps.Keys(schemas))}, func(w *page.Page) {
			fmt.Fprintln(w, "help schema profile, help schema world: the JSON schema of such a file, for editors")
		})
	}
	if len(of) != 1 || schemas[of[0]] == nil {
		return exit.Usage("help schema world, or help schema profile", "a schema is of a kind of file")
	}
	data := schemas[of[0]]()
	line, err := json.MarshalIndent(data, "", "  ")
	if err != nil {
		return err
	}
	return out.Show(data, func(w *page.Page) {
		w.Verbatim = true
		fmt.Fprintln(w, string(line))
	})
}

func writeProfiles(w *page.Page) {
	fmt.Fprintln(w, "What an outside issuer's tokens do differently: YAML, for trust add and token explain.")
	rows := page.NewTable("KEY", "SUCH AS", "WHAT IT IS FOR")
	for _, key := range profiles.Keys() {
		rows.Row(page.Rigid(key.Name), key.Like, key.Help)
	}
	rows.Write(w)
	fmt.Fprintln(w)
	rows = page.NewTable("READY", "FOR")
	for _, p := range profiles.Ready() {
		rows.Row(page.Rigid(p.Name), p.What)
	}
	rows.Write(w)
	fmt.Fprint(w, "\n--profile NAME takes one that is ready, and --audience NAME says what the issuer calls us; help profile --jq '.ready[0].text' shows one as a file.\n")
}

func writeFaults(w *page.Page) {
	rows := page.NewTable("FAULT", "WHAT HAPPENS")
	for _, row := range wire.FaultRows() {
		rows.Row(page.Rigid(string(row.Kind)), row.Help)
	}
	rows.Write(w)
	fmt.Fprintf(w, `
fault PARTY.STEP KIND [LINE] [--count N] [--after N] orders one; it waits for the next uses of the step, first come first served. LINE is the verb of meanwhile and meanwhile-after.
  a service, such as coupons     %s
  the relay, and relay-2         %s
  kms                            %s
  ledger, of used tokens         %s
The relay crashes at its own steps, and where it asks a service to redeem or to cancel. It is started again over what it has written down, which takes 1 s; its client hears nothing, and redeem --resume goes on. fault list shows what waits, and what is late; run warns of a fault that nobody met.
relay-2 is another process over the store and the ledger of the relay. It is started when it is asked for the first time, with --at relay-2; a relay that crashed keeps its lease of an order for %s, and the other one leaves it alone for so long.
`, strings.Join(wire.ServiceSteps, ", "), strings.Join(wire.RelaySteps, ", "), strings.Join(wire.KMSSteps, ", "), strings.Join(wire.LedgerSteps, ", "), tokens.HowLong(orchestrator.LeaseTTL))
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
	Verb []string `arg:"" complete:"topic" optional:"" sep:"none" help:"A verb, a party, a reason, reasons, checks, facts, faults, bounds, encodings, profile, schema, run, lint, new or adapter."`
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
		return out.Show(helpJSON(p.Root(), plan), func(w *page.Page) { writeHelp(w, l, p.Root()) })
	}
	if of, ok := under[words[0]]; ok && len(words) == 1 {
		words[0] = of
	}
	if words[0] == "schema" {
		return showSchema(l, words[1:], out)
	}
	if at := slices.IndexFunc(l.Topics, func(t interp.Topic) bool { return t.Name == words[0] }); at >= 0 && len(words) == 1 {
		return Topic(l, l.Topics[at], out)
	}
	node, used := p.Find(words)
	party := PartyHelp(l.Domains, words[0])
	if len(words) == 1 && used == 0 && party == nil && slices.Contains(l.ReasonCodes(), words[0]) { // a world may call a reason as it likes
		return explainReason(l, plan, out, tokens.Reason(words[0]))
	}
	if len(words) == 1 && party != nil && used == 0 {
		data := map[string]string{"party": party.Name, "what": party.What, "does": party.does, "never": party.never, "verbs": party.verbs}
		return out.Show(data, party.write)
	}
	if used == 0 && slices.ContainsFunc(l.Topics, func(t interp.Topic) bool { return t.Name == words[0] }) {
		return exit.Usage("help "+words[0], "help %s explains all of it: there is no %q in it", words[0], words[1])
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

// Lists are the topics of help that list what there is of a kind.
func Lists() []interp.Topic {
	return []interp.Topic{
		{Name: "reasons", Short: "every reason to refuse", List: func(l *interp.Language) (any, func(*page.Page)) {
			return reasonsJSON(l.Reasons()), func(w *page.Page) { writeReasons(w, l.Reasons()) }
		}},
		{Name: "checks", Short: "what may be left out, to see what happens", List: func(*interp.Language) (any, func(*page.Page)) {
			return map[string]any{"checks": append(world.WeaknessNames(), tokens.CheckNames()...)}, writeChecks
		}},
		{Name: "faults", Short: "what may go wrong between the parties", List: func(*interp.Language) (any, func(*page.Page)) {
			return map[string]any{"faults": wire.FaultRows()}, writeFaults
		}},
		{Name: "facts", Short: "what an order may say", List: func(l *interp.Language) (any, func(*page.Page)) {
			rows := factRows(l.Domains)
			return map[string]any{"facts": rows}, func(w *page.Page) { writeFacts(w, rows) }
		}},
		{Name: "encodings", Short: "how a part of a forged token may be written", List: func(*interp.Language) (any, func(*page.Page)) {
			return map[string]any{"encodings": bends.Rows()}, writeEncodings
		}},
		{Name: "profile", Short: "what an outside issuer's tokens may do differently", List: func(*interp.Language) (any, func(*page.Page)) {
			return map[string]any{"keys": profiles.Keys(), "ready": profiles.Ready()}, writeProfiles
		}},
	}
}

// Topic explains a command of the process, or lists what there is of a kind.
func Topic(l *interp.Language, t interp.Topic, out *answer.Out) error {
	if t.List != nil {
		return out.Show(t.List(l))
	}
	rows, err := t.Rows()
	if err != nil {
		return err
	}
	data := map[string]any{"topic": t.Name, "what": t.About, "flags": append([]interp.FlagRow{}, rows...)}
	return out.Show(data, func(w *page.Page) {
		usage := "tokenshell " + t.Name
		if slices.ContainsFunc(rows, func(r interp.FlagRow) bool { return strings.HasPrefix(r.Flag, "-") }) {
			usage += " [FLAGS]"
		}
		for _, row := range rows {
			if !strings.HasPrefix(row.Flag, "-") {
				usage += " " + row.Flag
			}
		}
		fmt.Fprintf(w, "%s\n\n%s", usage, t.About)
		if len(rows) > 0 {
			fmt.Fprintln(w)
			shown := page.NewTable()
			for _, row := range rows {
				shown.Row(page.Rigid("  "+row.Flag), row.Help)
			}
			shown.Write(w)
		}
		if len(t.Examples) > 0 {
			fmt.Fprintf(w, "\nfor example:\n  %s\n", strings.Join(t.Examples, "\n  "))
		}
	})
}

// explainReason says what a refusal means, and what to try next.
func explainReason(l *interp.Language, plan *world.Plan, out *answer.Out, reason tokens.Reason) error {
	rows := l.Reasons()
	row := rows[slices.IndexFunc(rows, func(r tokens.ReasonRow) bool { return r.Reason == reason })]
	next := plan.InCurrency(LessonOf(l.Domains, reason).Next)
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

func writeHelp(w *page.Page, l *interp.Language, root *kong.Node) {
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
	topics := []string{}
	for _, t := range l.Topics {
		topics = append(topics, t.Name)
	}
	fmt.Fprintf(w, "\nhelp VERB explains one, help PARTY a party, help world a world file; there is also help %s. A verb takes %s\n", strings.Join(topics, ", "), "-o json, --jq EXPR, --color WHEN")
}

// widest is how wide a synopsis may be that stands beside what its verb does.
const widest = 80

// writeSynopses writes how each of some verbs is written and what it does, beside it
// or, where one of them is long, below.
func writeSynopses(w *page.Page, leaves []*kong.Node) {
	long := slices.ContainsFunc(leaves, func(leaf *kong.Node) bool { return len(interp.Synopsis(leaf)) > widest })
	rows := page.NewTable()
	for _, leaf := range leaves {
		if long {
			fmt.Fprintf(w, "  %s\n      %s\n", interp.Synopsis(leaf), leaf.Help)
		} else {
			rows.Row("  "+interp.Synopsis(leaf), leaf.Help)
		}
	}
	rows.Write(w)
}

func writeVerbHelp(w *page.Page, node *kong.Node, plan *world.Plan) {
	fmt.Fprintf(w, "%s\n", node.Help)
	if len(node.Children) > 0 {
		fmt.Fprintln(w)
		writeSynopses(w, interp.Leaves(node))
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
		rows.Row("  "+interp.ArgumentPlace(p), plan.InCurrency(p.Help))
	}
	for _, f := range node.Flags {
		if f.Hidden {
			continue
		}
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

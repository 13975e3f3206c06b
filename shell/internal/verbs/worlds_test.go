// world show, check, init and help world, on every world that there is.

package verbs_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"tokenshell/issuers/currency"
	"tokenshell/issuers/declared"
	"tokenshell/shell/internal/anyworld"
	"tokenshell/shell/internal/declare"
	"tokenshell/shell/internal/domains"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/rules"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
	"tokenshell/shell/internal/worlds"
	"tokenshell/shell/internal/yamlfile"
)

// asRead holds declarations against each other, expressions by what they say.
var asRead = cmp.Options{
	cmp.Comparer(func(a, b currency.Amount) bool { return a.Equal(b) }),
	cmp.Transformer("expression", func(e declared.Expression) string {
		if x, ok := e.(*rules.Expression); ok {
			return strings.TrimSpace(x.Text) + " " + string(x.Type)
		}
		return ""
	}),
}

// declarations gives those of a plan, with what is left out as its default.
func declarations(p *world.Plan) []*declared.Declaration {
	var all []*declared.Declaration
	kinds, _ := p.Kinds()
	for _, k := range kinds {
		d := k.Declaration
		if d == nil {
			continue
		}
		if d.Holds == declared.Quota && d.Amount == nil {
			d.Amount = &rules.Expression{Text: "1", Type: declared.Integer}
		}
		if d.Holds == declared.Authorisation && d.Capture == nil {
			d.Capture = &rules.Expression{Text: "amount", Type: d.Capture.(*rules.Expression).Type}
		}
		all = append(all, d)
	}
	return all
}

// What is shown of any world reads as the same world, and fits the schema.
func TestEveryWorldIsShownAsItIsRead(t *testing.T) {
	kinds, fits := shelltest.Language().Kinds, compiled(t, "world")
	files, good, declaring := worldFiles(t), 0, 0
	embedded, err := world.Read(kinds, "")
	if err != nil {
		t.Fatal(err)
	}
	files["the embedded world"] = embedded.Text()
	for path, text := range files {
		plan, err := world.Parse(kinds, path, text)
		if err != nil {
			continue // it is there to be refused
		}
		good++
		shown := yamlfile.Write(worlds.Show(plan))
		again, err := world.Parse(kinds, path, []byte(shown))
		if err != nil {
			t.Errorf("%s: %v:\n%s", path, err, shown)
			continue
		}
		if twice := yamlfile.Write(worlds.Show(again)); twice != shown {
			t.Errorf("%s is shown as\n%s\nand that as\n%s", path, shown, twice)
		}
		if diff := cmp.Diff(declarations(plan), declarations(again), asRead); diff != "" {
			t.Errorf("%s (-read +shown):\n%s", path, diff)
		}
		if _, is := plan.Kinds(); is {
			declaring++
		}
		if diff := cmp.Diff([]any{plan.Customers, plan.RedeemOrder(), plan.Facts()}, []any{again.Customers, again.RedeemOrder(), again.Facts()}); diff != "" {
			t.Errorf("%s (-read +shown):\n%s", path, diff)
		}
		if err := valid(t, fits, []byte(shown)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		for _, number := range plan.Numbers {
			if len(number) > 4 && strings.Contains(shown, number) {
				t.Errorf("%s shows the number of a card", path)
			}
		}
	}
	if good < 10 || declaring < 7 {
		t.Errorf("%d worlds of %d were looked at, %d that declare domains", good, len(files), declaring)
	}
}

// What a world has is the same in the one that is shown of it.
func TestAShownWorldDoesTheSame(t *testing.T) {
	shown := shelltest.Do(t, shelltest.New(t, 1), "world show")
	lines := []string{"coupon list -o json", "session new op_1 --fact subtotal=100.00 --fact payable=20.00", "points balance", "payment methods",
		"coupon confirm SPRING25", "points confirm 100", "payment confirm 25.00 --method visa", "checkout"}
	if diff := cmp.Diff(shelltest.Do(t, shelltest.New(t, 1), lines...), shelltest.Do(t, shelltest.In(t, shown, 1), lines...)); diff != "" {
		t.Errorf("(-embedded +shown):\n%s", diff)
	}
	var data map[string]any
	if err := json.Unmarshal([]byte(shelltest.Do(t, shelltest.New(t, 1), "world show -o json")), &data); err != nil || data["currency"] != "EUR" || data["point_value"] != "0.01" {
		t.Errorf("%v: %v", err, data)
	}
}

// In whatever world somebody declares, an answer in JSON is JSON, also where a number
// in it must not be shown; and what is shown of such a world can be read.
func TestAnswersOfDrawnWorldsAreJSON(t *testing.T) {
	hidden := 0
	for n := range uint64(12) {
		text := strings.NewReplacer(", alone:", ", no: 4111111111111111, alone:", "receipt: {of:", "receipt: {no: thing.no, of:", "holds: quota\n", "holds: quota\n    constraints: {no: thing.no}\n",
			"holds: authorisation\n", "holds: authorisation\n    constraints: {no: thing.no}\n    receipt: {no: thing.no}\n    sealed: {number: thing.no}\n", "    sealed: {secret: customer.id}\n", "").Replace(anyworld.Draw(rand.New(rand.NewPCG(3, n))).Text)
		s := shelltest.In(t, text, 1)
		answered := func(line string) {
			var stdout, stderr strings.Builder
			err := s.Line(t.Context(), line+" -o json", false, &stdout, &stderr)
			if !json.Valid([]byte(stdout.String())) || strings.Contains(stdout.String(), "4111111111111111") {
				t.Errorf("%s: %v\n%s\n%s", line, err, stdout.String(), text)
			}
			hidden += strings.Count(stdout.String(), `:"…1111"`)
		}
		answered(shelltest.Possible(s.Client)[0].Line)
		for _, p := range shelltest.Possible(s.Client) {
			if strings.HasPrefix(p.Kind, "session") || strings.HasPrefix(p.Line, "fault") || strings.Contains(p.Kind, "clock") {
				continue
			}
			answered(p.Line)
			if strings.Contains(p.Line, "--name t1") && len(s.Client.Wallet.Held) > 0 {
				for _, line := range []string{"token show t1", "token explain t1", "redeem --direct t1", "trace"} {
					answered(line)
				}
			}
		}
		for _, p := range s.World.Parties {
			answered("view " + p.Name)
			answered(p.Name + " list")
		}
		shown := shelltest.Do(t, s, "world show")
		if strings.Contains(text, "no: 4111") && !strings.Contains(shown, `"no": 1111`) {
			t.Errorf("a number is shown as another type:\n%s", shown)
		}
		shelltest.PlanOf(t, shown)
	}
	if hidden < 20 {
		t.Errorf("%d numbers were hidden", hidden)
	}
}

func TestWorldsAreChecked(t *testing.T) {
	s := shelltest.New(t, 1)
	s.Dir.Path = t.TempDir()
	write := func(text string) { shelltest.WriteFile(t, s.Dir.Full("w.yaml"), text) }
	for _, row := range []struct{ change, to, want string }{
		{"quantity <= 5", "quantty <= 5", `w.yaml:12: column 15: there is no "quantty" here: did you mean quantity?`},
		{"reason: too_many", "reason: expired", `w.yaml:13: column 17: reason "expired" is that of`},
		{"reason: too_many", "reason: balance_insufficient", `w.yaml:13: column 17: reason "balance_insufficient" is that of what holds balance (less is available on the account than asked for): write one of its own, such as stock_balance_insufficient`},
		{"reason: too_many", "reason: quota_exhausted", `w.yaml:13: column 17: reason "quota_exhausted" is that of`},
		{"reason: too_many", "reason: thing_unknown", `w.yaml:13: column 17: reason "thing_unknown" is that of every declared domain`},
		{"holds: quota", "holds: quotas", `w.yaml:5: column 12: nothing holds "quotas": did you mean quota?`},
		{"domains:", "redeem_order: [stock, stock]\ndomains:", `w.yaml:2: column 23: redeem_order names "stock" twice: each domain stands there once`},
		{"domains:", "redeem_order: [payments]\ndomains:", `w.yaml:2: column 15: redeem_order forgets "stock": it names each of payments, stock once`},
		{"domains:", "redeem_order: [stok]\ndomains:", `w.yaml:2: column 16: redeem_order names "stok", and the world has no such domain: did you mean stock?`},
	} {
		write(strings.Replace(worlds.Example, row.change, row.to, 1))
		if code, printed := shelltest.Refused(t, s, "world check w.yaml"); code != exit.BadInput || !strings.Contains(printed, row.want) {
			t.Errorf("%d, %s\nwant %s", code, printed, row.want)
		}
	}
	write(strings.Replace(worlds.Example, "units: 3", "units: 0", 1) + "facts: [planet, country, contry, planet]\n")
	got := shelltest.Do(t, s, "world check w.yaml")
	want := `w.yaml:7: column 10: odd: nobody can confirm TSHIRT: 1 are asked for, and there are fewer units
w.yaml:21: column 17: odd: stock reads the fact country anyway: it need not be listed
w.yaml:21: column 26: odd: no domain reads the fact contry: did you mean country, which need not be listed?
w.yaml:21: column 34: odd: the fact planet stands here twice
w.yaml can be read: 2 customers, 1 domain: stock
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := shelltest.Do(t, s, "world check w.yaml --jq '[.domains, .customers, .odd[0].line, .odd[0].column]'"); got != "[[\"stock\"],2,7,10]\n" {
		t.Errorf("in JSON: %s", got)
	}
	if code, _ := shelltest.Refused(t, s, "world check nothing.yaml"); code != exit.BadInput {
		t.Errorf("a file that is not there: %d", code)
	}
}

// What is said where there is nothing: no heading above nothing, no column 0, and no
// default that is not to be seen.
func TestWhereAWorldHasNothing(t *testing.T) {
	s := shelltest.New(t, 1)
	s.Dir.Path = t.TempDir()
	shelltest.WriteFile(t, s.Dir.Full("w.yaml"), "customers: [{id: ada}]\nfacts: &f [payable]\n")
	if got, want := shelltest.Do(t, s, "world check w.yaml"), "w.yaml: odd: payments reads the fact payable anyway: it need not be listed\n"; !strings.HasPrefix(got, want) {
		t.Errorf("got %s\nwant %s", got, want)
	}
	shelltest.WriteFile(t, s.Dir.Full("w.yaml"), "customers: [{id: ada, points: }]\ncoupons:\n")
	want := "w.yaml:1: column 23: odd: nothing stands behind points: that is as if the key were left out\nw.yaml:2: column 1: odd: nothing stands behind coupons: that is as if the key were left out\n"
	if got := shelltest.Do(t, s, "world check w.yaml"); !strings.HasPrefix(got, want) {
		t.Errorf("got %s\nwant %s", got, want)
	}
	plan, err := world.Parse(shelltest.Language().Kinds, "w.yaml", []byte(`customers: [{id: ada}, {id: ben}]
domains:
  age: {capability: age:say, holds: none, arguments: [{name: note, type: string, default: ""}], sealed: {note: note}}
  card: {capability: card:take, holds: authorisation, things: [{id: visa, customer: ada, limit: "5.00"}], arguments: [{name: amount, type: money}]}
`))
	if err != nil {
		t.Fatal(err)
	}
	s = shelltest.Of(shelltest.World(t, plan, 1))
	for line, want := range map[string]string{
		"age list": "age has nothing to choose from\n", "age list --jq .": "{\"things\":[]}\n", "session new o --customer ben": "session o of ben is open\n", "help age confirm": "A text: empty unless given.",
	} {
		if got := shelltest.Do(t, s, line); !strings.Contains(got, want) {
			t.Errorf("%s: got %s\nwant %s", line, got, want)
		}
	}
	if got, want := shelltest.Do(t, s, "card list"), "card has nothing for ben\n"; got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}

// Each small world can be read, nothing in it is odd, and no file is written over.
func TestWorldsToBeginWith(t *testing.T) {
	s := shelltest.New(t, 1)
	s.Dir.Path = t.TempDir()
	for _, kind := range declared.Kinds() {
		shelltest.Do(t, s, fmt.Sprintf("world init %s --domain %s", kind, kind))
		if got := shelltest.Do(t, s, fmt.Sprintf("world check %s/world.yaml", kind)); strings.Contains(got, "odd") || !strings.Contains(got, "1 domain: ") {
			t.Errorf("%s: %s", kind, got)
		}
		text, err := os.ReadFile(s.Dir.Full(string(kind) + "/world.yaml"))
		if err != nil || !strings.Contains(string(text), "holds: "+string(kind)) {
			t.Errorf("%s: %v", kind, err)
		}
		if code, printed := shelltest.Refused(t, s, fmt.Sprintf("world init %s --domain quota", kind)); code != exit.BadUsage || !strings.Contains(printed, "is there already") {
			t.Errorf("%d, %s", code, printed)
		}
	}
	if files, err := filepath.Glob(s.Dir.Full("quota/*")); err != nil || len(files) != 2 {
		t.Errorf("%v, %v", files, err)
	}
	if code, _ := shelltest.Refused(t, s, "world init x --domain quotas"); code != exit.BadUsage {
		t.Errorf("no such kind: %d", code)
	}
	if _, err := os.Stat(s.Dir.Full("x")); err == nil {
		t.Error("it made the folder")
	}
}

// base is a world in which the example of a key of a domain can stand.
func base(key string) (text, indent string) {
	holds, more := "quota", "    things: [{id: MUG, units: 10, price: \"8.00\", supplier: ACME}]\n    arguments: [{name: quantity, type: integer, default: 1}]\n"
	switch key {
	case "accounts":
		holds, more = "balance", "    arguments: [{name: amount, type: money}]\n"
	case "capture":
		holds, more = "authorisation", "    things: [{id: visa, customer: user_123, limit: \"5.00\"}]\n    arguments: [{name: amount, type: money}]\n"
	}
	text = "customers: [{id: user_123}]\ndomains:\n  stock:\n    capability: stock:reserve\n    holds: " + holds + "\n"
	for line := range strings.Lines(more) {
		if !strings.HasPrefix(line, "    "+key+":") {
			text += line
		}
	}
	if key == "examples" {
		text += "    redeem: [{rule: \"!('country' in facts) || facts.country != 'XX'\", reason: cannot_ship, says: no}]\n"
	}
	return text, "    "
}

// Every key is explained, and its example can be read where it stands.
func TestEveryKeyOfAWorldHasAnExample(t *testing.T) {
	kinds := shelltest.Language().Kinds
	keys := worlds.Keys(kinds)
	top, seen := "", map[string]string{}
	for _, key := range keys {
		seen[key.Name] = key.Like
		if len(key.Help) < 8 || key.Like == "" || strings.ContainsAny(key.Help+key.Like, "\t\n") {
			t.Errorf("%s: %q, such as %q", key.Name, key.Help, key.Like)
		}
		if !strings.Contains(key.Name, ".") {
			top += key.Name + ": " + key.Like + "\n"
		}
		path := strings.Split(key.Name, ".")
		if path[0] != "domains" || len(path) != 3 {
			continue
		}
		text, indent := base(path[2])
		if path[2] == "capability" || path[2] == "holds" {
			text = strings.Replace(text, indent+path[2]+": ", indent+"# ", 1)
		}
		text += indent + path[2] + ": " + key.Like + "\n"
		if _, err := world.Parse(kinds, key.Name, []byte(text)); err != nil {
			t.Errorf("%v:\n%s", err, text)
		}
	}
	if plan, err := world.Parse(kinds, "the examples", []byte(top)); err != nil || !slices.Contains(plan.RedeemOrder(), "stock") {
		t.Errorf("%v:\n%s", err, top)
	}
	fits := compiled(t, "world")
	for name, like := range seen { // what stands within another key stands in its place in the schema
		at := strings.Split(name, ".")
		if len(at) < 2 || at[0] == "domains" && len(at) < 4 {
			continue
		}
		var value any
		if err := yaml.Unmarshal([]byte(like), &value); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for i := len(at) - 1; i >= 0; i-- {
			value = map[string]any{at[i]: value}
			if within := strings.Join(at[:i], "."); i > 0 && strings.HasPrefix(seen[within], "[") {
				value = []any{value}
			}
		}
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if err := valid(t, fits, text); err != nil {
			t.Errorf("%s: %s: %v", name, text, err)
		}
	}
	for _, wrong := range []string{"domains: {a: {holds: lots}}", "domains: {a: {arguments: [{type: int}]}}", "domains: {a: {confirm: [{if: x}]}}", "domains: {a: {things: [{units: 1}]}}", "domains: [a]"} {
		if valid(t, fits, []byte(wrong)) == nil {
			t.Errorf("%q is a world", wrong)
		}
	}
	if !slices.ContainsFunc(keys, func(k declare.Key) bool { return k.Name == "domains.NAME.arguments.default" }) {
		t.Error("no key of an argument is explained")
	}
}

// The world that help shows does what help says, and its expressions are read.
func TestTheWorldOfHelp(t *testing.T) {
	s := shelltest.In(t, worlds.Example, 1)
	got := ""
	for _, line := range []string{"session new op_1", "stock confirm TSHIRT --quantity 2", "stock list --jq '.things[0].left'", "expect too_many stock confirm MUG --quantity 6", "checkout", "help stock confirm"} {
		got += shelltest.Do(t, s, line)
	}
	for _, part := range []string{"\n1\n", `stock-1: redeemed by stock, {"sku":"TSHIRT","reserved":2}`, "stock confirm THING"} {
		if !strings.Contains(got, part) {
			t.Errorf("it lacks %q:\n%s", part, got)
		}
	}
	for _, row := range worlds.Expressions() {
		text := strings.Replace(worlds.Example+"    worth: thing.price\n", "receipt: {", "receipt: {example: "+yamlQuoted(row.Name)+", ", 1)
		if _, err := world.Parse(s.Language.Kinds, row.Name, []byte(text)); err != nil {
			t.Error(err)
		}
	}
	for line := range strings.Lines(worlds.Example) {
		if len(line) > 78 {
			t.Errorf("%q does not fit", line)
		}
	}
	if help := shelltest.Do(t, s, "help world"); !strings.Contains(help, "\n  domains:\n    stock:\n") || !strings.Contains(help, "domains.NAME.capture") {
		t.Errorf("%s", help)
	}
}

func yamlQuoted(text string) string { return `"` + text + `"` }

// CEL is started by the first expression that is no path and no literal, and by no
// world without one.
func TestAWorldWithoutRulesStartsNoCEL(t *testing.T) {
	plain := `
customers: [{id: ann}]
domains:
  stock:
    capability: stock:use
    holds: quota
    things: [{id: A, units: 2, price: "1.00"}]
    arguments: [{name: quantity, type: integer, default: 1}]
    amount: quantity
    constraints: {sku: thing.id, price: digest(thing.price), note: "'text'", n: 5, limit: money('2.00')}
    sealed: {who: customer.id}
    receipt: {reserved: amount, sku: constraints.sku, at: now}
`
	for text, want := range map[string]bool{"": false, plain: false, plain + "    redeem: [{rule: quantity < 5, reason: many, says: no}]\n": true, worlds.Example: true} {
		var plan *world.Plan
		var err error
		if text == "" {
			plan, err = world.Read(shelltest.Language().Kinds, "")
		} else {
			plan, err = world.Parse(shelltest.Language().Kinds, "w.yaml", []byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
		looked := false
		for _, section := range plan.Sections {
			if d, ok := section.(*domains.Declaring); ok {
				looked = true
				if d.Domains.StartsCEL() != want {
					t.Errorf("CEL was started: %t, of\n%s", !want, text)
				}
			}
		}
		if !looked {
			t.Error("nobody reads domains")
		}
	}
}

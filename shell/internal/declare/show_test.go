package declare

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenshell/issuers/currency"
	"tokenshell/issuers/declared"
	"tokenshell/shell/internal/rules"
	"tokenshell/shell/internal/yamlfile"
)

// sameDeclarations holds declarations against each other.
var sameDeclarations = cmp.Options{
	cmp.Comparer(func(a, b currency.Amount) bool { return a.Equal(b) }),
	cmp.Transformer("expression", func(e declared.Expression) [2]string {
		x, ok := e.(*rules.Expression)
		if !ok {
			return [2]string{}
		}
		return [2]string{strings.TrimSpace(x.Text), string(x.Type)}
	}),
}

// What is shown reads as what was read, and says what was left out.
func TestShowReadsAsTheSame(t *testing.T) {
	odd := quota("    arguments:", `      - {name: note, type: string, default: "", help: "A \"note\": #1, 'ö' & <b>."}`, "      - {name: no, type: duration, default: 1d12h}", "    confirm:",
		"      - rule: |", "          note == 'yes'", "            || note.size() > 1", "        reason: no_note", "        says: 'null'", "    amount: 2")
	worth := quota("    worth: min(thing.price, sum(others.map(o, o.worth)))", "    receipt: {worth: worth, all: taken}")
	for _, source := range []string{stock, odd, worth, quota(), strings.ReplaceAll(strings.ReplaceAll(stock, `"20.00"`, `"20"`), `"8.00"`, `"true"`)} {
		all, section, err := parse(source)
		if err != nil {
			t.Error(err)
			continue
		}
		shown := yamlfile.Write(yamlfile.Map{{Key: "domains", Value: section.Show()}})
		again, second, err := parse(shown)
		if err != nil {
			t.Errorf("%v:\n%s", err, shown)
			continue
		}
		for _, d := range append(all, again...) { // what is left out is the same as its default
			if d.Holds == declared.Quota && d.Amount == nil {
				d.Amount = &rules.Expression{Text: "1", Type: declared.Integer}
			}
		}
		if diff := cmp.Diff(all, again, sameDeclarations); diff != "" {
			t.Errorf("(-read +shown):\n%s\n%s", diff, shown)
		}
		if twice := yamlfile.Write(yamlfile.Map{{Key: "domains", Value: second.Show()}}); twice != shown {
			t.Errorf("shown once:\n%s\ntwice:\n%s", shown, twice)
		}
	}
}

func TestWhatIsLeftOutIsShown(t *testing.T) {
	_, section, err := parse(quota())
	if err != nil {
		t.Fatal(err)
	}
	want := `stock:
  capability: stock:reserve
  holds: quota
  things:
    - {id: A, units: 3, price: "1.00"}
  amount: 1
  constraints: {thing_ref: "digest(thing.id)", amount_sha256: digest(amount)}
`
	want = strings.Replace(want, "digest(amount)", `"digest(amount)"`, 1)
	if diff := cmp.Diff(want, yamlfile.Write(section.Show())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestOddDeclarations(t *testing.T) {
	for name, row := range map[string]struct{ source, want string }{
		"fine":                  {stock, ""},
		"a column misspelt":     {strings.Replace(quota(), "units: 3", "unit: 3", 1), "5:22 no hold reads unit: did you mean units?"},
		"no amounts of euros":   {"domains:\n  a: {capability: a:b, holds: quota, things: [{id: A, units: 3, price: \"5.005\", size: \"9.5\"}, {id: B, price: \"20.001\", size: XL}]}\n", `2:72 price is a text and no money: "5.005" is not an amount of EUR: write one such as 140.00, with at most 2 decimals`},
		"a limit of no quota":   {strings.Replace(quota(), "units: 3", "units: 3, limit: 5", 1), "5:32 what holds quota does not read limit, nor does an expression: it limits nothing; what holds authorisation reads it"},
		"units of none":         {"domains:\n  a: {capability: a:b, holds: none, things: [{id: A, units: 3}, {id: B, units: 5}]}\n", "2:54 what holds none does not read units, nor does an expression: it limits nothing; what holds quota reads it"},
		"units that are read":   {"domains:\n  a: {capability: a:b, holds: none, things: [{id: A, units: 3}], receipt: {n: thing.units}}\n", ""},
		"a long letter":         {strings.Replace(quota("    constraints: {x: thing.x}"), "units: 3", "units: 3, x: "+strings.Repeat("x", 3000), 1), "5:15 nobody can confirm A: its constraints and what is sealed come to 3008 bytes, a token has place for 3000"},
		"a column that is read": {strings.Replace(quota("    sealed: {unit: thing.unit}"), "units: 3", "unit: 3", 1), ""},
		"a worth that is less":  {quota("    worth: money('0.50') - thing.price"), "2:3 with the facts of the examples A cannot be redeemed: it is worth -0.50"},
		"a worth of a fact":     {quota("    worth: money(facts.total)"), "2:3 with the facts of the examples A cannot be redeemed: what it is worth, the order says nothing of total"},
		"a rule about others":   {quota("    confirm: [{rule: size(others) < 2, reason: many, says: no}]"), ""},
		"no first one":          {quota("    confirm: [{rule: size(others) > 0, reason: few, says: no}]"), "5:15 nobody can confirm A: few, without any facts (no)"},
		"a column beside it":    {strings.Replace(quota(), "units: 3", "units: 3, unit: box", 1), ""},
		"an unread argument":    {quota("    arguments: [{name: note, type: string}]"), "6:24 no expression of stock reads the argument note: it has no effect"},
		"a rule without facts":  {quota("    confirm: [{rule: facts.country == 'AT', reason: no_ship, says: no}]"), "2:3 nothing of stock can be confirmed"},
		"a rule of a fact":      {quota("    confirm: [{rule: int(facts.age) >= 18, reason: minor, says: no}]"), "5:15 nobody can confirm A: minor, without any facts (the order says nothing of age); say examples: {facts: {…}} with which it can"},
		"a made-up argument":    {quota("    arguments: [{name: born, type: time}]\n    confirm: [{rule: born < now, reason: unborn, says: no}]"), "5:15 nobody can confirm A: unborn, without any facts (no); give the argument born an example with which it can"},
		"a rule that is false":  {quota("    confirm: [{rule: thing.units > 5, reason: few, says: too few}]"), "5:15 nobody can confirm A: few, without any facts (too few)"},
		"a fact misspelt":       {quota("    confirm: [{rule: \"!('total' in facts) || money(facts.totl) > money('5')\", reason: few, says: no}]"), "the fact totl is tested nowhere and in no example: did you mean total?"},
		"a fact of ours":        {quota("    worth: money(facts.subtotl)"), "the fact subtotl is tested nowhere and in no example: did you mean subtotal?"},
		"a fact that is tested": {quota("    confirm: [{rule: \"!('totl' in facts) || !('total' in facts) || facts.totl != facts.total\", reason: few, says: no}]"), ""},
		"none left":             {strings.Replace(quota(), "units: 3", "units: 0", 1), "5:15 nobody can confirm A: 1 are asked for, and there are fewer units"},
		"too many at once":      {quota("    amount: 5"), "5:15 nobody can confirm A: 5 are asked for, and there are fewer units"},
		"an amount below":       {quota("    amount: 0 - thing.units"), "5:15 nobody can confirm A: its amount is -3, which is not positive"},
		"none, and a fact":      {strings.Replace(quota("    confirm: [{rule: \"'resident' in facts\", reason: not_resident, says: no}]"), "units: 3", "units: 0", 1), "5:15 nobody can confirm A: 1 are asked for, and there are fewer units"},
		"one thing of two":      {strings.Replace(quota(), "[{id: A,", "[{id: B, units: 0}, {id: A,", 1), "5:15 nobody can confirm B: 1 are asked for"},
		"a rule for everybody":  {quota("    confirm: [{rule: thing.units < 5, reason: many, says: no}]"), "6:22 reason many cannot occur: the rule holds for everything that stock has"},
		"the same rule": {quota("    confirm:", "      - {rule: amount < 5, reason: many, says: no}", "      - {rule: amount < 5, reason: others, says: no}"),
			"8:16 reason others cannot occur: a rule before says the same"},
		"an account of one":  {"domains:\n  a: {capability: x:y, holds: balance, accounts: {user_123: \"5.00\"}, arguments: [{name: amount, type: money}], amount: amount}\n", "2:51 user_456 has no account of a, which confirms nothing without one"},
		"nearly ours":        {strings.Replace(quota(), "stock:", "point:", 1), "2:3 point is nearly points, which is another domain"},
		"empty accounts":     {"domains:\n  a: {capability: x:y, holds: balance, accounts: {user_123: \"0.00\"}, arguments: [{name: amount, type: money}]}\n", "2:3 nobody can confirm a: 1.00 are asked for, and no account has that much"},
		"examples that fail": {strings.Replace(stock, "country: AT", "country: XX", 1), "18:24 with the facts of the examples TSHIRT-M cannot be redeemed: cannot_ship"},
		"later that is fine": {strings.Replace(stock, "later: {country: XX}", "later: {country: IT}", 1), "18:46 later facts are to have something refused, and with these everything of stock can be redeemed"},
		"examples help":      {quota("    confirm: [{rule: facts.country == 'AT', reason: no_ship, says: no}]", "    examples: {facts: {country: AT}}"), ""},
	} {
		all, section, err := parse(row.source)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, n := range section.Odd(World{Currency: "EUR", Customers: []string{"user_123", "user_456"}, Facts: []string{"subtotal", "payable"}, Names: []string{"points"}}, all) {
			got = append(got, fmt.Sprintf("%d:%d %s", n.Line, n.Column, n.Says))
		}
		said := strings.Join(got, "\n")
		if !strings.Contains(said, row.want) || row.want == "" && said != "" {
			t.Errorf("%s:\n got %s\nwant %s", name, said, row.want)
		}
	}
}

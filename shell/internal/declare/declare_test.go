// What is declared, and what is refused and where.

package declare

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/issuers/declared"
	"tokenshell/shell/internal/yamlfile"
	"tokenshell/tokens"
)

// parse reads the domains of a world file.
func parse(source string) ([]*declared.Declaration, *Section, error) {
	var f struct {
		Currency yamlfile.Written `yaml:"currency"`
		Domains  Section          `yaml:"domains"`
	}
	if _, err := yamlfile.Decode([]byte(source), &f); err != nil {
		return nil, nil, yamlfile.Error("w.yaml", err)
	}
	w := World{
		Currency: string(f.Currency), Customers: []string{"user_123", "user_456"}, Source: []byte(source), Names: []string{"coupons", "coupon"},
		Capabilities: []string{"coupons:redeem"}, Reasons: append(tokens.Reasons(), tokens.ReasonRow{Reason: "coupon_unknown", Meaning: "no such coupon", By: "coupons"}),
	}
	if w.Currency == "" {
		w.Currency = "EUR"
	}
	all, err := f.Domains.Read(w)
	if err != nil {
		return nil, nil, yamlfile.Error("w.yaml", err)
	}
	return all, &f.Domains, nil
}

const stock = `domains:
  stock:
    capability: stock:reserve
    holds: quota
    things:
      - {id: TSHIRT-M, units: 3, price: "20.00", supplier: ACME}
      - {id: MUG, units: 10, per_customer: 2, price: "8.00", supplier: OTHER}
    arguments:
      - {name: quantity, type: integer, default: 1}
    amount: quantity
    confirm:
      - {rule: "quantity <= 5", reason: too_many, says: "at most 5 of one thing"}
    constraints: {sku: thing.id, quantity: quantity, price_sha256: "digest(thing.price)"}
    sealed: {supplier: thing.supplier}
    redeem:
      - {rule: "!('country' in facts) || facts.country != 'XX'", reason: cannot_ship, says: "nothing goes there"}
    receipt: {sku: thing.id, reserved: amount}
    examples: {facts: {country: AT}, later: {country: XX}}
`

func TestADeclaration(t *testing.T) {
	all, _, err := parse(stock)
	if err != nil {
		t.Fatal(err)
	}
	d := all[0]
	env := &declared.Env{
		Thing: &d.Things[1], Customer: "user_123", Facts: tokens.Facts{"country": "XX"}, Arguments: map[string]any{"quantity": int64(6)}, Amount: int64(6),
		Digest: func(value any) string { return "digest of " + declared.Text(value) },
	}
	got := map[string]any{
		"name": d.Name, "capability": d.Capability, "holds": d.Holds, "money": d.Money, "things": len(d.Things), "units": *d.Things[0].Units, "limited": d.Things[0].PerCustomer != nil,
		"per_customer": *d.Things[1].PerCustomer, "supplier": d.Things[1].Columns["supplier"], "reads": d.Reads, "facts": d.Facts, "later": d.Later, "default": d.Arguments[0].Default,
		"reasons": []tokens.Reason{d.Confirm[0].Reason, d.Redeem[0].Reason}, "says": d.Confirm[0].Says,
	}
	for name, x := range map[string]declared.Expression{
		"amount": d.Amount, "confirm": d.Confirm[0].Holds, "redeem": d.Redeem[0].Holds, "sku": d.Constraints[0].Value, "price_sha256": d.Constraints[2].Value,
		"sealed": d.Sealed[0].Value, "reserved": d.Receipt[1].Value,
	} {
		value, err := x.Value(env)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got["x "+name] = value
	}
	want := map[string]any{
		"name": "stock", "capability": "stock:reserve", "holds": declared.Quota, "money": false, "things": 2, "units": int64(3), "limited": false,
		"per_customer": int64(2), "supplier": "OTHER", "reads": []string{"country"}, "facts": tokens.Facts{"country": "AT"}, "later": tokens.Facts{"country": "XX"}, "default": int64(1),
		"reasons": []tokens.Reason{"too_many", "cannot_ship"}, "says": "at most 5 of one thing",
		"x amount": int64(6), "x confirm": false, "x redeem": false, "x sku": "MUG", "x price_sha256": "digest of 8.00", "x sealed": "OTHER", "x reserved": int64(6),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Every kind of hold, with what it reads, and arguments of every type.
func TestEveryHold(t *testing.T) {
	all, section, err := parse(`
domains:
  gift:
    capability: gift:spend
    holds: balance
    accounts: {user_123: "50.00", user_456: "0.00"}
    arguments: [{name: amount, type: money, example: "5.00"}]
  miles:
    capability: miles:burn
    holds: balance
    accounts: {user_123: 500}
    arguments: [{name: many, type: integer}]
    amount: many
  card:
    capability: card:capture
    holds: authorisation
    things: [{id: visa, customer: user_123, limit: "100.00"}]
    arguments: [{name: amount, type: money}]
    capture: "'payable' in facts ? money(facts.payable) : amount"
  minutes:
    capability: minutes:use
    holds: authorisation
    things: [{id: plan, customer: user_456, limit: 60}]
    arguments: [{name: amount, type: integer}]
  seats:
    capability: seats:book
    holds: quota
    things: [{id: A1, units: 1}]
  adult:
    capability: adult:attest
    holds: none
    things: [{id: film}, {id: game}]
    arguments:
      - {name: from, type: time, default: 2026-01-01T00:00:00Z}
      - {name: lasts, type: duration, default: 1h30m}
      - {name: also, type: thing, default: game}
      - {name: who, type: string, default: "", help: Whose age.}
    confirm: [{rule: "also != thing && now >= from && lasts < duration('2h')", reason: too_long, says: not so long}]
`)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]any{}
	for _, d := range all {
		what := []any{d.Holds, d.Money, d.Amount != nil, len(d.Constraints)}
		for _, a := range d.Arguments {
			what = append(what, a.Type)
		}
		got[d.Name] = what
	}
	if diff := cmp.Diff(map[string]any{
		"gift": []any{declared.Balance, true, true, 1, declared.Money}, "miles": []any{declared.Balance, false, true, 1, declared.Integer},
		"card": []any{declared.Authorisation, true, true, 2, declared.Money}, "minutes": []any{declared.Authorisation, false, true, 2, declared.Integer},
		"seats": []any{declared.Quota, false, false, 2}, "adult": []any{declared.None, false, false, 1, declared.Time, declared.Duration, declared.ThingRef, declared.String},
	}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if all[0].Accounts["user_123"] != 5000 || all[1].Accounts["user_123"] != 500 || all[2].Things[0].Limit != 10000 || all[3].Things[0].Limit != 60 || all[2].Things[0].Customer != "user_123" {
		t.Errorf("amounts: %v %v %v %v", all[0].Accounts, all[1].Accounts, all[2].Things, all[3].Things)
	}
	adult := all[5]
	if adult.Arguments[1].Default != 90*time.Minute || adult.Arguments[2].Default != &adult.Things[1] || adult.Arguments[3].Help != "Whose age." {
		t.Errorf("defaults: %v", adult.Arguments)
	}
	if !section.Said() {
		t.Error("it says nothing")
	}
}

// quota is a domain with lines of one's own behind it.
func quota(lines ...string) string {
	return "domains:\n  stock:\n    capability: stock:reserve\n    holds: quota\n    things: [{id: A, units: 3, price: \"1.00\"}]\n" + strings.Join(lines, "\n") + "\n"
}

func TestRefusedDeclarations(t *testing.T) {
	for name, row := range map[string]struct{ source, want string }{
		"a name twice":           {"domains:\n  a: {capability: a:b, holds: none}\n  a: {capability: c:d, holds: none}\n", `3: column 3: "a" stands here twice, first in the line above: leave one of the two out`},
		"a key twice":            {quota("    amount: 1", "    amount: 2"), `7: column 5: "amount" stands here twice, first in the line above: leave one of the two out`},
		"no section":             {"domains: [stock]", "1: column 10: a section of domains by their names, such as stock:"},
		"no domain":              {"domains: {stock: 5}", "1: column 18: a section with the keys of a domain belongs here"},
		"an empty domain":        {"domains:\n  stock:\n", "2: column 10: a section with the keys of a domain belongs here"},
		"an alias":               {"domains:\n  stock: &x {capability: a:b}\n", "2: column 10: &x: no anchors and no tags here, write out what it stands for: a section with the keys of a domain"},
		"an alias of a list":     {quota("    arguments: &x [{name: q, type: integer}]"), "6: column 16: &x: no anchors and no tags here, write out what it stands for: a list"},
		"a merge":                {"domains:\n  a: {<<: {holds: none}, capability: a:b}\n", "2: column 7: <<: nothing is merged here, write out what it stands for"},
		"an unknown key":         {quota("    confrim: []"), `6: column 5: a domain has no key "confrim": did you mean confirm?`},
		"an unknown argument":    {quota("    arguments: [{name: a, type: integer, defualt: 1}]"), `6: column 42: an argument has no key "defualt": did you mean default?`},
		"an unknown rule key":    {quota("    confirm: [{if: a}]"), `6: column 16: a rule has no key "if": there is rule, reason, says`},
		"no list":                {quota("    confirm: {rule: a}"), "6: column 14: a list belongs here"},
		"a float":                {strings.Replace(quota(), `"1.00"`, "1.00", 1), `5: column 39: 1.00: write a whole number, or an amount in quotes, such as "20.00"`},
		"nothing":                {quota("    amount:"), "6: column 13: a value belongs here: write one, or leave the key out"},
		"a tag":                  {quota("    amount: !!str quantity"), "6: column 13: !!str: no anchors and no tags here, write out what it stands for: a single value"},
		"an expression with !":   {quota("    amount: !has(facts.a)"), "6: column 13: !has(facts.a): to YAML this is a tag, so put an expression with ! in front in quotes"},
		"an unquoted comma":      {quota("    confirm: [{rule: f(amount, 2) > 5, reason: no_a, says: no}]"), `6: column 32: a rule has no key "2) > 5": in {…}, put an expression with a comma in quotes`},
		"an unquoted list":       {quota("    confirm: [{rule: thing.id in ['A', 'B'], reason: no_a, says: no}]"), `6: column 34: ',' or '}' must be specified; put a value with`},
		"behind a quote":         {quota("    receipt: {a: 'A' == thing.id}"), `6: column 22: ',' or '}' must be specified; put a value with`},
		"a list as a value":      {quota("    amount: [1]"), "6: column 13: a single value belongs here"},
		"a verb":                 {"domains:\n  session: {capability: a:b, holds: none}\n", "2: column 3: session is a verb: the name of a domain is a verb, too; my-session is free"},
		"a built-in":             {"domains: {grep: {capability: a:b, holds: none}}", "1: column 11: grep is a built-in of testscript: the name of a domain is a verb, too; my-grep is free"},
		"another domain's name":  {"domains: {coupon: {capability: a:b, holds: none}}", "1: column 11: coupon is another domain: the name of a domain is a verb, too; my-coupon is free"},
		"a reason's name":        {"domains: {expired: {capability: a:b, holds: none}}", "1: column 11: expired is a reason of"},
		"a party's name":         {"domains: {kms: {capability: a:b, holds: none}}", "1: column 11: kms is a party"},
		"the other relay's name": {"domains: {relay-2: {capability: a:b, holds: none}}", "1: column 11: relay-2 is a party"},
		"a malformed name":       {"domains: {Stock: {capability: a:b, holds: none}}", `1: column 11: "Stock" is no name of a domain: write a-z, 0-9, _ and -, at most 32`},
		"no capability":          {"domains:\n  a: {holds: none}\n", "2: column 3: a has no capability: write one such as capability: a:redeem"},
		"a malformed capability": {"domains:\n  a: {capability: redeem, holds: none}\n", `2: column 19: capability "redeem": write one such as a:redeem`},
		"another's capability":   {"domains:\n  a: {capability: coupons:redeem, holds: none}\n", `2: column 19: capability "coupons:redeem" is that of coupons: each domain has its own, such as a:redeem`},
		"a capability twice":     {"domains:\n  a: {capability: x:y, holds: none}\n  b: {capability: x:y, holds: none}\n", `3: column 19: capability "x:y" is that of a`},
		"no hold":                {"domains:\n  a: {capability: x:y}\n", "2: column 3: a does not say what it holds: write holds: and one of quota, balance, authorisation, none"},
		"an unknown hold":        {"domains:\n  a: {capability: x:y, holds: quotas}\n", `2: column 31: nothing holds "quotas": did you mean quota?`},
		"accounts of a quota":    {quota("    accounts: {user_123: 5}"), "6: column 16: what holds quota does not read accounts: leave it out"},
		"a capture of a quota":   {quota("    capture: amount"), "6: column 14: what holds quota does not read capture: leave it out"},
		"an amount of none":      {"domains:\n  a: {capability: x:y, holds: none, amount: 1}\n", "2: column 45: what holds none does not read amount: leave it out"},
		"a quota of nothing":     {"domains:\n  a: {capability: x:y, holds: quota}\n", "2: column 31: what holds quota has things to choose from"},
		"a balance without accounts": {"domains:\n  a: {capability: x:y, holds: balance}\n",
			"2: column 31: a balance has accounts: write accounts: {user_123: 100}, or amounts of money in quotes"},
		"a balance without an amount": {"domains:\n  a: {capability: x:y, holds: balance, accounts: {user_123: \"5.00\"}}\n",
			"2: column 31: what holds balance holds an amount: add an argument {name: amount, type: money}, or an expression as amount"},
		"an account of nobody":     {"domains:\n  a: {capability: x:y, holds: balance, accounts: {user_132: 5}}\n", `2: column 51: the world has no customer "user_132": did you mean user_123?`},
		"accounts of two kinds":    {"domains:\n  a: {capability: x:y, holds: balance, accounts: {user_123: \"5.00\", user_456: 7}}\n", `2: column 79: the account of user_456 is a whole number here, and money elsewhere: write "7.00"`},
		"an account below nothing": {"domains:\n  a: {capability: x:y, holds: balance, accounts: {user_123: -5}}\n", "2: column 61: the account of user_123 is not negative: -5 is, write 0 or more"},
		"wrong decimals":           {"domains:\n  a: {capability: x:y, holds: balance, accounts: {user_123: \"5.005\"}}\n", `2: column 61: the account of user_123: "5.005" is not an amount of EUR`},
		"another currency":         {"currency: JPY\ndomains:\n  a: {capability: x:y, holds: balance, accounts: {user_123: \"5.00\"}}\n", `3: column 61: the account of user_123: "5.00" is not an amount of JPY: write one such as 140, without decimals`},
		"no customer of a card":    {"domains:\n  a:\n    capability: x:y\n    holds: authorisation\n    things: [{id: visa, limit: \"5.00\"}]\n", "5: column 19: visa has no customer, and what holds authorisation reads whose it is: add customer: user_123"},
		"no limit of a card":       {"domains:\n  a:\n    capability: x:y\n    holds: authorisation\n    things: [{id: visa, customer: user_123}]\n", `5: column 19: visa has no limit, and what holds authorisation reads it: add limit: "100.00"`},
		"a stranger's card":        {"domains:\n  a:\n    capability: x:y\n    holds: authorisation\n    things: [{id: visa, customer: user_1, limit: \"5.00\"}]\n", `5: column 35: the world has no customer "user_1"`},
		"a limit that is none":     {"domains:\n  a:\n    capability: x:y\n    holds: authorisation\n    things: [{id: visa, customer: user_123, limit: lots}]\n", `5: column 52: limit: "lots" is not an amount of EUR`},
		"no id":                    {quota("  x:", "    capability: x:y", "    holds: quota", "    things: [{units: 5}]"), "9: column 15: a thing has an id: write one such as {id: MUG}"},
		"an id twice":              {strings.Replace(quota(), "[{id: A,", "[{id: A}, {id: A,", 1), `5: column 28: id "A" stands here twice, first in line 5: a thing has an id of its own`},
		"a number as an id":        {strings.Replace(quota(), "id: A", "id: 7", 1), "5: column 19: 7: write an id in quotes"},
		"a malformed id":           {strings.Replace(quota(), "id: A", "id: 'A B'", 1), `5: column 19: id "A B": write 1 to 64 of A-Z a-z 0-9 . _ -`},
		"a column of CEL":          {strings.Replace(quota(), "price:", "in:", 1), `5: column 32: "in" is no name of a column`},
		"units below nothing":      {strings.Replace(quota(), "units: 3", "units: -1", 1), "5: column 29: units -1: write a whole number that is not negative, or leave it out when there is no limit"},
		"units as a text":          {strings.Replace(quota(), "units: 3", "units: many", 1), `5: column 29: units "many": write a whole number in digits, without quotes`},
		"units in quotes":          {strings.Replace(strings.Replace(quota(), "units: 3", "units: '3'", 1), "[{id: A,", "[{id: B, units: 5}, {id: A,", 1), `5: column 48: units "3": write a whole number in digits, without quotes`},
		"a column of two types":    {strings.Replace(quota(), "[{id: A,", "[{id: B, price: 5}, {id: A,", 1), "5: column 58: price is a string here, and an integer in other things: write all of them one way"},
		"decimals of a column":     {strings.Replace(quota(), "[{id: A,", "[{id: B, price: \"1.0\"}, {id: A,", 1), `5: column 29: price "1.0": write all decimals, "1.00"`},
		"an argument without name": {quota("    arguments: [{type: integer}]"), "6: column 24: an argument has a name: write one such as {name: quantity, type: integer}"},
		"an argument without type": {quota("    arguments: [{name: q}]"), `6: column 24: argument "q" has no type: write one of string, integer, money, time, duration, thing`},
		"an unknown type":          {quota("    arguments: [{name: q, type: int}]"), `6: column 33: there is no type "int": write one of string, integer, money, time, duration, thing`},
		"an argument twice":        {quota("    arguments:", "      - {name: q, type: string}", "      - {name: q, type: string}"), `8: column 16: argument "q" stands here twice`},
		"an argument thing":        {quota("    arguments: [{name: thing, type: string}]"), `6: column 24: argument "thing": expressions have that name already`},
		"an argument others":       {quota("    arguments: [{name: others, type: integer}]"), `6: column 24: argument "others": expressions have that name already`},
		"an argument worth":        {quota("    arguments: [{name: worth, type: money}]"), `6: column 24: argument "worth": expressions have that name already`},
		"a worth of a number":      {quota("    worth: amount"), "6: column 12: it gives an integer, and money belongs here"},
		"a worth of itself":        {quota("    worth: worth"), "6: column 12: what a redemption is worth is known in the receipt only: of another, it is o.worth"},
		"a receipt of no worth":    {quota("    receipt: {a: worth}"), "6: column 18: the domain says nothing of what a redemption is worth: give it worth"},
		"taken too early":          {quota("    redeem: [{rule: taken > 1, reason: no_a, says: no}]"), "6: column 21: how much was taken is known in worth and receipt only: of another, it is o.taken"},
		"others of a fact":         {quota("    confirm: [{rule: \"others.all(o, o.country == 'AT')\", reason: no_a, says: no}]"), `6: column 39: there is no "country" here: of another there is redeemed, thing, amount, taken`},
		"others within others":     {quota("    confirm: [{rule: \"others.all(o, others.all(p, o.thing == p.thing))\", reason: no_a, says: no}]"), "6: column 23: it may cost 20252 steps"},
		"an argument now":          {quota("    arguments: [{name: now, type: time}]"), `6: column 24: argument "now": expressions have that name already`},
		"an argument ttl":          {quota("    arguments: [{name: ttl, type: string}]"), `6: column 24: argument "ttl": every confirm has a flag --ttl; stock_ttl is free`},
		"an argument o":            {quota("    arguments: [{name: o, type: string}]"), `6: column 24: argument "o": every confirm has a flag --o; stock_o is free`},
		"an argument name":         {quota("    arguments: [{name: name, type: string}]"), `6: column 24: argument "name": every confirm has a flag --name; stock_name is free`},
		"a word of CEL":            {quota("    arguments: [{name: in, type: string}]"), `6: column 24: "in" is no name of an argument`},
		"a default of another type": {quota("    arguments: [{name: q, type: integer, default: one}]"),
			`6: column 51: the default of q, "one", is no integer: write one such as 1, without quotes`},
		"a default in quotes":        {quota("    arguments: [{name: q, type: integer, default: '1'}]"), `6: column 51: the default of q, "1", is no integer: write one such as 1, without quotes`},
		"a default of a bare span":   {quota("    arguments: [{name: q, type: duration, default: 90}]"), "6: column 52: the default of q, 90, is no duration: write one such as 1h30m"},
		"a default of a bare time":   {quota("    arguments: [{name: q, type: time, default: 2026}]"), "6: column 48: the default of q, 2026, is no time: write one such as 2026-01-01T00:00:00Z"},
		"a long default":             {quota("    arguments: [{name: q, type: string, default: " + strings.Repeat("a", 257) + "}]"), "6: column 50: the default of q has 257 bytes: a text has 256 at most"},
		"a thing of none":            {"domains:\n  a: {capability: x:y, holds: none, arguments: [{name: q, type: thing}]}\n", `2: column 65: argument "q" is a thing, and a has none: give it things, or the argument another type`},
		"a long number":              {strings.Replace(quota(), "units: 3", "units: 99999999999999999999", 1), `5: column 29: "…9999" is not a whole number: write digits, at most 18, or a text in quotes`},
		"things of an authorisation": {"domains:\n  a: {capability: x:y, holds: authorisation}\n", `2: column 31: what holds authorisation has things to choose from: write things: and a list such as [{id: visa, customer: user_123, limit: "100.00"}]`},
		"a name that a digit begins": {"domains: {1a: {capability: a:b, holds: none}}", `1: column 11: "1a" is no name of a domain: write a-z, 0-9, _ and -, at most 32, the first a letter, the last no _ or -`},
		"a long column":              {strings.Replace(quota(), "price", strings.Repeat("a", 33), 1), `5: column 32: "` + strings.Repeat("a", 33) + `" is no name of a column: write a-z, 0-9 and _, and no word of CEL, at most 32, the first a letter`},
		"an argument thing of two":   {"domains:\n  a-b: {capability: x:y, holds: none, arguments: [{name: thing, type: string}]}\n", `2: column 58: argument "thing": expressions have that name already; a_b_thing is free`},
		"a reason of a numbered one": {"domains:\n  a-2: {capability: x:y, holds: none, confirm: [{rule: customer.id == 'a', reason: expired, says: no}]}\n", `2: column 84: reason "expired" is that of everyone (the time is at or after exp): write one of its own, such as a__expired`},
		"a default of money":         {quota("    arguments: [{name: q, type: money, default: 5}]"), `6: column 49: the default of q, 5, is no money: write it in quotes, such as "5.00"`},
		"a default of a time":        {quota("    arguments: [{name: q, type: time, default: tomorrow}]"), `6: column 48: the default of q, "tomorrow", is no time: write one such as 2026-01-01T00:00:00Z`},
		"a default of a span":        {quota("    arguments: [{name: q, type: duration, default: long}]"), `6: column 52: the default of q, "long", is no duration: write one such as 1h30m`},
		"a default of a thing":       {quota("    arguments: [{name: q, type: thing, default: B}]"), `6: column 49: the default of q, "B", is none of the things: did you mean A?`},
		"amount and amount":          {quota("    arguments: [{name: amount, type: integer}]", "    amount: 5"), "7: column 13: the argument amount is what is held: leave the key amount out, or give the argument another name"},
		"an amount of itself":        {quota("    amount: amount"), "6: column 13: amount is what is computed here, and cannot be read: name an argument, or a column of the thing"},
		"an amount of a text":        {quota("    amount: thing.id"), "6: column 13: it gives a string, and an integer belongs here"},
		"an amount of money":         {quota("    amount: thing.price"), "6: column 13: it gives money, and an integer belongs here"},
		"a rule without reason":      {quota("    confirm: [{rule: thing.id == 'A'}]"), "6: column 22: the rule has no reason"},
		"a rule without says":        {quota("    confirm: [{rule: thing.id == 'A', reason: no_a}]"), "6: column 47: the rule says nothing: write says: and a sentence"},
		"a rule without a rule":      {quota("    confirm: [{reason: no_a, says: no}]"), "6: column 24: a rule of stock has no expression"},
		"a contract's reason":        {quota("    confirm: [{rule: thing.id == 'A', reason: expired, says: no}]"), `6: column 47: reason "expired" is that of`},
		"a built-in's reason":        {quota("    confirm: [{rule: thing.id == 'A', reason: coupon_unknown, says: no}]"), `6: column 47: reason "coupon_unknown" is that of coupons (no such coupon): write one of its own, such as stock_coupon_unknown`},
		"an amount of another type":  {quota("    arguments: [{name: amount, type: money}]"), "6: column 38: amount is what is held, which is an integer here: write type: integer, or give the argument another name"},
		"a column left":              {strings.Replace(quota(), "price", "left", 1), `5: column 32: column "left": stock list says left of its own; give the column another name`},
		"a malformed reason":         {quota("    confirm: [{rule: thing.id == 'A', reason: Too-Many, says: no}]"), `6: column 47: reason "Too-Many": write a-z and _`},
		"a reason of two things":     {quota("    confirm:", "      - {rule: thing.id == 'A', reason: no_a, says: no}", "      - {rule: thing.id == 'B', reason: no_a, says: never}"), `8: column 53: reason "no_a" says "no" already: a reason has one sentence`},
		"a long sentence":            {quota("    confirm: [{rule: thing.id == 'A', reason: no_a, says: \"a\\nb\"}]"), "6: column 59: what a rule says is one line of at most 200 bytes, without control characters"},
		"a rule that is no rule":     {quota("    confirm: [{rule: thing.id, reason: no_a, says: no}]"), "6: column 22: it gives a string, and true or false belongs here"},
		"a constant rule":            {quota("    confirm: [{rule: 1 < 2, reason: no_a, says: no}]"), "6: column 22: it is always true: a rule reads something"},
		"an unknown name":            {quota("    confirm: [{rule: thing.id == 'A' && quantty > 1, reason: no_a, says: no}]"), `6: column 41: there is no "quantty" here: there is thing, customer, facts, now, amount`},
		"in double quotes":           {quota(`    confirm: [{rule: "thing.id == \"A\" && thing.prise > money('1.00')", reason: no_a, says: no}]`), `6: column 50: no thing has a column "prise": did you mean price?`},
		"in single quotes":           {quota(`    confirm: [{rule: 'thing.id == ''A'' && thing.prise > money(''1.00'')', reason: no_a, says: no}]`), `6: column 50: no thing has a column "prise": did you mean price?`},
		"over several lines":         {quota("    confirm:", "      - rule: thing.id == 'A'", "          && thing.prise > money('1.00')", "        reason: no_a", "        says: no"), `8: column 20: no thing has a column "prise": did you mean price?`},
		"in a block":                 {quota("    confirm:", "      - rule: |", "          thing.id == 'A'", "            && thing.prise > money('1.00')", "        reason: no_a", "        says: no"), `9: column 22: no thing has a column "prise": did you mean price?`},
		"in a folded block":          {quota("    confirm:", "      - rule: >-", "          thing.id == 'ö'", "          && thing.prise > money('1.00')", "        reason: no_a", "        says: no"), `9: column 20: no thing has a column "prise": did you mean price?`},
		"behind other letters":       {quota(`    confirm: [{rule: "thing.id == 'ö' && thing.prise > money('1.00')", reason: no_a, says: no}]`), `6: column 48: no thing has a column "prise": did you mean price?`},
		"one cell is no amount":      {"domains: {d: {capability: 'd:do', holds: quota, things: [{id: A, price: \"1.00\"}, {id: B, price: free}], constraints: {id: thing.id}, worth: thing.price * 2}}", `1: column 153: * does not take (string, integer): price is a text, for that of B, "free", is no amount`},
		"one cell, another column":   {"domains: {d: {capability: 'd:do', holds: quota, things: [{id: A, price: \"1.00\", pricey: x}, {id: B, price: free, pricey: x}], constraints: {id: thing.id}, worth: thing.pricey * 2}}", "1: column 176: * does not take (string, integer): int(facts.age) makes"},
		"a wrong type":               {quota("    confirm: [{rule: thing.price > 5, reason: no_a, says: no}]"), "6: column 34: > does not take (money, integer)"},
		"too deep":                   {quota("    amount: " + strings.Repeat("(", 30) + "1" + strings.Repeat(")", 30)), "6: column 37: its brackets nest deeper than 24"},
		"too dear":                   {quota("    confirm: [{rule: '[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, [1,2,3,4,5,6,7,8,9].all(c, [1,2,3,4,5,6,7,8,9].all(d, a+b+c+d < amount))))', reason: no_a, says: no}]"), "6: column 23: it may cost "},
		"too long":                   {quota("    amount: '" + strings.Repeat(" ", 3000) + "1'"), "6: column 14: it has 3001 bytes, and an expression has 2000 at most"},
		"too many":                   {quota("    confirm:" + strings.Repeat("\n      - {rule: thing.id == 'B', reason: no_a, says: no}", 1001)), "1007: column 16: a world has at most 1000 expressions"},
		"a malformed constraint":     {quota("    constraints: {Sku: thing.id}"), `6: column 19: "Sku" is no name of a constraint: write a-z, 0-9 and _, and no word of CEL`},
		"a constraint too early":     {quota("    sealed: {sku: constraints.thing_ref}"), "6: column 19: constraints are known at redemption only: name what the constraint is made of"},
		"a whole thing":              {quota("    receipt: {sku: thing}"), "6: column 20: it gives a whole thing, and a string"},
		"an unknown constraint":      {quota("    receipt: {sku: constraints.sku}"), `6: column 32: the domain has no constraint "sku"`},
		"another fact":               {quota("    redeem: [{rule: facts.country == 'AT', reason: no_a, says: no}]", "    examples: {facts: {contry: AT}}"), `7: column 24: no expression of stock reads a fact "contry": did you mean country?`},
		"a capture of a text": {"domains:\n  a:\n    capability: x:y\n    holds: authorisation\n    things: [{id: visa, customer: user_123, limit: \"5.00\"}]\n    arguments: [{name: amount, type: money}]\n    capture: facts.payable\n",
			"7: column 14: it gives a string, and money belongs here: money('…') reads an amount"},
	} {
		t.Run(name, func(t *testing.T) {
			all, _, err := parse(row.source)
			if err == nil || len(all) > 0 {
				t.Fatalf("it is read: %v", all)
			}
			if got := err.Error(); !strings.HasPrefix(got, "w.yaml:"+row.want) {
				t.Errorf("\n got %s\nwant w.yaml:%s", got, row.want)
			}
		})
	}
}

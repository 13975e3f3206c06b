// What expressions give, what is wrong with others, and where.

package rules

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/issuers/currency"
	"tokenshell/issuers/declared"
	"tokenshell/tokens"
)

func euros(text string) currency.Amount {
	amount, err := currency.New(text, "EUR")
	if err != nil {
		panic(err)
	}
	return amount
}

// shirts is a scope with something of every type.
func shirts() *Scope {
	s := New("EUR").Scope()
	s.Columns = map[string]Column{
		"price": {Type: declared.Money}, "supplier": {Type: declared.String}, "units": {Type: declared.Integer}, "fragile": {Type: Bool},
		"per_customer": {Type: declared.Integer, Lacks: "MUG"},
	}
	s.Arguments = []declared.Argument{
		{Name: "quantity", Type: declared.Integer}, {Name: "gift", Type: declared.ThingRef}, {Name: "note", Type: declared.String},
		{Name: "tip", Type: declared.Money}, {Name: "day", Type: declared.Time}, {Name: "wait", Type: declared.Duration},
	}
	s.Amount = declared.Integer
	s.Worth = true
	s.Constraints = map[string]declared.Type{"sku": declared.String, "quantity": declared.Integer, "price": declared.Money}
	return s
}

// bought is a moment.
func bought() *declared.Env {
	shirt := &declared.Thing{ID: "SHIRT", Columns: map[string]any{"price": euros("20.00"), "supplier": "ACME", "units": int64(3), "fragile": false, "per_customer": int64(2)}}
	mug := &declared.Thing{ID: "MUG", Columns: map[string]any{"price": euros("8.00"), "supplier": "OTHER", "units": int64(10), "fragile": true}}
	return &declared.Env{
		Thing: shirt, Customer: "user_123", Facts: tokens.Facts{"country": "AT", "subtotal": "140.00", "age": "18"},
		Arguments: map[string]any{
			"quantity": int64(2), "gift": mug, "note": "for Ada", "tip": euros("1.50"), "day": time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), "wait": 90 * time.Second,
		},
		Amount: int64(2), Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		Constraints: map[string]any{"sku": "SHIRT", "quantity": int64(2), "price": euros("20.00")},
		Digest:      func(value any) string { return fmt.Sprintf("digest(%v)", value) },
		Others: []declared.Other{
			{Thing: mug, Arguments: map[string]any{"quantity": int64(3), "gift": shirt, "note": "", "tip": euros("0.50")}, Amount: int64(3), Redeemed: true, Taken: int64(3), Worth: euros("24.00")},
			{Thing: shirt, Arguments: map[string]any{"quantity": int64(1), "gift": mug, "note": "for Ben", "tip": euros("0.00")}, Amount: int64(1), Taken: int64(0), Worth: euros("0.00")},
		},
		Taken: int64(2), Worth: euros("40.00"),
	}
}

// compareMoney holds amounts against each other by their value.
var compareMoney = cmp.Comparer(func(a, b currency.Amount) bool { return a.Equal(b) })

func TestExpressions(t *testing.T) {
	for _, row := range []struct {
		text string
		want any
	}{
		{"thing.id", "SHIRT"}, {"thing.price", euros("20.00")}, {"thing.fragile", false}, {"gift.id", "MUG"}, {"gift.price", euros("8.00")},
		{"customer.id", "user_123"}, {"facts.country", "AT"}, {"facts['country']", "AT"}, {"amount", int64(2)}, {"now", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"constraints.sku", "SHIRT"}, {"wait", 90 * time.Second}, {"'text'", "text"}, {`"text"`, "text"}, {"5", int64(5)}, {"-5", int64(-5)}, {"true", true},
		{"digest(thing.price)", "digest(20.00 EUR)"}, {"digest('a')", "digest(a)"}, {"digest(thing.id + '/' + string(quantity))", "digest(SHIRT/2)"},
		{"digest(thing.price * quantity)", "digest(40.00 EUR)"}, {"money('1.50')", euros("1.50")}, {"money(facts.subtotal)", euros("140.00")},
		{"thing.price * quantity", euros("40.00")}, {"quantity * thing.price", euros("40.00")}, {"thing.price + tip - money('0.10')", euros("21.40")},
		{"quantity * 3", int64(6)}, {"thing.price == money('20')", true}, {"thing.price >= money('20.01')", false}, {"money('0.10') + money('0.20') == money('0.30')", true},
		{"tip < thing.price && thing.price > tip && tip <= tip", true}, {"string(thing.price)", "20.00"}, {"thing == gift", false}, {"gift == gift", true},
		{"quantity <= 5", true}, {"'country' in facts", true}, {"'planet' in facts", false}, {"!('country' in facts) || facts.country != 'XX'", true},
		{"has(facts.planet)", false}, {"has(facts.planet) ? facts.planet : 'Earth'", "Earth"}, {"int(facts.age) >= 18", true},
		{"has(gift.per_customer) && gift.per_customer < 3", false}, {"has(thing.per_customer) && thing.per_customer < 3", true},
		{"now + wait", time.Date(2026, 1, 1, 0, 1, 30, 0, time.UTC)}, {"day - now == duration('24h')", true}, {"day.getDayOfWeek()", int64(5)},
		{"now < timestamp('2027-01-01T00:00:00Z')", true}, {"['AT', 'DE'].exists(c, c == facts.country)", true}, {"facts.country in ['AT', 'DE']", true},
		{"note.startsWith('for ')", true}, {"note.size() <= 20", true}, {"thing.id.matches('^[A-Z]+$')", true},
		{"thing.supplier == 'ACME' ? quantity : 1", int64(2)}, {" amount ", int64(2)}, {"\n\tquantity\n<= 5", true}, {"'ö' + note", "öfor Ada"},
		{"thing.units - quantity", int64(1)}, {"constraints.price == thing.price && constraints.quantity == amount", true},
		{"size(others)", int64(2)}, {"sum(others.map(o, o.quantity)) + quantity", int64(6)}, {"sum(others.map(o, o.tip))", euros("0.50")},
		{"others.exists(o, o.thing == thing)", true}, {"others.all(o, o.thing.id != thing.id)", false}, {"others.exists(o, o.gift.id == 'MUG' && !o.redeemed)", true},
		{"sum(others.filter(o, o.redeemed).map(o, o.worth)) + worth", euros("64.00")}, {"sum(others.map(o, o.taken)) + taken == amount + 3", true},
		{"others.all(o, !has(o.thing.per_customer) || o.thing.per_customer > 1)", true}, {"thing.id in others.map(o, o.thing.id)", true},
		{"sum(others.filter(o, o.amount > 9).map(o, o.worth))", euros("0.00")}, {"sum(others.filter(o, o.amount > 9).map(o, o.amount))", int64(0)},
		{"taken", int64(2)}, {"worth", euros("40.00")}, {"string(worth)", "40.00"},
		{"min(quantity, 3)", int64(2)}, {"max(quantity, 3)", int64(3)}, {"min(thing.price, tip)", euros("1.50")}, {"max(thing.price, tip)", euros("20.00")},
		{"thing.price * 33 / 100", euros("6.60")}, {"money('0.01') / 2", euros("0.01")}, {"(tip - thing.price) / 8", euros("-2.31")}, {"money('1.00') / 3", euros("0.33")},
	} {
		s := shirts()
		x, err := s.Compile(row.text, Answering, Values()...)
		if err != nil {
			t.Errorf("%s: %v", row.text, err)
			continue
		}
		got, err := x.Value(bought())
		if diff := cmp.Diff(row.want, got, compareMoney); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", row.text, err, diff)
		}
		if x.Plain == s.engine.Started() {
			t.Errorf("%s is plain: %t, and CEL was started: %t", row.text, x.Plain, s.engine.Started())
		}
	}
}

// What is read without CEL gives what CEL gives, the same type, facts and errors.
func TestPlainIsAsCEL(t *testing.T) {
	less := bought()
	less.Facts, less.Constraints, less.Thing.Columns = nil, nil, map[string]any{}
	for _, text := range []string{
		"thing.id", "thing.price", "thing.supplier", "thing.units", "thing.fragile", "gift.id", "gift.price", "customer.id", "facts.country", "amount", "now",
		"quantity", "note", "tip", "day", "wait", "constraints.sku", "constraints.price", "'text'", "''", "0", "5", "-5", "123456789012345678", "true", "false",
		"digest(thing.price)", "digest( quantity )", "digest(now)", "digest(wait)", "digest('a')", "digest(5)", "digest(true)", "digest(facts.country)",
		"money('1.50')", "money(\"0\")", " thing.id ",
	} {
		plain, err := shirts().Compile(text, Redeeming, Values()...)
		if err != nil || !plain.Plain {
			t.Errorf("%s is not plain: %v", text, err)
			continue
		}
		full, w := shirts().compile(text, Redeeming)
		if w != nil {
			t.Errorf("%s: %v", text, w)
			continue
		}
		if diff := cmp.Diff([]any{full.Type, len(full.Reads), strings.Join(full.Roots, " ")}, []any{plain.Type, len(plain.Reads), strings.Join(plain.Roots, " ")}); diff != "" {
			t.Errorf("%s (-CEL +plain):\n%s", text, diff)
		}
		for _, env := range []*declared.Env{bought(), less} {
			want, wantErr := full.Value(env)
			got, gotErr := plain.Value(env)
			if diff := cmp.Diff(want, got, compareMoney); diff != "" || fmt.Sprint(wantErr) != fmt.Sprint(gotErr) {
				t.Errorf("%s: CEL says %v, plain %v (-CEL +plain):\n%s", text, wantErr, gotErr, diff)
			}
		}
	}
}

func TestWrongExpressions(t *testing.T) {
	many := strings.Repeat("quantity + ", 100) + "1 > 0"
	for _, row := range []struct {
		text string
		at   Moment
		rule bool
		want string // OFFSET: what is wrong
	}{
		{"", Confirming, true, "0: an expression belongs here"},
		{"quantty <= 5", Confirming, true, `0: there is no "quantty" here (did you mean quantity?)`},
		{"5 >= quantty", Confirming, true, `5: there is no "quantty" here (did you mean quantity?)`},
		{"thing.prize > money('1')", Confirming, true, `6: no thing has a column "prize" (did you mean price?)`},
		{"'ö' == note && thing.prize > money('1')", Confirming, true, `22: no thing has a column "prize" (did you mean price?)`},
		{"quantity <= 5\n&& thing.prise > tip", Confirming, true, `23: no thing has a column "prise" (did you mean price?)`},
		{"customer.name == 'a'", Confirming, true, `9: a customer has no "name" (write customer.id)`},
		{"thing", Confirming, false, "0: it gives a whole thing, and a string, an integer, true or false, money, a time or a duration belongs here"},
		{"quantity", Confirming, true, "0: it gives an integer, and true or false belongs here"},
		{"others.quantity > 1", Confirming, true, `7: others are several, and have no part "quantity" (write others.all(o, …), exists, filter, map or size(others))`},
		{"others", Confirming, false, "0: others are several, and a value belongs here (write size(others), or others.all(o, …))"},
		{"others.all(o, o.quantty > 1)", Confirming, true, `16: there is no "quantty" here (did you mean quantity?)`},
		{"others.all(o, o.colour == note)", Confirming, true, `16: there is no "colour" here (of another there is redeemed, quantity, gift, note, tip, day, wait, thing, amount, taken, worth)`},
		{"others.exists(o, o.thing.prize > tip)", Confirming, true, `25: there is no "prize" here (did you mean price?)`},
		{"others.all(o, o.thing.per_customer > 1)", Confirming, true, "22: MUG has no per_customer (give it one, or ask has(o.thing.per_customer) first)"},
		{"others[0].quantity > 1", Confirming, true, "6: others are in no order, so none is picked by its number (write exists, all, filter, sum or size)"},
		{"others.map(o, o.quantity)[0] > 1", Confirming, true, "25: others are in no order, so none is picked by its number (write exists, all, filter, sum or size)"},
		{"others.all(o, others.all(p, others.all(q, o.thing == q.thing)))", Confirming, true, "0: it may cost 1012752 steps, and an expression costs 20000 at most (no lists within lists, no patterns within them)"},
		{"sum(others) > 1", Confirming, true, "3: sum does not take (list(other)) (it takes whole numbers or amounts, as in sum(others.map(o, o.amount)))"},
		{"taken > 1", Redeeming, true, "0: how much was taken is known in worth and receipt only (of another, it is o.taken)"},
		{"worth > tip", Taking, true, "0: what a redemption is worth is known in the receipt only (of another, it is o.worth)"},
		{"size(others) < 0 && false", Confirming, true, "0: it is always false: a rule reads something (leave the rule out, or name what it depends on)"},
		{"thing.price > 5", Confirming, true, "12: > does not take (money, integer) (money('…') reads an amount)"},
		{"thing.price > '5.00'", Confirming, true, "12: > does not take (money, string) (money('…') reads an amount)"},
		{"now > '2026-01-01T00:00:00Z'", Confirming, true, "4: > does not take (time, string) (timestamp('2026-01-01T00:00:00Z') is a time)"},
		{"now < duration('5s')", Confirming, true, "4: < does not take (time, duration) (a time less a time is a duration, as in timestamp(thing.until) - now > duration('5m'))"},
		{"duration('3h') * quantity", Confirming, false, "15: * does not take (duration, integer) (duration(string(3 * 60) + 'm') is so many minutes)"},
		{"thing.price * 1.5", Confirming, false, "12: * does not take (money, fraction) (money('1.00') is an amount, and * and / take a whole number)"},
		{"thing == 'A'", Confirming, true, "6: == does not take (thing, string) (write its id or a column of it, as in thing.id)"},
		{"note[0] == 'a'", Confirming, true, "4: [ ] does not take (string, integer) (startsWith, endsWith, contains and matches look into a text)"},
		{"facts.age > 18", Confirming, true, "10: > does not take (string, integer) (int(facts.age) makes a number of a text, string(amount) a text of a number)"},
		{"quantity <= 5.5", Confirming, true, "9: <= does not take (integer, fraction) (numbers are whole here, and amounts are money('1.00'))"},
		{"now < now + duration('1d')", Confirming, true, "21: invalid duration argument (write one such as duration('36h') or duration('1h30m'): there are no days)"},
		{"not (note == 'a')", Confirming, true, "0: there is no function"},
		{"not thing.id == 'A'", Confirming, true, "4: it is not CEL: unexpected token after expression (write ! for not)"},
		{"note == 'a' OR quantity > 1", Confirming, true, "12: it is not CEL: unexpected token after expression (write ||)"},
		{"quantity + 'a'", Confirming, false, "9: + does not take (integer, string) (int(facts.age) makes a number of a text, string(amount) a text of a number)"},
		{"note.startWith('a')", Confirming, true, `5: there is no function "startWith" (did you mean startsWith?)`},
		{"digets(note)", Confirming, false, `0: there is no function "digets" (did you mean digest?)`},
		{"dyn(note) == 5", Confirming, true, `0: there is no function "dyn" (see help world)`},
		{"true", Confirming, true, "0: it is always true: a rule reads something (leave the rule out, or name what it depends on)"},
		{"1 == 2", Confirming, true, "0: it is always false: a rule reads something (leave the rule out, or name what it depends on)"},
		{"money('1.00') < money('2.00')", Confirming, true, "0: it is always true: a rule reads something (leave the rule out, or name what it depends on)"},
		{"true || quantity > 5", Confirming, true, "0: it is always true: a rule reads something (leave the rule out, or name what it depends on)"},
		{" false && facts.country == 'AT'", Confirming, true, "1: it is always false: a rule reads something (leave the rule out, or name what it depends on)"},
		{"[1, 2].all(n, n < 3)", Confirming, true, "0: it is always true: a rule reads something (leave the rule out, or name what it depends on)"},
		{"amount > 1", Reserving, true, "0: amount is what is computed here, and cannot be read (name an argument, or a column of the thing)"},
		{"amount", Reserving, false, "0: amount is what is computed here, and cannot be read (name an argument, or a column of the thing)"},
		{"quantity == amount", Reserving, true, "12: amount is what is computed here, and cannot be read (name an argument, or a column of the thing)"},
		{"constraints.sku", Confirming, false, "0: constraints are known at redemption only (name what the constraint is made of)"},
		{"constraints.skew", Redeeming, false, `12: the domain has no constraint "skew" (did you mean sku?)`},
		{"thing.per_customer", Confirming, false, "6: MUG has no per_customer (give it one, or ask has(thing.per_customer) first)"},
		{"thing.per_customer > 1", Confirming, true, "6: MUG has no per_customer (give it one, or ask has(thing.per_customer) first)"},
		{"has(thing.per_customer) && gift.per_customer > 1", Confirming, true, "32: MUG has no per_customer (give it one, or ask has(gift.per_customer) first)"},
		{"money('1.005') == tip", Confirming, true, `6: "1.005" is not an amount of EUR: write one such as 140.00, with at most 2 decimals`},
		{"money('5 USD')", Confirming, false, `6: "5 USD" is not an amount of EUR: write one such as 140.00, with at most 2 decimals`},
		{"tip > money('-1')", Confirming, true, `12: "-1" is not an amount of EUR: write one such as 140.00, with at most 2 decimals`},
		{"facts == facts", Confirming, true, "0: facts are read one by one (write facts.country, or 'country' in facts)"},
		{"facts.size() > 1", Confirming, true, "0: facts are read one by one (write facts.country, or 'country' in facts)"},
		{"facts[note] == 'a'", Confirming, true, "6: a fact is named where it is read (write facts['country'], or 'country' in facts)"},
		{"'Country' in facts", Confirming, true, `0: "Country" is no name of a fact (a-z, 0-9 and _)`},
		{"facts.country.name", Confirming, false, `14: country is a string, and has no part "name"`},
		{"quantity.size", Confirming, false, `9: quantity is an integer, and has no part "size"`},
		{"quantity * 2.0 > 1.0", Confirming, true, "9: * does not take (integer, fraction) (numbers are whole here, and amounts are money('1.00'))"},
		{"double(quantity) * 0.5", Confirming, false, "0: it gives fraction, which is no value (a string, an integer, money, a time, a duration, or true or false)"},
		{"[quantity]", Confirming, false, "0: it gives list(integer), which is no value (a string, an integer, money, a time, a duration, or true or false)"},
		{"[1, 'a'].size() > quantity", Confirming, true, "4: expected type 'integer' but found 'string'"},
		{"thing{id: 'a'} == thing", Confirming, true, "5: nothing is made of type thing here"},
		{"note.matches('[')", Confirming, true, "13: invalid matches argument"},
		{"now > timestamp('yesterday')", Confirming, true, "16: invalid timestamp argument"},
		{"quantity >", Confirming, true, "10: it is not CEL: mismatched input '<EOF>'"},
		{"quantity > 5)", Confirming, true, "12: it is not CEL: unexpected token after expression"},
		{"note == 'a", Confirming, true, "8: it is not CEL: unterminated string literal"},
		{"quantity = 5", Confirming, true, "9: it is not CEL: unexpected token after expression (write ==)"},
		{"quantity =< 5", Confirming, true, "9: it is not CEL: unexpected token after expression (write <=)"},
		{"quantity >= 5 or quantity < 2", Confirming, true, "14: it is not CEL: unexpected token after expression (write ||)"},
		{"quantity => 5", Confirming, true, "9: it is not CEL: unexpected token after expression (write >=)"},
		{"quantity > 5 order", Confirming, true, "13: it is not CEL: unexpected token after expression"},
		{"quantity > 5 and quantity < 9", Confirming, true, "13: it is not CEL: unexpected token after expression (write &&)"},
		{"quantity; 5", Confirming, true, "8: it is not CEL: unexpected character"},
		{strings.Repeat("(", 25) + "quantity" + strings.Repeat(")", 25), Confirming, false, "24: its brackets nest deeper than 24"},
		{strings.Repeat("(", 1<<20), Confirming, true, "0: it has 1048576 bytes, and an expression has 2000 at most"},
		{strings.Repeat("!", 1901) + "true", Confirming, true, "0: it is always false"},
		{strings.Repeat("- ", 501) + "note", Confirming, false, "0: - does not take (string)"},
		{many, Confirming, true, "0: it nests too deep"},
		{"note == '\xff'", Confirming, true, "0: it is not UTF-8"},
		{"[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, [1,2,3,4,5,6,7,8,9].all(c, [1,2,3,4,5,6,7,8,9].all(d, a + b + c + d < quantity))))", Confirming, true, "0: it may cost "},
		{"[note, note, note].all(a, [note, note, note].all(b, (a + b).matches('(a*)*(b*)*(c*)*(d*)*(e*)*(f*)*(g*)*(h*)*(i*)*(j*)*(k*)*')))", Confirming, true, "0: it may cost "},
	} {
		began := time.Now()
		var err error
		if row.rule {
			_, err = shirts().Rule(row.text, row.at)
		} else {
			_, err = shirts().Compile(row.text, row.at, Values()...)
		}
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("%.60s takes %v", row.text, took)
		}
		var w *Wrong
		if !errors.As(err, &w) {
			t.Errorf("%.80s: %v", row.text, err)
			continue
		}
		if got := fmt.Sprintf("%d: %v", w.Offset, w); !strings.HasPrefix(got, row.want) || strings.HasSuffix(row.want, ")") && got != row.want {
			t.Errorf("%.80s\n got %s\nwant %s", row.text, got, row.want)
		}
	}
}

// What goes wrong when an expression is computed is said in our words.
func TestWhatCannotBeComputed(t *testing.T) {
	if got := inWords("type conversion error from 'string' to 'int'"); got != "int() was given a text that is no whole number" {
		t.Error(got)
	}
}

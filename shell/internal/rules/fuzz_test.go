package rules

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"cel.dev/cel-go/common/debug"
)

// Whatever somebody writes is compiled or refused with a place in it, and what was
// compiled gives a value of its type or an error.
func FuzzCompile(f *testing.F) {
	for _, text := range []string{
		"thing.id", "thing.price * quantity < money('100.00')", "'country' in facts", "has(thing.per_customer)", "[1, 2].exists(n, n == quantity)", "facts['a']",
		"now + wait > day", "digest(thing.price)", "((((", "'", "\"\\u00e9\" == note", "a.b.c(d)[e]{f: g}", "quantity ? 1 : 'a'", "r'\\d' + b'x'", "-9223372036854775808", "money('999999999999.99') * 9223372036854775807",
		"thing.id.matches(note)", "1/0 == quantity", "{'a': 1}['b'] == quantity", "\x00", "ö.ä",
		"others.all(o, o.thing.id != thing.id)", "sum(others.map(o, o.worth)) / 3 < worth", "others[0]", "max(taken, 2) > min(amount, quantity)", "others.exists(o, has(o.thing.per_customer))", "others.filter(o, o.redeemed).size() == 1", "others == others", "quantity > 1 || true", "[].all(x, x > quantity)", "(quantity > 1 ? true : true) || note == ''", "!(quantity in [])", "quantity == quantity",
	} {
		f.Add(text)
	}
	engine := New("EUR")
	f.Fuzz(func(t *testing.T, text string) {
		agree(t, engine, text)
		for _, at := range []Moment{Reserving, Confirming, Answering} {
			s := shirts()
			s.engine = engine
			x, err := s.Rule(text, at)
			var w *Wrong
			if err != nil && (!errors.As(err, &w) || w.Offset < 0 || w.Offset > len(text) || w.What == "" || !utf8.ValidString(w.Error())) {
				t.Errorf("%q: %#v", text, err)
			}
			if err == nil {
				if value, err := x.Value(bought()); err == nil {
					if _, ok := value.(bool); !ok {
						t.Errorf("%q gives %v", text, value)
					}
				}
			}
			if x, err := s.compiled(text, at, Bool); err == nil && x.checked != nil && !decides(x.checked.NativeRep().Expr()) {
				if is, constant := s.always(x); constant {
					t.Errorf("%q is always %t, and nothing in it decides that", text, is)
				}
			}
			if x, err := s.Compile(text, at, Values()...); err == nil {
				_, _ = x.Value(bought())
			}
		}
	})
}

// agree wants CEL's parser that starts quickly to read what the usual one reads, and
// as the same.
func agree(t *testing.T, engine *Engine, text string) {
	t.Helper()
	if sound(text) != nil || strings.Contains(text, "0X") { // which the quick one takes for 0x
		return
	}
	s := shirts()
	s.engine = engine
	env, err := s.celEnv()
	if err != nil {
		t.Fatal(err)
	}
	quick, quickly := engine.base.parse(text)
	usual, usually := env.Parse(text)
	if (quickly.Err() == nil) != (usually.Err() == nil) {
		t.Errorf("%q: the quick parser says %v, the usual one %v", text, quickly.Err(), usually.Err())
		return
	}
	if quickly.Err() != nil {
		return
	}
	if a, b := debug.ToDebugString(quick.NativeRep().Expr()), debug.ToDebugString(usual.NativeRep().Expr()); a != b {
		t.Errorf("%q is read as\n%s\nand as\n%s", text, a, b)
	}
}

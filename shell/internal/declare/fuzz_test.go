package declare

import "testing"

// Whatever stands in a file is read or refused.
func FuzzRead(f *testing.F) {
	f.Add(stock)
	for _, text := range []string{
		quota("    amount: |", "      thing.price", "      +1"), quota(`    amount: "\u00e9\x41 \`, `      b"`), quota("    amount: 'a", "", "      b'"), "domains: {a: {things: [{id: A}, {}, 5]}}",
		"domains:\n a:\n    capability: 0:0\r    holds: none\n    receipt:\n     a0: \n      0\n       0\r",
		"domains: !!binary x", "domains:\n  ? [a]\n  : b\n", "domains: {<<: {a: b}}", "domains: {a: {confirm: [{rule: [}]}}", "domains:\n  a: {capability: a:b, holds: none, receipt: {a: \"'\\t\\t\\u2028\\\n x\" }}",
		"domains:\r\n  a:\r\n    capability: a:b\r\n    holds: none\r\n    receipt:\r\n      a: >\r\n        x\r\n        y\r\n",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, source string) {
		all, section, err := parse(source)
		if err == nil && len(all) != len(section.domains) || err != nil && all != nil {
			t.Errorf("%d domains are read of %q, %v", len(all), source, err)
		}
		if err != nil && err.Error() == "" {
			t.Error("an error that says nothing")
		}
	})
}

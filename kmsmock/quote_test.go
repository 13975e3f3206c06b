package kmsmock

import (
	"regexp"
	"strings"
	"testing"
)

// plainQuotable says the same as quotable.
var plainQuotable = regexp.MustCompile(`^([a-zA-Z0-9_-]{1,40}|(arn:|alias/)[a-zA-Z0-9:/_-]{1,320})$`)

func FuzzQuotable(f *testing.F) {
	for _, name := range []string{
		"", "a", "arn:", "arn:a", "alias/", "alias/a", "alias/arn:", "a:b", "a/b", "ä", "a\n", "a b", "eyJ.x.y", "\xff", "alias/\u212a",
		strings.Repeat("a", 40), strings.Repeat("a", 41), "arn:" + strings.Repeat("a", 320), "alias/" + strings.Repeat("/", 321),
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if got, want := quotable(name), plainQuotable.MatchString(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	})
}

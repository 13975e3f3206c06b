package prompt_test

import (
	"testing"

	"tokenshell/shell/internal/prompt"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

// With 10,000 tokens in a session, completion and lists stay instant.
func BenchmarkManyTokens(b *testing.B) {
	const many = 10_000
	s := shelltest.New(b, world.DefaultSeed)
	shelltest.Do(b, s, "session new op_1")
	for range many {
		shelltest.Do(b, s, "coupon confirm TEN --ttl 5m")
	}
	for _, line := range []string{"token list", "session show", "session list", "view coupons", "trace", "log"} {
		b.Run(line, func(b *testing.B) {
			for b.Loop() {
				shelltest.Do(b, s, line)
			}
		})
	}
	b.Run("Tab", func(b *testing.B) {
		for b.Loop() {
			offered, _, err := prompt.Tab(s, "relay ", 6)
			if err != nil {
				b.Fatal(err)
			}
			if n := len(offered.Candidates); n != many {
				b.Fatalf("%d candidates", n)
			}
		}
	})
}

package shell

import (
	"io"
	"testing"
)

func BenchmarkNewParser(b *testing.B) {
	for b.Loop() {
		if _, err := newParser(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	p, err := newParser()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := p.parse([]string{"payment", "confirm", "80.00", "--method", "visa"}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadWorld(b *testing.B) {
	for b.Loop() {
		if _, err := readWorld(""); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBuildWorld(b *testing.B) {
	plan, err := readWorld("")
	if err != nil {
		b.Fatal(err)
	}
	seed := uint64(1)
	for b.Loop() {
		if _, err := buildWorld(b.Context(), plan, &seed); err != nil {
			b.Fatal(err)
		}
	}
}

// With 10,000 tokens in a session, completion and lists stay instant.
func BenchmarkManyTokens(b *testing.B) {
	const many = 10_000
	seed := uint64(DefaultSeed)
	w, err := NewWorld(b.Context(), WorldConfig{Seed: &seed})
	if err != nil {
		b.Fatal(err)
	}
	s := New(w)
	run := func(line string) {
		if err := s.Line(b.Context(), line, false, io.Discard, io.Discard); err != nil {
			b.Fatal(err)
		}
	}
	run("session new op_1")
	for range many {
		run("coupon confirm TEN --ttl 5m")
	}
	for _, line := range []string{"token list", "session show", "session list", "view coupons", "trace", "log"} {
		b.Run(line, func(b *testing.B) {
			for b.Loop() {
				run(line)
			}
		})
	}
	c, err := newCompleter(s)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("Tab", func(b *testing.B) {
		for b.Loop() {
			if n := len(c.complete("relay ", 6).Candidates); n != many {
				b.Fatalf("%d candidates", n)
			}
		}
	})
}

//go:build unix

// Large worlds: read in a time that grows with their size, and no faster.

package world_test

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

// repeated is a world with n of something in it; %d is its number.
func repeated(head, each string, n int) string {
	var b strings.Builder
	b.WriteString(head)
	for i := range n {
		fmt.Fprintf(&b, each, i)
	}
	return b.String()
}

// Whatever there are many of, twice as many take about twice as long.
func TestALargeWorldIsReadInLinearTime(t *testing.T) {
	const ann = "customers:\n  - id: ann\n    points: 1\n"
	for what, file := range map[string][2]string{
		"coupons":   {ann + "coupons:\n", "  - {code: C%d, amount: \"1.00\", combinable: true}\n"},
		"customers": {"customers:\n", "  - {id: u%d, points: 1}\n"},
		"cards":     {ann + "    cards:\n", "      - {id: c%d, number: \"4242424242424242\", limit: \"1.00\"}\n"},
		"accounts":  {"customers:\n", "  - {id: u%d, points: 1, cards: [{id: v, number: \"4242424242424242\", limit: \"1.00\"}]}\n"},
	} {
		const few = 1000
		took := func(n int) time.Duration {
			text := []byte(repeated(file[0], file[1], n))
			began := shelltest.CPU(t)
			plan, err := world.Parse(shelltest.Language().Kinds, "world.yaml", text)
			if err != nil {
				t.Fatal(err)
			}
			s := shelltest.Of(shelltest.World(t, plan, 1))
			for _, line := range []string{"coupon list", "points balance", "payment methods", "view coupons", "view points", "view payments"} {
				if err := s.Line(t.Context(), line, false, io.Discard, io.Discard); err != nil {
					t.Fatalf("%s: %v", line, err)
				}
			}
			return shelltest.CPU(t) - began
		}
		took(few) // the first one pays for what is made once
		small, large := took(few), took(8*few)
		if large > 40*small { // 64 times when it grows with the square
			t.Errorf("%s: %d take %s, %d take %s", what, few, small, 8*few, large)
		}
	}
}

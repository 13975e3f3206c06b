package interp_test

import (
	"testing"

	"tokenshell/shell/internal/shelltest"
)

func BenchmarkNewParser(b *testing.B) {
	for b.Loop() {
		if _, err := shelltest.Language().NewParser(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	p, err := shelltest.Language().Parser()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := p.Parse([]string{"payment", "confirm", "80.00", "--method", "visa"}); err != nil {
			b.Fatal(err)
		}
	}
}

package verbs_test

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

// BenchmarkVerb reads and runs a verb that only looks.
func BenchmarkVerb(b *testing.B) {
	s := shelltest.New(b, 1)
	for b.Loop() {
		shelltest.Do(b, s, "clock show")
	}
}

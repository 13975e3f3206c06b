package world_test

import (
	"testing"

	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

func BenchmarkReadWorld(b *testing.B) {
	kinds := shelltest.Language().Kinds
	for b.Loop() {
		if _, err := world.Read(kinds, ""); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBuildWorld(b *testing.B) {
	plan := shelltest.Plan(b, "")
	for b.Loop() {
		shelltest.World(b, plan, 1)
	}
}

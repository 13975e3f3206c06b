// Package benchmarks puts tokenshell beside what it cannot do without, and beside
// other libraries that verify tokens: each figure is a ratio, and all sides of it
// are measured in turn, in one run. It is a module of its own, so that the
// libraries are in nobody else's go.mod.
//
//	go test -bench . -benchtime 20x -count 5
//
// says all of it but what takes minutes, which stands behind -long. Nothing is
// asserted about time: a test that fails on a busy machine tests the machine.
package benchmarks

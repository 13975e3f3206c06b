package scenariotest_test

import (
	"testing"

	"tokenshell/shell/scenariotest"
)

// A test of a module runs all that lie in its folder checkouts.
func ExampleRun() {
	TestCheckouts := func(t *testing.T) {
		scenariotest.Run(t, "checkouts")
	}
	_ = TestCheckouts // go test calls it
}

func TestRun(t *testing.T) {
	scenariotest.Run(t, "../../examples/scenarios/checkouts")
}

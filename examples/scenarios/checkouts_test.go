// Package checkouts has its scenarios among its tests.
package checkouts

import (
	"testing"

	"tokenshell/shell/scenariotest"
)

func TestCheckouts(t *testing.T) {
	scenariotest.Run(t, "checkouts")
}

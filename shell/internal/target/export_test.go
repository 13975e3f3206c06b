package target

import (
	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/answer"
)

// Show prints what came of rows as attack run does.
func Show(results []attacks.Result, out *answer.Out, full bool) error {
	return reportOn(results).show(out, full)
}

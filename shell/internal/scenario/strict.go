// Strictly: what lint says of a scenario that passed, and what lines that did not
// run leave of it.

package scenario

import (
	"fmt"

	"tokenshell/shell/internal/lint"
	"tokenshell/shell/internal/story"
)

// strictly gives what is to be said of a scenario that passed, unless it was said
// already.
func (r *runner) strictly(o *Outcome, s *story.Story, sc *script) error {
	warnings, err := lint.Look(s, r.language)
	if err != nil {
		return err
	}
	for _, w := range warnings {
		switch {
		case w.Line == 0:
			o.Warnings = append(o.Warnings, w.What)
		case w.File == o.File:
			o.Warnings = append(o.Warnings, fmt.Sprintf("line %d: %s", w.Line, w.What))
		default:
			o.Warnings = append(o.Warnings, w.String())
		}
	}
	if sc == nil || sc.shell == nil || len(warnings) > 0 {
		return nil
	}
	for _, spoken := range sc.shell.Transcript.All() {
		if lint.Acts(r.language, spoken.Words) {
			return nil
		}
	}
	o.Warnings = append(o.Warnings, lint.Nothing+": no line that does has run")
	return nil
}

// The rows of the lessons: one for each reason.

package verbs

import (
	"strings"
	"testing"

	"tokenshell/shell/internal/domains"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

func TestEveryReasonHasALesson(t *testing.T) {
	kinds := domains.Kinds(domains.All())
	rows := map[tokens.Reason]lesson{}
	for _, l := range lessons(kinds) {
		if other, ok := rows[l.reason]; ok && other != l { // domains may share a reason, and then its lesson
			t.Errorf("%s has two: %q and %q", l.reason, other.Next, l.Next)
		}
		rows[l.reason] = l
	}
	reasons := world.Reasons(kinds)
	for _, reason := range reasons {
		l, ok := rows[reason.Reason]
		switch {
		case !ok:
			t.Errorf("%s has none", reason.Reason)
		case l.Next == "":
			t.Errorf("%s has an empty one", reason.Reason)
		case strings.ContainsAny(l.Next+l.First, "\n.") && strings.HasSuffix(l.Next, "."):
			t.Errorf("%s: a hint has no full stop", reason.Reason)
		case LessonOf(kinds, reason.Reason) != l:
			t.Errorf("%s: another lesson is given", reason.Reason)
		}
	}
	if len(rows) != len(reasons) {
		t.Errorf("%d lessons for %d reasons", len(rows), len(reasons))
	}
}

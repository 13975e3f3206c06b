// Lessons: what they say can be done, and help says the same.

package verbs_test

import (
	"regexp"
	"strings"
	"testing"

	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/verbs"
)

// prose are beginnings of clauses that begin like a verb and are none.
var prose = regexp.MustCompile(`^(points are whole|confirm again )`)

// What a lesson says to type can be typed: a clause that begins with a verb goes
// on with one of its own, and every flag is one of that verb's.
func TestLessonsNameVerbsThatExist(t *testing.T) {
	p, err := shelltest.Language().Parser()
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for _, row := range shelltest.Language().Reasons() {
		l := verbs.LessonOf(shelltest.Language().Domains, row.Reason)
		for _, clause := range regexp.MustCompile(`[;:,] `).Split(l.Next+"; "+l.First, -1) {
			words := strings.Fields(strings.TrimPrefix(strings.TrimPrefix(clause, "and "), "or "))
			node, used := p.Find(words)
			if used == 0 || prose.MatchString(clause) {
				continue
			}
			told++
			if len(node.Children) > 0 && node.DefaultCmd == nil && used < len(words) {
				t.Errorf("%s: %q: %s has no verb %q", row.Reason, clause, interp.VerbPath(node), words[used])
			}
			for _, flag := range regexp.MustCompile(`--[a-z]+`).FindAllString(clause, -1) {
				if !strings.Contains(interp.Synopsis(node), flag) {
					t.Errorf("%s: %q: %s has no %s", row.Reason, clause, interp.VerbPath(node), flag)
				}
			}
		}
	}
	if told < 30 {
		t.Errorf("only %d clauses of all lessons name a verb", told)
	}
}

// help REASON says the same as the lesson.
func TestHelpSaysWhatToTry(t *testing.T) {
	s := shelltest.New(t, 1)
	for _, row := range s.Language.Reasons() {
		l := verbs.LessonOf(s.Language.Domains, row.Reason)
		if got := shelltest.Do(t, s, "help "+string(row.Reason)); !strings.Contains(got, l.Next) {
			t.Errorf("help %s lacks %q:\n%s", row.Reason, l.Next, got)
		}
	}
}

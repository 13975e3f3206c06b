// Fuzz targets: lines that people type, and lines of scripts.

package syntax_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/shlex"

	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/syntax"
)

// plainWords gives a command's words, variables as they are written.
func plainWords(command []syntax.Word) []string {
	words := make([]string, len(command))
	for i, w := range command {
		words[i] = w.Plain()
	}
	return words
}

// Any line: no panic, an error that says where; and what is accepted is read
// alike by shlex, by testscript and by the scanner itself, written back.
func FuzzLine(f *testing.F) {
	for _, line := range []string{
		"", " ", "#", "a", "relay coupon-1 points-1", "let A 'b c' # d", "a'b c'$D'e'", "''", "a ''", "'a' 'b'", "$A$B", "$A'$B'", "! relay x", "a;b; c", "';'", "a ;",
		"a\tb", "'a\tb'", "'it''s'", `a\ b`, `"a"`, "a#b", "'#'", "$", "$a", "$A1_", "${A}", "a\u00a0b", "a\u0085b", "é", "'é'", "a\x00", "\xff", "-5", "--x=y", "@f", "a=$B", "'", "a\rb", "a\r",
		"points balance --jq '.a | .b'", "capture X let Y '$Z'", "x'", "'x", "''''", "$A ;$B",
	} {
		f.Add(line, true)
		f.Add(line, false)
	}
	f.Fuzz(func(t *testing.T, line string, semicolons bool) {
		commands, err := syntax.Split(line, semicolons)
		var wrong *syntax.Error
		switch {
		case err != nil && !errors.As(err, &wrong):
			t.Fatalf("%T: %v", err, err)
		case err != nil && (wrong.Column < 1 || wrong.Column > len([]rune(line))+1 || wrong.What == ""):
			t.Fatalf("column %d of %q: %s", wrong.Column, line, wrong.What)
		case err != nil && redact.Printable(err.Error()) != err.Error():
			t.Fatalf("not fit to print: %q", err.Error())
		case err != nil:
			return
		case !semicolons && len(commands) > 1:
			t.Fatalf("%d commands of %q", len(commands), line)
		}
		for _, command := range commands {
			ours, text := plainWords(command), syntax.Join(command)
			if len(ours) == 0 {
				t.Fatalf("%q holds an empty command", line)
			}
			again, err := syntax.Split(text, semicolons)
			if err != nil || len(again) != 1 {
				t.Fatalf("%q is written back as %q: %v, %v", line, text, again, err)
			}
			if diff := cmp.Diff(shapeOf(command), shapeOf(again[0])); diff != "" {
				t.Fatalf("%q is written back as %q:\n%s", line, text, diff)
			}
			if theirs, err := shlex.Split(text); err != nil || !slices.Equal(ours, theirs) {
				t.Fatalf("shlex reads %q as %q (%v), not %q", text, theirs, err, ours)
			}
			if theirs := syntax.ReadScript(text).Words; !slices.Equal(ours, theirs) {
				t.Fatalf("testscript reads %q as %q, not %q", text, theirs, ours)
			}
		}
		if semicolons || len(commands) == 0 {
			return
		}
		if theirs := syntax.ReadScript(line).Words; !slices.Equal(plainWords(commands[0]), theirs) {
			t.Fatalf("testscript reads %q as %q, not %q", line, theirs, plainWords(commands[0]))
		}
		if want := variablesOf(commands[0]); !slices.Equal(want, syntax.ReadScript(line).Variables) {
			t.Fatalf("testscript puts values for %q in %q, the shell for %q", syntax.ReadScript(line).Variables, line, want)
		}
	})
}

// shapeOf gives a command's words as they will be expanded: text, and variables
// behind a mark.
func shapeOf(command []syntax.Word) []string {
	var shapes []string
	for _, w := range command {
		var b strings.Builder
		for _, p := range w {
			if p.Variable {
				b.WriteString("\x00$" + p.Text + "\x00")
			} else {
				b.WriteString(p.Text)
			}
		}
		shapes = append(shapes, b.String())
	}
	return shapes
}

func variablesOf(command []syntax.Word) []string {
	var names []string
	for _, w := range command {
		for _, p := range w {
			if p.Variable {
				names = append(names, p.Text)
			}
		}
	}
	return names
}

// Any text of a script's line: no panic, and every name is one.
func FuzzScriptVariables(f *testing.F) {
	for _, line := range []string{"", "$A", "a$A'$B'$C # $D", "'$A", "$$A", "$A$", "$a$B", "\xff$A", "stdout '^$A'$B", "''$A''"} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		for _, name := range syntax.ReadScript(line).Variables {
			if !syntax.IsVariable(name) || !strings.Contains(line, "$"+name) {
				t.Fatalf("%q is not a variable of %q", name, line)
			}
		}
		_, _ = syntax.ReadScript(line).Verb() // any line will do
	})
}

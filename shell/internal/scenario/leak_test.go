// Nothing leaks from a scenario: not from what its verbs print, and not from the
// report of one that fails.

package scenario_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/scenario"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

// Nothing that is secret is in anything that a scenario of ours prints.
func TestNothingLeaksFromAScript(t *testing.T) {
	t.Parallel()
	played, err := stories()
	if err != nil {
		t.Fatal(err)
	}
	x := shelltest.NewSecrets()
	for _, file := range scripts(t) {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, section := range archive.Files {
			if ext := filepath.Ext(section.Name); ext == ".jwt" || ext == ".jws" {
				x.Token(string(section.Data))
			}
		}
	}
	x.World(t, played.begun[0].Shell().World, world.DefaultSeed)
	for _, sc := range played.begun {
		x.Wallet(sc.Shell())
	}
	if x.Pieces() < 10_000 {
		t.Errorf("only %d pieces are planted", x.Pieces())
	}
	for _, sc := range played.begun {
		x.SearchLog(t, sc.File(), sc.Shell().World)
	}
	for name, log := range played.logs {
		for step := range strings.SplitSeq(log, "\n> ") {
			command, _, _ := strings.Cut(step, "\n")
			if strings.HasPrefix(command, "token raw ") {
				continue
			}
			x.Search(t, name+": "+command, step, strings.Contains(command, "--as payment") || strings.HasPrefix(command, "! stdout") || strings.HasPrefix(command, "stdout"))
		}
	}
}

// Nor in the report of one that fails, wherever it does.
func TestNothingLeaksFromAReport(t *testing.T) {
	t.Parallel()
	x := shelltest.NewSecrets()
	s := shelltest.New(t, world.DefaultSeed)
	shelltest.Do(t, s, "session new op_1", "payment confirm 80.00 --method visa --name it")
	x.World(t, s.World, world.DefaultSeed)
	raw := strings.TrimSpace(shelltest.Do(t, s, "token raw it"))
	x.Token(raw)
	head := "session new op_1\npayment confirm 80.00 --method visa --name it\ncapture T token raw it\n"
	var cases []verdictCase
	for i, line := range []string{
		"nonsense $T", "relay $T $T", "points confirm $T", "stdout nothing", "token raw it\nstdout nothing", "token raw it\n! stdout .", "let U a$T\nstdout nothing",
		"stdout $T", "stderr $T", "! relay $T", "expect malformed relay $T", "points confirm " + raw, "let X " + raw + "\nnonsense", "env A=" + raw + "\nnonsense $A",
		"token show it --as payments\nstdout nothing", "token raw it -o json\nstdout nothing", "cp stdout a\nexists b" + raw, "cmp " + raw + " b", "exec " + raw, raw, "source $T",
	} {
		cases = append(cases, verdictCase{name: fmt.Sprint(i), text: head + line + "\n"})
	}
	files := verdictFiles(t, cases)
	for i, o := range func() []scenario.Outcome {
		var all []scenario.Outcome
		if err := scenario.Run(t.Context(), shelltest.Language(), scenario.Config{Seed: world.DefaultSeed}, files, func(o scenario.Outcome) { all = append(all, o) }); err != nil {
			t.Fatal(err)
		}
		return all
	}() {
		if o.Verdict != scenario.Failed {
			t.Errorf("%s: %s", cases[i].text, o.Verdict)
		}
		text, err := answer.Line(o)
		if err != nil {
			t.Fatal(err)
		}
		x.Search(t, cases[i].text[len(head):], string(text), strings.Contains(cases[i].text, "--as payments"))
	}
}

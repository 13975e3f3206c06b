// The README: what it shows was run, and its tables come from the code.

package shell_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"tokenshell/shell"
	"tokenshell/shell/internal/foreign"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
	"tokenshell/shell/scenariotest"
)

// readmeFile is kept fresh by the tests of this file:
//
//	go test ./shell -run Readme -update
const readmeFile = "../README.md"

func readme(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(readmeFile)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// readmeBlocks gives the fenced blocks of a language, without their fences.
func readmeBlocks(t *testing.T, language string) []string {
	t.Helper()
	fence := regexp.MustCompile("(?ms)^```" + language + "\n(.*?)^```$")
	var blocks []string
	for _, m := range fence.FindAllStringSubmatch(readme(t), -1) {
		blocks = append(blocks, m[1])
	}
	if len(blocks) == 0 {
		t.Fatalf("the README has no ```%s block", language)
	}
	return blocks
}

// checkReadme compares a part of the README with what it should be, or puts
// that in its place.
func checkReadme(t *testing.T, part, want string) {
	t.Helper()
	if part == want {
		return
	}
	if !*update {
		t.Errorf("the README is out of date; go test ./shell -run Readme -update rewrites it (- README, + now)\n%s", cmp.Diff(part, want))
		return
	}
	text := readme(t)
	if n := strings.Count(text, part); n != 1 {
		t.Fatalf("this part of the README stands in it %d times:\n%s", n, part)
	}
	if err := os.WriteFile(readmeFile, []byte(strings.Replace(text, part, want, 1)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// readmeTable gives what stands between a table's markers, with the markers.
func readmeTable(t *testing.T, name string) (begin, whole, end string) {
	t.Helper()
	m := regexp.MustCompile(fmt.Sprintf("(?s)(<!-- %[1]s: [^\n]*\n).*?(<!-- end of %[1]s -->)", name)).FindStringSubmatch(readme(t))
	if m == nil {
		t.Fatalf("the README has no markers for the table of %s", name)
	}
	return m[1], m[0], m[2]
}

func TestReadmeVerbs(t *testing.T) {
	language := shelltest.Language()
	p, err := language.Parser()
	if err != nil {
		t.Fatal(err)
	}
	defer language.Done(p)
	var b strings.Builder
	title := ""
	for _, leaf := range interp.Leaves(p.Root()) {
		if g := heading(leaf); g != title {
			title = g
			fmt.Fprintf(&b, "\n| %s | |\n|---|---|\n", title)
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", markdownCell(interp.Synopsis(leaf)), markdownCell(leaf.Help))
	}
	begin, whole, end := readmeTable(t, "verbs")
	checkReadme(t, whole, begin+b.String()+"\n"+end)
}

// heading gives what a verb stands under in help.
func heading(node *kong.Node) string {
	for ; node != nil; node = node.Parent {
		if node.Group != nil {
			return node.Group.Title
		}
	}
	return ""
}

func TestReadmeReasons(t *testing.T) {
	var b strings.Builder
	b.WriteString("\n| reason | means | who says it | source |\n|---|---|---|---|\n")
	for _, row := range shelltest.Language().Reasons() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", row.Reason, markdownCell(row.Meaning), row.By, row.Source)
	}
	begin, whole, end := readmeTable(t, "reasons")
	checkReadme(t, whole, begin+b.String()+"\n"+end)
}

func markdownCell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// promptLine is a line that somebody typed: a prompt, and what stands behind it.
var promptLine = regexp.MustCompile(`^(?:[\w.:-]+ ?)*> (.*)$`)

func TestReadmeSession(t *testing.T) {
	for _, session := range readmeBlocks(t, "console") {
		s := shelltest.New(t, 7)
		var replayed bytes.Buffer
		for _, line := range strings.Split(session, "\n") {
			if m := promptLine.FindStringSubmatch(line); m != nil {
				fmt.Fprintln(&replayed, s.Prompt(&page.Page{})+m[1])
				_ = s.Line(t.Context(), m[1], false, &replayed, &replayed) // a prompt goes on after an error, which is in the output
			}
		}
		checkReadme(t, session, replayed.String())
	}
}

// The scenario that the README has one run is the one that it prints.
func TestReadmeScenarioIsItsFile(t *testing.T) {
	files := regexp.MustCompile(`(?m)^go run ./cmd/tokenshell run (\S+\.txtar)$`).FindAllStringSubmatch(strings.Join(readmeBlocks(t, "sh"), "\n"), -1)
	if len(files) == 0 {
		t.Error("the README runs no scenario")
	}
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join("..", file[1]))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(readmeBlocks(t, "txtar"), string(text)) {
			t.Errorf("the README does not print %s as it is", file[1])
		}
	}
}

func TestReadmeScenario(t *testing.T) {
	for _, file := range readmeScenarios(t, t.TempDir()) {
		report := func(o shell.Outcome) {
			if o.Verdict != shell.Passed {
				t.Errorf("the README's scenario %s on line %d: %s\n%s", o.Verdict, o.Line, o.Text, o.Why)
			}
		}
		if err := shell.RunScenarios(t.Context(), shell.ScenarioConfig{Seed: shell.DefaultSeed, Strict: true}, []string{file}, report); err != nil {
			t.Error(err)
		}
	}
}

// readmeScenarios writes the README's scenarios into a folder.
func readmeScenarios(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	for i, text := range readmeBlocks(t, "txtar") {
		files = append(files, filepath.Join(dir, fmt.Sprintf("readme-%d.txtar", i+1)))
		shelltest.WriteFile(t, files[i], text)
	}
	return files
}

func TestReadmeYAML(t *testing.T) {
	for _, text := range readmeBlocks(t, "yaml") {
		if strings.HasPrefix(text, "target:") {
			if _, err := foreign.Parse("README.md", []byte(text)); err != nil {
				t.Error(err)
			}
			continue
		}
		if _, err := world.Parse(shelltest.Language().Kinds, "README.md", []byte(text)); err != nil {
			t.Error(err)
		}
	}
}

// The two commands of the README are what CI runs.
func TestReadmeCommands(t *testing.T) {
	ci, err := os.ReadFile("../.ci/run")
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range strings.Split(strings.TrimSpace(readmeBlocks(t, "sh")[0]), "\n") {
		if !bytes.Contains(ci, []byte("\n"+command+"\n")) {
			t.Errorf("the README says %q and .ci/run has no such line", command)
		}
	}
}

// The lines of Go in the README are those of the module in examples, which CI builds
// as a stranger's ([TestAStrangersModule]). Its scenarios run among Go tests, and so
// do the README's.
func TestReadmeGo(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(shelltest.Root(t, "examples", "scenarios", "checkouts_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	_, lines, found := strings.Cut(string(text), "\npackage ")
	if want := "package " + lines; !found || readmeBlocks(t, "go")[0] != want {
		t.Errorf("the README has\n%s\nand the module in examples\n%s", readmeBlocks(t, "go")[0], want)
	}
	dir := filepath.Join(t.TempDir(), "checkouts")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	readmeScenarios(t, dir)
	scenariotest.Run(t, dir, shelltest.Root(t, "examples", "scenarios", "checkouts"))
}

// run runs a program that must succeed and gives all that it said.
func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), name, args...)
	cmd.Dir = dir
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, said)
	}
	return string(said)
}

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What can be done to each piece of code, and nothing else: "kind: what stands
// there then", for every mutant, in order.
func TestWhatCanBeBroken(t *testing.T) {
	for name, tt := range map[string]struct {
		code string // of a function's body, or declarations if it begins with one
		want []string
	}{
		"a condition":        {"if f() { g() }", []string{"condition: if true { g() }", "condition: if false { g() }", "statement: if f() {  }"}},
		"a comparison":       {"b = x == y", []string{"statement: ", "comparison: b = x != y"}},
		"a bound":            {"b = x < y", []string{"statement: ", "comparison: b = x >= y", "boundary: b = x <= y"}},
		"a bound that is in": {"b = x >= y", []string{"statement: ", "comparison: b = x < y", "boundary: b = x > y"}},
		"a compared condition": {"if x <= y { return }", []string{
			"condition: if true { return }", "condition: if false { return }", "boundary: if x < y { return }", "statement: if x <= y {  }",
		}},
		"operands of and": {"b = p && q", []string{"statement: ", "logic: b = p || q", "operand: b = true && q", "operand: b = p && true"}},
		"operands of or":  {"b = p || q", []string{"statement: ", "logic: b = p && q", "operand: b = false || q", "operand: b = p || false"}},
		"not":             {"b = !p", []string{"statement: ", "negation: b = p"}},
		"not, in a condition": {"if !p { return }", []string{
			"condition: if true { return }", "condition: if false { return }", "statement: if !p {  }",
		}},
		"a loop":            {"for x < y { g() }", []string{"condition: for false { g() }", "boundary: for x <= y { g() }", "statement: for x < y {  }"}},
		"a number":          {"x = 7", []string{"statement: ", "literal: x = 6", "literal: x = 8"}},
		"nought":            {"x = 0", []string{"statement: ", "literal: x = 1"}},
		"true":              {"b = true", []string{"statement: ", "literal: b = false"}},
		"sums":              {"x = y + z", []string{"statement: ", "arithmetic: x = y - z"}},
		"text put together": {`s = s + "x"`, []string{"statement: "}},
		"sums that assign":  {"x += y", []string{"statement: ", "arithmetic: x -= y"}},
		"bits":              {"x = y << z", []string{"statement: ", "bits: x = y >> z"}},
		"statements": {"x++; go f(); defer f(); c <- x", []string{
			"statement: ; go f(); defer f(); c <- x", "statement: x++; ; defer f(); c <- x",
			"statement: x++; go f(); ; c <- x", "statement: x++; go f(); defer f();",
		}},
		"what can't be left out": {
			`x := f(); _ = x; panic("no"); { goto L }`, nil,
		},
		"a head keeps its parts": {"if x = f(); p { return }", []string{
			"condition: if x = f(); true { return }", "condition: if x = f(); false { return }", "statement: if x = f(); p {  }",
		}},
		"a switch over nothing": {"switch { case p: g(); default: f() }", []string{
			"condition: switch { case true: g(); default: f() }", "condition: switch { case false: g(); default: f() }",
			"statement: switch { case p: ; default: f() }", "statement: switch { case p: g(); default:  }",
		}},
		"a switch over something": {"switch x { case y, z: case w: }", []string{
			"case: switch x { case z: case w: }", "case: switch x { case y: case w: }", "case: switch x { case y, z:  }",
		}},
		"a list":                   {"x = []T{y, z}", []string{"statement: ", "element: x = []T{ z}", "element: x = []T{y, }"}},
		"fields":                   {"x = T{A: y}", []string{"statement: ", "element: x = T{}"}},
		"fields without a name":    {"x = T{y}", []string{"statement: "}},
		"an error":                 {"func f() (int, error) { return x, y }", []string{"error: func f() (int, error) { return x, nil }"}},
		"no error":                 {"func f() (int, error) { return x, nil }", nil},
		"a value beside an error":  {"func f() (int, bool, error) { return 7, true, y }", []string{"error: func f() (int, bool, error) { return 7, true, nil }"}},
		"a value without an error": {"func f() (int, error) { return 0, nil }", []string{"literal: func f() (int, error) { return 1, nil }"}},
		"a bool":                   {"func f() bool { return g() }", []string{"negation: func f() bool { return !(g()) }"}},
		"a bool that compares":     {"func f() bool { return x == y }", []string{"comparison: func f() bool { return x != y }"}},
		"a constant":               {"const x = 1", []string{"literal: const x = 0", "literal: const x = 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			source := "package p\n" + tt.code + "\n"
			if !strings.HasPrefix(tt.code, "func") && !strings.HasPrefix(tt.code, "const") {
				source = "package p\nfunc _() {\n" + tt.code + "\n}\n"
			}
			found, err := find("p.go", source)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range found {
				_, is, _ := strings.Cut(m.diff(), "\n+ ")
				got = append(got, m.kind+": "+strings.TrimSuffix(is, "\n"))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhereAMutantIs(t *testing.T) {
	source := "package p\n\nvar a = 1\n\nfunc F() { g() }\n\nfunc (t *T) M() { g() }\n\nfunc (t *T[X]) N() {\n\tg(func() { h() })\n}\n"
	found, err := find("p.go", source)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range found {
		got = append(got, fmt.Sprintf("%s:%d:%d %s", m.file, m.line, m.col, m.in))
	}
	want := []string{"p.go:3:9 -", "p.go:3:9 -", "p.go:5:12 F", "p.go:7:19 T.M", "p.go:10:2 T.N", "p.go:10:13 T.N"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// program prints a line for each thing that can be broken in it, so that every
// mutant prints something else.
const program = `package program

type name string

type thing struct {
	name  name
	count int
	on    bool
}

func fail(n int) (int, error) {
	if n > 2 && n != 4 {
		return n, problem("many")
	}
	return n, nil
}

type problem string

func (p problem) Error() string { return string(p) }

func even(n int) bool { return odd(n + 1) }

func odd(n int) bool { return n%2 == 1 }

func between(n int) bool { return n >= 3 && (n < 7 || n == 9) || !even(n) && n > 8 }

func kind(n int) (k string) {
	defer func() { k += "." }()
	switch n {
	case 1, 2:
		k = "few"
	case 3:
		k = "three"
	default:
		k = "many"
	}
	switch {
	case n <= 0:
		return "none"
	case odd(n) || n == 4:
		k += "!"
	}
	return k
}

func sum() (total int) {
	i, rounds := 0, 0
	for i < 5 {
		if rounds++; rounds > 9 {
			return -1 // what makes it hang says so
		}
		i++
		if i == 3 {
			continue
		}
		total += i * 2
	}
	total -= total / 7
	return total << 1
}

func Main() {
	for n := range 10 {
		got, err := fail(n)
		print(got, err != nil, even(n), between(n), kind(n), "\n")
	}
	x := thing{name: "x", count: 3 - 1, on: true}
	print(x.name, x.count, x.on, sum(), "\n")
	for _, n := range []uint8{1, 2} {
		print(n)
	}
	for _, names := range [][]string{{"a"}, {"b", "c"}, []string{"d", "e"}} {
		for _, n := range names {
			print(n, "\n")
		}
	}
}
`

// In one package with all others, asleep, a mutant does what it does alone.
func TestWovenIsWhatItIsAlone(t *testing.T) {
	ifLong(t)
	mutants, err := find("woven.go", program)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range mutants {
		m.id = i + 1
	}
	dir := tree(t, map[string]string{"whole/woven.go": program})
	b := &bench{temp: t.TempDir(), memory: &memory{}}
	overlay, err := b.weave(t.Context(), pack{ImportPath: "example/whole", Dir: filepath.Join(dir, "whole"), Name: "program"}, mutants)
	if err != nil {
		t.Fatal(err)
	}
	alone := map[string]*mutant{} // by its package
	for _, m := range mutants {
		name := fmt.Sprintf("m%d", m.id)
		if m.woven != nil {
			alone[name] = m
			write(t, filepath.Join(dir, name, "woven.go"), m.mutated())
		}
	}
	text, _ := exec.Command("go", "build", "./...").CombinedOutput()
	for _, failed := range regexp.MustCompile(`(?m)^# example/(m\d+)$`).FindAllStringSubmatch(string(text), -1) {
		delete(alone, failed[1]) // left out, it leaves something unused; woven it doesn't
	}
	// One program for all of them: which one speaks is its first argument.
	imports, cases := "import whole \"example/whole\"\n", "\tcase \"whole\":\n\t\twhole.Main()\n"
	for name := range alone {
		imports += fmt.Sprintf("import %s \"example/%[1]s\"\n", name)
		cases += fmt.Sprintf("\tcase %q:\n\t\t%s.Main()\n", name, name)
	}
	write(t, filepath.Join(dir, "main.go"), "package main\n\nimport \"os\"\n\n"+imports+"\nfunc main() {\n\tswitch os.Args[1] {\n"+cases+"\t}\n}\n")
	binary := filepath.Join(b.temp, "all")
	if text, err := exec.Command("go", "build", "-overlay", overlay, "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	say := func(which string, id int) string {
		ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
		defer stop()
		cmd := exec.CommandContext(ctx, binary, which)
		cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d", variable, id))
		text, err := cmd.CombinedOutput()
		switch {
		case ctx.Err() != nil:
			return "hangs"
		case err != nil:
			return "fails"
		}
		return string(text)
	}
	asleep, same := say("whole", 0), 0
	for name, m := range alone {
		want, got := say(name, 0), say("whole", m.id)
		if got != want {
			t.Errorf("%s:%d %s\n%swoven it says\n%s\nalone it says\n%s", m.in, m.line, m.kind, m.diff(), got, want)
		}
		if got == asleep {
			same++
		}
	}
	if len(alone) < 60 || same > len(alone)/5 {
		t.Errorf("%d are woven, of which %d change nothing", len(alone), same)
	}
}

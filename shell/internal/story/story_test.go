// Stories: how scenarios are read, and what is wrong with them, with its place.

package story_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/story"
)

// written writes files into a folder of their own.
func written(t *testing.T, texts map[string]string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for name, text := range texts {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// read reads the scenario s/a.txtar of a folder.
func read(ctx context.Context, t *testing.T, dir string, inside bool) (*story.Story, error) {
	t.Helper()
	path := filepath.Join(dir, "s", "a.txtar")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return story.Read(path, text, story.Open(ctx, inside))
}

// Lines that are included stand where the include does, and know where they are from.
func TestInclude(t *testing.T) {
	dir := written(t, map[string]string{
		"s/a.txtar":        "one\ninclude b.txtar\nfour # include this\n-- x --\nX\n",
		"s/b.txtar":        "two\n\tinclude 'more/c.txtar' # and this\r\n-- y --\nY\n",
		"s/more/c.txtar":   "three\ninclude ../../up/d.txtar\n",
		"up/d.txtar":       "three and a half\n",
		"s/unused/e.txtar": "nobody\n",
	})
	s, err := read(t.Context(), t, dir, false)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, line := range s.Lines {
		name, _ := filepath.Rel(dir, line.File)
		got = append(got, fmt.Sprintf("%s:%d: %s", filepath.ToSlash(name), line.At, line.Text))
	}
	want := []string{"s/a.txtar:1: one", "s/b.txtar:1: two", "s/more/c.txtar:1: three", "up/d.txtar:1: three and a half", "s/a.txtar:3: four # include this"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if x, y := s.Section("x"), s.Section("y"); x == nil || y == nil || x.At != 4 || y.At != 3 || filepath.Base(y.File) != "b.txtar" || !s.Included() {
		t.Errorf("sections %+v", s.Sections)
	}
	text := "one\ntwo\nthree\nthree and a half\nfour # include this\n-- y --\nY\n-- x --\nX\n"
	if got := string(s.Text()); got != text {
		t.Errorf("%s\nwant\n%s", got, text)
	}
}

// What includes nothing is given as it is, to the byte.
func TestTextIsUntouched(t *testing.T) {
	for _, text := range []string{"", "\n", "a", "a\r\n-- x --\r\nb", "# include x\nincluded\nlet A include\n", "-- x --\ninclude y\n"} {
		s, err := story.Read("a.txtar", []byte(text), nil)
		if err != nil || string(s.Text()) != text || s.Included() {
			t.Errorf("%q: %v", text, err)
		}
		if want := max(1, strings.Count(strings.Split(text, "-- x")[0], "\n")); err == nil && text != "a\r\n-- x --\r\nb" && len(s.Lines) != want {
			t.Errorf("%q has %d lines, want %d", text, len(s.Lines), want)
		}
	}
}

func TestWhatIsIncludedWrongly(t *testing.T) {
	big := strings.Repeat("# "+strings.Repeat("x", 1000)+"\n", 300)
	for name, test := range map[string]struct {
		files map[string]string
		want  string // how the error ends; it begins with the folder
	}{
		"itself":                     {map[string]string{"s/a.txtar": "\ninclude a.txtar\n"}, "s/a.txtar:2: a.txtar includes itself, by way of this line"},
		"itself, in a circle":        {map[string]string{"s/a.txtar": "include b/b.txtar\n", "s/b/b.txtar": "x\ninclude ../a.txtar\n"}, "s/b/b.txtar:2: ../a.txtar includes itself, by way of this line"},
		"nothing":                    {map[string]string{"s/a.txtar": "include nowhere.txtar\n"}, "s/a.txtar:1: include nowhere.txtar: no such file or directory"},
		"nothing, from there":        {map[string]string{"s/a.txtar": "include b.txtar\n", "s/b.txtar": "\n\ninclude x\n"}, "s/b.txtar:3: include x: no such file or directory"},
		"a folder":                   {map[string]string{"s/a.txtar": "include more\n", "s/more/b.txtar": ""}, "s/a.txtar:1: include more: it is a folder"},
		"no name":                    {map[string]string{"s/a.txtar": "include\n"}, "s/a.txtar:1: write include FILE"},
		"two names":                  {map[string]string{"s/a.txtar": "include a b\n"}, "s/a.txtar:1: write include FILE"},
		"a variable":                 {map[string]string{"s/a.txtar": "let A b\ninclude $A.txtar\n"}, "s/a.txtar:2: include names its file without variables"},
		"an absolute path":           {map[string]string{"s/a.txtar": "include /etc/passwd\n"}, "s/a.txtar:1: include names its file from the folder of the one that it stands in"},
		"behind !":                   {map[string]string{"s/a.txtar": "! include b.txtar\n"}, "s/a.txtar:1: include stands by itself: neither ! nor a condition comes before it"},
		"behind a condition":         {map[string]string{"s/a.txtar": "[unix] include b.txtar\n"}, "s/a.txtar:1: include stands by itself: neither ! nor a condition comes before it"},
		"the same section":           {map[string]string{"s/a.txtar": "include b.txtar\n-- x --\n", "s/b.txtar": "\n-- x --\n"}, "s/a.txtar:2: section x stands in " + "DIR/s/b.txtar, too"},
		"the same section in a file": {map[string]string{"s/a.txtar": "-- x --\n\n-- y --\n-- x --\n"}, "s/a.txtar:4: section x stands here twice, first in line 1: leave one of the two out"},
		"a mark without its end":     {map[string]string{"s/a.txtar": "one\n-- x\n"}, "s/a.txtar:2: a section begins with a line such as -- world.yaml --, with nothing before or behind it"},
		"a mark without spaces":      {map[string]string{"s/a.txtar": "one\n\t--x--\n"}, "s/a.txtar:2: a section begins with a line such as -- world.yaml --, with nothing before or behind it"},
		"a space behind a mark":      {map[string]string{"s/a.txtar": "-- x -- \n"}, "s/a.txtar:1: a section begins with a line such as -- world.yaml --, with nothing before or behind it"},
		"UTF-16":                     {map[string]string{"s/a.txtar": "\xff\xfeo\x00\n\x00"}, "s/a.txtar: it is UTF-16: save it as UTF-8"},
		"UTF-16 the other way":       {map[string]string{"s/a.txtar": "include b\n", "s/b": "\xfe\xff\x00o"}, "s/b: it is UTF-16: save it as UTF-8"},
		"cases":                      {map[string]string{"s/a.txtar": "include b.txtar\n", "s/b.txtar": "\n-- cases.csv --\nA\n1\n"}, "s/b.txtar:2: cases stand in the scenario that they are of, and not in a file that it includes"},
		"more and more":              {map[string]string{"s/a.txtar": "include b.txtar\ninclude b.txtar\n", "s/b.txtar": "include c.txtar\ninclude c.txtar\n", "s/c.txtar": big}, "s/c.txtar:146: with what it includes the scenario has more than a MiB"},
		"deeper than anybody needs":  {deep(), "s/16.txtar:1: files include one another more than 16 deep"},
	} {
		dir := written(t, test.files)
		_, err := read(t.Context(), t, dir, false)
		want := filepath.Join(dir, "s") + strings.TrimPrefix(strings.ReplaceAll(test.want, "DIR", dir), "s")
		if err == nil || err.Error() != want || exit.Code(err) != exit.BadInput {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

// deep gives files that include one another.
func deep() map[string]string {
	files := map[string]string{"s/a.txtar": "include 1.txtar\n"}
	for n := 1; n <= 20; n++ {
		files[fmt.Sprintf("s/%d.txtar", n)] = fmt.Sprintf("include %d.txtar\n", n+1)
	}
	return files
}

// A scenario that is not trusted includes nothing from outside its folder, and no
// link leads out.
func TestIncludeStaysInside(t *testing.T) {
	dir := written(t, map[string]string{
		"out/x.txtar": "outside\n", "s/b.txtar": "b\n", "s/more/c.txtar": "include ../b.txtar\n", "s/more/d.txtar": "include ../../out/x.txtar\n",
	})
	for link, to := range map[string]string{"s/link.txtar": "../out/x.txtar", "s/folder": "../out", "s/near.txtar": "b.txtar"} {
		if err := os.Symlink(to, filepath.Join(dir, filepath.FromSlash(link))); err != nil {
			t.Fatal(err)
		}
	}
	for name, good := range map[string]bool{
		"b.txtar": true, "./b.txtar": true, "more/c.txtar": true, "near.txtar": true, "more/../b.txtar": true, "../s/b.txtar": true,
		"../out/x.txtar": false, "more/d.txtar": false, "link.txtar": false, "folder/x.txtar": false, "../../../../../../../../etc/hostname": false,
	} {
		if err := os.WriteFile(filepath.Join(dir, "s", "a.txtar"), []byte("include "+name+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := read(t.Context(), t, dir, true)
		if good && err != nil || !good && (err == nil || !strings.HasSuffix(err.Error(), "with --no-exec a scenario includes nothing from outside its own folder")) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// From wherever the process stands, and however the scenario is named.
func TestIncludeFromAnywhere(t *testing.T) {
	dir := written(t, map[string]string{"s/a.txtar": "include b.lines\n", "s/b.lines": "b\n", "other/c": ""})
	for from, name := range map[string]string{".": "s/a.txtar", "s": "a.txtar", "s/": "./a.txtar", "other": "../s/a.txtar"} {
		t.Chdir(filepath.Join(dir, from))
		for _, inside := range []bool{true, false} {
			if s, err := story.Read(name, []byte("include b.lines\n"), story.Open(t.Context(), inside)); err != nil || len(s.Lines) != 1 || s.Lines[0].Text != "b" {
				t.Errorf("%s from %s: %v", name, from, err)
			}
		}
	}
}

// A pipe is not waited for.
func TestIncludeOfAPipe(t *testing.T) {
	dir := written(t, map[string]string{"s/a.txtar": "include pipe\n"})
	if err := syscall.Mkfifo(filepath.Join(dir, "s", "pipe"), 0o600); err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := read(ctx, t, dir, false); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestCases(t *testing.T) {
	for text, want := range map[string][]string{
		"-- cases.csv --\nCODE,WANT\nTEN,done\n NOPE ,\"a,b\"\n":                        {"row 1: CODE=TEN WANT=done", "row 2: CODE=NOPE  WANT=a,b"},
		"-- cases.csv --\r\nA\r\nx\r\n\r\ny\r\n":                                        {"row 1: A=x", "row 2: A=y"},
		"-- cases.yaml --\n- {CODE: TEN, AMOUNT: 140.00}\n- AMOUNT: 007\n  CODE: yes\n": {"row 1: CODE=TEN AMOUNT=140.00", "row 2: AMOUNT=007 CODE=yes"},
		"-- cases.yaml --\n- A: ''\n- A: \"x y\"\n- A: |\n    two\n    lines\n":         {"row 1: A=", "row 2: A=x y", "row 3: A=two\\u{a}lines\\u{a}"},
		"-- cases.csv --\nA\n" + strings.Repeat("x", 100) + "\n":                        {"row 1: A=" + strings.Repeat("x", 57) + "…"},
		"-- b/cases.csv --\nA\n1\n":                                                     nil,
		"":                                                                              nil,
	} {
		s, err := story.Read("a.txtar", []byte(text), nil)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		var got []string
		for _, row := range s.Rows {
			got = append(got, row.String())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: -want +got\n%s", text, diff)
		}
	}
}

func TestWrongCases(t *testing.T) {
	for text, want := range map[string]string{
		"x\n-- cases.csv --\n":                                 "a.txtar:2: cases.csv has a heading of names and a row for each case; here there is no case",
		"x\n-- cases.csv --\nA,B\n":                            "a.txtar:2: cases.csv has a heading of names and a row for each case; here there is no case",
		"x\n-- cases.csv --\nA,B\n1,2\n1\n":                    "a.txtar:5: this row has more or fewer values than the heading has names",
		"x\n-- cases.csv --\na,B\n1,2\n":                       `a.txtar:3: "a" is not a name for a variable: write A-Z, 0-9 and _, and not PATH, HOME, WORK, TMPDIR`,
		"x\n-- cases.csv --\nA,WORK\n1,2\n":                    `a.txtar:3: "WORK" is not a name for a variable: write A-Z, 0-9 and _, and not PATH, HOME, WORK, TMPDIR`,
		"x\n-- cases.csv --\nA,A\n1,2\n":                       "a.txtar:3: A stands here twice",
		"x\n-- cases.csv --\nA\n\"1\n":                         `a.txtar:4: column 4: extraneous or missing " in quoted-field`,
		"x\n-- cases.csv --\nA\n1\n-- cases.yaml --\n- A: 1\n": "a.txtar:5: cases stand in cases.csv already: leave one of the two out",
		"x\n-- cases.yaml --\n":                                "a.txtar:2: cases.yaml is a list with an item for each case; here there is none",
		"x\n-- cases.yaml --\n[]\n":                            "a.txtar:2: cases.yaml is a list with an item for each case; here there is none",
		"x\n-- cases.yaml --\nA: 1\n":                          "a.txtar:3: column 2: a list belongs here: - {NAME: value}",
		"x\n-- cases.yaml --\n- 1\n":                           "a.txtar:3: column 3: a section of keys and values belongs here: - {NAME: value}",
		"x\n-- cases.yaml --\n- A: [1]\n":                      "a.txtar:3: column 6: a single value belongs here",
		"x\n-- cases.yaml --\n- A: 1\n- B: 1\n":                "a.txtar:4: each case has the same names, the first has A",
		"x\n-- cases.yaml --\n- A: 1\n- {A: 1, B: 1}\n":        "a.txtar:4: each case has the same names, the first has A",
		"x\n-- cases.yaml --\n- {HOME: 1}\n":                   `a.txtar:3: "HOME" is not a name for a variable: write A-Z, 0-9 and _, and not PATH, HOME, WORK, TMPDIR`,
		"x\n-- cases.yaml --\n- {A: 1, A: 2}\n":                `a.txtar:3: column 10: "A" stands here twice, first in column 4: leave one of the two out`,
		"x\n-- cases.yaml --\n- A: !!binary [\n":               "",
		"x\n-- cases.yaml --\n- A: 1\n---\n- A: 2\n":           "",
		"x\n-- cases.yaml --\n" + strings.Repeat("[", 40):      "a.txtar:2: its brackets nest too deep",
	} {
		_, err := story.Read("a.txtar", []byte(text), nil)
		if err == nil || want != "" && err.Error() != want || exit.Code(err) != exit.BadInput {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}

// The rc file: options for every prompt. What is wrong in it costs a line.

package prompt_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/prompt"
	"tokenshell/shell/internal/shelltest"
)

// readRC has a shell read a file of this text.
func readRC(t *testing.T, text string) (s *interp.Shell, path, stderr string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "rc")
	shelltest.WriteFile(t, path, text)
	s = shelltest.New(t, 1)
	var said bytes.Buffer
	prompt.ReadRC(s, path, &said)
	return s, path, said.String()
}

func TestRCSetsOptions(t *testing.T) {
	s, _, stderr := readRC(t, "\uFEFFset color always\n# how I like it\r\n\nset color never\r\n  set leeway 5s  # clocks differ\nset tips off\nset 'output' json\nset check on")
	if stderr != "" {
		t.Errorf("it says %q", stderr)
	}
	want := map[string]string{"color": "never", "leeway": "5s", "tips": "off", "output": "json", "check": "on", "without": "none"}
	for _, row := range interp.OptionRows() {
		if got := row.Get(s.World, &s.Options); got != want[row.Name] {
			t.Errorf("%s is %q, want %q", row.Name, got, want[row.Name])
		}
	}
}

// A file that is read unasked makes no world weak.
func TestRCMakesNoWorldWeak(t *testing.T) {
	s, path, stderr := readRC(t, "set without audience\nset 'without' none\n")
	if len(s.World.EverLeftOut()) > 0 || strings.Count(stderr, "no file makes every world a weak one") != 2 || !strings.Contains(stderr, path+":1: ") {
		t.Errorf("%q: %s", s.World.EverLeftOut(), stderr)
	}
}

func TestRCNamesWrongLinesAndGoesOn(t *testing.T) {
	s, path, stderr := readRC(t, "set colour never\nset color pink\npoints balance\nset 'color\nset tips off extra\nset\nset color never\n")
	for _, part := range []string{
		"usage: there is no option \"colour\"\n", path + ":1: this line does not count\n", "usage: color cannot be \"pink\"\n", path + ":2: ",
		"usage: \"points\" does not belong here\nhint: it is for options: set NAME VALUE\n" + path + ":3: ", "usage: column 5: this quote is not closed\n" + path + ":4: ", path + ":5: ",
	} {
		if !strings.Contains(stderr, part) {
			t.Errorf("it lacks %q:\n%s", part, stderr)
		}
	}
	if strings.Contains(stderr, ":7: ") || s.Options.Color != "never" {
		t.Errorf("color is %s; it says\n%s", s.Options.Color, stderr)
	}
}

// Nothing of a secret or an escape is said again.
func TestRCIsSafeToComplainAbout(t *testing.T) {
	raw := strings.TrimSpace(shelltest.Do(t, shelltest.New(t, 1), "session new op_1", "coupon confirm TEN", "token raw coupon-1"))
	_, _, stderr := readRC(t, raw+" is a token\nset color "+raw+"\nset "+raw+" on\n'\x1b[31mred'\n")
	if strings.Contains(stderr, raw[:30]) || strings.Contains(stderr, "\x1b") || strings.Count(stderr, "does not count") != 4 {
		t.Errorf("%q", stderr)
	}
}

func TestRCThatCannotBeRead(t *testing.T) {
	s := shelltest.New(t, 1)
	for name, path := range map[string]string{"missing": filepath.Join(t.TempDir(), "nowhere", "rc"), "no place": ""} {
		var stderr bytes.Buffer
		if prompt.ReadRC(s, path, &stderr); stderr.Len() > 0 {
			t.Errorf("%s: it says %q", name, &stderr)
		}
	}
	big := filepath.Join(t.TempDir(), "big")
	shelltest.WriteFile(t, big, strings.Repeat("set tips off\n", prompt.RCLimit/13+1))
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(filepath.Join(t.TempDir(), "nowhere"), link); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"a folder": t.TempDir(), "too long": big, "a link to nowhere": link} {
		var stderr bytes.Buffer
		prompt.ReadRC(s, path, &stderr)
		if !strings.HasPrefix(stderr.String(), "error: "+path+": ") || strings.Count(stderr.String(), "\n") != 1 {
			t.Errorf("%s: it says %q", name, &stderr)
		}
	}
	if !s.Options.Tips {
		t.Error("a file that is too long was read")
	}
}

func TestRCPath(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", "/somewhere")
	if got, want := prompt.RCPath(), "/somewhere/tokenshell/rc"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	t.Setenv("XDG_CONFIG_HOME", "")
	t.Setenv("HOME", "/home/ada")
	if got := prompt.RCPath(); !strings.HasPrefix(got, "/home/ada/") || !strings.HasSuffix(got, "/tokenshell/rc") {
		t.Errorf("%q", got)
	}
	t.Setenv("HOME", "")
	if got := prompt.RCPath(); got != "" {
		t.Errorf("%q, of nobody", got)
	}
}

// What is no rc file is said with its name, and the prompt comes.
func TestOddFilesAsRC(t *testing.T) {
	dir := t.TempDir()
	for _, odd := range shelltest.Odds(t, dir) {
		path := odd.Name
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, odd.Name)
		}
		if odd.Waits {
			continue // Ctrl-C ends the process, which has not begun
		}
		s := shelltest.New(t, 1)
		var said bytes.Buffer
		prompt.ReadRC(s, path, &said)
		if quiet := odd.Name == "pipe" || odd.Name == "to-pipe" || odd.Name == "/dev/null"; quiet != (said.Len() == 0) || !quiet && !strings.Contains(said.String(), path) {
			t.Errorf("%s: %s", odd.Is, said.String())
		}
	}
}

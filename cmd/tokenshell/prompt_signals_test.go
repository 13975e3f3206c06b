//go:build unix

// Signals at the prompt: the terminal is as it was, and the process dies of them.

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chzyer/readline"
	"github.com/creack/pty"
)

// modeOf gives a terminal's settings: whether it echoes, edits, and sends signals.
func modeOf(t *testing.T, tty *os.File) readline.State {
	t.Helper()
	state, err := readline.GetState(int(tty.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	return *state
}

// dies waits for the end, and gives the signal that it died of; 0 is none.
func (p *person) dies() syscall.Signal {
	p.t.Helper()
	for said := range p.output {
		p.raw.WriteString(said)
	}
	var ended *exec.ExitError
	if err := p.cmd.Wait(); err != nil && !errors.As(err, &ended) {
		p.t.Fatal(err)
	}
	status := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !status.Signaled() {
		return 0
	}
	return status.Signal()
}

// isRestored holds the terminal against a new one.
func (p *person) isRestored() {
	p.t.Helper()
	master, fresh, err := pty.Open()
	if err != nil {
		p.t.Fatal(err)
	}
	defer master.Close()
	defer fresh.Close()
	if now, want := modeOf(p.t, p.tty), modeOf(p.t, fresh); now != want {
		p.t.Errorf("the terminal is %+v, and was %+v", now, want)
	}
	if raw := p.raw.String(); strings.LastIndex(raw, reading) > strings.LastIndex(raw, "\x1b[?2004l") {
		p.t.Errorf("pastes are still marked: %q", tail(raw))
	}
}

// Whatever a person is doing, a signal from outside leaves them their terminal,
// and the process dies of it.
func TestSignalsAtThePrompt(t *testing.T) {
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		for _, c := range []struct{ name, keys, shows string }{
			{"an empty line", "", "> "},
			{"half a line", "coupon conf", "coupon conf"},
			{"a search", "points balance\r\x12bal", "bck-i-search: bal"},
			{"after a list", "coupon confirm \t\t", "coupon confirm "},
			{"after a line", "points balance\rlog", "> log"},
			{"a verb that asks", "tour\r", "Enter"},
			{"a verb that runs", "watch 1h points balance\r", "1200 available"},
		} {
			if sig == syscall.SIGINT && c.name == "a verb that runs" {
				continue // that is Ctrl-C: below
			}
			t.Run(fmt.Sprint(sig, ", ", c.name), func(t *testing.T) {
				t.Parallel()
				p := sit(t, 80)
				p.types(c.keys)
				p.until(c.shows, func() bool { return strings.Contains(sequence.ReplaceAllString(p.raw.String(), ""), c.shows) })
				if err := p.cmd.Process.Signal(sig); err != nil {
					t.Fatal(err)
				}
				if got := p.dies(); got != sig {
					t.Errorf("it died of %v:\n%s", got, tail(p.raw.String()))
				}
				p.isRestored()
			})
		}
	}
}

// Ctrl-C while a verb runs ends the verb, also from outside, and the prompt is
// there again.
func TestSIGINTWhileAVerbRuns(t *testing.T) {
	for _, line := range []string{"watch 1h points balance", "points balance --jq 'def f: f; f'", "capture X points balance --jq '[range(1e9)] | length'"} {
		p := sit(t, 80)
		n := strings.Count(p.raw.String(), reading)
		p.types(line + "\r")
		p.until("the verb", func() bool { return strings.Count(p.raw.String(), "\x1b[?2004l") == n })
		if strings.HasPrefix(line, "watch") {
			p.until("the first look", func() bool { return strings.Contains(p.raw.String(), "1200 available") })
		}
		time.Sleep(100 * time.Millisecond) // or it is not the verb's yet
		if err := p.cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		p.atPrompt(n + 1)
		p.enters("points balance", "1200 available")
		p.leaves()
		p.isRestored()
	}
}

// A terminal that hangs up ends the process, in the middle of a line and in the
// middle of a verb.
func TestHangUpAtThePrompt(t *testing.T) {
	for _, keys := range []string{"", "half a line", "watch 1h points balance\r", "tour\r"} {
		p := sit(t, 80)
		p.types(keys)
		if err := p.tty.Close(); err != nil {
			t.Fatal(err)
		}
		if got := p.dies(); got != 0 && got != syscall.SIGHUP {
			t.Errorf("%q: it died of %v", keys, got)
		}
	}
}

// nohup is heeded: what is ignored from the start does not end it.
func TestAnIgnoredSignalStaysIgnored(t *testing.T) {
	cmd := command(t) // a shell ignores it for it: what this process ignores once, all its children do
	cmd.Args = []string{"sh", "-c", `trap '' HUP; exec "$0"`, cmd.Path}
	cmd.Path = "/bin/sh"
	p := sitAt(t, cmd, 80)
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	p.enters("points balance", "1200 available")
	p.leaves()
	p.isRestored()
}

// jobs is a shell that has tokenshell as a job: it says what the job is, waits for
// a line while the job is stopped, and lets it go on.
const jobs = `set -m; sh -c 'echo "pid $$"; exec "$0"' "$0"; while [ $? -gt 128 ]; do echo "it is stopped"; read line; fg >/dev/null; done`

// Stopped by Ctrl-Z or from outside, a person has their terminal; when it
// goes on, the line is there as it was, and the prompt works.
func TestStoppedAtThePrompt(t *testing.T) {
	for _, c := range []struct {
		name, keys string
		columns    int
	}{
		{"an empty line", "", 80},
		{"half a line", "points bal", 80},
		{"the cursor within it", "oints bal\x01p\x05", 80},
		{"a line of several rows", "points balance # " + strings.Repeat("a long remark ", 5), 40},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cmd := command(t)
			cmd.Args = []string{"sh", "-c", jobs, cmd.Path}
			var err error
			if cmd.Path, err = exec.LookPath("sh"); err != nil {
				t.Fatal(err)
			}
			p := sitAt(t, cmd, c.columns)
			pid := 0
			if _, err := fmt.Sscanf(p.raw.String()[strings.Index(p.raw.String(), "pid "):], "pid %d", &pid); err != nil {
				t.Fatal(err)
			}
			p.types(c.keys)
			line := c.keys
			if strings.HasPrefix(line, "oints") {
				line = "points bal"
			}
			last := line[max(0, len(line)-5):]
			p.until(last, func() bool { return strings.Contains(p.lastLine(), last) })
			for n := 1; n <= 2; n++ {
				if n == 1 {
					p.types("\x1a")
				} else if err := syscall.Kill(pid, syscall.SIGTSTP); err != nil {
					t.Fatal(err)
				}
				p.until("stop", func() bool { return strings.Count(p.raw.String(), "it is stopped\r\n") == n })
				p.isRestored()
				p.types("\r")
				p.until("the line", func() bool {
					said := p.raw.String()
					return strings.LastIndex(said, reading) > strings.LastIndex(said, "it is stopped") && strings.Contains(p.lastLine(), last) &&
						strings.Contains(sequence.ReplaceAllString(said[strings.LastIndex(said, reading):], ""), "> "+line[:min(10, len(line))])
				})
			}
			if line == "points bal" {
				p.types("ance")
			}
			if line != "" {
				p.does("\r")
				wantContains(t, "after the stop", p.raw.String(), "1200 points")
			}
			p.leaves()
			p.isRestored()
		})
	}
}

// Ctrl-Z stops a verb that takes its time, too, also when a line was read before; and
// then it goes on.
func TestStoppedInAVerb(t *testing.T) {
	cmd := command(t)
	cmd.Args = []string{"sh", "-c", jobs, cmd.Path}
	var err error
	if cmd.Path, err = exec.LookPath("sh"); err != nil {
		t.Fatal(err)
	}
	p := sitAt(t, cmd, 80)
	p.types("watch 200ms points balance\r")
	looks := func() int { return strings.Count(p.raw.String(), "1200 available") }
	p.until("the first look", func() bool { return looks() > 0 })
	for n := 1; n <= 2; n++ {
		p.types("\x1a")
		p.until("stop", func() bool { return strings.Count(p.raw.String(), "it is stopped\r\n") == n })
		seen := looks()
		p.types("\r")
		p.until("the next look", func() bool { return looks() > seen })
	}
	p.does("\x03")
	p.leaves()
	p.isRestored()
}

// A process that nobody could let go on is not stopped, and reads on.
func TestAnOrphanIsNotStopped(t *testing.T) {
	p := sit(t, 80)
	p.types("points bal")
	p.until("the line", func() bool { return strings.HasSuffix(p.lastLine(), "points bal") })
	if err := p.cmd.Process.Signal(syscall.SIGTSTP); err != nil {
		t.Fatal(err)
	}
	p.until("the line again", func() bool {
		return strings.Count(p.raw.String(), reading) == 2 && strings.HasSuffix(p.lastLine(), "points bal")
	})
	p.enters("ance", "1200 available")
	p.leaves()
	p.isRestored()
}

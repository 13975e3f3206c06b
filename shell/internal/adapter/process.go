// The process: an adapter that runs.

package adapter

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"tokenshell/shell/internal/redact"
)

// Command is what is started: never by way of a shell.
type Command struct {
	Args []string
	Dir  string
	Env  map[string]string // beside PATH, HOME, LANG and TMPDIR
	Stop time.Duration     // how long it has to end by itself
}

// cmd prepares the command, in a process group of its own.
func (c Command) cmd() *exec.Cmd {
	cmd := exec.Command(c.Args[0], c.Args[1:]...)
	cmd.Dir = c.Dir
	cmd.Env = c.environment()
	ownGroup(cmd)
	return cmd
}

func (c Command) environment() []string {
	env := []string{}
	for _, name := range []string{"PATH", "HOME", "LANG", "TMPDIR"} {
		if value, ok := os.LookupEnv(name); ok && c.Env[name] == "" {
			env = append(env, name+"="+value)
		}
	}
	for name, value := range c.Env {
		env = append(env, name+"="+value)
	}
	return env
}

// Child is a process that was started, with its group.
type Child struct {
	cmd  *exec.Cmd
	stop time.Duration
	Log  *Tail         // its standard error
	Gone chan struct{} // closed when it has ended
}

// Start starts a process whose standard error is kept. stdin and stdout may be
// nil.
func (c Command) Start(stdin io.Reader, stdout io.Writer) (*Child, error) {
	cmd := c.cmd()
	child := &Child{cmd: cmd, stop: c.Stop, Log: &Tail{}, Gone: make(chan struct{})}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, stdout, child.Log
	cmd.WaitDelay = time.Second // a grandchild may hold its pipes
	started := make(chan error)
	go child.live(started)
	if err := <-started; err != nil {
		return nil, err
	}
	return child, nil
}

// living are the children that run.
var living = struct {
	sync.Mutex
	all map[*Child]bool
}{all: map[*Child]bool{}}

// EndAll ends every child that runs, for the process ends.
func EndAll() {
	living.Lock()
	all := slices.Collect(maps.Keys(living.all))
	living.Unlock()
	for _, c := range all {
		c.Kill()
	}
}

// live starts the child, and waits until it has ended. The thread is its own, for
// the child may end when the thread does.
func (c *Child) live(started chan<- error) {
	runtime.LockOSThread()
	living.Lock()
	err := c.cmd.Start()
	if err == nil {
		living.all[c] = true
	}
	living.Unlock()
	if started <- err; err != nil {
		return
	}
	_ = c.cmd.Wait() // how it ended is in ProcessState
	living.Lock()
	delete(living.all, c)
	living.Unlock()
	runtime.UnlockOSThread()
	close(c.Gone)
}

// Kill ends the whole group at once, and waits for it.
func (c *Child) Kill() {
	endGroup(c.cmd, true)
	<-c.Gone
}

// End asks the group to end, and ends it when its time is up.
func (c *Child) End() {
	endGroup(c.cmd, false)
	c.EndBy(c.stop)
}

// EndBy gives it time to end by itself, and then ends the whole group. It reports
// whether it had ended.
func (c *Child) EndBy(d time.Duration) (ended bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-c.Gone:
		ended = true
	case <-timer.C:
	}
	c.Kill() // what it has left behind, too
	return ended
}

// How says how it ended, with the last lines of its standard error.
func (c *Child) How() string {
	how := fmt.Sprintf("it ended (%s)", c.cmd.ProcessState)
	if last := c.Log.Lines(); len(last) > 0 {
		how += "; the last lines of its stderr:\n" + strings.Join(last, "\n")
	}
	return how
}

// tailLimit bounds what is kept of a log: bytes, and lines that are shown.
const (
	tailLimit = 16 << 10
	tailLines = 20
)

// Tail keeps the end of a log. Safe for concurrent use.
type Tail struct {
	mu   sync.Mutex
	text []byte
}

// Write keeps the newest of it.
func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if len(t.text) > tailLimit {
		t.text = append([]byte(nil), t.text[len(t.text)-tailLimit:]...)
	}
	return len(p), nil
}

// Lines gives the last lines, harmless and without tokens.
func (t *Tail) Lines() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var all []string
	for line := range bytes.Lines(t.text) {
		all = append(all, "  "+redact.Printable(redact.Tokens(strings.TrimRight(string(line), "\r\n"))))
	}
	return all[max(0, len(all)-tailLines):]
}

// Process is an adapter that runs.
type Process struct {
	*Conn
	*Child
	stdin io.Closer
	Hello Line // what it said of itself
}

// Run starts an adapter, and asks it for its name within a time. handle answers
// its questions.
func Run(ctx context.Context, c Command, tool string, start time.Duration, handle func(Line) Members) (*Process, error) {
	inRead, inWrite, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	outRead, outWrite, err := os.Pipe()
	if err != nil {
		inRead.Close()
		inWrite.Close()
		return nil, err
	}
	child, err := c.Start(inRead, outWrite)
	inRead.Close()
	outWrite.Close()
	if err != nil {
		inWrite.Close()
		outRead.Close()
		return nil, err
	}
	p := &Process{Conn: NewConn(inWrite, handle), Child: child, stdin: inWrite}
	go func() {
		_ = p.Read(outRead) // it is kept, for whoever asks
		outRead.Close()
	}()
	ctx, cancel := context.WithTimeout(ctx, start)
	defer cancel()
	p.Hello, err = p.Ask(ctx, "hello", Members{"v": Version, "tool": tool})
	if err != nil {
		return p, err
	}
	return p, nil
}

// Close ends it as the protocol does: its standard input ends, it exits.
func (p *Process) Close() {
	p.stdin.Close()
	p.EndBy(p.stop)
}

// Kill ends it at once.
func (p *Process) Kill() {
	p.stdin.Close()
	p.Child.Kill()
}

// Why puts a failure of an answer into words, with how it ended if it has.
// timeout says whether the time was up.
func (p *Process) Why(err error) (what string, crashed, timeout bool) {
	var wrong *ProtocolError
	switch {
	case errors.As(err, &wrong):
		return wrong.What, false, false
	case errors.Is(err, context.DeadlineExceeded):
		select {
		case <-p.Gone: // what it has left behind holds its standard output
			return p.How(), true, false
		default:
			return "", false, true
		}
	}
	if !p.EndBy(p.stop) { // its standard output has ended, so it was about to
		return "it closed its standard output and went on; its process group was ended", true, false
	}
	return p.How(), true, false
}

// ExitCode gives the exit code of a child that is gone; -1 when a signal ended it.
func (c *Child) ExitCode() int { return c.cmd.ProcessState.ExitCode() }

// The each driver: a command a token.

package conform

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"tokenshell/shell/internal/adapter"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/yamlfile"
	"tokenshell/tokens"
)

// each is a [driver].
type each struct {
	file   *File
	folder *keyFolder
}

func (d *each) about() about { return about{name: d.file.Name, can: d.file.can()} }

func (d *each) reset(_ context.Context, s setup, _ callee) error {
	_, err := d.folder.show(s.issuers, nil)
	return err
}

func (d *each) open(_ context.Context, session, _ string, _ tokens.Facts) (string, error) {
	return session, nil
}

// relay has the command judge a token.
func (d *each) relay(ctx context.Context, session, token string) (verdict, error) {
	e := d.file.Each
	values := map[string]string{"keys": d.folder.dir, "session": session}
	if slices.ContainsFunc(e.Command, func(word string) bool { return strings.Contains(word, "{token_file}") }) {
		file, err := os.CreateTemp(d.folder.dir, "token-") // 0600
		if err != nil {
			return verdict{}, err
		}
		defer os.Remove(file.Name())
		_, err = file.WriteString(token)
		if err2 := file.Close(); err == nil {
			err = err2
		}
		if err != nil {
			return verdict{}, err
		}
		values["token_file"] = file.Name()
	}
	command := adapter.Command{Dir: d.file.within(e.Dir), Env: e.Env, Stop: time.Duration(d.file.Timeouts.Stop)}
	for _, word := range e.Command {
		command.Args = append(command.Args, fillText(word, values, asIs))
	}
	if strings.ContainsRune(command.Args[0], filepath.Separator) && !filepath.IsAbs(command.Args[0]) {
		command.Args[0] = d.file.within(command.Args[0])
		command.Args[0], _ = filepath.Abs(command.Args[0]) // only without a working folder
	}
	values["token"] = token
	child, err := command.Start(bytes.NewReader([]byte(fillText(e.Stdin, values, asIs))), nil)
	if err != nil {
		return verdict{}, exit.Input(d.file.path, 0, fmt.Sprintf("%s does not start: %v", tokens.Word(e.Command[0]), err))
	}
	within := time.Duration(d.file.Timeouts.Request)
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-child.Gone:
		child.Kill() // what it has left behind
	case <-timer.C:
		child.Kill()
		return verdict{}, trouble(TimedOut, "the command did not end within %s; its process group was ended", tokens.HowLong(within))
	case <-ctx.Done():
		child.Kill()
		return verdict{}, ctx.Err()
	}
	code := child.ExitCode()
	switch {
	case code >= 0 && slices.Contains(e.Accepted, yamlfile.Whole(code)):
		return verdict{accepted: true}, nil
	case code >= 0 && slices.Contains(e.Rejected, yamlfile.Whole(code)):
		return verdict{detail: fmt.Sprintf("exit code %d", code)}, nil
	case code < 0:
		return verdict{}, trouble(Crashed, "%s", child.How())
	}
	return verdict{}, trouble(Errored, "%s, which is neither accepted nor rejected", child.How())
}

func (d *each) keys(_ context.Context, s setup) error {
	_, err := d.folder.show(s.issuers, nil)
	return err
}

func (d *each) redeem(context.Context, string, []string) (end, error) {
	return end{}, d.cannot("redeem")
}
func (d *each) resume(context.Context, string) (end, error)       { return end{}, d.cannot("resume") }
func (d *each) close(context.Context, string) error               { return d.cannot("close") }
func (d *each) facts(context.Context, string, tokens.Facts) error { return d.cannot("facts") }
func (d *each) clock(context.Context, time.Time) error            { return d.cannot("clock") }
func (d *each) restart(context.Context) error                     { return d.cannot("restart") }
func (d *each) stop()                                             {}

func (d *each) cannot(what string) error {
	return trouble(Skipped, "%s: a command a token gives a verdict, and no more", what)
}

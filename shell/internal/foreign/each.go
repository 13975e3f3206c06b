// The each driver: a command a token.

package foreign

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
	"tokenshell/shell/internal/places"
	"tokenshell/shell/internal/yamlfile"
	"tokenshell/tokens"
)

// each is a [Driver].
type each struct {
	file   *File
	folder *keyFolder
}

func (d *each) About() About { return About{Name: d.file.Name, Can: d.file.can()} }

func (d *each) Reset(_ context.Context, s Setup, _ Callee) error {
	_, err := d.folder.show(s.Issuers, nil)
	return err
}

func (d *each) Open(_ context.Context, session, _ string, _ tokens.Facts) (string, error) {
	return session, nil
}

// relay has the command judge a token.
func (d *each) Relay(ctx context.Context, session, token string) (Verdict, error) {
	e := d.file.Each
	values := map[string]string{"keys": d.folder.dir, "session": session}
	if slices.ContainsFunc(e.Command, func(word string) bool { return strings.Contains(word, "{token_file}") }) {
		file, err := os.CreateTemp(d.folder.dir, "token-") // 0600
		if err != nil {
			return Verdict{}, err
		}
		defer os.Remove(file.Name())
		_, err = file.WriteString(token)
		if err2 := file.Close(); err == nil {
			err = err2
		}
		if err != nil {
			return Verdict{}, err
		}
		values["token_file"] = file.Name()
	}
	command := adapter.Command{Dir: d.file.within(e.Dir), Env: e.Env, Stop: time.Duration(d.file.Timeouts.Stop)}
	for _, word := range e.Command {
		command.Args = append(command.Args, places.Fill(word, values, places.AsIs))
	}
	if strings.ContainsRune(command.Args[0], filepath.Separator) && !filepath.IsAbs(command.Args[0]) {
		command.Args[0] = d.file.within(command.Args[0])
		command.Args[0], _ = filepath.Abs(command.Args[0]) // only without a working folder
	}
	values["token"] = token
	child, err := command.Start(bytes.NewReader([]byte(places.Fill(e.Stdin, values, places.AsIs))), nil)
	if err != nil {
		return Verdict{}, exit.Input(d.file.path, 0, fmt.Sprintf("%s does not start: %v", tokens.Word(e.Command[0]), err))
	}
	within := time.Duration(d.file.Timeouts.Request)
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case <-child.Gone:
		child.Kill() // what it has left behind
	case <-timer.C:
		child.Kill()
		return Verdict{}, Trouble(TimedOut, "the command did not end within %s; its process group was ended", tokens.HowLong(within))
	case <-ctx.Done():
		child.Kill()
		return Verdict{}, ctx.Err()
	}
	code := child.ExitCode()
	switch {
	case code >= 0 && slices.Contains(e.Accepted, yamlfile.Whole(code)):
		return Verdict{Accepted: true}, nil
	case code >= 0 && slices.Contains(e.Rejected, yamlfile.Whole(code)):
		return Verdict{Detail: fmt.Sprintf("exit code %d", code)}, nil
	case code < 0:
		return Verdict{}, Trouble(Crashed, "%s", child.How())
	}
	return Verdict{}, Trouble(Errored, "%s, which is neither accepted nor rejected", child.How())
}

func (d *each) Keys(_ context.Context, s Setup) error {
	_, err := d.folder.show(s.Issuers, nil)
	return err
}

func (d *each) Redeem(context.Context, string, []string) (End, error) {
	return End{}, d.cannot("redeem")
}
func (d *each) Resume(context.Context, string) (End, error)       { return End{}, d.cannot("resume") }
func (d *each) Close(context.Context, string) error               { return d.cannot("close") }
func (d *each) Facts(context.Context, string, tokens.Facts) error { return d.cannot("facts") }
func (d *each) Clock(context.Context, time.Time) error            { return d.cannot("clock") }
func (d *each) Restart(context.Context) error                     { return d.cannot("restart") }
func (d *each) Stop()                                             {}

func (d *each) cannot(what string) error {
	return Trouble(Skipped, "%s: a command a token gives a Verdict, and no more", what)
}

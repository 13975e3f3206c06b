// Package foreign is how somebody else's relay is reached: what a target file
// says of it, and the three ways in which it is asked.
package foreign

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/adapter"
	"tokenshell/shell/internal/redact"
	"tokenshell/tokens"
)

// Driver reaches one relay, for one row at a time. Its methods answer an
// [attacks.Trouble] when the relay's answer is neither yes nor no; but for
// Reset, they may be called several at a time.
type Driver interface {
	About() About
	// Reset has the relay begin a row, if it can, and starts it when it does not
	// run. calls takes what the relay asks of its services.
	Reset(ctx context.Context, s Setup, calls Callee) error
	Open(ctx context.Context, session, customer string, facts tokens.Facts) (name string, err error)
	Relay(ctx context.Context, session, token string) (Verdict, error)
	Redeem(ctx context.Context, session string, named []string) (End, error) // nil is all
	Resume(ctx context.Context, session string) (End, error)
	Close(ctx context.Context, session string) error
	Facts(ctx context.Context, session string, facts tokens.Facts) error
	Keys(ctx context.Context, s Setup) error
	Clock(ctx context.Context, now time.Time) error
	Restart(ctx context.Context) error
	// Stop ends what was started.
	Stop()
}

// About is what a relay is known by.
type About struct {
	Name, Version, Language string
	Can                     []string
	Ours                    bool // its reasons are tokenshell's
}

// Setup is what a relay has to know before the first token.
type Setup struct {
	Now         time.Time
	Contract    Contract
	Issuers     []adapter.Issuer
	Leeway      time.Duration
	MaxLifetime time.Duration
}

// Verdict is what a relay says of a token.
type Verdict struct {
	Accepted                bool
	Service, Reason, Detail string
}

// End is where a redemption ended, as the relay says.
type End struct {
	State          string // completed, compensated, stuck or rejected
	Reason, Detail string
}

// Call is what a relay asks of a service.
type Call struct {
	Action           string // redeem or cancel
	Service, Session string
	Token, Attempt   string
	Facts            tokens.Facts
}

// Said is a service's answer.
type Said struct {
	Status         string // done, repeated, refused or lost
	Reason, Detail string
}

// Callee answers calls, is told of those that reach no service, and knows the tokens.
type Callee interface {
	Call(ctx context.Context, c Call) Said
	Missed(call string)
	HoldsPart(text string) bool // of one of them
}

// Statuses of a row beside those of the catalogue.
const (
	Known          attacks.Status = "known"
	Errored        attacks.Status = "errored"
	Crashed        attacks.Status = "crashed"
	TimedOut       attacks.Status = "timeout"
	Fixed          attacks.Status = "fixed"
	BaselineFailed attacks.Status = "baseline_failed"
	Skipped        attacks.Status = attacks.Skipped
	Leaked         attacks.Status = "leaked"
)

// Trouble makes an error that says with which status a row ends.
func Trouble(status attacks.Status, format string, args ...any) error {
	return &attacks.Trouble{Status: status, What: fmt.Sprintf(format, args...)}
}

// IsTrouble gives what is no answer; nil when the error is anything else.
func IsTrouble(err error) *attacks.Trouble {
	var t *attacks.Trouble
	if errors.As(err, &t) {
		return t
	}
	return nil
}

// Harmless gives what a relay said, fit for a terminal and a report, and short.
func Harmless(text string) string {
	const enough = 500
	if text = redact.Tokens(text); len(text) > enough { // half a token has not its shape
		text = text[:enough] + "…"
	}
	return redact.Printable(text)
}

// Starting says how a target is reached in a run.
type Starting struct {
	Tool      string // which tokenshell this is
	Jobs      int    // how many drivers there are
	Nonce     string // of paths that nobody can guess
	NoStart   bool
	AllowHost []string
	Notice    func(text string) // is told what is started; may be nil

	// Issuers gives those with which every row begins, for a service that fetches
	// their keys when it starts; serve is where it is reached, or "".
	Issuers func(serve string) ([]adapter.Issuer, error)
}

// Reached is a target that is reached.
type Reached struct {
	Drivers []Driver
	service *service // of an http target
	folder  *keyFolder
}

// Reach opens what has to listen, and starts a service; adapters start when they
// are asked. The error has exit code 2 or 3.
func Reach(ctx context.Context, f *File, s Starting) (*Reached, error) {
	r := &Reached{}
	if err := r.open(ctx, f, s); err != nil {
		r.Stop()
		return nil, err
	}
	return r, nil
}

func (r *Reached) open(ctx context.Context, f *File, s Starting) (err error) {
	switch {
	case f.Stdio != nil:
		s.notice(f.Stdio.Command)
		crashes := &crashCount{}
		for range s.Jobs {
			r.Drivers = append(r.Drivers, &stdio{file: f, tool: s.Tool, crashes: crashes})
		}
		return nil
	case f.HTTP != nil:
		if r.service, err = openService(f, s); err != nil {
			return err
		}
		for range s.Jobs {
			r.Drivers = append(r.Drivers, &web{service: r.service})
			if f.HTTP.Reset != nil {
				break // what one row has it forget, another may be in the middle of
			}
		}
		if err := r.service.firstKeys(); err != nil {
			return err
		}
		return r.service.launch(ctx)
	}
	s.notice(f.Each.Command)
	if r.folder, err = newKeyFolder(f); err != nil {
		return err
	}
	for range s.Jobs {
		r.Drivers = append(r.Drivers, &each{file: f, folder: r.folder})
		if slices.Contains(f.can(), string(attacks.NeedKeys)) {
			break // the keys are in one folder
		}
	}
	return nil
}

// Begin starts a relay that has something to say of itself.
func (r *Reached) Begin(ctx context.Context) error {
	if d, ok := r.Drivers[0].(*stdio); ok {
		return d.start(ctx)
	}
	return nil
}

// Serve gives the URL below which domains and keys are; "" when nothing listens.
func (r *Reached) Serve() string {
	if r.service == nil || r.service.domains == nil {
		return ""
	}
	return r.service.domains.url
}

// Sung says that a row's canary was asked for; empty when it was not.
func (r *Reached) Sung(row string) string {
	if r.Serve() == "" {
		return ""
	}
	return r.service.domains.sung(row)
}

// Fetches counts how often keys were fetched; 0 when nothing listens.
func (r *Reached) Fetches() int {
	if r.Serve() == "" {
		return 0
	}
	r.service.domains.mu.Lock()
	defer r.service.domains.mu.Unlock()
	return r.service.domains.fetched
}

// Notes say what a reader of a report has to know of how it came about.
func (r *Reached) Notes() []string {
	if r.Serve() == "" {
		return nil
	}
	return r.service.domains.notes()
}

// Hold keeps the keys as they are, or, alone, others away from them, until the
// func that it gives is called.
func (r *Reached) Hold(alone bool) func() {
	switch {
	case r.service == nil:
		return func() {}
	case alone:
		r.service.publishing.Lock()
		return r.service.publishing.Unlock
	}
	r.service.publishing.RLock()
	return r.service.publishing.RUnlock
}

// Stop ends what was started, and what listens.
func (r *Reached) Stop() {
	done := make(chan struct{})
	for _, d := range r.Drivers {
		go func() { d.Stop(); done <- struct{}{} }()
	}
	for range r.Drivers {
		<-done
	}
	if r.folder != nil {
		r.folder.stop()
	}
	if r.service != nil {
		r.service.stop()
	}
}

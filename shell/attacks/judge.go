// Judging: what came of a step, compared with what was wanted.

package attacks

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"tokenshell/tokens"
)

// wants gives the reason with which a step has to be refused; empty when the
// step has to be done.
func (r *run) wants(s Step) tokens.Reason {
	if s.Refused {
		return r.row.Expect
	}
	return s.Want
}

// still reports whether a step must leave the books as they are.
func (r *run) still(s Step) bool {
	return s.Verb == Relay || s.Repeated || r.wants(s) != "" && s.Verb != Redeem
}

// judge compares one answer with what was wanted.
func (r *run) judge(s Step, answer Answer, err error, before Books) error {
	want, got := r.wants(s), reasonOf(err)
	var trouble *Trouble
	if errors.As(err, &trouble) && !(s.Either && trouble.No) {
		return err
	}
	if s.Either {
		r.done = err == nil
		return nil
	}
	if s.Anyhow {
		if err == nil {
			return through("it should be refused, and was done")
		}
		return nil
	}
	if s.Refused && (s.ofRelay() || !r.told) {
		r.reason, r.told = got, r.told || s.ofRelay() // what the relay says is the row's, whatever a domain says after it
	}
	switch {
	case want == "" && err != nil && s.State == "":
		return wrong("it should be done, and was refused: %v", err)
	case want != "" && err == nil && s.Repeated == answer.Repeated:
		return through("it should be refused with %s, and was done", want)
	case want != "" && err == nil:
		return through("it should be refused with %s, and was answered", want)
	case !r.fits(s.Verb, want, got) && (want != "" || s.State == ""):
		return wrong("it should be refused with %s, and was with %v", want, err)
	case s.State != "" && s.State != State(answer.State):
		return wrong("the session should be %s, and is %q: %v", s.State, answer.State, err)
	case s.Repeated != answer.Repeated:
		return through("it should be answered as before: %t, and was: %t", s.Repeated, answer.Repeated)
	}
	if !r.still(s) {
		return nil
	}
	now := r.books()
	if !maps.Equal(before.Accounts, now.Accounts) {
		return through("the accounts have moved: %s", difference(before.Accounts, now.Accounts))
	}
	if !maps.Equal(before.Reservations, now.Reservations) {
		return through("the reservations have moved: %s", difference(before.Reservations, now.Reservations))
	}
	return nil
}

// safely does one thing beside others; a panic is its answer.
func (r *run) safely(ctx context.Context, a Action) (answer Answer, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a party panics: %v", p)
		}
	}()
	return r.target.Do(ctx, a)
}

// together does a step several times at once: exactly one has to be done, and
// all the others have to be refused.
func (r *run) together(ctx context.Context, s Step) error {
	var (
		wg      sync.WaitGroup
		actions = make([]Action, s.Times)
		answers = make([]error, s.Times)
	)
	for i := range actions {
		actions[i] = r.action(s, i)
	}
	r.forget() // and nobody looks before all of them are done
	for i, action := range actions {
		wg.Go(func() { _, answers[i] = r.safely(ctx, action) })
	}
	wg.Wait()
	done, want := 0, r.wants(s)
	for _, err := range answers {
		var trouble *Trouble
		switch got := reasonOf(err); {
		case err == nil:
			done++
		case errors.As(err, &trouble):
			return err
		case !r.fits(s.Verb, want, got):
			return wrong("it should be refused with %s, and was with %v", want, err)
		default:
			r.reason = got
		}
	}
	switch {
	case done > 1:
		return through("%d of %d at once were done", done, s.Times)
	case done == 0:
		return wrong("none of %d at once was done", s.Times)
	}
	return nil
}

// fits reports whether a reason is as good as the wanted one.
func (r *run) fits(v Verb, want, got tokens.Reason) bool {
	if f, ok := r.target.(Fitter); ok && want != "" && got != "" {
		return f.Fits(v, want, got)
	}
	return want == got
}

func reasonOf(err error) tokens.Reason {
	var reason tokens.Reason
	if err != nil && !errors.As(err, &reason) {
		return "unknown"
	}
	return reason
}

// difference names what differs between two books.
func difference(before, after map[string]string) string {
	var all []string
	for name, was := range before {
		if now, ok := after[name]; !ok || now != was {
			all = append(all, fmt.Sprintf("%s was %q, is %q", name, was, now))
		}
	}
	for name, now := range after {
		if _, ok := before[name]; !ok {
			all = append(all, fmt.Sprintf("%s is new: %q", name, now))
		}
	}
	slices.Sort(all)
	return strings.Join(all, "; ")
}

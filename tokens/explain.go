// Explaining: every check, passed, failed or not reached.

package tokens

import (
	"errors"
	"fmt"
)

// Finding is what became of one check.
type Finding struct {
	Check  string
	Status string // passed, failed or skipped
	Reason Reason // of a failure; empty when nobody could say
	Source string
	Detail string // expected against actual
}

// The statuses of a finding.
const (
	CheckPassed  = "passed"
	CheckFailed  = "failed"
	CheckSkipped = "skipped"
)

// Explain runs the checks like [Judge], and says of each what it found. With
// all it goes on past a failure, with every check that still has what it
// needs. The checks must be such as only look: nothing is recorded then.
func Explain(raw string, checks []Check, all bool) []Finding {
	e := begin(raw)
	defer e.wipe()
	failed := map[string]bool{}
	stop := false
	findings := make([]Finding, 0, len(checks))
	for _, check := range checks {
		f := Finding{Check: check.Name, Status: CheckSkipped, Source: check.Source}
		lacking := false
		for _, need := range check.needs {
			lacking = lacking || failed[need]
		}
		if stop || lacking {
			failed[check.Name] = true // what was not reached is not made certain
			findings = append(findings, f)
			continue
		}
		err := check.Judge(e)
		var refusal *Refusal
		switch {
		case err == nil:
			f.Status = CheckPassed
			if check.say != nil {
				f.Detail = check.say(e)
			}
		case errors.Is(err, ErrDone):
			f.Status, f.Detail, stop = CheckPassed, err.Error(), true
		default:
			f.Status, f.Detail = CheckFailed, err.Error()
			if errors.As(err, &refusal) {
				f.Reason, f.Detail = refusal.Reason, refusal.Detail
			}
			failed[check.Name] = true
			stop = !all
		}
		findings = append(findings, f)
	}
	return findings
}

// What the checks say when they pass. Before the signature nothing is proven,
// and what is quoted is escaped.

func saySize(e *Envelope) string { return fmt.Sprintf("%d of at most %d bytes", len(e.raw), MaxSize) }

func sayHeader(e *Envelope) string {
	return fmt.Sprintf("alg %s, kid %s, typ %s", quote(e.alg), quote(e.kid), quote(e.typ))
}

func sayIssuer(e *Envelope) string { return Word(e.issuer.Name) }

func sayKey(e *Envelope) string {
	return fmt.Sprintf("%s verifies %s", Word(e.key.ID), e.key.Algorithm)
}

func sayAudience(e *Envelope) string { return "aud names " + Words(e.claims.Audience, ", ") }

func saySession(e *Envelope) string {
	return fmt.Sprintf("order %s of %s", Word(e.claims.Order), Word(e.claims.Subject))
}

func (v *Verifier) sayTime(e *Envelope) string {
	now := v.Clock.Now()
	return fmt.Sprintf("expires at %s, it is %s: %s left", stamp(e.claims.ExpiresAt), stamp(now), HowLong(e.claims.ExpiresAt.Sub(now)))
}

func sayCapability(e *Envelope) string { return Words(e.claims.Capabilities, ", ") }

func sayReplay(e *Envelope) string {
	return fmt.Sprintf("%s is unused in this session", Word(e.claims.ID))
}

// The session: one order, its accepted tokens, and where it stands.

package orchestrator

import (
	"maps"
	"slices"
	"sync"
	"time"

	"tokenshell/tokens"
)

// State is where a session stands.
type State string

// The states. Only an open session accepts tokens; the last four accept
// nothing for ever.
const (
	Open        State = "open"
	Redeeming   State = "redeeming"
	Completed   State = "completed"
	Compensated State = "compensated"
	Stuck       State = "stuck"
	Closed      State = "closed"
)

// Status is where an accepted token stands.
type Status string

// The statuses of an accepted token.
const (
	Accepted  Status = "accepted"
	Redeemed  Status = "redeemed"
	Repeated  Status = "repeated" // redeemed, and this answer had been given before
	Refused   Status = "refused"
	Cancelled Status = "cancelled" // was, or may have been, redeemed and is taken back
	Released  Status = "released"  // never forwarded, given back
	Failed    Status = "failed"    // nobody knows, or it could not be taken back
)

// Step is one accepted token on its way through a redemption.
type Step struct {
	Ref     tokens.Ref
	Service string
	Expires time.Time
	Attempt string // of its redemption; empty until it takes part in one
	Status  Status // what became of it
	Result  Status // what a redemption reports of it; empty when it took no part
	Reason  tokens.Reason
	Detail  string
	Receipt *tokens.Receipt
}

// Snapshot is a session at one moment.
type Snapshot struct {
	ID       string
	Customer string
	Facts    tokens.Facts
	State    State
	Opened   time.Time
	Ends     time.Time // when it closes by itself
	Steps    []Step    // in the order of acceptance
}

// session is the relay's own record of one order.
type session struct {
	id       string
	customer string
	opened   time.Time
	ends     time.Time
	number   int       // in the order of opening
	due      time.Time // when it may be forgotten, or asked about again; the relay's, under its lock

	mu           sync.Mutex
	facts        tokens.Facts
	state        State
	steps        []*step
	compensating bool      // the redemption goes backwards
	running      bool      // somebody is at it right now
	ended        time.Time // when it came to the state that it ended in
}

// step is a Step with what only the relay needs.
type step struct {
	Step
	token string // dropped when the session has ended
	owed  bool   // it must be cancelled before the session can end
	freed bool   // its service has answered that it gave it back
	told  bool   // what came of it was told to whoever asked
}

// settle ends a session that outlived its time. It must be locked.
func (s *session) settle(now time.Time) {
	switch over := !now.Before(s.ends); {
	case over && s.state == Open:
		s.end(Closed, s.ends)
	case over && s.state == Redeeming && !s.running:
		s.end(Stuck, s.ends) // interrupted, and nobody went on: it may owe something
	}
}

// end sets a final state. Nothing is forwarded any more, so the tokens go.
func (s *session) end(state State, when time.Time) {
	s.state, s.ended = state, when
	if state == Stuck {
		return
	}
	for _, st := range s.steps {
		st.token = ""
	}
}

// owes reports whether something may have to be taken back yet. It must be
// locked and settled.
func (s *session) owes() bool { return s.state == Redeeming || s.state == Stuck }

func (s *session) snapshot() Snapshot {
	snap := Snapshot{
		ID: s.id, Customer: s.customer, Facts: maps.Clone(s.facts), State: s.state, Opened: s.opened, Ends: s.ends,
		Steps: make([]Step, 0, len(s.steps)),
	}
	for _, st := range s.steps {
		snap.Steps = append(snap.Steps, st.Step)
	}
	return snap
}

// settledSteps says of each step whether what came of it was told, and nothing is
// left to do for it.
func (s *session) settledSteps() []bool {
	settled := make([]bool, len(s.steps))
	for i, st := range s.steps {
		settled[i] = st.told && !st.owed
	}
	return settled
}

func (s *session) find(ref tokens.Ref) *step {
	at := slices.IndexFunc(s.steps, func(st *step) bool { return st.Ref == ref })
	if at < 0 {
		return nil
	}
	return s.steps[at]
}

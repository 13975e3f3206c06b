// The record: one order, its accepted tokens, and where it stands, as plain data.

package orchestrator

import (
	"maps"
	"slices"
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
	Turn    int // of a snapshot: its place in the redemption, from 1; 0 when it took no part
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

// Record is a session as a [Store] keeps it: everything that the relay knows of an
// order. One that was put or got is shared and never changed again; its relay
// changes a copy.
type Record struct {
	ID       string
	Version  uint64 // of what is kept; 0 before it was put for the first time
	Number   uint64 // in the order of opening; the store gives it
	Customer string
	Facts    tokens.Facts
	State    State
	Opened   time.Time
	Ends     time.Time
	Ended    time.Time // when it came to the state that it ended in; zero before
	Due      time.Time // when it may be forgotten, or has to be looked at again

	Steps     []*StepRecord // in the order of acceptance
	Order     []int         // the steps that take part in a redemption, as they are forwarded
	Backwards bool          // the redemption takes back
	Lease     Lease
}

// StepRecord is a [Step] with what only the relay needs.
type StepRecord struct {
	Step
	Token   string // a secret; dropped when the session has ended
	Owed    bool   // it must be cancelled before the session can end
	Unheard bool   // a question to redeem it went out, and its answer never came
	Tries   int    // of the question that it stands before, in this run
	Freed   bool   // its service has answered that it gave it back
	Told    bool   // what came of it was told to whoever asked
}

// Lease is the right to go on with a redemption. It does not guard the books,
// which versions and attempt ids do: it keeps two relays from asking the same.
type Lease struct {
	Holder string // the name of a relay; empty for nobody
	Until  time.Time
}

// LeaseTTL is how long a relay may be silent before another goes on.
const LeaseTTL = 10 * time.Second

// heldByOther reports whether somebody else than me is at it.
func (l Lease) heldByOther(me string, now time.Time) bool {
	return l.Holder != "" && l.Holder != me && now.Before(l.Until)
}

// clone gives a copy to change. Steps are shared until [Record.edit].
func (s *Record) clone() *Record {
	c := *s
	c.Steps = slices.Clone(s.Steps)
	return &c
}

// edit gives a step to change.
func (s *Record) edit(at int) *StepRecord {
	st := *s.Steps[at]
	s.Steps[at] = &st
	return &st
}

// stateAt gives the state that a session is in now: one that outlived its time has
// ended. Running says that somebody is at it.
func (s *Record) stateAt(now time.Time, running bool) State {
	switch over := !now.Before(s.Ends); {
	case over && s.State == Open:
		return Closed
	case over && s.State == Redeeming && !running:
		return Stuck // interrupted, and nobody went on: it may owe something
	}
	return s.State
}

// settled gives a copy to change, in the state that stateAt has found.
func (s *Record) settled(state State) *Record {
	c := s.clone()
	if state != s.State {
		c.end(state, s.Ends)
	}
	return c
}

// Owes reports whether something may have to be taken back yet.
func (s State) Owes() bool { return s == Redeeming || s == Stuck }

// needed says until when a session is needed at least.
func (s *Record) needed(now time.Time) time.Time {
	if s.State.Owes() {
		return now.Add(pause)
	}
	return latest(s.Ends, s.Ended).Add(Retention)
}

// end puts a session into the state that it ends in. Unless it owes something,
// nothing is forwarded any more, and its tokens go.
func (s *Record) end(state State, when time.Time) {
	s.State, s.Ended = state, when
	if state == Stuck {
		return
	}
	for at, st := range s.Steps {
		if st.Token != "" {
			s.edit(at).Token = ""
		}
	}
}

func (s *Record) snapshot(state State) Snapshot {
	snap := Snapshot{
		ID: s.ID, Customer: s.Customer, Facts: maps.Clone(s.Facts), State: state, Opened: s.Opened, Ends: s.Ends,
		Steps: make([]Step, 0, len(s.Steps)),
	}
	for _, st := range s.Steps {
		snap.Steps = append(snap.Steps, st.Step)
	}
	for turn, at := range s.Order {
		snap.Steps[at].Turn = turn + 1
	}
	return snap
}

func (s *Record) find(ref tokens.Ref) *StepRecord {
	at := slices.IndexFunc(s.Steps, func(st *StepRecord) bool { return st.Ref == ref })
	if at < 0 {
		return nil
	}
	return s.Steps[at]
}

package orchestrator

import (
	"testing"
	"time"

	"tokenshell/tokens"
)

// redeeming is a record of one step that a redemption has got to.
func redeeming(st StepRecord) *Record {
	return &Record{State: Redeeming, Steps: []*StepRecord{&st}, Order: []int{0}}
}

// Whoever goes on asks as often, and as soon, as if nothing had been asked before.
func TestGoingOnBeginsWithAllTries(t *testing.T) {
	for tries := 1; tries <= attempts; tries++ {
		m, s := machine{}, redeeming(StepRecord{Step: Step{Status: Accepted, Attempt: "att_1"}, Owed: true, Tries: tries})
		m.resume(s)
		var waits []time.Duration
		for range 10 {
			q, more := m.next(s)
			if !more || q.what != forward {
				break
			}
			waits = append(waits, q.wait)
			m.asked(s, q)
			m.took(s, q, tokens.Receipt{}, &tokens.Failure{Party: "coupons", Err: tokens.ServiceUnavailable})
		}
		if len(waits) != 3 || waits[0] != 0 || waits[1] != time.Second || waits[2] != 2*time.Second {
			t.Errorf("after %d tries it is asked with these waits: %v", tries, waits)
		}
	}
}

// Only what is forwarded may have been redeemed.
func TestAskingForARedemptionOwesIt(t *testing.T) {
	for _, what := range []string{forward, cancel, release} {
		s := redeeming(StepRecord{Step: Step{Status: Accepted}})
		machine{}.asked(s, question{what: what})
		if owed := s.Steps[0].Owed; owed != (what == forward) {
			t.Errorf("%s: owed is %t", what, owed)
		}
	}
}

// What a service refused is given back in one try; when nobody knows whether it was,
// it is owed. Its no to the release is an answer, unless it says that it could not ask.
func TestAReleaseThatNobodyIsSureOf(t *testing.T) {
	for name, tt := range map[string]struct {
		err  error
		owed bool
	}{
		"given back":     {nil, false},
		"no answer":      {&tokens.Failure{Party: "coupons", Err: tokens.LedgerUnavailable}, true},
		"it can not now": {tokens.Refuse(tokens.ServiceUnavailable, "the KMS"), true},
		"it says no":     {tokens.Refuse(tokens.Revoked, "by the customer"), false},
	} {
		s := redeeming(StepRecord{Step: Step{Status: Refused}})
		machine{}.took(s, question{what: release}, tokens.Receipt{}, tt.err)
		if st := s.Steps[0]; st.Owed != tt.owed || st.Freed != (tt.err == nil) {
			t.Errorf("%s: owed %t, freed %t", name, st.Owed, st.Freed)
		}
	}
}

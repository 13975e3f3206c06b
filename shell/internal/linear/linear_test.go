// Stress: many goroutines at one token, and whether what came of it could have come
// one after the other. go test -race.

package linear_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"tokenshell/issuers"
	"tokenshell/issuers/currency"
	"tokenshell/issuers/issuerstest"
	"tokenshell/issuers/points"
	"tokenshell/orchestrator"
	"tokenshell/shell/internal/linear"
	"tokenshell/tokens"
)

func op(what, attempt, outcome string, call, back int64) linear.Operation {
	return linear.Operation{Token: "t", What: what, Attempt: attempt, Outcome: outcome, Call: call, Return: back}
}

func TestCheck(t *testing.T) {
	type ops = []linear.Operation
	reserved, committed := linear.Register{State: "reserved"}, linear.Register{State: "committed", Attempt: "a"}
	for name, test := range map[string]struct {
		stood linear.Register
		done  ops
		fits  bool
	}{
		"nothing":                             {reserved, nil, true},
		"once, and again":                     {reserved, ops{op("redeem", "a", "done", 1, 2), op("redeem", "a", "repeated", 3, 4)}, true},
		"answered, and again":                 {reserved, ops{op("redeem", "a", "answered", 1, 4), op("redeem", "a", "answered", 2, 3)}, true},
		"answered twice":                      {committed, ops{op("redeem", "b", "answered", 1, 2)}, false},
		"twice":                               {reserved, ops{op("redeem", "a", "done", 1, 4), op("redeem", "b", "done", 2, 3)}, false},
		"a retry taken for a replay":          {reserved, ops{op("redeem", "a", "done", 1, 2), op("redeem", "a", "already_redeemed", 3, 4)}, false},
		"another one":                         {reserved, ops{op("redeem", "a", "already_redeemed", 1, 4), op("redeem", "b", "done", 2, 3)}, true},
		"before it was redeemed":              {reserved, ops{op("redeem", "a", "already_redeemed", 1, 2), op("redeem", "b", "done", 3, 4)}, false},
		"redeemed after its cancel":           {reserved, ops{op("cancel", "a", "done", 1, 2), op("redeem", "a", "done", 3, 4)}, false},
		"redeemed at the time of its cancel":  {reserved, ops{op("cancel", "a", "done", 1, 4), op("redeem", "a", "done", 2, 3)}, true},
		"another attempt's cancel":            {committed, ops{op("cancel", "b", "done", 1, 2), op("redeem", "a", "repeated", 3, 4)}, true},
		"cancelled by another attempt":        {committed, ops{op("cancel", "b", "done", 1, 2), op("redeem", "a", "revoked", 3, 4)}, false},
		"revoked though redeemed":             {committed, ops{op("revoke", "", "done", 1, 2)}, false},
		"revoked or redeemed":                 {reserved, ops{op("revoke", "", "done", 1, 4), op("redeem", "a", "revoked", 2, 3)}, true},
		"revoked and redeemed":                {reserved, ops{op("revoke", "", "done", 1, 4), op("redeem", "a", "done", 2, 3)}, false},
		"an answer was lost, and it was done": {reserved, ops{op("redeem", "a", "unknown", 1, 2), op("redeem", "b", "already_redeemed", 3, 4)}, true},
		"an answer was lost, and it was not":  {reserved, ops{op("redeem", "a", "unknown", 1, 2), op("redeem", "b", "done", 3, 4)}, true},
		"it was done after all":               {reserved, ops{op("redeem", "a", "unknown", 1, 2), op("revoke", "", "done", 3, 4), op("redeem", "b", "already_redeemed", 5, 6)}, false},
		"expired":                             {reserved, ops{op("redeem", "a", "expired", 1, 2), op("redeem", "a", "done", 3, 4)}, false},
		"expired, and revoked before":         {linear.Register{State: "revoked"}, ops{op("redeem", "a", "expired", 1, 2), op("cancel", "a", "done", 3, 4)}, true},
		"expired, and redeemed before":        {committed, ops{op("redeem", "a", "expired", 1, 2)}, false},
		"expired, and given back":             {reserved, ops{op("revoke", "", "expired", 1, 2), op("cancel", "a", "done", 3, 4)}, true},
		"given back after it had expired":     {reserved, ops{op("cancel", "a", "done", 1, 2), op("revoke", "", "expired", 3, 4)}, true},
		"revoked, and expired":                {linear.Register{State: "revoked"}, ops{op("revoke", "", "expired", 1, 2)}, false},
		"it says what does not matter":        {reserved, ops{op("redeem", "a", "service_unavailable", 1, 2), op("redeem", "a", "done", 3, 4)}, true},
		"used once":                           {linear.Register{}, ops{op("use", "x", "done", 1, 4), op("use", "y", "again", 2, 3), op("use", "x", "done", 5, 6)}, true},
		"used twice":                          {linear.Register{}, ops{op("use", "x", "done", 1, 4), op("use", "y", "done", 2, 3)}, false},
		"never used":                          {linear.Register{}, ops{op("use", "x", "again", 1, 2)}, false},
		"nobody knows of a use":               {linear.Register{}, ops{op("use", "x", "unknown", 1, 2), op("use", "y", "again", 3, 4)}, true},
	} {
		err := linear.Check(map[string]linear.Register{"t": test.stood}, test.done)
		if (err == nil) != test.fits {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && !strings.Contains(err.Error(), "to t at the same time") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// history takes down what goroutines do.
type history struct {
	now atomic.Int64
	mu  sync.Mutex
	all []linear.Operation
}

func (h *history) note(token, what, attempt string, do func() string) {
	call := h.now.Add(1)
	outcome := do()
	back := h.now.Add(1)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, linear.Operation{Token: token, What: what, Attempt: attempt, Outcome: outcome, Call: call, Return: back})
}

// together runs f in some goroutines that begin as one.
func together(n int, f func(n int)) {
	var begin, end sync.WaitGroup
	begin.Add(1)
	for i := range n {
		end.Go(func() { begin.Wait(); f(i) })
	}
	begin.Done()
	end.Wait()
}

// used has goroutines use the same tokens in a ledger.
func used(ledger orchestrator.Ledger, tokensOfIt, goroutines int) error {
	h := &history{}
	for n := range tokensOfIt {
		name := fmt.Sprintf("cpt_%d", n)
		together(goroutines, func(i int) {
			attempt := fmt.Sprintf("a%d", i/2) // two ask for the same
			h.note(name, linear.Use, attempt, func() string {
				first, err := ledger.Use(context.Background(), orchestrator.Use{Session: "op_1", Ref: tokens.Ref{Issuer: "coupons.svc", ID: name}, Attempt: attempt})
				switch {
				case err != nil:
					return linear.Unknown
				case first:
					return linear.Done
				}
				return linear.Again
			})
		})
	}
	return linear.Check(map[string]linear.Register{}, h.all)
}

// hasty is a ledger that looks first and writes then.
type hasty struct {
	mu   sync.Mutex
	used map[string]string
}

func (l *hasty) Use(_ context.Context, use orchestrator.Use) (bool, error) {
	l.mu.Lock()
	by, again := l.used[use.Ref.ID]
	l.mu.Unlock()
	runtime.Gosched() // somebody else looks, too
	if again {
		return by == use.Attempt, nil
	}
	l.mu.Lock()
	l.used[use.Ref.ID] = use.Attempt
	l.mu.Unlock()
	return true, nil
}

func (l *hasty) Forget(context.Context, string) error { return nil }

func TestAUseIsAtomic(t *testing.T) {
	if err := used(orchestrator.NewMemoryLedger(), 300, 8); err != nil {
		t.Error(err)
	}
}

// A ledger that looks first and writes then is found out.
func TestAHastyLedgerIsFoundOut(t *testing.T) {
	if err := used(&hasty{used: map[string]string{}}, 3000, 8); err == nil {
		t.Error("it was not noticed")
	}
}

// Redemptions, cancellations and revocations of the same token, all at once.
func TestATokenIsARegister(t *testing.T) {
	h, stood := &history{}, map[string]linear.Register{}
	worth, err := currency.New("0.01", "EUR")
	if err != nil {
		t.Fatal(err)
	}
	service := issuerstest.New(t, "points", points.Capability, func(c issuers.Config) (*points.Service, error) {
		return points.New(t.Context(), points.Config{Config: c, Value: worth, Balances: map[string]int64{"user_123": 1_000_000}})
	}).Service
	for n := range 60 {
		order := issuerstest.OrderOf(fmt.Sprintf("op_%d", n), "user_123")
		issued, err := service.Confirm(t.Context(), order, "1")
		if err != nil {
			t.Fatal(err)
		}
		raw, session := issued.Raw, tokens.Session{Order: order.ID, Customer: order.Customer}
		name := fmt.Sprintf("token %d", n)
		stood[name] = linear.Register{State: "reserved"}
		attempts := []string{"att_a", "att_b"}
		together(9, func(i int) {
			attempt := attempts[i%2]
			switch {
			case i == 8:
				h.note(name, linear.Revoke, "", func() string { return outcome(false, service.Revoke(t.Context(), raw)) })
			case i < 4:
				h.note(name, linear.Redeem, attempt, func() string {
					receipt, err := service.Redeem(t.Context(), tokens.Redemption{Token: raw, Session: session, Attempt: attempt})
					return outcome(receipt.Repeated, err)
				})
			default:
				runtime.Gosched()
				h.note(name, linear.Cancel, attempt, func() string {
					return outcome(false, service.Cancel(t.Context(), tokens.Cancellation{Token: raw, Session: session, Attempt: attempt}))
				})
			}
		})
	}
	if err := linear.Check(stood, h.all); err != nil {
		t.Error(err)
	}
	met := map[string]int{}
	for _, one := range h.all {
		met[one.What+" "+one.Outcome]++
	}
	for _, want := range []string{"redeem done", "redeem revoked", "cancel done", "revoke done"} {
		if met[want] == 0 {
			t.Errorf("nobody met %s: %v", want, met)
		}
	}
}

func outcome(repeated bool, err error) string {
	var refusal *tokens.Refusal
	switch {
	case errors.As(err, &refusal):
		return string(refusal.Reason)
	case err != nil:
		return linear.Unknown
	case repeated:
		return linear.Repeated
	}
	return linear.Done
}

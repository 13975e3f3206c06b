// Faults: what goes wrong between parties, injected by decorators around them.

package shell

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go"

	"tokenshell/issuers"
	"tokenshell/orchestrator"
	"tokenshell/tokens"
)

// faultKind is how a step goes wrong.
type faultKind string

// slowness is how late a slow party is.
const slowness = 2 * time.Second

// faultRow is one kind of fault.
type faultRow struct {
	kind faultKind
	help string
}

// faultRows is the closed list of kinds.
func faultRows() []faultRow {
	return []faultRow{
		{"refuse", "the party says no, and does nothing"},
		{"timeout", "the question never arrives, and no answer comes"},
		{"lost-reply", "the party does it, and its answer is lost"},
		{"slow", fmt.Sprintf("the question arrives %s late", slowness)},
	}
}

func faultKinds() []string {
	var kinds []string
	for _, row := range faultRows() {
		kinds = append(kinds, string(row.kind))
	}
	return kinds
}

// kmsSteps, serviceSteps and standinSteps are what can go wrong of a party.
var (
	kmsSteps     = []string{"sign", "decrypt"}
	serviceSteps = []string{"confirm", "redeem", "cancel"}
	standinSteps = []string{"redeem", "cancel"}
)

// fault is an order for the next uses of one step.
type fault struct {
	Party string    `json:"party"`
	Step  string    `json:"step"`
	Kind  faultKind `json:"kind"`
	Left  int       `json:"left"`
}

// faults are the orders that wait, first come first served. Counted and
// deterministic: no chance is involved. Safe for concurrent use.
type faults struct {
	clock tokens.Clock
	mu    sync.Mutex
	queue []fault
}

func (f *faults) add(order fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue = append(f.queue, order)
}

func (f *faults) list() []fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.queue)
}

func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue = nil
}

// take uses up one fault of the step; empty when none waits.
func (f *faults) take(party, step string) faultKind {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := slices.IndexFunc(f.queue, func(o fault) bool { return o.Party == party && o.Step == step })
	if at < 0 {
		return ""
	}
	kind := f.queue[at].Kind
	if f.queue[at].Left--; f.queue[at].Left == 0 {
		f.queue = slices.Delete(f.queue, at, at+1)
	}
	return kind
}

// errNoAnswer is all that the asker of a timeout and of a lost reply sees.
var errNoAnswer = errors.New("no answer came in time")

// around asks a party, or has it go wrong as ordered.
func around[T any](ctx context.Context, f *faults, party, step string, ask func() (T, error)) (answer T, err error) {
	var nothing T
	switch f.take(party, step) {
	case "refuse":
		return nothing, tokens.Refuse(tokens.ServiceUnavailable, "%s refuses to %s", party, step)
	case "timeout":
		return nothing, &tokens.Failure{Party: party, Err: errNoAnswer}
	case "lost-reply":
		if _, err := ask(); ctx.Err() != nil {
			return nothing, err
		}
		return nothing, &tokens.Failure{Party: party, Err: errNoAnswer}
	case "slow":
		if err := f.clock.Wait(ctx, slowness); err != nil {
			return nothing, err
		}
	}
	return ask()
}

// faultyRedeemer is a service that may go wrong.
type faultyRedeemer struct {
	orchestrator.Redeemer
	name   string
	faults *faults
}

// Redeem redeems, unless it goes wrong.
func (r faultyRedeemer) Redeem(ctx context.Context, request tokens.Redemption) (tokens.Receipt, error) {
	return around(ctx, r.faults, r.name, "redeem", func() (tokens.Receipt, error) { return r.Redeemer.Redeem(ctx, request) })
}

// Cancel cancels, unless it goes wrong.
func (r faultyRedeemer) Cancel(ctx context.Context, request tokens.Cancellation) error {
	_, err := around(ctx, r.faults, r.name, "cancel", func() (struct{}, error) { return struct{}{}, r.Redeemer.Cancel(ctx, request) })
	return err
}

// faultyKMS is a KMS that may go wrong.
type faultyKMS struct {
	issuers.KMSService
	faults *faults
}

// Sign signs, unless it goes wrong.
func (k faultyKMS) Sign(ctx context.Context, in *kms.SignInput, more ...func(*kms.Options)) (*kms.SignOutput, error) {
	out, err := around(ctx, k.faults, "kms", "sign", func() (*kms.SignOutput, error) { return k.KMSService.Sign(ctx, in, more...) })
	return out, asKMS(err)
}

// Decrypt decrypts, unless it goes wrong.
func (k faultyKMS) Decrypt(ctx context.Context, in *kms.DecryptInput, more ...func(*kms.Options)) (*kms.DecryptOutput, error) {
	out, err := around(ctx, k.faults, "kms", "decrypt", func() (*kms.DecryptOutput, error) { return k.KMSService.Decrypt(ctx, in, more...) })
	return out, asKMS(err)
}

// asKMS says no as a KMS does.
func asKMS(err error) error {
	var (
		refusal *tokens.Refusal
		failure *tokens.Failure
	)
	switch {
	case errors.As(err, &refusal):
		return &smithy.GenericAPIError{Code: "AccessDeniedException", Message: refusal.Detail}
	case errors.As(err, &failure):
		return failure.Err
	}
	return err
}

// parseStep reads SERVICE.STEP.
func (w *World) parseStep(text string) (party, step string, err error) {
	name, step, ok := strings.Cut(text, ".")
	if after, found := strings.CutPrefix(text, name+".svc."); found { // coupons.svc.redeem
		name, step = name+".svc", after
	}
	steps := serviceSteps
	switch {
	case !ok:
		return "", "", usage("SERVICE.STEP, such as coupons.redeem or kms.sign", "%q is no step", text)
	case name == "kms":
		steps = kmsSteps
	case slices.ContainsFunc(w.standins, func(s *standin) bool { return s.name == name }):
		steps = standinSteps
	default:
		p, err := w.service(name)
		if err != nil {
			return "", "", err
		}
		name = p.name
	}
	if !slices.Contains(steps, step) {
		return "", "", usage("one of "+strings.Join(steps, ", "), "%s has no step %q", name, step)
	}
	return name, step, nil
}

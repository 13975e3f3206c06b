// Faults: what goes wrong between parties, on order.

package shell

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

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

// parseStep reads SERVICE.STEP.
func (w *World) parseStep(text string) (party, step string, err error) {
	dot := strings.LastIndexByte(text, '.') // a name may have dots: coupons.svc.redeem
	ok := dot >= 0
	name := text[:max(dot, 0)]
	step = text[dot+1:]
	steps := serviceSteps
	switch {
	case !ok, looksLikeToken(text): // whose parts no message may show
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

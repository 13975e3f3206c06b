// Faults: what goes wrong between parties, on order.

package wire

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"tokenshell/tokens"
)

// FaultKind is how a step goes wrong.
type FaultKind string

// Slowness is how late a slow party is.
const Slowness = 2 * time.Second

// FaultRow is one kind of fault.
type FaultRow struct {
	Kind FaultKind
	Help string
}

// FaultRows is the closed list of kinds.
func FaultRows() []FaultRow {
	return []FaultRow{
		{"refuse", "the party says no, and does nothing"},
		{"timeout", "the question never arrives, and no answer comes"},
		{"lost-reply", "the party does it, and its answer is lost"},
		{"slow", fmt.Sprintf("the question arrives %s late", tokens.HowLong(Slowness))},
	}
}

// FaultKinds gives the names of the kinds.
func FaultKinds() []string {
	var kinds []string
	for _, row := range FaultRows() {
		kinds = append(kinds, string(row.Kind))
	}
	return kinds
}

// kmsSteps, serviceSteps and standinSteps are what can go wrong of a party.
var (
	KMSSteps     = []string{"sign", "decrypt"}
	ServiceSteps = []string{"confirm", "redeem", "cancel"}
	StandinSteps = []string{"redeem", "cancel"}
)

// Fault is an order for the next uses of one step.
type Fault struct {
	Party string    `json:"party"`
	Step  string    `json:"step"`
	Kind  FaultKind `json:"kind"`
	Left  int       `json:"left"`
}

// Faults are the orders that wait, first come first served. Counted and
// deterministic: no chance is involved. Safe for concurrent use.
type Faults struct {
	Clock tokens.Clock
	mu    sync.Mutex
	queue []Fault
}

// Add orders a fault.
func (f *Faults) Add(order Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue = append(f.queue, order)
}

// List gives the faults that wait.
func (f *Faults) List() []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.queue)
}

// Clear forgets them.
func (f *Faults) Clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue = nil
}

// take uses up one fault of the step; empty when none waits.
func (f *Faults) take(party, step string) FaultKind {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := slices.IndexFunc(f.queue, func(o Fault) bool { return o.Party == party && o.Step == step })
	if at < 0 {
		return ""
	}
	kind := f.queue[at].Kind
	if f.queue[at].Left--; f.queue[at].Left == 0 {
		f.queue = slices.Delete(f.queue, at, at+1)
	}
	return kind
}

// Save puts aside the faults that wait.
func (f *Faults) Save() any { return f.List() }

// Restore takes back what Save gave.
func (f *Faults) Restore(saved any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue = append(f.queue[:0], saved.([]Fault)...)
}

// Canon writes down the faults that wait: those of a step in their order, for they
// know nothing of those of another.
func (f *Faults) Canon(w tokens.Canon) {
	all := f.List()
	slices.SortStableFunc(all, func(a, b Fault) int { return cmp.Or(cmp.Compare(a.Party, b.Party), cmp.Compare(a.Step, b.Step)) })
	w.Int(len(all))
	for _, order := range all {
		w.Text(order.Party)
		w.Text(order.Step)
		w.Text(string(order.Kind))
		w.Int(order.Left)
	}
}

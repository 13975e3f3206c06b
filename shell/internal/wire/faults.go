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

// FaultKind is how a step goes wrong: the fate of a message.
type FaultKind string

// The kinds.
const (
	Refuse      FaultKind = "refuse"
	Timeout     FaultKind = "timeout"
	LostReply   FaultKind = "lost-reply"
	Slow        FaultKind = "slow"
	Duplicate   FaultKind = "duplicate"
	Late        FaultKind = "late"
	CrashBefore FaultKind = "crash-before"
	CrashAfter  FaultKind = "crash-after"
	Meanwhile   FaultKind = "meanwhile"
	Unavailable FaultKind = "unavailable"

	MeanwhileAfter FaultKind = "meanwhile-after"
)

// HasLine reports whether another client's verb is run when it goes off.
func (k FaultKind) HasLine() bool { return k == Meanwhile || k == MeanwhileAfter }

// Slowness is how late a slow party is.
const Slowness = 2 * time.Second

// FaultRow is one kind of fault.
type FaultRow struct {
	Kind FaultKind `json:"kind"`
	Help string    `json:"help"`
	fits func(party, step string) bool
}

// FaultRows is the closed list of kinds.
func FaultRows() []FaultRow {
	message := func(party, _ string) bool { return party != "ledger" }
	relays := func(party, step string) bool { // the relay asks or is asked
		return IsRelay(party) || party != "kms" && (step == "redeem" || step == "cancel")
	}
	ledger := func(party, _ string) bool { return party == "ledger" }
	always := func(string, string) bool { return true }
	return []FaultRow{
		{Refuse, "the party says no, and does nothing", message},
		{Timeout, "the question never arrives, and no answer comes", message},
		{LostReply, "the party does it, and its answer is lost", message},
		{Slow, fmt.Sprintf("the question arrives %s late", tokens.HowLong(Slowness)), always},
		{Duplicate, "the question arrives twice; the second answer goes to nobody", message},
		{Late, "no answer comes, and the question arrives when deliver says so", message},
		{CrashBefore, "the relay stops just before the question, and is started again", relays},
		{CrashAfter, "the relay stops just after the party did it, and is started again", relays},
		{Meanwhile, "another client's verb is run while the question is on its way", always},
		{MeanwhileAfter, "another client's verb is run while the answer is on its way", always},
		{Unavailable, "the ledger does not answer", ledger},
	}
}

// FaultKinds gives the names of the kinds that fit a step of a party.
func FaultKinds(party, step string) []string {
	var kinds []string
	for _, row := range FaultRows() {
		if row.fits(party, step) {
			kinds = append(kinds, string(row.Kind))
		}
	}
	return kinds
}

// What can go wrong of a party.
var (
	KMSSteps     = []string{"sign", "decrypt"}
	ServiceSteps = []string{"confirm", "redeem", "cancel", "revoke"}
	StandinSteps = []string{"redeem", "cancel"}
	RelaySteps   = []string{"open", "relay", "redeem", "resume", "close"}
	LedgerSteps  = []string{"use"}
)

// Fault is an order for the next uses of one step.
type Fault struct {
	Party string    `json:"party"`
	Step  string    `json:"step"`
	Kind  FaultKind `json:"kind"`
	Left  int       `json:"left"`            // how many uses go wrong
	After int       `json:"after,omitempty"` // how many uses are left alone first
	Line  string    `json:"line,omitempty"`  // what is run meanwhile
	Met   int       `json:"-"`               // how many uses went wrong
}

// String is how it is ordered.
func (f Fault) String() string {
	text := f.Party + "." + f.Step + " " + string(f.Kind)
	if f.Line != "" {
		text += " '" + f.Line + "'"
	}
	return text
}

// Faults are the orders that wait, first come first served. Counted and
// deterministic: no chance is involved. Safe for concurrent use.
type Faults struct {
	Clock  tokens.Clock
	OnTake func(Fault) // told of every fault that goes off; may be nil
	mu     sync.Mutex
	queue  []Fault
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

// Take uses up one fault of a step that somebody asks for; the zero value when
// none goes off. A relay does not crash of what it takes no part in.
func (f *Faults) Take(from, party, step string) Fault {
	taken := f.take(from, party, step)
	if taken.Kind != "" && f.OnTake != nil {
		f.OnTake(taken)
	}
	return taken
}

func (f *Faults) take(from, party, step string) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for at := range f.queue {
		order := &f.queue[at]
		switch {
		case order.Party != party || order.Step != step,
			(order.Kind == CrashBefore || order.Kind == CrashAfter) && !IsRelay(from) && !IsRelay(party):
			continue
		case order.After > 0:
			order.After--
			continue
		}
		order.Met++
		taken := *order
		if order.Left--; order.Left == 0 {
			f.queue = slices.Delete(f.queue, at, at+1)
		}
		return taken
	}
	return Fault{}
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
		w.Int(order.After)
		w.Text(order.Line)
	}
}

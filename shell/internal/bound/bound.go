// Package bound says how much may happen while a world is explored, and whose orders
// are explored.
package bound

// The bound: how much may happen, so that there is an end to it.

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/wire"
)

// Bound says how much may happen on one path, and of what kind.
type Bound struct {
	Name      string
	About     string // in a few words
	Sessions  int
	Customers int           // whose they are: 2 is that an order after the first may be another's; 0 is one
	Tokens    int           // that are confirmed, of all sessions together
	Choices   int           // services that confirm; 0 is every one
	Things    int           // different things that each of them confirms; 0 is one
	Lives     int           // how long tokens live: 2 is that some live for half as long; 0 is one
	Faults    int           // messages that go wrong
	Clock     int           // moves of the clock and of keys
	Leeway    time.Duration // how far clocks may differ
	Skew      time.Duration // how far a party's clock may be off
	Relays    int           // that share a store; 0 is one
	Outsiders int           // outside issuers, of whom there is one
	Facts     int           // what a fact may come to say: 2 is that it may be next to nothing, too; 0 is one thing
	Rounds    int           // 1 is that points are worth so little that it has to be rounded, and nothing else is confirmed
	Leave     []string      // the fates and families of moves that are left out
}

// FateRow is one word of --fates.
type FateRow struct {
	Name  string
	Is    string
	Kinds []wire.FaultKind
}

// Interrupt is what becomes of a relay's question when nobody waits for it any
// more. It is no order of the language: redeem --step does it.
const Interrupt wire.FaultKind = "interrupt"

// FateRows is the closed list of what may become of a message.
func FateRows() []FateRow {
	return []FateRow{
		{"lose", "the question or its answer is lost", []wire.FaultKind{wire.Timeout, wire.LostReply, wire.Unavailable}},
		{"refuse", "the party says no, and does nothing", []wire.FaultKind{wire.Refuse}},
		{"late", "the question arrives when nobody waits for it any more", []wire.FaultKind{wire.Late}},
		{"dup", "the question arrives twice", []wire.FaultKind{wire.Duplicate}},
		{"crash", "the relay stops before the question or after the answer, and is started again", []wire.FaultKind{wire.CrashBefore, wire.CrashAfter}},
		{"interrupt", "the relay's caller gives up just before the question", []wire.FaultKind{Interrupt}},
		{"meanwhile", "another client does something while the question is on its way", []wire.FaultKind{wire.Meanwhile}},
		{"meanwhile-after", "another client does something while the answer is on its way", []wire.FaultKind{wire.MeanwhileAfter}},
		{"slow", "the question takes its time", []wire.FaultKind{wire.Slow}},
	}
}

// FamilyRow is a family of moves or of messages that a bound may leave out.
type FamilyRow struct{ Name, Is string }

// FamilyRows is the closed list of them.
func FamilyRows() []FamilyRow {
	return []FamilyRow{
		{"kms", "messages to the KMS go wrong"},
		{"client", "messages of the client go wrong"},
		{"keys", "keys are rotated, retired, disabled"},
		{"facts", "facts of the order change"},
		{"forged", "a token with another signature is relayed"},
		{"mixed", "a token of another order is relayed, or one is named at redemption that was not accepted"},
		{"ended", "an order that is no longer open is closed or changed, or redeemed by token, and one that is not being redeemed is resumed"},
		{"direct", "a token is redeemed at its service, past the relay"},
		{"revoke", "tokens are revoked"},
		{"before", "the clock goes to the second before something changes, too"},
		{"between", "a question to the relay goes wrong before it arrives, or somebody is at it then or once it is answered: the same as one verb after the other"},
	}
}

// fateNames gives the words of --fates.
func fateNames() []string {
	var names []string
	for _, row := range FateRows() {
		names = append(names, row.Name)
	}
	return names
}

// Portfolio is what is exhausted unless a bound is given: each small enough, and
// each about something else. The first finds most of what there is to find, the last
// ones take longest.
func Portfolio() []Bound {
	return []Bound{
		{Name: "A", About: "one token of any service, and any fate of a message", Sessions: 1, Tokens: 1, Faults: 1, Leave: []string{"meanwhile-after", "ended"}},
		{Name: "N", About: "somebody else at it while an answer is on its way", Sessions: 1, Tokens: 1, Faults: 1, Leave: []string{"lose", "late", "dup", "crash", "interrupt", "meanwhile", "slow", "facts", "forged", "mixed", "ended"}},
		{Name: "J", About: "two tokens of any thing, of which some just fit and some just do not", Sessions: 1, Tokens: 2, Things: 5, Leave: []string{"direct", "revoke", "forged", "mixed", "ended"}},
		{Name: "JD", About: "two tokens, past the relay or not, while the order comes to less and more", Sessions: 1, Tokens: 2, Choices: 1, Facts: 2, Leave: []string{"revoke", "forged", "mixed", "ended"}},
		{Name: "JR", About: "points whose worth is rounded, in two tokens", Sessions: 1, Tokens: 2, Rounds: 1, Leave: []string{"direct", "revoke", "facts", "forged", "mixed", "ended"}},
		{Name: "JT", About: "any thing, just before its time and just in it", Sessions: 1, Tokens: 1, Things: 6, Clock: 1, Leave: []string{"keys", "direct", "revoke", "facts", "forged", "mixed", "before", "ended"}},
		{Name: "JL", About: "two tokens of two lives, and time and keys", Sessions: 1, Tokens: 2, Choices: 1, Lives: 2, Clock: 2, Leave: []string{"direct", "revoke", "facts", "forged", "mixed", "ended"}},
		{Name: "V", About: "half an hour while two relays are at one order", Sessions: 1, Tokens: 1, Choices: 1, Faults: 2, Clock: 1, Relays: 2, Leave: []string{"lose", "refuse", "late", "dup", "crash", "interrupt", "meanwhile-after", "slow", "kms", "keys", "direct", "revoke", "facts", "forged", "mixed", "before", "client", "ended"}},
		{Name: "T", About: "clocks that are off, and crashes", Sessions: 1, Tokens: 1, Choices: 1, Faults: 1, Leeway: 20 * time.Second, Skew: 10 * time.Second, Leave: []string{"lose", "refuse", "late", "dup", "interrupt", "meanwhile", "meanwhile-after", "slow", "facts", "forged", "client", "kms", "mixed", "ended"}},
		{Name: "H", About: "two orders and much time: names that come back", Sessions: 2, Tokens: 1, Choices: 1, Clock: 4, Leave: []string{"keys", "direct", "facts", "forged", "mixed", "before", "ended"}},
		{Name: "HC", About: "an order's name that comes back for another customer", Sessions: 1, Customers: 2, Tokens: 1, Choices: 1, Clock: 4, Leave: []string{"keys", "revoke", "facts", "forged", "mixed", "before", "ended"}},
		{Name: "M", About: "somebody else at it, and time and keys", Sessions: 1, Tokens: 1, Choices: 1, Faults: 1, Clock: 2, Leave: []string{"meanwhile-after", "lose", "refuse", "late", "dup", "crash", "interrupt", "slow", "facts", "forged", "client", "before", "mixed", "ended"}},
		{Name: "X", About: "a redemption of two tokens that stops, and what else is asked for then", Sessions: 1, Tokens: 2, Choices: 1, Faults: 1, Leave: []string{"lose", "refuse", "late", "dup", "meanwhile", "meanwhile-after", "slow", "kms", "client", "direct", "revoke", "facts", "forged"}},
		{Name: "Y", About: "two relays, a redemption that stops, and the end of its lease", Sessions: 1, Tokens: 1, Choices: 1, Faults: 1, Clock: 2, Relays: 2, Leave: []string{"lose", "refuse", "late", "dup", "meanwhile", "meanwhile-after", "slow", "kms", "client", "keys", "direct", "revoke", "facts", "forged", "mixed", "ended"}},
		{Name: "Z", About: "two relays, and an order that is stuck", Sessions: 1, Tokens: 1, Choices: 1, Faults: 3, Relays: 2, Leave: []string{"late", "dup", "crash", "interrupt", "meanwhile", "meanwhile-after", "slow", "kms", "client", "direct", "revoke", "forged", "mixed", "ended"}},
		{Name: "O", About: "two orders, and what one leaves of a thing for the other", Sessions: 2, Customers: 2, Tokens: 2, Choices: 3, Leave: []string{"direct", "revoke", "facts", "forged", "mixed", "ended"}},
		{Name: "I", About: "three tokens of any service, one of which is refused", Sessions: 1, Tokens: 3, Choices: 3, Faults: 1, Leave: []string{"lose", "late", "dup", "crash", "interrupt", "meanwhile", "meanwhile-after", "slow", "client", "direct", "revoke", "facts", "forged", "mixed", "ended"}},
		{Name: "S", About: "clocks that are off, and time", Sessions: 1, Tokens: 1, Choices: 1, Clock: 2, Leeway: 20 * time.Second, Skew: time.Minute, Leave: []string{"keys", "facts", "forged", "mixed", "ended"}},
		{Name: "U", About: "an outside issuer, trusted and not", Sessions: 1, Tokens: 1, Choices: 1, Faults: 1, Outsiders: 1, Leave: []string{"lose", "refuse", "dup", "interrupt", "meanwhile-after", "slow", "kms", "client", "facts", "forged", "mixed", "ended"}},
		{Name: "UT", About: "an outside issuer's token, and the time that it is taken for longer", Sessions: 1, Tokens: 1, Choices: 1, Clock: 3, Leeway: 20 * time.Second, Outsiders: 1, Leave: []string{"keys", "direct", "revoke", "facts", "forged", "mixed", "ended"}},
		{Name: "UJ", About: "an outside issuer's token beside another, and with its jti", Sessions: 1, Tokens: 2, Choices: 1, Outsiders: 1, Leave: []string{"direct", "revoke", "facts", "forged", "mixed", "ended"}},
		{Name: "Q", About: "two relays, one with its clock off", Sessions: 1, Tokens: 1, Choices: 1, Faults: 2, Relays: 2, Skew: 30 * time.Second, Leave: []string{"late", "dup", "crash", "interrupt", "slow", "kms", "client", "direct", "revoke", "facts", "forged", "mixed", "ended"}},
		{Name: "E", About: "time and keys, with leeway", Sessions: 1, Tokens: 1, Choices: 1, Clock: 3, Leeway: 30 * time.Second, Leave: []string{"facts", "ended"}},
		{Name: "C", About: "two services, two messages that go wrong", Sessions: 1, Tokens: 2, Choices: 2, Faults: 2, Leave: []string{"meanwhile", "meanwhile-after", "dup", "slow", "interrupt", "kms", "direct", "revoke", "client", "facts", "forged", "mixed", "ended"}},
		{Name: "R", About: "two messages that go wrong, of one token", Sessions: 1, Tokens: 1, Choices: 1, Faults: 2, Leave: []string{"kms", "direct", "revoke", "facts", "forged", "mixed", "ended"}},
		{Name: "W", About: "half an hour while an order is redeemed, and another one is opened", Sessions: 2, Tokens: 1, Choices: 1, Faults: 2, Clock: 1, Leave: []string{"lose", "refuse", "late", "dup", "crash", "interrupt", "meanwhile-after", "slow", "kms", "keys", "direct", "revoke", "facts", "forged", "mixed", "before", "ended", "between"}},
		{Name: "P", About: "two relays at one order, and crashes", Sessions: 1, Tokens: 1, Choices: 1, Faults: 2, Relays: 2, Leave: []string{"lose", "refuse", "late", "dup", "interrupt", "slow", "kms", "client", "direct", "revoke", "facts", "forged", "mixed", "ended"}},
		{Name: "G", About: "two orders, two tokens", Sessions: 2, Tokens: 2, Choices: 1, Leave: []string{"facts", "ended"}},
		{Name: "F", About: "a message that goes wrong, and time", Sessions: 1, Tokens: 1, Choices: 1, Faults: 1, Clock: 2, Leave: []string{"meanwhile-after", "slow", "kms", "interrupt", "refuse", "dup", "keys", "facts", "forged", "mixed", "ended", "between"}},
		{Name: "L", About: "three messages that are lost, of two services", Sessions: 1, Tokens: 2, Choices: 2, Faults: 3, Leave: []string{"refuse", "late", "dup", "crash", "interrupt", "meanwhile", "meanwhile-after", "slow", "kms", "direct", "revoke", "facts", "forged", "client", "mixed", "ended"}},
		{Name: "LR", About: "three messages that are lost, and a token that is revoked", Sessions: 1, Tokens: 1, Choices: 1, Faults: 3, Leave: []string{"refuse", "late", "dup", "crash", "interrupt", "meanwhile", "meanwhile-after", "slow", "kms", "direct", "facts", "forged", "client", "mixed", "ended"}},
	}
}

// Large are bounds for a night: they are looked at when they are asked for by name.
func Large() []Bound {
	return []Bound{
		{Name: "D", About: "two orders, two tokens, any fate of a message", Sessions: 2, Tokens: 2, Choices: 2, Faults: 1, Leave: []string{"meanwhile-after"}},
		{Name: "B", About: "two tokens, any fate of a message, and time and keys", Sessions: 1, Tokens: 2, Choices: 2, Faults: 1, Clock: 1, Leave: []string{"meanwhile-after"}},
		{Name: "K", About: "two tokens, any fate of two messages", Sessions: 1, Tokens: 2, Choices: 2, Faults: 2, Leave: []string{"meanwhile-after"}},
	}
}

// Named gives the bounds of these names, A,C,K; ok is false when they are no names.
func Named(text string) (all []Bound, ok bool) {
	for name := range strings.SplitSeq(text, ",") {
		at := slices.IndexFunc(slices.Concat(Portfolio(), Large()), func(b Bound) bool { return b.Name == strings.TrimSpace(name) })
		if at < 0 {
			return nil, false
		}
		all = append(all, slices.Concat(Portfolio(), Large())[at])
	}
	return all, true
}

// Leaves reports whether a bound leaves a fate or a family of moves out.
func (b Bound) Leaves(what string) bool { return slices.Contains(b.Leave, what) }

// Fates gives how a bound lets messages go wrong.
func (b Bound) Fates() map[wire.FaultKind]bool {
	may := map[wire.FaultKind]bool{}
	for _, row := range FateRows() {
		for _, kind := range row.Kinds {
			may[kind] = !b.Leaves(row.Name)
		}
	}
	return may
}

// NumberRow is a number of a bound: how much there is of something.
type NumberRow struct {
	Name string
	Is   string

	least, most int // what is told apart by small numbers has an end
	unsaid      int // a bound that has no more does not say so
	of          func(*Bound) *int
}

// NumberRows is the closed list of them, in the order in which a bound says them.
func NumberRows() []NumberRow {
	return []NumberRow{
		{"sessions", "orders that are opened", 1, 3, 0, func(b *Bound) *int { return &b.Sessions }},
		{"tokens", "tokens that are confirmed, of all orders together", 1, 6, 0, func(b *Bound) *int { return &b.Tokens }},
		{"faults", "messages that go wrong", 0, 6, -1, func(b *Bound) *int { return &b.Faults }},
		{"clock", "moves of the clock and of keys", 0, 12, -1, func(b *Bound) *int { return &b.Clock }},
		{"customers", "2: an order after the first may be another customer's, or one whose name comes back", 1, 2, 1, func(b *Bound) *int { return &b.Customers }},
		{"choices", "services that confirm something; all of them unless given", 1, 20, 0, func(b *Bound) *int { return &b.Choices }},
		{"things", "different things that each of them confirms; one unless given", 1, 6, 1, func(b *Bound) *int { return &b.Things }},
		{"lives", "2: some tokens live for a minute only", 1, 2, 1, func(b *Bound) *int { return &b.Lives }},
		{"relays", "relays that share a store; one unless given", 1, 2, 1, func(b *Bound) *int { return &b.Relays }},
		{"outsiders", "outside issuers, whose tokens are imported", 0, 1, 0, func(b *Bound) *int { return &b.Outsiders }},
		{"facts", "2: a fact of money may come to say next to nothing, too", 1, 2, 1, func(b *Bound) *int { return &b.Facts }},
		{"rounds", "1: points are worth half of the smallest amount, and nothing else is confirmed", 0, 1, 0, func(b *Bound) *int { return &b.Rounds }},
	}
}

// SpanRow is a length of time of a bound.
type SpanRow struct {
	Name string
	Is   string

	of func(*Bound) *time.Duration
}

// SpanRows is the closed list of them.
func SpanRows() []SpanRow {
	return []SpanRow{
		{"leeway", "how far clocks may differ, as set leeway has it", func(b *Bound) *time.Duration { return &b.Leeway }},
		{"skew", "how far a party's clock may be off", func(b *Bound) *time.Duration { return &b.Skew }},
	}
}

// longest is how long a length of time may be.
const longest = time.Minute

// String is the bound as it is given.
func (b Bound) String() string {
	var parts []string
	for _, row := range NumberRows() {
		if n := *row.of(&b); n > row.unsaid {
			parts = append(parts, fmt.Sprintf("%s=%d", row.Name, n))
		}
	}
	for _, row := range SpanRows() {
		if d := *row.of(&b); d > 0 {
			parts = append(parts, row.Name+"="+d.String())
		}
	}
	return strings.Join(parts, ",")
}

// names gives what a bound may say.
func names() []string {
	var all []string
	for _, row := range NumberRows() {
		all = append(all, row.Name)
	}
	for _, row := range SpanRows() {
		all = append(all, row.Name)
	}
	return all
}

// Parse reads sessions=1,tokens=2,faults=2,clock=1,leeway=30s; what is not
// said is 1 session, 1 token, no fault, no clock.
func Parse(text string) (Bound, error) {
	b := Bound{Name: "given", Sessions: 1, Tokens: 1}
	said := map[string]bool{}
	for part := range strings.SplitSeq(text, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		switch {
		case !ok && !strings.Contains(text, "="): // names, of which one is none
			if _, is := Named(part); is {
				continue
			}
			return b, exit.Usage("help bounds lists them; or write sessions=1,tokens=2,faults=2,clock=1", "--bound: there is no bound %q", strings.TrimSpace(part))
		case !ok:
			return b, exit.Usage("sessions=1,tokens=2,faults=2,clock=1", "--bound %q: %q is no NAME=NUMBER", text, part)
		case said[name]:
			return b, exit.Usage("say it once", "--bound %q says %s twice", text, name)
		}
		said[name] = true
		if err := b.read(name, value); err != nil {
			return b, err
		}
	}
	return b, nil
}

// read reads what a bound says of one thing.
func (b *Bound) read(name, value string) error {
	for _, row := range SpanRows() {
		if row.Name != name {
			continue
		}
		d, err := time.ParseDuration(value)
		if err != nil || d < 0 || d > longest || d%time.Second != 0 {
			return exit.Usage("whole seconds up to 1m: "+name+"=30s", "--bound: %s=%q is no %s", name, value, name)
		}
		*row.of(b) = d
		return nil
	}
	for _, row := range NumberRows() {
		if row.Name != name {
			continue
		}
		n, err := strconv.Atoi(value)
		if err != nil || n < row.least || n > row.most {
			return exit.Usage(fmt.Sprintf("from %d to %d", row.least, row.most), "--bound: %s=%q is no number of them", name, value)
		}
		*row.of(b) = n
		return nil
	}
	return exit.Usage(exit.Meant(name, names(), "one of "+strings.Join(names(), ", ")), "--bound: there is no %q to bound", name)
}

// Only leaves out all fates but the named ones.
func (b Bound) Only(text string) (Bound, error) {
	names := fateNames()
	wanted := map[string]bool{}
	for name := range strings.SplitSeq(text, ",") {
		if name = strings.TrimSpace(name); !slices.Contains(names, name) {
			return b, exit.Usage(exit.Meant(name, names, "one or more of "+strings.Join(names, ",")), "--fates: there is no fate %q", name)
		}
		wanted[name] = true
	}
	b.Leave = slices.Clone(b.Leave)
	for _, name := range names {
		if !wanted[name] && !slices.Contains(b.Leave, name) {
			b.Leave = append(b.Leave, name)
		}
	}
	return b, nil
}

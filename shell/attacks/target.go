// Package attacks is the catalogue of hostile tokens and flows: what is tried
// on a relay and its domains, and the reason with which each has to be refused.
//
// Its laws: a row is data, steps and what is expected of them. How a relay is
// reached, what it is made of and which domains stand behind it is for the
// [Target] to know, so that the same rows can be run on another. A row is judged
// by the exact reason and by the domains' books. Before and after each row a
// valid token has to come through, so that refusing everything never passes.
//
// [All] gives the rows, [Run] runs one on a fresh target.
//
// Not covered: attacks that need a party's memory or disk, and timing side
// channels.
package attacks

import (
	"context"
	"slices"
	"sync"
	"time"

	"tokenshell/tokens"
)

// Target is a relay with its domains, fresh for one row. It has to be safe for
// concurrent use.
type Target interface {
	// Shop says what there is, as it is now.
	Shop() Shop
	// Do does one thing. A refusal is an error with a [tokens.Reason] in its
	// chain.
	Do(context.Context, Action) (Answer, error)
	// Books gives what the domains have written down.
	Books() Books
}

// Shop is what a row has to know about its target.
type Shop struct {
	Now       time.Time
	Runs      bool      // the time goes on by itself
	Customers []string  // at least two
	Services  []Service // in the order of redemption: at least two, and one that seals
	Row       string    // what the row's own names have in them, so that they are new; empty on a fresh relay

	Life, LongestLife time.Duration // of a token: as it is issued, and at most
	SessionLife       time.Duration // of an open session; 0 when nobody knows
	Leeway            time.Duration

	Audience, Type string            // aud of the relay, and typ
	Claims         map[string]string // its names for our claims

	Canary string // a URL that nobody may ask for; empty is one that leads nowhere

	Cannot []Need // what this target is not asked for; a control leaves it out
}

// canary is a URL that is the attacker's.
func (s Shop) canary() string {
	if s.Canary == "" {
		return "https://attacker.example"
	}
	return s.Canary
}

// Can reports whether the target can be asked for something.
func (s Shop) Can(n Need) bool { return !slices.Contains(s.Cannot, n) }

// Service is a domain: what anybody may know about it.
type Service struct {
	Name       string
	Issuer     string // iss
	Capability string
	Seals      bool   // its tokens carry a sealed section
	Often      int    // how often it can confirm something for a customer; 0 is again and again, below it never
	Together   int    // how often in one order; likewise
	KeyID      string // of the key that signs now
	PublicKey  []byte // that key, as SPKI in DER
}

// Books are the domains' own. The values are for comparing and for showing.
type Books struct {
	Accounts     map[string]string // uses, balances, limits
	Reservations map[string]string // by jti: its state
	Broken       string            // an invariant that does not hold; empty when all do
	Fetches      int               // how often the relay has asked for keys, where it has to
}

// Verb is what an [Action] does.
type Verb string

// The verbs. The last four are the row's own: no target is asked for them.
const (
	Open    Verb = "open"    // opens Session for Customer
	Close   Verb = "close"   // ends Session
	Confirm Verb = "confirm" // has Service confirm something small; answers its token
	Sign    Verb = "sign"    // signs Token, any text, with Service's key KeyID; answers R||S
	Tell    Verb = "tell"    // says of Session's order what its services have to know, first or anew, as Phase says
	Relay   Verb = "relay"   // hands Token to the relay, for Session
	Redeem  Verb = "redeem"  // redeems what was accepted in Session, or Token alone; answers the state
	Resume  Verb = "resume"  // takes a redemption to its end; answers the state
	Direct  Verb = "direct"  // brings Token to Service past the relay, as Session's
	Cancel  Verb = "cancel"  // has Service undo Attempt, past the relay
	Revoke  Verb = "revoke"  // has Service take Token back
	Restart Verb = "restart" // stops the relay, and starts it again
	Advance Verb = "advance" // moves the time by By
	Skew    Verb = "skew"    // sets Service's own clock ahead by By; the relay's when Service is empty
	Rotate  Verb = "rotate"  // gives Service a new key
	Retire  Verb = "retire"  // takes KeyID out of Service's set
	Disable Verb = "disable" // makes everybody stop trusting KeyID of Service
	Fault   Verb = "fault"   // makes Phase of Service go wrong, Count times, as Kind says

	forge   Verb = "forge"   // makes a token from another
	mark    Verb = "mark"    // looks at the accounts
	unmoved Verb = "unmoved" // wants the accounts to be as they were at the mark
	fetched Verb = "fetched" // wants keys to have been fetched at most Count times since the mark
)

// Action is one thing that somebody does.
type Action struct {
	Verb     Verb
	Session  string
	Customer string
	Service  string // its name
	Token    string
	KeyID    string
	Attempt  string // empty is a new one
	By       time.Duration
	Phase    string // confirm, redeem or cancel; first or anew
	Kind     string // refuse, timeout, lost-reply or meanwhile
	Count    int

	Meanwhile func() // of a fault of this kind: is called while the question is on its way
}

// Answer is what came of it.
type Answer struct {
	Session   string // the relay's name for it
	Token     string
	Signature []byte
	State     string // of the session
	Repeated  bool   // the answer had been given before
}

// State is the state in which a session ends.
type State string

// The states that rows know.
const (
	Completed   State = "completed"
	Compensated State = "compensated"
	Stuck       State = "stuck"
)

// Row is one attack.
type Row struct {
	ID     string
	Group  Group
	What   string // what is changed
	Expect tokens.Reason
	Source string
	Steps  []Step
}

// Group is a kind of attack.
type Group string

// The groups.
const (
	Algorithm     Group = "algorithm"
	Key           Group = "key"
	Signature     Group = "signature"
	Encoding      Group = "encoding"
	Serialisation Group = "serialisation"
	Header        Group = "header"
	Claims        Group = "claims"
	Time          Group = "time"
	Sealed        Group = "sealed"
	Exhaustion    Group = "exhaustion"
	Flow          Group = "flow"
)

// Groups gives the groups in the order of the rows.
func Groups() []Group {
	return []Group{Algorithm, Key, Signature, Encoding, Serialisation, Header, Claims, Time, Sealed, Exhaustion, Flow}
}

// All gives every row, group by group. The slice is the caller's, its rows are
// everybody's: they are made once (8 ms, two texts of a megabyte) and never changed.
func All() []Row { return slices.Clone(catalogue()) }

var catalogue = sync.OnceValue(func() []Row {
	return slices.Concat(
		algorithmRows(), keyRows(), signatureRows(), encodingRows(), serialisationRows(), headerRows(), claimRows(), timeRows(),
		sealedRows(), exhaustionRows(), flowRows(), keyFlowRows(), redemptionRows(), faultRows(),
	)
})

// Package spec foretells what a world does, from the words of the contract and
// not from the code: a second opinion.
//
// It says in plain lists and numbers what the pattern says of a world. It shares
// no code with the product and does no cryptography. Nothing is counted along: a
// balance is what the holds add up to.
package spec

import (
	"slices"
	"strings"
)

// Seconds of the contract and of the redemption.
const (
	Epoch      = 1767225600 // 2026-01-01T00:00:00Z
	OpenFor    = 1800       // a session
	Retention  = 90000      // then, after its end, a reservation or a key is forgotten
	remembered = 86400      // and a session
	lifetime   = 120
	longest    = 300
	outsideTTL = 86400 // the longest that an outside issuer's token may live
	Latitude   = 300   // how much longer an outside issuer's token is taken
	slowness   = 2
)

// Coupon is an offer; money is in the smallest units of the world's currency.
type Coupon struct {
	Code        string
	Off         int // what it takes off; else Percent does
	Percent     int
	Minimum     int
	From, Until int // seconds since 1970 from which it is valid, and from which it is not; 0 is none
	PerCustomer int // 0 is no limit
	Total       int // 0 is no limit
	Combinable  bool
	Inactive    bool
}

// Card is a payment method.
type Card struct {
	ID       string
	Limit    int
	Declines bool
}

// Customer is a customer with points and cards.
type Customer struct {
	ID     string
	Points int
	Cards  []Card
}

// Hold is a confirmation: the reservation, its token, and what the client knows
// of it.
type Hold struct {
	Handle   string // of its token; empty when the client never had it
	Service  string
	Customer string
	Order    string
	Expires  int
	State    string // reserved, committed, cancelled, expired, revoked
	Gone     bool   // the client has forgotten the token

	Coupon string
	Amount int // points, or money
	Card   string
	Thing  string // of a declared domain
	Of     any    // what else the rules of its domain know of it: replaced, not changed

	Receipt string // what its receipt says, by the names: "amount=2, thing=MUG"; empty when its rules leave that open

	session        *Session // of its order, when it was confirmed; nil when there was none any more
	issued         int
	key            *Key // nil of an outside issuer's, whose key is always good
	Use            int  // of an outside issuer's: which jti it has
	attempt        int  // that committed it
	captured       int
	worth          int  // what its receipt says that it comes to
	revoked, spent bool // by the client itself
}

// step is an accepted token on its way through a redemption.
type step struct {
	hold    *Hold
	bent    string // what is wrong with the text that was accepted
	attempt int
	status  string
	result  string
	reason  string
	owed    bool // it may have been redeemed, and would have to be taken back
	unheard bool // it was asked for, and nobody heard what came of it
	freed   bool // its service has answered that it gave it back
	told    bool // what came of it was told
	turn    int  // its place in the redemption, from 1
}

// Session is an order.
type Session struct {
	ID       string
	Customer string
	State    string // open, redeeming, closed, completed, compensated, stuck; how it is seen, Stood says
	Opened   int

	ended        int               // when it came to the state that it ended in
	facts        map[string]string // replaced, not changed
	steps        []*step
	compensating bool
	run          [2]int  // the life of each relay that is at it; 0 for none
	version      int     // how often it was written down since it was opened
	lease        lease   // who may go on with it
	due          int     // when it is looked at again, if it owes
	uses         []usage // the tokens that it has used
}

// Fault is an order for the next uses of a step.
type Fault struct {
	Step      string // "coupons.redeem"
	Kind      string
	Count     int
	After     int           // uses that go well first
	Meanwhile func() Answer // what another client does
}

// Late is a question that has not arrived yet.
type Late struct {
	Step string

	since   int
	arrives func() reply
}

// Key is a key version.
type Key struct {
	state string // active, published, retired, disabled
	last  int    // when its last token expires
	left  int    // when it left the set; 0 while it is in
	aged  bool   // it left by itself: its tokens still find their stored answers
	gone  bool   // forgotten
}

// World is a world as the pattern has it.
type World struct {
	Services  []string // in the order of redemption
	Customers []Customer
	Coupons   []Coupon
	Declared  []*Declared
	Turns     []int // seconds at which something may begin or end to be allowed by them
	Decimals  int   // of the currency
	Worth     int   // of a point, in millionths of the currency

	Now      int
	Leeway   int            // seconds that clocks may differ
	Skews    map[string]int // seconds that a party's own clock is ahead; replaced, not changed
	Sessions []*Session
	Current  string // the session that the client is at
	Relays   int    // how many share the store; 0 is 1
	Asked    Relay  // the relay that the client asks
	Holds    []*Hold
	Keys     map[string][]*Key
	Faults   []Fault
	Late     []Late
	attempts int
	Trusted  bool         // the outside issuer is
	uses     map[int]*use // of an outside issuer's jtis
	swept    int          // what expired before may be forgotten of them
	lives    [2]int       // of the relays: each restart begins another
	lived    int          // lives, ever
	by       Relay        // the one that is at something
	lost     int          // when the relay lost its memory of used tokens; 0 for never
	met      []string     // the kinds of the faults that were met
	trouble  bool         // another client asked for what does not exist

	Done   int                           // confirmations and redemptions that a service was asked for
	Doing  int                           // which of them Rules are asked about, from 0
	About  *Hold                         // what the relay asks a service for: Choose may ask
	Rules  map[string]Rules              // of each service that confirms
	Choose func(from, step string) Fault // decides on every message, in the place of the faults; may be nil
}

// Rules are what only a domain can say of its things.
type Rules interface {
	// Confirm says why something is not held for an order; empty when it is.
	Confirm(m *World, s *Session, h *Hold) (why string)
	// Commit says why a hold does not hold for the facts of an order; empty when it
	// does.
	Commit(m *World, h *Hold, facts map[string]string) (why string)
	// Seals reports whether it has a letter opened before it commits.
	Seals() bool
}

// New gives a world in which nothing has happened yet, with the shop's own rules.
func New(services []string, customers []Customer, coupons []Coupon) *World {
	m := Of(services, map[string]Rules{"coupons": CouponRules{}, "points": PointRules{}, "payments": CardRules{}})
	m.Customers, m.Coupons, m.Decimals = customers, coupons, 2
	return m
}

// Declares gives a world of declared domains in which nothing has happened yet.
func Declares(customers []Customer, decimals int, domains ...*Declared) *World {
	var services []string
	rules := map[string]Rules{}
	for _, d := range domains {
		services, rules[d.Name] = append(services, d.Name), d
	}
	m := Of(services, rules)
	m.Customers, m.Declared, m.Decimals = customers, domains, decimals
	return m
}

// Of gives a world of services with any rules in which nothing has happened yet.
func Of(services []string, rules map[string]Rules) *World {
	m := &World{Services: services, Rules: rules, Now: Epoch, Keys: map[string][]*Key{}, uses: map[int]*use{}, lives: [2]int{1, 2}, lived: 2}
	for _, service := range services {
		if service == Club {
			continue // it has none of its own
		}
		m.Keys[service] = []*Key{{state: "active"}}
	}
	return m
}

// Domains gives the services that confirm.
func (m *World) Domains() []string {
	return slices.DeleteFunc(slices.Clone(m.Services), func(service string) bool { return service == Club })
}

// Answer is what the model foretells of a verb.
type Answer struct {
	Wrong   bool     // it asks for what does not exist
	Stopped bool     // nobody waited for an answer
	Reasons []string // it is refused, for these
	Results []string // of a redemption: "t1 redeemed"; nil when it is none
}

// Take notes how much of a hold its service has taken.
func (h *Hold) Take(n int) { h.captured = n }

// Taken gives how much of it is taken, while it is committed.
func (h *Hold) Taken() int {
	if !committed(h) {
		return 0
	}
	return h.captured
}

// At gives the time that it is for a party.
func (m *World) At(party string) int { return m.at(party) }

func refused(reasons ...string) Answer { return Answer{Reasons: reasons} }

func (a Answer) String() string {
	text := "done"
	switch {
	case a.Wrong:
		return "no such thing"
	case a.Reasons != nil:
		text = "refused with " + strings.Join(a.Reasons, " ")
	}
	if a.Results != nil {
		text += ": " + strings.Join(a.Results, ", ")
	}
	return text
}

// Session finds a session; nil when there is none.
func (m *World) Session(id string) *Session {
	for _, s := range m.Sessions {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// Hold finds a hold by the handle of its token; nil when the client has none.
func (m *World) Hold(handle string) *Hold {
	for _, h := range m.Holds {
		if h.Handle == handle && !h.Gone {
			return h
		}
	}
	return nil
}

// Named gives the holds of handles that are there.
func (m *World) Named(handles []string) []*Hold {
	var holds []*Hold
	for _, handle := range handles {
		holds = append(holds, m.Hold(handle))
	}
	return holds
}

// Customer finds a customer that is there.
func (m *World) Customer(id string) Customer {
	return m.Customers[slices.IndexFunc(m.Customers, func(c Customer) bool { return c.ID == id })]
}

// Has finds a customer, or adds one that has nothing yet.
func (m *World) Has(id string) *Customer {
	at := slices.IndexFunc(m.Customers, func(c Customer) bool { return c.ID == id })
	if at < 0 {
		at, m.Customers = len(m.Customers), append(m.Customers, Customer{ID: id})
	}
	return &m.Customers[at]
}

// coupon finds a coupon; nil when there is none.
func (m *World) coupon(code string) *Coupon {
	for i := range m.Coupons {
		if m.Coupons[i].Code == code {
			return &m.Coupons[i]
		}
	}
	return nil
}

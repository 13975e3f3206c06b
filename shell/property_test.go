// The property: whatever is done in a world, the model foretells it. A state
// machine test with rapid; a failure prints a scenario that shows it.

package shell

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/big"
	"math/bits"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/tokens"
)

// steps is how many verbs the property test runs, at least. The ordinary number
// is always the same verbs; a greater one is others each time, unless
// -rapid.seed says which.
//
//	go test ./shell -run TestProperty -v -steps 1000000
var steps = flag.Int("steps", ordinarySteps, "how many verbs the property test runs, at least")

const (
	ordinarySteps = 20_000
	walkSteps     = 50 // verbs of a walk, on average
)

// modelWorld is a world twice: for the product and for the model.
type modelWorld struct {
	name  string
	yaml  string // empty is the embedded world
	model func() *model

	plan    *blueprint
	parsers *parserPool
}

// modelWorlds gives the worlds that are walked in.
func modelWorlds(t *testing.T) []modelWorld {
	t.Helper()
	worlds := []modelWorld{
		{name: "the embedded world", model: func() *model {
			return newModel([]string{"coupons", "points", "payments"}, []modelCustomer{
				{"user_123", 1200, []modelCard{{"visa", 50000, false}, {"broke", 50000, true}}},
				{"user_456", 300, []modelCard{{"master", 25000, false}, {"small", 2000, false}}},
				{"user_789", 0, []modelCard{{"amex", 200000, false}}},
			}, []modelCoupon{
				{code: "SPRING25", minimum: 10000, perCustomer: 1, total: 100},
				{code: "TEN", combinable: true},
				{code: "FIVE", combinable: true},
				{code: "HALF", minimum: 4000},
				{code: "WELCOME", perCustomer: 1, combinable: true},
				{code: "LASTONE", total: 1},
				{code: "BIG100", minimum: 5000},
				{code: "SUMMER24", inactive: true},
				{code: "NEXTYEAR", inactive: true},
			})
		}},
		{name: "a small world", yaml: smallWorld, model: func() *model {
			return newModel([]string{"payments", "points", "coupons"}, []modelCustomer{
				{"ann", 10, []modelCard{{"debit", 10000, false}}},
				{"bob", 7, nil},
			}, []modelCoupon{
				{code: "TWICE", perCustomer: 1, total: 2, combinable: true},
				{code: "ONCE", total: 1, combinable: true},
				{code: "ALONE", minimum: 5000},
			})
		}},
	}
	for i := range worlds {
		text := []byte(worlds[i].yaml)
		if worlds[i].yaml == "" {
			text = embeddedWorld
		}
		worlds[i].parsers = newParserPool()
		var err error
		if worlds[i].plan, err = parseWorld(worlds[i].name, text); err != nil {
			t.Fatal(err)
		}
	}
	return worlds
}

const smallWorld = `redeem_order: [payments, points, coupons]
customers:
  - {id: ann, points: 10, cards: [{id: debit, number: "4242424242424242", limit: "100.00"}]}
  - {id: bob, points: 7}
coupons:
  - {code: TWICE, amount: "5.00", per_customer: 1, total: 2, combinable: true}
  - {code: ONCE, amount: "1.00", total: 1, combinable: true}
  - {code: ALONE, percent: 50, minimum: "50.00"}
`

// op is one thing to do, by names, so that it means the same when others are
// left out.
type op struct {
	deed   string
	tokens []string // handles
	words  []string
	n      int
}

func (o op) word(i int) string { return o.words[i] }

// deed is one kind of op: how it is drawn, written, done and foretold.
type deed struct {
	name     string
	weight   int
	draw     func(d draws) op
	line     func(o op) string
	run      func(o op) func(*call) error
	foretell func(m *model, o op) verbAnswer
}

// deeds is everything that may be done.
func deeds() []deed {
	return []deed{
		{"session new", 3, draws.opening,
			func(o op) string {
				line := "session new " + o.word(0) + " --customer " + o.word(1)
				for _, fact := range o.words[2:] {
					line += " --fact " + fact
				}
				return line
			},
			func(o op) func(*call) error {
				return (&sessionNew{Name: o.word(0), Customer: o.word(1), Fact: o.words[2:]}).Run
			},
			func(m *model, o op) verbAnswer {
				facts := map[string]string{}
				for _, fact := range o.words[2:] {
					name, value, _ := strings.Cut(fact, "=")
					facts[name] = value
				}
				return m.open(o.word(0), o.word(1), facts)
			}},
		{"session use", 2, draws.session,
			func(o op) string { return "session use " + o.word(0) },
			func(o op) func(*call) error { return (&sessionUse{o.word(0)}).Run },
			func(m *model, o op) verbAnswer { return m.use(o.word(0)) }},
		{"session set", 2, func(d draws) op { return d.words(someFacts...) },
			func(o op) string { return "session set " + o.word(0) },
			func(o op) func(*call) error { return (&sessionSet{o.word(0)}).Run },
			func(m *model, o op) verbAnswer {
				name, value, _ := strings.Cut(o.word(0), "=")
				return m.set(name, value)
			}},
		{"session close", 1, func(draws) op { return op{} },
			func(o op) string { return "session close" },
			func(o op) func(*call) error { return (&sessionClose{}).Run },
			func(m *model, o op) verbAnswer { return m.close() }},

		{"coupon confirm", 4, func(d draws) op { return d.confirmation(d.coupon()) },
			func(o op) string { return "coupon confirm " + o.word(1) + o.flags() },
			func(o op) func(*call) error { return (&couponConfirm{o.word(1), o.confirmFlags()}).Run },
			func(m *model, o op) verbAnswer {
				return m.confirm(modelHold{handle: o.word(0), service: "coupons", coupon: o.word(1)}, o.n)
			}},
		{"points confirm", 4, func(d draws) op { return d.confirmation(d.points()) },
			func(o op) string { return "points confirm " + o.word(1) + o.flags() },
			func(o op) func(*call) error { return (&pointsConfirm{o.word(1), o.confirmFlags()}).Run },
			func(m *model, o op) verbAnswer {
				amount, _ := strconv.Atoi(o.word(1))
				return m.confirm(modelHold{handle: o.word(0), service: "points", amount: amount}, o.n)
			}},
		{"payment confirm", 4, func(d draws) op { return d.confirmation(d.payment()...) },
			func(o op) string { return "payment confirm " + o.word(1) + " --method " + o.word(2) + o.flags() },
			func(o op) func(*call) error {
				return (&paymentConfirm{o.word(1), o.word(2), o.confirmFlags()}).Run
			},
			func(m *model, o op) verbAnswer {
				amount, _ := cents(map[string]string{"": o.word(1)}, "")
				return m.confirm(modelHold{handle: o.word(0), service: "payments", amount: amount, card: o.word(2)}, o.n)
			}},

		{"relay", 5, func(d draws) op { return d.tokens(1, 2) },
			func(o op) string { return "relay" + o.handles() },
			func(o op) func(*call) error { return (&relayVerb{o.tokens}).Run },
			func(m *model, o op) verbAnswer { return m.relay(false, m.named(o.tokens)...) }},
		{"relay forged", 1, draws.changed,
			func(o op) string { return "relay @forged-" + o.tokens[0] + ".jwt" },
			func(o op) func(*call) error { return relayChanged(o.tokens[0], spoiled) },
			func(m *model, o op) verbAnswer { return m.relay(true, m.named(o.tokens)...) }},
		{"relay twin", 1, draws.changed,
			func(o op) string { return "relay @twin-" + o.tokens[0] + ".jwt" },
			func(o op) func(*call) error { return relayChanged(o.tokens[0], otherS) },
			func(m *model, o op) verbAnswer { return m.relay(false, m.named(o.tokens)...) }},
		{"redeem direct", 2, func(d draws) op { return d.tokens(1, 1) },
			func(o op) string { return "redeem --direct" + o.handles() },
			func(o op) func(*call) error { return (&redeemVerb{Tokens: o.tokens, Direct: true}).Run },
			func(m *model, o op) verbAnswer { return m.direct(m.hold(o.tokens[0])) }},
		{"revoke", 1, func(d draws) op { return d.tokens(1, 1) },
			func(o op) string { return "revoke" + o.handles() },
			func(o op) func(*call) error { return (&revokeVerb{o.tokens[0]}).Run },
			func(m *model, o op) verbAnswer { return m.revoke(m.hold(o.tokens[0])) }},
		{"checkout", 6, func(d draws) op { return d.tokens(0, 2) },
			func(o op) string { return "checkout" + o.handles() },
			func(o op) func(*call) error { return (&checkoutVerb{o.tokens}).Run },
			func(m *model, o op) verbAnswer { return m.checkout(m.named(o.tokens)) }},
		{"redeem", 3, func(d draws) op { return d.tokens(0, 2) },
			func(o op) string { return "redeem" + o.handles() },
			func(o op) func(*call) error { return (&redeemVerb{Tokens: o.tokens}).Run },
			func(m *model, o op) verbAnswer { return m.redeem(m.named(o.tokens)) }},
		{"redeem resume", 2, func(draws) op { return op{} },
			func(o op) string { return "redeem --resume" },
			func(o op) func(*call) error { return (&redeemVerb{Resume: true}).Run },
			func(m *model, o op) verbAnswer { return m.resume() }},

		{"fault", 9, draws.fault,
			func(o op) string { return fmt.Sprintf("fault %s %s --count %d", o.word(0), o.word(1), o.n) },
			func(o op) func(*call) error { return (&faultInject{o.word(0), o.word(1), o.n}).Run },
			func(m *model, o op) verbAnswer {
				m.faults = append(m.faults, modelFault{o.word(0), o.word(1), o.n})
				return verbAnswer{}
			}},
		{"fault clear", 1, func(draws) op { return op{} },
			func(o op) string { return "fault clear" },
			func(o op) func(*call) error { return (&faultClear{}).Run },
			func(m *model, o op) verbAnswer { m.faults = nil; return verbAnswer{} }},
		{"clock advance", 3, func(d draws) op { return op{n: d.pick("seconds", 1, 2, 30, 60, 119, 120, 1800)} },
			func(o op) string { return fmt.Sprintf("clock advance %ds", o.n) },
			func(o op) func(*call) error { return (&clockAdvance{span(time.Duration(o.n) * time.Second)}).Run },
			func(m *model, o op) verbAnswer { m.wait(o.n); return verbAnswer{} }},
		{"clock set", 3, draws.moment,
			func(o op) string { return "clock set " + stamp(o.n) },
			func(o op) func(*call) error { return (&clockSet{stamp(o.n)}).Run },
			func(m *model, o op) verbAnswer {
				if o.n < m.now {
					return verbAnswer{wrong: true}
				}
				m.wait(o.n - m.now)
				return verbAnswer{}
			}},
		{"keys rotate", 1, func(d draws) op { return d.words(d.w.model.order...) },
			func(o op) string { return "keys rotate " + o.word(0) },
			func(o op) func(*call) error { return (&keysRotate{o.word(0)}).Run },
			func(m *model, o op) verbAnswer { return m.rotate(o.word(0)) }},
		{"keys retire", 1, draws.key,
			func(o op) string { return "keys retire $KID" },
			func(o op) func(*call) error {
				return func(c *call) error { return (&keysRetire{c.kid(o)}).Run(c) }
			},
			func(m *model, o op) verbAnswer { return m.leave(o.word(0), o.n, "retired") }},
		{"keys disable", 1, draws.key,
			func(o op) string { return "keys disable $KID" },
			func(o op) func(*call) error {
				return func(c *call) error { return (&keysDisable{c.kid(o)}).Run(c) }
			},
			func(m *model, o op) verbAnswer { return m.leave(o.word(0), o.n, "disabled") }},
	}
}

func (o op) handles() string { return strings.Join(append([]string{""}, o.tokens...), " ") }

func (o op) flags() string {
	text := " --name " + o.word(0)
	if o.n > 0 {
		text += fmt.Sprintf(" --ttl %ds", o.n)
	}
	return text
}

func (o op) confirmFlags() confirmFlags {
	flags := confirmFlags{Name: o.word(0)}
	if o.n > 0 {
		ttl := span(time.Duration(o.n) * time.Second)
		flags.TTL = &ttl
	}
	return flags
}

func stamp(seconds int) string { return time.Unix(int64(seconds), 0).UTC().Format(time.RFC3339) }

// kid gives the key version that an op means.
func (s *Shell) kid(o op) string {
	p, err := s.world.service(o.word(0))
	if err != nil {
		return err.Error()
	}
	return p.domain.Keys().List()[o.n].ID
}

// relayChanged relays a token whose text was changed.
func relayChanged(handle string, change func(raw string) string) func(*call) error {
	return func(c *call) error {
		_, refused, err := c.judge(c.session, []*heldToken{c.loose(change(c.wallet.byHandle[handle].raw))})
		if err == nil {
			err = refused
		}
		return err
	}
}

// otherS gives the second text of an ES256 token: n - S signs as well as S.
func otherS(raw string) string {
	cut := strings.LastIndexByte(raw, '.') + 1
	signature, _ := base64.RawURLEncoding.DecodeString(raw[cut:])
	n, _ := new(big.Int).SetString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)
	n.Sub(n, new(big.Int).SetBytes(signature[32:])).FillBytes(signature[32:])
	return raw[:cut] + base64.RawURLEncoding.EncodeToString(signature)
}

// draws chooses what to do next in a walk.
type draws struct {
	t *rapid.T
	w *walk
}

var someFacts = []string{"subtotal=120.00", "subtotal=30.00", "payable=60.00", "payable=0.00", "payable=90.00", "payable=much", "subtotal=little"}

// drawn chooses evenly: rapid's own choice prefers the ends of a list, which are
// nothing special here.
func drawn[T any](d draws, what string, from []T) T {
	at := 0
	for range bits.Len(uint(len(from))) + 2 {
		at *= 2
		if rapid.Bool().Draw(d.t, what) {
			at++
		}
	}
	return from[at%len(from)]
}

func (d draws) pick(what string, from ...int) int { return drawn(d, what, from) }

func (d draws) words(from ...string) op { return op{words: []string{drawn(d, "word", from)}} }

// session chooses a session; an open one is likely.
func (d draws) session() op {
	var ids []string
	for _, s := range d.w.model.sessions {
		ids = append(ids, s.id)
		if s.state == "open" {
			ids = append(ids, s.id, s.id, s.id)
		}
	}
	return d.words(ids...)
}

func (d draws) open() int {
	n := 0
	for _, s := range d.w.model.sessions {
		if s.state == "open" {
			n++
		}
	}
	return n
}

// opening opens a session of any customer, with facts or without.
func (d draws) opening() op {
	var customers []string
	for _, c := range d.w.model.customers {
		customers = append(customers, c.id)
	}
	o := op{words: []string{fmt.Sprintf("op_%d", d.w.opened+1), drawn(d, "customer", customers)}}
	if drawn(d, "facts", []bool{false, true, true}) {
		o.words = append(o.words, someFacts[0], someFacts[2])
	}
	return o
}

// confirmation names a token: one that no other confirmation of the walk names.
func (d draws) confirmation(what ...string) op {
	ttl := d.pick("ttl", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 10, 300, 300, 301)
	return op{words: append([]string{fmt.Sprintf("t%d", d.w.confirmed+1)}, what...), n: ttl}
}

func (d draws) coupon() string {
	codes := []string{"NOPE"}
	for _, c := range d.w.model.coupons {
		codes = append(codes, c.code, c.code)
	}
	return drawn(d, "code", codes)
}

func (d draws) points() string {
	m, some := d.w.model, 1
	if s := m.session(m.current); s != nil {
		some = m.customer(s.customer).points
	}
	return strconv.Itoa(d.pick("points", some/3, some/3, 1, 1, some/2+1, some/2+1, some/2, some/4, some, some+1, 0))
}

func (d draws) payment() []string {
	m, cards := d.w.model, []string{"nope"}
	if s := m.session(m.current); s != nil {
		for _, c := range m.customer(s.customer).cards {
			cards = append(cards, c.id, c.id, c.id)
		}
	}
	slices.Reverse(cards)
	return []string{drawn(d, "amount", []string{"80.00", "80.00", "20.00", "60.00", "70.00", "60.00", "250.00", "0.00"}), drawn(d, "card", cards)}
}

// held gives the handles of the client's tokens.
func (d draws) held() []string { return d.handles(func(*modelHold) bool { return true }) }

// unsealed gives those whose text is the same in every world.
func (d draws) unsealed() []string {
	return d.handles(func(h *modelHold) bool { return h.service != "payments" })
}

// handles gives the handles of some tokens, those of the current order more
// often than others.
func (d draws) handles(which func(*modelHold) bool) []string {
	var handles []string
	for _, h := range d.w.model.holds {
		if h.handle == "" || h.gone || !which(h) {
			continue
		}
		handles = append(handles, h.handle)
		if h.order == d.w.model.current {
			handles = append(handles, h.handle, h.handle, h.handle, h.handle, h.handle)
		}
	}
	return handles
}

// tokens chooses so many tokens.
func (d draws) tokens(least, most int) op {
	handles, n := d.held(), d.pick("tokens", least, least, least, most)
	o := op{}
	for ; n > 0 && len(handles) > 0; n-- {
		o.tokens = append(o.tokens, drawn(d, "token", handles))
	}
	return o
}

func (d draws) changed() op { return op{tokens: []string{drawn(d, "token", d.unsealed())}} }

// fault has a step go wrong, most often of a party that the current order will
// ask.
func (d draws) fault() op {
	places := []string{"kms.sign", "kms.decrypt"}
	for _, service := range d.w.model.order {
		places = append(places, service+".confirm", service+".redeem", service+".cancel")
	}
	for _, h := range d.w.model.holds {
		if h.order == d.w.model.current && h.state == "reserved" {
			places = append(places, h.service+".redeem", h.service+".redeem", h.service+".cancel", h.service+".cancel", h.service+".cancel")
		}
	}
	kinds := []string{"lost-reply", "lost-reply", "timeout", "refuse", "slow"}
	return op{words: []string{drawn(d, "step", places), drawn(d, "kind", kinds)}, n: d.pick("count", 1, 3, 2)}
}

// moments gives the seconds to come that something happens at.
func (d draws) moments() []int {
	m := d.w.model
	var moments []int
	for _, h := range m.holds {
		moments = append(moments, h.expires, h.expires, h.expires+modelRetention)
	}
	for _, s := range m.sessions {
		moments = append(moments, s.opened+modelSession, s.opened+modelSession+modelRetention)
	}
	return slices.DeleteFunc(moments, func(at int) bool { return at <= m.now })
}

// moment chooses one of them, or a second beside it. A far one is rare, and none
// in a quiet walk: what is long past is forgotten when somebody looks.
func (d draws) moment() op {
	moments := d.moments()
	if far := drawn(d, "far", []bool{false, false, false, false, false, false, true}); !far || d.w.quiet {
		moments = d.soon(moments)
	}
	return op{n: drawn(d, "moment", moments) + d.pick("beside", 0, -1, 1)}
}

// soon leaves out what is more than a session away.
func (d draws) soon(moments []int) []int {
	return slices.DeleteFunc(slices.Clone(moments), func(at int) bool { return at > d.w.model.now+2*modelSession })
}

func (d draws) key() op {
	service := drawn(d, "service", d.keyed())
	return op{words: []string{service}, n: d.pick("version", 0, len(d.w.model.keys[service])-1)}
}

// keyed gives the services that have a key: all may have been forgotten.
func (d draws) keyed() []string {
	return slices.DeleteFunc(slices.Clone(d.w.model.order), func(service string) bool { return len(d.w.model.keys[service]) == 0 })
}

// walk is a world, its model, and what was done in them.
type walk struct {
	world     modelWorld
	model     *model
	shell     *Shell
	table     []deed
	audited   bool   // the invariants are checked, too
	quiet     bool   // nobody looks before the end: looking settles what should settle itself
	dir       string // where the files of spoken lines are; empty when verbs are run past the parser
	opened    int    // sessions, ever
	confirmed int    // confirmations, ever
	ops       []op
	script    []string // the lines with what the model foretells
	files     []txtar.File
	saw       []string          // refusals, and the ends that sessions came to
	receipts  map[string]string // by handle
	jtis      map[string]string // handles, by jti
}

// discrepancy is where the product and the model part.
type discrepancy struct {
	what string
	ask  []string // lines that show it, when the verb's own answer does not
}

func newWalk(ctx context.Context, world modelWorld, weakness tokens.Weakness, audited bool) (*walk, error) {
	seed := uint64(DefaultSeed)
	w, err := buildWeakWorld(ctx, world.plan, &seed, weakness)
	if err != nil {
		return nil, err
	}
	w.witness.watch(audited)
	s := newShell(w, world.parsers)
	s.options.output = "json"
	return &walk{
		world: world, model: world.model(), shell: s, table: deeds(), audited: audited,
		receipts: map[string]string{}, jtis: map[string]string{},
	}, nil
}

// do does one op in both, and says where they part; nil when they agree.
func (w *walk) do(ctx context.Context, o op) *discrepancy {
	d := w.table[slices.IndexFunc(w.table, func(d deed) bool { return d.name == o.deed })]
	if !w.sensible(o) {
		return nil
	}
	w.ops = append(w.ops, o)
	w.count(o)
	lines := w.lines(d, o)
	said, err := w.run(ctx, d, o, lines)
	for _, t := range w.shell.wallet.held {
		w.jtis[t.ref.ID] = t.handle
	}
	before := w.model.states()
	foretold := d.foretell(w.model, o)
	for id, state := range w.model.states() {
		if state != "open" && state != before[id] {
			w.saw = append(w.saw, state)
		}
	}
	w.saw = append(w.saw, foretold.reasons...)
	w.write(lines, foretold)
	if got := answered(err); !sameAnswer(got, foretold) || errors.As(err, new(panicked)) {
		return &discrepancy{what: fmt.Sprintf("%s: %s, the model says %s", lines[len(lines)-1], describe(got, err), foretold)}
	}
	if wrong := w.results(said, foretold); wrong != nil {
		return wrong
	}
	if w.quiet {
		return nil
	}
	return w.look()
}

// look holds the whole world against the model, and checks the invariants.
func (w *walk) look() *discrepancy {
	if wrong := w.compare(); wrong != nil {
		return wrong
	}
	if !w.audited {
		return nil
	}
	if err := w.shell.world.audit(); err != nil {
		return &discrepancy{what: "an invariant is broken: " + err.Error()}
	}
	return nil
}

// sensible reports whether everything that an op needs is there; it may not be
// when others were left out.
func (w *walk) sensible(o op) bool {
	for _, handle := range o.tokens {
		if w.model.hold(handle) == nil {
			return false
		}
	}
	switch verb, _, _ := strings.Cut(o.deed, " "); verb {
	case "keys":
		return o.deed == "keys rotate" || o.n < len(w.model.keys[o.word(0)])
	case "fault", "clock":
		return true
	}
	return w.model.current != "" || o.deed == "session new"
}

func (w *walk) count(o op) {
	switch {
	case o.deed == "session new":
		w.opened++
	case strings.HasSuffix(o.deed, "confirm"):
		w.confirmed++
	}
}

// lines gives what stands in a script for an op; the last is the op itself.
func (w *walk) lines(d deed, o op) []string {
	line := d.line(o)
	if strings.HasSuffix(line, "$KID") {
		return []string{fmt.Sprintf("capture KID keys list %s --jq '.keys[%d].kid'", o.word(0), o.n), line}
	}
	if _, file, ok := strings.Cut(line, "@"); ok {
		change := spoiled
		if o.deed == "relay twin" {
			change = otherS
		}
		raw := change(w.shell.wallet.byHandle[o.tokens[0]].raw) + "\n"
		w.files = append(slices.DeleteFunc(w.files, func(f txtar.File) bool { return f.Name == file }), txtar.File{Name: file, Data: []byte(raw)})
	}
	return []string{line}
}

// run has the product do an op: by the verb's Run method, or by its lines.
func (w *walk) run(ctx context.Context, d deed, o op, lines []string) (said []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = panicked{r}
		}
	}()
	var stdout bytes.Buffer
	if w.dir == "" {
		err = d.run(o)(&call{Shell: w.shell, ctx: ctx, out: &answer.Out{Stdout: &stdout, Stderr: io.Discard, Format: "json"}})
		return stdout.Bytes(), err
	}
	for _, f := range w.files {
		if err := os.WriteFile(filepath.Join(w.dir, f.Name), f.Data, 0o644); err != nil {
			return nil, err
		}
	}
	for _, line := range lines {
		stdout.Reset()
		err = w.shell.Line(ctx, line, false, &stdout, io.Discard)
	}
	return stdout.Bytes(), err
}

// panicked is what a verb may never answer.
type panicked struct{ value any }

func (p panicked) Error() string { return fmt.Sprintf("a panic: %v", p.value) }

// write adds an op to the script, with what the model foretells.
func (w *walk) write(lines []string, foretold verbAnswer) {
	last := len(lines) - 1
	w.script = append(w.script, lines[:last]...)
	prefix := ""
	switch all := slices.Compact(slices.Clone(foretold.reasons)); {
	case foretold.wrong:
		prefix = "# nothing of the kind: "
	case len(all) == 1:
		prefix = "expect " + all[0] + " "
	case len(all) > 1:
		prefix = "! "
	}
	w.script = append(w.script, prefix+lines[last])
}

// answered reads a verb's error.
func answered(err error) verbAnswer {
	if err == nil {
		return verbAnswer{}
	}
	var a verbAnswer
	for _, r := range exit.Rejections(err) {
		a.reasons = append(a.reasons, string(r.Reason))
	}
	a.wrong = a.reasons == nil
	return a
}

func sameAnswer(a, b verbAnswer) bool {
	return a.wrong == b.wrong && slices.Equal(a.reasons, b.reasons)
}

func describe(a verbAnswer, err error) string {
	if a.wrong {
		return err.Error()
	}
	return a.String()
}

// results holds what a redemption said of each token against the model, and
// each receipt against the one that was given before.
func (w *walk) results(said []byte, foretold verbAnswer) *discrepancy {
	if foretold.results == nil {
		return nil
	}
	var got struct {
		Results []struct {
			Token, JTI, Status string
			Receipt            *struct{ ID string }
		}
	}
	if err := json.Unmarshal(said, &got); err != nil {
		return &discrepancy{what: fmt.Sprintf("%q is no JSON: %v", said, err)}
	}
	results := []string{}
	for _, r := range got.Results {
		handle := w.jtis[r.JTI]
		results = append(results, handle+" "+r.Status)
		if r.Receipt == nil {
			continue
		}
		if first, again := w.receipts[handle]; again && first != r.Receipt.ID {
			return &discrepancy{what: fmt.Sprintf("%s has another receipt than before", handle)}
		}
		w.receipts[handle] = r.Receipt.ID
	}
	if !slices.Equal(results, foretold.results) {
		last := len(w.script) - 1
		ask := asked(w.script[last]+` --jq '[.results[] | .token + " " + .status] | join(", ")'`, strings.Join(foretold.results, ", "))
		w.script = w.script[:last]
		return &discrepancy{fmt.Sprintf("the results are %s, the model says %s", results, foretold.results), ask}
	}
	return nil
}

// sight is one thing to see, and the verb that shows it.
type sight struct{ verb, value string }

// asked gives the lines that want a verb to print a value.
func asked(verb, value string) []string {
	return []string{verb, "stdout '^" + regexp.QuoteMeta(value) + "$'"}
}

// compare holds everything that can be seen of the world against the model.
func (w *walk) compare() *discrepancy {
	got, want := w.seen(), w.model.seen()
	for i, f := range want {
		if i >= len(got) || got[i] != f.value {
			return &discrepancy{fmt.Sprintf("%s: %q, the model says %q", f.verb, strings.Join(got[i:min(i+1, len(got))], ""), f.value), asked(f.verb, f.value)}
		}
	}
	if len(got) > len(want) {
		return &discrepancy{what: fmt.Sprintf("there is also %q", got[len(want)])}
	}
	return nil
}

// seen is what there is to see of the model's world, in the order of walk.seen.
func (m *model) seen() []sight {
	all := []sight{{"clock show --jq .now", stamp(m.now)}}
	add := func(value, verb string, args ...any) { all = append(all, sight{fmt.Sprintf(verb, args...), value}) }
	var faults []string
	for _, f := range m.faults {
		faults = append(faults, fmt.Sprintf("%s %s %d", f.step, f.kind, f.count))
	}
	add(strings.Join(faults, ", "), `fault list --jq '[.faults[] | .party + "." + .step + " " + .kind + " " + (.left | tostring)] | join(", ")'`)
	for _, s := range m.sessions {
		texts := []string{s.customer, s.state}
		for _, name := range slices.Sorted(maps.Keys(s.facts)) {
			texts = append(texts, name+"="+s.facts[name])
		}
		for _, h := range m.holds {
			if h.handle != "" && h.order == s.id && !h.gone {
				texts = append(texts, h.handle+" "+m.status(h))
			}
		}
		for _, st := range s.steps {
			if st.hold.gone {
				texts = append(texts, st.hold.handle+" "+st.status)
			}
		}
		add(strings.Join(texts, ", "), `session show %s --jq '[.customer, .state, (.facts | to_entries[] | .key + "=" + .value), (.tokens[] | .token + " " + .status)] | join(", ")'`, s.id)
	}
	for _, c := range m.coupons {
		add(strconv.Itoa(m.used(c.code)), "view coupons --jq .accounts.%s", c.code)
	}
	for _, c := range m.customers {
		add(fmt.Sprintf("%d %d", m.balance(c.id), m.heldPoints(c.id)), `view points --jq '.accounts.%s | [.balance, .held] | join(" ")'`, c.id)
		for _, card := range c.cards {
			held, taken := m.authorised(c.id, card.id), m.captured(c.id, card.id)
			add(fmt.Sprintf("%s %s %s", money(held), money(taken), money(card.limit-held-taken)),
				`view payments --jq '.accounts.%s.%s | [.authorised, .captured, .available] | join(" ")'`, c.id, card.id)
		}
	}
	for _, service := range m.order {
		var states []string
		for _, k := range m.keys[service] {
			states = append(states, k.state)
		}
		add(strings.Join(states, " "), `keys list %s --jq '[.keys[].state] | join(" ")'`, service)
	}
	return all
}

// states gives the state of every session.
func (m *model) states() map[string]string {
	states := map[string]string{}
	for _, s := range m.sessions {
		states[s.id] = s.state
	}
	return states
}

func money(cents int) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }

// seen is what there is to see of the product's world.
func (w *walk) seen() []string {
	world := w.shell.world
	var faults []string
	for _, f := range world.faults.List() {
		faults = append(faults, fmt.Sprintf("%s.%s %s %d", f.Party, f.Step, f.Kind, f.Left))
	}
	all := []string{world.clock.Now().Format(time.RFC3339Nano), strings.Join(faults, ", ")}
	for _, snap := range world.relay.Sessions() {
		state := w.shell.sessionState(snap)
		texts := []string{state.Customer, string(state.State)}
		for _, name := range slices.Sorted(maps.Keys(state.Facts)) {
			texts = append(texts, name+"="+state.Facts[name])
		}
		for _, t := range state.Tokens {
			texts = append(texts, w.jtis[t.JTI]+" "+t.Status)
		}
		all = append(all, strings.Join(texts, ", "))
	}
	for _, l := range world.coupons.List(world.plan.customers[0]) {
		all = append(all, strconv.Itoa(l.Used))
	}
	for _, customer := range world.plan.customers {
		b, _ := world.points.Balance(customer)
		all = append(all, fmt.Sprintf("%d %d", b.Balance, b.Held))
		methods, _ := world.payments.Methods(customer)
		for _, m := range methods {
			all = append(all, fmt.Sprintf("%s %s %s", m.Authorised, m.Captured, m.Available))
		}
	}
	for _, p := range world.parties {
		var states []string
		for _, k := range p.domain.Keys().List() {
			states = append(states, string(k.State))
		}
		all = append(all, strings.Join(states, " "))
	}
	return all
}

// scenario writes what was done, and where it parts from the model.
func (w *walk) scenario(found *discrepancy) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s.\n", found.what)
	if w.audited {
		b.WriteString("set check on\n")
	}
	for _, line := range append(w.script, found.ask...) {
		b.WriteString(line + "\n")
	}
	archive := &txtar.Archive{Comment: []byte(b.String()), Files: w.files}
	if w.world.yaml != "" {
		archive.Files = append(archive.Files, txtar.File{Name: "world.yaml", Data: []byte(w.world.yaml)})
	}
	return string(txtar.Format(archive))
}

// search looks for a discrepancy in walks that rapid draws.
type search struct {
	world    modelWorld
	weakness tokens.Weakness
	audited  bool
	dir      string // of the files that spoken lines read; empty for none spoken
	enough   int    // verbs
	verbs    int    // that were looked at
	walks    int
	tally    map[string]int // what was seen
}

// find walks until there was enough, or the product and the model part: then
// rapid shrinks the walk, and what it leaves over is left out op by op.
func (s *search) find(t *testing.T) (*walk, *discrepancy) {
	t.Helper()
	var failed *walk
	log := &silence{TB: t}
	s.tally = map[string]int{}
	rapid.Check(log, func(t *rapid.T) {
		if s.verbs >= s.enough && !log.Failed() {
			return
		}
		w := s.begin(t)
		s.walks++
		leave := drawSwarm(t)
		t.Repeat(map[string]func(*rapid.T){"do": func(t *rapid.T) {
			o := drawOp(draws{t, w}, leave)
			if !w.quiet {
				s.verbs++
			}
			if found := w.do(t.Context(), o); found != nil {
				failed = w
				t.Fatal(found.what)
			}
		}})
		if found := w.look(); found != nil {
			failed = w
			t.Fatal(found.what)
		}
		s.count(w)
	})
	switch {
	case !log.failed:
		return nil, nil
	case failed == nil:
		t.Fatal(log.text)
	}
	return s.shorten(t, failed)
}

// count notes what a walk came to.
func (s *search) count(w *walk) {
	for _, name := range w.saw {
		s.tally[name]++
	}
}

func (s *search) begin(t *rapid.T) *walk {
	w, err := newWalk(t.Context(), s.world, s.weakness, s.audited)
	if err != nil {
		t.Fatal(err)
	}
	if s.dir != "" && rapid.IntRange(0, 31).Draw(t, "spoken") == 31 {
		w.dir, w.shell.dir = s.dir, s.dir
	}
	w.quiet = s.audited && drawn(draws{t, w}, "quiet", []bool{false, false, false, true})
	return w
}

// drawSwarm chooses the kinds of deed that a walk leaves alone: walks that do
// everything seldom get far with anything.
func drawSwarm(t *rapid.T) map[string]bool {
	leave := map[string]bool{}
	for _, name := range []string{"session close", "session set", "fault", "clock advance", "clock set", "keys rotate", "keys retire", "keys disable", "revoke", "redeem direct", "relay", "relay twin"} {
		leave[name] = !rapid.Bool().Draw(t, name)
	}
	for _, name := range []string{"keys retire", "keys disable"} { // or nothing is signed any more
		leave[name] = leave[name] || leave["keys rotate"]
	}
	return leave
}

// drawOp chooses an op by the weights of the deeds that may be done now.
func drawOp(d draws, leave map[string]bool) op {
	var rows []int
	for i, row := range d.w.table {
		for n := 0; n < d.weight(row) && !leave[row.name]; n++ {
			rows = append(rows, i)
		}
	}
	row := d.w.table[drawn(d, "deed", rows)]
	o := row.draw(d)
	o.deed = row.name
	return o
}

// weight gives how likely a deed is now: with an order that has ended there is
// little to do but to see that it has.
func (d draws) weight(row deed) int {
	s := d.w.model.session(d.w.model.current)
	verb, _, _ := strings.Cut(row.name, " ")
	switch {
	case !d.may(row.name):
		return 0
	case s != nil && s.state == "open", verb == "fault", verb == "keys", verb == "clock":
		return row.weight
	case row.name == "session new", row.name == "redeem resume" && s != nil && s.state == "stuck":
		return 10
	case row.name == "session use" && d.open() > 0:
		return 10
	}
	return 1
}

// may reports whether there is what a deed is done with.
func (d draws) may(name string) bool {
	m := d.w.model
	switch name {
	case "session new":
		return d.open() < 2
	case "fault":
		return len(m.faults) < 4
	case "fault clear":
		return len(m.faults) > 0
	case "session use":
		return len(m.sessions) > 0
	case "clock set":
		return len(d.soon(d.moments())) > 0
	case "clock advance", "keys rotate":
		return true
	case "keys retire", "keys disable":
		return len(d.keyed()) > 0
	case "relay", "redeem direct", "revoke":
		return m.current != "" && len(d.held()) > 0
	case "relay forged", "relay twin":
		return m.current != "" && len(d.unsealed()) > 0
	}
	return m.current != ""
}

// shorten leaves out ops and parts of ops for as long as the rest still shows
// something.
func (s *search) shorten(t *testing.T, failed *walk) (*walk, *discrepancy) {
	t.Helper()
	w, found := s.replay(t, failed.ops, failed.quiet)
	try := func(ops []op) bool {
		less, still := s.replay(t, ops, failed.quiet)
		if still != nil {
			w, found = less, still
		}
		return still != nil
	}
	for size := len(failed.ops); size > 0 && found != nil; {
		shorter := false
		for at := len(w.ops) - size; at >= 0; at-- {
			shorter = at+size <= len(w.ops) && try(slices.Delete(slices.Clone(w.ops), at, at+size)) || shorter
		}
		for at := 0; size == 1 && at < len(w.ops); at++ {
			shorter = slices.ContainsFunc(w.ops[at].simpler(), func(o op) bool {
				ops := slices.Clone(w.ops)
				ops[at] = o
				return try(ops)
			}) || shorter
		}
		if !shorter {
			size /= 2
		}
	}
	return w, found
}

// simpler gives an op with less in it, in several ways.
func (o op) simpler() []op {
	var all []op
	less := o
	switch {
	case o.deed == "relay twin":
		less.deed = "relay"
		all = append(all, less)
	case o.deed == "session new" && len(o.words) > 2:
		less.words = o.words[:2]
		all = append(all, less)
	case strings.HasSuffix(o.deed, "confirm") && o.n > 0:
		less.n = 0
		all = append(all, less)
	case o.deed == "fault" && o.n > 1:
		less.n--
		all = append(all, less)
	}
	for i := range o.tokens {
		if less := o; len(o.tokens) > 1 || o.deed == "checkout" || o.deed == "redeem" {
			less.tokens = slices.Delete(slices.Clone(o.tokens), i, i+1)
			all = append(all, less)
		}
	}
	return all
}

// replay does ops from the beginning of a world.
func (s *search) replay(t *testing.T, ops []op, quiet bool) (*walk, *discrepancy) {
	t.Helper()
	w, err := newWalk(t.Context(), s.world, s.weakness, s.audited)
	if err != nil {
		t.Fatal(err)
	}
	w.quiet = quiet
	for _, o := range ops {
		if found := w.do(t.Context(), o); found != nil {
			return w, found
		}
	}
	return w, w.look()
}

// silence is a test that rapid may fail without anybody hearing of it.
type silence struct {
	testing.TB
	failed bool
	text   string // why
}

// Errorf keeps what is wrong; the others say nothing.
func (s *silence) Errorf(format string, args ...any) {
	s.failed, s.text = true, fmt.Sprintf(format, args...)
}

func (s *silence) Logf(string, ...any) {}

func (s *silence) Log(...any) {}

func (s *silence) FailNow() { s.failed = true }

func (s *silence) Failed() bool { return s.failed }

// rapidly sets rapid's flags for one test; one that somebody gave stays.
func rapidly(t *testing.T, values map[string]string) {
	t.Helper()
	given := map[string]bool{}
	flag.Visit(func(f *flag.Flag) { given[f.Name] = true })
	for name, value := range values {
		f := flag.Lookup("rapid." + name)
		if given[f.Name] {
			continue
		}
		before := f.Value.String()
		if err := f.Value.Set(value); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Value.Set(before) })
	}
}

func TestProperty(t *testing.T) {
	worlds, enough := modelWorlds(t), *steps
	if testing.Short() {
		enough /= 10
	}
	flags := map[string]string{"checks": strconv.Itoa(10 * enough / walkSteps), "steps": strconv.Itoa(walkSteps), "nofailfile": "true", "shrinktime": "5s"}
	if *steps == ordinarySteps {
		flags["seed"] = "1"
	}
	rapidly(t, flags)
	done := make([]search, len(worlds))
	began := tokens.Stopwatch()
	t.Run("worlds", func(t *testing.T) {
		for i, world := range worlds {
			s := &done[i]
			*s = search{world: world, audited: true, dir: t.TempDir(), enough: enough/len(worlds) + 1}
			t.Run(world.name, func(t *testing.T) {
				t.Parallel()
				if w, found := s.find(t); found != nil {
					t.Fatalf("%s\n\n%s", found.what, w.scenario(found))
				}
			})
		}
	})
	verbs, walks, tally := 0, 0, map[string]int{}
	for _, s := range done {
		verbs, walks = verbs+s.verbs, walks+s.walks
		for name, n := range s.tally {
			tally[name] += n
		}
	}
	t.Logf("%d verbs in %d walks, %d verbs/s; %v", verbs, walks, perSecond(verbs, began()), tally)
	if verbs < enough && !t.Failed() {
		t.Errorf("only %d verbs, %d are wanted", verbs, enough)
	}
}

// The model notices by itself, without the invariants, when a party leaves a
// rule out. The scenario that it writes passes in a sound world, and not there.
func TestPropertyNoticesWeakness(t *testing.T) {
	rapidly(t, map[string]string{"checks": "2000", "steps": strconv.Itoa(walkSteps), "nofailfile": "true", "shrinktime": "200ms", "seed": "1"})
	world := modelWorlds(t)[0]
	for _, row := range tokens.Weaknesses() {
		t.Run(row.Rule, func(t *testing.T) {
			t.Parallel()
			s := &search{world: world, weakness: without(t, row.Rule), enough: 20_000}
			w, found := s.find(t)
			if found == nil {
				t.Fatalf("nothing in %d verbs, although %s", s.verbs, row.Without)
			}
			text := w.scenario(found)
			t.Logf("%s, after %d verbs with shrinking\n%s", found.what, s.verbs, text)
			showsIt(t, text, row.Rule)
		})
	}
}

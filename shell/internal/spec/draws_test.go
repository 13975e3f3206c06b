// Draws: what an op is about, chosen by the model's world as it is.

package spec_test

import (
	"fmt"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"pgregory.net/rapid"

	"tokenshell/shell/internal/spec"
)

// draws chooses what to do next in a walk.
type draws struct {
	t     *rapid.T
	w     *walk
	leave map[string]bool // what the walk leaves alone
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
	for _, s := range d.w.model.Sessions {
		ids = append(ids, s.ID)
		if d.w.model.Stood(s) == "open" {
			ids = append(ids, s.ID, s.ID, s.ID)
		}
	}
	return d.words(ids...)
}

func (d draws) open() int {
	n := 0
	for _, s := range d.w.model.Sessions {
		if d.w.model.Stood(s) == "open" {
			n++
		}
	}
	return n
}

// opening opens a session of any customer, with facts or without.
func (d draws) opening() op {
	var customers []string
	for _, c := range d.w.model.Customers {
		customers = append(customers, c.ID)
	}
	name := fmt.Sprintf("op_%d", d.w.opened+1)
	if d.w.opened > 0 && drawn(d, "again", []bool{false, false, false, true}) { // a name that was there before
		name = fmt.Sprintf("op_%d", 1+d.pick("which", upTo(d.w.opened)...))
	}
	o := op{words: []string{name, drawn(d, "customer", customers)}}
	if drawn(d, "facts", []bool{false, true, true}) {
		o.words = append(o.words, d.first()...)
	}
	return o
}

// facts gives what an order may come to say.
func (d draws) facts() []string {
	if d.w.twin.drawn != nil {
		return d.w.twin.drawn.Facts
	}
	return someFacts
}

// first gives what an order says when it is opened.
func (d draws) first() []string {
	if d.w.twin.drawn != nil {
		return d.w.twin.drawn.First
	}
	return []string{someFacts[0], someFacts[2]}
}

// sealing gives a service whose tokens carry a letter and that has a key; empty when
// there is none.
func (d draws) sealing() string {
	for _, service := range d.w.model.Domains() {
		if d.w.model.Rules[service].Seals() && len(d.w.model.Keys[service]) > 0 {
			return service
		}
	}
	return ""
}

// seals reports whether a hold's token carries a letter.
func (d draws) seals(h *spec.Hold) bool {
	return h.Service != spec.Club && d.w.model.Rules[h.Service].Seals()
}

// upTo gives 0 to n-1.
func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// outside has the outside issuer write a token, now and then with a jti that it has
// written for another order.
func (d draws) outside() op {
	o := d.confirmation("")
	o.n = d.pick("life", 120, 120, 120, 1, 300, 3600, 86400)
	jti := d.w.confirmed + 1
	var used []int
	for _, h := range d.w.model.Holds {
		if h.Service == spec.Club && h.Order != d.w.model.Current && h.Expires > d.w.model.Now-spec.Retention/2 {
			used = append(used, h.Use)
		}
	}
	for _, h := range d.w.model.Holds { // one text for each use in an order
		used = slices.DeleteFunc(used, func(use int) bool { return h.Service == spec.Club && h.Order == d.w.model.Current && h.Use == use })
	}
	if len(used) > 0 && drawn(d, "used", []bool{false, true}) {
		jti = drawn(d, "jti", used)
	}
	o.words[1] = strconv.Itoa(jti)
	return o
}

// confirmation names a token: one that no other confirmation of the walk names.
func (d draws) confirmation(what ...string) op {
	ttl := d.pick("ttl", 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 10, 300, 300, 301)
	return op{words: append([]string{fmt.Sprintf("t%d", d.w.confirmed+1)}, what...), n: ttl}
}

func (d draws) coupon() string {
	codes := []string{"NOPE"}
	for _, c := range d.w.model.Coupons {
		codes = append(codes, c.Code, c.Code)
	}
	return drawn(d, "code", codes)
}

func (d draws) points() string {
	m, some := d.w.model, 1
	if s := m.Session(m.Current); s != nil {
		some = m.Customer(s.Customer).Points
	}
	return strconv.Itoa(d.pick("points", some/3, some/3, 1, 1, some/2+1, some/2+1, some/2, some/4, some, some+1, 0))
}

func (d draws) payment() []string {
	m, cards := d.w.model, []string{"nope"}
	if s := m.Session(m.Current); s != nil {
		for _, c := range m.Customer(s.Customer).Cards {
			cards = append(cards, c.ID, c.ID, c.ID)
		}
	}
	slices.Reverse(cards)
	return []string{drawn(d, "amount", []string{"80.00", "80.00", "20.00", "60.00", "70.00", "60.00", "250.00", "0.00"}), drawn(d, "card", cards)}
}

// declared asks a declared domain for something: its words are the service, the
// thing, how much in the smallest units, and the argument that says so.
func (d draws) declared() op {
	in, m := d.w.twin.drawn, d.w.model
	of := in.Domain(drawn(d, "service", in.Domains()))
	thing, most := "", 0
	if len(of.Things) > 0 {
		t := drawn(d, "thing", append(slices.Concat(of.Things, of.Things, of.Things), spec.Thing{ID: "nope"}))
		thing, most = t.ID, t.Limit
	}
	switch of.Holds {
	case "none":
		return d.confirmation(of.Name, thing, "0", "", "")
	case "quota":
		n := d.pick("quantity", 1, 1, 1, 2, 2, 3, 0)
		return d.confirmation(of.Name, thing, strconv.Itoa(n), "quantity", strconv.Itoa(n))
	case "balance":
		if s := m.Session(m.Current); s != nil {
			most = of.Accounts[s.Customer]
		}
	}
	n := d.pick("amount", most/3, most/3, 1, most/2+1, most/2, most/4, most, most+1, 0)
	return d.confirmation(of.Name, thing, strconv.Itoa(n), "amount", m.Written(n, true))
}

// held gives the handles of the client's tokens.
func (d draws) held() []string { return d.handles(func(*spec.Hold) bool { return true }) }

// unsealed gives those whose text is the same in every world and that an ES256 key
// signed.
func (d draws) unsealed() []string {
	return d.handles(func(h *spec.Hold) bool { return !d.seals(h) && h.Service != spec.Club })
}

// handles gives the handles of some tokens, those of the current order more
// often than others.
func (d draws) handles(which func(*spec.Hold) bool) []string {
	var handles []string
	for _, h := range d.w.model.Holds {
		if h.Handle == "" || h.Gone || !which(h) {
			continue
		}
		handles = append(handles, h.Handle)
		if h.Order == d.w.model.Current {
			handles = append(handles, h.Handle, h.Handle, h.Handle, h.Handle, h.Handle)
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

// bendable gives those whose issuer's key can sign another text.
func (d draws) bendable() []string {
	return d.handles(func(h *spec.Hold) bool { return h.Signable() })
}

// bent has a token's issuer sign another text for it: one that is the same in every
// world, which a letter is not.
func (d draws) bent() op {
	handle := drawn(d, "token", d.bendable())
	how := spec.Resealed
	if !d.seals(d.w.model.Hold(handle)) {
		how = drawn(d, "how", []string{spec.Reissued, spec.Reworded, spec.Constrained})
	}
	return op{tokens: []string{handle}, words: []string{how}}
}

func (d draws) changed() op { return op{tokens: []string{drawn(d, "token", d.unsealed())}} }

// fault has a step go wrong, most often of a party that the current order will
// ask.
func (d draws) fault() op {
	m := d.w.model
	places := []string{"kms.sign", "kms.decrypt", "ledger.use", "relay.open", "relay.relay", "relay.relay", "relay.redeem", "relay.redeem", "relay.close"}
	for _, service := range m.Domains() {
		places = append(places, service+".confirm", service+".redeem", service+".cancel", service+".revoke")
	}
	for _, h := range m.Holds {
		if h.Order == m.Current && (h.State == "reserved" || h.Service == spec.Club && m.Now < h.Expires) {
			for range 5 {
				places = append(places, h.Service+".redeem", h.Service+".redeem", h.Service+".cancel", "relay.redeem")
			}
			if d.seals(h) {
				places = append(places, "kms.decrypt", "kms.decrypt", "kms.decrypt", "kms.decrypt")
			}
		}
	}
	for _, f := range m.Faults { // an order is stuck when nothing can be taken back either
		if service, ok := strings.CutSuffix(f.Step, ".redeem"); ok && service != "relay" && f.Kind != "slow" {
			for range 8 {
				places = append(places, service+".cancel")
			}
		}
	}
	if s := m.Session(m.Current); s != nil && (s.State == "redeeming" || s.State == "stuck") {
		places = append(places, "relay.resume", "relay.resume", "relay.resume", "relay.resume", "relay.resume", "relay.resume", "relay.resume", "relay.resume")
	}
	step := drawn(d, "step", places)
	kind := drawn(d, "kind", d.kinds(step))
	o := op{words: []string{step, kind}, n: d.pick("count", 1, 3, 2, 3), after: d.pick("after", 0, 0, 0, 0, 0, 0, 1, 2)}
	switch kind {
	case "crash-before", "crash-after":
		o.n = d.pick("crashes", 1, 1, 1, 2)
	case "meanwhile":
		o.n = d.pick("times", 1, 1, 1, 2)
		inner := d.meanwhile(step)
		o.inner = &inner
	}
	return o
}

// kinds gives what may go wrong at a step.
func (d draws) kinds(step string) []string {
	if step == "ledger.use" {
		return []string{"unavailable", "unavailable", "slow"}
	}
	kinds := []string{"lost-reply", "lost-reply", "timeout", "refuse", "slow"}
	party, what, _ := strings.Cut(step, ".")
	for _, kind := range []string{"duplicate", "late", "meanwhile"} {
		if !d.leave[kind] {
			kinds = append(kinds, kind, kind)
		}
	}
	if !d.leave["crash"] && (party == "relay" || party != "kms" && (what == "redeem" || what == "cancel")) {
		kinds = append(kinds, "crash-before", "crash-after", "crash-before", "crash-after")
	}
	return kinds
}

// meanwhile chooses what another client does while a message is on its way: what
// makes no token, for those are numbered in the order of what is typed.
func (d draws) meanwhile(step string) op {
	names := []string{"redeem", "checkout", "redeem resume", "session close", "session set", "clock advance"}
	if len(d.held()) > 0 {
		names = append(names, "revoke", "revoke", "revoke", "redeem direct", "redeem direct", "redeem direct", "relay", "relay")
	}
	if !d.leave["restart"] {
		names = append(names, "restart", "restart")
	}
	if step == "kms.decrypt" && d.sealing() != "" {
		names = append(names, "keys retire", "keys disable", "keys retire", "keys disable", "keys retire", "keys disable")
	}
	name := drawn(d, "meanwhile", names)
	o := op{}
	switch name {
	case "session set":
		o = d.words(d.facts()...)
	case "clock advance":
		o.n = d.pick("seconds", 1, 2, 30, 119, 120, 1800)
	case "relay", "revoke", "redeem direct":
		o = d.tokens(1, 1)
	case "redeem":
		o = d.tokens(0, 1)
	case "restart":
		o = d.words("", "", " --forget")
	case "keys retire", "keys disable":
		o = op{words: []string{d.sealing()}, n: d.pick("version", 0, len(d.w.model.Keys[d.sealing()])-1)}
	}
	o.deed = name
	return o
}

// late chooses a step of which a question is late.
func (d draws) late() op {
	var steps []string
	for _, l := range d.w.model.Late {
		steps = append(steps, l.Step)
	}
	return d.words(steps...)
}

// moments gives the seconds to come that something happens at.
func (d draws) moments() []int {
	m := d.w.model
	var moments []int
	for _, h := range m.Holds {
		moments = append(moments, h.Expires, h.Expires, h.Expires+spec.Latitude, h.Expires+spec.Retention)
	}
	for _, s := range m.Sessions {
		moments = append(moments, s.Opened+spec.OpenFor, s.Opened+spec.OpenFor+spec.Retention)
	}
	return slices.DeleteFunc(moments, func(at int) bool { return at <= m.Now })
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
	return slices.DeleteFunc(slices.Clone(moments), func(at int) bool { return at > d.w.model.Now+2*spec.OpenFor })
}

// day is a jump over a day and more, or a second in a quiet walk.
func (d draws) day() int {
	if d.w.quiet {
		return 1
	}
	return d.pick("day", 86400, spec.OpenFor+86401, spec.Retention, spec.Retention+spec.OpenFor)
}

// days are jumps that are likely while an order is stuck: what owes is there
// however late it is.
func (d draws) days() []int {
	for _, s := range d.w.model.Sessions {
		if s.State == "stuck" {
			return []int{d.day(), d.day(), d.day(), d.day(), d.day(), d.day(), d.day(), d.day()}
		}
	}
	return nil
}

func (d draws) key() op {
	service := drawn(d, "service", d.keyed())
	return op{words: []string{service}, n: d.pick("version", 0, len(d.w.model.Keys[service])-1)}
}

// keyed gives the services that have a key: all may have been forgotten.
func (d draws) keyed() []string {
	return slices.DeleteFunc(slices.Clone(d.w.model.Services), func(service string) bool { return len(d.w.model.Keys[service]) == 0 })
}

// The model: what the pattern says of a world, in plain lists and numbers. It shares
// no code with the product and does no cryptography. Nothing is counted along:
// a balance is what the holds add up to.

package shell

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Seconds of the contract and of the redemption.
const (
	modelEpoch     = 1767225600 // 2026-01-01T00:00:00Z
	modelLifetime  = 120
	modelLongest   = 300
	modelSession   = 1800
	modelForgotten = 86400 // a session is forgotten that long after its end
	modelRetention = 90000 // and a reservation or a key after that
	modelSlow      = 2
)

// modelCoupon is an offer; money is in cents.
type modelCoupon struct {
	code        string
	minimum     int
	perCustomer int // 0 is no limit
	total       int // 0 is no limit
	combinable  bool
	inactive    bool
}

// modelCard is a payment method.
type modelCard struct {
	id       string
	limit    int
	declines bool
}

// modelCustomer is a customer with points and cards.
type modelCustomer struct {
	id     string
	points int
	cards  []modelCard
}

// modelHold is a confirmation: the reservation, its token, and what the client
// knows of it.
type modelHold struct {
	handle   string // of its token; empty when the client never had it
	service  string
	customer string
	order    string
	key      *modelKey
	expires  int
	state    string // reserved, committed, cancelled, expired, revoked
	attempt  int    // that committed it
	gone     bool   // the client has forgotten the token

	coupon   string
	amount   int // points, or cents
	card     string
	captured int

	revoked, spent bool // by the client itself
}

// modelStep is an accepted token on its way through a redemption.
type modelStep struct {
	hold    *modelHold
	attempt int
	status  string
	result  string
	reason  string
	owed    bool
}

// modelOrder is a session.
type modelOrder struct {
	id           string
	customer     string
	facts        map[string]string
	state        string
	opened       int
	steps        []*modelStep
	compensating bool
}

// modelFault is an order for the next uses of a step.
type modelFault struct {
	step  string // "coupons.redeem"
	kind  string
	count int
}

// modelKey is a key version.
type modelKey struct {
	state string // active, published, retired, disabled
	last  int    // when its last token expires
	left  int    // when it left the set; 0 while it is in
	aged  bool   // it left by itself: its tokens still find their stored answers
	gone  bool   // forgotten
}

// model is a world as the pattern has it.
type model struct {
	order     []string // of redemption
	customers []modelCustomer
	coupons   []modelCoupon

	now      int
	sessions []*modelOrder
	current  string
	holds    []*modelHold
	keys     map[string][]*modelKey
	faults   []modelFault
	attempts int
}

func newModel(order []string, customers []modelCustomer, coupons []modelCoupon) *model {
	m := &model{order: order, customers: customers, coupons: coupons, now: modelEpoch, keys: map[string][]*modelKey{}}
	for _, service := range order {
		m.keys[service] = []*modelKey{{state: "active"}}
	}
	return m
}

// answer is what the model predicts of a verb.
type verbAnswer struct {
	wrong   bool     // it asks for what does not exist
	reasons []string // it is refused, for these
	results []string // of a redemption: "t1 redeemed"
}

func refused(reasons ...string) verbAnswer { return verbAnswer{reasons: reasons} }

func (a verbAnswer) String() string {
	text := "done"
	switch {
	case a.wrong:
		return "no such thing"
	case a.reasons != nil:
		text = "refused with " + strings.Join(a.reasons, " ")
	}
	if a.results != nil {
		text += ": " + strings.Join(a.results, ", ")
	}
	return text
}

// reply is what a party says, or that nobody knows.
type reply struct {
	reason   string // empty is yes
	unknown  bool
	repeated bool
}

func no(reason string) reply { return reply{reason: reason} }

// wait lets time pass, and everything that only time does.
func (m *model) wait(seconds int) {
	m.now += seconds
	for _, h := range m.holds {
		if h.state == "reserved" && m.now >= h.expires {
			h.state = "expired"
		}
	}
	for _, s := range m.sessions {
		if s.state == "open" && m.now >= s.opened+modelSession {
			s.state = "closed"
		}
	}
	m.age()
}

// age retires the keys that have outlived their last token, and forgets those
// that left long ago.
func (m *model) age() {
	for service, versions := range m.keys {
		for _, k := range versions {
			if k.state == "published" && m.now >= k.last {
				k.state, k.left, k.aged = "retired", k.last, true
			}
			k.gone = k.left > 0 && m.now > k.left+modelRetention
		}
		m.keys[service] = slices.DeleteFunc(versions, func(k *modelKey) bool { return k.gone })
	}
}

// ask puts a question to a party, unless a fault waits there.
func (m *model) ask(step string, question func() reply) reply {
	at := slices.IndexFunc(m.faults, func(f modelFault) bool { return f.step == step })
	if at < 0 {
		return question()
	}
	kind := m.faults[at].kind
	if m.faults[at].count--; m.faults[at].count == 0 {
		m.faults = slices.Delete(m.faults, at, at+1)
	}
	switch kind {
	case "refuse":
		return no("service_unavailable")
	case "slow":
		m.wait(modelSlow)
		return question()
	case "lost-reply":
		question()
	}
	return reply{reason: "service_unavailable", unknown: true}
}

// insist asks up to three times for an answer, and says whether one was missed.
func (m *model) insist(step string, question func() reply) (verbAnswer reply, missed bool) {
	for _, pause := range []int{1, 2, 0} {
		verbAnswer = m.ask(step, question)
		if !verbAnswer.unknown {
			return verbAnswer, missed
		}
		missed = true
		m.wait(pause)
	}
	return verbAnswer, missed
}

func (m *model) session(id string) *modelOrder {
	for _, s := range m.sessions {
		if s.id == id {
			return s
		}
	}
	return nil
}

func (m *model) hold(handle string) *modelHold {
	for _, h := range m.holds {
		if h.handle == handle && !h.gone {
			return h
		}
	}
	return nil
}

// named gives the holds of handles that are there.
func (m *model) named(handles []string) []*modelHold {
	var holds []*modelHold
	for _, handle := range handles {
		holds = append(holds, m.hold(handle))
	}
	return holds
}

func (m *model) customer(id string) modelCustomer {
	return m.customers[slices.IndexFunc(m.customers, func(c modelCustomer) bool { return c.id == id })]
}

func (m *model) forgotten(h *modelHold) bool { return h.expires < m.now-modelRetention }

// sum adds up a number of the holds that a condition chooses.
func (m *model) sum(of func(*modelHold) int, which func(*modelHold) bool) int {
	total := 0
	for _, h := range m.holds {
		if which(h) {
			total += of(h)
		}
	}
	return total
}

func stands(h *modelHold) bool { return h.state == "reserved" || h.state == "committed" }

func one(*modelHold) int { return 1 }

func amount(h *modelHold) int { return h.amount }

func captured(h *modelHold) int { return h.captured }

func (m *model) used(c string) int {
	return m.sum(one, func(h *modelHold) bool { return h.coupon == c && stands(h) })
}

func in(s string, h *modelHold) bool { return h.state == s }

func (m *model) usedBy(coupon, customer string) int {
	return m.sum(one, func(h *modelHold) bool { return h.coupon == coupon && h.customer == customer && stands(h) })
}

func (m *model) heldPoints(c string) int {
	return m.sum(amount, func(h *modelHold) bool { return h.service == "points" && h.customer == c && in("reserved", h) })
}

func (m *model) balance(c string) int {
	return m.customer(c).points - m.sum(amount, func(h *modelHold) bool { return h.service == "points" && h.customer == c && in("committed", h) })
}

func (m *model) authorised(c, card string) int {
	return m.sum(amount, func(h *modelHold) bool { return h.customer == c && h.card == card && in("reserved", h) })
}

func (m *model) captured(c, card string) int {
	return m.sum(captured, func(h *modelHold) bool { return h.customer == c && h.card == card && in("committed", h) })
}

// cents reads a fact; said is false when nobody said it, n is -1 when it is no money.
func cents(facts map[string]string, name string) (n int, said bool) {
	text, said := facts[name]
	var whole, part int
	if _, err := fmt.Sscanf(text, "%d.%02d", &whole, &part); err != nil {
		return -1, said
	}
	return 100*whole + part, said
}

// applicable says why a coupon may not be used in an order; empty when it may.
func (m *model) applicable(s *modelOrder, code string) string {
	at := slices.IndexFunc(m.coupons, func(c modelCoupon) bool { return c.code == code })
	if at < 0 {
		return "coupon_unknown"
	}
	c := m.coupons[at]
	subtotal, said := cents(s.facts, "subtotal")
	switch {
	case c.inactive:
		return "coupon_inactive"
	case c.total > 0 && m.used(code) >= c.total, c.perCustomer > 0 && m.usedBy(code, s.customer) >= c.perCustomer:
		return "coupon_exhausted"
	case said && subtotal < 0:
		return "amount_invalid"
	case c.minimum > 0 && subtotal < c.minimum:
		return "minimum_not_met"
	}
	for _, h := range m.holds {
		if h.order == s.id && h.coupon != "" && stands(h) && !m.forgotten(h) && !(c.combinable && m.combinable(h.coupon)) {
			return "not_combinable"
		}
	}
	return ""
}

func (m *model) combinable(code string) bool {
	return slices.ContainsFunc(m.coupons, func(c modelCoupon) bool { return c.code == code && c.combinable })
}

// authorisable says why a card does not authorise an amount; empty when it does.
func (m *model) authorisable(customer, id string, amount int) string {
	cards := m.customer(customer).cards
	at := slices.IndexFunc(cards, func(c modelCard) bool { return c.id == id })
	switch {
	case amount <= 0:
		return "amount_invalid"
	case at < 0:
		return "method_unknown"
	case cards[at].declines, amount > cards[at].limit-m.authorised(customer, id)-m.captured(customer, id):
		return "declined"
	}
	return ""
}

// confirm has a service hold something for the current order and sign for it.
func (m *model) confirm(h modelHold, ttl int) verbAnswer {
	s := m.session(m.current)
	switch {
	case s == nil:
		return refused("session_unknown")
	case s.state != "open":
		return refused("session_closed")
	}
	if ttl == 0 {
		ttl = modelLifetime
	}
	handle := h.handle
	h.handle = "" // nobody has it yet
	said := m.ask(h.service+".confirm", func() reply { return m.issue(s, &h, ttl) })
	if said.reason != "" {
		return refused(said.reason)
	}
	for _, old := range m.holds {
		old.gone = old.gone || m.forgotten(old)
	}
	h.handle = handle
	return verbAnswer{}
}

func (m *model) issue(s *modelOrder, h *modelHold, ttl int) reply {
	if ttl > modelLongest {
		return no("lifetime_too_long")
	}
	why := ""
	switch h.service {
	case "coupons":
		why = m.applicable(s, h.coupon)
	case "points":
		if h.amount <= 0 {
			why = "amount_invalid"
		} else if h.amount > m.balance(s.customer)-m.heldPoints(s.customer) {
			why = "points_insufficient"
		}
	default:
		why = m.authorisable(s.customer, h.card, h.amount)
	}
	if why != "" {
		return no(why)
	}
	at := slices.IndexFunc(m.keys[h.service], func(k *modelKey) bool { return k.state == "active" })
	if at < 0 {
		return no("service_unavailable")
	}
	h.key = m.keys[h.service][at]
	h.customer, h.order, h.expires, h.state = s.customer, s.id, m.now+ttl, "reserved"
	h.key.last = max(h.key.last, h.expires)
	m.holds = append(m.holds, h)
	signed := m.ask("kms.sign", func() reply { return reply{} })
	if signed.reason != "" {
		m.holds = slices.DeleteFunc(m.holds, func(other *modelHold) bool { return other == h })
	}
	return signed
}

// judge is the relay's verdict on an envelope: a reason, or that it is accepted.
func (m *model) judge(h *modelHold, forged bool) string {
	if h.key.left > 0 {
		return "key_unknown"
	}
	if forged {
		return "signature_invalid"
	}
	for _, id := range []string{m.current, h.order} {
		if s := m.session(id); s == nil {
			return "session_unknown"
		} else if s.state != "open" {
			return "session_closed"
		}
	}
	s := m.session(m.current)
	switch {
	case h.order != s.id:
		return "session_mismatch"
	case m.now >= h.expires:
		return "expired"
	case s.step(h) != nil:
		return "replayed"
	}
	s.steps = append(s.steps, &modelStep{hold: h, status: "accepted"})
	return ""
}

func (s *modelOrder) step(h *modelHold) *modelStep {
	for _, st := range s.steps {
		if st.hold == h {
			return st
		}
	}
	return nil
}

// commit is a service's answer to a redemption of its token.
func (m *model) commit(h *modelHold, order string, facts map[string]string, attempt int) reply {
	switch {
	case h.key.gone, h.key.left > 0 && !h.key.aged:
		return no("key_unknown")
	case h.key.aged && (h.order != order || h.state != "committed" || m.forgotten(h)): // nothing was answered
		return no("key_unknown")
	case h.order != order:
		return no("session_mismatch")
	case h.state == "committed" && !m.forgotten(h) && h.attempt == attempt:
		return reply{repeated: true}
	case h.state == "committed" && !m.forgotten(h):
		return no("already_redeemed")
	case m.now >= h.expires:
		return no("expired")
	case h.state != "reserved":
		return no("revoked")
	}
	if h.service == "payments" {
		if opened := m.ask("kms.decrypt", func() reply { return reply{} }); opened.reason != "" {
			return opened
		}
		if h.state == "expired" { // while the letter was being opened
			return no("expired")
		}
	}
	if !m.holdsFor(h, facts) {
		return no("constraint_violated")
	}
	h.state, h.attempt = "committed", attempt
	return reply{}
}

// holdsFor reports whether what a token confirms holds for the facts.
func (m *model) holdsFor(h *modelHold, facts map[string]string) bool {
	switch h.service {
	case "coupons":
		subtotal, said := cents(facts, "subtotal")
		minimum := m.coupons[slices.IndexFunc(m.coupons, func(c modelCoupon) bool { return c.code == h.coupon })].minimum
		return !(said && subtotal < 0) && !(minimum > 0 && subtotal < minimum)
	case "payments":
		payable, said := cents(facts, "payable")
		if !said {
			h.captured = h.amount
			return true
		}
		left := payable - m.sum(captured, func(other *modelHold) bool {
			return other.order == h.order && in("committed", other) && !m.forgotten(other)
		})
		if payable < 0 || left > h.amount {
			return false
		}
		h.captured = max(left, 0)
	}
	return true
}

// cancel is a service's answer to a cancellation.
func (m *model) cancel(h *modelHold, attempt int) reply {
	if h.key.gone {
		return no("key_unknown")
	}
	if m.forgotten(h) {
		return no("not_issued_here")
	}
	if h.state == "reserved" || h.state == "committed" && h.attempt == attempt {
		h.state = "cancelled"
	}
	return reply{}
}

// redeem has the relay redeem the named tokens, all accepted ones without any.
func (m *model) redeem(named []*modelHold) verbAnswer {
	s := m.session(m.current)
	if s == nil {
		return refused("session_unknown")
	}
	for _, h := range named {
		switch {
		case s.step(h) != nil:
		case h.order != s.id:
			return refused("session_mismatch")
		case s.state == "open":
			return verbAnswer{wrong: true}
		default:
			return refused("session_closed")
		}
	}
	switch s.state {
	case "open":
		if len(s.steps) == 0 {
			return verbAnswer{wrong: true}
		}
		for _, st := range s.steps {
			if len(named) == 0 || slices.Contains(named, st.hold) {
				m.attempts++
				st.attempt = m.attempts
			}
		}
		m.run(s)
	case "completed", "compensated":
		for _, st := range s.steps {
			if st.result == "redeemed" {
				st.result = "repeated"
			}
		}
	default:
		return refused("session_closed")
	}
	return s.said(false)
}

// resume takes a stuck redemption to its end.
func (m *model) resume() verbAnswer {
	s := m.session(m.current)
	switch {
	case s == nil:
		return refused("session_unknown")
	case s.state == "open":
		return verbAnswer{wrong: true}
	case s.state == "closed":
		return refused("session_closed")
	case s.state == "stuck":
		m.run(s)
	}
	return s.said(true)
}

// run forwards, takes back what has to be, and releases the rest.
func (m *model) run(s *modelOrder) {
	var ordered []*modelStep
	for _, service := range m.order {
		for _, st := range s.steps {
			if st.hold.service == service && st.attempt > 0 {
				ordered = append(ordered, st)
			}
		}
	}
	if !s.compensating {
		s.compensating = !m.forward(s, ordered)
	}
	stuck := false
	if s.compensating {
		slices.Reverse(ordered)
		stuck = !m.compensate(ordered)
	}
	for _, st := range s.steps {
		if st.status != "accepted" && st.status != "refused" || st.owed {
			continue
		}
		if m.ask(st.hold.service+".cancel", func() reply { return m.cancel(st.hold, st.attempt) }).reason == "" && st.status == "accepted" {
			st.status = "released"
		}
	}
	switch {
	case stuck:
		s.state = "stuck"
	case s.compensating:
		s.state = "compensated"
	default:
		s.state = "completed"
	}
}

// forward redeems in order and reports whether all said yes.
func (m *model) forward(s *modelOrder, ordered []*modelStep) bool {
	for at, st := range ordered {
		said, missed := m.insist(st.hold.service+".redeem", func() reply { return m.commit(st.hold, s.id, s.facts, st.attempt) })
		switch {
		case said.reason == "" && said.repeated:
			st.status, st.result = "redeemed", "repeated"
		case said.reason == "":
			st.status, st.result = "redeemed", "redeemed"
		default:
			st.result, st.reason, st.owed = "failed", said.reason, missed
			if !said.unknown {
				st.status, st.result = "refused", "refused"
			}
			for _, before := range ordered[:at] {
				before.owed = true
			}
			return false
		}
	}
	return true
}

// compensate cancels in reverse what is owed and reports whether all was.
func (m *model) compensate(reversed []*modelStep) bool {
	all := true
	for _, st := range reversed {
		if !st.owed {
			continue
		}
		said, _ := m.insist(st.hold.service+".cancel", func() reply { return m.cancel(st.hold, st.attempt) })
		switch {
		case said.reason != "":
			st.result, st.reason, all = "failed", "service_unavailable", false
		case st.status == "redeemed":
			st.status, st.result, st.reason, st.owed = "cancelled", "cancelled", "", false
		default:
			st.status, st.owed = "cancelled", false
		}
	}
	return all
}

// said is what the client hears of a redemption.
func (s *modelOrder) said(resumed bool) verbAnswer {
	a := verbAnswer{results: []string{}}
	for _, st := range s.steps {
		if st.result != "" {
			a.results = append(a.results, st.hold.handle+" "+st.result)
		}
		if st.result != "" && st.reason != "" {
			a.reasons = append(a.reasons, st.reason)
		}
	}
	if s.state == "completed" || resumed && s.state == "compensated" {
		a.reasons = nil
	}
	return a
}

// relay judges each token for itself.
func (m *model) relay(forged bool, named ...*modelHold) verbAnswer {
	var a verbAnswer
	for _, h := range named {
		if why := m.judge(h, forged); why != "" {
			a.reasons = append(a.reasons, why)
		}
	}
	return a
}

// checkout relays what was not relayed yet, and redeems when all were accepted.
func (m *model) checkout(named []*modelHold) verbAnswer {
	s := m.session(m.current)
	if s == nil {
		return refused("session_unknown")
	}
	if s.state == "open" {
		news := named
		if len(named) == 0 {
			for _, h := range m.holds {
				if h.handle != "" && !h.gone && h.order == s.id && m.status(h) == "issued" {
					news = append(news, h)
				}
			}
			if len(news) == 0 && len(s.steps) == 0 {
				return verbAnswer{wrong: true}
			}
		}
		var fresh []*modelHold
		for _, h := range news {
			if s.step(h) == nil && !slices.Contains(fresh, h) {
				fresh = append(fresh, h)
			}
		}
		if a := m.relay(false, fresh...); a.reasons != nil {
			return a
		}
	}
	return m.redeem(named)
}

// direct takes a token to its service, past the relay.
func (m *model) direct(h *modelHold) verbAnswer {
	s := m.session(m.current)
	if s == nil {
		return refused("session_unknown")
	}
	m.attempts++
	attempt := m.attempts
	said := m.ask(h.service+".redeem", func() reply { return m.commit(h, s.id, s.facts, attempt) })
	switch {
	case said.unknown:
		return verbAnswer{reasons: []string{said.reason}, results: []string{h.handle + " failed"}}
	case said.reason != "":
		return verbAnswer{reasons: []string{said.reason}, results: []string{h.handle + " refused"}}
	}
	h.spent = true
	return verbAnswer{results: []string{h.handle + " redeemed"}}
}

// revoke has the issuer take a token back.
func (m *model) revoke(h *modelHold) verbAnswer {
	switch {
	case h.key.gone:
		return refused("key_unknown")
	case m.forgotten(h):
		return refused("not_issued_here")
	case h.state == "committed":
		return refused("already_redeemed")
	case h.state == "expired":
		return refused("expired")
	case h.state == "reserved":
		h.state = "revoked"
	}
	h.revoked = true
	return verbAnswer{}
}

// open opens a session; old ones are forgotten at that moment.
func (m *model) open(id, customer string, facts map[string]string) verbAnswer {
	m.sessions = slices.DeleteFunc(m.sessions, func(s *modelOrder) bool { return m.now > s.opened+modelSession+modelForgotten })
	if m.session(id) != nil {
		return verbAnswer{wrong: true}
	}
	m.sessions = append(m.sessions, &modelOrder{id: id, customer: customer, facts: maps.Clone(facts), state: "open", opened: m.now})
	m.current = id
	return verbAnswer{}
}

// use makes a session the current one.
func (m *model) use(id string) verbAnswer {
	if m.session(id) == nil {
		return refused("session_unknown")
	}
	m.current = id
	return verbAnswer{}
}

// set changes a fact of the current order.
func (m *model) set(name, value string) verbAnswer {
	s := m.session(m.current)
	switch {
	case s == nil:
		return refused("session_unknown")
	case s.state != "open":
		return refused("session_closed")
	}
	s.facts[name] = value
	return verbAnswer{}
}

// close ends the current order; what it accepted is released.
func (m *model) close() verbAnswer {
	s := m.session(m.current)
	switch {
	case s == nil:
		return refused("session_unknown")
	case s.state != "open":
		return refused("session_closed")
	}
	for _, st := range s.steps {
		if m.ask(st.hold.service+".cancel", func() reply { return m.cancel(st.hold, 0) }).reason == "" {
			st.status = "released"
		}
	}
	s.state = "closed"
	return verbAnswer{}
}

// rotate makes a new active key.
func (m *model) rotate(service string) verbAnswer {
	for _, k := range m.keys[service] {
		if k.state == "active" {
			k.state, k.last = "published", max(k.last, m.now)
		}
	}
	m.keys[service] = append(m.keys[service], &modelKey{state: "active"})
	m.age()
	return verbAnswer{}
}

// leave takes a key out of its set: retired or disabled.
func (m *model) leave(service string, at int, state string) verbAnswer {
	k := m.keys[service][at]
	if k.left == 0 {
		k.left = m.now
	}
	if k.state != "disabled" {
		k.state, k.aged = state, false
	}
	return verbAnswer{}
}

// status is what session show says of a token.
func (m *model) status(h *modelHold) string {
	if s := m.session(h.order); s != nil {
		if st := s.step(h); st != nil && (st.status != "accepted" || !h.spent && !h.revoked && m.now < h.expires) {
			return st.status
		}
	}
	switch {
	case h.spent:
		return "redeemed"
	case h.revoked:
		return "revoked"
	case m.now >= h.expires:
		return "expired"
	}
	return "issued"
}

// Moves: what somebody may do next in a world, for exploring it.

package shell

import (
	"fmt"
	"strings"
	"time"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/wire"
	"tokenshell/tokens"
)

// move is one line of the language, with its verb already parsed.
type move struct {
	line string
	kind string // the line without its names: moves of a kind are alike
	run  func(*call) error

	file   string // a file that the line reads
	forges string // the handle of the token whose forgery is in it
}

// moveLimits keep worlds small enough to be walked through.
const (
	maxSessions = 2
	maxTokens   = 6
	maxFaults   = 2
)

// possible gives every move that makes sense in the shell's world as it is.
func (s *Shell) possible() []move {
	var moves []move
	add := func(kind string, run func(*call) error, format string, args ...any) {
		moves = append(moves, move{line: fmt.Sprintf(format, args...), kind: kind, run: run})
	}
	sessions := s.world.relay.Sessions()
	if len(sessions) < maxSessions {
		id := fmt.Sprintf("op_%d", len(sessions)+1)
		for _, customer := range s.world.plan.customers[:min(2, len(s.world.plan.customers))] {
			verb := sessionNew{Name: id, Customer: customer, Fact: []string{"subtotal=120.00", "payable=60.00"}}
			add("session new "+customer, func(c *call) error { v := verb; return v.Run(c) },
				"session new %s --customer %s --fact subtotal=120.00 --fact payable=60.00", id, customer)
		}
	}
	for _, snap := range sessions {
		if snap.ID != s.session {
			add("session use", (&sessionUse{snap.ID}).Run, "session use %s", snap.ID)
		}
	}
	if s.session == "" {
		return moves
	}
	current, err := s.world.relay.Session(s.session)
	if err != nil {
		return moves
	}
	moves = append(moves, s.confirmMoves(current)...)
	moves = append(moves, s.tokenMoves()...)
	moves = append(moves, s.orderMoves(current)...)
	if len(s.world.faults.List()) < maxFaults {
		moves = append(moves, s.faultMoves()...)
	}
	return append(moves, s.worldMoves()...)
}

// confirmMoves confirm a few things of each service. The tokens get names of
// their own, so that a line means the same when others are left out.
func (s *Shell) confirmMoves(snap orchestrator.Snapshot) []move {
	if len(s.wallet.held) >= maxTokens || snap.State != orchestrator.Open {
		return nil
	}
	var moves []move
	name := fmt.Sprintf("t%d", len(s.wallet.held)+1)
	flags := confirmFlags{Name: name}
	for _, coupon := range s.world.plan.coupons[:min(6, len(s.world.plan.coupons))] {
		verb := couponConfirm{coupon.Code, flags}
		moves = append(moves, move{line: fmt.Sprintf("coupon confirm %s --name %s", coupon.Code, name), kind: "coupon confirm " + coupon.Code, run: verb.Run})
	}
	half := s.world.plan.points[snap.Customer]/2 + 1 // two do not fit
	points := pointsConfirm{fmt.Sprint(half), flags}
	moves = append(moves, move{line: fmt.Sprintf("points confirm %d --name %s", half, name), kind: "points confirm", run: points.Run})
	for _, card := range s.world.plan.cards[snap.Customer] {
		verb := paymentConfirm{"80.00", card.ID, flags}
		moves = append(moves, move{line: fmt.Sprintf("payment confirm 80.00 --method %s --name %s", card.ID, name), kind: "payment confirm " + card.ID, run: verb.Run})
	}
	return moves
}

// tokenMoves do something with one token.
func (s *Shell) tokenMoves() []move {
	var moves []move
	for _, t := range s.wallet.held {
		about := t.service + " " + s.status(t)
		moves = append(moves,
			move{line: "relay " + t.handle, kind: "relay " + about, run: (&relayVerb{[]string{t.handle}}).Run},
			move{line: "redeem --direct " + t.handle, kind: "direct " + about, run: (&redeemVerb{Tokens: []string{t.handle}, Direct: true}).Run},
			move{line: "revoke " + t.handle, kind: "revoke " + about, run: (&revokeVerb{t.handle}).Run},
		)
		if m, ok := forged(t, about); ok {
			moves = append(moves, m)
		}
	}
	return moves
}

// forged relays a token whose signature somebody has changed: a try to burn
// its jti. A token with a sealed section is another one in every world, so it
// is left alone.
func forged(t *heldToken, about string) (move, bool) {
	handle, file := t.handle, "forged-"+t.handle+".jwt"
	return move{line: "relay @" + file, kind: "forged " + about, file: file, forges: handle, run: func(c *call) error {
		t, err := c.token(handle)
		if err != nil {
			return err
		}
		_, refused, err := c.judge(c.session, []*heldToken{c.loose(spoiled(t.raw))})
		if err == nil {
			err = refused
		}
		return err
	}}, !sealed(t.raw)
}

// spoiled changes the first character of a token's signature.
func spoiled(raw string) string {
	cut := strings.LastIndexByte(raw, '.') + 1
	first := "A"
	if raw[cut] == 'A' {
		first = "B"
	}
	return raw[:cut] + first + raw[cut+1:]
}

// sealed reports whether a token says that it has a sealed section.
func sealed(raw string) bool {
	seen, err := tokens.Peek(raw)
	return err == nil && strings.Contains(string(seen.Payload), `"sealed"`)
}

// orderMoves do something with the current order.
func (s *Shell) orderMoves(snap orchestrator.Snapshot) []move {
	moves := []move{
		{line: "checkout", kind: "checkout", run: (&checkoutVerb{}).Run},
		{line: "redeem", kind: "redeem", run: (&redeemVerb{}).Run},
	}
	if snap.State == orchestrator.Stuck || snap.State == orchestrator.Redeeming {
		moves = append(moves, move{line: "redeem --resume", kind: "resume", run: (&redeemVerb{Resume: true}).Run})
	}
	if snap.State == orchestrator.Open {
		moves = append(moves,
			move{line: "session close", kind: "close", run: (&sessionClose{}).Run},
			move{line: "session set payable=90.00", kind: "payable", run: (&sessionSet{"payable=90.00"}).Run})
	}
	return moves
}

// faultMoves have a step of a party go wrong, once or often enough that asking
// again does not help.
func (s *Shell) faultMoves() []move {
	var moves []move
	add := func(party, step string) {
		for _, kind := range wire.FaultKinds() {
			for _, count := range []int{1, 3} {
				verb := faultInject{party + "." + step, kind, count}
				line := fmt.Sprintf("fault %s.%s %s", party, step, kind)
				if count > 1 {
					line += fmt.Sprintf(" --count %d", count)
				}
				moves = append(moves, move{line: line, kind: "fault " + party + "." + step, run: verb.Run})
			}
		}
	}
	for _, p := range s.world.parties {
		for _, step := range wire.ServiceSteps {
			add(p.name, step)
		}
	}
	for _, step := range wire.KmsSteps {
		add("kms", step)
	}
	return moves
}

// worldMoves move time and keys.
func (s *Shell) worldMoves() []move {
	moves := []move{
		{line: "clock advance 30s", kind: "clock 30s", run: (&clockAdvance{span(30 * time.Second)}).Run},
		{line: "clock advance 2m", kind: "clock 2m", run: (&clockAdvance{span(2 * time.Minute)}).Run},
	}
	for _, p := range s.world.parties {
		if len(p.domain.Keys().List()) < 3 {
			moves = append(moves, move{line: "keys rotate " + p.name, kind: "rotate " + p.name, run: (&keysRotate{p.name}).Run})
		}
	}
	return moves
}

// ending are the moves that bring every session to its end and every hold back:
// what is not right after them never will be.
func (s *Shell) ending() []move {
	moves := []move{{line: "fault clear", kind: "end", run: (&faultClear{}).Run}}
	for _, snap := range s.world.relay.Sessions() {
		if snap.State != orchestrator.Stuck && snap.State != orchestrator.Redeeming {
			continue
		}
		moves = append(moves,
			move{line: "session use " + snap.ID, kind: "end", run: (&sessionUse{snap.ID}).Run},
			move{line: "redeem --resume", kind: "end", run: func(c *call) error {
				err := (&redeemVerb{Resume: true}).Run(c)
				if err != nil && exit.Rejections(err) != nil {
					return fmt.Errorf("session %q does not come to its end: %w", snap.ID, err)
				}
				return err
			}})
	}
	return append(moves, move{line: "clock advance 10m", kind: "end", run: (&clockAdvance{span(2 * tokens.MaxLifetime)}).Run})
}

// abstract gives the world's state without its names and digits: two worlds
// with the same one go on alike.
func (s *Shell) abstract() string {
	var b strings.Builder
	for _, snap := range s.world.relay.Sessions() {
		fmt.Fprintf(&b, "%s %t %s %s|", snap.Customer, snap.ID == s.session, snap.State, snap.Facts["payable"])
	}
	now := s.world.clock.Now()
	for _, t := range s.wallet.held {
		fmt.Fprintf(&b, "%s %s %s %d|", t.service, t.ref.Order, s.status(t), max(-1, int64(t.expires.Sub(now)/(30*time.Second))))
	}
	for _, f := range s.world.faults.List() {
		fmt.Fprintf(&b, "%s.%s %s %d|", f.Party, f.Step, f.Kind, f.Left)
	}
	for _, p := range s.world.parties {
		for _, e := range p.domain.Entries() {
			fmt.Fprintf(&b, "%s %s|", e.Holds, e.State)
		}
		fmt.Fprintf(&b, "%d|", len(p.domain.Keys().List()))
	}
	return b.String()
}

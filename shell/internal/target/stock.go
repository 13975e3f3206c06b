// Stock: what a world can confirm, tried out, so that no row fails for what the
// world lacks.

package target

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tokenshell/orchestrator"
	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Shop is a world that rows are tried on, and what it has for them.
type Shop struct {
	Plan   *world.Plan
	Memory *tokens.Memory // of tokens that come again in row after row; may be nil
	stock  *stock         // nil for the embedded one, which has whatever a row wants
	other  bool           // it is the embedded one in the place of a file
}

// stock is what a world can confirm.
type stock struct {
	customers []string        // for whom most can be confirmed first
	facts     tokens.Facts    // what an order has to say so that it can; nil is nothing
	often     map[string]int  // how often the first customer, by service; 0 is again and again, -1 never
	together  map[string]int  // how often in one order; likewise
	left      map[string]bool // services that are left out, as if they were not there: more rows can be tried without
}

// As often as any row wants something, and wants it in one order; and how many
// customers are looked at.
const (
	mostConfirmed = 8
	mostTogether  = 5
	mostCustomers = 10
)

// ShopOf gives the world that rows are tried on: one whose file declares domains, and
// for all others the embedded one, whatever they are.
func ShopOf(ctx context.Context, like *world.Plan) (*Shop, error) {
	if _, declares := like.Kinds(); declares {
		stock, err := stockOf(ctx, like)
		if err != nil {
			return nil, err
		}
		s := &Shop{like, tokens.NewMemory(), stock, false}
		return s, s.leave(ctx)
	}
	plan, err := like.Embedded()
	return &Shop{plan, tokens.NewMemory(), nil, like.Source != nil}, err
}

// Note says for people what is not as the world file has it; empty when all is.
func (s *Shop) Note() string {
	switch {
	case s.other:
		return "This is about the embedded world: the world file declares no domains."
	case s.stock == nil:
		return ""
	}
	var left []string
	for _, name := range s.Plan.RedeemOrder() {
		if s.stock.left[name] {
			left = append(left, name)
		}
	}
	if left == nil {
		return ""
	}
	return "Left out, for too little of it can be confirmed: " + strings.Join(left, ", ") + "."
}

// Try tries one row on a fresh world.
func (s *Shop) Try(ctx context.Context, row attacks.Row, seed uint64, weakness tokens.Weakness) (attacks.Result, error) {
	making := world.Seeded(seed)
	making.Memory = s.Memory
	w, err := world.BuildWeak(ctx, s.Plan, making, weakness)
	if err != nil {
		return attacks.Result{}, err
	}
	t := s.target(w, 0)
	if lacks := row.Lacks(t.Shop()); lacks != "" {
		return attacks.Result{Row: row, Status: attacks.Skipped, Detail: needs + lacks}, nil
	}
	result := attacks.Run(ctx, row, t, seed)
	return result, ctx.Err() // what was interrupted has no verdict
}

// target makes a target of a fresh world whose tokens live for so long.
func (s *Shop) target(w *world.World, life time.Duration) Target {
	t := Living(w, life)
	t.stock = s.stock
	return t
}

// leave leaves services out of which nothing can be had, if there are others, and
// those of which there is too little, one by one, where more rows can be tried without.
func (s *Shop) leave(ctx context.Context) error {
	w, err := world.Build(ctx, s.Plan, world.Seeded(world.DefaultSeed))
	if err != nil {
		return err
	}
	tried := func() (n int) {
		shop := s.target(w, 0).Shop()
		if len(shop.Services) == 0 {
			return 0
		}
		for _, row := range attacks.All() {
			if row.Lacks(shop) == "" {
				n++
			}
		}
		return n
	}
	for name, n := range s.stock.often {
		s.stock.left[name] = n < 0
	}
	if len(s.target(w, 0).Shop().Services) == 0 {
		clear(s.stock.left)
	}
	most := tried()
	for _, p := range w.Parties {
		if s.stock.often[p.Name] <= 0 {
			continue
		}
		s.stock.left[p.Name] = true
		if n := tried(); n > most {
			most = n
		} else {
			delete(s.stock.left, p.Name)
		}
	}
	return nil
}

// stockOf confirms in worlds that are thrown away what rows would.
func stockOf(ctx context.Context, plan *world.Plan) (*stock, error) {
	s := &stock{often: map[string]int{}, together: map[string]int{}, left: map[string]bool{}}
	customers := plan.Customers[:min(len(plan.Customers), mostCustomers)]
	if err := s.need(ctx, plan, customers); err != nil {
		return nil, err
	}
	counts := map[string]map[string]int{} // by customer and service
	for _, customer := range customers {
		w, err := world.Build(ctx, plan, world.Seeded(world.DefaultSeed))
		if err != nil {
			return nil, err
		}
		counts[customer] = map[string]int{}
		for _, p := range w.Parties {
			counts[customer][p.Name] = upTo(mostConfirmed, func(n int) bool {
				_, ok := s.confirms(ctx, w, p, customer, fmt.Sprintf("%s-%d", p.Name, n))
				return ok
			})
		}
	}
	// Who has the least of what there is least of comes last.
	rank := func(customer string) (some, least int) {
		least = mostConfirmed
		for _, n := range counts[customer] {
			some, least = some+min(n, 1), min(least, n)
		}
		return some, least
	}
	s.customers = slices.Clone(customers)
	slices.SortStableFunc(s.customers, func(a, b string) int {
		someA, leastA := rank(a)
		someB, leastB := rank(b)
		if someA != someB {
			return someB - someA
		}
		return leastB - leastA
	})
	first := s.customers[0]
	s.customers = slices.DeleteFunc(s.customers, func(other string) bool { // who has not what the first has
		for name, n := range counts[first] {
			if n > 0 && counts[other][name] == 0 {
				return true
			}
		}
		return false
	})
	w, err := world.Build(ctx, plan, world.Seeded(world.DefaultSeed))
	if err != nil {
		return nil, err
	}
	for _, p := range w.Parties {
		s.often[p.Name] = bounded(counts[first][p.Name], mostConfirmed)
		s.together[p.Name] = bounded(upTo(mostTogether, func(int) bool {
			_, ok := s.confirms(ctx, w, p, first, p.Name)
			return ok
		}), mostTogether)
	}
	return s, ctx.Err()
}

// bounded gives a count as [attacks.Service] has it: 0 for as often as anybody wants,
// and -1 for never.
func bounded(n, most int) int {
	switch n {
	case most:
		return 0
	case 0:
		return -1
	}
	return n
}

// upTo counts how often something can be done, to a bound.
func upTo(most int, can func(n int) bool) (n int) {
	for n < most && can(n) {
		n++
	}
	return n
}

// need finds the facts without which something cannot be confirmed and redeemed, by
// anybody, and with which it can.
func (s *stock) need(ctx context.Context, plan *world.Plan, customers []string) error {
	built, err := world.Build(ctx, plan, world.Seeded(world.DefaultSeed))
	if err != nil {
		return err
	}
	for _, party := range built.Parties {
		can := func(facts func(customer string) tokens.Facts) (tokens.Facts, bool) {
			for _, customer := range customers {
				w, err := world.Build(ctx, plan, world.Seeded(world.DefaultSeed))
				if err != nil {
					return nil, false
				}
				p, err := w.Service(party.Name)
				if err != nil {
					return nil, false
				}
				said := facts(customer)
				with := stock{facts: said}
				if raw, ok := with.confirms(ctx, w, p, customer, "tried"); ok && redeems(ctx, w, "tried", raw) {
					return said, true
				}
			}
			return nil, false
		}
		if _, without := can(func(string) tokens.Facts { return nil }); without {
			continue
		}
		facts, with := can(func(customer string) tokens.Facts {
			first, _ := party.Facts(customer)
			return first
		})
		for name, value := range facts {
			if _, said := s.facts[name]; with && !said {
				if s.facts == nil {
					s.facts = tokens.Facts{}
				}
				s.facts[name] = value
			}
		}
	}
	return ctx.Err()
}

// confirms reports whether a service confirms its sample in an order, which is opened
// when it is not there, and gives the token.
func (s *stock) confirms(ctx context.Context, w *world.World, p world.Party, customer, order string) (raw string, ok bool) {
	if _, err := w.Relay.Session(order); err != nil {
		if _, err := w.Relay.Open(ctx, order, customer, s.facts); err != nil {
			return "", false
		}
	}
	_, issued, err := client.Unseen(w).Confirm(ctx, order, p.Sample(customer), client.Wanted{})
	return issued.Raw, err == nil
}

// redeems reports whether an order of one token can be redeemed.
func redeems(ctx context.Context, w *world.World, order, raw string) bool {
	c := client.Unseen(w)
	if _, err := c.Relay(ctx, order, c.Loose(raw)); err != nil {
		return false
	}
	snap, err := c.Redeem(ctx, order, nil)
	return err == nil && snap.State == orchestrator.Completed
}

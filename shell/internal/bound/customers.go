// Customers: whose orders are explored.

package bound

import (
	"context"

	"tokenshell/issuers"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// mostAsked is how many customers are asked at most whether anything can be
// confirmed for them.
const mostAsked = 50

// Able gives the first customer for whom the most services confirm something, and
// the choices that they confirm; the first choice of a service that confirms none.
func Able(ctx context.Context, plan *world.Plan) (customer string, err error) {
	best := -1
	for _, name := range plan.Customers[:min(mostAsked, len(plan.Customers))] {
		making := world.Seeded(world.DefaultSeed)
		making.Again = true
		w, err := world.Build(ctx, plan, making)
		if err != nil {
			return "", err
		}
		n := 0
		for _, p := range w.InKindOrder() {
			if _, ok := Confirmable(ctx, w, p, name); ok {
				n++
			}
		}
		if n > best {
			customer, best = name, n
		}
		if n == len(w.Parties) {
			break
		}
	}
	return customer, nil
}

// ConfirmableLast gives the last choice of a customer that a service confirms; no when it
// confirms one of somebody else for that customer, too, or just not so much of it.
func ConfirmableLast(ctx context.Context, w *world.World, p world.Party, others world.Choice, customer string) (last world.Choice, ok bool) {
	facts, _ := p.Facts(customer)
	order := issuers.Order{ID: "op_1", Customer: customer, Facts: facts}
	saved := w.Save()
	defer w.Restore(saved)
	if _, err := others.Ask(ctx, order); err == nil {
		return world.Choice{}, false
	}
	for _, choice := range p.Choices(customer) {
		if _, err := choice.Ask(ctx, order); err == nil && choice.Kind != others.Kind {
			last, ok = choice, true
		}
		w.Restore(saved)
	}
	return last, ok
}

// Confirmable gives a customer's first choice that a service confirms and redeems
// with the facts that an order says at first; else the first that it confirms; the
// first of all, and no, when it confirms none.
func Confirmable(ctx context.Context, w *world.World, p world.Party, customer string) (first world.Choice, ok bool) {
	all := p.Choices(customer)
	if len(all) == 0 {
		return world.Choice{}, false
	}
	facts, _ := p.Facts(customer)
	saved := w.Save()
	defer w.Restore(saved)
	first = all[0]
	order := issuers.Order{ID: "op_1", Customer: customer, Facts: facts}
	for _, choice := range all {
		issued, err := choice.Ask(ctx, order)
		if err != nil {
			continue
		}
		if !ok {
			first, ok = choice, true
		}
		said := tokens.Redemption{Token: issued.Raw, Session: tokens.Session{Order: order.ID, Customer: customer}, Facts: facts, Attempt: "att_1"}
		if _, err := p.Redeem(ctx, said); err == nil {
			return choice, true
		}
		w.Restore(saved) // what it holds would be less for the next
	}
	return first, ok
}

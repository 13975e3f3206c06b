// Customers: whose orders are explored.

package bound

import (
	"context"

	"tokenshell/issuers"
	"tokenshell/shell/internal/world"
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

// Confirmable gives a customer's first choice that a service confirms; the first of
// all, and no, when it confirms none.
func Confirmable(ctx context.Context, w *world.World, p world.Party, customer string) (first world.Choice, ok bool) {
	all := p.Choices(customer)
	if len(all) == 0 {
		return world.Choice{}, false
	}
	facts, _ := p.Facts(customer)
	saved := w.Save()
	defer w.Restore(saved)
	for _, choice := range all {
		if _, err := choice.Ask(ctx, issuers.Order{ID: "op_1", Customer: customer, Facts: facts}); err == nil {
			return choice, true
		}
	}
	return all[0], false
}

// Told: what a plan says of itself.

package world

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"tokenshell/shell/internal/exit"
)

// Another reads another world file, which may say what this plan's could.
func (p *Plan) Another(path string, source []byte) (*Plan, error) {
	plan, err := Parse(p.kinds, path, source)
	if err == nil {
		plan.Source = source
	}
	return plan, err
}

// RedeemOrder gives the services in the order in which they redeem.
func (p *Plan) RedeemOrder() []string { return slices.Clone(p.redeemOrder) }

// order holds redeem_order against the domains that there are.
func (r *Reader) order(order, names []string) {
	for i, name := range order {
		at := fmt.Sprintf("$.redeem_order[%d]", i)
		switch {
		case !slices.Contains(names, name):
			r.Fail(at, "redeem_order names %q, and the world has no such domain: %s", name, exit.Meant(name, names, "there is "+strings.Join(names, ", ")))
		case slices.Contains(order[:i], name):
			r.Fail(at, "redeem_order names %q twice: each domain stands there once", name)
		}
	}
	for _, name := range names {
		if !slices.Contains(order, name) {
			r.Fail("$.redeem_order", "redeem_order forgets %q: it names each of %s once", name, strings.Join(names, ", "))
		}
	}
}

// Written gives the struct that mirrors the file, as it was filled; see [Shape].
func (p *Plan) Written() reflect.Value { return p.shape.into.Elem() }

// Currency gives the world's currency (ISO 4217).
func (p *Plan) Currency() string { return p.currency }

// Text gives the file, also of the embedded world.
func (p *Plan) Text() []byte {
	if p.Source == nil {
		return embeddedWorld
	}
	return p.Source
}

// Carried gives the facts that the file lists.
func (p *Plan) Carried() []string { return slices.Clone(p.facts) }

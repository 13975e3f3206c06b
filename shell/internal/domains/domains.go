// Package domains has a file for each domain: everything that a world and a
// shell know about it.
package domains

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/internal/world"
)

// Domain is a domain as one value: what a world knows of it, and what a
// shell does.
type Domain struct {
	world.Kind
	// Verbs makes a struct whose fields are verbs, for the grammar.
	Verbs func() any
	// Offers are what Tab offers, by the complete tags of the verbs.
	Offers map[string]interp.Offer
}

// All are the domains that tokenshell comes with, and any that a world file declares.
func All() []Domain { return And() }

// And gives All, with some more that are made in Go.
func And(more ...Domain) []Domain {
	made := append([]Domain{couponsKind(), pointsKind(), paymentsKind()}, more...)
	return append(made, declaring(made))
}

// Of gives the domains of some kinds: those of all, and those that a world file
// declares.
func Of(kinds []*world.Kind, all []Domain) []Domain {
	var found []Domain
	for _, k := range kinds {
		if k.Declaration != nil {
			found = append(found, declaredOf(k))
			continue
		}
		for _, d := range all {
			if d.Name == k.Name {
				found = append(found, d)
			}
		}
	}
	return found
}

// Confirms makes the verb confirm, which has that of each domain below it: a pointer
// to a struct whose field is a verb.
func Confirms(all []Domain) any {
	var fields []reflect.StructField
	var values []reflect.Value
	for _, d := range all {
		if d.Verbs == nil {
			continue
		}
		own := reflect.ValueOf(d.Verbs()).Elem().Field(0)
		about, has := own.Type().FieldByName("Confirm")
		if !has {
			continue
		}
		_, words, _ := strings.Cut(about.Tag.Get("example"), " confirm ")
		pairs := []string{"cmd", "", "name", d.Name, "help", about.Tag.Get("help"), "example", strings.TrimSpace("confirm " + d.Name + " " + words)}
		if d.Handle != d.Name {
			pairs = append(pairs, "aliases", d.Handle)
		}
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("Domain%d", len(fields)), Type: about.Type, Tag: tag(pairs...)})
		values = append(values, own.FieldByIndex(about.Index))
	}
	below := reflect.New(reflect.StructOf(fields))
	for i, v := range values {
		below.Elem().Field(i).Set(v)
	}
	return family(below.Interface(), "cmd", "", "name", "confirm", "group", "client", "help", "Have any of the domains confirm something.")
}

// Kinds gives what a world has to know of domains.
func Kinds(domains []Domain) []*world.Kind {
	kinds := make([]*world.Kind, len(domains))
	for i := range domains {
		kinds[i] = &domains[i].Kind
	}
	return kinds
}

// ConfirmFlags are the flags of every confirm.
type ConfirmFlags struct {
	Name string       `placeholder:"HANDLE" help:"What to call the token; unless given, a kind and a number, as in coupon-1."`
	TTL  *syntax.Span `name:"ttl" placeholder:"D" help:"How long it lives: 2m unless given, 5m at most."`
}

// confirmation is the JSON of a confirm.
type confirmation struct {
	Token        string   `json:"token"`
	JTI          string   `json:"jti"`
	Issuer       string   `json:"iss"`
	KeyID        string   `json:"kid"`
	Algorithm    string   `json:"alg"`
	Expires      int64    `json:"exp"`
	Order        string   `json:"order_processing_id"`
	Capabilities []string `json:"capabilities"`
}

// Confirm has a domain confirm a choice for the current order, and says what was
// issued. It is what the verb confirm of every domain does.
func Confirm(ctx context.Context, c *client.Client, out *answer.Out, choice world.Choice, flags ConfirmFlags) error {
	var ttl time.Duration
	if flags.TTL != nil {
		if ttl = time.Duration(*flags.TTL); ttl < time.Second {
			return exit.Usage("write one of 1s to 5m", "--ttl %s is too short", *flags.TTL)
		}
	}
	order, err := c.Current()
	if err != nil {
		return err
	}
	t, issued, err := c.Confirm(ctx, order, choice, client.Wanted{Handle: flags.Name, TTL: ttl})
	if err != nil {
		return err
	}
	said := confirmation{
		t.Handle, issued.Ref.ID, issued.Ref.Issuer, issued.KeyID, issued.Algorithm, issued.ExpiresAt.Unix(), issued.Ref.Order, issued.Capabilities,
	}
	return out.Show(said, func(w *page.Page) {
		fmt.Fprintf(w, "%s: %s for %s, expires %s\n", t.Handle, strings.Join(said.Capabilities, " "), w.In(page.ID, said.Order), w.In(page.Clock, c.When(issued.ExpiresAt)))
	})
}

// amountLesson is what to try next after amount_invalid, which several say.
const amountLesson = "points are whole, money has the currency's decimals: points confirm 500, payment confirm 80.00"

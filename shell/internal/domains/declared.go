// Declared: a domain that the world file declares, as a world and a shell know it.

package domains

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tokenshell/issuers"
	"tokenshell/issuers/declared"
	"tokenshell/shell/internal/declare"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/world"
	"tokenshell/shell/internal/yamlfile"
	"tokenshell/tokens"
)

// declaring is of no domain: it has a world read those that its file declares, beside
// some others.
func declaring(beside []Domain) Domain {
	return Domain{Kind: world.Kind{Section: func() world.Section { return &Declaring{beside: beside} }}}
}

// Declaring is what a world file says of domains of its own.
type Declaring struct {
	Domains declare.Section `yaml:"domains" like:"{stock: {capability: stock:reserve, holds: quota, things: [{id: MUG, units: 10}]}}" help:"Domains of your own. The name is that of a service, of its iss (stock.svc), of its tokens (stock-1) and of a verb."`

	World  declare.World // that they were read for
	All    []*declared.Declaration
	beside []Domain
}

// Said reports that no domain is said by it.
func (s *Declaring) Said() bool { return false }

// ReadCustomer has nothing to read.
func (s *Declaring) ReadCustomer(*world.Reader, string, string, any) {}

// Read reads the declarations.
func (s *Declaring) Read(r *world.Reader) {
	kinds := Kinds(s.beside)
	s.World = declare.World{Currency: r.Currency, Customers: r.Customers, Source: r.Source(), Reasons: append(world.Reasons(kinds), declared.Taken()...)}
	for _, k := range kinds {
		s.World.Names, s.World.Capabilities = append(s.World.Names, k.Name, k.Handle), append(s.World.Capabilities, k.Capability)
		s.World.Facts = append(s.World.Facts, k.Reads...)
	}
	var err error
	if s.All, err = s.Domains.Read(s.World); err != nil {
		r.Refuse(err)
	}
}

// Odd says what is odd about the declarations.
func (s *Declaring) Odd() []yamlfile.Note { return s.Domains.Odd(s.World, s.All) }

// Open is never asked for.
func (s *Declaring) Open(context.Context, world.Setting) (world.Domain, error) {
	return nil, errors.New("domains: what declares is no domain")
}

// Declared gives the domains that are declared.
func (s *Declaring) Declared() []world.Planned {
	all := make([]world.Planned, len(s.All))
	for i, d := range s.All {
		all[i] = world.Planned{Kind: declaredKind(d), Section: &declaredSection{d}}
	}
	return all
}

// declaredKind is a declared domain as a world knows it.
func declaredKind(d *declared.Declaration) *world.Kind {
	k := &world.Kind{
		Name: d.Name, Handle: d.Name, Capability: d.Capability, Seals: len(d.Sealed) > 0, Holds: holding(d),
		Verbs:   fmt.Sprintf("%[1]s list, %[1]s confirm, revoke, keys, view %[1]s", d.Name),
		Reasons: d.Reasons(), Lessons: map[tokens.Reason]string{}, Reads: d.Reads, Declaration: d,
	}
	list := d.Name + " list shows what there is"
	for _, row := range k.Reasons {
		k.Lessons[row.Reason] = "the world file says when: world show; session show shows what the order says"
	}
	k.Lessons[issuers.ThingUnknown], k.Lessons[issuers.QuotaExhausted] = list, list+" left; revoke gives back what is not redeemed"
	k.Lessons[issuers.BalanceInsufficient], k.Lessons[issuers.Declined] = list+" available", list+" available"
	for _, reason := range []tokens.Reason{issuers.ArgumentInvalid, issuers.AmountInvalid} {
		k.Lessons[reason] = fmt.Sprintf("help %s confirm says what it has to be", d.Name)
	}
	return k
}

// holding says what a domain sets aside, as a sentence goes on.
func holding(d *declared.Declaration) string {
	switch d.Holds {
	case declared.Quota:
		return "reserves some of a thing"
	case declared.Balance:
		return "holds an amount of the customer's account"
	case declared.Authorisation:
		return "authorises an amount within a limit"
	}
	return "says that something is so"
}

// declaredSection is a declared domain's part of a plan: there is nothing more to
// read.
type declaredSection struct{ *declared.Declaration }

// Said reports that the file says something of it.
func (s *declaredSection) Said() bool { return true }

// ReadCustomer has nothing to read.
func (s *declaredSection) ReadCustomer(*world.Reader, string, string, any) {}

// Read has nothing to read.
func (s *declaredSection) Read(*world.Reader) {}

// Open starts the service.
func (s *declaredSection) Open(ctx context.Context, in world.Setting) (world.Domain, error) {
	service, err := declared.New(ctx, declared.Config{Config: in.Config, Currency: in.Currency, Customers: in.Customers, Declaration: s.Declaration})
	if err != nil {
		return nil, err
	}
	return &declaredDomain{service, s.Declaration, in.Currency, in.Customers, in.Clock.Now()}, nil
}

// declaredDomain is the service in a world.
type declaredDomain struct {
	*declared.Service
	d         *declared.Declaration
	currency  string
	customers []string
	since     time.Time // when the world began: its choices are the same ever since
}

// Accounts gives what there is of each thing, or of each account.
func (d *declaredDomain) Accounts() world.Accounts {
	data := map[string]any{}
	var rows *page.Table
	switch d.d.Holds {
	case declared.Quota:
		rows = page.NewTable("THING", "USED", "LEFT")
		for _, l := range d.Everything() {
			row, left := map[string]any{"used": l.Used}, "unlimited"
			if l.Limited {
				row["left"], left = l.Left, declared.Text(l.Left)
			}
			data[l.ID] = row
			rows.Row(page.Rigid(l.ID), l.Used, page.Number(left))
		}
	case declared.Balance:
		rows = page.NewTable("CUSTOMER", "BALANCE", "HELD", "AVAILABLE")
		for _, customer := range d.customers {
			if b, err := d.Balance(customer); err == nil {
				data[customer] = map[string]any{"balance": declared.Plain(b.Standing), "held": declared.Plain(b.Held), "available": declared.Plain(b.Free)}
				rows.Row(customer, page.Number(declared.Text(b.Standing)), page.Number(declared.Text(b.Held)), page.Number(declared.Text(b.Free)))
			}
		}
	case declared.Authorisation:
		rows = page.NewTable("THING", "CUSTOMER", "LIMIT", "AUTHORISED", "CAPTURED", "AVAILABLE")
		for _, l := range d.Everything() {
			row := map[string]any{"limit": l.Of.Size, "authorised": l.Of.Held, "captured": l.Of.Taken, "available": l.Of.Free}
			for name, value := range row {
				row[name] = declared.Plain(value)
			}
			data[l.ID] = row
			rows.Row(page.Rigid(l.ID), page.OrDash(l.Customer), page.Number(declared.Text(l.Of.Size)), page.Number(declared.Text(l.Of.Held)),
				page.Number(declared.Text(l.Of.Taken)), page.Number(declared.Text(l.Of.Free)))
		}
	default:
		rows = page.NewTable("THING")
		for _, l := range d.Everything() {
			data[l.ID] = map[string]any{}
			rows.Row(page.Rigid(l.ID))
		}
	}
	return world.Accounts{Data: data, Rows: rows}
}

// Counts gives the same by name.
func (d *declaredDomain) Counts() map[string]string {
	counts := map[string]string{}
	for _, l := range d.Everything() {
		switch d.d.Holds {
		case declared.Quota:
			counts[d.d.Name+" "+l.ID] = fmt.Sprintf("%d used", l.Used)
		case declared.Authorisation:
			counts[d.d.Name+" "+l.ID] = fmt.Sprintf("%s authorised, %s captured of %s", declared.Text(l.Of.Held), declared.Text(l.Of.Taken), declared.Text(l.Of.Size))
		}
	}
	for _, customer := range d.customers {
		if b, err := d.Balance(customer); err == nil {
			counts[d.d.Name+" of "+customer] = fmt.Sprintf("%s, %s held", declared.Text(b.Standing), declared.Text(b.Held))
		}
	}
	return counts
}

// About says what a customer began with.
func (d *declaredDomain) About(customer string) string {
	if b, err := d.Balance(customer); err == nil {
		return declared.Text(b.Size) + " of " + d.d.Name
	}
	var own []string
	for i := range d.d.Things {
		if d.d.Things[i].Customer == customer {
			own = append(own, d.d.Things[i].ID)
		}
	}
	if len(own) == 0 {
		return ""
	}
	return d.d.Name + " " + page.Some(own)
}

// columns gives the names of a thing's columns, sorted.
func columns(things []declared.Thing) []string {
	names := map[string]bool{}
	for i := range things {
		for name := range things[i].Columns {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// aboutThing describes a thing to who may choose it.
func aboutThing(l *declared.Listed) string {
	var parts []string
	switch {
	case l.Limited:
		parts = append(parts, declared.Text(l.Left)+" left")
	case l.Left != nil:
		parts = append(parts, "any number")
	}
	for _, name := range columns([]declared.Thing{*l.Thing}) {
		if !slices.Contains([]string{"units", "per_customer", "limit", "customer"}, name) {
			parts = append(parts, name+" "+declared.Text(l.Columns[name]))
		}
	}
	return strings.Join(parts, ", ")
}

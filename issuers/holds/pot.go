// Package holds is the state machine of what confirmations set aside, whatever it
// is of: held until it is taken or given back, taken until that is undone, and
// never more than there is.
//
// One machine makes four kinds of holds, by what a hold is of. A quota is two pots,
// a thing's uses in all and those of a customer; a balance is the pot of an account;
// an authorisation the pot of an instrument, of which a commit may take less than
// was held; and what holds nothing has no pot.
package holds

import (
	"maps"
	"math"
	"slices"

	"tokenshell/tokens"
)

// Unlimited is the size of a pot without an end.
const Unlimited = math.MaxInt64

// Pot is an amount of which confirmations hold and take their parts. Neither is
// ever negative, nor both together more than its size.
type Pot struct {
	name string
	size int64
	sums
}

// sums are what changes of a pot.
type sums struct {
	held     int64
	taken    int64
	archived int64 // of what is taken, that of reservations that are forgotten
}

// Size gives how much there was in the beginning.
func (p *Pot) Size() int64 { return p.size }

// Held gives what is held and not taken.
func (p *Pot) Held() int64 { return p.held }

// Taken gives what was taken.
func (p *Pot) Taken() int64 { return p.taken }

// Free gives what is neither held nor taken.
func (p *Pot) Free() int64 { return p.size - p.held - p.taken }

// Limited reports whether there is an end.
func (p *Pot) Limited() bool { return p.size != Unlimited }

// Pots are all pots of a service. Whoever uses them holds its issuer's lock.
type Pots struct {
	fixed []*Pot
	added map[string]*Pot // made when they were needed, by name
}

// Pot makes one. Its name is for the audit.
func (p *Pots) Pot(name string, size int64) *Pot {
	pot := &Pot{name: name, size: size}
	p.fixed = append(p.fixed, pot)
	return pot
}

// Quota makes a quota of so many uses in all and for each customer.
func (p *Pots) Quota(name string, units, perCustomer int64) *Quota {
	return &Quota{all: p.Pot(name, units), each: perCustomer, pots: p}
}

// own gives the pot of that name, which is made when it is not there.
func (p *Pots) own(name string, size int64) *Pot {
	pot := p.added[name]
	if pot == nil {
		if pot = (&Pot{name: name, size: size}); p.added == nil {
			p.added = map[string]*Pot{}
		}
		p.added[name] = pot
	}
	return pot
}

// every calls f with every pot, the fixed ones first.
func (p *Pots) every(f func(*Pot)) {
	for _, pot := range p.fixed {
		f(pot)
	}
	for _, pot := range p.added {
		f(pot)
	}
}

// savedPot is what changes of a pot, and where it stands.
type savedPot struct {
	at *Pot
	sums
}

// SaveCounts gives what changes of the pots; see [issuers.Saver].
func (p *Pots) SaveCounts() any {
	saved := make([]savedPot, 0, len(p.fixed)+len(p.added))
	p.every(func(pot *Pot) { saved = append(saved, savedPot{pot, pot.sums}) })
	return saved
}

// RestoreCounts takes it back; see [issuers.Saver].
func (p *Pots) RestoreCounts(from any) {
	clear(p.added) // which may have been made since
	for i, saved := range from.([]savedPot) {
		if saved.at.sums = saved.sums; i >= len(p.fixed) {
			p.added[saved.at.name] = saved.at
		}
	}
}

// CanonCounts writes the pots; see [issuers.Saver]. One that was made for nothing
// that is left is none.
func (p *Pots) CanonCounts(w tokens.Canon) {
	for _, pot := range p.fixed {
		pot.canon(w)
	}
	if len(p.added) > 0 {
		for _, name := range slices.Sorted(maps.Keys(p.added)) {
			if pot := p.added[name]; pot.sums != (sums{}) {
				w.Text(name)
				pot.canon(w)
			}
		}
	}
	w.Text("")
}

func (p *Pot) canon(w tokens.Canon) {
	w.Int(int(p.held))
	w.Int(int(p.taken))
	w.Int(int(p.archived))
}

// Quota is the uses of one thing: in all, and by each customer.
type Quota struct {
	all  *Pot
	each int64 // of a customer
	pots *Pots
}

// Left gives the uses that remain for a customer; limited is false when there is no
// limit.
func (q *Quota) Left(customer string) (left int64, limited bool) {
	left = q.all.Free()
	if q.each != Unlimited {
		own := q.each
		if pot := q.pots.added[q.ownName(customer)]; pot != nil {
			own = pot.Free()
		}
		left = min(left, own)
	}
	return left, q.all.Limited() || q.each != Unlimited
}

// Used gives the uses by everybody, held and taken.
func (q *Quota) Used() int64 { return q.all.held + q.all.taken }

// Limits gives the size in all and for each customer; [Unlimited] is none.
func (q *Quota) Limits() (all, each int64) { return q.all.size, q.each }

// Of gives the pots that a customer's hold is of.
func (q *Quota) Of(customer string) []*Pot {
	if q.each == Unlimited {
		return []*Pot{q.all}
	}
	return []*Pot{q.all, q.pots.own(q.ownName(customer), q.each)}
}

func (q *Quota) ownName(customer string) string { return q.all.name + " for " + customer }

// Outsiders: the outside issuers that a relay trusts.

package world

import (
	"slices"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/internal/wire"
	"tokenshell/tokens"
)

// Outsider is a trusted outside issuer.
type Outsider struct {
	Issuer  tokens.Issuer
	Keys    tokens.StaticKeys
	Service string   // its stand-in; empty when its capabilities lead elsewhere
	Standin *standin // nil likewise
}

// Trust has the relay trust an outsider, whose tokens go to a stand-in when
// service names one.
func (w *World) Trust(o *Outsider, service string) error {
	inside, err := w.Inspector()
	if err != nil {
		return err
	}
	var to *orchestrator.Service
	if service != "" {
		if !syntax.IsName(service, 64) {
			return exit.Usage("write up to 64 of A-Z a-z 0-9 . _ -", "%q is not a name for a service", service)
		}
		if p, err := w.Service(service); err == nil { // by any of its spellings
			return exit.Usage("choose another --service", "%q is a service already: %s", service, p.Name)
		}
		if other := w.LooksLike(service); other != "" {
			return exit.Usage("choose another --service", "%q could be taken for %s", service, other)
		}
		o.Service, o.Standin = service, newStandin(w, service, o.Issuer)
		if at := slices.IndexFunc(w.Standins, func(s *standin) bool { return s.Name == service }); at >= 0 {
			if slices.ContainsFunc(w.Outsiders, func(other *Outsider) bool { return other.Service == service }) {
				return exit.Usage("choose another --service", "%q is a service already", service)
			}
			w.Standins = slices.Delete(w.Standins, at, at+1)
		}
		to = &orchestrator.Service{Name: service, Redeemer: w.Reach(wire.Relay, service, o.Standin), Remembers: w.standinBooks.Remembers}
	}
	if err := inside.Trust(o.Issuer, to); err != nil {
		return exit.Usage("trust list shows them", "%v", err)
	}
	w.Outsiders = append(w.Outsiders, o)
	if o.Standin != nil {
		w.Standins = append(w.Standins, o.Standin)
	}
	return nil
}

// Peek takes a token apart, with the names that a trusted issuer has for claims.
func (w *World) Peek(raw string) (tokens.Unverified, error) {
	if seen, known := w.peeked[raw]; known && w.Outsider(seen.Ref.Issuer) == nil {
		return seen, nil
	}
	seen, err := w.memory.PeekAs(raw, func(iss string) (tokens.Issuer, bool) {
		o := w.Outsider(iss)
		if o == nil {
			return tokens.Issuer{}, false
		}
		return o.Issuer, true
	})
	if err == nil && w.peeked != nil && w.Outsider(seen.Ref.Issuer) == nil {
		if len(w.peeked) >= mostPeeked {
			clear(w.peeked)
		}
		w.peeked[raw] = seen
	}
	return seen, err
}

// mostPeeked is how many texts are remembered; it starts again then.
const mostPeeked = 1 << 12

// Outsider finds a trusted outside issuer; nil when there is none.
func (w *World) Outsider(iss string) *Outsider {
	at := slices.IndexFunc(w.Outsiders, func(o *Outsider) bool { return o.Issuer.Name == iss })
	if at < 0 {
		return nil
	}
	return w.Outsiders[at]
}

// Distrust has the relay trust an outside issuer no more.
func (w *World) Distrust(iss string) (*Outsider, error) {
	inside, err := w.Inspector()
	if err != nil {
		return nil, err
	}
	o := w.Outsider(iss)
	if o == nil {
		return nil, exit.Usage("trust list shows them", "%q is not an outside issuer that the relay trusts", iss)
	}
	inside.Distrust(iss)
	w.Outsiders = slices.DeleteFunc(w.Outsiders, func(other *Outsider) bool { return other == o })
	return o, nil
}

// Trusts reports whether the relay is known to trust an issuer.
func (w *World) Trusts(iss string) bool {
	if w.inside != nil {
		return slices.Contains(w.inside.Trusted(), iss)
	}
	_, err := w.Issuer(iss)
	return err == nil
}

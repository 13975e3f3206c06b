// Outsiders: the outside issuers that a relay trusts.

package shell

import (
	"slices"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/exit"
	"tokenshell/tokens"
)

// outsider is a trusted outside issuer.
type outsider struct {
	issuer  tokens.Issuer
	keys    tokens.StaticKeys
	service string   // its stand-in; empty when its capabilities lead elsewhere
	standin *standin // nil likewise
}

// trust has the relay trust an outsider, whose tokens go to a stand-in when
// service names one.
func (w *World) trust(o *outsider, service string) error {
	inside, err := w.Inspector()
	if err != nil {
		return err
	}
	var to *orchestrator.Service
	if service != "" {
		if !handlePattern.MatchString(service) || len(service) > 64 || slices.Contains([]string{"relay", "kms", "client"}, service) {
			return exit.Usage("write up to 64 of A-Z a-z 0-9 . _ -", "%q is no name for a service", service)
		}
		if p, err := w.service(service); err == nil { // by any of its spellings
			return exit.Usage("choose another --service", "%q is a service already: %s", service, p.Name)
		}
		o.service, o.standin = service, newStandin(w, service, o.issuer)
		if at := slices.IndexFunc(w.standins, func(s *standin) bool { return s.name == service }); at >= 0 {
			if slices.ContainsFunc(w.outsiders, func(other *outsider) bool { return other.service == service }) {
				return exit.Usage("choose another --service", "%q is a service already", service)
			}
			o.standin.books = w.standins[at].books // what it accepted once stays accepted
			w.standins = slices.Delete(w.standins, at, at+1)
		}
		to = &orchestrator.Service{Name: service, Redeemer: w.reach("relay", service, o.standin)}
	}
	if err := inside.Trust(o.issuer, to); err != nil {
		return exit.Usage("trust list shows them", "%v", err)
	}
	w.outsiders = append(w.outsiders, o)
	if o.standin != nil {
		w.standins = append(w.standins, o.standin)
	}
	return nil
}

// peek takes a token apart, with the names that a trusted issuer has for claims.
func (w *World) peek(raw string) (tokens.Unverified, error) {
	return tokens.PeekAs(raw, func(iss string) (tokens.Issuer, bool) {
		o := w.outsider(iss)
		if o == nil {
			return tokens.Issuer{}, false
		}
		return o.issuer, true
	})
}

// outsider finds a trusted outside issuer; nil when there is none.
func (w *World) outsider(iss string) *outsider {
	at := slices.IndexFunc(w.outsiders, func(o *outsider) bool { return o.issuer.Name == iss })
	if at < 0 {
		return nil
	}
	return w.outsiders[at]
}

// distrust has the relay trust an outside issuer no more.
func (w *World) distrust(iss string) (*outsider, error) {
	inside, err := w.Inspector()
	if err != nil {
		return nil, err
	}
	o := w.outsider(iss)
	if o == nil {
		return nil, exit.Usage("trust list shows them", "%q is no outside issuer that the relay trusts", iss)
	}
	inside.Distrust(iss)
	w.outsiders = slices.DeleteFunc(w.outsiders, func(other *outsider) bool { return other == o })
	return o, nil
}

// trusts reports whether the relay is known to trust an issuer.
func (w *World) trusts(iss string) bool {
	if w.inside != nil {
		return slices.Contains(w.inside.Trusted(), iss)
	}
	_, err := w.issuer(iss)
	return err == nil
}

// The registry: whom the relay trusts to grant what, and where it leads.

package orchestrator

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"tokenshell/tokens"
)

// registry may change while the relay works.
type registry struct {
	mu       sync.RWMutex
	issuers  map[string]tokens.Issuer
	routes   map[string]string // iss: a service of its own, whatever its capabilities
	services []Service         // in the order of redemption
	aside    *savedTrust       // what it was put aside as; nil when it has changed since
}

func newRegistry(c Config) *registry {
	r := &registry{issuers: map[string]tokens.Issuer{}, routes: map[string]string{}, services: slices.Clone(c.Services)}
	for _, issuer := range c.Issuers {
		r.issuers[issuer.Name] = issuer
	}
	return r
}

func (r *registry) issuer(iss string) (tokens.Issuer, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	issuer, ok := r.issuers[iss]
	return issuer, ok
}

// order gives the services in the order of redemption.
func (r *registry) order() []Service {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Clone(r.services)
}

// service finds a service. The error is a [tokens.Failure]: one that is not known
// any more, for the relay was started again without it, does not answer.
func (r *registry) service(name string) (Redeemer, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	at := slices.IndexFunc(r.services, func(s Service) bool { return s.Name == name })
	if at < 0 {
		return nil, &tokens.Failure{Party: name, Err: errors.New("this relay knows no such service")}
	}
	return r.services[at].Redeemer, nil
}

// route gives the one service that the token's capabilities lead to.
func (r *registry) route(c *tokens.Claims) (string, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	route := r.routes[c.Issuer]
	if route != "" {
		return route, nil
	}
	for _, capability := range c.Capabilities {
		at := slices.IndexFunc(r.services, func(s Service) bool { return slices.Contains(s.Capabilities, capability) })
		if at < 0 {
			return "", tokens.Refuse(tokens.CapabilityNotAllowed, "no service does %q", capability)
		}
		if name := r.services[at].Name; route != "" && route != name {
			return "", tokens.Refuse(tokens.CapabilityNotAllowed, "the capabilities lead to both %s and %s", route, name)
		} else {
			route = name
		}
	}
	if route == "" {
		return "", tokens.Refuse(tokens.CapabilityNotAllowed, "the token carries no capability")
	}
	return route, nil
}

// Trust has the relay accept an outside issuer's tokens. They go to service,
// which comes last in the order of redemption when it is new; without one, to
// where their capabilities lead. The error says that the issuer is known
// already, or that the service's name is taken.
func (r *Relay) Trust(issuer tokens.Issuer, service *Service) error {
	g := r.registry
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, known := g.issuers[issuer.Name]; known {
		return fmt.Errorf("%q is an issuer already", issuer.Name)
	}
	g.aside = nil
	if service != nil {
		at := slices.IndexFunc(g.services, func(s Service) bool { return s.Name == service.Name })
		switch {
		case at < 0:
			g.services = append(g.services, *service)
		case len(g.services[at].Capabilities) > 0 || slices.Contains(slices.Collect(maps.Values(g.routes)), service.Name):
			return fmt.Errorf("%q is a service already", service.Name)
		default:
			g.services[at] = *service // its issuer was trusted no more, and now another is
		}
		g.routes[issuer.Name] = service.Name
	}
	g.issuers[issuer.Name] = issuer
	return nil
}

// Distrust has the relay accept no more tokens of an issuer. What it accepted
// goes its way.
func (r *Relay) Distrust(iss string) {
	r.registry.mu.Lock()
	defer r.registry.mu.Unlock()
	r.registry.aside = nil
	delete(r.registry.issuers, iss)
	delete(r.registry.routes, iss)
}

// Trusted gives the names of all issuers whose tokens the relay accepts, sorted.
func (r *Relay) Trusted() []string {
	r.registry.mu.RLock()
	defer r.registry.mu.RUnlock()
	return slices.Sorted(maps.Keys(r.registry.issuers))
}

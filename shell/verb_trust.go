// trust: issuers that tokenshell did not make.

package shell

import (
	"fmt"
	"slices"
	"strings"

	"tokenshell/issuers"
	"tokenshell/orchestrator"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/tokens"
)

type trustVerb struct {
	Add    trustAdd    `cmd:"" help:"Have the relay accept an outside issuer's tokens." example:"trust add https://club.example --jwks club.json --capability club:redeem --service club"`
	List   trustList   `cmd:"" looks:"" help:"List whom the relay trusts." example:"trust list"`
	Remove trustRemove `cmd:"" help:"Have the relay accept an outside issuer's tokens no more." example:"trust remove https://club.example"`
}

// outsider is a trusted outside issuer.
type outsider struct {
	issuer  tokens.Issuer
	keys    tokens.StaticKeys
	service string   // its stand-in; empty when its capabilities lead elsewhere
	standin *standin // nil likewise
}

// outsiderState is an issuer in the JSON of trust.
type outsiderState struct {
	Issuer       string   `json:"iss"`
	Service      string   `json:"service"`
	Capabilities []string `json:"capabilities"`
	Keys         []string `json:"keys"`
}

func (o *outsider) state() outsiderState {
	s := outsiderState{o.issuer.Name, o.service, o.issuer.Capabilities, []string{}}
	for _, key := range o.keys {
		s.Keys = append(s.Keys, key.ID)
	}
	return s
}

type trustAdd struct {
	Issuer     string   `arg:"" name:"iss" help:"Its iss, exactly as its tokens say it."`
	JWKS       string   `name:"jwks" required:"" complete:"file" placeholder:"FILE" help:"Its key set (RFC 7517), checked when it is read."`
	Capability []string `required:"" sep:"none" placeholder:"CAP" help:"What it may grant; may be repeated."`
	Service    string   `placeholder:"NAME" help:"A stand-in that its tokens go to, and that accepts each once."`
	Profile    string   `complete:"file" placeholder:"FILE" help:"YAML: what its tokens do differently (typ, header, audience, claims, max_lifetime, leeway)."`
}

// Run trusts an issuer.
func (v *trustAdd) Run(c *call) error {
	if !redact.IsID(v.Issuer) {
		return exit.Usage("write up to 128 printable ASCII characters", "this is no name for an issuer")
	}
	if _, err := c.world.issuer(v.Issuer); err == nil {
		return exit.Usage("trust is for others", "%s is a service of this world", v.Issuer)
	}
	for _, capability := range v.Capability {
		if !redact.IsID(capability) {
			return exit.Usage("write one such as loyalty:redeem", "%q is no capability", capability)
		}
	}
	text, err := c.readFile(v.JWKS, tokenFileLimit)
	if err != nil {
		return err
	}
	keys, err := tokens.ParseKeySet(text)
	if err != nil {
		return exit.Input(v.JWKS, 0, err.Error())
	}
	profile, err := c.readProfile(v.Profile)
	if err != nil {
		return err
	}
	o := &outsider{issuer: tokens.Issuer{Name: v.Issuer, Keys: keys, Capabilities: slices.Clone(v.Capability), Profile: profile}, keys: keys}
	if err := c.world.trust(o, v.Service); err != nil {
		return err
	}
	return c.out.Show(o.state(), func(w *page.Page) {
		fmt.Fprintf(w, "%s is trusted for %s, %d keys%s\n", v.Issuer, strings.Join(v.Capability, " "), len(keys), page.Prefixed(", its tokens go to ", v.Service))
	})
}

// trust has the relay trust an outsider, whose tokens go to a stand-in when
// service names one.
func (w *World) trust(o *outsider, service string) error {
	var to *orchestrator.Service
	if service != "" {
		if !handlePattern.MatchString(service) || len(service) > 64 || slices.Contains([]string{"relay", "kms", "client"}, service) {
			return exit.Usage("write up to 64 of A-Z a-z 0-9 . _ -", "%q is no name for a service", service)
		}
		if p, err := w.service(service); err == nil { // by any of its spellings
			return exit.Usage("choose another --service", "%q is a service already: %s", service, p.name)
		}
		o.service, o.standin = service, newStandin(w, service, o.issuer)
		if at := slices.IndexFunc(w.standins, func(s *standin) bool { return s.name == service }); at >= 0 {
			if slices.ContainsFunc(w.outsiders, func(other *outsider) bool { return other.service == service }) {
				return exit.Usage("choose another --service", "%q is a service already", service)
			}
			o.standin.books = w.standins[at].books // what it accepted once stays accepted
			w.standins = slices.Delete(w.standins, at, at+1)
		}
		to = &orchestrator.Service{Name: service, Redeemer: w.reach("relay", service, watchedRedeemer{o.standin, w.witness})}
	}
	if err := w.relay.Trust(o.issuer, to); err != nil {
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

type trustList struct{}

// Run lists issuers: our own, and the outsiders.
func (v *trustList) Run(c *call) error {
	data := struct {
		Issuers []outsiderState `json:"issuers"`
	}{[]outsiderState{}}
	rows := page.NewTable("ISSUER", "SERVICE", "CAPABILITIES", "KEYS")
	add := func(s outsiderState) {
		data.Issuers = append(data.Issuers, s)
		rows.Row(page.Rigid(s.Issuer), page.Rigid(page.OrDash(s.Service)), strings.Join(s.Capabilities, " "), strings.Join(s.Keys, " "))
	}
	for _, p := range c.world.parties {
		s := outsiderState{issuers.IssuerName(p.name), p.name, []string{p.capability}, []string{}}
		for _, key := range p.domain.Keys().JWKS().Keys {
			s.Keys = append(s.Keys, key.KeyID)
		}
		add(s)
	}
	for _, o := range c.world.outsiders {
		add(o.state())
	}
	return c.out.Show(data, rows.Write)
}

type trustRemove struct {
	Issuer string `arg:"" complete:"outsider" name:"iss" help:"The outside issuer."`
}

// Run trusts an issuer no more.
func (v *trustRemove) Run(c *call) error {
	o := c.world.outsider(v.Issuer)
	if o == nil {
		return exit.Usage("trust list shows them", "%q is no outside issuer that the relay trusts", v.Issuer)
	}
	c.world.relay.Distrust(v.Issuer)
	c.world.outsiders = slices.DeleteFunc(c.world.outsiders, func(other *outsider) bool { return other == o })
	return c.out.Show(o.state(), func(w *page.Page) { fmt.Fprintf(w, "%s is trusted no more\n", v.Issuer) })
}

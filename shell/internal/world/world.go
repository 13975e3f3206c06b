// Package world composes a world: clock, seed, KMS, services, relay and log, of
// which nothing is shared with another.
package world

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"tokenshell/issuers"
	"tokenshell/kmsmock"
	"tokenshell/orchestrator"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/life"
	"tokenshell/shell/internal/logbook"
	"tokenshell/shell/internal/wire"
	"tokenshell/shell/internal/witness"
	"tokenshell/tokens"
)

// Epoch is where a frozen clock stands in the beginning.
var Epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// DefaultSeed is the seed of scenarios, attacks and explorations unless another
// is given.
const DefaultSeed = 1

// World owns everything that a scenario can touch. Nothing of it is shared
// with another world.
type World struct {
	Plan     *Plan
	Clock    *tokens.WorldClock
	Leeway   *Leeway
	Mint     *tokens.Mint
	KMS      *kmsmock.KMS
	Log      *logbook.Logbook
	Wire     *wire.Wire
	Faults   *wire.Faults
	Witness  *witness.Witness
	weakness tokens.Weakness

	Lifetime time.Duration // of a token whose client wants no other; 0 is what the domains give it

	leftOut, bornWithout, everLeftOut []string // rules: now, in the beginning, and at any time

	Parties []Party // in the order of redemption
	Relay   Relay   // as the client reaches it, over the wire
	reached Relay   // the relay itself
	inside  Inspector
	own     *orchestrator.Relay          // nil when it is somebody else's
	life    *life.Life                   // of our own
	second  *orchestrator.Relay          // another over the same store; nil for none
	life2   *life.Life                   // of that
	memory  *tokens.Memory               // of texts that come again; nil for none
	peeked  map[string]tokens.Unverified // what they say, if no outside issuer made them; nil as memory is

	Outsiders []*Outsider // the outside issuers that the relay trusts
	Standins  []*standin  // also of those that it trusts no more

	standinBooks *standinBooks

	parts []Part // all that may change; see partsOf
}

// Party is a domain service of a world.
type Party struct {
	*Kind
	Domain
}

// NameOrNone gives the name; empty when there is no such party.
func (p Party) NameOrNone() string {
	if p.Kind == nil {
		return ""
	}
	return p.Name
}

// Making says how a world is made of a plan.
type Making struct {
	Seed  *uint64                         // nil is a random seed and live time; else time is frozen at [Epoch]
	Relay func(orchestrator.Config) Relay // makes the relay; nil is our own

	Store  orchestrator.Store // of our own relay, with its ledger; nil is memory
	Ledger orchestrator.Ledger

	Live bool   // time is live, though there is a seed
	IDs  string // has another world of the same seed make other ids, of the same keys

	// Again is for a world that is taken back many times: what follows from a text
	// is remembered, and nothing is told of what happens.
	Again bool

	// Memory is of texts that come again in other worlds of the same seed, which have
	// the same keys and so the same tokens. Nil is of this world alone, if it is made Again.
	Memory *tokens.Memory
}

// Seeded makes a world with a seed.
func Seeded(seed uint64) Making { return Making{Seed: &seed} }

// Build makes a world.
func Build(ctx context.Context, plan *Plan, m Making) (*World, error) {
	return BuildWeak(ctx, plan, m, tokens.Weakness{})
}

// openServices has the operator make the keys, and starts each service.
func (w *World) openServices(ctx context.Context) error {
	for _, d := range w.Plan.domains {
		if err := w.NewSigningKey(ctx, d.Kind.Name); err != nil {
			return err
		}
	}
	for _, d := range w.Plan.domains {
		if !d.Kind.Seals {
			continue
		}
		if err := w.newKey(ctx, sealingAlias(d.Kind.Name), types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt); err != nil {
			return err
		}
	}
	for _, name := range w.Plan.redeemOrder {
		at := slices.IndexFunc(w.Plan.domains, func(d Planned) bool { return d.Kind.Name == name })
		d := w.Plan.domains[at]
		opened, err := d.Section.Open(ctx, Setting{w.issuerConfig(d.Kind), w.Plan.currency, w.Plan.Customers})
		if err != nil {
			return err
		}
		w.Parties = append(w.Parties, Party{d.Kind, opened})
	}
	return nil
}

func (w *World) issuerConfig(k *Kind) issuers.Config {
	c := issuers.Config{
		Service: k.Name, Capability: k.Capability, KMS: wiredKMS{w.KMS, w.Wire, k.Name}, SigningAlias: signingAlias(k.Name),
		Clock: w.Clock.Of(k.Name), Leeway: w.Leeway.Get, Mint: w.Mint, Log: w.Log, Weakness: w.weakness, Memory: w.memory, Owed: w.owed,
	}
	if k.Seals {
		c.SealingAlias = sealingAlias(k.Name)
	}
	return c
}

// openRelay starts a relay over a store and a ledger, both in memory unless given.
func (w *World) openRelay(m Making) {
	w.life = &life.Life{Name: wire.Relay, Store: m.Store, Ledger: m.Ledger, Wire: w.Wire, Used: w.Witness.Used}
	if m.Store == nil {
		w.life.Store, w.life.Ledger = orchestrator.NewMemoryStore(), orchestrator.NewNamingLedger()
	}
	c := orchestrator.Config{Clock: w.Clock.Of(wire.Relay), Leeway: w.Leeway.Get, Mint: w.Mint, Weakness: w.weakness, Memory: w.memory}
	w.life.Begin(&c, w.Log)
	for _, p := range w.Parties {
		c.Services = append(c.Services, orchestrator.Service{Name: p.Name, Capabilities: []string{p.Capability}, Redeemer: w.Reach(wire.Relay, p.Name, p.Domain), Remembers: p.Remembers})
		c.Issuers = append(c.Issuers, tokens.Issuer{Name: p.Issuer(), Keys: p.Keys(), Capabilities: []string{p.Capability}})
	}
	w.Relay = wiredRelay{w}
	w.Wire.Restart = func(relay, why string) error { return w.restart(context.Background(), relay, false, why) }
	if m.Relay != nil {
		w.reached = m.Relay(c)
		w.inside, _ = w.reached.(Inspector) // nil when it is somebody else's
		return
	}
	w.own = orchestrator.New(c)
	w.reached, w.inside = w.own, w.own
}

// owed reports whether an order may still have to be taken back, as far as
// anybody knows here.
func (w *World) owed(order string) bool {
	snap, err := w.Relay.Session(order)
	return err == nil && (snap.State == orchestrator.Redeeming || snap.State == orchestrator.Stuck)
}

// Reach gives a service as one party reaches it: over the wire, with the witness
// behind it, which sees what really happened.
func (w *World) Reach(from, name string, service orchestrator.Redeemer) orchestrator.Redeemer {
	return wiredService{witness.Watched{Redeemer: service, By: w.Witness}, w.Wire, from, name}
}

func signingAlias(service string) string { return "alias/" + service + "-signing" }

func sealingAlias(service string) string { return "alias/" + service + "-sealing" }

// NewSigningKey makes a key in the KMS and points the service's alias at it:
// the operator's half of a rotation.
func (w *World) NewSigningKey(ctx context.Context, service string) error {
	return w.newKey(ctx, signingAlias(service), types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)
}

func (w *World) newKey(ctx context.Context, alias string, spec types.KeySpec, usage types.KeyUsageType) error {
	made, err := w.KMS.CreateKey(ctx, &kms.CreateKeyInput{KeySpec: spec, KeyUsage: usage})
	if err != nil {
		return err
	}
	if _, err = w.KMS.UpdateAlias(ctx, &kms.UpdateAliasInput{AliasName: &alias, TargetKeyId: made.KeyMetadata.KeyId}); err == nil {
		return nil
	}
	_, err = w.KMS.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: &alias, TargetKeyId: made.KeyMetadata.KeyId})
	return err
}

// DisableKey disables a key in the KMS: the operator's half of a disabling.
func (w *World) DisableKey(ctx context.Context, arn string) error {
	_, err := w.KMS.DisableKey(ctx, &kms.DisableKeyInput{KeyId: aws.String(arn)})
	return err
}

// Service finds a party by any of its spellings: coupons, coupon, coupons.svc.
func (w *World) Service(text string) (Party, error) {
	for _, name := range []string{strings.TrimSuffix(text, ".svc"), text + "s"} {
		for _, p := range w.Parties {
			if p.Name == name {
				return p, nil
			}
		}
	}
	return Party{}, exit.Usage("one of "+strings.Join(w.ServiceNames(), ", "), "no service is called %q", text)
}

// ServiceNames gives the names of the services, in the order of redemption.
func (w *World) ServiceNames() []string {
	names := make([]string, len(w.Parties))
	for i, p := range w.Parties {
		names[i] = p.Name
	}
	return names
}

// InKindOrder gives the parties in the order in which their domains are listed.
func (w *World) InKindOrder() []Party {
	var ordered []Party
	for _, d := range w.Plan.domains {
		for _, p := range w.Parties {
			if p.Kind == d.Kind {
				ordered = append(ordered, p)
			}
		}
	}
	return ordered
}

// Someone finds who is meant: one of others as it is written, or a service by
// any of its spellings.
func (w *World) Someone(name string, others ...string) (string, error) {
	if slices.Contains(others, name) {
		return name, nil
	}
	p, err := w.Service(name)
	if err != nil {
		return "", exit.Usage(strings.Join(append(others, w.ServiceNames()...), ", "), "nobody is called %q", name)
	}
	return p.Name, nil
}

// Issuer finds the party that a token says it is from.
func (w *World) Issuer(iss string) (Party, error) {
	at := slices.IndexFunc(w.Parties, func(p Party) bool { return p.Issuer() == iss })
	if at < 0 {
		return Party{}, tokens.Refuse(tokens.IssuerUnknown, "no service issues as %q", iss)
	}
	return w.Parties[at], nil
}

// Key finds a key of any service.
func (w *World) Key(kid string) (Party, issuers.KeyInfo, error) {
	var kids []string
	for _, p := range w.Parties {
		for _, k := range p.Keys().List() {
			if k.ID == kid {
				return p, k, nil
			}
			kids = append(kids, k.ID)
		}
	}
	return Party{}, issuers.KeyInfo{}, exit.Usage(exit.Meant(kid, kids, "keys list shows them"), "there is no key %q", kid)
}

// Of finds a world's domain by its Go type: what a domain's own verbs work with.
// The error says that this world has none.
func Of[D Domain](w *World) (D, error) {
	for _, p := range w.Parties {
		if d, ok := p.Domain.(D); ok {
			return d, nil
		}
	}
	var none D
	return none, exit.Usage("world files say which services there are", "no service of this world does that")
}

// The world: clock, seed, KMS, services, relay and log, composed.

package shell

import (
	"context"
	"fmt"
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
	"tokenshell/shell/internal/wire"
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
	plan     *Plan
	clock    *tokens.WorldClock
	leeway   *leeway
	mint     *tokens.Mint
	kms      *kmsmock.KMS
	log      *logbook
	wire     *wire.Wire
	faults   *wire.Faults
	witness  *witness
	weakness tokens.Weakness

	parties []Party // in the order of redemption
	relay   Relay   // as the client reaches it
	inside  Inspector

	outsiders []*outsider // the outside issuers that the relay trusts
	standins  []*standin  // also of those that it trusts no more
}

// Party is a domain service of a world.
type Party struct {
	*Kind
	Domain
}

// nameOrNone gives the name; empty when there is no such party.
func (p Party) nameOrNone() string {
	if p.Kind == nil {
		return ""
	}
	return p.Name
}

// Making says how a world is made of a plan.
type Making struct {
	Seed  *uint64                         // nil is a random seed and live time; else time is frozen at [Epoch]
	Relay func(orchestrator.Config) Relay // makes the relay; nil is our own
}

// Seeded makes a world with a seed.
func Seeded(seed uint64) Making { return Making{Seed: &seed} }

// Build makes a world.
func Build(ctx context.Context, plan *Plan, m Making) (*World, error) {
	return BuildWeak(ctx, plan, m, tokens.Weakness{})
}

// BuildWeak makes a world whose parties leave rules out.
func BuildWeak(ctx context.Context, plan *Plan, m Making, weakness tokens.Weakness) (*World, error) {
	w := &World{plan: plan, leeway: &leeway{}, witness: &witness{}, weakness: weakness}
	if m.Seed == nil {
		w.clock, w.mint = tokens.LiveClock(), tokens.NewMint(tokens.RandomSeed())
	} else {
		w.clock, w.mint = tokens.FrozenClock(Epoch), tokens.NewMint(fmt.Appendf(nil, "tokenshell seed %d", *m.Seed))
	}
	w.witness.peek = w.peek
	w.faults = &wire.Faults{Clock: w.clock}
	w.wire = &wire.Wire{Faults: w.faults, Conversation: wire.NewConversation(w.clock)}
	w.log = newLogbook(w.clock)
	w.kms = kmsmock.New(kmsmock.Config{Seed: w.mint.Derive("kms"), Now: w.clock.Of("kms").Now})
	if err := w.openServices(ctx); err != nil {
		return nil, err
	}
	w.openRelay(m.Relay)
	return w, nil
}

// openServices has the operator make the keys, and starts each service.
func (w *World) openServices(ctx context.Context) error {
	for _, d := range w.plan.domains {
		if err := w.newSigningKey(ctx, d.kind.Name); err != nil {
			return err
		}
	}
	for _, d := range w.plan.domains {
		if !d.kind.Seals {
			continue
		}
		if err := w.newKey(ctx, sealingAlias(d.kind.Name), types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt); err != nil {
			return err
		}
	}
	for _, name := range w.plan.redeemOrder {
		at := slices.IndexFunc(w.plan.domains, func(d planned) bool { return d.kind.Name == name })
		d := w.plan.domains[at]
		opened, err := d.section.Open(ctx, Setting{w.issuerConfig(d.kind), w.plan.currency, w.plan.customers})
		if err != nil {
			return err
		}
		w.parties = append(w.parties, Party{d.kind, opened})
	}
	return nil
}

func (w *World) issuerConfig(k *Kind) issuers.Config {
	c := issuers.Config{
		Service: k.Name, Capability: k.Capability, KMS: wiredKMS{w.kms, w.wire, k.Name}, SigningAlias: signingAlias(k.Name),
		Clock: w.clock.Of(k.Name), Leeway: w.leeway.get, Mint: w.mint, Log: w.log, Weakness: w.weakness,
	}
	if k.Seals {
		c.SealingAlias = sealingAlias(k.Name)
	}
	return c
}

func (w *World) openRelay(open func(orchestrator.Config) Relay) {
	c := orchestrator.Config{
		Ledger: orchestrator.NewMemoryLedger(), Clock: w.clock.Of("relay"), Leeway: w.leeway.get, Mint: w.mint, Log: w.log, Weakness: w.weakness,
	}
	for _, p := range w.parties {
		c.Services = append(c.Services, orchestrator.Service{Name: p.Name, Capabilities: []string{p.Capability}, Redeemer: w.reach("relay", p.Name, p.Domain)})
		c.Issuers = append(c.Issuers, tokens.Issuer{Name: p.Issuer(), Keys: p.Keys(), Capabilities: []string{p.Capability}})
	}
	if open == nil {
		open = func(c orchestrator.Config) Relay { return orchestrator.New(c) }
	}
	relay := open(c)
	w.relay = wiredRelay{relay, w.wire}
	w.inside, _ = relay.(Inspector) // nil when it is somebody else's
}

// reach gives a service as one party reaches it: over the wire, with the witness
// behind it, which sees what really happened.
func (w *World) reach(from, name string, service orchestrator.Redeemer) orchestrator.Redeemer {
	return wiredService{watchedRedeemer{service, w.witness}, w.wire, from, name}
}

func signingAlias(service string) string { return "alias/" + service + "-signing" }
func sealingAlias(service string) string { return "alias/" + service + "-sealing" }

// newSigningKey makes a key in the KMS and points the service's alias at it:
// the operator's half of a rotation.
func (w *World) newSigningKey(ctx context.Context, service string) error {
	return w.newKey(ctx, signingAlias(service), types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)
}

func (w *World) newKey(ctx context.Context, alias string, spec types.KeySpec, usage types.KeyUsageType) error {
	made, err := w.kms.CreateKey(ctx, &kms.CreateKeyInput{KeySpec: spec, KeyUsage: usage})
	if err != nil {
		return err
	}
	if _, err = w.kms.UpdateAlias(ctx, &kms.UpdateAliasInput{AliasName: &alias, TargetKeyId: made.KeyMetadata.KeyId}); err == nil {
		return nil
	}
	_, err = w.kms.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: &alias, TargetKeyId: made.KeyMetadata.KeyId})
	return err
}

// disableKey disables a key in the KMS: the operator's half of a disabling.
func (w *World) disableKey(ctx context.Context, arn string) error {
	_, err := w.kms.DisableKey(ctx, &kms.DisableKeyInput{KeyId: aws.String(arn)})
	return err
}

// service finds a party by any of its spellings: coupons, coupon, coupons.svc.
func (w *World) service(text string) (Party, error) {
	plain := strings.TrimSuffix(text, ".svc")
	for _, p := range w.parties {
		if plain == p.Name || text+"s" == p.Name {
			return p, nil
		}
	}
	return Party{}, exit.Usage("one of "+strings.Join(w.serviceNames(), ", "), "no service is called %q", text)
}

func (w *World) serviceNames() []string {
	names := make([]string, len(w.parties))
	for i, p := range w.parties {
		names[i] = p.Name
	}
	return names
}

// inKindOrder gives the parties in the order in which their domains are listed.
func (w *World) inKindOrder() []Party {
	var ordered []Party
	for _, d := range w.plan.domains {
		for _, p := range w.parties {
			if p.Kind == d.kind {
				ordered = append(ordered, p)
			}
		}
	}
	return ordered
}

// someone finds who is meant: one of others as it is written, or a service by
// any of its spellings.
func (w *World) someone(name string, others ...string) (string, error) {
	if slices.Contains(others, name) {
		return name, nil
	}
	p, err := w.service(name)
	if err != nil {
		return "", exit.Usage(strings.Join(append(others, w.serviceNames()...), ", "), "nobody is called %q", name)
	}
	return p.Name, nil
}

// issuer finds the party that a token says it is from.
func (w *World) issuer(iss string) (Party, error) {
	at := slices.IndexFunc(w.parties, func(p Party) bool { return p.Issuer() == iss })
	if at < 0 {
		return Party{}, tokens.Refuse(tokens.IssuerUnknown, "no service issues as %q", iss)
	}
	return w.parties[at], nil
}

// key finds a key of any service.
func (w *World) key(kid string) (Party, issuers.KeyInfo, error) {
	var kids []string
	for _, p := range w.parties {
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
	for _, p := range w.parties {
		if d, ok := p.Domain.(D); ok {
			return d, nil
		}
	}
	var none D
	return none, exit.Usage("world files say which services there are", "no service of this world does that")
}

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
	"tokenshell/issuers/coupons"
	"tokenshell/issuers/payments"
	"tokenshell/issuers/points"
	"tokenshell/kmsmock"
	"tokenshell/orchestrator"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/wire"
	"tokenshell/tokens"
)

// Epoch is where a frozen clock stands in the beginning.
var Epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// WorldConfig says which world to make.
type WorldConfig struct {
	Path string  // of the world file; empty is the embedded world
	Seed *uint64 // nil is a random seed and live time; else time is frozen at [Epoch]
}

// domain is a service as the shell knows it, whatever it is about.
type domain interface {
	orchestrator.Redeemer
	Revoke(ctx context.Context, raw string) error
	Open(ctx context.Context, ref tokens.Ref, sealed []byte) ([]byte, error)
	Keys() *issuers.KeyRing
	Entries() []issuers.Entry
	Audit() error
	Explain(ctx context.Context, raw string, session tokens.Session, all bool) []tokens.Finding
}

// party is a service of a world.
type party struct {
	name       string // "coupons"
	capability string
	domain     domain
	watched    orchestrator.Redeemer // the domain under the witness's eyes: what others reach over the wire
	standin    *standin              // in place of a domain, for an outside issuer
}

// World owns everything that a scenario can touch. Nothing of it is shared
// with another world.
type World struct {
	clock    *tokens.WorldClock
	leeway   *leeway
	mint     *tokens.Mint
	kms      *kmsmock.KMS
	log      *logbook
	plan     *blueprint
	wire     *wire.Wire
	faults   *wire.Faults
	witness  *witness
	weakness tokens.Weakness

	coupons  *coupons.Service
	points   *points.Service
	payments *payments.Service
	parties  []party // in the order of the world file's redeem_order
	relay    wiredRelay

	outsiders []*outsider // the outside issuers that the relay trusts
	standins  []*standin  // also of those that it trusts no more
}

// NewWorld makes a world. The error is about the world file.
func NewWorld(ctx context.Context, c WorldConfig) (*World, error) {
	plan, err := readWorld(c.Path)
	if err != nil {
		return nil, err
	}
	return buildWorld(ctx, plan, c.Seed)
}

func buildWorld(ctx context.Context, plan *blueprint, seed *uint64) (*World, error) {
	return buildWeakWorld(ctx, plan, seed, tokens.Weakness{})
}

// buildWeakWorld makes a world whose parties leave rules out.
func buildWeakWorld(ctx context.Context, plan *blueprint, seed *uint64, weakness tokens.Weakness) (*World, error) {
	w := &World{plan: plan, leeway: &leeway{}, witness: &witness{}, weakness: weakness}
	if seed == nil {
		w.clock, w.mint = tokens.LiveClock(), tokens.NewMint(tokens.RandomSeed())
	} else {
		w.clock, w.mint = tokens.FrozenClock(Epoch), tokens.NewMint(fmt.Appendf(nil, "tokenshell seed %d", *seed))
	}
	w.witness.peek = w.peek
	w.faults = &wire.Faults{Clock: w.clock}
	w.wire = &wire.Wire{faults: w.faults, Conversation: wire.NewConversation(w.clock)}
	w.log = newLogbook(w.clock)
	w.kms = kmsmock.New(kmsmock.Config{Seed: w.mint.Derive("kms"), Now: w.clock.Of("kms").Now})
	if err := w.openServices(ctx); err != nil {
		return nil, err
	}
	w.openRelay()
	return w, nil
}

// openServices has the operator make the keys, and starts each service.
func (w *World) openServices(ctx context.Context) error {
	for _, name := range services {
		if err := w.newSigningKey(ctx, name); err != nil {
			return err
		}
	}
	sealing := "alias/payments-sealing"
	if err := w.newKey(ctx, sealing, types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt); err != nil {
		return err
	}
	var err error
	w.coupons, err = coupons.New(ctx, coupons.Config{
		Config: w.issuerConfig("coupons", coupons.Capability), Currency: w.plan.currency, Customers: w.plan.customers, Coupons: w.plan.coupons,
	})
	if err != nil {
		return err
	}
	w.points, err = points.New(ctx, points.Config{
		Config: w.issuerConfig("points", points.Capability), Value: w.plan.pointValue, Balances: w.plan.points,
	})
	if err != nil {
		return err
	}
	config := w.issuerConfig("payments", payments.Capability)
	config.SealingAlias = sealing
	w.payments, err = payments.New(ctx, payments.Config{
		Config: config, Currency: w.plan.currency, Customers: w.plan.customers, Cards: w.plan.cards,
	})
	if err != nil {
		return err
	}
	all := map[string]party{
		"coupons":  {name: "coupons", capability: coupons.Capability, domain: w.coupons},
		"points":   {name: "points", capability: points.Capability, domain: w.points},
		"payments": {name: "payments", capability: payments.Capability, domain: w.payments},
	}
	for _, name := range w.plan.redeemOrder {
		p := all[name]
		p.watched = watchedRedeemer{p.domain, w.witness}
		w.parties = append(w.parties, p)
	}
	return nil
}

func (w *World) issuerConfig(service, capability string) issuers.Config {
	return issuers.Config{
		Service: service, Capability: capability, KMS: wiredKMS{w.kms, w.wire, service}, SigningAlias: signingAlias(service),
		Clock: w.clock.Of(service), Leeway: w.leeway.get, Mint: w.mint, Log: w.log, Weakness: w.weakness,
	}
}

func (w *World) openRelay() {
	c := orchestrator.Config{
		Ledger: orchestrator.NewMemoryLedger(), Clock: w.clock.Of("relay"), Leeway: w.leeway.get, Mint: w.mint, Log: w.log, Weakness: w.weakness,
	}
	for _, p := range w.parties {
		c.Services = append(c.Services, orchestrator.Service{Name: p.name, Capabilities: []string{p.capability}, Redeemer: w.reach("relay", p.name, p.watched)})
		c.Issuers = append(c.Issuers, tokens.Issuer{Name: issuers.IssuerName(p.name), Keys: p.domain.Keys(), Capabilities: []string{p.capability}})
	}
	w.relay = wiredRelay{orchestrator.New(c), w.wire}
}

// reach gives a service as one party reaches it.
func (w *World) reach(from, name string, service orchestrator.Redeemer) orchestrator.Redeemer {
	return wiredService{service, w.wire, from, name}
}

func signingAlias(service string) string { return "alias/" + service + "-signing" }

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
func (w *World) service(text string) (party, error) {
	plain := strings.TrimSuffix(text, ".svc")
	for _, p := range w.parties {
		if plain == p.name || text+"s" == p.name {
			return p, nil
		}
	}
	return party{}, exit.Usage("one of "+strings.Join(w.serviceNames(), ", "), "no service is called %q", text)
}

func (w *World) serviceNames() []string {
	names := make([]string, len(w.parties))
	for i, p := range w.parties {
		names[i] = p.name
	}
	return names
}

// issuer finds the party that a token says it is from.
func (w *World) issuer(iss string) (party, error) {
	at := slices.IndexFunc(w.parties, func(p party) bool { return issuers.IssuerName(p.name) == iss })
	if at < 0 {
		return party{}, tokens.Refuse(tokens.IssuerUnknown, "no service issues as %q", iss)
	}
	return w.parties[at], nil
}

// The relay and its services: a token on its way, beside the signature checks that
// it cannot do without.

package benchmarks

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/go-jose/go-jose/v4"

	"tokenshell/issuers"
	"tokenshell/issuers/points"
	"tokenshell/kmsmock"
	"tokenshell/orchestrator"
	"tokenshell/tokens"
)

var background = context.Background()

func noLeeway() time.Duration { return 0 }

// newRelay is a relay in memory that trusts one issuer.
func newRelay(clock tokens.Clock, service orchestrator.Service, keys tokens.KeySet) *orchestrator.Relay {
	return orchestrator.New(orchestrator.Config{
		Services: []orchestrator.Service{service},
		Issuers:  []tokens.Issuer{{Name: service.Name + ".svc", Keys: keys, Capabilities: service.Capabilities}},
		Store:    orchestrator.NewMemoryStore(), Ledger: orchestrator.NewMemoryLedger(),
		Clock: clock, Leeway: noLeeway, Mint: tokens.NewMint([]byte("relay")), Log: slog.DiscardHandler,
	})
}

// handing opens sessions and makes tokens for them, which are then handed in.
type handing struct {
	b      *testing.B
	relay  *orchestrator.Relay // another one for each thousand orders, so that its memory is about as large for all
	key    signingKey
	made   int
	until  int // how many are made for this relay
	tokens []string
	orders []string
}

// prepare makes the next n tokens, three to an order.
func (h *handing) prepare(n int) {
	h.tokens, h.orders = h.tokens[:0], h.orders[:0]
	if h.made >= h.until {
		h.relay = newRelay(tokens.FrozenClock(now), orchestrator.Service{Name: "coupons", Capabilities: []string{capability}}, h.key)
		h.made, h.until = h.until, h.until+3000
	}
	for range n {
		order := id("op", h.made/3)
		if h.made%3 == 0 {
			_, err := h.relay.Open(background, order, "user_123", nil)
			must(h.b, err)
		}
		h.tokens, h.orders = append(h.tokens, h.key.sign(h.b, claims(order, id("cpt", h.made)))), append(h.orders, order)
		h.made++
	}
}

func (h *handing) relayAll(n int) {
	for i := range n {
		_, err := h.relay.Relay(background, h.orders[i], h.tokens[i])
		must(h.b, err)
	}
}

// BenchmarkRelay: the relaying of one token, each another one, as a multiple of the
// bare check.
func BenchmarkRelay(b *testing.B) {
	for _, alg := range []jose.SignatureAlgorithm{jose.ES256, jose.EdDSA} {
		b.Run(string(alg), func(b *testing.B) {
			key := newKey(b, alg)
			h := &handing{b: b, key: key}
			inTurn(b, 1,
				side{name: "bare", do: repeat(key.bare(b, key.sign(b, claims(id("op", 1), id("cpt", 1)))))},
				side{name: "relay", make: h.prepare, do: h.relayAll},
			)
		})
	}
}

// service is a points service with the mock's keys.
func service(b *testing.B, clock *tokens.WorldClock) *points.Service {
	b.Helper()
	k := kmsmock.New(kmsmock.Config{Seed: []byte("points"), Now: clock.Now})
	made, err := k.CreateKey(background, &kms.CreateKeyInput{KeySpec: types.KeySpecEccNistP256, KeyUsage: types.KeyUsageTypeSignVerify})
	must(b, err)
	alias := "alias/signing"
	_, err = k.CreateAlias(background, &kms.CreateAliasInput{AliasName: &alias, TargetKeyId: made.KeyMetadata.KeyId})
	must(b, err)
	value, err := issuers.ParseMoney("0.01", "EUR")
	must(b, err)
	s, err := points.New(background, points.Config{
		Config: issuers.Config{
			Service: "points", Capability: points.Capability, KMS: k, SigningAlias: alias, Clock: clock, Leeway: noLeeway,
			Mint: tokens.NewMint([]byte("points")), Log: slog.DiscardHandler,
		},
		Value: value, Balances: map[string]int64{"user_123": 1 << 50},
	})
	must(b, err)
	return s
}

// pause is between two turns, so that all that is remembered, for about a day, is
// two thousand orders.
const pause = 12 * time.Minute

// BenchmarkRelayAndRedeem: a token that seals nothing on its whole way from the
// client's hand to the receipt, where it is verified twice, as a multiple of two
// bare checks.
func BenchmarkRelayAndRedeem(b *testing.B) {
	clock := tokens.FrozenClock(now)
	s := service(b, clock)
	relay := newRelay(clock, orchestrator.Service{Name: "points", Capabilities: []string{points.Capability}, Redeemer: s}, s.Keys())
	key := newKey(b, jose.ES256)
	var orders, raws []string
	made := 0
	inTurn(b, 2,
		side{name: "bare", do: repeat(key.bare(b, key.sign(b, claims(id("op", 1), id("cpt", 1)))))},
		side{
			name: "relay-and-redeem",
			make: func(n int) {
				must(b, clock.Advance(pause))
				orders, raws = orders[:0], raws[:0]
				for range n {
					order := id("op", made)
					made++
					_, err := relay.Open(background, order, "user_123", nil)
					must(b, err)
					issued, err := s.Confirm(background, orderOf(order), "5")
					must(b, err)
					orders, raws = append(orders, order), append(raws, issued.Raw)
				}
			},
			do: func(n int) {
				for i := range n {
					_, err := relay.Relay(background, orders[i], raws[i])
					must(b, err)
					snap, err := relay.Redeem(background, orders[i], nil)
					must(b, err)
					if snap.State != orchestrator.Completed {
						b.Fatalf("%s is %s", orders[i], snap.State)
					}
				}
			},
		},
	)
}

// BenchmarkIssue: a confirmation through the mock as a multiple of a deterministic
// signature (RFC 6979) and the check of it, which is how an issuer knows that its
// KMS has signed what it was asked.
func BenchmarkIssue(b *testing.B) {
	clock := tokens.FrozenClock(now)
	s := service(b, clock)
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(b, err)
	made := 0
	inTurn(b, 1,
		side{name: "bare", do: repeat(func() {
			made++
			digest := sha256.Sum256([]byte(id("op", made)))
			der, err := private.Sign(nil, digest[:], crypto.SHA256)
			must(b, err)
			if !ecdsa.VerifyASN1(&private.PublicKey, digest[:], der) {
				b.Fatal("not verified")
			}
		})},
		side{name: "issue", make: func(int) { must(b, clock.Advance(pause)) }, do: repeat(func() {
			made++
			_, err := s.Confirm(background, orderOf(id("op", made)), "5")
			must(b, err)
		})},
	)
}

// BenchmarkTwoGoroutines: how much more two goroutines relay than one in the same
// time, each of orders of its own; and how much more bare checks two do, for that
// is all that this machine has. It needs two processors that nobody else uses.
func BenchmarkTwoGoroutines(b *testing.B) {
	key := newKey(b, jose.ES256)
	bare := key.bare(b, key.sign(b, claims(id("op", 1), id("cpt", 1))))
	const work = 600 // which a thousand orders are made of
	h := &handing{b: b, key: key}
	measures := []struct {
		name string
		make func()
		do   func(from, to int)
	}{
		{"bare", func() {}, func(from, to int) {
			for range to - from {
				bare()
			}
		}},
		{"relay", func() { h.prepare(work) }, func(from, to int) {
			for i := from; i < to; i++ {
				_, err := h.relay.Relay(background, h.orders[i], h.tokens[i])
				must(b, err)
			}
		}},
	}
	gains := map[string][]float64{}
	for b.Loop() {
		for _, m := range measures {
			m.make()
			one := stopped(func() { m.do(0, work) })
			m.make()
			two := stopped(func() {
				var both sync.WaitGroup
				both.Go(func() { m.do(0, work/2) })
				both.Go(func() { m.do(work/2, work) })
				both.Wait()
			})
			gains[m.name] = append(gains[m.name], one.Seconds()/two.Seconds())
		}
	}
	for name, all := range gains {
		b.ReportMetric(median(all), fmt.Sprintf("%s-gain", name))
	}
	b.ReportMetric(0, "ns/op")
}

func stopped(do func()) time.Duration {
	began := time.Now()
	do()
	return time.Since(began)
}

func orderOf(order string) issuers.Order { return issuers.Order{ID: order, Customer: "user_123"} }

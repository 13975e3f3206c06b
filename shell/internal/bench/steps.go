// Steps: at whom the time goes, as the wire is told it.

package bench

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"strings"
	"sync"
	"time"

	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/wire"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// step is what a party was at.
type step struct{ party, name string }

// spent is how often, and how long, without what others did for it meanwhile.
type spent struct {
	times int
	own   time.Duration
}

// steps adds up.
type steps struct {
	mu  sync.Mutex
	all map[step]*spent
}

// watch has a wire tell it what the parties are at.
func (s *steps) watch(w *wire.Wire) {
	w.Does = func(q wire.Question) func(error) {
		watch := tokens.Stopwatch()
		return func(error) {
			d := watch()
			s.mu.Lock()
			defer s.mu.Unlock()
			at := s.of(step{q.To, q.Step})
			at.times++
			at.own += d
			if by, yes := asker(q); yes {
				s.of(by).own -= d
			}
		}
	}
}

func (s *steps) of(what step) *spent {
	if s.all == nil {
		s.all = map[step]*spent{}
	}
	if s.all[what] == nil {
		s.all[what] = &spent{}
	}
	return s.all[what]
}

// asker gives what a party was at that asked this of another. A service signs when
// it confirms and opens a letter when it redeems; the relay asks services only
// when it redeems.
func asker(q wire.Question) (step, bool) {
	switch {
	case q.From == "client":
		return step{}, false
	case q.Step == "sign":
		return step{q.From, "confirm"}, true
	default:
		return step{q.From, "redeem"}, true
	}
}

// measureBare checks the signature of a token of this world, and nothing else of
// it, as often as tells something.
func (c *course) measureBare(ctx context.Context, w *world.World) {
	if len(c.bare) >= 200 || ctx.Err() != nil {
		return
	}
	snap, err := w.Relay.Open(ctx, "", c.customer, nil)
	if err != nil {
		return
	}
	for _, p := range w.Parties {
		_, issued, err := client.Unseen(w).Confirm(ctx, snap.ID, p.Sample(c.customer), client.Wanted{})
		if err != nil {
			continue
		}
		key, err := p.Keys().Key(issued.KeyID)
		public, ok := key.Public.(*ecdsa.PublicKey)
		if err != nil || !ok {
			continue
		}
		cut := strings.LastIndexByte(issued.Raw, '.')
		digest := sha256.Sum256([]byte(issued.Raw[:cut]))
		rs, _ := base64.RawURLEncoding.DecodeString(issued.Raw[cut+1:]) // which its issuer wrote
		r, s := new(big.Int).SetBytes(rs[:32]), new(big.Int).SetBytes(rs[32:])
		for range 40 {
			watch := tokens.Stopwatch()
			ecdsa.Verify(public, digest[:], r, s)
			c.bare = append(c.bare, watch())
		}
		return
	}
}

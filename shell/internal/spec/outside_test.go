// The outside issuer: what it writes, and how it is trusted.

package spec_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4"

	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/spec"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

const (
	outsideIssuer  = "https://club.example"
	trustLine      = "trust add " + outsideIssuer + " --jwks club.json --capability club:redeem --service " + spec.Club + " --profile club.yaml"
	outsideProfile = "max_lifetime: 24h\nleeway: 5m\n"
)

func outsideKey() ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("the outside issuer of the property test"))
	return ed25519.NewKeyFromSeed(seed[:])
}

// outsideKeys is the issuer's key set.
func outsideKeys() string {
	text, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: outsideKey().Public(), KeyID: "club-1", Algorithm: "EdDSA", Use: "sig"}}})
	if err != nil {
		panic(err) // of keys that never change
	}
	return string(text)
}

// trustOutside does what [trustLine] does.
func trustOutside(w *world.World) error {
	keys, err := tokens.ParseKeySet([]byte(outsideKeys()))
	if err != nil {
		return err
	}
	issuer := tokens.Issuer{
		Name: outsideIssuer, Keys: keys, Capabilities: []string{"club:redeem"},
		Profile: &tokens.Profile{MaxLifetime: 24 * time.Hour, Leeway: 5 * time.Minute},
	}
	return w.Trust(&world.Outsider{Issuer: issuer, Keys: keys}, spec.Club)
}

// outsideToken writes a token for the current order; empty when there is none.
func outsideToken(c *client.Client, o op) string {
	snap, err := c.World.Relay.Session(c.Order)
	if err != nil {
		return ""
	}
	now := c.World.Clock.Now().Unix()
	payload := fmt.Sprintf(`{"iss":%q,"aud":"order-processing","sub":%q,"iat":%d,"exp":%d,"jti":"gift_%s","order_processing_id":%q,"capabilities":["club:redeem"],"constraints":{}}`,
		outsideIssuer, snap.Customer, now, now+int64(o.n), o.word(1), snap.ID)
	encode := base64.RawURLEncoding.EncodeToString
	input := encode([]byte(`{"alg":"EdDSA","kid":"club-1","typ":"confirmation+jwt"}`)) + "." + encode([]byte(payload))
	return input + "." + encode(ed25519.Sign(outsideKey(), []byte(input)))
}

// importOutside keeps such a token.
func importOutside(_ context.Context, c *client.Client, o op) ([]result, error) {
	raw := outsideToken(c, o)
	t := c.Loose(raw)
	t.Handle, t.Since, t.Expires = o.word(0), c.World.Clock.Now(), client.ClaimedExpiry(raw)
	c.Wallet.Add(t, "import")
	return nil, nil
}

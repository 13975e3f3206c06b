// The outsider: an issuer that the relay may trust, and what it writes.

package stage

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
	"unicode"

	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/spec"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

const (
	outsider = "https://club.example"
	keysFile = spec.Club + ".json"
	lifeFile = spec.Club + ".yaml"
	profile  = "max_lifetime: 24h\nleeway: 5m\n" // as the model has it
	goodFor  = 120                               // seconds

	// sameJTI is the Arg of a token that has the jti of the first one, which is another
	// issuer's: an id says nothing without its issuer (RFC 7519 4.1.7).
	sameJTI = 1

	// notHis is the Arg of a token of somebody who is called like the customer, but for
	// the case of the letters.
	notHis = 2
)

// granted is what the outsider's tokens let their bearer have done: the same as those of
// a service of this world, and still they go to the outsider's own.
func (s *Stage) granted() string { return s.World.Parties[0].Capability }

// subject gives whose token a move imports.
func (s *Stage) subject(m Move) string {
	if m.Arg != notHis {
		return s.customer
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, s.customer)
}

// trusts, distrusts and imports are what an outsider brings into the alphabet.
var (
	trusts = Letter{Name: "trust add", family: "trust",
		Line: func(s *Stage, _ Move) string {
			return "trust add " + outsider + " --jwks " + keysFile + " --capability " + s.granted() + " --service " + spec.Club + " --profile " + lifeFile
		},
		do: func(_ context.Context, s *Stage, _ Move) ([]result, error) {
			keys, err := tokens.ParseKeySet([]byte(outsiderKeys()))
			if err != nil {
				return nil, err
			}
			issuer := tokens.Issuer{
				Name: outsider, Keys: keys, Capabilities: []string{s.granted()},
				Profile: &tokens.Profile{MaxLifetime: 24 * time.Hour, Leeway: spec.Latitude * time.Second},
			}
			return nil, s.World.Trust(&world.Outsider{Issuer: issuer, Keys: keys}, spec.Club)
		},
		tell: func(s *Stage, _ Move) spec.Answer { return s.Model.Trust(true) }}
	distrusts = Letter{Name: "trust remove", family: "trust", Line: plainLine("trust remove " + outsider),
		do: func(_ context.Context, s *Stage, _ Move) ([]result, error) {
			_, err := s.World.Distrust(outsider)
			return nil, err
		},
		tell: func(s *Stage, _ Move) spec.Answer { return s.Model.Trust(false) }}
	imports = Letter{Name: "token import", family: "trust", alone: true,
		Line: func(_ *Stage, m Move) string {
			return "token import " + TokenFile(m) + " --name " + tokenName(int(m.Token))
		},
		do: func(_ context.Context, s *Stage, m Move) ([]result, error) {
			t := s.Client.Loose(s.Outside(m))
			t.Handle, t.Since, t.Expires = tokenName(int(m.Token)), s.World.Clock.Now(), client.ClaimedExpiry(t.Raw)
			s.Client.Wallet.Add(t, "import")
			s.tokens = append(s.tokens, t.Ref)
			return nil, nil
		},
		tell: func(s *Stage, m Move) spec.Answer {
			return s.Model.Outside(tokenName(int(m.Token)), s.subject(m), int(m.Token), goodFor)
		}}
)

// TokenFile gives the name of the file that a move imports.
func TokenFile(m Move) string { return tokenName(int(m.Token)) + ".jwt" }

// TrustFiles gives the files that a scenario trusts the outsider by.
func TrustFiles() map[string]string {
	return map[string]string{keysFile: outsiderKeys() + "\n", lifeFile: profile}
}

func outsiderKey() ed25519.PrivateKey {
	seed := sha256.Sum256([]byte("the outsider of explorations"))
	return ed25519.NewKeyFromSeed(seed[:])
}

// outsiderKeys is the outsider's key set.
func outsiderKeys() string {
	public := base64.RawURLEncoding.EncodeToString(outsiderKey().Public().(ed25519.PublicKey))
	return fmt.Sprintf(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"club-1","alg":"EdDSA","use":"sig","x":%q}]}`, public)
}

// Outside gives the token that the outsider writes for the order of a move now.
func (s *Stage) Outside(m Move) string {
	now, jti := s.World.Clock.Now().Unix(), fmt.Sprintf("gift_%d", m.Token)
	if m.Arg == sameJTI {
		jti = s.tokens[0].ID
	}
	payload := fmt.Sprintf(`{"iss":%q,"aud":"order-processing","sub":%q,"iat":%d,"exp":%d,"jti":%q,"order_processing_id":%q,"capabilities":[%q],"constraints":{}}`,
		outsider, s.subject(m), now, now+goodFor, jti, OrderName(int(m.Order)), s.granted())
	encode := base64.RawURLEncoding.EncodeToString
	input := encode([]byte(`{"alg":"EdDSA","kid":"club-1","typ":"confirmation+jwt"}`)) + "." + encode([]byte(payload))
	return input + "." + encode(ed25519.Sign(outsiderKey(), []byte(input)))
}

// standinFits holds what the outsider's stand-in has accepted against the model.
func (s *Stage) standinFits(spec.Answer, spec.Answer) error {
	if s.Bound.Outsiders == 0 {
		return nil
	}
	accepted := s.World.StandinsRedeemed()
	for _, h := range s.Model.Holds {
		if h.Service == spec.Club && !sameAttempt(s.attempts, accepted[s.tokens[tokenNumber(h.Handle)-1]], s.Model.Accepted(h)) {
			return fmt.Errorf("the stand-in has %s redeemed by another attempt than the model says", h.Handle)
		}
	}
	return nil
}

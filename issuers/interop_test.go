// Interoperation with golang-jwt, which shares no code with go-jose: its
// tokens here, and ours there.

package issuers

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/go-jose/go-jose/v4"
	"github.com/golang-jwt/jwt/v5"

	"tokenshell/tokens"
)

// readJWKS reads a published key set as another tool does: encoding/json, and
// keys from their numbers.
func readJWKS(t *testing.T, text []byte) jwt.Keyfunc {
	t.Helper()
	var set struct {
		Keys []struct{ Kty, Crv, Kid, Alg, Use, X, Y string }
	}
	mustDo(t, json.Unmarshal(text, &set))
	return func(token *jwt.Token) (any, error) {
		for _, key := range set.Keys {
			if key.Kid != token.Header["kid"] || key.Alg != token.Method.Alg() || key.Use != "sig" {
				continue
			}
			x, err := base64.RawURLEncoding.DecodeString(key.X)
			mustDo(t, err)
			y, err := base64.RawURLEncoding.DecodeString(key.Y)
			mustDo(t, err)
			if key.Kty == "OKP" && key.Crv == "Ed25519" {
				return ed25519.PublicKey(x), nil
			}
			return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
		}
		return nil, errors.New("no such key")
	}
}

func TestGolangJWTVerifiesOurTokens(t *testing.T) {
	for _, tt := range []struct {
		spec types.KeySpec
		alg  string
	}{{types.KeySpecEccNistP256, "ES256"}, {types.KeySpecEccNistEdwards25519, "EdDSA"}} {
		t.Run(tt.alg, func(t *testing.T) {
			s := newStageOf(t, tt.spec)
			first := s.mustTake(t, 3)
			s.kms.newKey(t, shelfAlias, tt.spec, types.KeyUsageTypeSignVerify)
			_, err := s.Keys().Rotate(background)
			mustDo(t, err)
			second := s.mustTake(t, 2)
			text, err := json.Marshal(s.Keys().JWKS())
			mustDo(t, err)
			if _, err := tokens.ParseKeySet(text); err != nil {
				t.Errorf("we do not read our own key set: %v", err)
			}
			parser := func(at time.Time) *jwt.Parser {
				return jwt.NewParser(jwt.WithValidMethods([]string{tt.alg}), jwt.WithStrictDecoding(), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
					jwt.WithIssuer("shelf.svc"), jwt.WithAudience(tokens.Audience), jwt.WithSubject("user_123"), jwt.WithTimeFunc(func() time.Time { return at }))
			}
			for _, issued := range []tokens.Issued{first, second} {
				token, err := parser(epoch).Parse(issued.Raw, readJWKS(t, text))
				if err != nil || !token.Valid {
					t.Fatalf("golang-jwt: %v", err)
				}
				claims := token.Claims.(jwt.MapClaims)
				if claims["jti"] != issued.Ref.ID || claims["order_processing_id"] != order.ID || token.Header["typ"] != tokens.Type || len(token.Header) != 3 {
					t.Errorf("golang-jwt reads %v and %v", token.Header, claims)
				}
				if _, err := parser(epoch.Add(tokens.DefaultLifetime)).Parse(issued.Raw, readJWKS(t, text)); !errors.Is(err, jwt.ErrTokenExpired) {
					t.Errorf("at exp: %v", err)
				}
				mustDo(t, s.relayAccepts(issued.Raw))
				bent := edit(issued.Raw, func(p []string) []string { b := unb64(p[2]); b[7] ^= 1; p[2] = b64(b); return p })
				if _, err := parser(epoch).Parse(bent, readJWKS(t, text)); !errors.Is(err, jwt.ErrTokenSignatureInvalid) {
					t.Errorf("a bent signature: %v", err)
				}
			}
		})
	}
}

// partner is an outside issuer that works with golang-jwt.
type partner struct {
	method  jwt.SigningMethod
	private crypto.Signer
	jwk     map[string]string
}

func partners(t *testing.T) []partner {
	t.Helper()
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	mustDo(t, err)
	edPublic, ed, err := ed25519.GenerateKey(rand.Reader)
	mustDo(t, err)
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	mustDo(t, err)
	point, err := ec.PublicKey.Bytes()
	mustDo(t, err)
	n, e := b64(rs.N.Bytes()), b64(big.NewInt(int64(rs.E)).Bytes())
	return []partner{
		{jwt.SigningMethodES256, ec, map[string]string{"kty": "EC", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])}},
		{jwt.SigningMethodEdDSA, ed, map[string]string{"kty": "OKP", "crv": "Ed25519", "x": b64(edPublic)}},
		{jwt.SigningMethodRS256, rs, map[string]string{"kty": "RSA", "n": n, "e": e}},
		{jwt.SigningMethodPS256, rs, map[string]string{"kty": "RSA", "n": n, "e": e}},
	}
}

// The partner's tokens differ from ours in all that a profile can say.
func TestWeVerifyTokensOfGolangJWT(t *testing.T) {
	profile := &tokens.Profile{
		Types: []string{"JWT", "at+jwt"}, Header: []string{"cty"}, Audience: "https://shop.example",
		Claims:      map[string]string{"order_processing_id": "order", "capabilities": "scope", "constraints": "https://partner.example/limits"},
		MaxLifetime: time.Hour, Leeway: time.Second,
	}
	for _, p := range partners(t) {
		alg := p.method.Alg()
		t.Run(alg, func(t *testing.T) {
			p.jwk["kid"], p.jwk["alg"], p.jwk["use"] = "partner-1", alg, "sig"
			text, err := json.Marshal(map[string]any{"keys": []any{p.jwk}})
			mustDo(t, err)
			keys, err := tokens.ParseKeySet(text)
			mustDo(t, err)
			now := epoch
			relay := func() []tokens.Check {
				v := &tokens.Verifier{
					Party: tokens.Audience, Clock: tokens.FrozenClock(now), Leeway: func() time.Duration { return 0 },
					Issuers: func(iss string) (tokens.Issuer, bool) {
						return tokens.Issuer{Name: iss, Keys: keys, Capabilities: []string{"gifts:redeem"}, Profile: profile}, iss == "https://partner.example"
					},
				}
				return v.Checks(tokens.Own{})
			}
			token := func(edit func(header map[string]any, claims jwt.MapClaims)) string {
				x := jwt.NewWithClaims(p.method, jwt.MapClaims{
					"iss": "https://partner.example", "aud": jwt.ClaimStrings{"https://shop.example"}, "sub": "user_123", "jti": "gift-1", "order": "op_1",
					"scope": []string{"gifts:redeem"}, "https://partner.example/limits": map[string]string{"card": "sha256:…"},
					"iat": jwt.NewNumericDate(epoch), "nbf": jwt.NewNumericDate(epoch.Add(time.Minute)), "exp": jwt.NewNumericDate(epoch.Add(time.Hour)),
					"azp": "client-7", "roles": []string{"x"},
				})
				x.Header["kid"] = "partner-1"
				edit(x.Header, x.Claims.(jwt.MapClaims))
				raw, err := x.SignedString(p.private)
				mustDo(t, err)
				return raw
			}
			good := token(func(map[string]any, jwt.MapClaims) {})
			accept := func(raw string) {
				t.Helper()
				claims, err := tokens.Judge(raw, relay())
				if err != nil || claims.Order != "op_1" || claims.ID != "gift-1" || claims.Capabilities[0] != "gifts:redeem" {
					t.Errorf("%+v, %v", claims, err)
				}
			}
			refuse := func(raw string, want tokens.Reason) {
				t.Helper()
				_, err := tokens.Judge(raw, relay())
				mustRefuse(t, err, want)
			}
			refuse(good, tokens.NotYetValid) // nbf, less a second of leeway
			now = epoch.Add(58 * time.Second)
			refuse(good, tokens.NotYetValid)
			now = epoch.Add(59 * time.Second)
			accept(good)
			accept(token(func(h map[string]any, _ jwt.MapClaims) { h["cty"] = "json"; h["typ"] = "at+jwt" }))
			accept(token(func(_ map[string]any, c jwt.MapClaims) { c["aud"] = "https://shop.example" }))
			refuse(token(func(h map[string]any, _ jwt.MapClaims) { delete(h, "typ") }), tokens.TypeNotAllowed)
			refuse(token(func(h map[string]any, _ jwt.MapClaims) { h["crit"] = []string{"exp"} }), tokens.HeaderNotAllowed)
			refuse(token(func(h map[string]any, _ jwt.MapClaims) { h["jwk"] = p.jwk }), tokens.HeaderNotAllowed)
			refuse(token(func(h map[string]any, _ jwt.MapClaims) { h["kid"] = "partner-2" }), tokens.KeyUnknown)
			refuse(token(func(h map[string]any, _ jwt.MapClaims) { h["alg"] = "HS256" }), tokens.AlgorithmNotAllowed)
			refuse(token(func(_ map[string]any, c jwt.MapClaims) { c["aud"] = tokens.Audience }), tokens.AudienceMismatch)
			refuse(token(func(_ map[string]any, c jwt.MapClaims) { delete(c, "order"); c["order_processing_id"] = "op_1" }), tokens.ClaimMissing)
			refuse(token(func(_ map[string]any, c jwt.MapClaims) {
				c["exp"] = jwt.NewNumericDate(epoch.Add(time.Hour + time.Second))
			}), tokens.LifetimeTooLong)
			refuse(edit(good, func(s []string) []string { b := unb64(s[2]); b[7] ^= 1; s[2] = b64(b); return s }), tokens.SignatureInvalid)
			now = epoch.Add(time.Hour)
			accept(good) // its leeway
			now = now.Add(time.Second)
			refuse(good, tokens.Expired)
			if parsed, err := jose.ParseSignedCompact(good, []jose.SignatureAlgorithm{jose.SignatureAlgorithm(alg)}); err != nil || parsed.Signatures[0].Header.KeyID != "partner-1" {
				t.Errorf("go-jose: %v", err)
			}
		})
	}
}

// A verifier on golang-jwt, as its documentation writes one, behind tokenshell's
// protocol. It gives verdicts, and no more.
//
//	https://golang-jwt.github.io/jwt/usage/parse/
//	https://pkg.go.dev/github.com/golang-jwt/jwt/v5
package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

type issuer struct {
	Name string `json:"iss"`
	JWKS struct {
		Keys []struct{ Kid, X, Y string }
	} `json:"jwks"`
}

type question struct {
	ID       int64    `json:"id"`
	Op       string   `json:"op"`
	Now      int64    `json:"now"`
	Audience string   `json:"audience"`
	Leeway   int64    `json:"leeway"`
	Issuers  []issuer `json:"issuers"`
	Session  string   `json:"session"`
	Token    string   `json:"token"`
}

type verifier struct {
	setup question
	now   int64
	keys  map[[2]string]*ecdsa.PublicKey // by issuer and kid
}

func (v *verifier) trust(issuers []issuer) error {
	v.keys = map[[2]string]*ecdsa.PublicKey{}
	for _, i := range issuers {
		for _, k := range i.JWKS.Keys {
			x, err := base64.RawURLEncoding.DecodeString(k.X)
			if err != nil {
				return err
			}
			y, err := base64.RawURLEncoding.DecodeString(k.Y)
			if err != nil {
				return err
			}
			key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), slices.Concat([]byte{4}, x, y))
			if err != nil {
				return err
			}
			v.keys[[2]string{i.Name, k.Kid}] = key
		}
	}
	return nil
}

var errNoKey = errors.New("no such key of this issuer")

// key is the jwt.Keyfunc: the key of the issuer that the token names.
func (v *verifier) key(t *jwt.Token) (any, error) {
	iss, err := t.Claims.GetIssuer()
	if err != nil {
		return nil, err
	}
	kid, _ := t.Header["kid"].(string)
	key, ok := v.keys[[2]string{iss, kid}]
	if !ok {
		return nil, errNoKey
	}
	return key, nil
}

// verify says what is wrong with a token; nil when nothing is.
func (v *verifier) verify(token string) error {
	_, err := jwt.ParseWithClaims(token, &jwt.RegisteredClaims{}, v.key,
		jwt.WithValidMethods([]string{"ES256"}), jwt.WithAudience(v.setup.Audience), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithLeeway(time.Duration(v.setup.Leeway)*time.Second), jwt.WithTimeFunc(func() time.Time { return time.Unix(v.now, 0) }))
	return err
}

// reason gives the library's own error, the most telling first.
func reason(err error) string {
	for _, known := range []error{
		errNoKey, jwt.ErrTokenSignatureInvalid, jwt.ErrTokenMalformed, jwt.ErrTokenRequiredClaimMissing, jwt.ErrTokenInvalidAudience,
		jwt.ErrTokenExpired, jwt.ErrTokenUsedBeforeIssued, jwt.ErrTokenNotValidYet, jwt.ErrTokenUnverifiable,
	} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	return ""
}

func (v *verifier) answer(q question) (map[string]any, error) {
	switch q.Op {
	case "hello":
		return map[string]any{"v": 1, "name": "golang-jwt", "language": "go", "reasons": "own", "can": []string{"keys", "clock"}}, nil
	case "reset":
		v.setup, v.now = q, q.Now
		return map[string]any{}, v.trust(q.Issuers)
	case "keys":
		return map[string]any{}, v.trust(q.Issuers)
	case "clock":
		v.now = q.Now
		return map[string]any{}, nil
	case "open":
		return map[string]any{"session": q.Session}, nil
	case "relay":
		if err := v.verify(q.Token); err != nil {
			return map[string]any{"verdict": "rejected", "reason": reason(err), "detail": err.Error()}, nil
		}
		return map[string]any{"verdict": "accepted"}, nil
	}
	return map[string]any{"unsupported": true}, nil
}

func run() error {
	var v verifier
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 4<<20)
	out := json.NewEncoder(os.Stdout)
	for in.Scan() {
		var q question
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			return err
		}
		m, err := v.answer(q)
		if err != nil {
			m = map[string]any{"error": err.Error()}
		}
		m["re"] = q.ID
		if err := out.Encode(m); err != nil {
			return err
		}
	}
	return in.Err()
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// The key ring: a service's signing keys, one version a kid, and the set that
// it publishes.

package issuers

import (
	"context"
	"crypto"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/go-jose/go-jose/v4"

	"tokenshell/tokens"
)

// KeyState says what a key version is good for.
type KeyState string

// The states of a key version. Only active signs; active and published verify.
const (
	KeyActive    KeyState = "active"
	KeyPublished KeyState = "published" // rotated out, its last tokens still live
	KeyRetired   KeyState = "retired"   // left the set: its last token expired, or somebody said so
	KeyDisabled  KeyState = "disabled"  // left the set in a hurry, and the KMS refuses it too
)

// KeyInfo describes one key version for people.
type KeyInfo struct {
	ID        string
	Service   string
	State     KeyState
	Algorithm jose.SignatureAlgorithm
	KMSKey    string    // the pinned key ARN
	Left      time.Time // when it left the set; zero while it is in
}

// KeyRing holds a service's key versions, oldest first. Safe for concurrent
// use.
type KeyRing struct {
	service string
	alias   string
	kms     KMSService
	clock   tokens.Clock
	leeway  func() time.Duration

	mu       sync.Mutex
	versions []*keyVersion
	made     int // versions ever, for their numbers
}

// keyVersion is one KMS key. What is not fixed of it is the ring's, under its
// lock.
type keyVersion struct {
	kid    string
	arn    string
	alg    jose.SignatureAlgorithm
	spec   types.SigningAlgorithmSpec
	public crypto.PublicKey

	changes
}

// changes are what becomes of a key version.
type changes struct {
	state      KeyState
	lastExpiry time.Time // of the tokens it signed; when it was rotated out if that is later
	left       time.Time // when it left the set; zero while it is in
	aged       bool      // it left because its last token had expired
	books      int       // reservations that it signed the token of and that are remembered
}

// NewKeyRing makes a ring whose first version is the key behind alias.
func NewKeyRing(ctx context.Context, service, alias string, k KMSService, clock tokens.Clock, leeway func() time.Duration) (*KeyRing, error) {
	r := &KeyRing{service: service, alias: alias, kms: k, clock: clock, leeway: leeway}
	_, err := r.Rotate(ctx)
	return r, err
}

// signingAlgorithm gives the one algorithm of a key spec (RFC 7518 3.4, RFC 8037 3.1).
func signingAlgorithm(spec types.KeySpec) (jose.SignatureAlgorithm, types.SigningAlgorithmSpec, error) {
	switch spec {
	case types.KeySpecEccNistP256:
		return jose.ES256, types.SigningAlgorithmSpecEcdsaSha256, nil
	case types.KeySpecEccNistEdwards25519:
		return jose.EdDSA, types.SigningAlgorithmSpecEd25519Sha512, nil
	default:
		return "", "", fmt.Errorf("a %s key does not sign confirmations", spec)
	}
}

// Rotate makes the key behind the ring's alias the active version. The version
// that was active stays published until its last token has expired. The alias
// may move at any time, so the version is pinned by its ARN.
func (r *KeyRing) Rotate(ctx context.Context) (kid string, err error) {
	described, err := r.kms.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &r.alias})
	if err != nil {
		return "", kmsError(r.service, "describe the signing key", err)
	}
	if described.KeyMetadata == nil || described.KeyMetadata.Arn == nil {
		return "", fmt.Errorf("the KMS describes no key behind %s", r.alias)
	}
	arn := *described.KeyMetadata.Arn
	answer, err := r.kms.GetPublicKey(ctx, &kms.GetPublicKeyInput{KeyId: &arn})
	if err != nil {
		return "", kmsError(r.service, "get the public key", err)
	}
	if aws.ToString(answer.KeyId) != arn {
		return "", errors.New("the KMS answered with the public key of another key")
	}
	alg, spec, err := signingAlgorithm(answer.KeySpec)
	if err != nil {
		return "", err
	}
	public, err := x509.ParsePKIXPublicKey(answer.PublicKey)
	if err != nil {
		return "", fmt.Errorf("the KMS answered with no public key: %w", err)
	}
	thumbprint, err := (&jose.JSONWebKey{Key: public}).Thumbprint(crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("the public key has no thumbprint: %w", err)
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	for _, v := range r.versions {
		if v.arn == arn {
			return "", fmt.Errorf("%s still points at the key of %s", r.alias, v.kid)
		}
	}
	// The thumbprint (RFC 7638) ties the kid to this key for ever; the number
	// is for people.
	r.made++
	kid = fmt.Sprintf("%s-k%d-%s", r.service, r.made, hex.EncodeToString(thumbprint[:4]))
	for _, v := range r.versions {
		if v.state == KeyActive {
			v.state = KeyPublished
			if now := r.clock.Now(); now.After(v.lastExpiry) {
				v.lastExpiry = now
			}
		}
	}
	r.versions = append(r.versions, &keyVersion{kid: kid, arn: arn, alg: alg, spec: spec, public: public, changes: changes{state: KeyActive}})
	return kid, nil
}

// settle retires what has outlived its last token. The ring must be locked.
func (r *KeyRing) settle() {
	now := r.clock.Now().Add(-r.leeway())
	for _, v := range r.versions {
		if v.state == KeyPublished && !now.Before(v.lastExpiry) {
			v.state, v.left, v.aged = KeyRetired, v.lastExpiry, true
		}
	}
	r.versions = slices.DeleteFunc(r.versions, func(v *keyVersion) bool {
		return !v.left.IsZero() && v.state != KeyActive && v.books == 0 && now.After(v.left.Add(Retention))
	})
}

// forget notes that a reservation is remembered no more; v is the key that was to
// sign its token, nil when there was none.
func (r *KeyRing) forget(v *keyVersion) {
	if v == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	v.books--
}

// Retire takes a key out of the set at once.
func (r *KeyRing) Retire(kid string) error { return r.leave(kid, KeyRetired) }

// Disable takes a key out of the set at once, for a key that nobody should
// trust any more. Disabling it in the KMS is the operator's part.
func (r *KeyRing) Disable(kid string) error { return r.leave(kid, KeyDisabled) }

func (r *KeyRing) leave(kid string, state KeyState) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settle()
	v := r.find(kid)
	if v == nil {
		return fmt.Errorf("%s has no key %q", r.service, kid)
	}
	if v.left.IsZero() {
		v.left = r.clock.Now()
	}
	if v.state != KeyDisabled {
		v.state, v.aged = state, false
	}
	return nil
}

func (r *KeyRing) find(kid string) *keyVersion {
	for _, v := range r.versions {
		if v.kid == kid {
			return v
		}
	}
	return nil
}

// Key finds a published key; see [tokens.KeySet].
func (r *KeyRing) Key(kid string) (tokens.Key, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settle()
	return r.published(kid)
}

func (r *KeyRing) published(kid string) (tokens.Key, error) {
	v := r.find(kid)
	switch {
	case v == nil:
		return tokens.Key{}, errors.New("it was never there")
	case v.left.IsZero():
		return tokens.Key{ID: v.kid, Algorithm: v.alg, Public: v.public}, nil
	default:
		return tokens.Key{}, fmt.Errorf("it left the set at %s, %s", v.left.Format(time.RFC3339), v.state)
	}
}

// Aged is the set with the keys that left only because their last token had
// expired: a retry of an answered redemption comes as late as it likes. Nothing
// new may be judged by it.
func (r *KeyRing) Aged() tokens.KeySet {
	return keysIf{r, func(v *keyVersion) bool { return v.aged || v.left.IsZero() }}
}

// Ever is the set of all versions that are remembered, whatever their state:
// for giving back, which needs no key that is still good.
func (r *KeyRing) Ever() tokens.KeySet { return keysIf{r, func(*keyVersion) bool { return true }} }

type keysIf struct {
	ring *KeyRing
	ok   func(*keyVersion) bool
}

// Key finds a key; see [tokens.KeySet].
func (k keysIf) Key(kid string) (tokens.Key, error) {
	k.ring.mu.Lock()
	defer k.ring.mu.Unlock()
	k.ring.settle()
	if v := k.ring.find(kid); v != nil && k.ok(v) {
		return tokens.Key{ID: v.kid, Algorithm: v.alg, Public: v.public}, nil
	}
	return k.ring.published(kid)
}

// List describes every version, oldest first.
func (r *KeyRing) List() []KeyInfo {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settle()
	list := make([]KeyInfo, 0, len(r.versions))
	for _, v := range r.versions {
		list = append(list, KeyInfo{v.kid, r.service, v.state, v.alg, v.arn, v.left})
	}
	return list
}

// States gives the state of every version, oldest first.
func (r *KeyRing) States() []KeyState {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settle()
	states := make([]KeyState, len(r.versions))
	for n, v := range r.versions {
		states[n] = v.state
	}
	return states
}

// JWKS gives the published set (RFC 7517 5).
func (r *KeyRing) JWKS() jose.JSONWebKeySet {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.settle()
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, v := range r.versions {
		if v.left.IsZero() {
			set.Keys = append(set.Keys, jose.JSONWebKey{Key: v.public, KeyID: v.kid, Algorithm: string(v.alg), Use: "sig"})
		}
	}
	return set
}

// active gives the version that signs, and notes that it will sign a token
// that expires then: from here on the key stays published that long, and is
// remembered until the reservation is forgotten.
func (r *KeyRing) active(expires time.Time) (*keyVersion, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, v := range r.versions {
		if v.state == KeyActive {
			if expires.After(v.lastExpiry) {
				v.lastExpiry = expires
			}
			v.books++
			return v, nil
		}
	}
	return nil, tokens.Refuse(tokens.ServiceUnavailable, "%s has no active key; keys rotate %s makes one", r.service, r.service)
}

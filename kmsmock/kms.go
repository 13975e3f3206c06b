package kmsmock

// The service itself: its configuration, its books, and how a key is found in them.

import (
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

const (
	account   = "000000000000"
	region    = "eu-central-1"
	arnPrefix = "arn:aws:kms:" + region + ":" + account + ":"
)

// Config is what a [KMS] is made of.
type Config struct {
	// Seed determines every key and key id. Any length will do; an empty seed is a
	// seed like any other. New copies it.
	Seed []byte

	// Now is the clock. Without one, time stands still at 2026-01-01T00:00:00Z. It is
	// called with a lock held, so it must not call the KMS.
	Now func() time.Time

	// Memory has the mock remember its keys, and what it signed and decrypted: a key is
	// made once, and the same request is answered the same, without the private key. For
	// worlds that are taken back.
	Memory bool
}

// KMS is a mock of the AWS KMS of one account in one region. It is safe for
// concurrent use; the keys that concurrent calls of CreateKey get depend on their
// order. Make one with [New].
type KMS struct {
	derive derivation // holds the seed where no printer finds it
	now    func() time.Time

	mu      sync.Mutex
	made    map[types.KeySpec]int // how many keys of a spec were ever made
	keys    map[string]*key       // by key id
	aliases map[string]*alias     // by name, with "alias/"
	answers *answers              // that were given before; nil when none are kept
	aside   *saved                // what these books are put aside as; nil when they have changed since
}

// New returns a KMS without keys.
func New(c Config) *KMS {
	now := c.Now
	if now == nil {
		now = func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }
	}
	k := &KMS{
		derive:  deriveFrom(c.Seed),
		now:     now,
		made:    map[types.KeySpec]int{},
		keys:    map[string]*key{},
		aliases: map[string]*alias{},
	}
	if c.Memory {
		k.answers = newAnswers()
	}
	return k
}

// lock takes the books and brings them up to date: keys whose deletion date has
// come leave, and their aliases with them.
func (k *KMS) lock() (now time.Time, unlock func()) {
	k.mu.Lock()
	now = k.timestamp()
	for id, key := range k.keys {
		if key.state == types.KeyStatePendingDeletion && !now.Before(key.deletion) {
			delete(k.keys, id)
			k.aside = nil
		}
	}
	for name, alias := range k.aliases {
		if k.keys[alias.target] == nil {
			delete(k.aliases, name)
			k.aside = nil
		}
	}
	return now, k.mu.Unlock
}

// timestamp is the clock in the resolution that the protocol of KMS carries.
func (k *KMS) timestamp() time.Time {
	return k.now().UTC().Truncate(time.Millisecond)
}

// find returns the key that a key id, key ARN, alias name or alias ARN stands for.
// The books must be locked.
func (k *KMS) find(ref *string) (*key, error) {
	name, err := required("keyId", ref)
	if err != nil {
		return nil, err
	}
	resource, err := localName(name)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(resource, aliasPrefix) {
		return k.findID(resource)
	}
	alias := k.aliases[resource]
	if alias == nil {
		return nil, notFound("Alias %s is not found.", quote(arnPrefix+resource))
	}
	return k.findID(alias.target)
}

// findTarget is find for the operations that take no alias.
func (k *KMS) findTarget(field string, ref *string) (*key, error) {
	name, err := required(field, ref)
	if err != nil {
		return nil, err
	}
	resource, err := localName(name)
	if err != nil {
		return nil, err
	}
	return k.findID(resource)
}

func (k *KMS) findID(id string) (*key, error) {
	if key := k.keys[id]; key != nil {
		return key, nil
	}
	if !isUUID(id) {
		return nil, notFound("Invalid keyId %s", quote(id))
	}
	return nil, notFound("Key %s does not exist", quote(keyARN(id)))
}

// findUsable returns a copy of the key if an operation with its material may run: the
// usage is right (any, when wanted is empty) and the key is enabled. The copy lets
// callers work without the lock.
func (k *KMS) findUsable(operation string, wanted types.KeyUsageType, ref *string) (key, error) {
	_, unlock := k.lock()
	defer unlock()
	found, err := k.find(ref)
	if err != nil {
		return key{}, err
	}
	if wanted != "" && found.kind.usage != wanted {
		return key{}, invalidKeyUsage("%s key usage is %s which is not valid for %s.", found.arn, found.kind.usage, operation)
	}
	switch found.state {
	case types.KeyStatePendingDeletion:
		return key{}, pendingDeletion(found)
	case types.KeyStateDisabled:
		return key{}, disabled(found)
	}
	return *found, nil
}

// localName strips what ARNs of our account and region put around a key id or an
// "alias/NAME"; what is not an ARN is returned as it is.
func localName(ref string) (string, error) {
	if !strings.HasPrefix(ref, "arn:") {
		return ref, nil
	}
	if resource, ok := strings.CutPrefix(ref, arnPrefix); ok {
		if id, ok := strings.CutPrefix(resource, keyPrefix); ok {
			return id, nil
		}
		if strings.HasPrefix(resource, aliasPrefix) {
			return resource, nil
		}
	}
	return "", notFound("Invalid arn %s", quote(ref))
}

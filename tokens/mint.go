// The mint: the only file that asks the machine for randomness.

package tokens

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"hash"
	"maps"
	"sync"
)

// Mint makes identifiers and salts. Each derives from (seed, kind, counter),
// so what one party draws never changes what another gets, and the same seed
// gives the same world. Safe for concurrent use.
type Mint struct {
	mu       sync.Mutex
	mac      func() hash.Hash // keyed with the seed; a func, so that no %+v can show it
	counters map[string]uint64
}

// NewMint makes a mint from a seed of any length.
func NewMint(seed []byte) *Mint {
	sum := sha256.Sum256(seed)
	mac := hmac.New(sha256.New, sum[:])
	return &Mint{mac: func() hash.Hash { return mac }, counters: map[string]uint64{}}
}

// RandomSeed gives 32 bytes from the machine's generator.
func RandomSeed() []byte {
	b := make([]byte, 32)
	rand.Read(b) // never fails: it crashes the program instead (crypto/rand)
	return b
}

var lower = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// ID gives "kind_" and 26 characters of a-z2-7 that carry 128 bits.
func (m *Mint) ID(kind string) string {
	return kind + "_" + lower.EncodeToString(m.Bytes(kind)[:16])
}

// Bytes gives the kind's next 32 bytes.
func (m *Mint) Bytes(kind string) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.counters[kind]++
	return m.derive(kind, m.counters[kind])
}

// Derive gives the 32 bytes that always belong to the label. It counts
// nothing: the same label gives the same bytes.
func (m *Mint) Derive(label string) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.derive(label, 0)
}

// derive is HMAC, of which one is used again and again: a new one is 500 bytes and
// as long as the rest of an id (benchmark of relay and redeem, which make two). The
// mint must be locked.
func (m *Mint) derive(kind string, n uint64) []byte {
	h := m.mac()
	h.Reset()
	h.Write([]byte(kind))
	h.Write(binary.BigEndian.AppendUint64([]byte{0}, n))
	return h.Sum(nil)
}

// Save puts aside how far the mint has counted.
func (m *Mint) Save() any {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.counters)
}

// Restore takes back what Save gave: the same ids come again.
func (m *Mint) Restore(saved any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.counters)
	maps.Copy(m.counters, saved.(map[string]uint64))
}

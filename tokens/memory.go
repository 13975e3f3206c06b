// Memory: what a verifier has found out about texts that come again and again.

package tokens

import (
	"crypto"
	"strings"
	"sync"

	"tokenshell/tokens/strictjson"
)

// memoryLimit is how many texts a memory keeps; it starts again then.
const memoryLimit = 1 << 15

// Memory remembers what follows from a token's text alone, or from it and a public
// key: how it is taken apart, whether the signature is good, what the claims say.
// It decides nothing that depends on a moment or on anybody's books. It is for
// worlds that are taken back and go on again many times, and for many worlds with the
// same keys. Nil remembers nothing. Safe for concurrent use.
type Memory struct {
	mu    sync.Mutex
	texts map[string]text
	proof map[signedBy]proof
	good  map[[3]string]bool
}

// text is what a text says.
type text struct {
	header, payload strictjson.Object
	body            string
	signature       []byte
	claims          *Claims // by our own contract; nil when nobody has asked, or they are not good
}

// signedBy is a text with a signature.
type signedBy struct{ raw, issuer, kid, alg string }

// proof is what a signature was found to be by a key.
type proof struct {
	public crypto.PublicKey
	good   bool
}

// NewMemory makes an empty one.
func NewMemory() *Memory {
	return &Memory{texts: map[string]text{}, proof: map[signedBy]proof{}, good: map[[3]string]bool{}}
}

func (m *Memory) text(raw string) (t text, known bool) {
	if m == nil {
		return text{}, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	t, known = m.texts[raw]
	return t, known
}

func (m *Memory) know(raw string, t text) {
	m.mu.Lock()
	defer m.mu.Unlock()
	keep(m.texts, strings.Clone(raw), t)
}

// keep keeps one thing more.
func keep[K comparable, V any](all map[K]V, k K, v V) {
	if len(all) >= memoryLimit {
		clear(all)
	}
	all[k] = v
}

// proven says whether the signature of an envelope is good, if that was found out
// before with the very key that it is to be verified with now.
func (m *Memory) proven(e *Envelope) (good, known bool) {
	if m == nil {
		return false, false
	}
	m.mu.Lock()
	p := m.proof[e.signedBy()]
	m.mu.Unlock()
	same, ok := p.public.(interface{ Equal(crypto.PublicKey) bool })
	return p.good, ok && same.Equal(e.key.Public)
}

func (m *Memory) prove(e *Envelope) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	keep(m.proof, e.signedBy(), proof{e.key.Public, e.verified})
}

func (e *Envelope) signedBy() signedBy {
	return signedBy{e.raw, e.issuer.Name, e.kid, string(e.key.Algorithm)}
}

// Good reports whether a signature over a message is good, by the key version that
// a kid names for ever: as verify says, or as it said before.
func (m *Memory) Good(kid string, message, signature []byte, verify func() bool) bool {
	if m == nil {
		return verify()
	}
	by := [3]string{kid, string(message), string(signature)}
	m.mu.Lock()
	known := m.good[by]
	m.mu.Unlock()
	if known || !verify() { // others need not wait for it
		return known
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	keep(m.good, by, true)
	return true
}

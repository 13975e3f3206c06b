// The ledger: which tokens a session has used.

package orchestrator

import (
	"strings"
	"sync"

	"tokenshell/tokens"
)

// Ledger records uses. The key of a use is (session, iss, jti), never the
// token's text, for one token has many.
type Ledger interface {
	// Use records a use and reports whether it is the first, in one atomic
	// step. An error means that nobody knows; nothing is accepted then.
	Use(session string, ref tokens.Ref) (first bool, err error)
	// Forget drops a session, when no token can name it any more.
	Forget(session string)
}

// MemoryLedger keeps a set of jtis for each session in memory.
type MemoryLedger struct {
	mu   sync.Mutex
	used map[string]map[issuerJTI]struct{}
}

type issuerJTI struct{ issuer, jti string }

// NewMemoryLedger makes an empty ledger.
func NewMemoryLedger() *MemoryLedger {
	return &MemoryLedger{used: map[string]map[issuerJTI]struct{}{}}
}

// Use records a use; it never fails.
func (l *MemoryLedger) Use(session string, ref tokens.Ref) (first bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	set := l.used[session]
	if set == nil {
		set = map[issuerJTI]struct{}{}
		l.used[session] = set
	}
	// Cloned, for a part of a token would keep all of it in memory.
	key := issuerJTI{strings.Clone(ref.Issuer), strings.Clone(ref.ID)}
	if _, again := set[key]; again {
		return false, nil
	}
	set[key] = struct{}{}
	return true, nil
}

// Forget drops a session.
func (l *MemoryLedger) Forget(session string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.used, session)
}

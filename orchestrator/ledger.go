// The ledger: which tokens a session has used.

package orchestrator

import (
	"context"
	"strings"
	"sync"
	"time"

	"tokenshell/tokens"
)

// Use is one use of a token in a session.
type Use struct {
	Session string
	Ref     tokens.Ref
	Expires time.Time // of the token: no other use of it is accepted after that
	Attempt string    // the same attempt may ask again
}

// Ledger records uses. The key of a use is (session, iss, jti), never the
// token's text, for one token has many.
type Ledger interface {
	// Use records a use and reports whether it is the first, or was recorded by the
	// same attempt, in one atomic step. An error means that nobody knows; nothing
	// is accepted then.
	Use(ctx context.Context, use Use) (first bool, err error)
	// Forget drops a session, when no token can name it any more.
	Forget(ctx context.Context, session string) error
}

// MemoryLedger keeps a set of jtis for each session in memory.
type MemoryLedger struct {
	mu   sync.Mutex
	used map[string]map[issuerJTI]string // the attempt of each
}

type issuerJTI struct{ issuer, jti string }

// NewMemoryLedger makes an empty ledger.
func NewMemoryLedger() *MemoryLedger {
	return &MemoryLedger{used: map[string]map[issuerJTI]string{}}
}

// Use records a use; it never fails.
func (l *MemoryLedger) Use(_ context.Context, use Use) (first bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	set := l.used[use.Session]
	if set == nil {
		set = map[issuerJTI]string{}
		l.used[use.Session] = set
	}
	// Cloned, for a part of a token would keep all of it in memory.
	key := issuerJTI{strings.Clone(use.Ref.Issuer), strings.Clone(use.Ref.ID)}
	if by, again := set[key]; again {
		return by == use.Attempt && by != "", nil
	}
	set[key] = use.Attempt
	return true, nil
}

// Forget drops a session; it never fails.
func (l *MemoryLedger) Forget(_ context.Context, session string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.used, session)
	return nil
}

// The ledger: which tokens a session has used.

package orchestrator

import (
	"context"
	"time"

	"tokenshell/tokens"
)

// Use is one use of a token in a session.
type Use struct {
	Session string
	Ref     tokens.Ref
	Expires time.Time // no other use of it is accepted from then on; zero for never
	Attempt string    // the same attempt may ask again
	Now     time.Time // what time it is for whoever asks; zero for nobody knows
}

// Ledger records uses. The key of a use is (session, iss, jti), never the
// token's text, for one token has many.
type Ledger interface {
	// Use records a use and reports whether it is the first, or was recorded by the
	// same attempt, in one atomic step. An error means that nobody knows; nothing
	// is accepted then. A use may be forgotten once it has expired.
	Use(ctx context.Context, use Use) (first bool, err error)
	// Forget says that a session is remembered no more: what it used may be
	// forgotten, and need not be before it expires.
	Forget(ctx context.Context, session string) error
}

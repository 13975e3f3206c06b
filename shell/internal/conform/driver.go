// The driver: how a relay is reached, whatever it speaks.

package conform

import (
	"context"
	"fmt"
	"time"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/adapter"
	"tokenshell/tokens"
)

// driver reaches one relay, for one row at a time. Its methods answer an
// [attacks.Trouble] when the relay's answer is neither yes nor no; but for
// reset, they may be called several at a time.
type driver interface {
	about() about
	// reset has the relay begin a row, if it can, and starts it when it does not
	// run. calls takes what the relay asks of its services.
	reset(ctx context.Context, s setup, calls callee) error
	open(ctx context.Context, session, customer string, facts tokens.Facts) (name string, err error)
	relay(ctx context.Context, session, token string) (verdict, error)
	redeem(ctx context.Context, session string, named []string) (end, error) // nil is all
	resume(ctx context.Context, session string) (end, error)
	close(ctx context.Context, session string) error
	facts(ctx context.Context, session string, facts tokens.Facts) error
	keys(ctx context.Context, s setup) error
	clock(ctx context.Context, now time.Time) error
	restart(ctx context.Context) error
	// stop ends what was started.
	stop()
}

// about is what a relay is known by.
type about struct {
	name, version, language string
	can                     []string
	ours                    bool // its reasons are tokenshell's
}

// setup is what a relay has to know before the first token.
type setup struct {
	now         time.Time
	contract    Contract
	issuers     []adapter.Issuer
	leeway      time.Duration
	maxLifetime time.Duration
}

// verdict is what a relay says of a token.
type verdict struct {
	accepted                bool
	service, reason, detail string
}

// end is where a redemption ended, as the relay says.
type end struct {
	state          string // completed, compensated, stuck or rejected
	reason, detail string
}

// call is what a relay asks of a service.
type call struct {
	action           string // redeem or cancel
	service, session string
	token, attempt   string
	facts            tokens.Facts
}

// said is a service's answer.
type said struct {
	status         string // done, repeated, refused or lost
	reason, detail string
	before         bool // lost: before anything was done
	unavailable    bool // refused: by a fault, not by the service
}

// callee answers calls.
type callee interface {
	call(ctx context.Context, c call) said
}

// Statuses of a row beside those of the catalogue.
const (
	Known          attacks.Status = "known"
	Errored        attacks.Status = "errored"
	Crashed        attacks.Status = "crashed"
	TimedOut       attacks.Status = "timeout"
	Fixed          attacks.Status = "fixed"
	BaselineFailed attacks.Status = "baseline_failed"
	Skipped        attacks.Status = "skipped"
	Leaked         attacks.Status = "leaked"
)

func trouble(status attacks.Status, format string, args ...any) error {
	return &attacks.Trouble{Status: status, What: fmt.Sprintf(format, args...)}
}

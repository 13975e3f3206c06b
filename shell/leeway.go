// The leeway: how far the clocks of a world may differ.

package shell

import (
	"sync/atomic"
	"time"
)

// leeway is shared by every verifier of a world.
type leeway struct{ ns atomic.Int64 }

func (l *leeway) get() time.Duration { return time.Duration(l.ns.Load()) }

func (l *leeway) set(d time.Duration) { l.ns.Store(int64(d)) }

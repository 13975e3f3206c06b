// The leeway: how far the clocks of a world may differ.

package world

import (
	"sync/atomic"
	"time"
)

// leeway is shared by every verifier of a world.
type leeway struct{ ns atomic.Int64 }

func (l *leeway) Get() time.Duration { return time.Duration(l.ns.Load()) }

func (l *leeway) Set(d time.Duration) { l.ns.Store(int64(d)) }

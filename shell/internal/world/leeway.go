// The leeway: how far the clocks of a world may differ.

package world

import (
	"sync/atomic"
	"time"

	"tokenshell/tokens"
)

// Leeway is shared by every verifier of a world.
type Leeway struct{ ns atomic.Int64 }

// Get gives it.
func (l *Leeway) Get() time.Duration { return time.Duration(l.ns.Load()) }

// Set changes it for everybody.
func (l *Leeway) Set(d time.Duration) { l.ns.Store(int64(d)) }

// Save puts it aside.
func (l *Leeway) Save() any { return l.Get() }

// Restore takes back what Save gave.
func (l *Leeway) Restore(saved any) { l.Set(saved.(time.Duration)) }

// Canon writes it down.
func (l *Leeway) Canon(w tokens.Canon) { w.Int(int(l.Get())) }

// Programs: what scenarios run with exec ends with the process that runs them.

package scenario

import (
	"context"
	"time"

	"tokenshell/tokens"
)

// Ending a program: it is asked for some time, and then killed.
const (
	askingPause = 50 * time.Millisecond
	askingTime  = 250 * time.Millisecond
)

// EndPrograms ends all programs below this process once ctx has ended, and those
// that scenarios started whose work folders lie in a folder: an interrupt may have
// come to this process alone. What it returns is called when the run is over.
func EndPrograms(ctx context.Context, folder string) (over func()) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-ctx.Done():
		case <-stop:
			return
		}
		for asked := tokens.Stopwatch(); ; {
			endBelow(asked() >= askingTime, folder)
			select {
			case <-time.After(askingPause):
			case <-stop:
				endBelow(true, folder)
				endIn(folder)
				return
			}
		}
	}()
	return func() {
		close(stop)
		<-stopped
	}
}

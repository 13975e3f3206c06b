// Programs: what scenarios run with exec ends with the process that runs them.

package scenario

import (
	"context"
	"time"
)

// Ending a program: it is asked a few times, and then killed.
const (
	askingPause = 50 * time.Millisecond
	askedTimes  = 6
)

// EndPrograms ends all programs below this process once ctx has ended: an
// interrupt may have come to this process alone. What it returns is called when
// the run is over.
func EndPrograms(ctx context.Context) (over func()) {
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-ctx.Done():
		case <-stop:
			return
		}
		for round := 0; ; round++ {
			endBelow(round >= askedTimes)
			select {
			case <-time.After(askingPause):
			case <-stop:
				endBelow(true)
				return
			}
		}
	}()
	return func() {
		close(stop)
		<-stopped
	}
}

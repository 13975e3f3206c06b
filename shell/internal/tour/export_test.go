// What the external tests of this room look at.

package tour

import (
	"strings"

	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/tokens"
)

// Stop is one stop of the tour.
type Stop = tourStop

// ShownStop is a stop in the JSON of tour.
type ShownStop = shownStop

// Learned is what a party knows after a stop.
type Learned = learned

// Stops are the stops, in their order.
func Stops() []Stop { return tourStops(strings.Clone) }

// Title is what a stop is called.
func (s tourStop) Title() string { return s.title }

// Why is what it is about.
func (s tourStop) Why() string { return s.why }

// Last is the last of its lines.
func (s tourStop) Last() string { return s.lines[len(s.lines)-1] }

// Refused is what the last line is refused with; empty when it is done.
func (s tourStop) Refused() tokens.Reason { return s.refused }

// Learned is what the parties know after it.
func (s tourStop) Learned() []Learned { return s.learned }

// Take goes through all stops with a shell. told hears of each, and of what a
// person reads there.
func Take(c *interp.Call, s *interp.Shell, told func(stop Stop, text string)) error {
	g := &guide{Call: c, shell: s}
	for _, stop := range tourStops(strings.Clone) {
		shown, err := g.take(stop)
		if err != nil {
			return err
		}
		p := &page.Page{}
		g.write(p, stop, shown, 1, 1)
		told(stop, p.String())
	}
	return nil
}

// Package bench measures orders in a world of its own: how many a second, how long
// each takes, and at whom the time goes.
package bench

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// most is how many orders one world has before another is made: what it remembers
// is about as much for all of them.
const most = 2000

// course is one measurement.
type course struct {
	build   func(context.Context, *world.Plan, world.Making) (*world.World, error)
	plan    *world.Plan
	workers int
	target  bool // the relay is somebody else's
	enough  func() bool
	tell    func(done int)

	customer string
	facts    tokens.Facts
	parties  []string // whose samples an order has
	leftOut  []string // and whose not, and why

	mu     sync.Mutex
	took   []time.Duration // of each order that ended completed
	busy   time.Duration   // of all workers together
	wrong  []string        // what was answered wrongly, a few of it
	wrongs int
	asked  int // answers that could have been
	steps  steps
	bare   []time.Duration
}

// run makes worlds, one after another, and has orders completed in them until it
// is enough or nobody waits. The error says why none could be.
func (c *course) run(ctx context.Context) error {
	for !c.enough() && ctx.Err() == nil {
		w, err := c.build(ctx, c.plan, world.Making{})
		if err == nil {
			err = c.generation(ctx, w)
		}
		if err != nil && ctx.Err() == nil {
			return err
		}
	}
	return nil
}

// choose finds, in worlds of our own, the customer for whom most domains confirm
// their sample, and what an order of those has to say of itself.
func (c *course) choose(ctx context.Context) error {
	w, err := world.Build(ctx, c.plan, world.Making{})
	if err != nil {
		return err
	}
	var nobody []string // why the first customer is refused
	for _, customer := range w.Plan.Customers {
		can, cannot := able(ctx, w, customer)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if len(can) > len(c.parties) {
			c.customer, c.parties, c.leftOut = customer, can, cannot
		}
		if nobody == nil {
			nobody = cannot
		}
	}
	if len(c.parties) == 0 { // that is no refusal of the verb
		return fmt.Errorf("no domain of this world confirms its example to anybody, so there is no order to measure: %s", strings.Join(nobody, "; "))
	}
	for _, facts := range []tokens.Facts{nil, factsOf(w, c.customer)} {
		if w, err = world.Build(ctx, c.plan, world.Making{}); err != nil {
			return err
		}
		trial := &course{customer: c.customer, parties: c.parties, facts: facts}
		if err = trial.order(ctx, client.Unseen(w)); err == nil {
			c.facts = facts
			return nil
		}
	}
	return err
}

// able says which domains confirm their sample to a customer, and which do not, each
// with its reason.
func able(ctx context.Context, w *world.World, customer string) (can, cannot []string) {
	for _, p := range w.Parties {
		snap, err := w.Relay.Open(ctx, "", customer, factsOf(w, customer))
		if err == nil {
			_, _, err = client.Unseen(w).Confirm(ctx, snap.ID, p.Sample(customer), client.Wanted{})
		}
		if err == nil {
			can = append(can, p.Name)
			continue
		}
		cannot = append(cannot, p.Name+": "+err.Error())
	}
	return can, cannot
}

func factsOf(w *world.World, customer string) tokens.Facts {
	all := tokens.Facts{}
	for _, p := range w.Parties {
		first, _ := p.Facts(customer)
		for name, value := range first {
			all[name] = value
		}
	}
	return all
}

// errSpent ends a world in which a sample is confirmed no more.
var errSpent = errors.New("what there was to confirm is spent")

// generation has workers complete orders in one world until it is spent, and then
// looks at its books.
func (c *course) generation(ctx context.Context, w *world.World) error {
	c.steps.watch(w.Wire)
	var all sync.WaitGroup
	var over sync.Once
	left := make(chan struct{})
	var failed error
	begun, completed := 0, 0
	next := func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		select {
		case <-left:
			return false
		default:
		}
		begun++
		return begun <= most && ctx.Err() == nil && !c.enough()
	}
	for range c.workers {
		all.Go(func() {
			me := client.Unseen(w)
			for next() {
				watch := tokens.Stopwatch()
				err := c.order(ctx, me)
				d := watch()
				c.mu.Lock()
				switch {
				case err == nil:
					completed++
					c.took, c.busy = append(c.took, d), c.busy+d
					c.tell(len(c.took))
				case ctx.Err() != nil:
				default:
					over.Do(func() { close(left) })
					if !errors.Is(err, errSpent) && failed == nil {
						failed = err
					}
				}
				c.mu.Unlock()
			}
		})
	}
	all.Wait()
	switch {
	case failed != nil:
		return failed
	case ctx.Err() != nil && c.target: // what it was asked when it was stopped, nobody knows
		return nil
	case completed == 0 && ctx.Err() == nil && !c.enough():
		return errSpent
	}
	c.measureBare(ctx, w)
	if err := w.Audit(); err != nil {
		return c.amiss(fmt.Sprintf("the books do not add up: %v", err))
	}
	return nil
}

// order is one order from its opening to its end. It answers errSpent, ctx's error,
// or what no order may end in.
func (c *course) order(ctx context.Context, me *client.Client) error {
	snap, err := me.Open(ctx, "", c.customer, c.facts)
	if err != nil {
		return err
	}
	held := make([]*client.Token, len(c.parties))
	for i, name := range c.parties {
		p, err := me.World.Service(name)
		if err != nil {
			return err
		}
		if held[i], _, err = me.Confirm(ctx, snap.ID, p.Sample(c.customer), client.Wanted{}); err != nil {
			if exit.Rejections(err) != nil && ctx.Err() == nil {
				return errSpent
			}
			return err
		}
	}
	results, err := me.RelayAll(ctx, snap.ID, held, nil)
	if err != nil {
		return err
	}
	c.answers(len(results))
	if err := client.RefusedOf(results); err != nil {
		return c.amiss(fmt.Sprintf("a good token is refused: %v", err))
	}
	if c.target { // does it know the token again?
		c.answers(1)
		if _, err := me.Relay(ctx, snap.ID, held[0]); err == nil {
			_ = c.amiss("a token is accepted twice")
		}
	}
	end, err := me.Redeem(ctx, snap.ID, nil)
	if err != nil {
		return err
	}
	c.answers(1)
	if end.State != orchestrator.Completed {
		return c.amiss(fmt.Sprintf("an order ends %s: %v", end.State, client.EndOf(end, false)))
	}
	return nil
}

func (c *course) answers(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.asked += n
}

// amiss notes a wrong answer. Of our own relay it ends the run; somebody else's may
// go on.
func (c *course) amiss(what string) error {
	if !c.target {
		return errors.New(what)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wrongs++
	if len(c.wrong) < 5 && !slices.Contains(c.wrong, what) {
		c.wrong = append(c.wrong, what)
	}
	return nil
}

// percentile gives the duration that a part of all is not above; all are sorted.
func percentile(all []time.Duration, part float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	return all[min(len(all)-1, int(math.Ceil(part*float64(len(all))))-1)]
}

// Amid: what a client does while the relay waits for a service.

package attacks

import (
	"context"
	"time"
)

// patience is how long a service waits for what happens meanwhile: a relay may do
// one thing after another, and answer that only when the service has answered.
const patience = 200 * time.Millisecond

// amid does a step, and another one while the first service is asked what the
// step's Phase says, so that a relay that looks first and writes down later is seen at it.
func (r *run) amid(ctx context.Context, s Step) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // of a service that is asked when nobody waits for it any more
	begun, over := make(chan struct{}), make(chan struct{})
	action, meanwhile := r.action(s, 0), r.action(*s.Amid, 0)
	came, failed := Answer{}, error(nil)
	order := r.action(fault(early, s.Phase, "meanwhile", 1), 0)
	order.Meanwhile = func() {
		close(begun)
		go func() {
			defer close(over)
			came, failed = r.safely(ctx, meanwhile)
		}()
		select {
		case <-over:
		case <-time.After(patience):
		}
	}
	if _, err := r.do(ctx, order); err != nil {
		return err
	}
	answer, err := r.do(ctx, action)
	select {
	case <-begun:
		<-over
	default:
		return wrong("no service was asked to %s: %v", s.Phase, err)
	}
	r.forget()
	if s.Amid.Verb == s.Verb && err != nil && answer.State == "" && State(came.State) == s.State {
		answer, err, came, failed = came, failed, answer, err // one of two is as good as the other
	}
	if err := r.judge(s, answer, err, Books{}); err != nil {
		return err
	}
	return r.judge(*s.Amid, came, failed, Books{})
}

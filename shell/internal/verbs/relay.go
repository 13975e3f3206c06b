// relay, redeem, checkout: the client and the relay.

// Package verbs has a struct for each verb that is about no one domain: its
// arguments and its help are field tags, its Run method asks for what it may
// touch.
package verbs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/fates"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/tokens"
)

// Relay is the verb relay.
type Relay struct {
	Tokens []string `arg:"" complete:"token" name:"token" sep:"none" help:"Handles, tokens or @FILEs."`

	fates.At
}

// relayed is one token in the JSON of relay.
type relayed struct {
	Token   string `json:"token"`
	JTI     string `json:"jti"`
	Status  string `json:"status"` // accepted or rejected
	Service string `json:"service"`
	Reason  string `json:"reason"`
	Detail  string `json:"detail"`
}

// Run relays tokens, each judged for itself. Its refusals are the error.
func (v *Relay) Run(ctx context.Context, c *client.Client, find interp.Finder, out *answer.Out) error {
	order, err := c.Current()
	if err != nil {
		return err
	}
	held, err := find.Tokens(v.Tokens)
	if err != nil {
		return err
	}
	if ctx, err = c.World.At(ctx, v.At.At); err != nil {
		return err
	}
	far := out.LongWork()
	results, err := c.RelayAll(ctx, order, held, func(done int) { tellRelayed(far, done, len(held)) })
	far.End()
	if err != nil {
		return err
	}
	if err := showRelayed(out, results); err != nil {
		return err
	}
	if refused := client.RefusedOf(results); refused != nil {
		return exit.InJSON(refused)
	}
	return nil
}

func tellRelayed(far *page.Progress, done, of int) {
	far.Tell(func(time.Duration) string { return fmt.Sprintf("%d of %s relayed", done, page.Count(of, "token")) })
}

func showRelayed(out *answer.Out, results []client.Relayed) error {
	data := struct {
		Results []relayed `json:"results"`
	}{[]relayed{}}
	for _, r := range results {
		shown := relayed{Token: r.Token.Label(), JTI: r.Token.Ref.ID, Status: "accepted", Service: r.Service}
		if r.Refused != nil {
			shown.Status, shown.Reason, shown.Detail = "rejected", string(r.Refused.Reason), r.Refused.Detail
		}
		data.Results = append(data.Results, shown)
	}
	return out.Show(data, func(w *page.Page) {
		for _, r := range data.Results {
			if r.Status == "accepted" {
				fmt.Fprintf(w, "%s: %s, for %s\n", w.In(page.ID, tokens.Word(r.Token)), w.State(r.Status), r.Service)
			} else {
				fmt.Fprintf(w, "%s: %s, %s\n", w.In(page.ID, tokens.Word(r.Token)), w.State(r.Status), r.Reason)
			}
		}
	})
}

// Redeem is the verb redeem.
type Redeem struct {
	Tokens []string `arg:"" complete:"token" optional:"" name:"token" sep:"none" help:"Handles, tokens or @FILEs; all accepted ones unless given."`
	Resume bool     `help:"Take an interrupted or stuck redemption to its end."`
	Direct bool     `help:"Go past the relay, to the service itself, as the bearer of a token may."`
	To     string   `complete:"service" placeholder:"SERVICE" help:"With --direct: go to this service, not to the token's own."`
	Step   bool     `help:"Stop before each question to a service: see what the relay knows, what goes over the wire and what the letter says, and decide."`
	Decide []string `sep:"none" placeholder:"WORD" complete:"decision" help:"With --step, what becomes of the questions in turn: go, lose, refuse, timeout, late, crash, crash-after or stop. Later ones go, unless a person is asked."`

	fates.At
}

// redeemed is one token in the JSON of redeem and checkout.
type redeemed struct {
	Token   string              `json:"token"`
	JTI     string              `json:"jti"`
	Service string              `json:"service"`
	Status  orchestrator.Status `json:"status"`
	Reason  string              `json:"reason"`
	Receipt *tokens.Receipt     `json:"receipt"`
}

// Run redeems.
func (v *Redeem) Run(ctx context.Context, c *client.Client, find interp.Finder, ask interp.Asker, out *answer.Out) error {
	order, err := c.Current()
	if err != nil {
		return err
	}
	switch {
	case v.Resume && (v.Direct || len(v.Tokens) > 0):
		return exit.Usage("redeem --resume stands alone", "--resume goes on with what was begun")
	case v.To != "" && !v.Direct:
		return exit.Usage("add --direct", "--to goes past the relay")
	case v.Direct && len(v.Tokens) == 0:
		return exit.Usage("redeem --direct TOKEN…", "--direct names its tokens")
	case v.At.At != "" && v.Direct:
		return exit.Usage("leave --at out", "--direct goes past every relay")
	case v.Step && v.Direct:
		return exit.Usage("leave --step out", "--direct asks one question of its own")
	case len(v.Decide) > 0 && !v.Step:
		return exit.Usage("add --step", "--decide is for a redemption step by step")
	}
	held, err := find.Tokens(v.Tokens)
	if err != nil {
		return err
	}
	if ctx, err = c.World.At(ctx, v.At.At); err != nil {
		return err
	}
	stepped := &fates.Stepping{Ctx: ctx}
	if v.Step {
		if stepped, err = fates.Step(ctx, c, out, ask, v.Decide); err != nil {
			return err
		}
		defer stepped.End()
	}
	var snap orchestrator.Snapshot
	switch {
	case v.Direct:
		return redeemDirect(ctx, c, out, order, held, v.To)
	case v.Resume:
		snap, err = c.Resume(stepped.Ctx, order)
		if errors.Is(err, orchestrator.ErrNothing) {
			return exit.Usage(toBegin(c, order), "there is no redemption to resume in session %q", order)
		}
	default:
		snap, err = c.Redeem(stepped.Ctx, order, held)
		err = unredeemed(c, order, held, err)
	}
	switch {
	case stepped.Stopped && ctx.Err() == nil && snap.State == orchestrator.Redeeming: // somebody decided that, and it is no failure
		return showRedeemed(out, order, snap.State, resultsOf(c, snap))
	case err != nil:
		return err
	}
	return showRedemption(c, out, snap, v.Resume)
}

// unredeemed says what to do about a redemption that could not begin, or was
// interrupted.
func unredeemed(c *client.Client, order string, named []*client.Token, err error) error {
	switch {
	case errors.Is(err, orchestrator.ErrNotAccepted):
		hint, live := "relay TOKEN… comes first", c.Live(order)
		if !slices.ContainsFunc(named, func(t *client.Token) bool { return slices.Contains(live, t) }) {
			hint = toConfirm(c)
		}
		return exit.Usage(hint, "%v", err)
	case errors.Is(err, orchestrator.ErrNothing):
		return exit.Usage(toBegin(c, order), "%v", err)
	case errors.Is(err, context.Canceled) && begun(c, order):
		return fmt.Errorf("%w; redeem --resume goes on where it stopped", err)
	}
	return err
}

// toBegin says how a redemption of an open order begins, as far as it has come.
func toBegin(c *client.Client, order string) string {
	snap, err := c.SessionNamed(order)
	switch {
	case err == nil && len(snap.Steps) > 0:
		return "redeem begins one with what was accepted; relay TOKEN… has more accepted"
	case len(c.Live(order)) > 0:
		return "relay TOKEN… comes first; checkout does both"
	default:
		return toConfirm(c)
	}
}

// toConfirm says which verbs make a token.
func toConfirm(c *client.Client) string {
	var verbs []string
	for _, p := range c.World.InKindOrder() {
		verbs = append(verbs, p.Handle+" confirm")
	}
	text := strings.Join(verbs, ", ")
	if last := strings.LastIndex(text, ", "); last >= 0 {
		text = text[:last] + " or " + text[last+2:]
	}
	return text + " comes first"
}

// begun reports whether a redemption of the order has begun and not ended.
func begun(c *client.Client, order string) bool {
	snap, err := c.World.Relay.Session(order)
	return err == nil && snap.State == orchestrator.Redeeming
}

// showRedemption shows how a redemption ended. Unless it completed the error is
// the refusals on the way; a resumed one has ended well when compensated.
func showRedemption(c *client.Client, out *answer.Out, snap orchestrator.Snapshot, resumed bool) error {
	if err := showRedeemed(out, snap.ID, snap.State, resultsOf(c, snap)); err != nil {
		return err
	}
	if err := client.EndOf(snap, resumed); err != nil {
		return exit.InJSON(err)
	}
	return nil
}

// resultsOf gives what a redemption reports.
func resultsOf(c *client.Client, snap orchestrator.Snapshot) (results []redeemed) {
	for _, step := range snap.Steps {
		if step.Result != "" {
			results = append(results, redeemed{c.LabelOf(step.Ref), step.Ref.ID, step.Service, step.Result, string(step.Reason), step.Receipt})
		}
	}
	return results
}

func showRedeemed(out *answer.Out, order string, state orchestrator.State, results []redeemed) error {
	if results == nil {
		results = []redeemed{}
	}
	data := struct {
		Order   string             `json:"order_processing_id"`
		State   orchestrator.State `json:"state"`
		Results []redeemed         `json:"results"`
	}{order, state, results}
	return out.Show(data, func(w *page.Page) {
		for _, r := range results {
			fmt.Fprintf(w, "%s: %s by %s%s\n", w.In(page.ID, tokens.Word(r.Token)), w.State(r.Status), r.Service, because(r))
		}
		fmt.Fprintf(w, "session %s is %s\n", w.In(page.ID, order), w.State(state))
		if state == orchestrator.Stuck || state == orchestrator.Redeeming {
			fmt.Fprintln(w, "redeem --resume takes it to its end")
		}
	})
}

// because gives what is worth knowing of one result: why not, or the receipt,
// whose body is the service's business.
func because(r redeemed) string {
	switch {
	case r.Reason != "" && r.Status != orchestrator.Cancelled:
		return ", " + r.Reason
	case r.Receipt != nil && r.Status != orchestrator.Cancelled:
		return ", " + redact.Printable(string(r.Receipt.Body))
	}
	return ""
}

// redeemDirect takes tokens to a service with an attempt of their own.
func redeemDirect(ctx context.Context, c *client.Client, out *answer.Out, order string, held []*client.Token, to string) error {
	if _, err := c.World.Relay.Session(order); err != nil {
		return err
	}
	var (
		results []redeemed
		all     exit.Refusals
	)
	for _, t := range held {
		service, receipt, err := c.Direct(ctx, order, t, to, "")
		result := redeemed{Token: t.Label(), JTI: t.Ref.ID, Service: service, Status: orchestrator.Redeemed, Receipt: &receipt}
		if err != nil {
			why := exit.Rejections(err)
			if why == nil {
				return err
			}
			all = append(all, why[0])
			result.Status, result.Reason, result.Receipt = orchestrator.Refused, string(why[0].Reason), nil
			if unknown := (*tokens.Failure)(nil); errors.As(err, &unknown) {
				result.Status = orchestrator.Failed
			}
		}
		results = append(results, result)
	}
	snap, err := c.World.Relay.Session(order)
	if err != nil {
		return err
	}
	if err := showRedeemed(out, order, snap.State, results); err != nil {
		return err
	}
	if all != nil {
		return exit.InJSON(all)
	}
	return nil
}

// Checkout is the verb checkout.
type Checkout struct {
	Tokens []string `arg:"" complete:"token" optional:"" name:"token" sep:"none" help:"Handles, tokens or @FILEs; all live tokens of the session unless given."`

	fates.At
}

// Run relays what was not relayed yet and, when all were accepted, redeems.
// The same checkout again goes on where it stopped.
func (v *Checkout) Run(ctx context.Context, c *client.Client, find interp.Finder, out *answer.Out) error {
	order, err := c.Current()
	if err != nil {
		return err
	}
	named, err := find.Tokens(v.Tokens)
	if err != nil {
		return err
	}
	if ctx, err = c.World.At(ctx, v.At.At); err != nil {
		return err
	}
	far := out.LongWork()
	refused := false
	snap, err := c.Checkout(ctx, order, named, func(done, of int) { tellRelayed(far, done, of) }, func(results []client.Relayed) error {
		far.End()
		refused = client.RefusedOf(results) != nil
		if refused || out.Format == "text" && len(results) > 0 {
			return showRelayed(out, results)
		}
		return nil
	})
	far.End()
	switch {
	case errors.Is(err, client.ErrNoLiveToken):
		return exit.Usage(toConfirm(c), "%v", err)
	case refused && exit.Rejections(err) != nil:
		return exit.InJSON(err)
	case snap == nil:
		return err
	}
	if err := unredeemed(c, order, named, err); err != nil {
		return err
	}
	return showRedemption(c, out, *snap, false)
}

// Package tour is a checkout in a world of its own, and what each party learns
// at each of its stops.
package tour

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/internal/world"
	"tokenshell/shell/lineedit"
	"tokenshell/tokens"
)

// tourStop is one stop of the tour.
type tourStop struct {
	title   string
	why     string
	lines   []string
	refused tokens.Reason // what the last line is refused with; empty when it is done
	learned []learned
}

// learned is what a party knows after a stop.
type learned struct {
	Party string `json:"party"`
	What  string `json:"learned"`
}

// tourStops are the stops, in their order. like writes the amounts in a text in
// the currency of the world that they are in.
func tourStops(like func(text string) string) []tourStop {
	return []tourStop{
		{
			"an order is opened", "The relay names the order. From now on every token for it carries that name.",
			[]string{like("session new order-1 --fact subtotal=120.00 --fact payable=90.00")}, "",
			[]learned{
				{"relay", "whose order it is, and facts that it carries without reading them"},
				{"coupons, points, payments", "nothing yet"},
			},
		},
		{
			"each domain confirms its own part", "The customer's choices go to the services that know the rules. Each checks, reserves, and seals its answer in an envelope: a token that lives for two minutes.",
			[]string{"coupon confirm SPRING25", "points confirm 500", like("payment confirm 90.00 --method visa")}, "",
			[]learned{
				{"coupons", "that user_123 wants SPRING25, which it checked and set aside"},
				{"points", "that 500 points are to be held"},
				{"payments", "which card and how much; the authorisation is sealed in the token"},
				{"kms", "a digest to sign, and nothing of what it is a digest of"},
				{"relay", "nothing: it was not asked"},
			},
		},
		{
			"the envelope, as the relay sees it", "It can read who signed, for whom, for which order and until when. The letter is not for it.",
			[]string{"token show payment-1 --as relay"}, "",
			[]learned{
				{"relay", "an envelope: constraints are unread, and sealed is closed to it"},
				{"payments", "can open the letter that it sealed: token show payment-1 --as payments"},
			},
		},
		{
			"the relay judges the envelopes", "Signature, audience, order, time, capability, and whether it was here before. Never the meaning.",
			[]string{"relay coupon-1 points-1 payment-1"}, "",
			[]learned{
				{"relay", "that three services vouch for something in this order; which coupon, how many points and which card it does not know"},
				{"coupons, points, payments", "nothing: envelopes are checked with public keys"},
			},
		},
		{
			"can it be fooled by the same token?", "A second use in the session is refused: the record of used tokens knows (session, iss, jti).",
			[]string{"relay coupon-1"}, tokens.Replayed,
			[]learned{{"relay", "that somebody tried a token twice; no service was bothered"}},
		},
		{
			"or by a token of another order?", "A token is bound to the order that it names.",
			[]string{"session new order-2", "relay points-1"}, tokens.SessionMismatch,
			[]learned{{"relay", "that the token belongs to order-1; nothing of it is used up"}},
		},
		{
			"each service redeems, once", "The relay forwards the envelopes in the world's order. Each service opens its own, verifies again, and commits.",
			[]string{"session use order-1", "redeem"}, "",
			[]learned{
				{"coupons", "that SPRING25 is used, once"},
				{"points", "that 500 points are burned"},
				{"payments", like("that the order comes to 90.00, what it had authorised; it asked the KMS for the letter's key")},
				{"relay", "three receipts, whose bodies it does not read, and that the order is completed"},
			},
		},
		{
			"and past the relay?", "A token is a bearer token: whoever holds it may go to the service itself. Redeemed once is redeemed.",
			[]string{"redeem --direct points-1"}, tokens.AlreadyRedeemed,
			[]learned{{"points", "that somebody came with another attempt; the books stay as they are"}},
		},
		{
			"what was said", "The whole conversation, as a sequence diagram. trace --format html --out FILE makes a page in which each message opens to what its receiver saw.",
			[]string{"trace --session order-1"}, "", nil,
		},
	}
}

// Verb is the verb tour.
type Verb struct{}

// Run goes through the stops, in a world beside the current one. At a terminal
// it waits for Enter after each.
func (v *Verb) Run(c *interp.Call) error {
	plan, err := c.World.Plan.EmbeddedHere() // which the stops are about
	if err != nil {
		return err
	}
	w, err := world.Build(c.Ctx, plan, world.Seeded(world.DefaultSeed))
	if err != nil {
		return err
	}
	guide := &guide{Call: c, shell: interp.New(w, c.Language)}
	steps := tourStops(plan.InCurrency)
	data := struct {
		Steps []shownStop `json:"steps"`
	}{[]shownStop{}}
	for i, step := range steps {
		shown, err := guide.take(step)
		if err != nil {
			return err
		}
		data.Steps = append(data.Steps, shown)
		if c.Out.Format == "json" {
			continue
		}
		err = c.Out.Show(nil, func(w *page.Page) { guide.write(w, step, shown, i+1, len(steps)) })
		if err != nil {
			return err
		}
		if i < len(steps)-1 && !guide.goOn() {
			break
		}
	}
	if c.Out.Format == "json" {
		return c.Out.Show(data, nil)
	}
	return c.Out.Show(nil, func(w *page.Page) {
		fmt.Fprintln(w, w.Faint("that was a world of its own; yours is as it was. attack run tries to fool this relay, help lists the verbs"))
	})
}

// shownStop is a stop in the JSON of tour.
type shownStop struct {
	Title    string    `json:"title"`
	Commands []toured  `json:"commands"`
	Learned  []learned `json:"learned"`
}

// toured is one command of a stop.
type toured struct {
	Line   string `json:"line"`
	Reason string `json:"reason,omitempty"`
	said   func(*page.Page)
}

// guide takes a shell through the stops.
type guide struct {
	*interp.Call
	shell *interp.Shell
}

// take runs a stop's lines. What does not go as the tour says is an error: it
// would teach something wrong.
func (g *guide) take(step tourStop) (shownStop, error) {
	shown := shownStop{Title: step.title, Learned: append([]learned{}, step.learned...)}
	for i, line := range step.lines {
		var refused tokens.Reason
		if i == len(step.lines)-1 {
			refused = step.refused
		}
		prompt := g.shell.Prompt(&page.Page{})
		out := *g.Out
		var printed, errors strings.Builder
		out.Stdout, out.Stderr, out.Format, out.Filter, out.Heard = &printed, &errors, "text", nil, nil
		err := g.runLine(line, &out)
		if g.Ctx.Err() != nil {
			return shown, g.Ctx.Err()
		}
		if exit.Verdict(err) != exit.Verdict(refusalOf(refused)) {
			return shown, fmt.Errorf("the tour is out of date: %q was %s", line, exit.Verdict(err))
		}
		out.Report(err)
		shown.Commands = append(shown.Commands, toured{line, string(refused), func(w *page.Page) {
			fmt.Fprintf(w, "%s%s\n%s%s", w.Faint(prompt), line, printed.String(), errors.String())
		}})
	}
	return shown, nil
}

func refusalOf(reason tokens.Reason) error {
	if reason == "" {
		return nil
	}
	return tokens.Refuse(reason, "")
}

func (g *guide) runLine(line string, out *answer.Out) error {
	commands, err := syntax.Split(line, false)
	if err != nil {
		return err
	}
	words, err := g.shell.Vars.Expand(commands[0])
	if err != nil {
		return err
	}
	return g.shell.Execute(g.Ctx, words, out)
}

// write shows a stop.
func (g *guide) write(w *page.Page, step tourStop, shown shownStop, n, of int) {
	fmt.Fprintf(w, "%s\n", w.Paint(page.TitleStyle, fmt.Sprintf("%d of %d: %s", n, of, step.title)))
	for _, line := range page.FoldTo(step.why, w.Width) {
		fmt.Fprintln(w, line)
	}
	fmt.Fprintln(w)
	for _, command := range shown.Commands {
		command.said(w)
	}
	if len(step.learned) > 0 {
		fmt.Fprintln(w)
		rows := page.NewTable("PARTY", "LEARNED")
		for _, l := range step.learned {
			rows.Row(l.Party, l.What)
		}
		rows.Write(w)
	}
	fmt.Fprintln(w)
}

// goOn asks whether to go on. Nobody is asked in a script.
func (g *guide) goOn() bool {
	if g.Ask == nil || g.Out.Window == nil {
		return true
	}
	answer, err := g.Ask("Enter goes on, q ends it: ")
	if err != nil && !errors.Is(err, lineedit.ErrInterrupted) && !errors.Is(err, io.EOF) {
		g.Out.Report(err)
	}
	return err == nil && !strings.HasPrefix(strings.TrimSpace(strings.ToLower(answer)), "q")
}

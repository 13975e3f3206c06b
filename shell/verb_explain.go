// token explain: every check of a token, and what it finds.

package shell

import (
	"context"
	"crypto"
	"fmt"
	"time"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/wire"
	"tokenshell/tokens"
)

type tokenExplain struct {
	Token   string   `arg:"" complete:"token" help:"A handle, a token or @FILE."`
	All     bool     `help:"Go on past the first failure."`
	JWKS    []string `name:"jwks" sep:"none" complete:"file" placeholder:"FILE" help:"Judge with these key sets instead of a session's; may be repeated."`
	At      string   `placeholder:"TIME" help:"With --jwks: as it was at this time."`
	Order   string   `placeholder:"ID" help:"With --jwks: for this order; without it the token's own."`
	Profile string   `complete:"file" placeholder:"FILE" help:"With --jwks: what the issuer's tokens do differently."`
}

// explainedCheck is a check in the JSON of token explain.
type explainedCheck struct {
	Party  string `json:"party"`
	Check  string `json:"check"`
	Status string `json:"status"`
	Reason string `json:"reason"`
	Source string `json:"source"`
	Detail string `json:"detail"`
}

// Run explains a token and records nothing.
func (v *tokenExplain) Run(c *call) error {
	t, err := c.token(v.Token)
	if err != nil {
		return err
	}
	if len(v.JWKS) == 0 {
		if v.At != "" || v.Order != "" || v.Profile != "" {
			return exit.Usage("add --jwks FILE", "--at, --order and --profile are for a token without a session")
		}
		return c.showExplained(v.Token, c.explain(t, v.All))
	}
	checks, err := v.afterwards(c)
	if err != nil {
		return err
	}
	found := named("relay", tokens.Explain(t.raw, checks, v.All))
	for i := range found { // nothing in a key set says whose it is
		if found[i].Check == "issuer" && found[i].Status == tokens.CheckPassed {
			found[i].Detail += ", taken to be whose key sets these are"
		}
	}
	return c.showExplained(v.Token, found)
}

// explain asks the relay and, when there is one, the token's service.
func (c *call) explain(t *heldToken, all bool) []explainedCheck {
	session := c.session
	if session == "" {
		session = t.ref.Order
	}
	checks := named("relay", c.world.relay.Explain(session, t.raw, all))
	snap, err := c.world.relay.Session(session)
	if err != nil {
		return checks // nobody could say for whom a service should redeem it
	}
	order := tokens.Session{Order: snap.ID, Customer: snap.Customer}
	if p, err := c.destination(t, ""); err == nil {
		checks = append(checks, named(p.name, p.explain(wire.OffTheRecord(c.ctx), t.raw, order, all))...)
	}
	return checks
}

func named(party string, findings []tokens.Finding) []explainedCheck {
	var checks []explainedCheck
	for _, f := range findings {
		checks = append(checks, explainedCheck{party, f.Check, f.Status, string(f.Reason), f.Source, f.Detail})
	}
	return checks
}

// afterwards gives the relay's checks as they were at a time, with nothing but
// key sets: for a token in hand after an incident.
func (v *tokenExplain) afterwards(c *call) ([]tokens.Check, error) {
	var keys tokens.StaticKeys
	for _, file := range v.JWKS {
		text, err := c.readFile(file, tokenFileLimit)
		if err != nil {
			return nil, err
		}
		set, err := tokens.ParseKeySet(text)
		if err != nil {
			return nil, exit.Input(file, 0, err.Error())
		}
		for _, key := range set {
			known, err := keys.Key(key.ID)
			switch { // a rotation's sets overlap
			case err != nil:
				keys = append(keys, key)
			case !sameKey(known, key):
				return nil, exit.Input(file, 0, fmt.Sprintf("kid %q is another key than in the sets before: a kid names one for ever", key.ID))
			}
		}
	}
	at := c.world.clock.Now()
	if v.At != "" {
		var err error
		if at, err = time.Parse(time.RFC3339, v.At); err != nil {
			return nil, exit.Usage("write one such as 2026-01-01T00:02:00Z", "%q is no time", v.At)
		}
	}
	var profile *tokens.Profile
	if v.Profile != "" {
		var err error
		if profile, err = c.readProfile(v.Profile); err != nil {
			return nil, err
		}
	}
	verifier := &tokens.Verifier{
		Party: tokens.Audience, Clock: tokens.FrozenClock(at), Leeway: c.world.leeway.get,
		Issuers: func(iss string) (tokens.Issuer, bool) {
			return tokens.Issuer{Name: iss, Keys: keys, Profile: profile}, redact.IsID(iss)
		},
	}
	order := v.Order
	checks := verifier.Checks(tokens.Own{Session: func(claims *tokens.Claims) error {
		if order != "" && claims.Order != order {
			return tokens.Refuse(tokens.SessionMismatch, "the token is for order %q, this is %q", claims.Order, order)
		}
		return nil
	}})
	return leaveOut(checks, "capability"), nil // a key set says nothing of grants
}

// sameKey reports whether two keys verify the same.
func sameKey(a, b tokens.Key) bool {
	public, ok := a.Public.(interface{ Equal(crypto.PublicKey) bool })
	return ok && a.Algorithm == b.Algorithm && public.Equal(b.Public)
}

func leaveOut(checks []tokens.Check, name string) []tokens.Check {
	var kept []tokens.Check
	for _, check := range checks {
		if check.Name != name {
			kept = append(kept, check)
		}
	}
	return kept
}

func (c *call) showExplained(name string, checks []explainedCheck) error {
	data := struct {
		Verdict string           `json:"verdict"`
		Reason  string           `json:"reason"`
		Checks  []explainedCheck `json:"checks"`
	}{"accepted", "", checks}
	for _, check := range checks {
		if check.Status == tokens.CheckFailed && data.Verdict == "accepted" {
			data.Verdict, data.Reason = "rejected", check.Reason
		}
	}
	return c.out.Show(data, func(w *page.Page) {
		fmt.Fprintf(w, "%s: %s%s\n", redact.Printable(name), w.State(data.Verdict), page.Prefixed(", ", data.Reason))
		rows := page.NewTable("PARTY", "CHECK", "STATUS", "REASON", "SOURCE", "WHAT WAS FOUND")
		for _, check := range checks {
			rows.Row(page.Rigid(check.Party), page.Rigid(check.Check), page.State(check.Status), page.Rigid(page.OrDash(check.Reason)), page.Faint(check.Source), check.Detail)
		}
		rows.Write(w)
	})
}

// explain asks a service what its checks would find.
func (p party) explain(ctx context.Context, raw string, session tokens.Session, all bool) []tokens.Finding {
	if p.domain != nil {
		return p.domain.Explain(ctx, raw, session, all)
	}
	return p.standin.Explain(ctx, raw, session, all)
}

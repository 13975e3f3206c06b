// token explain: every check of a token, and what it finds.

package verbs

import (
	"context"
	"crypto"
	"fmt"
	"time"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/world"
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
func (v *tokenExplain) Run(ctx context.Context, c *client.Client, find interp.Finder, dir *files.Dir, out *answer.Out) error {
	t, err := find.Token(v.Token)
	if err != nil {
		return err
	}
	if len(v.JWKS) == 0 {
		if v.At != "" || v.Order != "" || v.Profile != "" {
			return exit.Usage("add --jwks FILE", "--at, --order and --profile are for a token without a session")
		}
		found, err := c.Explain(ctx, t, v.All)
		if err != nil {
			return err
		}
		return showExplained(out, v.Token, found)
	}
	checks, err := v.afterwards(c.World, dir)
	if err != nil {
		return err
	}
	found := client.FoundBy("relay", tokens.Explain(t.Raw, checks, v.All))
	for i := range found { // nothing in a key set says whose it is
		if found[i].Check == "issuer" && found[i].Status == tokens.CheckPassed {
			found[i].Detail += ", taken to be whose key sets these are"
		}
	}
	return showExplained(out, v.Token, found)
}

// afterwards gives the relay's checks as they were at a time, with nothing but
// key sets: for a token in hand after an incident.
func (v *tokenExplain) afterwards(w *world.World, dir *files.Dir) ([]tokens.Check, error) {
	var keys tokens.StaticKeys
	for _, file := range v.JWKS {
		text, err := dir.Read(file, interp.TokenFileLimit)
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
	at := w.Clock.Now()
	if v.At != "" {
		var err error
		if at, err = time.Parse(time.RFC3339, v.At); err != nil {
			return nil, exit.Usage("write one such as 2026-01-01T00:02:00Z", "%q is not a time", v.At)
		}
	}
	var profile *tokens.Profile
	if v.Profile != "" {
		var err error
		if profile, err = world.ReadProfile(dir, v.Profile); err != nil {
			return nil, err
		}
	}
	verifier := &tokens.Verifier{
		Party: tokens.Audience, Clock: tokens.FrozenClock(at), Leeway: w.Leeway.Get,
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
	return world.LeaveOut(checks, "capability"), nil // a key set says nothing of grants
}

// sameKey reports whether two keys verify the same.
func sameKey(a, b tokens.Key) bool {
	public, ok := a.Public.(interface{ Equal(crypto.PublicKey) bool })
	return ok && a.Algorithm == b.Algorithm && public.Equal(b.Public)
}

func showExplained(out *answer.Out, name string, found []client.Finding) error {
	data := struct {
		Verdict string           `json:"verdict"`
		Reason  string           `json:"reason"`
		Checks  []explainedCheck `json:"checks"`
	}{"accepted", "", nil}
	for _, f := range found {
		check := explainedCheck{f.Party, f.Check, f.Status, string(f.Reason), f.Source, f.Detail}
		data.Checks = append(data.Checks, check)
		if check.Status == tokens.CheckFailed && data.Verdict == "accepted" {
			data.Verdict, data.Reason = "rejected", check.Reason
		}
	}
	return out.Show(data, func(w *page.Page) {
		fmt.Fprintf(w, "%s: %s%s\n", tokens.Word(name), w.State(data.Verdict), page.Prefixed(", ", data.Reason))
		rows := page.NewTable("PARTY", "CHECK", "STATUS", "REASON", "SOURCE", "WHAT WAS FOUND")
		for _, check := range data.Checks {
			rows.Row(page.Rigid(check.Party), page.Rigid(check.Check), page.State(check.Status), page.Rigid(page.OrDash(check.Reason)), page.Faint(check.Source), page.Given(check.Detail))
		}
		rows.Write(w)
	})
}

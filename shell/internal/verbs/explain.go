// token explain: every check of a token, and what it finds.

package verbs

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/go-jose/go-jose/v4"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/profiles"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
	"tokenshell/tokens/keysets"
)

type tokenExplain struct {
	Token    string   `arg:"" complete:"token" help:"A handle, a token, @FILE, or - for standard input. Around one that is no file there may be quotes, line breaks and Bearer."`
	All      bool     `help:"Go on past the first failure."`
	JWKS     []string `name:"jwks" sep:"none" complete:"file" placeholder:"FILE" help:"Judge with these key sets instead of a session's; may be repeated."`
	At       string   `placeholder:"TIME" help:"With --jwks: as it was at this time, as RFC 3339 has it or in seconds since the epoch."`
	Order    string   `placeholder:"ID" help:"With --jwks: for this order; without it the token's own."`
	Profile  string   `complete:"profile" placeholder:"FILE" help:"With --jwks: what the issuer's tokens do differently, in a file or a profile of help profile."`
	Audience []string `sep:"none" placeholder:"NAME" help:"With --jwks: what the issuer calls us in aud."`
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
func (v *tokenExplain) Run(ctx context.Context, c *client.Client, find interp.Finder, dir *files.Dir, verdict interp.Verdict, out *answer.Out) error {
	t, err := find.Pasted(v.Token)
	if err != nil {
		return err
	}
	if len(v.JWKS) == 0 {
		if v.At != "" || v.Order != "" || v.Profile != "" || v.Audience != nil {
			return exit.Usage("add --jwks FILE", "--at, --order, --profile and --audience are for a token without a session")
		}
		found, err := c.Explain(ctx, t, v.All)
		if err != nil {
			return err
		}
		return showExplained(out, verdict, v.Token, found, nil)
	}
	checks, notices, err := v.afterwards(c.World, dir)
	if err != nil {
		return err
	}
	found := client.FoundBy("relay", tokens.Explain(t.Raw, checks, v.All))
	for i := range found { // nothing in a key set says whose it is
		if found[i].Check == "issuer" && found[i].Status == tokens.CheckPassed {
			found[i].Detail += ", taken to be whose key sets these are"
		}
	}
	return showExplained(out, verdict, v.Token, found, notices)
}

// afterwards gives the relay's checks as they were at a time, with nothing but
// key sets: for a token in hand after an incident.
func (v *tokenExplain) afterwards(w *world.World, dir *files.Dir) (checks []tokens.Check, notices []string, err error) {
	profile, err := profiles.Read(dir, v.Profile)
	if err != nil {
		return nil, nil, err
	}
	if profile, err = profiles.ForUs(profile, v.Audience); err != nil {
		return nil, nil, err
	}
	if v.Profile == "" && len(v.Audience) == 0 {
		profile = nil
	}
	keys, notices, err := v.keys(dir, profile)
	if err != nil {
		return nil, nil, err
	}
	at := w.Clock.Now()
	if v.At != "" {
		if at, err = moment(v.At); err != nil {
			return nil, nil, err
		}
	}
	verifier := &tokens.Verifier{
		Party: tokens.Audience, Clock: tokens.FrozenClock(at), Leeway: w.Leeway.Get,
		Issuers: func(iss string) (tokens.Issuer, bool) {
			return tokens.Issuer{Name: iss, Keys: keys, Profile: profile}, redact.IsID(iss)
		},
	}
	order := v.Order
	checks = verifier.Checks(tokens.Own{Session: func(claims *tokens.Claims) error {
		if order != "" && !claims.Unbound && claims.Order != order {
			return tokens.Refuse(tokens.SessionMismatch, "the token is for order %q, this is %q", claims.Order, order)
		}
		return nil
	}})
	return world.LeaveOut(checks, "capability"), notices, nil // a key set says nothing of grants
}

// moment reads a time, as RFC 3339 has it or in seconds since 1970.
func moment(text string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	seconds, err := strconv.ParseUint(text, 10, 38)
	if err == nil {
		return time.Unix(int64(seconds), 0).UTC(), nil
	}
	hint := "write one such as 2026-01-01T00:02:00Z, or 1767225720, in seconds since 1970"
	if ms, err := strconv.ParseUint(text, 10, 64); err == nil && ms/1000 < 1<<38 {
		hint = fmt.Sprintf("in seconds it would be %d", ms/1000)
	}
	return time.Time{}, exit.Usage(hint, "%q is not a time", text)
}

// keys reads the key sets as one.
func (v *tokenExplain) keys(dir *files.Dir, profile *tokens.Profile) (keys tokens.StaticKeys, notices []string, err error) {
	alg := jose.SignatureAlgorithm("")
	if profile != nil {
		alg = profile.Algorithm
	}
	for _, file := range v.JWKS {
		text, err := dir.Read(file, interp.TokenFileLimit)
		if err != nil {
			return nil, nil, err
		}
		set, err := keysets.Read(text, alg)
		if err != nil {
			return nil, nil, exit.Input(file, 0, err.Error())
		}
		if notice := set.Notice(); notice != "" {
			notices = append(notices, file+": "+notice)
		}
		before := slices.Clone(keys)
		for _, key := range set.Keys {
			at := slices.IndexFunc(keys, func(k tokens.Key) bool { return k.ID == key.ID && k.Algorithm == key.Algorithm })
			switch { // a rotation's sets overlap
			case at < 0 && (key.ID == "" && len(keys) > 0 || len(keys) == 1 && keys[0].ID == ""):
				return nil, nil, exit.Input(file, 0, "a key without a kid stands by itself: leave the other sets out")
			case at < 0 && !slices.ContainsFunc(before, func(k tokens.Key) bool { return k.ID == key.ID }):
				keys = append(keys, key)
			case at < 0 || !keysets.Equal(keys[at], key):
				return nil, nil, exit.Input(file, 0, fmt.Sprintf("kid %q is another key than in the sets before: a kid names one for ever", key.ID))
			}
		}
	}
	return keys, notices, nil
}

func showExplained(out *answer.Out, verdict interp.Verdict, name string, found []client.Finding, notices []string) error {
	data := struct {
		Verdict string           `json:"verdict"`
		Reason  string           `json:"reason"`
		Checks  []explainedCheck `json:"checks"`
		Notices []string         `json:"notices,omitempty"` // of keys that are left out
	}{"accepted", "", nil, notices}
	for _, f := range found {
		check := explainedCheck{f.Party, f.Check, f.Status, string(f.Reason), f.Source, f.Detail}
		data.Checks = append(data.Checks, check)
		if check.Status == tokens.CheckFailed && data.Verdict == "accepted" {
			data.Verdict, data.Reason = "rejected", check.Reason
		}
	}
	verdict(data.Verdict == "accepted")
	return out.Show(data, func(w *page.Page) {
		for _, notice := range notices {
			fmt.Fprintln(w, notice)
		}
		fmt.Fprintf(w, "%s: %s%s\n", tokens.Word(name), w.State(data.Verdict), page.Prefixed(", ", data.Reason))
		rows := page.NewTable("PARTY", "CHECK", "STATUS", "REASON", "SOURCE", "WHAT WAS FOUND")
		for _, check := range data.Checks {
			rows.Row(page.Rigid(check.Party), page.Rigid(check.Check), page.State(check.Status), page.Rigid(page.OrDash(check.Reason)), page.Faint(check.Source), page.Given(check.Detail))
		}
		rows.Write(w)
	})
}

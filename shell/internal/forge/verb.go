// Package forge is how a person makes a hostile token, as the catalogue of attacks
// does: by flags, and a row of the catalogue as a scenario to be played.
package forge

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"tokenshell/issuers"
	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/target"
	"tokenshell/shell/internal/wire"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// payloadLimit is the largest file of --payload, in bytes.
const payloadLimit = 4 << 20

// Verb is the verb token forge.
type Verb struct {
	Token string `arg:"" complete:"token" help:"The good token: a handle, a token or @FILE."`
	Flags
	Name string `placeholder:"HANDLE" help:"What to call it; forged-1 and so on unless given."`
}

// change is one thing that was changed, in the JSON of token forge.
type change struct {
	Where string `json:"where"`
	Was   string `json:"was"`
	Is    string `json:"is"`
}

// notice is who will refuse a forged token first.
type notice struct {
	Party  string        `json:"party"`
	Check  string        `json:"check"`
	Reason tokens.Reason `json:"reason"`
	Detail string        `json:"detail"`
}

// Run forges. Nothing is asked of a party, but for a signature that it never
// gave.
func (v *Verb) Run(ctx context.Context, c *client.Client, find interp.Finder, seed interp.Seed, dir *files.Dir, out *answer.Out) error {
	t, err := find.Token(v.Token)
	if err != nil {
		return err
	}
	if err := c.Wallet.Fits(v.Name); err != nil {
		return err
	}
	f, err := v.Forgery()
	if err != nil {
		return err
	}
	good, err := v.good(c, t, find, f)
	if err != nil {
		return err
	}
	if v.Payload != "" {
		if f.Whole, err = dir.Read(v.Payload, payloadLimit); err != nil {
			return err
		}
	}
	raw, err := f.Forge(wire.OffTheRecord(ctx), target.Of(c), seed.Or(world.DefaultSeed), good)
	if err != nil {
		return exit.Usage("token show shows what is in it", "%s cannot be forged so: %v", tokens.Word(t.Label()), err)
	}
	forged := c.Loose(raw)
	forged.Handle, forged.Since, forged.Expires, forged.Forged = v.Name, c.World.Clock.Now(), client.ClaimedExpiry(raw), true
	c.Wallet.Add(forged, "forged")
	return v.show(ctx, c, t, forged, out)
}

// good gives what the forgery starts from.
func (v *Verb) good(c *client.Client, t *client.Token, find interp.Finder, f *attacks.Forgery) (attacks.Good, error) {
	seen, err := tokens.Peek(t.Raw)
	if err != nil {
		return attacks.Good{}, exit.Usage("forge from the token that this one was forged from", "%s cannot be taken apart: %v", tokens.Word(t.Label()), err)
	}
	good := attacks.Good{Raw: t.Raw, KeyID: seen.KeyID}
	p, err := c.World.Issuer(seen.Ref.Issuer)
	if err == nil {
		good.Service = p.Name
		keys := p.Keys().List()
		at := slices.IndexFunc(keys, func(k issuers.KeyInfo) bool { return k.ID == seen.KeyID })
		if at < 0 && f.Signer == "" {
			return good, exit.Usage("--sign attacker signs with a key that nobody here knows", "%s has no key %q to sign with", p.Issuer(), seen.KeyID)
		}
		if at > 0 {
			good.Former = keys[at-1].ID
		}
	}
	switch word := v.signer(); {
	case good.Service == "" && slices.Contains([]string{"own", "former", "hmac-public", "hmac-public-pem", "hmac-public-jwk"}, word):
		return good, exit.Usage("--sign attacker, nobody or kept", "nobody here has the key of %q, which --sign %s wants", seen.Ref.Issuer, word)
	case word == "former" && good.Former == "":
		return good, exit.Usage("keys rotate "+good.Service+" makes one", "%s has no key before %s", p.Issuer(), seen.KeyID)
	}
	if v.Other != "" {
		other, err := find.Token(v.Other)
		if err != nil {
			return good, err
		}
		good.Other = other.Raw
	}
	return good, nil
}

// show says what was changed, and who will notice.
func (v *Verb) show(ctx context.Context, c *client.Client, from, forged *client.Token, out *answer.Out) error {
	changes := changesBetween(from.Raw, forged.Raw)
	noticed, err := noticedBy(ctx, c, forged)
	if err != nil {
		return err
	}
	data := struct {
		client.TokenState
		From    string   `json:"from"`
		Signed  string   `json:"signed"`
		Changed []change `json:"changed"`
		Noticed *notice  `json:"noticed"`
	}{client.TokenState{Token: forged.Handle, JTI: forged.Ref.ID, Service: forged.Service, Status: c.Status(forged), Forged: true}, from.Label(), v.signer(), changes, noticed}
	return out.Show(data, func(w *page.Page) {
		fmt.Fprintf(w, "%s: %s from %s, signed by %s\n", forged.Handle, w.Paint(page.BadStyle, "forged"), tokens.Word(from.Label()), help(v.signer()))
		rows := page.NewTable()
		for _, ch := range changes {
			rows.Row(page.Rigid("  "+ch.Where), page.Given(page.OrDash(ch.Was)), "→", page.Given(page.OrDash(ch.Is)))
		}
		rows.Write(w)
		switch {
		case noticed == nil:
			fmt.Fprintln(w, w.Paint(page.BadStyle, "nobody notices")+": every check that can be made now would pass")
		default:
			fmt.Fprintf(w, "noticed by %s, at the check %s: %s: %s\n", noticed.Party, noticed.Check, w.State(string(noticed.Reason)), w.In(page.Value, redact.OneLine(noticed.Detail)))
		}
	})
}

func help(word string) string {
	for _, row := range attacks.Signers() {
		if row.Word == word {
			return word + ": " + row.Help
		}
	}
	return word
}

// noticedBy gives the first party that would refuse a token; nil when none
// would.
func noticedBy(ctx context.Context, c *client.Client, t *client.Token) (*notice, error) {
	found, err := c.Explain(ctx, t, false)
	if err != nil {
		return nil, err
	}
	for _, f := range found {
		if f.Status == tokens.CheckFailed {
			return &notice{f.Party, f.Check, f.Reason, f.Detail}, nil
		}
	}
	return nil, nil
}

// changesBetween says what differs between two tokens: member by member while
// both can be taken apart, else part by part.
func changesBetween(was, is string) []change {
	before, after := strings.Split(was, "."), strings.Split(is, ".")
	changes := []change{}
	if len(after) != len(before) {
		return append(changes, change{"token", tokens.Count(len(before), "segment"), tokens.Count(len(after), "segment")})
	}
	for i, where := range []string{"header", "payload", "signature"}[:min(3, len(before))] {
		if before[i] == after[i] {
			continue
		}
		old, new := segment(before[i]), segment(after[i])
		members := membersBetween(where, old, new)
		if members == nil {
			members = []change{{where, sizeOf(before[i]), sizeOf(after[i])}}
		}
		changes = append(changes, members...)
	}
	return changes
}

// membersBetween compares two objects; nil when one is none, or nothing in them
// differs.
func membersBetween(where, was, is string) []change {
	if !json.Valid([]byte(was)) || !json.Valid([]byte(is)) || !strings.HasPrefix(is, "{") {
		return nil
	}
	before, after := client.ObjectFields("", json.RawMessage(was)), client.ObjectFields("", json.RawMessage(is))
	var changes []change
	for _, f := range before {
		at := slices.IndexFunc(after, func(g wire.Field) bool { return g.Name == f.Name })
		switch {
		case at < 0:
			changes = append(changes, change{where + "." + f.Name, short(f.Value), ""})
		case after[at].Value != f.Value:
			changes = append(changes, change{where + "." + f.Name, short(f.Value), short(after[at].Value)})
		}
	}
	seen := map[string]bool{}
	for _, g := range after {
		if seen[g.Name] || !slices.ContainsFunc(before, func(f wire.Field) bool { return g.Name == f.Name }) {
			changes = append(changes, change{where + "." + g.Name, "", short(g.Value)})
		}
		seen[g.Name] = true
	}
	return changes
}

func sizeOf(segment string) string { return tokens.Count(len(segment), "character") }

// short shows the beginning of a value, and of a letter nothing.
func short(value string) string {
	const most = 200
	if redact.HasToken(value) || strings.Count(value, ".") == 4 && len(value) > most {
		return "(sealed, " + tokens.Count(len(value), "byte") + ")"
	}
	if len(value) > most {
		value = strings.ToValidUTF8(value[:most], "") + "…"
	}
	return redact.Printable(value)
}

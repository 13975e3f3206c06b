// Package outsiders is the verb trust: issuers that tokenshell did not make.
package outsiders

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tokenshell/shell/internal/answer"
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

// Trust is the verb trust.
type Trust struct {
	Add    trustAdd    `cmd:"" help:"Have the relay accept an outside issuer's tokens." example:"trust add https://club.example --jwks club.json --capability club:redeem --service club"`
	List   trustList   `cmd:"" looks:"" help:"List whom the relay trusts." example:"trust list"`
	Remove trustRemove `cmd:"" help:"Have the relay stop accepting an outside issuer's tokens." example:"trust remove https://club.example"`
}

// outsiderState is an issuer in the JSON of trust.
type outsiderState struct {
	Issuer       string   `json:"iss"`
	Service      string   `json:"service"`
	Capabilities []string `json:"capabilities"`
	Keys         []string `json:"keys"`
	LeftOut      []string `json:"left_out,omitempty"` // keys of its set that cannot be used
	Warning      string   `json:"warning,omitempty"`
}

func stateOf(o *world.Outsider) outsiderState {
	s := outsiderState{Issuer: o.Issuer.Name, Service: o.Service, Capabilities: o.Issuer.Capabilities, Keys: []string{}}
	for _, key := range o.Keys {
		s.Keys = append(s.Keys, cmp.Or(key.ID, "(no kid)"))
	}
	return s
}

type trustAdd struct {
	Issuer     string   `arg:"" name:"iss" help:"Its iss, exactly as its tokens say it."`
	JWKS       string   `name:"jwks" required:"" complete:"file" placeholder:"FILE" help:"Its keys: a JWK set (RFC 7517), a JWK, PEM, a certificate. What cannot verify is left out, and named."`
	Capability []string `required:"" sep:"none" placeholder:"CAP" help:"What it may grant; may be repeated."`
	Service    string   `placeholder:"NAME" help:"A stand-in that its tokens go to, and that accepts each once."`
	Profile    string   `complete:"profile" placeholder:"FILE" help:"What its tokens do differently: a YAML file, or one that is ready, such as oauth-access-token. help profile has the keys, and the ready ones."`
	Audience   []string `sep:"none" placeholder:"NAME" help:"What it calls us in aud, instead of what the profile says; may be repeated."`
}

// Run trusts an issuer.
func (v *trustAdd) Run(w *world.World, dir *files.Dir, out *answer.Out) error {
	if !redact.IsID(v.Issuer) {
		return exit.Usage("write up to 128 printable ASCII characters", "this is not a name for an issuer")
	}
	if v.Issuer != strings.TrimSpace(v.Issuer) {
		return exit.Usage("write it without them", "there are spaces around %q", v.Issuer)
	}
	if _, err := w.Issuer(v.Issuer); err == nil {
		return exit.Usage("trust is for others", "%s is a service of this world", v.Issuer)
	}
	if other := w.LooksLike(v.Issuer); other != "" {
		return exit.Usage("trust is for others, under a name that nobody takes for one of ours", "%q could be taken for %s, a party of this world", v.Issuer, other)
	}
	for _, capability := range v.Capability {
		if !redact.IsID(capability) {
			return exit.Usage("write one such as loyalty:redeem", "%q is not a capability", capability)
		}
	}
	profile, err := profiles.Read(dir, v.Profile)
	if err != nil {
		return err
	}
	if profile, err = profiles.ForUs(profile, v.Audience); err != nil {
		return err
	}
	text, err := dir.Read(v.JWKS, interp.TokenFileLimit)
	if err != nil {
		return err
	}
	set, err := keysets.Read(text, profile.Algorithm)
	if err != nil {
		return exit.Input(v.JWKS, 0, err.Error())
	}
	keys := set.Keys
	o := &world.Outsider{Issuer: tokens.Issuer{Name: v.Issuer, Keys: keys, Capabilities: slices.Clone(v.Capability), Profile: profile}, Keys: keys}
	if err := w.Trust(o, v.Service); err != nil {
		return err
	}
	data := stateOf(o)
	data.LeftOut, data.Warning = set.LeftOut, undone(w, o)
	return out.Show(data, func(w *page.Page) {
		fmt.Fprintf(w, "%s is trusted for %s, %s%s\n", tokens.Word(v.Issuer), tokens.Words(v.Capability, " "), page.Count(len(keys), "key"), page.Prefixed(", its tokens go to ", v.Service))
		if notice := set.Notice(); notice != "" {
			fmt.Fprintf(w, "%s: %s\n", v.JWKS, notice)
		}
		if data.Warning != "" {
			fmt.Fprintf(w, "%s: %s\n", w.Paint(page.WornStyle, "warning"), data.Warning)
		}
	})
}

// undone says which of an issuer's capabilities no service does; empty when there
// is one for each.
func undone(w *world.World, o *world.Outsider) string {
	var nobody []string
	for _, capability := range o.Issuer.Capabilities {
		done := slices.ContainsFunc(w.Parties, func(p world.Party) bool { return p.Capability == capability }) ||
			slices.ContainsFunc(w.Outsiders, func(o *world.Outsider) bool {
				return o.Service != "" && slices.Contains(o.Issuer.Capabilities, capability)
			})
		if !done {
			nobody = append(nobody, capability)
		}
	}
	if nobody == nil {
		return ""
	}
	return fmt.Sprintf("no service does %s, so that its tokens are refused with capability_not_allowed; --service NAME makes a stand-in that does", tokens.Words(nobody, ", "))
}

type trustList struct{}

// Run lists issuers: our own, and the outsiders.
func (v *trustList) Run(w *world.World, out *answer.Out) error {
	data := struct {
		Issuers []outsiderState `json:"issuers"`
	}{[]outsiderState{}}
	rows := page.NewTable("ISSUER", "SERVICE", "CAPABILITIES", "KEYS")
	add := func(s outsiderState) {
		data.Issuers = append(data.Issuers, s)
		rows.Row(page.Rigid(tokens.Word(s.Issuer)), page.Rigid(page.OrDash(s.Service)), tokens.Words(s.Capabilities, " "), page.Given(tokens.Words(s.Keys, " ")))
	}
	if _, err := w.Inspector(); err != nil {
		return err
	}
	for _, p := range w.Parties {
		s := outsiderState{Issuer: p.Issuer(), Service: p.Name, Capabilities: []string{p.Capability}, Keys: []string{}}
		for _, key := range p.Keys().JWKS().Keys {
			s.Keys = append(s.Keys, key.KeyID)
		}
		add(s)
	}
	for _, o := range w.Outsiders {
		add(stateOf(o))
	}
	return out.Show(data, rows.Write)
}

type trustRemove struct {
	Issuer string `arg:"" complete:"outsider" name:"iss" help:"The outside issuer."`
}

// Run trusts an issuer no more.
func (v *trustRemove) Run(w *world.World, out *answer.Out) error {
	o, err := w.Distrust(v.Issuer)
	if err != nil {
		return err
	}
	return out.Show(stateOf(o), func(w *page.Page) { fmt.Fprintf(w, "%s is trusted no more\n", tokens.Word(v.Issuer)) })
}

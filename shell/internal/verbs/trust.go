// trust: issuers that tokenshell did not make.

package verbs

import (
	"fmt"
	"slices"
	"strings"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Trust is the verb trust.
type Trust struct {
	Add    trustAdd    `cmd:"" help:"Have the relay accept an outside issuer's tokens." example:"trust add https://club.example --jwks club.json --capability club:redeem --service club"`
	List   trustList   `cmd:"" looks:"" help:"List whom the relay trusts." example:"trust list"`
	Remove trustRemove `cmd:"" help:"Have the relay accept an outside issuer's tokens no more." example:"trust remove https://club.example"`
}

// outsiderState is an issuer in the JSON of trust.
type outsiderState struct {
	Issuer       string   `json:"iss"`
	Service      string   `json:"service"`
	Capabilities []string `json:"capabilities"`
	Keys         []string `json:"keys"`
}

func stateOf(o *world.Outsider) outsiderState {
	s := outsiderState{o.Issuer.Name, o.Service, o.Issuer.Capabilities, []string{}}
	for _, key := range o.Keys {
		s.Keys = append(s.Keys, key.ID)
	}
	return s
}

type trustAdd struct {
	Issuer     string   `arg:"" name:"iss" help:"Its iss, exactly as its tokens say it."`
	JWKS       string   `name:"jwks" required:"" complete:"file" placeholder:"FILE" help:"Its key set (RFC 7517), checked when it is read."`
	Capability []string `required:"" sep:"none" placeholder:"CAP" help:"What it may grant; may be repeated."`
	Service    string   `placeholder:"NAME" help:"A stand-in that its tokens go to, and that accepts each once."`
	Profile    string   `complete:"file" placeholder:"FILE" help:"YAML: what its tokens do differently (typ, header, audience, claims, max_lifetime, leeway)."`
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
	text, err := dir.Read(v.JWKS, interp.TokenFileLimit)
	if err != nil {
		return err
	}
	keys, err := tokens.ParseKeySet(text)
	if err != nil {
		return exit.Input(v.JWKS, 0, err.Error())
	}
	profile, err := world.ReadProfile(dir, v.Profile)
	if err != nil {
		return err
	}
	o := &world.Outsider{Issuer: tokens.Issuer{Name: v.Issuer, Keys: keys, Capabilities: slices.Clone(v.Capability), Profile: profile}, Keys: keys}
	if err := w.Trust(o, v.Service); err != nil {
		return err
	}
	return out.Show(stateOf(o), func(w *page.Page) {
		fmt.Fprintf(w, "%s is trusted for %s, %s%s\n", tokens.Word(v.Issuer), tokens.Words(v.Capability, " "), page.Count(len(keys), "key"), page.Prefixed(", its tokens go to ", v.Service))
	})
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
		s := outsiderState{p.Issuer(), p.Name, []string{p.Capability}, []string{}}
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

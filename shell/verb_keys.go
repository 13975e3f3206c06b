// keys: list, rotate, retire, disable, jwks.

package shell

import (
	"fmt"

	"github.com/go-jose/go-jose/v4"

	"tokenshell/issuers"
	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/page"
)

type keysVerb struct {
	List    keysList    `cmd:"" looks:"" help:"List the signing keys." example:"keys list coupons"`
	Rotate  keysRotate  `cmd:"" help:"Make a new active key; the old one stays published until its last token has expired." example:"keys rotate coupons"`
	Retire  keysRetire  `cmd:"" help:"Take a key out of the published set." example:"capture KID keys list coupons --jq '.keys[0].kid'; keys retire $KID"`
	Disable keysDisable `cmd:"" help:"Disable a key in the KMS and take it out of the set." example:"capture KID keys list points --jq '.keys[0].kid'; keys disable $KID"`
	JWKS    keysJWKS    `cmd:"" name:"jwks" help:"Print the published key set (RFC 7517)." example:"keys jwks coupons"`
}

// keyState is a key in the JSON of keys list.
type keyState struct {
	KeyID     string                  `json:"kid"`
	Service   string                  `json:"service"`
	State     issuers.KeyState        `json:"state"`
	Algorithm jose.SignatureAlgorithm `json:"alg"`
}

// chosen gives the parties that a SERVICE argument means: all without one.
func (c *call) chosen(service string) ([]party, error) {
	if service == "" {
		return c.world.parties, nil
	}
	p, err := c.world.service(service)
	return []party{p}, err
}

type keysList struct {
	Service string `arg:"" complete:"service" optional:"" help:"Of this service only."`
}

// Run lists keys.
func (v *keysList) Run(c *call) error {
	parties, err := c.chosen(v.Service)
	if err != nil {
		return err
	}
	list := struct {
		Keys []keyState `json:"keys"`
	}{[]keyState{}}
	rows := page.NewTable("KID", "SERVICE", "STATE", "ALG", "LEFT THE SET")
	for _, p := range parties {
		for _, k := range p.domain.Keys().List() {
			list.Keys = append(list.Keys, keyState{k.ID, k.Service, k.State, k.Algorithm})
			left := "-"
			if !k.Left.IsZero() {
				left = c.when(k.Left)
			}
			rows.Row(page.Rigid(k.ID), page.Rigid(k.Service), page.State(k.State), page.Rigid(k.Algorithm), left)
		}
	}
	return c.out.Show(list, rows.Write)
}

type keysRotate struct {
	Service string `arg:"" complete:"service" help:"The service."`
}

// Run has the operator make a key, and the service take it.
func (v *keysRotate) Run(c *call) error {
	p, err := c.world.service(v.Service)
	if err != nil {
		return err
	}
	if err := c.world.newSigningKey(c.ctx, p.name); err != nil {
		return err
	}
	kid, err := p.domain.Keys().Rotate(c.ctx)
	if err != nil {
		return err
	}
	return c.showKey(p, kid)
}

func (c *call) showKey(p party, kid string) error {
	for _, k := range p.domain.Keys().List() {
		if k.ID == kid {
			return c.out.Show(keyState{k.ID, k.Service, k.State, k.Algorithm}, func(w *page.Page) {
				fmt.Fprintf(w, "%s of %s is %s\n", k.ID, k.Service, w.State(k.State))
			})
		}
	}
	return fmt.Errorf("%s has no key %q", p.name, kid)
}

// keyNamed finds a key of any service.
func (c *call) keyNamed(kid string) (party, issuers.KeyInfo, error) {
	var kids []string
	for _, p := range c.world.parties {
		for _, k := range p.domain.Keys().List() {
			if k.ID == kid {
				return p, k, nil
			}
			kids = append(kids, k.ID)
		}
	}
	hint := "keys list shows them"
	if near := exit.Nearest(kid, kids); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	return party{}, issuers.KeyInfo{}, exit.Usage(hint, "there is no key %q", kid)
}

type keysRetire struct {
	KID string `arg:"" complete:"kid" name:"kid" help:"The key."`
}

// Run retires a key.
func (v *keysRetire) Run(c *call) error {
	p, k, err := c.keyNamed(v.KID)
	if err != nil {
		return err
	}
	if err := p.domain.Keys().Retire(k.ID); err != nil {
		return err
	}
	return c.showKey(p, k.ID)
}

type keysDisable struct {
	KID string `arg:"" complete:"kid" name:"kid" help:"The key."`
}

// Run disables a key, in the KMS first.
func (v *keysDisable) Run(c *call) error {
	p, k, err := c.keyNamed(v.KID)
	if err != nil {
		return err
	}
	if err := c.world.disableKey(c.ctx, k.KMSKey); err != nil {
		return err
	}
	if err := p.domain.Keys().Disable(k.ID); err != nil {
		return err
	}
	return c.showKey(p, k.ID)
}

type keysJWKS struct {
	Service string `arg:"" complete:"service" optional:"" help:"Of this service only."`
	Out     string `complete:"file" placeholder:"FILE" help:"Write it to this file."`
}

// Run prints or writes the published sets, as one.
func (v *keysJWKS) Run(c *call) error {
	parties, err := c.chosen(v.Service)
	if err != nil {
		return err
	}
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, p := range parties {
		set.Keys = append(set.Keys, p.domain.Keys().JWKS().Keys...)
	}
	line, err := answer.Line(set)
	if err != nil {
		return err
	}
	if v.Out == "" {
		return c.out.Show(set, func(w *page.Page) {
			w.Verbatim = true
			fmt.Fprint(w, string(line))
		})
	}
	if err := c.writeFile(v.Out, line); err != nil {
		return err
	}
	data := struct {
		File string `json:"file"`
		Keys int    `json:"keys"`
	}{v.Out, len(set.Keys)}
	return c.out.Show(data, func(w *page.Page) { fmt.Fprintf(w, "%s: %d keys\n", v.Out, len(set.Keys)) })
}

// keys: list, rotate, retire, disable, jwks.

package verbs

import (
	"context"
	"fmt"

	"github.com/go-jose/go-jose/v4"

	"tokenshell/issuers"
	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/world"
)

// Keys is the verb keys.
type Keys struct {
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
func chosen(w *world.World, service string) ([]world.Party, error) {
	if service == "" {
		return w.Parties, nil
	}
	p, err := w.Service(service)
	return []world.Party{p}, err
}

type keysList struct {
	Service string `arg:"" complete:"service" optional:"" help:"Of this service only."`
}

// Run lists keys.
func (v *keysList) Run(c *client.Client, out *answer.Out) error {
	parties, err := chosen(c.World, v.Service)
	if err != nil {
		return err
	}
	list := struct {
		Keys []keyState `json:"keys"`
	}{[]keyState{}}
	rows := page.NewTable("KID", "SERVICE", "STATE", "ALG", "LEFT THE SET")
	for _, p := range parties {
		for _, k := range p.Keys().List() {
			list.Keys = append(list.Keys, keyState{k.ID, k.Service, k.State, k.Algorithm})
			left := "-"
			if !k.Left.IsZero() {
				left = c.When(k.Left)
			}
			rows.Row(page.Key(k.ID), page.Rigid(k.Service), page.State(k.State), page.Rigid(k.Algorithm), page.When(left))
		}
	}
	return out.Show(list, rows.Write)
}

type keysRotate struct {
	Service string `arg:"" complete:"service" help:"The service."`
}

// Run has the operator make a key, and the service take it.
func (v *keysRotate) Run(ctx context.Context, c *client.Client, out *answer.Out) error {
	p, err := c.World.Service(v.Service)
	if err != nil {
		return err
	}
	former := ""
	for _, k := range p.Keys().List() {
		if k.State == issuers.KeyActive {
			former = k.ID
		}
	}
	kid, err := c.Rotate(ctx, v.Service)
	if err != nil {
		return err
	}
	return showKey(c.World, out, kid, former)
}

// keyChange is the JSON of what changes a key.
type keyChange struct {
	keyState
	Former   string `json:"former,omitempty"` // the key that was active before
	InFlight int    `json:"in_flight"`        // tokens that it signed, or the former one, and that are not redeemed
}

// showKey shows a key that has changed, and how many tokens that it signed that
// bears on; or of the former one, when a new key has taken its place.
func showKey(world *world.World, out *answer.Out, kid, former string) error {
	p, k, err := world.Key(kid)
	if err != nil {
		return err
	}
	signer := kid
	if former != "" {
		signer = former
	}
	data := keyChange{keyState{k.ID, k.Service, k.State, k.Algorithm}, former, inFlight(p, signer)}
	return out.Show(data, func(w *page.Page) {
		fmt.Fprintf(w, "%s of %s is %s\n", w.In(page.KeyID, k.ID), k.Service, w.State(k.State))
		if data.InFlight == 0 {
			return
		}
		signed := page.Count(data.InFlight, "token") + " in flight " + map[bool]string{true: "was", false: "were"}[data.InFlight == 1] + " signed with it"
		if former != "" {
			fmt.Fprintf(w, "%s stays published for now: %s\n", w.In(page.KeyID, former), signed)
		} else {
			fmt.Fprintf(w, "%s: key_unknown from now on\n", signed)
		}
	})
}

// inFlight counts the tokens that a key signed and that could still be redeemed.
func inFlight(p world.Party, kid string) (n int) {
	for _, e := range p.Entries() {
		if e.State == issuers.Reserved && e.KeyID == kid {
			n++
		}
	}
	return n
}

type keysRetire struct {
	KID string `arg:"" complete:"kid" name:"kid" help:"The key."`
}

// Run retires a key.
func (v *keysRetire) Run(c *client.Client, out *answer.Out) error {
	if err := c.Retire(v.KID); err != nil {
		return err
	}
	return showKey(c.World, out, v.KID, "")
}

type keysDisable struct {
	KID string `arg:"" complete:"kid" name:"kid" help:"The key."`
}

// Run disables a key, in the KMS first.
func (v *keysDisable) Run(ctx context.Context, c *client.Client, out *answer.Out) error {
	if err := c.Disable(ctx, v.KID); err != nil {
		return err
	}
	return showKey(c.World, out, v.KID, "")
}

type keysJWKS struct {
	Service string `arg:"" complete:"service" optional:"" help:"Of this service only."`
	Out     string `complete:"file" placeholder:"FILE" help:"Write it to this file, in the place of what is there."`
}

// Run prints or writes the published sets, as one.
func (v *keysJWKS) Run(w *world.World, dir *files.Dir, out *answer.Out) error {
	parties, err := chosen(w, v.Service)
	if err != nil {
		return err
	}
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, p := range parties {
		set.Keys = append(set.Keys, p.Keys().JWKS().Keys...)
	}
	line, err := answer.Line(set)
	if err != nil {
		return err
	}
	if v.Out == "" {
		return out.Show(set, func(w *page.Page) {
			w.Verbatim = true
			fmt.Fprint(w, string(line))
		})
	}
	if err := dir.Write(v.Out, line); err != nil {
		return err
	}
	data := struct {
		File string `json:"file"`
		Keys int    `json:"keys"`
	}{v.Out, len(set.Keys)}
	return out.Show(data, func(w *page.Page) { fmt.Fprintf(w, "%s: %s\n", v.Out, page.Count(len(set.Keys), "key")) })
}

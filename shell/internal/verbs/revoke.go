// revoke: the client and the domains.

package verbs

import (
	"context"
	"fmt"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/tokens"
)

// Revoke is the verb revoke.
type Revoke struct {
	Token string `arg:"" complete:"token" help:"A handle, a token or @FILE."`
}

// Run revokes a token.
func (v *Revoke) Run(ctx context.Context, c *client.Client, find interp.Finder, out *answer.Out) error {
	t, err := find.Token(v.Token)
	if err != nil {
		return err
	}
	service, err := c.Revoke(ctx, t)
	if err != nil {
		return err
	}
	data := client.TokenState{Token: t.Label(), JTI: t.Ref.ID, Service: service, Status: "revoked"}
	return out.Show(data, func(w *page.Page) {
		fmt.Fprintf(w, "%s is %s\n", w.In(page.ID, tokens.Word(t.Label())), w.State("revoked"))
	})
}

// revoke: the client and the domains.

package shell

import (
	"context"
	"fmt"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/page"
)

type revokeVerb struct {
	Token string `arg:"" complete:"token" help:"A handle, a token or @FILE."`
}

// Run revokes a token.
func (v *revokeVerb) Run(ctx context.Context, c *Client, find Finder, out *answer.Out) error {
	t, err := find.Token(v.Token)
	if err != nil {
		return err
	}
	service, err := c.Revoke(ctx, t)
	if err != nil {
		return err
	}
	data := tokenState{Token: t.label(), JTI: t.ref.ID, Service: service, Status: "revoked"}
	return out.Show(data, func(w *page.Page) { fmt.Fprintf(w, "%s is %s\n", t.label(), w.State("revoked")) })
}

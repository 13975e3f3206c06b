// token: list, show, raw, import.

package verbs

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/wire"
	"tokenshell/tokens"
)

// Token is the verb token.
type Token struct {
	List    tokenList    `cmd:"" looks:"" help:"List the tokens that the client holds." example:"token list"`
	Show    tokenShow    `cmd:"" looks:"" matters:"1" help:"Show what a party may see of a token." example:"token show payment-1 --as relay"`
	Raw     tokenRaw     `cmd:"" looks:"" help:"Print a token itself: whoever has it may use it." example:"token raw coupon-1"`
	Explain tokenExplain `cmd:"" looks:"" matters:"1" help:"Say of every check whether the token passes it, and why not." example:"token explain coupon-1"`
	Import  tokenImport  `cmd:"" help:"Read a token from a file." example:"token import evil.jwt --name evil"`
}

type tokenList struct{}

// Run lists the tokens, never their text.
func (v *tokenList) Run(c *client.Client, out *answer.Out) error {
	type listed struct {
		client.TokenState
		Order   string `json:"order_processing_id"`
		Expires int64  `json:"exp"`
		KeyID   string `json:"kid"` // as it says itself
	}
	list := struct {
		Tokens []listed `json:"tokens"`
	}{[]listed{}}
	rows := page.NewTable("TOKEN", "SERVICE", "SESSION", "STATUS", "EXPIRES", "KID", "JTI")
	standings := c.Standings()
	for _, t := range c.Wallet.Held {
		entry, expires := listed{client.TokenState{Token: t.Handle, JTI: t.Ref.ID, Service: t.Service, Status: standings.Of(t), Forged: t.Forged}, t.Ref.Order, 0, ""}, "-"
		if !t.Expires.IsZero() {
			entry.Expires, expires = t.Expires.Unix(), c.When(t.Expires)
		}
		if seen, err := tokens.Peek(t.Raw); err == nil {
			entry.KeyID = seen.KeyID
		}
		status := entry.Status
		if t.Forged {
			status += " (forged)"
		}
		list.Tokens = append(list.Tokens, entry)
		rows.Row(page.Rigid(t.Handle), page.Rigid(page.OrDash(t.Service)), page.Ident(page.OrDash(t.Ref.Order)), page.State(status), page.When(expires), page.Signer(page.OrDash(entry.KeyID)), page.Ident(page.OrDash(t.Ref.ID)))
	}
	return out.Show(list, rows.Write)
}

type tokenShow struct {
	Token string `arg:"" complete:"token" help:"A handle, a token or @FILE."`
	As    string `default:"client" complete:"viewer" placeholder:"PARTY" help:"Who looks: client, relay, or a service."`
}

// Run shows a token's header and claims. Who may open the letter sees it open.
func (v *tokenShow) Run(ctx context.Context, c *client.Client, find interp.Finder, out *answer.Out) error {
	t, err := find.Token(v.Token)
	if err != nil {
		return err
	}
	viewer, err := c.World.Someone(v.As, "client", "relay")
	if err != nil {
		return err
	}
	seen, err := tokens.Peek(t.Raw)
	if err != nil {
		return err
	}
	claims, err := c.SeenBy(wire.OffTheRecord(ctx), viewer, seen)
	if err != nil {
		return err
	}
	data := struct {
		Token  string          `json:"token"`
		Status string          `json:"status"`
		Header json.RawMessage `json:"header"`
		Claims json.RawMessage `json:"claims"`
	}{t.Label(), c.Status(t), seen.Header, claims}
	return out.Show(data, func(w *page.Page) {
		fmt.Fprintf(w, "%s, %s, as %s sees it\n", w.In(page.ID, tokens.Word(data.Token)), w.State(data.Status), viewer)
		writeObject(w, "header", seen.Header)
		writeObject(w, "claims", claims)
	})
}

// writeObject writes a JSON object a member a line, times in words beside them.
func writeObject(w *page.Page, title string, object json.RawMessage) {
	rows := page.NewTable()
	for _, member := range client.ObjectFields("", object) {
		text := member.Value
		if slices.Contains([]string{"iat", "exp", "nbf"}, member.Name) {
			var seconds int64
			if json.Unmarshal([]byte(text), &seconds) == nil {
				text += "  " + time.Unix(seconds, 0).UTC().Format(time.RFC3339)
			}
		}
		rows.Row(page.Rigid("  "+tokens.Word(member.Name)), page.Given(text))
	}
	fmt.Fprintln(w, title)
	rows.Write(w)
}

type tokenRaw struct {
	Token string `arg:"" complete:"token" help:"A handle, or @FILE."`
}

// Run prints the token: the only verb that does.
func (v *tokenRaw) Run(find interp.Finder, out *answer.Out) error {
	t, err := find.Token(v.Token)
	if err != nil {
		return err
	}
	data := struct {
		Token string `json:"token"`
		Raw   string `json:"raw"`
	}{t.Label(), t.Raw}
	out.Raw = true
	return out.Show(data, func(w *page.Page) {
		w.Verbatim = true
		fmt.Fprintln(w, redact.Printable(t.Raw))
	})
}

type tokenImport struct {
	File string `arg:"" complete:"file" help:"A file that holds one compact token."`
	Name string `placeholder:"HANDLE" help:"What to call it; import-1 and so on unless given."`
}

// Run takes a token into the wallet. Nothing about it is verified.
func (v *tokenImport) Run(c *client.Client, find interp.Finder, out *answer.Out) error {
	if err := c.Wallet.Fits(v.Name); err != nil {
		return err
	}
	raw, err := find.Read(strings.TrimPrefix(v.File, "@"))
	if err != nil {
		return err
	}
	t := c.Loose(raw)
	t.Handle, t.Since = v.Name, c.World.Clock.Now()
	t.Expires = client.ClaimedExpiry(raw)
	c.Wallet.Add(t, "import")
	data := client.TokenState{Token: t.Handle, JTI: t.Ref.ID, Service: t.Service, Status: c.Status(t)}
	return out.Show(data, func(w *page.Page) {
		size, unit, _ := strings.Cut(page.Count(len(raw), "byte"), " ")
		fmt.Fprintf(w, "%s: imported, unverified, %s %s\n", t.Handle, w.In(page.Size, size), unit)
	})
}

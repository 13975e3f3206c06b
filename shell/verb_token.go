// token: list, show, raw, import.

package shell

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"tokenshell/issuers"
	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/wire"
	"tokenshell/tokens"
)

type tokenVerb struct {
	List    tokenList    `cmd:"" looks:"" help:"List the tokens that the client holds." example:"token list"`
	Show    tokenShow    `cmd:"" looks:"" matters:"1" help:"Show what a party may see of a token." example:"token show payment-1 --as relay"`
	Raw     tokenRaw     `cmd:"" looks:"" help:"Print a token itself: whoever has it may use it." example:"token raw coupon-1"`
	Explain tokenExplain `cmd:"" looks:"" matters:"1" help:"Say of every check whether the token passes it, and why not." example:"token explain coupon-1"`
	Import  tokenImport  `cmd:"" help:"Read a token from a file." example:"token import evil.jwt --name evil"`
}

type tokenList struct{}

// Run lists the tokens, never their text.
func (v *tokenList) Run(c *Client, out *answer.Out) error {
	type listed struct {
		tokenState
		Order   string `json:"order_processing_id"`
		Expires int64  `json:"exp"`
	}
	list := struct {
		Tokens []listed `json:"tokens"`
	}{[]listed{}}
	rows := page.NewTable("TOKEN", "SERVICE", "SESSION", "STATUS", "EXPIRES", "JTI")
	standings := c.standings()
	for _, t := range c.wallet.held {
		entry, expires := listed{tokenState{Token: t.handle, JTI: t.ref.ID, Service: t.service, Status: standings.of(t)}, t.ref.Order, 0}, "-"
		if !t.expires.IsZero() {
			entry.Expires, expires = t.expires.Unix(), c.when(t.expires)
		}
		list.Tokens = append(list.Tokens, entry)
		rows.Row(page.Rigid(t.handle), page.Rigid(page.OrDash(t.service)), page.Ident(page.OrDash(t.ref.Order)), page.State(entry.Status), expires, page.Ident(page.OrDash(t.ref.ID)))
	}
	return out.Show(list, rows.Write)
}

type tokenShow struct {
	Token string `arg:"" complete:"token" help:"A handle, a token or @FILE."`
	As    string `default:"client" complete:"viewer" placeholder:"PARTY" help:"Who looks: client, relay, or a service."`
}

// Run shows a token's header and claims. Who may open the letter sees it open.
func (v *tokenShow) Run(ctx context.Context, c *Client, find Finder, out *answer.Out) error {
	t, err := find.Token(v.Token)
	if err != nil {
		return err
	}
	viewer, err := c.world.someone(v.As, "client", "relay")
	if err != nil {
		return err
	}
	seen, err := tokens.Peek(t.raw)
	if err != nil {
		return err
	}
	claims, err := c.seenBy(wire.OffTheRecord(ctx), viewer, seen)
	if err != nil {
		return err
	}
	data := struct {
		Token  string          `json:"token"`
		Status string          `json:"status"`
		Header json.RawMessage `json:"header"`
		Claims json.RawMessage `json:"claims"`
	}{t.label(), c.status(t), seen.Header, claims}
	return out.Show(data, func(w *page.Page) {
		fmt.Fprintf(w, "%s, %s, as %s sees it\n", redact.Printable(data.Token), w.State(data.Status), viewer)
		writeObject(w, "header", seen.Header)
		writeObject(w, "claims", claims)
	})
}

// writeObject writes a JSON object a member a line, times in words beside them.
func writeObject(w *page.Page, title string, object json.RawMessage) {
	rows := page.NewTable()
	for _, member := range objectFields("", object) {
		text := member.Value
		if slices.Contains([]string{"iat", "exp", "nbf"}, member.Name) {
			var seconds int64
			if json.Unmarshal([]byte(text), &seconds) == nil {
				text += "  " + time.Unix(seconds, 0).UTC().Format(time.RFC3339)
			}
		}
		rows.Row(page.Rigid("  "+member.Name), text)
	}
	fmt.Fprintln(w, title)
	rows.Write(w)
}

// seenBy gives the claims as a party may see them: the relay and foreign
// services do not read constraints, and nobody but the issuer opens the letter.
func (s *Client) seenBy(ctx context.Context, viewer string, seen tokens.Unverified) (json.RawMessage, error) {
	var claims map[string]json.RawMessage
	if err := json.Unmarshal(seen.Payload, &claims); err != nil {
		return nil, tokens.Refuse(tokens.Malformed, "the payload is no JSON object")
	}
	own := issuers.IssuerName(viewer) == seen.Ref.Issuer
	if raw, ok := claims["constraints"]; ok && viewer != "client" && !own {
		claims["constraints"] = closedText("unread", len(raw))
	}
	if raw, ok := claims["sealed"]; ok {
		claims["sealed"] = closedText("sealed", len(raw)-2)
		var sealed string
		if own && json.Unmarshal(raw, &sealed) == nil {
			p, err := s.world.issuer(seen.Ref.Issuer)
			if err != nil {
				return nil, err
			}
			if claims["sealed"], err = p.Open(ctx, seen.Ref, []byte(sealed)); err != nil {
				return nil, err
			}
		}
	}
	return inOrder(claims, seen.Payload)
}

func closedText(how string, n int) json.RawMessage {
	text, _ := json.Marshal(fmt.Sprintf("(%s, %d bytes)", how, n))
	return text
}

// inOrder writes the members in the order in which they stand in object.
func inOrder(members map[string]json.RawMessage, object json.RawMessage) (json.RawMessage, error) {
	dec := json.NewDecoder(strings.NewReader(string(object)))
	if _, err := dec.Token(); err != nil {
		return nil, err
	}
	var parts []string
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, err
		}
		var skipped json.RawMessage
		if err := dec.Decode(&skipped); err != nil {
			return nil, err
		}
		key, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		parts = append(parts, string(key)+":"+string(members[fmt.Sprint(name)]))
	}
	return json.RawMessage("{" + strings.Join(parts, ",") + "}"), nil
}

type tokenRaw struct {
	Token string `arg:"" complete:"token" help:"A handle, or @FILE."`
}

// Run prints the token: the only verb that does.
func (v *tokenRaw) Run(find Finder, out *answer.Out) error {
	t, err := find.Token(v.Token)
	if err != nil {
		return err
	}
	data := struct {
		Token string `json:"token"`
		Raw   string `json:"raw"`
	}{t.label(), t.raw}
	out.Raw = true
	return out.Show(data, func(w *page.Page) {
		w.Verbatim = true
		fmt.Fprintln(w, redact.Printable(t.raw))
	})
}

type tokenImport struct {
	File string `arg:"" complete:"file" help:"A file that holds one compact token."`
	Name string `placeholder:"HANDLE" help:"What to call it; import-1 and so on unless given."`
}

// Run takes a token into the wallet. Nothing about it is verified.
func (v *tokenImport) Run(c *Client, find Finder, out *answer.Out) error {
	if err := c.wallet.checkHandle(v.Name); err != nil {
		return err
	}
	raw, err := find.Read(strings.TrimPrefix(v.File, "@"))
	if err != nil {
		return err
	}
	t := c.loose(raw)
	t.handle, t.since = v.Name, c.world.clock.Now()
	t.expires = claimedExpiry(raw)
	c.wallet.add(t, "import")
	data := tokenState{Token: t.handle, JTI: t.ref.ID, Service: t.service, Status: c.status(t)}
	return out.Show(data, func(w *page.Page) {
		fmt.Fprintf(w, "%s: imported, unverified, %d bytes\n", t.handle, len(raw))
	})
}

// claimedExpiry gives when a token says that it expires; zero when it says
// nothing that can be read. It is for showing.
func claimedExpiry(raw string) time.Time {
	seen, err := tokens.Peek(raw)
	if err != nil {
		return time.Time{}
	}
	var claims struct {
		Expires int64 `json:"exp"`
	}
	if json.Unmarshal(seen.Payload, &claims) != nil || claims.Expires <= 0 || claims.Expires > 1<<33 {
		return time.Time{}
	}
	return time.Unix(claims.Expires, 0).UTC()
}

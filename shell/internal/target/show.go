// attack show and export: one attack in full, and all of them as files.

package target

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"sync"
	"time"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// taken keeps the first token that was refused.
type taken struct {
	Target
	mu    sync.Mutex
	token string
	found bool
}

// Do does it, and looks.
func (t *taken) Do(ctx context.Context, a attacks.Action) (attacks.Answer, error) {
	answer, err := t.Target.Do(ctx, a)
	if err != nil && (a.Verb == attacks.Relay || a.Verb == attacks.Direct) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if !t.found {
			t.token, t.found = a.Token, true
		}
	}
	return answer, err
}

// hostile gives the token of a row, as a world at a time makes it, and the world.
// Some rows are about no single token.
func hostile(ctx context.Context, like *world.Plan, row attacks.Row, seed uint64, at time.Time) (token string, found bool, w *world.World, err error) {
	plan, err := like.Embedded()
	if err != nil {
		return "", false, nil, err
	}
	if w, err = world.Build(ctx, plan, world.Seeded(seed)); err != nil {
		return "", false, nil, err
	}
	if !at.IsZero() {
		if err := w.Clock.Set(at); err != nil {
			return "", false, nil, exit.Usage("a time after the world's beginning", "--at: %v", err)
		}
	}
	t := &taken{Target: New(w)}
	attacks.Run(ctx, row, t, seed)
	return t.token, t.found, w, ctx.Err()
}

type attackShow struct {
	ID  string `arg:"" complete:"attack" help:"The attack."`
	Out string `complete:"file" placeholder:"FILE" help:"Write its token to this file."`
}

// shownAttack is the JSON of attack show.
type shownAttack struct {
	listedAttack
	Steps   []string        `json:"steps"`
	Header  json.RawMessage `json:"header"`
	Payload json.RawMessage `json:"payload"`
	Bytes   int             `json:"bytes"`
}

// Run shows one row: what is tried, step by step, and its token taken apart.
func (v *attackShow) Run(ctx context.Context, w *world.World, seed interp.Seed, dir *files.Dir, out *answer.Out) error {
	rows, err := chosenAttacks([]string{v.ID}, choice{})
	if err != nil {
		return err
	}
	r := rows[0]
	token, found, _, err := hostile(ctx, w.Plan, r, seed.Or(world.DefaultSeed), time.Time{})
	if err != nil {
		return err
	}
	if v.Out != "" {
		if !found {
			return exit.Usage("attack show "+v.ID, "%s is about no single token", v.ID)
		}
		if err := dir.Write(v.Out, []byte(token)); err != nil {
			return err
		}
	}
	data := shownAttack{listedAttack: listed(r), Steps: r.Said(), Bytes: len(token)}
	header, payload := segment(token, 0), segment(token, 1)
	if json.Valid([]byte(header)) {
		data.Header = json.RawMessage(header)
	}
	if json.Valid([]byte(payload)) {
		data.Payload = json.RawMessage(payload)
	}
	return out.Show(data, func(p *page.Page) {
		fmt.Fprintf(p, "%s: %s\n", r.ID, r.What)
		needs := strings.Trim(fmt.Sprint(r.Needs()), "[]")
		if needs == "" {
			needs = "a verdict"
		}
		if !r.AboutRelay() {
			needs = "our own domains"
		}
		facts := page.NewTable()
		facts.Row("refused with", page.Rigid(r.Expect))
		facts.Row("who can", page.Rigid(r.Who()))
		facts.Row("check", page.Rigid(r.Check()))
		facts.Row("needs", needs)
		facts.Row("source", r.Source)
		facts.Write(p)
		for i, step := range r.Said() {
			fmt.Fprintf(p, "%3d  %s\n", i+1, step)
		}
		if !found {
			return
		}
		fmt.Fprintf(p, "its token has %s; cut: %s\n", tokens.Count(len(token), "byte"), cut(token))
		fmt.Fprintf(p, "header   %s\npayload  %s\n", short(header), short(payload))
	})
}

// segment decodes a segment of a token, as far as it can be.
func segment(token string, n int) string {
	parts := strings.Split(token, ".")
	if n >= len(parts) {
		return ""
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[n])
	if err != nil {
		return ""
	}
	return string(text)
}

// cut shows where the dots of a token are, and nothing that could be used.
func cut(token string) string {
	const most = 6
	parts := strings.Split(token, ".")
	for i, part := range parts {
		if len(part) > most {
			parts[i] = part[:most] + "…"
		}
	}
	if len(parts) > most {
		parts = append(parts[:most], "…")
	}
	return redact.Printable(strings.Join(parts, "."))
}

// short shows the beginning of a text.
func short(text string) string {
	const most = 1000
	if len(text) > most {
		text = text[:most] + "…"
	}
	if text == "" {
		return "-"
	}
	return redact.Printable(redact.Tokens(text))
}

type attackExport struct {
	Dir string    `arg:"" complete:"file" help:"A folder: it gets a file for each row, the key sets, and a list."`
	At  time.Time `placeholder:"TIME" help:"When the tokens are issued; the world's beginning unless given."`
}

// exportedAttack is a row in the list of attack export.
type exportedAttack struct {
	listedAttack
	File string `json:"file"`
}

// Run writes the token of every row that has one, with the keys that good tokens
// are signed with.
func (v *attackExport) Run(ctx context.Context, w *world.World, seed interp.Seed, dir *files.Dir, out *answer.Out) error {
	if err := dir.Make(v.Dir); err != nil {
		return err
	}
	var all []exportedAttack
	var last *world.World
	for _, r := range attacks.All() {
		token, found, made, err := hostile(ctx, w.Plan, r, seed.Or(world.DefaultSeed), v.At)
		if err != nil {
			return err
		}
		last = made
		if !found {
			continue
		}
		file := r.ID + ".jwt"
		if err := dir.Write(path.Join(v.Dir, file), []byte(token)); err != nil {
			return err
		}
		all = append(all, exportedAttack{listed(r), file})
	}
	for _, p := range last.Parties {
		set, err := json.Marshal(p.Keys().JWKS())
		if err != nil {
			return err
		}
		if err := dir.Write(path.Join(v.Dir, p.Name+".jwks.json"), set); err != nil {
			return err
		}
	}
	list, err := json.MarshalIndent(all, "", "  ")
	if err != nil {
		return err
	}
	if err := dir.Write(path.Join(v.Dir, "attacks.json"), append(list, '\n')); err != nil {
		return err
	}
	data := struct {
		Dir    string `json:"dir"`
		Tokens int    `json:"tokens"`
	}{v.Dir, len(all)}
	return out.Show(data, func(p *page.Page) {
		fmt.Fprintf(p, "%s: %s, attacks.json, and the key sets\n", v.Dir, tokens.Count(len(all), "token"))
	})
}

// attack export: the tokens of the catalogue as files.

package target

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"sync"
	"time"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// taken keeps the first token that was refused, and those that were confirmed.
type taken struct {
	Target
	mu        sync.Mutex
	token     string
	found     bool
	confirmed []string
}

// Do does it, and looks.
func (t *taken) Do(ctx context.Context, a attacks.Action) (attacks.Answer, error) {
	answer, err := t.Target.Do(ctx, a)
	if err == nil && a.Verb == attacks.Confirm {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.confirmed = append(t.confirmed, answer.Token)
	}
	if err != nil && (a.Verb == attacks.Relay || a.Verb == attacks.Direct) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if !t.found {
			t.token, t.found = a.Token, true
		}
	}
	return answer, err
}

// Hostile is the token of a row, as a world at a time makes it.
type Hostile struct {
	Token string
	Found bool   // some rows are about no single token
	Good  string // that it was forged from; empty when it was not forged
	World *world.World
	Shop  attacks.Shop // as it is before anything is done
	Facts tokens.Facts // that orders say
}

// MakeHostile makes the token of a row.
func (s *Shop) MakeHostile(ctx context.Context, row attacks.Row, seed uint64, at time.Time) (h Hostile, err error) {
	if h.World, err = world.Build(ctx, s.Plan, world.Seeded(seed)); err != nil {
		return h, err
	}
	if !at.IsZero() {
		if err := h.World.Clock.Set(at); err != nil {
			return h, exit.Usage("a time after the world's beginning", "--at: %v", err)
		}
	}
	t := &taken{Target: s.target(h.World, 0)}
	if h.Shop = t.Shop(); s.stock != nil {
		h.Facts = s.stock.facts
	}
	attacks.Run(ctx, row, t, seed)
	h.Token, h.Found = t.token, t.found
	if nth := row.ForgedFrom(); nth > 0 && nth < len(t.confirmed) { // the first is the control's
		h.Good = t.confirmed[nth]
	}
	return h, ctx.Err()
}

type attackExport struct {
	Dir string    `arg:"" complete:"file" help:"A folder: it gets a file for each row, the key sets, and a list."`
	At  time.Time `placeholder:"TIME" help:"When the tokens are issued; the world's beginning unless given."`
}

// exportedAttack is a row in the list of attack export.
type exportedAttack struct {
	ListedAttack
	File string `json:"file"`
}

// Run writes the token of every row that has one, with the keys that good tokens
// are signed with.
func (v *attackExport) Run(ctx context.Context, w *world.World, seed interp.Seed, dir *files.Dir, out *answer.Out) error {
	if err := dir.Make(v.Dir); err != nil {
		return err
	}
	shop, err := ShopOf(ctx, w.Plan)
	if err != nil {
		return err
	}
	var all []exportedAttack
	var last *world.World
	for _, r := range attacks.All() {
		h, err := shop.MakeHostile(ctx, r, seed.Or(world.DefaultSeed), v.At)
		if err != nil {
			return err
		}
		last = h.World
		if !h.Found {
			continue
		}
		file := r.ID + ".jwt"
		if err := dir.Write(path.Join(v.Dir, file), []byte(h.Token)); err != nil {
			return err
		}
		all = append(all, exportedAttack{Listed(r), file})
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

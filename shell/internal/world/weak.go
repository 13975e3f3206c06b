// Weak worlds: worlds whose parties leave rules out, to see that somebody
// notices.

package world

import (
	"context"
	"fmt"
	"strings"

	"tokenshell/kmsmock"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/wire"
	"tokenshell/tokens"
)

// BuildWeak makes a world whose parties leave rules out.
func BuildWeak(ctx context.Context, plan *Plan, m Making, weakness tokens.Weakness) (*World, error) {
	w := &World{Plan: plan, Leeway: &Leeway{}, Witness: &Witness{}, weakness: weakness}
	seed := tokens.RandomSeed()
	if w.Clock = tokens.LiveClock(); m.Seed != nil {
		seed = fmt.Appendf(nil, "tokenshell seed %d", *m.Seed)
		if !m.Live {
			w.Clock = tokens.FrozenClock(Epoch)
		}
	}
	w.Mint = tokens.NewMint(seed)
	keys := w.Mint.Derive("kms")
	if m.IDs != "" {
		w.Mint = tokens.NewMint(w.Mint.Derive("ids of " + m.IDs))
	}
	w.Witness.peek = w.Peek
	w.Faults = &wire.Faults{Clock: w.Clock}
	w.Wire = &wire.Wire{Faults: w.Faults, Conversation: wire.NewConversation(w.Clock)}
	w.Log = newLogbook(w.Clock)
	if m.Again {
		w.memory, w.Log.kept.silent = tokens.NewMemory(), true
		w.Wire.Conversation.Silence()
	}
	w.standinBooks = &standinBooks{clock: w.Clock, owed: w.owed, uses: map[use]*standinEntry{}}
	w.KMS = kmsmock.New(kmsmock.Config{Seed: keys, Now: w.Clock.Of("kms").Now, Memory: m.Again})
	if err := w.openServices(ctx); err != nil {
		return nil, err
	}
	w.openRelay(m)
	w.parts = partsOf(w)
	return w, nil
}

// Without gives the weakness that --without names; none when it is empty.
func Without(rule string) (tokens.Weakness, error) {
	if rule == "" {
		return tokens.Weakness{}, nil
	}
	weakness, err := tokens.UnsafeWithout(rule)
	if err != nil {
		return tokens.Weakness{}, exit.Usage(exit.Meant(rule, Leavable(), "one of "+strings.Join(Leavable(), ", ")), "%v", err)
	}
	return weakness, nil
}

// Leavable gives what --without may name.
func Leavable() []string { return append(tokens.CheckNames(), WeaknessNames()...) }

// WeaknessNames gives the rules that may be left out beside the checks.
func WeaknessNames() []string {
	var names []string
	for _, row := range tokens.Weaknesses() {
		names = append(names, row.Rule)
	}
	return names
}

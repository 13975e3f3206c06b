// Playing: a scenario shows something when it fails where it was found.

package evidence

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/scenario"
	"tokenshell/shell/internal/stage"
	"tokenshell/shell/internal/world"
)

// shows reports whether a scenario fails in a world like the one in which it was
// found, and in which of its lines.
type shows func(text string) (line int, yes bool, err error)

// Proven writes a finding as a scenario that shows it: the way there, and else
// something more that can be asked for, or done, or undone. When nothing shows it, the
// scenario says so, and also that it could not be played, such as where there is no
// folder for it: what was found is not lost by that.
func (in In) Proven(ctx context.Context, l *interp.Language, f *Finding) (text string, err error) {
	folder, unplayed := os.MkdirTemp("", "tokenshell-explore-")
	if unplayed == nil {
		defer os.RemoveAll(folder)
		if text, unplayed = in.proven(ctx, f, in.player(ctx, l, folder)); unplayed == nil {
			return text, nil
		}
	}
	w, err := in.written(ctx, f, nil)
	if err != nil {
		return "", err
	}
	return noted(w.text(f), fmt.Sprintf("# It was not played where it was found: %v.\n", redact.Printable(unplayed.Error()))), nil
}

// noted puts a line below the first one of a scenario, which says what was found.
func noted(text, line string) string {
	about, rest, _ := strings.Cut(text, "\n")
	return about + "\n" + line + rest
}

// player plays scenarios as tokenshell run does.
func (in In) player(ctx context.Context, l *interp.Language, folder string) shows {
	return func(text string) (line int, yes bool, err error) {
		config := scenario.Config{Seed: world.DefaultSeed, NoExec: true, Folder: folder}
		file := filepath.Join(folder, "found.txtar")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return 0, false, err
		}
		if in.Plan.Source != nil {
			config.World = filepath.Join(folder, "world.yaml")
			if err := os.WriteFile(config.World, in.Plan.Source, 0o600); err != nil {
				return 0, false, err
			}
		}
		weak := func(ctx context.Context, plan *world.Plan, m world.Making) (*world.World, error) {
			return world.BuildWeak(ctx, plan, m, in.Weakness)
		}
		err = scenario.RunIn(ctx, l, config, weak, []string{file}, func(o scenario.Outcome) { line, yes = o.Line, o.Verdict == scenario.Failed })
		return line, yes, err
	}
}

// What a scenario says that shows nothing.
const (
	nothing   = "# This passes where it was found, too: no verb shows it.\n"
	senseless = "# This passes where it was found, too: no scenario can expect that a verb makes no sense.\n"
)

func (in In) proven(ctx context.Context, f *Finding, fails shows) (string, error) {
	w, err := in.written(ctx, f, nil)
	if err != nil {
		return "", err
	}
	first := w.text(f)
	if _, yes, err := fails(first); err != nil {
		return "", err
	} else if yes {
		return w.leaner(f, first, fails)
	}
	looks, why := []func(context.Context, *Finding, *writing, shows) (string, error){in.asked, in.gone, in.undone}, nothing
	if w.senseless { // which a scenario leaves out: what comes behind it is of another world
		looks, why = nil, senseless
	}
	for _, look := range looks {
		if text, err := look(ctx, f, w, fails); text != "" || err != nil {
			return text, err
		}
	}
	return noted(first, why), nil
}

// leaner gives a scenario that fails both because an invariant does and because of an
// answer without the one or the other, if it still fails.
func (w *writing) leaner(f *Finding, whole string, fails shows) (string, error) {
	if !w.checked || w.parted == 0 {
		return whole, nil
	}
	checked, asked := *w, *w
	checked.lines, asked.checked = w.lines[:w.parted], false
	for _, less := range []string{checked.text(f), asked.text(f)} {
		if _, yes, err := fails(less); yes || err != nil {
			return less, err
		}
	}
	return whole, nil
}

// asked asks for everything that is to be seen in the end, and keeps the one question
// whose answer is another.
func (in In) asked(_ context.Context, f *Finding, w *writing, fails shows) (string, error) {
	all := *w
	all.checked = true
	var more [][]string
	for _, p := range w.stage.Shows() {
		more = append(more, []string{p.Ask, says(p.Want)})
	}
	if !w.strays {
		more = append(more, []string{asksOfRelay, says(strings.Join(w.asks, ", "))})
	}
	text := all.text(f, slices.Concat(more...)...)
	line, yes, err := fails(text)
	if !yes || err != nil {
		return "", err
	}
	done := len(strings.Split(all.text(f), "\n")) // of what stands in front, and one more
	less := all.text(f)
	if at := (line - done) / 2; line >= done && at < len(more) {
		all.checked = false // which shows nothing
		less = all.text(f, more[at]...)
	}
	if _, yes, err := fails(less); yes || err != nil {
		return less, err
	}
	return text, nil
}

// asksOfRelay are the questions of the relay to services.
const asksOfRelay = `log --party relay --jq '[.entries[] | select(.step == "forward" or .step == "cancel" or .step == "release") | .more.service + if .step == "forward" then ".redeem" else ".cancel" end] | join(", ")'`

// gone goes on with one more verb, after which it may be seen.
func (in In) gone(ctx context.Context, f *Finding, w *writing, fails shows) (string, error) {
	here := w.stage.Save()
	for _, m := range w.stage.Moves(nil) {
		w.stage.Restore(here)
		if w.stage.Try(ctx, m, nil) == nil {
			continue
		}
		if text, yes, err := in.tried(ctx, f, append(slices.Clip(f.Way), stage.Step{Move: m}), nil, fails); yes || err != nil {
			return text, err
		}
	}
	return "", nil
}

// undone looks for a moment at which the world is put aside and taken back, perhaps after
// a verb, and is another then: what was found may be of a world that shares with another
// what is its own.
func (in In) undone(ctx context.Context, f *Finding, _ *writing, fails shows) (string, error) {
	on, err := stage.New(in.Plan, in.Weakness, f.Bound)
	if err != nil {
		return "", err
	}
	on.SettleOn(in.Customer)
	begin, tries := on.Save(), 0
	for _, moves := range []bool{false, true} {
		for at := len(f.Way); at >= 0; at-- {
			on.Restore(begin)
			for _, st := range f.Way[:at] {
				_ = on.Try(ctx, st.Move, st.Plan) // it breaks later, if at all
			}
			here, all := on.Save(), []stage.Move{{}}
			if moves {
				all = append(on.Moves(nil), stage.TimePasses)
			}
			for _, m := range all {
				on.Restore(here)
				if moves {
					_ = on.Try(ctx, m, nil)
					on.Restore(here)
				}
				breaks := at == len(f.Way)
				for _, st := range f.Way[at:] {
					breaks = breaks || on.Try(ctx, st.Move, st.Plan) != nil
				}
				if !breaks || tries >= mostTries {
					continue
				}
				tries++
				text, yes, err := in.tried(ctx, f, f.Way, &detour{at, m, moves}, fails)
				if yes || err != nil {
					return text, err
				}
			}
		}
	}
	return "", nil
}

// mostTries is how many scenarios are played of one kind.
const mostTries = 20

// tried writes another way to what was found, and plays it.
func (in In) tried(ctx context.Context, f *Finding, way []stage.Step, by *detour, fails shows) (text string, yes bool, err error) {
	other := *f
	other.Way = way
	w, err := in.written(ctx, &other, by)
	if err != nil {
		return "", false, err
	}
	text = w.text(f)
	if _, yes, err = fails(text); yes || err != nil || by == nil || by.at < len(way) {
		return text, yes, err
	}
	text, err = in.asked(ctx, f, w, fails) // for nothing is asked behind it yet
	return text, text != "", err
}

// attack show: one attack in full, and as a scenario.

package forge

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/target"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Show is the verb attack show.
type Show struct {
	ID  string `arg:"" complete:"attack" help:"The attack."`
	Out string `complete:"file" placeholder:"FILE" help:"Write it to this file: as a scenario when the name ends in .txtar, else its token."`
}

// shownAttack is the JSON of attack show.
type shownAttack struct {
	target.ListedAttack
	Steps   []string        `json:"steps"`
	Verbs   []string        `json:"verbs"`              // the same as lines; empty when there are none
	NotSaid string          `json:"not_said,omitempty"` // why there are none
	Changed []change        `json:"changed"`
	Header  json.RawMessage `json:"header"`
	Payload json.RawMessage `json:"payload"`
	Bytes   int             `json:"bytes"`
	File    string          `json:"file,omitempty"`
}

// Run shows one row: what is tried, step by step, and its token taken apart.
func (v *Show) Run(ctx context.Context, w *world.World, seed interp.Seed, dir *files.Dir, out *answer.Out) error {
	rows, err := target.Chosen([]string{v.ID}, target.Choice{})
	if err != nil {
		return err
	}
	r := rows[0]
	shop, err := target.ShopOf(ctx, w.Plan)
	if err != nil {
		return err
	}
	h, err := shop.MakeHostile(ctx, r, seed.Or(world.DefaultSeed), time.Time{})
	if err != nil {
		return err
	}
	lines, steps, why := Story(r, h)
	if err := v.write(dir, h, why, func() string { text, _ := Scenario(r, h); return text }); err != nil {
		return err
	}
	data := shownAttack{ListedAttack: target.Listed(r), Steps: r.Said(), Verbs: append([]string{}, lines...), NotSaid: why, Changed: []change{}, Bytes: len(h.Token), File: v.Out}
	header, payload := segmentOf(h.Token, 0), segmentOf(h.Token, 1)
	if json.Valid([]byte(header)) {
		data.Header = json.RawMessage(header)
	}
	if json.Valid([]byte(payload)) {
		data.Payload = json.RawMessage(payload)
	}
	if h.Good != "" {
		data.Changed = changesBetween(h.Good, h.Token)
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
		if note := shop.Note(); note != "" {
			fmt.Fprintln(p, note)
		}
		if why != "" {
			lines, steps = r.Said(), nil
		}
		for i, line := range lines { // numbered by steps, as attack run speaks of them
			number := fmt.Sprint(i + 1)
			switch {
			case steps != nil && i > 0 && steps[i] == steps[i-1]:
				number = ""
			case steps != nil:
				number = fmt.Sprint(steps[i])
			}
			fmt.Fprintf(p, "%3s  %s\n", number, redact.Printable(line))
		}
		if why != "" {
			fmt.Fprintf(p, "no scenario: %s\n", why)
		}
		if v.Out != "" {
			fmt.Fprintf(p, "%s: written\n", v.Out)
		}
		if !h.Found {
			return
		}
		fmt.Fprintf(p, "its token has %s; cut: %s\n", tokens.Count(len(h.Token), "byte"), cut(h.Token))
		fmt.Fprintf(p, "header   %s\npayload  %s\n", beginning(header), beginning(payload))
		for _, c := range data.Changed {
			fmt.Fprintf(p, "changed  %s: %s → %s\n", c.Where, page.OrDash(c.Was), p.Paint(page.BadStyle, page.OrDash(c.Is)))
		}
	})
}

// write writes the file of --out.
func (v *Show) write(dir *files.Dir, h target.Hostile, why string, scenario func() string) error {
	switch {
	case v.Out == "":
		return nil
	case filepath.Ext(v.Out) == ".txtar" && why != "":
		return exit.Usage("attack show "+v.ID, "%s is no scenario: %s", v.ID, why)
	case filepath.Ext(v.Out) == ".txtar":
		return dir.Write(v.Out, []byte(scenario()))
	case !h.Found:
		return exit.Usage("attack show "+v.ID, "%s is about no single token", v.ID)
	}
	return dir.Write(v.Out, []byte(h.Token))
}

// segmentOf decodes a segment of a token, as far as it can be.
func segmentOf(token string, n int) string {
	parts := strings.Split(token, ".")
	if n >= len(parts) {
		return ""
	}
	return segment(parts[n])
}

func segment(text string) string {
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return ""
	}
	return string(decoded)
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

// beginning shows the beginning of a text.
func beginning(text string) string {
	const most = 1000
	if len(text) > most {
		text = text[:most] + "…"
	}
	return redact.Printable(redact.Tokens(page.OrDash(text)))
}

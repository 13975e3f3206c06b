// Sections: the files that a recorded session used and made, as a scenario has
// them, without any secret.

package record

import (
	"bytes"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/redact"
	"tokenshell/tokens"
)

// collectFiles makes sections of the files that were used and were there before,
// and finds places for those that the session made.
func (m *scenarioMaker) collectFiles() {
	made := map[string]string{} // by their places: their names in the scenario
	for i, e := range m.spoken {
		if _, out := m.without[i]; out {
			continue
		}
		m.names[e] = map[string]string{}
		why := ""
		for _, sourced := range []bool{false, true} { // what is sourced lies beside what sources it
			for _, name := range slices.Sorted(maps.Keys(e.Files)) {
				file := e.Files[name]
				if file.Sourced != sourced || why != "" {
					continue
				}
				if own := made[placeOf(e, name)]; own != "" {
					m.names[e][name] = own
				} else {
					why = m.section(e, name, file, made)
				}
			}
		}
		for _, name := range e.Made {
			if why == "" {
				why = m.makes(e, name, made)
			}
		}
		if why != "" {
			m.without[i] = why
		}
	}
}

// placeOf gives where a file is that was named in a command.
func placeOf(e *interp.Spoken, name string) string {
	if !filepath.IsAbs(name) {
		name = filepath.Join(e.Dir, name)
	}
	if full, err := filepath.Abs(name); err == nil {
		return full
	}
	return filepath.Clean(name)
}

// makes finds a name for a file that a command writes: a scenario must write
// nothing but in its own folder.
func (m *scenarioMaker) makes(e *interp.Spoken, name string, made map[string]string) (why string) {
	place := placeOf(e, name)
	if made[place] == "" {
		own := plainName(filepath.Base(name))
		taken := func(own string) bool {
			return slices.Contains(slices.Collect(maps.Values(made)), own) || slices.ContainsFunc(m.files, func(f txtar.File) bool { return f.Name == own })
		}
		for n := 2; taken(own); n++ {
			own = fmt.Sprintf("%d-%s", n, plainName(filepath.Base(name)))
		}
		made[place] = own
	}
	named := slices.ContainsFunc(e.Words, func(w string) bool { _, in := nameIn(w); return in == name })
	if !named && made[place] != name {
		return "what it sources writes " + redact.OneLine(name) + ", which is nowhere else"
	}
	m.names[e][name] = made[place]
	return ""
}

// plainName gives a file's name without what has to be quoted.
func plainName(name string) string {
	return regexp.MustCompile(`[^A-Za-z0-9._-]+`).ReplaceAllString(name, "-")
}

// section adds a file, and says why it cannot be one.
func (m *scenarioMaker) section(e *interp.Spoken, name string, file interp.UsedFile, made map[string]string) (why string) {
	if file.Large {
		return redact.OneLine(name) + " is too large for a scenario"
	}
	if what := secretIn(m.shell.Client, file.Text); what != "" {
		return redact.OneLine(name) + " holds " + what
	}
	section, ok := m.sectionName(e, name, file.Sourced)
	if !ok {
		return "what it sources names " + redact.OneLine(name) + ", which is nowhere else"
	}
	text := file.Text
	if len(text) > 0 && text[len(text)-1] != '\n' {
		text = append(slices.Clone(text), '\n')
	}
	if parsed := txtar.Parse(txtar.Format(&txtar.Archive{Files: []txtar.File{{Name: section, Data: text}}})); len(parsed.Files) != 1 || !bytes.Equal(parsed.Files[0].Data, text) {
		return redact.OneLine(name) + " has lines that look like the sections of a scenario"
	}
	plain := filepath.Base(section)
	for n := 2; ; n++ {
		at := slices.IndexFunc(m.files, func(f txtar.File) bool { return f.Name == section })
		own := slices.Contains(slices.Collect(maps.Values(made)), section) // a file that the session makes
		if at < 0 && !own {
			m.files = append(m.files, txtar.File{Name: section, Data: text})
			break
		}
		if !own && bytes.Equal(m.files[at].Data, text) {
			break
		}
		if file.Sourced {
			return redact.OneLine(name) + " was another file before"
		}
		section = fmt.Sprintf("used/%d-%s", n, plain) // it has changed meanwhile
	}
	m.uses[e] = append(m.uses[e], section)
	m.names[e][name] = section
	return ""
}

// sectionName gives the section of a file. What is named in a sourced file
// cannot be renamed there, and has to lie beside it as it did.
func (m *scenarioMaker) sectionName(e *interp.Spoken, name string, sourced bool) (section string, ok bool) {
	if sourced && filepath.IsAbs(name) {
		return "", false
	}
	if sourced {
		for from, to := range m.names[e] {
			if file, used := e.Files[from]; used && !file.Sourced {
				beside, err := filepath.Rel(filepath.Dir(placeOf(e, from)), placeOf(e, name))
				section = filepath.ToSlash(filepath.Join(filepath.Dir(to), beside))
				return section, err == nil && filepath.IsLocal(section) && section != "world.yaml"
			}
		}
		return "", false
	}
	section = filepath.ToSlash(filepath.Clean(name))
	if !filepath.IsLocal(name) || strings.ContainsAny(name, " '\"\\#$;") || section == "world.yaml" {
		section = "used/" + plainName(filepath.Base(name))
	}
	return section, true
}

// secretIn says what in a text must not be passed on; empty when nothing. A
// token is a secret until it says itself that it has expired: by the time of
// this world when it names an issuer that is known here, else by the machine's.
func secretIn(s *client.Client, text []byte) (what string) {
	if redact.HasPrivateKey(string(text)) {
		return "a private key"
	}
	for _, raw := range redact.Find(string(text)) {
		now := tokens.LiveClock().Now()
		if seen, err := s.World.Peek(raw); err == nil && s.World.Trusts(seen.Ref.Issuer) {
			now = s.World.Clock.Now()
		}
		if expires := client.ClaimedExpiry(raw); expires.IsZero() || expires.After(now) {
			return "a token that may still be good"
		}
	}
	if s.Redact(string(text)) != redact.Tokens(string(text)) {
		return "a secret, or a part of one"
	}
	return ""
}

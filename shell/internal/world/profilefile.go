// The profile file: what an outside issuer's tokens do differently, as YAML.

package world

import (
	"time"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/internal/yamlfile"
	"tokenshell/tokens"
)

// profileLimit is the largest profile file, in bytes.
const profileLimit = 64 << 10

// profileFile mirrors the YAML.
type profileFile struct {
	Types       []yamlfile.Written          `yaml:"typ"`
	Header      []yamlfile.Written          `yaml:"header"`
	Audience    yamlfile.Written            `yaml:"audience"`
	Claims      map[string]yamlfile.Written `yaml:"claims"`
	MaxLifetime yamlfile.Written            `yaml:"max_lifetime"`
	Leeway      yamlfile.Written            `yaml:"leeway"`
}

// ReadProfile reads a profile file; name "" is the empty profile.
func ReadProfile(dir *files.Dir, name string) (*tokens.Profile, error) {
	if name == "" {
		return &tokens.Profile{}, nil
	}
	text, err := dir.Read(name, profileLimit)
	if err != nil {
		return nil, err
	}
	return parseProfile(name, text)
}

func parseProfile(path string, source []byte) (*tokens.Profile, error) {
	if yamlfile.TooDeep(source) {
		return nil, exit.Input(path, 0, "its brackets nest too deep")
	}
	var f profileFile
	second, err := yamlfile.Decode(source, &f)
	if err != nil {
		return nil, yamlfile.Error(path, err)
	}
	if second {
		return nil, yamlfile.SecondDocument(path, source, "a profile")
	}
	p := &tokens.Profile{Audience: string(f.Audience), Claims: map[string]string{}}
	for _, typ := range f.Types {
		p.Types = append(p.Types, string(typ))
	}
	for _, member := range f.Header {
		p.Header = append(p.Header, string(member))
	}
	for ours, theirs := range f.Claims {
		p.Claims[ours] = string(theirs)
	}
	for _, row := range []struct {
		key  string
		text yamlfile.Written
		to   *time.Duration
	}{{"max_lifetime", f.MaxLifetime, &p.MaxLifetime}, {"leeway", f.Leeway, &p.Leeway}} {
		if row.text == "" {
			continue
		}
		var d syntax.Span
		if err := d.UnmarshalText([]byte(row.text)); err != nil {
			return nil, exit.Input(path, 0, row.key+": "+err.Error())
		}
		*row.to = time.Duration(d)
	}
	if err := p.Check(); err != nil {
		return nil, exit.Input(path, 0, err.Error())
	}
	return p, nil
}

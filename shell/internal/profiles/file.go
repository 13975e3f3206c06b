// Package profiles is what an outside issuer's tokens do differently, as people
// write it: YAML files, and some that are ready.
package profiles

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/goccy/go-yaml/ast"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/internal/yamlfile"
	"tokenshell/tokens"
)

// limit is the largest profile file, in bytes.
const limit = 64 << 10

// file mirrors the YAML. The tags say what a key is for, and a value that fits.
type file struct {
	Types       list             `yaml:"typ" like:"[at+jwt]" help:"What may stand in typ; '' lets it be absent. Without it, confirmation+jwt."`
	Header      list             `yaml:"header" like:"[x5t, cty]" help:"Header members that may stand there beside alg, kid and typ, and are not read. None that chooses a key or changes what is signed: crit, b64, zip, enc, jwk, jku, x5u, x5c."`
	Audience    oneOrMore        `yaml:"audience" like:"https://shop.example" help:"What the issuer calls us in aud. Of several, aud has to name one, and nobody else but the issuer. Without it, order-processing."`
	Claims      names            `yaml:"claims" like:"{jti: id}" help:"The issuer's names for our claims: ours, and theirs. Not for iss."`
	Scope       yamlfile.Written `yaml:"scope" like:"scope" help:"The claim that holds the capabilities as one string, between spaces (RFC 8693 4.2)."`
	Ignored     list             `yaml:"scope_ignored" like:"[openid, email]" help:"Names in the scope that grant nothing here. Any other has to be granted with --capability."`
	Optional    list             `yaml:"optional" like:"[constraints, order_processing_id]" help:"Claims that may be absent: jti (a digest of the payload is used), order_processing_id (it is for the order that it is handed in for), capabilities (it is for all that the issuer may grant), constraints."`
	Fractions   bool             `yaml:"fractional_dates" like:"true" help:"Times may have a fraction (RFC 7519 2)."`
	MaxLifetime span             `yaml:"max_lifetime" like:"1h" help:"The longest life, from iat to exp: 1s to 24h. Without it, 5m."`
	Leeway      span             `yaml:"leeway" like:"10s" help:"How far the issuer's clock may be off, beside set leeway: 0s to 5m."`
	Algorithm   yamlfile.Written `yaml:"alg" like:"RS256" help:"What an RSA key is for that does not say it: RS256 or PS256. Without it, such a key is left out."`
}

// Key is a key of a profile, for help.
type Key struct {
	Name string `json:"key"`
	Like string `json:"like"`
	Help string `json:"help"`
}

// Keys gives every key.
func Keys() []Key {
	var keys []Key
	t := reflect.TypeFor[file]()
	for i := range t.NumField() {
		tag := t.Field(i).Tag
		keys = append(keys, Key{tag.Get("yaml"), tag.Get("like"), tag.Get("help")})
	}
	return keys
}

// Shape gives the struct that mirrors a profile.
func Shape() reflect.Type { return reflect.TypeFor[file]() }

//go:embed ready
var ready embed.FS

// Profile is a profile that is ready.
type Profile struct {
	Name string `json:"profile"`
	What string `json:"what"`
	Text string `json:"text"`
}

// Ready gives the profiles that are ready, by their names.
func Ready() []Profile {
	entries, err := ready.ReadDir("ready")
	if err != nil {
		return nil // it is in the program
	}
	var all []Profile
	for _, entry := range entries {
		text, _ := ready.ReadFile("ready/" + entry.Name())
		what, rest, _ := strings.Cut(string(text), "\n")
		all = append(all, Profile{strings.TrimSuffix(entry.Name(), ".yaml"), strings.TrimPrefix(what, "# "), rest})
	}
	return all
}

// Read reads a profile: a file, or one that is ready. Name "" is the empty one.
func Read(dir *files.Dir, name string) (*tokens.Profile, error) {
	if name == "" {
		return &tokens.Profile{}, nil
	}
	all := Ready()
	if at := slices.IndexFunc(all, func(p Profile) bool { return p.Name == name }); at >= 0 {
		return parse(name, []byte(all[at].Text))
	}
	text, err := dir.Read(name, limit)
	if err != nil && !strings.ContainsAny(name, "./") {
		var known []string
		for _, p := range all {
			known = append(known, p.Name)
		}
		return nil, exit.Input(name, 0, "there is no such file, and the profiles that are ready are "+strings.Join(known, ", "))
	}
	if err != nil {
		return nil, err
	}
	return parse(name, text)
}

// ForUs gives a profile with other names that its issuer has for us; none change
// nothing.
func ForUs(p *tokens.Profile, audience []string) (*tokens.Profile, error) {
	if len(audience) == 0 {
		return p, nil
	}
	named := *p
	named.Audience, named.Audiences = audience[0], audience[1:]
	if at, err := check(&named); err != nil {
		return nil, exit.Usage("--audience is what the issuer calls us in aud", "%s: %v", strings.TrimPrefix(at, "$."), err)
	}
	return &named, nil
}

func parse(path string, source []byte) (*tokens.Profile, error) {
	source = bytes.TrimPrefix(source, []byte("\ufeff"))
	if yamlfile.TooDeep(source) {
		return nil, exit.Input(path, 0, "its brackets nest too deep")
	}
	var f file
	second, err := yamlfile.Decode(source, &f)
	if err != nil {
		return nil, unknownKey(yamlfile.Error(path, err))
	}
	if second {
		return nil, yamlfile.SecondDocument(path, source, "a profile")
	}
	p := &tokens.Profile{
		Types: f.Types, Header: f.Header, Claims: f.Claims, Scope: string(f.Scope), Ignored: f.Ignored, Optional: f.Optional, Fractions: f.Fractions,
		MaxLifetime: time.Duration(f.MaxLifetime), Leeway: time.Duration(f.Leeway), Algorithm: jose.SignatureAlgorithm(f.Algorithm),
	}
	if len(f.Audience) > 0 {
		p.Audience, p.Audiences = f.Audience[0], f.Audience[1:]
	}
	if at, err := check(p); err != nil {
		return nil, yamlfile.At(path, source, at, err.Error())
	}
	return p, nil
}

// unknownKey says of an unknown key which ones there are.
func unknownKey(err error) error {
	var wrong *exit.InputError
	if !errors.As(err, &wrong) || !strings.Contains(wrong.What, "unknown field") {
		return err
	}
	var known []string
	for _, key := range Keys() {
		known = append(known, key.Name)
	}
	_, name, _ := strings.Cut(wrong.What, `"`)
	name, _, _ = strings.Cut(name, `"`)
	wrong.What += "; " + exit.Meant(name, known, "a profile has "+strings.Join(known, ", "))
	return wrong
}

// list is a list of texts.
type list []string

// UnmarshalYAML takes a list, and of a single value says how it is one.
func (l *list) UnmarshalYAML(node ast.Node) error {
	if _, ok := node.(*ast.SequenceNode); !ok {
		if _, null := node.(*ast.NullNode); null {
			return nil
		}
		return yamlfile.Wrong(node, "a list belongs here: write [%s]", single(node))
	}
	return l.take(node)
}

func (l *list) take(node ast.Node) error {
	sequence, ok := node.(*ast.SequenceNode)
	if !ok {
		return yamlfile.Wrong(node, "a list belongs here")
	}
	for _, value := range sequence.Values {
		var text yamlfile.Written
		if err := text.UnmarshalYAML(value); err != nil {
			return err
		}
		*l = append(*l, string(text))
	}
	return nil
}

// single gives the text of a node that is no list, to be quoted.
func single(node ast.Node) string {
	if node.GetToken() == nil || strings.ContainsAny(node.GetToken().Value, "\n\x1b") {
		return "…"
	}
	return node.GetToken().Value
}

// oneOrMore is a text, or a list of them.
type oneOrMore list

// UnmarshalYAML takes either.
func (o *oneOrMore) UnmarshalYAML(node ast.Node) error {
	if _, ok := node.(*ast.SequenceNode); ok {
		return (*list)(o).take(node)
	}
	var text yamlfile.Written
	if err := text.UnmarshalYAML(node); err != nil || text == "" {
		return err
	}
	*o = oneOrMore{string(text)}
	return nil
}

// JSONSchema says what may stand there.
func (oneOrMore) JSONSchema() any {
	text := map[string]any{"type": "string"}
	return map[string]any{"anyOf": []any{text, map[string]any{"type": "array", "items": text}}}
}

// names are our names for claims, and the issuer's.
type names map[string]string

// UnmarshalYAML takes a section of names.
func (n *names) UnmarshalYAML(node ast.Node) error {
	var pairs []*ast.MappingValueNode
	switch node := node.(type) {
	case *ast.MappingNode:
		pairs = node.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{node}
	case *ast.NullNode:
	default:
		return yamlfile.Wrong(node, "a section belongs here: our name of a claim and theirs, such as {jti: id}")
	}
	*n = names{}
	for _, pair := range pairs {
		ours := pair.Key.GetToken().Value
		var theirs yamlfile.Written
		if err := theirs.UnmarshalYAML(pair.Value); err != nil {
			return err
		}
		(*n)[ours] = string(theirs)
	}
	return nil
}

// span is a duration.
type span time.Duration

// UnmarshalYAML takes a duration; of a bare number it says how it is one.
func (s *span) UnmarshalYAML(node ast.Node) error {
	switch node.(type) {
	case *ast.NullNode:
		return nil
	case *ast.IntegerNode, *ast.FloatNode:
		return yamlfile.Wrong(node, "%s is no duration: write %[1]ss", single(node))
	}
	var text yamlfile.Written
	if err := text.UnmarshalYAML(node); err != nil || text == "" {
		return err
	}
	d, err := syntax.ParseSpan(string(text))
	if err != nil {
		return yamlfile.Wrong(node, "%v", err)
	}
	*s = span(d)
	return nil
}

// JSONSchema says what may stand there.
func (span) JSONSchema() any {
	return map[string]any{"type": "string", "pattern": `^[+-]?([0-9.]+(ms|s|m|h|d|w))+$`}
}

// neverIgnored are header members that no profile lets pass: each changes what
// a token means, or which key is to be believed (RFC 7515 4.1, RFC 7797).
var neverIgnored = []string{"alg", "kid", "typ", "crit", "b64", "zip", "enc", "jwk", "jku", "x5u", "x5c"}

// waivable are the claims that a profile may let be absent.
var waivable = []string{"jti", "order_processing_id", "capabilities", "constraints"}

// Bounds of what a profile may ask for.
const (
	maxLifetime = 24 * time.Hour
	maxLeeway   = 5 * time.Minute
	maxNames    = 64 // in one list
)

// Check says what is wrong with a profile; nil when it may be used.
func Check(p *tokens.Profile) error {
	_, err := check(p)
	return err
}

// check says what is wrong, and where in YAML.
func check(p *tokens.Profile) (at string, err error) {
	for i, member := range p.Header {
		if member == "" || slices.Contains(neverIgnored, member) {
			return fmt.Sprintf("$.header[%d]", i), fmt.Errorf("header member %q cannot be ignored: it chooses a key or changes what is signed", member)
		}
	}
	for at, names := range map[string][]string{"$.typ": p.Types, "$.header": p.Header, "$.audience": p.Audiences, "$.scope_ignored": p.Ignored, "$.optional": p.Optional} {
		if len(names) > maxNames {
			return at, fmt.Errorf("at most %d may stand there", maxNames)
		}
	}
	for i, name := range append([]string{p.Audience}, p.Audiences...) {
		if name == "" && i > 0 || name != "" && !isID(name) {
			return "$.audience", fmt.Errorf("%q is not a name for us in aud", name)
		}
	}
	for i, claim := range p.Optional {
		if !slices.Contains(waivable, claim) {
			return fmt.Sprintf("$.optional[%d]", i), fmt.Errorf("claim %q cannot be optional: write some of %s", claim, strings.Join(waivable, ", "))
		}
	}
	if at, err := checkNames(p); err != nil {
		return at, err
	}
	switch {
	case p.Ignored != nil && p.Scope == "":
		return "$.scope_ignored", errors.New("no claim is the scope: write scope: scope")
	case p.Algorithm != "" && p.Algorithm != jose.RS256 && p.Algorithm != jose.PS256:
		return "$.alg", fmt.Errorf("alg %q: write RS256 or PS256; any other key can be for one algorithm only", p.Algorithm)
	case p.MaxLifetime < 0 || p.MaxLifetime > maxLifetime:
		return "$.max_lifetime", fmt.Errorf("a lifetime of %s: write 1s to %dh", tokens.HowLong(p.MaxLifetime), maxLifetime/time.Hour)
	case p.Leeway < 0 || p.Leeway > maxLeeway:
		return "$.leeway", fmt.Errorf("a leeway of %s: write 0s to %dm", tokens.HowLong(p.Leeway), maxLeeway/time.Minute)
	}
	return "", nil
}

// checkNames has no two claims be read from one name.
func checkNames(p *tokens.Profile) (at string, err error) {
	theirs := maps.Clone(p.Claims)
	if p.Scope != "" {
		if theirs["capabilities"] != "" {
			return "$.scope", errors.New("capabilities are read from claims.capabilities already: leave one of them out")
		}
		if theirs == nil {
			theirs = map[string]string{}
		}
		theirs["capabilities"] = p.Scope
	}
	taken := map[string]bool{"iss": true, "nbf": true}
	for _, name := range tokens.ClaimNames() {
		if theirs[name] == "" {
			taken[name] = true // under its own name
		}
	}
	for _, ours := range slices.Sorted(maps.Keys(theirs)) {
		name, at := theirs[ours], "$.claims."+ours
		if ours == "capabilities" && p.Scope != "" {
			at = "$.scope"
		}
		switch {
		case taken[name]:
			return at, fmt.Errorf("two claims would be read from %q", name)
		case !slices.Contains(tokens.ClaimNames(), ours) || ours == "iss":
			return at, fmt.Errorf("%q is not a claim that can have another name: write one of %s", ours, strings.Join(tokens.ClaimNames()[1:], ", "))
		case !isID(name):
			return at, fmt.Errorf("%q is not a name for a claim", name)
		}
		taken[name] = true
	}
	return "", nil
}

// isID reports whether a text may be an id of the contract.
func isID(text string) bool {
	return text != "" && len(text) <= 128 && !strings.ContainsFunc(text, func(r rune) bool { return r < 0x20 || r > 0x7e })
}

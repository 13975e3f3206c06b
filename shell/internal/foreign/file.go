// The target file: what is said of a relay, and how it is reached.

package foreign

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/goccy/go-yaml/ast"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/places"
	"tokenshell/shell/internal/profiles"
	"tokenshell/shell/internal/yamlfile"
	"tokenshell/tokens"
)

// fileLimit is the largest target file, in bytes.
const fileLimit = 1 << 20

// File is a target file that has been read and checked.
type File struct {
	Version     yamlfile.Whole   `yaml:"target"`
	Name        string           `yaml:"name"`
	Enforces    words            `yaml:"enforces"`
	Can         *words           `yaml:"can"`
	SessionLife span             `yaml:"session_life"`
	Contract    Contract         `yaml:"contract"`
	Keys        keyFiles         `yaml:"keys"`
	Timeouts    timeouts         `yaml:"timeouts"`
	Reasons     map[string]words `yaml:"reasons"`
	Stdio       *stdioPart       `yaml:"stdio"`
	HTTP        *httpPart        `yaml:"http"`
	Each        *eachPart        `yaml:"each"`

	path   string
	source []byte
	dir    string // of the file: relative paths begin there
}

// Contract is what differs from ours; what is empty does not.
type Contract struct {
	Audience    string            `yaml:"audience"`
	Type        string            `yaml:"typ"`
	Issuers     map[string]string `yaml:"issuers"` // by service
	Claims      map[string]string `yaml:"claims"`  // their names for our claims
	MaxLifetime span              `yaml:"max_lifetime"`
	Leeway      span              `yaml:"leeway"`
}

// At gives the contract with a URL in the place of {serve}.
func (c Contract) At(serve string) Contract {
	all := map[string]string{}
	for service, name := range c.Issuers {
		all[service] = places.Fill(name, map[string]string{"serve": serve}, places.AsIs)
	}
	c.Issuers = all
	return c
}

type keyFiles struct {
	Set    string `yaml:"set"` // own or merged
	Dir    string `yaml:"dir"`
	Settle span   `yaml:"settle"`
}

type timeouts struct {
	Start   span `yaml:"start"`
	Request span `yaml:"request"`
	Redeem  span `yaml:"redeem"`
	Stop    span `yaml:"stop"`
}

type stdioPart struct {
	Command []string          `yaml:"command"`
	Dir     string            `yaml:"dir"`
	Env     map[string]string `yaml:"env"`
}

type eachPart struct {
	Command  []string          `yaml:"command"`
	Dir      string            `yaml:"dir"`
	Env      map[string]string `yaml:"env"`
	Stdin    string            `yaml:"stdin"`
	Accepted []yamlfile.Whole  `yaml:"accepted"`
	Rejected []yamlfile.Whole  `yaml:"rejected"`
}

// words is a word, or a list of them.
type words []string

// UnmarshalYAML takes both.
func (w *words) UnmarshalYAML(node ast.Node) error {
	nodes := []ast.Node{node}
	if list, ok := node.(*ast.SequenceNode); ok {
		nodes = list.Values
	}
	*w = words{}
	for _, n := range nodes {
		text, ok := n.(*ast.StringNode)
		if !ok {
			return yamlfile.Wrong(n, "a word, or a list of words, belongs here")
		}
		*w = append(*w, text.Value)
	}
	return nil
}

// span is a length of time such as 30s.
type span time.Duration

// UnmarshalYAML takes what Go reads as a duration, from 0 to a week.
func (s *span) UnmarshalYAML(node ast.Node) error {
	d, err := time.ParseDuration(node.GetToken().Value)
	if err != nil || d < 0 || d > 7*24*time.Hour {
		return yamlfile.Wrong(node, "%q is not a length of time: write one such as 30s or 5m", node.GetToken().Value)
	}
	*s = span(d)
	return nil
}

func (s span) or(d time.Duration) time.Duration {
	if s == 0 {
		return d
	}
	return time.Duration(s)
}

// abilities are what a target may declare in can, the protocol's words.
func abilities() []string {
	var all []string
	for _, n := range attacks.Needs() {
		all = append(all, string(n))
	}
	slices.Sort(all)
	return all
}

// enforceable are the checks that enforces may name.
func enforceable() []string {
	all := attacks.Checks()
	return all[:slices.Index(all, attacks.Redemption)]
}

// Read reads a target file. Environment variables are looked up in the
// environment.
func Read(ctx context.Context, path string) (*File, error) {
	source, err := files.Read(ctx, path, fileLimit)
	if err != nil {
		return nil, err
	}
	return Parse(path, source)
}

// bareRequest is a request with {NAME} in it and no quotes around it, which YAML
// takes for the beginning of something else inside of braces. Nothing else can be
// meant.
var bareRequest = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`request: ((?:GET|POST|PUT|PATCH|DELETE) (?:[^\s,"'{}]|\{[a-z_]+\})+)`)
})

// Parse reads YAML strictly: what it does not know is refused with file, line
// and column.
func Parse(path string, source []byte) (*File, error) {
	if bytes.HasPrefix(source, []byte("\ufeff")) {
		return nil, exit.Input(path, 1, "column 1: it begins with a byte order mark; write it without")
	}
	if yamlfile.TooDeep(source) {
		return nil, exit.Input(path, 0, "its brackets nest too deep")
	}
	f := &File{path: path, source: source, dir: filepath.Dir(path)}
	f.source = bareRequest().ReplaceAll(source, []byte(`request: "$1"`))
	filled := f.source
	second, err := yamlfile.Decode(filled, f)
	f.path, f.source, f.dir = path, filled, filepath.Dir(path) // an empty document leaves nothing of it
	if err != nil {
		return nil, yamlfile.Error(path, err)
	}
	if second {
		return nil, yamlfile.SecondDocument(path, f.source, "a target file")
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	if err := places.Strange(f.source, f.HTTP != nil && f.HTTP.Serve != ""); err != nil {
		return nil, yamlfile.Error(path, err)
	}
	return f, nil
}

// Adapter makes a target of an adapter's command, as --adapter has it.
func Adapter(command []string) *File {
	f := &File{Version: 1, Name: filepath.Base(command[0]), Stdio: &stdioPart{Command: command}, path: "--adapter", dir: "."}
	f.fill()
	return f
}

// wrong is what is wrong at a place of the file.
func (f *File) wrong(at, format string, args ...any) error {
	return yamlfile.At(f.path, f.source, at, fmt.Sprintf(format, args...))
}

var named = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`) })

// check holds the file against what YAML cannot say.
func (f *File) check() error {
	kinds := 0
	for _, there := range []bool{f.Stdio != nil, f.HTTP != nil, f.Each != nil} {
		if there {
			kinds++
		}
	}
	switch {
	case f.Version != 1:
		return f.wrong("$.target", "target: 1 says which version of target files this is; %d is not known", f.Version)
	case !named().MatchString(f.Name):
		return f.wrong("$.name", "name: 1 to 64 of A-Z a-z 0-9 . _ -, not %q", f.Name)
	case kinds != 1:
		return f.wrong("$", "exactly one of stdio, http and each says how the relay is reached; here are %d", kinds)
	case f.Stdio != nil && len(f.Stdio.Command) == 0:
		return f.wrong("$.stdio", "command: the words of the command that starts the adapter")
	case f.Keys.Set != "" && f.Keys.Set != "own" && f.Keys.Set != "merged":
		return f.wrong("$.keys.set", "%q: own is a set an issuer, merged one for all", f.Keys.Set)
	}
	for _, list := range []struct {
		at           string
		words, known []string
	}{{"$.enforces", f.Enforces, append(enforceable(), "all")}, {"$.can", f.can(), abilities()}} {
		for _, word := range list.words {
			if !slices.Contains(list.known, word) {
				return f.wrong(list.at, "%q is none of %s", word, strings.Join(list.known, " "))
			}
		}
	}
	for theirs, ours := range f.Reasons {
		for _, reason := range ours {
			if !slices.ContainsFunc(tokens.Reasons(), func(r tokens.ReasonRow) bool { return string(r.Reason) == reason }) {
				return f.wrong("$.reasons", "%s: %q is not a reason of ours; help reasons lists them", theirs, reason)
			}
		}
	}
	for at, d := range map[string]span{
		"session_life": f.SessionLife, "contract.max_lifetime": f.Contract.MaxLifetime,
		"timeouts.start": f.Timeouts.Start, "timeouts.request": f.Timeouts.Request, "timeouts.redeem": f.Timeouts.Redeem, "timeouts.stop": f.Timeouts.Stop,
	} {
		if d == 0 && yamlfile.NoteAt(f.source, "$."+at, "").Line > 0 {
			return f.wrong("$."+at, "0s is no time at all; leave it out for what is usual")
		}
	}
	if err := f.checkContract(); err != nil {
		return err
	}
	f.fill()
	if f.HTTP != nil {
		return f.checkHTTP()
	}
	if f.Each != nil {
		return f.checkEach()
	}
	var err error
	f.Stdio.Env, err = f.environment("$.stdio.env", f.Stdio.Env)
	return err
}

func (f *File) can() []string {
	if f.Can == nil {
		return nil
	}
	return *f.Can
}

func (f *File) checkContract() error {
	profile := tokens.Profile{Claims: f.Contract.Claims, MaxLifetime: time.Duration(f.Contract.MaxLifetime), Leeway: time.Duration(f.Contract.Leeway)}
	if err := profiles.Check(&profile); err != nil {
		return f.wrong("$.contract", "%v", err)
	}
	if d := time.Duration(f.Contract.MaxLifetime); d != 0 && d < 10*time.Second {
		return f.wrong("$.contract.max_lifetime", "a lifetime of %s leaves no time to try anything: 10s at least", tokens.HowLong(d))
	}
	seen := map[string]string{}
	for service, iss := range f.Contract.Issuers {
		if other, twice := seen[iss]; twice {
			return f.wrong("$.contract.issuers", "%s and %s are both %q", min(service, other), max(service, other), iss)
		}
		seen[iss] = service
	}
	return nil
}

// fill puts in what was left out.
func (f *File) fill() {
	if len(f.Enforces) == 0 {
		f.Enforces = words{"all"}
	}
	if f.Contract.Audience == "" {
		f.Contract.Audience = tokens.Audience
	}
	if f.Contract.Type == "" {
		f.Contract.Type = tokens.Type
	}
	f.Contract.MaxLifetime = span(f.Contract.MaxLifetime.or(tokens.MaxLifetime))
	f.Timeouts = timeouts{
		Start: span(f.Timeouts.Start.or(10 * time.Second)), Request: span(f.Timeouts.Request.or(5 * time.Second)),
		Redeem: span(f.Timeouts.Redeem.or(30 * time.Second)), Stop: span(f.Timeouts.Stop.or(2 * time.Second)),
	}
}

// Claims reports whether the target says that it makes a check.
func (f *File) Claims(check string) bool {
	return check == attacks.Redemption || slices.Contains(f.Enforces, "all") || slices.Contains(f.Enforces, check)
}

var variable = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$\{([A-Z_][A-Z0-9_]*)\}`) })

// environment puts environment variables in the place of ${NAME}.
func (f *File) environment(at string, texts map[string]string) (map[string]string, error) {
	filled := make(map[string]string, len(texts))
	for name, text := range texts {
		var unset string
		filled[name] = variable().ReplaceAllStringFunc(text, func(found string) string {
			value, ok := os.LookupEnv(variable().FindStringSubmatch(found)[1])
			if !ok {
				unset = found
			}
			return value
		})
		if unset != "" {
			return nil, f.wrong(at, "%s: %s is not set in the environment", name, unset)
		}
	}
	return filled, nil
}

// Secrets gives the values that came from the environment: no output may have
// them.
func (f *File) Secrets() []string {
	var all []string
	for _, found := range variable().FindAllStringSubmatch(string(f.source), -1) {
		if value := os.Getenv(found[1]); len(value) > 3 {
			all = append(all, value)
		}
	}
	return all
}

// Path gives the file's own; empty when there is none.
func (f *File) Path() string {
	if f.source == nil {
		return ""
	}
	return f.path
}

// Wrong is an error about the target as a whole, of exit code 3.
func (f *File) Wrong(what string) error { return exit.Input(f.path, 0, f.Hide(what)) }

// Hide takes values of the environment out of a text.
func (f *File) Hide(text string) string {
	for _, secret := range f.Secrets() {
		text = strings.ReplaceAll(text, secret, "(secret)")
	}
	return text
}

// Within has every answer take at most so long.
func (f *File) Within(d time.Duration) { f.Timeouts.Request, f.Timeouts.Redeem = span(d), span(d) }

// KeySet says whether keys are shown by issuer, or merged.
func (f *File) KeySet() string {
	if f.Keys.Set == "" {
		return "own"
	}
	return f.Keys.Set
}

// within gives a path that the file names, from the file's own folder.
func (f *File) within(path string) string {
	if path == "" {
		return f.dir
	}
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(f.dir, path)
}

// loopback reports whether a URL's host, or a host and port, is of this machine.
func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	host = strings.Trim(host, "[]")
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// parseBase reads the base of an http target.
func parseBase(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("%q is not a base such as http://127.0.0.1:8080", text)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("%q: a base is a scheme, a host with a port, and a path", text)
	}
	return u, nil
}

// Fact is a part of a file, by its name.
type Fact struct{ Name, Value string }

// Says gives what the file says, with what it leaves out. Values from the
// environment are not in it.
func (f *File) Says() []Fact {
	c := f.Contract
	var how string
	switch {
	case f.Stdio != nil:
		how = "stdio: " + tokens.Word(strings.Join(f.Stdio.Command, " "))
	case f.Each != nil:
		how = "each: " + tokens.Word(strings.Join(f.Each.Command, " "))
	default:
		how = "http: " + f.HTTP.Base
		if f.HTTP.Serve != "" {
			how += ", serves at " + f.HTTP.Serve
		}
	}
	can := "what it says in hello"
	if f.Can != nil || f.Stdio == nil {
		can = strings.Join(f.can(), " ")
	}
	words := "not compared"
	if len(f.Reasons) > 0 {
		words = tokens.Count(len(f.Reasons), "word") + " of theirs are known"
	}
	life := "unknown"
	if f.SessionLife != 0 {
		life = tokens.HowLong(time.Duration(f.SessionLife))
	}
	return []Fact{
		{"name", f.Name}, {"reached", how}, {"can", can}, {"enforces", strings.Join(f.Enforces, " ")}, {"session life", life},
		{"audience", c.Audience}, {"typ", c.Type}, {"longest life", tokens.HowLong(time.Duration(c.MaxLifetime))}, {"leeway", tokens.HowLong(time.Duration(c.Leeway))},
		{"keys", f.KeySet()}, {"reasons", words},
		{"timeouts", fmt.Sprintf("start %s, request %s, redeem %s, stop %s", tokens.HowLong(time.Duration(f.Timeouts.Start)), tokens.HowLong(time.Duration(f.Timeouts.Request)), tokens.HowLong(time.Duration(f.Timeouts.Redeem)), tokens.HowLong(time.Duration(f.Timeouts.Stop)))},
	}
}

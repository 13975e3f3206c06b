// The http part of a target file: a service with its own paths and words.

package foreign

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/places"
)

type httpPart struct {
	Base     string            `yaml:"base"`
	Serve    string            `yaml:"serve"`
	ServeTLS bool              `yaml:"serve_tls"`
	Start    *startPart        `yaml:"start"`
	Headers  map[string]string `yaml:"headers"`

	Open    *exchange    `yaml:"open"`
	Relay   *exchange    `yaml:"relay"`
	Redeem  *exchange    `yaml:"redeem"`
	Resume  *exchange    `yaml:"resume"`
	Close   *exchange    `yaml:"close"`
	Facts   *exchange    `yaml:"facts"`
	Restart *struct{}    `yaml:"restart"`
	Refresh *exchange    `yaml:"refresh"`
	Reset   *exchange    `yaml:"reset"`
	Domains *domainsPart `yaml:"domains"`

	base *url.URL
}

type startPart struct {
	Command []string          `yaml:"command"`
	Dir     string            `yaml:"dir"`
	Env     map[string]string `yaml:"env"`
	Ready   string            `yaml:"ready"`
}

// exchange is a request, and how its answer is read.
type exchange struct {
	Request string            `yaml:"request"`
	JSON    any               `yaml:"json"`
	Headers map[string]string `yaml:"headers"`
	Form    map[string]string `yaml:"form"`
	Text    string            `yaml:"text"`

	Session  string    `yaml:"session"` // jq, as the rest
	Accepted string    `yaml:"accepted"`
	Rejected string    `yaml:"rejected"`
	Reason   string    `yaml:"reason"`
	State    *stateJQ  `yaml:"state"`
	Poll     *pollPart `yaml:"poll"`

	method, path                        string
	session, accepted, rejected, reason places.Place
	states                              [3]places.Place
}

type stateJQ struct {
	Completed   string `yaml:"completed"`
	Compensated string `yaml:"compensated"`
	Stuck       string `yaml:"stuck"`
}

type pollPart struct {
	Request string `yaml:"request"`
	Until   string `yaml:"until"`
	Within  span   `yaml:"within"`

	exchange exchange
	until    places.Place
}

type domainsPart struct {
	Redeem *servedPart `yaml:"redeem"`
	Cancel *servedPart `yaml:"cancel"`
}

// servedPart is a request that a relay makes of a domain.
type servedPart struct {
	Request string     `yaml:"request"`
	Read    readPart   `yaml:"read"`
	Answer  answerPart `yaml:"answer"`

	method                  string
	path                    *regexp.Regexp
	token, session, attempt places.Place
}

type readPart struct {
	Token   string `yaml:"token"`
	Session string `yaml:"session"`
	Attempt string `yaml:"attempt"`
}

type answerPart struct {
	Done        *reply `yaml:"done"`
	Repeated    *reply `yaml:"repeated"`
	Refused     *reply `yaml:"refused"`
	Unavailable *reply `yaml:"unavailable"`
}

type reply struct {
	Status int `yaml:"status"`
	JSON   any `yaml:"json"`
}

// compile compiles an accessor of the file.
func (f *File) compile(at, source string, into *places.Place) (err error) {
	if source == "" {
		return nil
	}
	if *into, err = places.At(source); err != nil {
		return f.wrong(at, "%q is no jq expression: %v", source, err)
	}
	return nil
}

var methods = []string{"GET", "POST", "PUT", "PATCH", "DELETE"}

// request reads a method and a path.
func (f *File) request(at, text string) (method, path string, err error) {
	method, path, ok := strings.Cut(text, " ")
	if !ok || !slices.Contains(methods, method) || !strings.HasPrefix(path, "/") {
		return "", "", f.wrong(at, "%q is not a request: write one such as POST /orders", text)
	}
	return method, path, nil
}

// exchangeAt checks one exchange.
func (f *File) exchangeAt(name string, e *exchange) (err error) {
	if e == nil {
		return nil
	}
	at := "$.http." + name
	if e.method, e.path, err = f.request(at+".request", e.Request); err != nil {
		return err
	}
	if e.Headers, err = f.environment(at+".headers", e.Headers); err != nil {
		return err
	}
	if e.JSON != nil && (e.Form != nil || e.Text != "") || e.Form != nil && e.Text != "" {
		return f.wrong(at, "json, form and text: a request has one body")
	}
	for _, q := range []struct {
		name, source string
		into         *places.Place
	}{{"session", e.Session, &e.session}, {"accepted", e.Accepted, &e.accepted}, {"rejected", e.Rejected, &e.rejected}, {"reason", e.Reason, &e.reason}} {
		if err := f.compile(at+"."+q.name, q.source, q.into); err != nil {
			return err
		}
	}
	if e.State != nil {
		for i, source := range []string{e.State.Completed, e.State.Compensated, e.State.Stuck} {
			if err := f.compile(at+".state", source, &e.states[i]); err != nil {
				return err
			}
		}
	}
	if e.Poll != nil {
		if e.Poll.exchange.method, e.Poll.exchange.path, err = f.request(at+".poll.request", e.Poll.Request); err != nil {
			return err
		}
		return f.compile(at+".poll.until", e.Poll.Until, &e.Poll.until)
	}
	return nil
}

// carries reports whether a name is anywhere in a request.
func (e *exchange) carries(name string) bool {
	return strings.Contains(fmt.Sprint(e.Request, e.JSON, e.Form, e.Text, e.Headers), name)
}

// checkHTTP checks the http part.
func (f *File) checkHTTP() (err error) {
	h := f.HTTP
	if h.base, err = parseBase(h.Base); err != nil {
		return f.wrong("$.http.base", "%v", err)
	}
	if h.Serve != "" {
		if _, _, err := net.SplitHostPort(h.Serve); err != nil || !loopback(h.Serve) {
			return f.wrong("$.http.serve", "%q is not an address of this machine alone, such as 127.0.0.1:0", h.Serve)
		}
	}
	if h.ServeTLS && h.Serve == "" {
		return f.wrong("$.http.serve_tls", "https is served where serve says; without it nothing listens")
	}
	for name, e := range map[string]*exchange{"open": h.Open, "relay": h.Relay, "redeem": h.Redeem, "resume": h.Resume, "close": h.Close, "facts": h.Facts, "refresh": h.Refresh, "reset": h.Reset} {
		if err := f.exchangeAt(name, e); err != nil {
			return err
		}
	}
	switch {
	case h.Relay == nil:
		return f.wrong("$.http", "relay: how a token is handed in")
	case h.Relay.accepted.IsZero() || h.Relay.rejected.IsZero():
		return f.wrong("$.http.relay", "accepted and rejected: which answers are a yes, and which a no")
	case h.Open != nil && h.Open.session.IsZero():
		return f.wrong("$.http.open", "session: where the answer names the session")
	case h.Domains != nil && h.Serve == "":
		return f.wrong("$.http", "domains are played where serve says; without it nothing listens")
	case h.Redeem != nil && h.Redeem.State == nil:
		return f.wrong("$.http.redeem", "state: which answers are completed, compensated and stuck")
	}
	for _, needs := range []struct {
		ability string
		there   bool
		part    string
	}{
		{string(attacks.NeedRedeem), h.Redeem != nil && h.Domains != nil && h.Domains.Redeem != nil, "redeem, and domains.redeem with serve"},
		{string(attacks.NeedResume), h.Resume != nil, "resume"}, {string(attacks.NeedClose), h.Close != nil, "close"},
		{string(attacks.NeedRestart), h.Start != nil, "start"}, {"facts", h.Facts != nil, "facts"},
		{string(attacks.NeedKeys), h.Serve != "" || f.Keys.Dir != "", "serve, or keys.dir"}, {string(attacks.NeedClock), false, "a stdio adapter"},
	} {
		if slices.Contains(f.can(), needs.ability) && !needs.there {
			return f.wrong("$.can", "%s: for this the file needs %s", needs.ability, needs.part)
		}
	}
	if h.Headers, err = f.environment("$.http.headers", h.Headers); err != nil {
		return err
	}
	if h.Start != nil {
		if len(h.Start.Command) == 0 {
			return f.wrong("$.http.start", "command: the words of the command that starts the service")
		}
		if h.Start.Env, err = f.environment("$.http.start.env", h.Start.Env); err != nil {
			return err
		}
		if h.Start.Ready != "" {
			if _, _, err := f.request("$.http.start.ready", h.Start.Ready); err != nil {
				return err
			}
		}
	}
	if !h.Relay.carries("{token}") && !strings.Contains(fmt.Sprint(h.Headers), "{token}") {
		return f.wrong("$.http.relay", "{token} is nowhere in it: in request, json, form, text or headers it says where the token goes")
	}
	if h.Domains == nil {
		return nil
	}
	if err := f.servedAt("redeem", h.Domains.Redeem); err != nil {
		return err
	}
	return f.servedAt("cancel", h.Domains.Cancel)
}

// servedAt checks what a relay asks of a domain.
func (f *File) servedAt(name string, p *servedPart) error {
	if p == nil {
		return nil
	}
	at := "$.http.domains." + name
	method, path, err := f.request(at+".request", p.Request)
	if err != nil {
		return err
	}
	if !strings.Contains(path, "{service}") {
		return f.wrong(at+".request", "%q: {service} stands where the service's name does", path)
	}
	p.method = method
	p.path = regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(path), `\{service\}`, `([^/]+)`) + "$")
	for _, q := range []struct {
		name, source string
		into         *places.Place
	}{{"token", p.Read.Token, &p.token}, {"session", p.Read.Session, &p.session}, {"attempt", p.Read.Attempt, &p.attempt}} {
		if err := f.compile(at+".read."+q.name, q.source, q.into); err != nil {
			return err
		}
	}
	if p.token.IsZero() {
		return f.wrong(at+".read", "token: where the request has the token")
	}
	for which, r := range map[string]**reply{"done": &p.Answer.Done, "repeated": &p.Answer.Repeated, "refused": &p.Answer.Refused, "unavailable": &p.Answer.Unavailable} {
		if *r == nil && which == "repeated" {
			*r = p.Answer.Done
		}
		if *r == nil && which == "unavailable" {
			*r = &reply{Status: 503}
		}
		if *r == nil || (*r).Status < 200 || (*r).Status > 599 {
			return f.wrong(at+".answer", "%s: a status of 200 to 599, and what is answered with it", which)
		}
	}
	return nil
}

// checkEach checks the each part.
func (f *File) checkEach() (err error) {
	e := f.Each
	if len(e.Command) == 0 {
		return f.wrong("$.each", "command: the words of the command that judges a token")
	}
	for _, word := range e.Command {
		if strings.Contains(word, "{token}") {
			return f.wrong("$.each.command", "a token is no argument, for anybody can read those: stdin: \"{token}\", or {token_file}")
		}
	}
	if len(e.Accepted) == 0 || len(e.Rejected) == 0 {
		return f.wrong("$.each", "accepted and rejected: lists of exit codes")
	}
	for _, code := range e.Accepted {
		if slices.Contains(e.Rejected, code) {
			return f.wrong("$.each", "exit code %d is both accepted and rejected", code)
		}
	}
	switch given := strings.Contains(strings.Join(e.Command, " "), "{token_file}"); {
	case given || strings.Contains(e.Stdin, "{token}"):
	case e.Stdin == "":
		e.Stdin = "{token}" // it has to get it somehow
	default:
		return f.wrong("$.each.stdin", "how does it get the token? {token} in stdin, or {token_file} in its command")
	}
	for _, ability := range f.can() {
		if ability != string(attacks.NeedKeys) {
			return f.wrong("$.can", "%s: a command a token gives a Verdict, and can keys at most", ability)
		}
	}
	e.Env, err = f.environment("$.each.env", e.Env)
	return err
}

// allowed says that a host of the file was not allowed; nil when it may be asked.
func (f *File) allowed(hosts []string) error {
	if f.HTTP == nil || loopback(f.HTTP.base.Host) || slices.Contains(hosts, f.HTTP.base.Host) {
		return nil
	}
	return exit.Usage("--allow-host "+f.HTTP.base.Host+", if it is yours and not production", "%s is not this machine", f.HTTP.base.Host)
}

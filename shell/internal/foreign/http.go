// The http driver: a service, asked in its own words.

package foreign

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"tokenshell/shell/internal/adapter"
	"tokenshell/shell/internal/places"
	"tokenshell/shell/internal/redact"
	"tokenshell/tokens"
)

// answerLimit is the longest answer that is read, in bytes.
const answerLimit = 4 << 20

// service is the one that runs, for all workers.
type service struct {
	file    *File
	with    Starting
	client  *http.Client
	domains *domainServer // nil when nothing is served
	keys    *keyFolder

	starting sync.Mutex
	child    *adapter.Child // nil when it was not started by us

	publishing sync.RWMutex // rows that change keys, or start it again, have the service for themselves
}

// openService begins to serve; nothing is started yet.
func openService(f *File, with Starting) (*service, error) {
	if err := f.allowed(with.AllowHost); err != nil {
		return nil, err
	}
	s := &service{file: f, with: with}
	transport := &http.Transport{MaxIdleConnsPerHost: 64, Proxy: nil, DisableCompression: true, DialContext: dial}
	s.client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var err error
	if f.HTTP.Serve != "" {
		if s.domains, err = serveDomains(f, with.Nonce); err != nil {
			return nil, err
		}
	}
	if s.keys, err = newKeyFolder(f); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// dial makes a connection on which an answer counts that came before all of the
// question was sent: who has read enough says no, and closes.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	return patient{c}, err
}

// patient leaves it to reading to say that a connection was closed.
type patient struct{ net.Conn }

// Write says that all was written if the other side wants no more.
func (p patient) Write(b []byte) (int, error) {
	n, err := p.Conn.Write(b)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		return len(b), nil
	}
	return n, err
}

// values are what every text of the file may name.
func (s *service) values() map[string]string {
	values := map[string]string{"keys": s.keys.dir}
	if s.domains != nil {
		values["serve"] = s.domains.url
	}
	return values
}

// firstKeys shows the keys with which every row begins, before anything starts
// that reads them.
func (s *service) firstKeys() error {
	serve := ""
	if s.domains != nil {
		serve = s.domains.url
	}
	issuers, err := s.with.Issuers(serve)
	if err != nil {
		return err
	}
	_, err = s.keys.show(issuers, s.domains)
	return err
}

// revive starts the service again if it has ended, and says how it had; how is
// empty when it runs.
func (s *service) revive(ctx context.Context) (how string, err error) {
	s.starting.Lock()
	defer s.starting.Unlock()
	if s.child == nil {
		return "", nil
	}
	select {
	case <-s.child.Gone:
		how = s.child.How()
		return how, s.launch(ctx)
	default:
		return "", nil
	}
}

// running gives the process that was started; nil when none was.
func (s *service) running() *adapter.Child {
	s.starting.Lock()
	defer s.starting.Unlock()
	return s.child
}

// answers reports whether somebody takes connections at a URL's host.
func answers(ctx context.Context, base *url.URL) bool {
	port := base.Port()
	if port == "" {
		port = base.Scheme
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	c, err := dial(ctx, "tcp", net.JoinHostPort(base.Hostname(), port))
	if err != nil {
		return false
	}
	c.Close()
	return true
}

// launch starts the service, and waits until it answers. Who is not alone with it
// has starting locked.
func (s *service) launch(ctx context.Context) error {
	start, host := s.file.HTTP.Start, s.file.HTTP.base.Host
	there := answers(ctx, s.file.HTTP.base)
	switch {
	case (start == nil || s.with.NoStart) && !there:
		return s.file.Wrong(fmt.Sprintf("nobody answers at %s: start it, or say in http.start how", host))
	case start == nil || s.with.NoStart:
		return nil
	case there:
		return s.file.Wrong(fmt.Sprintf("somebody answers at %s already: end that, or use it with --no-start", host))
	}
	command := adapter.Command{Dir: s.file.within(start.Dir), Env: map[string]string{}, Stop: time.Duration(s.file.Timeouts.Stop)}
	for _, word := range start.Command {
		command.Args = append(command.Args, places.Fill(word, s.values(), places.AsIs))
	}
	for name, value := range start.Env {
		command.Env[name] = places.Fill(value, s.values(), places.AsIs)
	}
	s.with.notice(command.Args)
	child, err := command.Start(nil, nil)
	if err != nil {
		return s.file.Wrong(fmt.Sprintf("the service does not start: %v", err))
	}
	s.child = child
	ready := start.Ready
	if ready == "" {
		ready = "GET /"
	}
	method, path, _ := strings.Cut(ready, " ")
	within := time.Duration(s.file.Timeouts.Start)
	timed, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	why := ""
	for {
		request, err := http.NewRequestWithContext(timed, method, s.file.HTTP.base.String()+path, nil)
		if err != nil {
			return s.file.Wrong(err.Error())
		}
		answer, err := s.client.Do(request)
		if err == nil {
			answer.Body.Close()
			return nil
		}
		if timed.Err() == nil {
			why = "; the last try: " + err.Error()
		}
		select {
		case <-child.Gone:
			return s.file.Wrong("the service did not start: " + child.How())
		case <-timed.Done():
			return cmp.Or(ctx.Err(), s.file.Wrong(fmt.Sprintf("the service did not answer %s within %s%s", ready, tokens.HowLong(within), why)))
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// notice says what is started.
func (s *Starting) notice(command []string) {
	if s.Notice != nil {
		s.Notice("starts " + tokens.Word(strings.Join(command, " ")))
	}
}

func (s *service) stop() {
	if s.child != nil {
		s.child.End()
	}
	if s.domains != nil {
		s.domains.stop()
	}
	if s.keys != nil {
		s.keys.stop()
	}
}

// web is a [Driver] of one row at a time, of a service that others use too.
type web struct {
	*service
	calls  Callee
	values map[string]string

	mu     sync.Mutex
	leaked string // which answer of this row held a token
}

// Leaked says where an answer of this row held a token; empty when none did.
func (d *web) Leaked() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.leaked
}

// search looks for a token in an answer.
func (d *web) search(e *exchange, header http.Header, body []byte) {
	texts := []string{string(body)}
	for _, values := range header {
		texts = append(texts, strings.Join(values, ", "))
	}
	if !slices.ContainsFunc(texts, func(text string) bool { return redact.HasToken(text) || d.calls.HoldsPart(text) }) {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.leaked = "its answer to " + e.Request
}

func (d *web) About() About { return About{Name: d.file.Name, Can: d.file.can()} }

func (d *web) Stop() {}

func (d *web) Reset(ctx context.Context, s Setup, calls Callee) error {
	d.calls, d.values = calls, d.service.values()
	d.mu.Lock()
	d.leaked = ""
	d.mu.Unlock()
	how, err := d.revive(ctx)
	switch {
	case err != nil:
		return err
	case how != "":
		return Trouble(Crashed, "the service had ended: %s", how)
	}
	if err := d.publish(ctx, s); err != nil {
		return err
	}
	if d.file.HTTP.Reset == nil {
		return nil
	}
	return d.simple(ctx, "reset", d.file.HTTP.Reset, nil)
}

// publish shows the keys, and gives the service time to see them.
func (d *web) publish(ctx context.Context, s Setup) error {
	changed, err := d.service.keys.show(s.Issuers, d.domains)
	if err != nil || !changed {
		return err
	}
	if d.file.HTTP.Refresh != nil {
		return d.simple(ctx, "refresh", d.file.HTTP.Refresh, nil)
	}
	return pause(ctx, time.Duration(d.file.Keys.Settle))
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	return tokens.LiveClock().Wait(ctx, d)
}

// answered is an answer as accessors see it.
type answered struct {
	status int
	input  map[string]any
}

// redirects reports whether the answer is at another place.
func (a answered) redirects() bool { return a.status >= 300 && a.status < 400 }

// exchange asks the service.
func (d *web) exchange(ctx context.Context, e *exchange, values map[string]string, within span) (answered, error) {
	all := map[string]string{}
	for _, from := range []map[string]string{d.values, values} {
		for name, value := range from {
			all[name] = value
		}
	}
	request, err := d.request(ctx, e, all)
	if err != nil {
		return answered{}, err
	}
	timed, cancel := context.WithTimeout(ctx, time.Duration(within))
	defer cancel()
	response, err := d.client.Do(request.WithContext(timed))
	if err != nil {
		return answered{}, d.failed(ctx, e, within, err)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusSwitchingProtocols { // its body is the connection, which no time bounds
		return answered{}, Trouble(Errored, "%s was answered 101, and no other protocol was asked for", e.Request)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, answerLimit+1))
	d.search(e, response.Header, body)
	switch {
	case err != nil:
		return answered{}, d.failed(ctx, e, within, err)
	case len(body) > answerLimit:
		return answered{}, Trouble(Errored, "the answer to %s has more than %d MiB", e.Request, answerLimit>>20)
	case !slices.Contains([]string{"", "identity"}, strings.ToLower(response.Header.Get("Content-Encoding"))):
		return answered{}, Trouble(Errored, "the answer to %s is in Content-Encoding %s, and identity was asked for", e.Request, Harmless(response.Header.Get("Content-Encoding")))
	}
	return answered{response.StatusCode, places.Message(response.StatusCode, response.Header, body)}, nil
}

// queryEscape escapes a value of a query so that everybody reads it as it is: some
// take + for a space, and some do not.
func queryEscape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// request writes a request. A value that its carrier cannot carry skips the row.
func (d *web) request(ctx context.Context, e *exchange, values map[string]string) (*http.Request, error) {
	h := d.file.HTTP
	path, query, asks := strings.Cut(e.path, "?")
	if path = places.Fill(path, values, url.PathEscape); asks {
		path += "?" + places.Fill(query, values, queryEscape)
	}
	var body io.Reader
	kind := ""
	switch {
	case e.JSON != nil:
		text, err := json.Marshal(places.FillJSON(e.JSON, values))
		if err != nil {
			return nil, d.file.Wrong(err.Error())
		}
		body, kind = bytes.NewReader(text), "application/json"
	case e.Form != nil:
		form := url.Values{}
		for name, value := range e.Form {
			form.Set(name, places.Fill(value, values, places.AsIs))
		}
		body, kind = strings.NewReader(form.Encode()), "application/x-www-form-urlencoded"
	case e.Text != "":
		body, kind = strings.NewReader(places.Fill(e.Text, values, places.AsIs)), "text/plain"
	}
	request, err := http.NewRequestWithContext(ctx, e.method, strings.TrimSuffix(h.base.String(), "/")+path, body)
	if err != nil {
		return nil, d.file.Wrong(fmt.Sprintf("%s: %v", e.Request, err))
	}
	request.Header.Set("Accept-Encoding", "identity")
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	for _, headers := range []map[string]string{h.Headers, e.Headers} {
		for name, value := range headers {
			if strings.Contains(value, "{token}") && !carried(values["token"]) {
				return nil, Trouble(Skipped, "carrier: a header cannot carry these bytes as they are")
			}
			if value = places.Fill(value, values, places.AsIs); strings.EqualFold(name, "Host") {
				request.Host = value // it is none of the headers
				continue
			}
			request.Header.Set(name, value)
		}
	}
	if kind == "application/json" && !utf8.ValidString(values["token"]) {
		return nil, Trouble(Skipped, "carrier: JSON cannot carry these bytes as they are")
	}
	return request, nil
}

// carried reports whether a header carries a token as it is.
func carried(token string) bool {
	for i := range len(token) {
		if token[i] < 0x21 || token[i] > 0x7e {
			return false
		}
	}
	return token != ""
}

// failed puts into words that no answer came.
func (d *web) failed(ctx context.Context, e *exchange, within span, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		return Trouble(TimedOut, "no answer to %s within %s", e.Request, tokens.HowLong(time.Duration(within)))
	}
	if child := d.running(); child != nil {
		select {
		case <-child.Gone:
			return Trouble(Crashed, "%s: %s", e.Request, child.How())
		case <-time.After(50 * time.Millisecond): // it may be about to
		}
	}
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // without the URL
	}
	return Trouble(Errored, "%s: no answer: %s", e.Request, Harmless(err.Error()))
}

func (d *web) Open(ctx context.Context, session, customer string, facts tokens.Facts) (string, error) {
	e := d.file.HTTP.Open
	if e == nil {
		d.known(session)
		return session, nil // it has no sessions
	}
	values := map[string]string{"session": session, "customer": customer}
	a, err := d.exchange(ctx, e, values, d.file.Timeouts.Request)
	if err != nil {
		return "", err
	}
	name, err := e.session.Text(a.input)
	if err != nil || name == "" {
		return "", Trouble(Errored, "%s was answered %d, and %s finds no session in it", e.Request, a.status, e.Session)
	}
	d.known(name)
	for fact, value := range facts {
		if err := d.Facts(ctx, name, tokens.Facts{fact: value}); err != nil {
			return name, err
		}
	}
	return name, nil
}

// known has calls for a session come to this row.
func (d *web) known(session string) {
	if d.domains != nil {
		d.domains.expect(session, d.calls)
	}
}

func (d *web) Relay(ctx context.Context, session, token string) (Verdict, error) {
	e := d.file.HTTP.Relay
	a, err := d.exchange(ctx, e, map[string]string{"session": session, "token": token}, d.file.Timeouts.Request)
	if err != nil {
		return Verdict{}, err
	}
	yes, err := e.accepted.Holds(a.input)
	no, other := e.rejected.Holds(a.input)
	if err = errors.Join(err, other); err != nil {
		return Verdict{}, Trouble(Errored, "%s was answered %d: %s", e.Request, a.status, Harmless(err.Error()))
	}
	reason, _ := e.reason.Text(a.input) // what cannot be read is none
	switch {
	case yes && no:
		return Verdict{}, d.file.Wrong(fmt.Sprintf("accepted (%s) and rejected (%s) are both true of the answer %d to %s", e.Accepted, e.Rejected, a.status, e.Request))
	case !yes && !no && a.redirects():
		return Verdict{}, Trouble(Errored, "%s was answered %d, which is neither accepted nor rejected, and redirects are not followed", e.Request, a.status)
	case !yes && !no:
		return Verdict{}, Trouble(Errored, "%s was answered %s, which is neither accepted nor rejected", e.Request, strings.TrimSpace(fmt.Sprint(a.status, " ", Harmless(reason))))
	}
	return Verdict{Accepted: yes, Reason: reason, Detail: fmt.Sprintf("answered %d", a.status)}, nil
}

func (d *web) Redeem(ctx context.Context, session string, named []string) (End, error) {
	if d.file.HTTP.Redeem == nil {
		return End{}, Trouble(Skipped, "redeem: the target file does not say how")
	}
	values := map[string]string{"session": session}
	if len(named) > 0 {
		values["token"] = named[0]
	}
	return d.end(ctx, d.file.HTTP.Redeem, d.file.HTTP.Redeem, values)
}

func (d *web) Resume(ctx context.Context, session string) (End, error) {
	if d.file.HTTP.Resume == nil || d.file.HTTP.Redeem == nil {
		return End{}, Trouble(Skipped, "resume: the target file does not say how")
	}
	return d.end(ctx, d.file.HTTP.Resume, d.file.HTTP.Redeem, map[string]string{"session": session})
}

// end asks, and reads where a redemption ended, as another exchange says unless
// this one does.
func (d *web) end(ctx context.Context, e, read *exchange, values map[string]string) (End, error) {
	if e.State != nil {
		read = e
	}
	a, err := d.exchange(ctx, e, values, d.file.Timeouts.Redeem)
	if err != nil {
		return End{}, err
	}
	rejected, _ := d.file.HTTP.Relay.rejected.Holds(a.input)
	rejected = rejected && a.status >= 400
	asked := e.Request
	if p := read.Poll; p != nil && !rejected {
		if a, err = d.poll(ctx, p, values); err != nil {
			return End{}, err
		}
		asked = p.Request
	}
	reason, _ := read.reason.Text(a.input) // what cannot be read is none
	for i, state := range []string{"completed", "compensated", "stuck"} {
		switch yes, err := read.states[i].Holds(a.input); {
		case err != nil && !rejected: // a no may be a page for people
			return End{}, Trouble(Errored, "%s was answered %d: %s", asked, a.status, Harmless(err.Error()))
		case yes:
			return End{State: state, Reason: reason, Detail: fmt.Sprintf("answered %d", a.status)}, nil
		}
	}
	if rejected {
		if reason == "" { // a no may be written as that to a token
			reason, _ = d.file.HTTP.Relay.reason.Text(a.input)
		}
		return End{State: "rejected", Reason: cmp.Or(reason, "rejected"), Detail: fmt.Sprintf("answered %d", a.status)}, nil
	}
	return End{}, Trouble(Errored, "%s was answered %d, and no state holds", asked, a.status)
}

// poll asks until it is done.
func (d *web) poll(ctx context.Context, p *pollPart, values map[string]string) (answered, error) {
	within := p.Within.or(30 * time.Second)
	timed, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for wait := 2 * time.Millisecond; ; wait = min(2*wait, 50*time.Millisecond) {
		a, err := d.exchange(timed, &exchange{Request: p.Request, method: p.exchange.method, path: p.exchange.path}, values, d.file.Timeouts.Request)
		if err == nil {
			var done bool
			if done, err = p.until.Holds(a.input); done {
				return a, nil
			} else if err != nil {
				err = Trouble(Errored, "%s was answered %d: %s", p.Request, a.status, Harmless(err.Error()))
			}
		}
		if err == nil {
			err = pause(timed, wait)
		}
		switch {
		case ctx.Err() != nil:
			return answered{}, ctx.Err()
		case timed.Err() != nil:
			return answered{}, Trouble(TimedOut, "%s did not come to its end within %s", p.Request, tokens.HowLong(within))
		case err != nil:
			return answered{}, err
		}
	}
}

func (d *web) Close(ctx context.Context, session string) error {
	return d.simple(ctx, "close", d.file.HTTP.Close, map[string]string{"session": session})
}

func (d *web) Facts(ctx context.Context, session string, facts tokens.Facts) error {
	for name, value := range facts {
		if err := d.simple(ctx, "facts", d.file.HTTP.Facts, map[string]string{"session": session, "name": name, "value": value}); err != nil {
			return err
		}
	}
	return nil
}

// simple asks for what has no answer but that it was done.
func (d *web) simple(ctx context.Context, what string, e *exchange, values map[string]string) error {
	if e == nil {
		return Trouble(Skipped, "%s: the target file does not say how", what)
	}
	a, err := d.exchange(ctx, e, values, d.file.Timeouts.Request)
	switch {
	case err == nil && a.redirects():
		return Trouble(Errored, "%s was answered %d, and redirects are not followed", e.Request, a.status)
	case err == nil && a.status >= 400:
		return Trouble(Errored, "%s was answered %d", e.Request, a.status)
	}
	return err
}

func (d *web) Keys(ctx context.Context, s Setup) error { return d.publish(ctx, s) }

func (d *web) Clock(context.Context, time.Time) error {
	return Trouble(Skipped, "clock: its time is its own")
}

func (d *web) Restart(ctx context.Context) error {
	d.starting.Lock()
	defer d.starting.Unlock()
	if d.child == nil {
		return Trouble(Skipped, "restart: it was not started here")
	}
	d.child.End()
	return d.launch(ctx)
}

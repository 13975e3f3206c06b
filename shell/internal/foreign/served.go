// The domains' server: where a target's relay reaches our domains and their keys,
// on this machine alone.

package foreign

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"tokenshell/shell/internal/authority"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/places"
	"tokenshell/tokens"
)

// Limits of the server.
const (
	servedBody        = 4 << 20  // bytes of a request's body
	servedHeader      = 64 << 10 // bytes of its header
	servedConnections = 256
)

// domainServer plays the domains. Safe for concurrent use.
type domainServer struct {
	file   *File
	server *http.Server
	hosts  []string // what Host may say
	prefix string   // of every path: nobody can guess it
	url    string

	authority *authority.Authority // nil without https

	mu       sync.Mutex
	sessions map[string]Callee
	last     Callee
	shown    map[string][]byte // by path below the prefix
	fetched  int
	canaries map[string]string // by row: what was asked for
	guessed  bool              // a session was taken from a token
	strange  int               // requests that reached no service
	first    string            // of those, and why not
}

// serveDomains listens.
func serveDomains(f *File, nonce string) (*domainServer, error) {
	listener, err := net.Listen("tcp", f.HTTP.Serve)
	if err != nil {
		return nil, exit.Input(f.path, 0, fmt.Sprintf("serve: %v", err))
	}
	s := &domainServer{file: f, prefix: "/" + nonce, sessions: map[string]Callee{}, shown: map[string][]byte{}, canaries: map[string]string{}}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	s.hosts = []string{listener.Addr().String(), "localhost:" + port}
	s.url = "http://" + listener.Addr().String() + s.prefix
	listener = &few{Listener: listener, room: make(chan struct{}, servedConnections)}
	if f.HTTP.ServeTLS {
		if s.authority, err = authority.New(listener.Addr().(*net.TCPAddr).IP); err != nil {
			_ = listener.Close() // the first error is the one to tell
			return nil, err
		}
		s.url = "https" + strings.TrimPrefix(s.url, "http")
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{s.authority.Server}, MinVersion: tls.VersionTLS12})
	}
	s.server = &http.Server{
		Handler: s, MaxHeaderBytes: servedHeader, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		ErrorLog: log.New(io.Discard, "", 0),
	}
	// A client that finds a kept connection closed asks again by itself, and so
	// uses up a fault that was meant for its caller.
	s.server.SetKeepAlivesEnabled(false)
	go func() { _ = s.server.Serve(listener) }() // until it is closed
	return s, nil
}

// few is a listener with at most so many connections.
type few struct {
	net.Listener
	room chan struct{}
}

// Accept waits for room.
func (l *few) Accept() (net.Conn, error) {
	l.room <- struct{}{}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.room
		return nil, err
	}
	return &counted{Conn: c, leave: sync.OnceFunc(func() { <-l.room })}, nil
}

type counted struct {
	net.Conn
	leave func()
}

// Close makes room.
func (c *counted) Close() error {
	c.leave()
	return c.Conn.Close()
}

func (s *domainServer) stop() { _ = s.server.Close() } // what is open is of no use any more

// expect has calls for a session be answered by a row.
func (s *domainServer) expect(session string, by Callee) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions[session], s.last = by, by
}

// ServeHTTP answers a key set, a canary, or a call.
func (s *domainServer) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	host, _, _ := net.SplitHostPort(q.RemoteAddr)
	path, ok := strings.CutPrefix(q.URL.Path, s.prefix)
	ip := net.ParseIP(host)
	switch {
	case ip == nil || !ip.IsLoopback():
		http.Error(w, "nothing is here", http.StatusForbidden)
		return
	case !ok || !slices.Contains(s.hosts, q.Host):
		s.miss(w, q, http.StatusForbidden, "nothing is here: paths begin with {serve}, and Host is "+s.hosts[0])
		return
	}
	if rest, ok := strings.CutPrefix(path, "/canary/"); ok {
		row, _, _ := strings.Cut(rest, "/")
		s.mu.Lock()
		s.canaries[row] = q.Method + " " + path
		s.mu.Unlock()
		http.NotFound(w, q)
		return
	}
	s.mu.Lock()
	shown, ok := s.shown[path]
	if ok {
		s.fetched++
	}
	s.mu.Unlock()
	if ok && q.Method == http.MethodGet {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_, _ = w.Write(shown) // whoever asked may have gone
		return
	}
	s.call(w, q, path)
}

// call answers what a relay asks of a domain.
func (s *domainServer) call(w http.ResponseWriter, q *http.Request, path string) {
	part, service, action := s.part(q.Method, path)
	if part == nil {
		s.miss(w, q, http.StatusNotFound, "no request of http.domains in the target file is like that")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, q.Body, servedBody))
	if err != nil {
		s.miss(w, q, http.StatusRequestEntityTooLarge, fmt.Sprintf("its body has more than %d MiB, or breaks off", servedBody>>20))
		return
	}
	input := places.Message(0, q.Header, body)
	input["path"], input["method"] = path, q.Method
	token, err := part.token.Text(input)
	if err != nil || token == "" {
		s.miss(w, q, http.StatusBadRequest, "there is no token where the target file says it is")
		return
	}
	c := Call{Action: action, Service: service, Token: token}
	c.Attempt, _ = part.attempt.Text(input) // without one, a session is one attempt
	c.Session, _ = part.session.Text(input) // without one, the order that the token names
	by := s.whose(&c, part)
	if by == nil {
		s.miss(w, q, http.StatusNotFound, "nobody opened this session")
		return
	}
	a := by.Call(context.WithoutCancel(q.Context()), c)
	values := map[string]string{"reason": a.Reason, "detail": a.Detail, "service": service, "session": c.Session}
	answer := part.Answer.Done
	switch a.Status {
	case "lost":
		panic(http.ErrAbortHandler) // closes the connection
	case "repeated":
		answer = part.Answer.Repeated
	case "refused":
		if answer = part.Answer.Refused; a.Reason == string(tokens.ServiceUnavailable) {
			answer = part.Answer.Unavailable
		}
	}
	text, _ := json.Marshal(places.FillJSON(answer.JSON, values)) // it was YAML, and is JSON
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(answer.Status)
	if answer.JSON != nil {
		_, _ = w.Write(text) // whoever asked may have gone
	}
}

// miss answers a request that reaches no service, and tells the rows, for a relay
// may keep to itself what it was answered.
func (s *domainServer) miss(w http.ResponseWriter, q *http.Request, status int, why string) {
	http.Error(w, why, status)
	asked := Harmless(q.Method + " " + strings.TrimPrefix(q.URL.Path, s.prefix))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.strange++
	if s.first == "" {
		s.first = asked + ": " + why
	}
	for _, by := range s.sessions { // nobody knows whose it was
		by.Missed(asked + ": " + why)
	}
}

// part finds what a path is about.
func (s *domainServer) part(method, path string) (part *servedPart, service, action string) {
	d := s.file.HTTP.Domains
	if d == nil {
		return nil, "", ""
	}
	for _, p := range []struct {
		action string
		part   *servedPart
	}{{"redeem", d.Redeem}, {"cancel", d.Cancel}} {
		if p.part == nil || p.part.method != method {
			continue
		}
		if found := p.part.path.FindStringSubmatch(path); found != nil {
			return p.part, found[1], p.action
		}
	}
	return nil, "", ""
}

// whose finds the row whose session a call is about.
func (s *domainServer) whose(c *Call, part *servedPart) Callee {
	if part.session.IsZero() {
		claim := "order_processing_id"
		if theirs := s.file.Contract.Claims[claim]; theirs != "" {
			claim = theirs
		}
		c.Session = said(c.Token, claim)
		s.mu.Lock()
		s.guessed = true
		s.mu.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if by := s.sessions[c.Session]; by != nil {
		return by
	}
	return s.last // it breaks a promise there, whatever it is about
}

// said gives what a token says of a claim, unverified; empty when it says nothing.
func said(token, claim string) string {
	parts := strings.Split(token, ".")
	if len(parts) < 2 {
		return ""
	}
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	var claims map[string]any
	_ = json.Unmarshal(text, &claims) // what cannot be read says nothing
	value, _ := claims[claim].(string)
	return value
}

// sung says that a row's canary was asked for; empty when it was not.
func (s *domainServer) sung(row string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if asked := s.canaries[row]; asked != "" {
		return "the relay asked for " + Harmless(asked) + ", where a token's header had pointed"
	}
	return ""
}

// notes say how often keys were fetched, and what was guessed.
func (s *domainServer) notes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := []string{fmt.Sprintf("keys were fetched %s", tokens.Count(s.fetched, "time"))}
	if s.strange > 0 {
		all = append(all, fmt.Sprintf("%s reached no service; the first was %s", tokens.Count(s.strange, "request"), s.first))
	}
	if s.guessed {
		all = append(all, "calls name no session: the order that the token names was taken (domains.redeem.read.session)")
	}
	return all
}

// show shows key sets at their paths.
func (s *domainServer) show(paths map[string][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown = paths
}

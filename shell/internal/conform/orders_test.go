// An order service with paths, words, ids and a clock of its own: our relay
// behind them, as somebody might have written it.

package conform_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"tokenshell/orchestrator"
	"tokenshell/tokens"
)

// services of the order service, and what leads to them, in the order of
// redemption.
var services = []struct{ name, capability string }{{"coupons", "coupons:redeem"}, {"points", "points:redeem"}, {"payments", "payments:capture"}}

// impatient is the machine's clock, with short waits.
type impatient struct{ tokens.Clock }

func (i impatient) Wait(ctx context.Context, _ time.Duration) error {
	return i.Clock.Wait(ctx, time.Millisecond)
}

// fetched are an issuer's keys, fetched when they are asked to be.
type fetched struct {
	url  string
	mu   sync.Mutex
	keys tokens.StaticKeys
}

func (f *fetched) refresh() error {
	answer, err := asking.Get(f.url)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	keys, err := tokens.ParseKeySet(text)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keys = keys
	return err
}

func (f *fetched) Key(kid string) (tokens.Key, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.keys.Key(kid)
}

// remote is a domain, as the order service calls it.
type remote struct {
	url, name string
	patient   bool
}

func (r remote) ask(ctx context.Context, method, token, order, attempt string) (int, string, error) {
	body, _ := json.Marshal(map[string]string{"token": token, "orderId": order})
	request, err := http.NewRequestWithContext(ctx, method, r.url+"/redemptions", bytes.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("Idempotency-Key", attempt)
	answer, err := asking.Do(request)
	if err != nil {
		return 0, "", &tokens.Failure{Party: r.name, Err: errors.New("no answer")}
	}
	defer answer.Body.Close()
	var said struct{ Code string }
	_ = json.NewDecoder(answer.Body).Decode(&said)
	switch {
	case answer.StatusCode == http.StatusConflict:
		return answer.StatusCode, "", tokens.Refuse(tokens.Reason(said.Code), "the domain said no")
	case answer.StatusCode != http.StatusOK && r.patient:
		return answer.StatusCode, "", &tokens.Failure{Party: r.name, Err: errors.New(answer.Status)}
	case answer.StatusCode != http.StatusOK:
		return answer.StatusCode, "", tokens.Refuse(tokens.ServiceUnavailable, "answered %d", answer.StatusCode)
	}
	return answer.StatusCode, said.Code, nil
}

func (r remote) Redeem(ctx context.Context, q tokens.Redemption) (tokens.Receipt, error) {
	_, _, err := r.ask(ctx, "POST", q.Token, q.Session.Order, q.Attempt)
	return tokens.Receipt{}, err
}

func (r remote) Cancel(ctx context.Context, q tokens.Cancellation) error {
	_, _, err := r.ask(ctx, "DELETE", q.Token, q.Session.Order, q.Attempt)
	return err
}

// trusting is a client that trusts the authority that the environment names.
func trusting() (*http.Client, error) {
	path := os.Getenv("CA")
	if path == "" {
		return http.DefaultClient, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s: no certificate", path)
	}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}, nil
}

// lured asks for whatever a token's header points at, as no relay should.
func lured(token string) {
	head, _, _ := strings.Cut(token, ".")
	text, _ := base64.RawURLEncoding.DecodeString(head)
	var header map[string]any
	_ = json.Unmarshal(text, &header) // what cannot be read points nowhere
	for _, name := range []string{"jku", "x5u", "kid"} {
		if url, ok := header[name].(string); ok && strings.HasPrefix(url, "http") {
			if answer, err := asking.Get(url); err == nil {
				answer.Body.Close()
			}
		}
	}
}

// asking asks for everything that the order service asks for.
var asking *http.Client

// orders is the order service, until it is ended. It may have a contract of its
// own ("other-"), ask for what a header points at ("curious-"), or fetch keys
// whenever a token's key is unknown ("eager-"), or ask a service again that answered
// 503 ("patient-").
func orders(how string) (err error) {
	serve := os.Getenv("SERVICES")
	if asking, err = trusting(); err != nil {
		return err
	}
	other := how == "other-"
	c := orchestrator.Config{
		Store: orchestrator.NewMemoryStore(), Ledger: orchestrator.NewMemoryLedger(), Clock: impatient{tokens.LiveClock().Of("relay")}, Leeway: func() time.Duration { return 0 },
		Mint: tokens.NewMint(tokens.RandomSeed()), Log: slog.DiscardHandler,
	}
	var sets []*fetched
	for _, s := range services {
		keys := &fetched{url: serve + "/" + s.name + "/jwks.json"}
		if err := keys.refresh(); err != nil {
			return err
		}
		sets = append(sets, keys)
		issuer := tokens.Issuer{Name: s.name + ".svc", Keys: keys, Capabilities: []string{s.capability}}
		if other {
			issuer.Name = serve + "/" + s.name
			issuer.Profile = &tokens.Profile{Types: []string{"order+jwt"}, Audience: "shop", Claims: map[string]string{"order_processing_id": "cart_id"}}
		}
		c.Issuers = append(c.Issuers, issuer)
		c.Services = append(c.Services, orchestrator.Service{Name: s.name, Capabilities: []string{s.capability}, Redeemer: remote{serve + "/" + s.name, s.name, how == "patient-"}})
	}
	relay := orchestrator.New(c)
	say := func(w http.ResponseWriter, status int, v any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	no := func(w http.ResponseWriter, err error) {
		var refusal *tokens.Refusal
		if !errors.As(err, &refusal) {
			say(w, 500, map[string]string{"error": err.Error()})
			return
		}
		say(w, 422, map[string]any{"error": map[string]string{"code": "ERR_" + strings.ToUpper(string(refusal.Reason))}})
	}
	ended := func(w http.ResponseWriter, snap orchestrator.Snapshot, err error) {
		if err != nil {
			no(w, err)
			return
		}
		words := map[orchestrator.State]string{orchestrator.Completed: "PLACED", orchestrator.Compensated: "ROLLED_BACK", orchestrator.Stuck: "STUCK"}
		say(w, 200, map[string]string{"state": words[snap.State]})
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, 200, "up") })
	mux.HandleFunc("POST /admin/keys/refresh", func(w http.ResponseWriter, q *http.Request) {
		if q.Header.Get("Authorization") != "Bearer "+os.Getenv("API_KEY") {
			say(w, 401, nil)
			return
		}
		for _, set := range sets {
			_ = set.refresh() // an empty set has no keys
		}
		say(w, 200, nil)
	})
	mux.HandleFunc("POST /orders", func(w http.ResponseWriter, q *http.Request) {
		var asked struct{ CustomerID string }
		_ = json.NewDecoder(q.Body).Decode(&asked)
		snap, err := relay.Open(q.Context(), "", asked.CustomerID, nil)
		if err != nil {
			no(w, err)
			return
		}
		say(w, 201, map[string]string{"orderId": snap.ID})
	})
	mux.HandleFunc("POST /orders/{id}/confirmations", func(w http.ResponseWriter, q *http.Request) {
		var asked struct{ Token string }
		if err := json.NewDecoder(q.Body).Decode(&asked); err != nil {
			say(w, 400, nil)
			return
		}
		if how == "curious-" {
			lured(asked.Token)
		}
		if _, err := relay.Relay(q.Context(), q.PathValue("id"), asked.Token); err != nil {
			if errors.Is(err, tokens.KeyUnknown) && how == "eager-" {
				_ = sets[0].refresh()
			}
			no(w, err)
			return
		}
		say(w, 202, nil)
	})
	mux.HandleFunc("POST /orders/{id}/submit", func(w http.ResponseWriter, q *http.Request) {
		snap, err := relay.Redeem(q.Context(), q.PathValue("id"), nil)
		ended(w, snap, err)
	})
	mux.HandleFunc("POST /orders/{id}/retry", func(w http.ResponseWriter, q *http.Request) {
		snap, err := relay.Resume(q.Context(), q.PathValue("id"))
		ended(w, snap, err)
	})
	mux.HandleFunc("DELETE /orders/{id}", func(w http.ResponseWriter, q *http.Request) {
		if _, err := relay.Close(q.Context(), q.PathValue("id")); err != nil {
			no(w, err)
			return
		}
		say(w, 204, nil)
	})
	return http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), mux)
}

// ordersFile is its target file.
func ordersFile(port int, which, contract string) string {
	reasons := ""
	for _, row := range tokens.Reasons() {
		reasons += fmt.Sprintf("  ERR_%s: %s\n", strings.ToUpper(string(row.Reason)), row.Reason)
	}
	return fmt.Sprintf(`target: 1
name: orders
can: [sessions, replay, close, redeem, resume, keys, concurrent]
%sreasons:
%shttp:
  base: http://127.0.0.1:%d
  serve: 127.0.0.1:0
  start:
    command: [%q, %s, %s]
    env: {PORT: "%d", SERVICES: "{serve}", API_KEY: "${ORDERS_API_KEY}"}
    ready: GET /healthz
  headers: {Authorization: "Bearer ${ORDERS_API_KEY}"}
  open: {request: POST /orders, json: {customerId: "{customer}"}, session: .body.orderId}
  relay:
    request: POST /orders/{session}/confirmations
    json: {token: "{token}"}
    accepted: .status == 202
    rejected: .status >= 400 and .status < 500
    reason: .body.error.code
  redeem:
    request: POST /orders/{session}/submit
    state: {completed: '.body.state == "PLACED"', compensated: '.body.state == "ROLLED_BACK"', stuck: '.body.state == "STUCK"'}
    reason: .body.error.code
  resume: {request: POST /orders/{session}/retry}
  close: {request: "DELETE /orders/{session}"}
  refresh: {request: POST /admin/keys/refresh}
  domains:
    redeem:
      request: POST /{service}/redemptions
      read: {token: .body.token, session: .body.orderId, attempt: '.headers["idempotency-key"]'}
      answer: {done: {status: 200, json: {}}, refused: {status: 409, json: {code: "{reason}"}}, unavailable: {status: 503}}
    cancel:
      request: DELETE /{service}/redemptions
      read: {token: .body.token, session: .body.orderId, attempt: '.headers["idempotency-key"]'}
      answer: {done: {status: 200, json: {}}, refused: {status: 409, json: {code: "{reason}"}}}
`, contract, reasons, port, os.Args[0], asAdapter, which, port)
}

// Services that are broken, and commands a token.

package conform_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/conform"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/foreign"
)

// gateway is a target of a stateless gateway.
func gateway(t *testing.T, base, more string) *foreign.File {
	t.Helper()
	f, err := foreign.Parse("gateway.yaml", []byte(`target: 1
name: gateway
timeouts: {request: 500ms}
enforces: [issuer, key, signature, audience, time]
http:
  base: `+base+`
  relay: {request: GET /, headers: {Authorization: "Bearer {token}"}, accepted: .status < 300, rejected: .status == 401 or .status == 403`+more+"}\n"))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestBrokenServices(t *testing.T) {
	t.Parallel()
	for which, want := range map[string]struct {
		status attacks.Status
		says   string
		answer http.HandlerFunc
	}{
		"door":   {attacks.GotThrough, "", func(w http.ResponseWriter, _ *http.Request) {}},
		"wall":   {foreign.BaselineFailed, "answered 401", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }},
		"fails":  {foreign.Errored, "was answered 500, which is neither", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }},
		"closes": {foreign.Errored, "no answer: EOF", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }},
		"hangs":  {foreign.TimedOut, "no answer to GET / within 500 ms", func(_ http.ResponseWriter, q *http.Request) { <-q.Context().Done() }},
		"redirects": {foreign.Errored, "redirects are not followed", func(w http.ResponseWriter, q *http.Request) {
			http.Redirect(w, q, "http://127.0.0.1:1/", http.StatusFound)
		}},
		"zips": {foreign.Errored, "is in Content-Encoding gzip, and identity was asked for", func(w http.ResponseWriter, q *http.Request) {
			if q.Header.Get("Accept-Encoding") == "identity" {
				w.Header().Set("Content-Encoding", "gzip")
			}
		}},
		"switches": {foreign.Errored, "was answered 101, and no other protocol was asked for", func(w http.ResponseWriter, q *http.Request) {
			c, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				fmt.Fprint(c, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
				_, _ = io.Copy(io.Discard, c) // until the other side closes
				c.Close()
			}
		}},
		"gigabyte": {foreign.Errored, "more than 4 MiB", func(w http.ResponseWriter, _ *http.Request) {
			for range 1 << 10 {
				if _, err := io.WriteString(w, strings.Repeat("x", 1<<20)); err != nil {
					return
				}
			}
		}},
	} {
		t.Run(which, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(want.answer)
			s.Config.ErrorLog = nil
			t.Cleanup(s.Close)
			report, err := conform.Run(t.Context(), gateway(t, s.URL, ""), options(t, "ALG-01"))
			if len(report.Rows) != 1 || report.Rows[0].Status != want.status || !strings.Contains(report.Rows[0].Detail, want.says) {
				t.Fatalf("%v: %+v", err, report.Rows)
			}
		})
	}
}

// What a file asks for arrives as it is written: the host, a query, a variable in the
// headers of one request; and a redirection is a no if the file says so.
func TestWhatArrives(t *testing.T) {
	t.Parallel()
	const odd = "GET /?t={token}&u=1"
	seen := make(chan string, 100)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		token := q.URL.Query().Get("t")
		if strings.ContainsAny(token, " +&") {
			seen <- token
		}
		if q.Host == "shop.example" && q.Header.Get("Key") == "very-secret-key" && strings.Count(token, ".") == 2 && !strings.ContainsAny(token, "+/&= ") {
			return
		}
		http.Redirect(w, q, "/login", http.StatusFound)
	}))
	t.Cleanup(s.Close)
	f, err := foreign.Parse("x.yaml", []byte(`target: 1
name: x
http:
  base: `+s.URL+`
  headers: {host: shop.example}
  relay: {request: "`+odd+`", headers: {Key: "${ORDERS_API_KEY}"}, accepted: .status == 200, rejected: .status == 302}
`))
	if err != nil {
		t.Fatal(err)
	}
	report, err := conform.Run(t.Context(), f, options(t, "ENC-07"))
	if err != nil || len(report.Rows) != 1 || report.Rows[0].Status != attacks.Refused {
		t.Fatalf("%v: %+v", err, report.Rows)
	}
	if token := <-seen; !strings.Contains(token, "+") || strings.Contains(token, " ") {
		t.Errorf("%q arrived", token)
	}
}

// A service that is told to forget everything before each row has one row at a time.
func TestResetIsForOneRowAtATime(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	open := map[string]bool{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		switch id := q.URL.Query().Get("id"); {
		case q.URL.Path == "/reset":
			clear(open)
		case q.URL.Path == "/open":
			open[id] = true
			fmt.Fprintf(w, "%q", id)
		case !open[id]:
			w.WriteHeader(404)
		case strings.HasSuffix(q.Header.Get("Token"), "."):
			w.WriteHeader(401)
		}
	}))
	t.Cleanup(s.Close)
	f, err := foreign.Parse("x.yaml", []byte(`target: 1
name: x
can: [sessions]
http:
  base: `+s.URL+`
  open: {request: "POST /open?id={session}", session: .body}
  relay: {request: "POST /relay?id={session}", headers: {Token: "{token}"}, accepted: .status == 200, rejected: .status >= 400}
  reset: {request: POST /reset}
`))
	if err != nil {
		t.Fatal(err)
	}
	o := options(t, "ALG-01", "ALG-02", "ALG-03", "ALG-04")
	o.Jobs = 4
	for range 10 {
		report, err := conform.Run(t.Context(), f, o)
		if err != nil || report.Summary != "4 of 4 tried: 4 refused, 0 known, 0 got through" {
			t.Fatal(report.Summary, err)
		}
	}
}

// A file that is broken at an attack's answer alone is found out there: exit code 3.
func TestBothAcceptedAndRejected(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if strings.HasSuffix(q.Header.Get("Authorization"), ".") {
			w.WriteHeader(401)
			fmt.Fprint(w, `"no"`)
		}
	}))
	t.Cleanup(s.Close)
	f, err := foreign.Parse("x.yaml", []byte(`target: 1
name: x
http:
  base: `+s.URL+`
  relay: {request: GET /, headers: {Authorization: "Bearer {token}"}, accepted: .status == 200 or .body == "no", rejected: .status == 401}
`))
	if err != nil {
		t.Fatal(err)
	}
	_, err = conform.Run(t.Context(), f, options(t, "ALG-01"))
	if exit.Code(err) != exit.BadInput || !strings.Contains(err.Error(), "are both true") {
		t.Errorf("exit code %d: %v", exit.Code(err), err)
	}
}

// A gateway that refuses as it has to, and writes the token where nobody reads it.
func TestTokensInWholeAnswers(t *testing.T) {
	t.Parallel()
	for where, answer := range map[string]func(w http.ResponseWriter, token string){
		"":       func(w http.ResponseWriter, token string) { fmt.Fprint(w, "seen") },
		"header": func(w http.ResponseWriter, token string) { w.Header().Set("X-Debug", "token="+token) },
		"payload": func(w http.ResponseWriter, token string) {
			fmt.Fprintf(w, `{"debug": %q}`, strings.Split(token, ".")[1])
		},
		"trailer": func(w http.ResponseWriter, token string) { fmt.Fprintf(w, `{"debug": {"was": [%q]}}`, token) },
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
			token := strings.TrimPrefix(q.Header.Get("Authorization"), "Bearer ")
			head, _ := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0])
			if strings.Contains(string(head), "none") {
				w.WriteHeader(401)
				return
			}
			answer(w, token)
		}))
		t.Cleanup(s.Close)
		report, err := conform.Run(t.Context(), gateway(t, s.URL, ""), options(t, "ALG-01"))
		if err != nil {
			t.Fatal(err)
		}
		want, says := attacks.Refused, ""
		if where != "" {
			want, says = foreign.Leaked, "it wrote a token in its answer to GET /"
		}
		if r := report.Rows[0]; r.Status != want || r.Detail != says {
			t.Errorf("%s: %s %q", where, r.Status, r.Detail)
		}
	}
}

// A no to a redemption may be a page, in which there is no state to be found.
func TestANoThatIsAPage(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/submit" {
			w.WriteHeader(409)
			fmt.Fprint(w, "<h1>Conflict</h1>")
		}
	}))
	t.Cleanup(s.Close)
	f, err := foreign.Parse("x.yaml", []byte(`target: 1
name: x
can: [redeem]
http:
  base: `+s.URL+`
  serve: 127.0.0.1:0
  relay: {request: POST /relay, json: {token: "{token}"}, accepted: .status == 200, rejected: .status >= 400 and .status < 500}
  redeem: {request: POST /submit, state: {completed: .body.state == "done", compensated: .body.state == "back", stuck: .body.state == "stuck"}}
  domains:
    redeem: {request: "POST /{service}", read: {token: .body.token}, answer: {done: {status: 200}, refused: {status: 409}}}
    cancel: {request: "DELETE /{service}", read: {token: .body.token}, answer: {done: {status: 200}, refused: {status: 409}}}
`))
	if err != nil {
		t.Fatal(err)
	}
	report, _ := conform.Run(t.Context(), f, options(t, "RED-20"))
	if r := report.Rows[0]; r.Status != foreign.BaselineFailed || !strings.Contains(r.Detail, "redeem: rejected: answered 409") {
		t.Errorf("%s: %s", r.Status, r.Detail)
	}
}

// Why a service that was started is not ready, as it was answered last.
func TestWhyItIsNotReady(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	base := l.Addr().String()
	l.Close()
	f, err := foreign.Parse("x.yaml", []byte(`target: 1
name: x
timeouts: {start: 300ms}
http:
  base: http://`+base+`
  start: {command: [sleep, "60"], ready: GET /healthz}
  relay: {request: GET /, text: "{token}", accepted: .status == 200, rejected: .status == 401}
`))
	if err != nil {
		t.Fatal(err)
	}
	_, err = conform.Run(t.Context(), f, options(t, "ALG-01"))
	if exit.Code(err) != exit.BadInput || !strings.Contains(err.Error(), "did not answer GET /healthz within 300 ms; the last try: ") || !strings.Contains(err.Error(), "connection refused") {
		t.Error(err)
	}
}

// What a header cannot carry is not tried, and what a gateway does not claim
// neither.
func TestWhatIsNotTried(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {}))
	defer s.Close()
	report, err := conform.Run(t.Context(), gateway(t, s.URL, ""), options(t, "ENC-12", "KEY-24", "FLW-13", "SEA-01"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "1 of 3 tried (2 skipped: 2 not claimed): 0 refused, 0 known, 1 got through"; report.Summary != want {
		t.Error(report.Summary)
	}
	f, err := foreign.Parse("g.yaml", []byte("target: 1\nname: g\nhttp: {base: "+s.URL+", relay: {request: GET /, headers: {Authorization: 'Bearer {token}'}, accepted: .status < 300, rejected: .status == 401}}"))
	if err != nil {
		t.Fatal(err)
	}
	report, err = conform.Run(t.Context(), f, options(t, "ENC-12", "ENC-17", "ENC-26"))
	if err != nil || report.Summary != "1 of 3 tried (2 skipped: 2 carrier): 0 refused, 0 known, 1 got through" {
		t.Error(report.Summary, err)
	}
}

func TestAmbiguousAnswersAreTheFilesFault(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }))
	defer s.Close()
	f, err := foreign.Parse("g.yaml", []byte("target: 1\nname: g\nhttp: {base: "+s.URL+", relay: {request: POST /, text: '{token}', accepted: .status < 500, rejected: .status == 401}}"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = conform.Run(t.Context(), f, options(t, "ALG-01"))
	if exit.Code(err) != exit.BadInput || !strings.Contains(err.Error(), "are both true of the answer 401") {
		t.Error(err)
	}
}

func TestOtherHostsAreAskedForByName(t *testing.T) {
	_, err := conform.Run(t.Context(), gateway(t, "http://192.0.2.1:80", ""), options(t, "ALG-01"))
	if exit.Code(err) != exit.BadUsage || !strings.Contains(err.Error(), "--allow-host 192.0.2.1:80") {
		t.Error(err)
	}
}

// A command a token: exit codes are verdicts, tokens are no arguments.
func TestEach(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	script := "#!/bin/sh\nread -r token\ncase \"$token\" in *.) exit 1;; *.*.*) exit 0;; esac\nexit 9\n"
	if err := os.WriteFile(filepath.Join(dir, "verify"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "t.yaml")
	if err := os.WriteFile(path, []byte("target: 1\nname: e\neach: {command: [./verify, --jwks, \"{keys}/merged.json\", \"-\"], stdin: \"{token}\", accepted: [0], rejected: [1]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := foreign.Read(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	report, err := conform.Run(t.Context(), f, options(t, "ALG-01", "SIG-15", "ENC-22", "FLW-13"))
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, r := range report.Rows {
		got += fmt.Sprintf("%s %s ", r.ID, r.Status)
	}
	if got != "ALG-01 refused SIG-15 got_through ENC-22 errored FLW-13 skipped " {
		t.Error(got, report.Rows)
	}
}

// A service that has read enough says no, and closes while the rest is on its
// way: that is its answer.
func TestAnAnswerBeforeTheEndOfTheQuestion(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				some := make([]byte, 8<<10)
				status := "200 OK"
				if n, _ := c.Read(some); n > 2<<10 {
					status = "401 Unauthorized"
				}
				fmt.Fprintf(c, "HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", status)
			}()
		}
	}()
	report, err := conform.Run(t.Context(), gateway(t, "http://"+l.Addr().String(), ""), options(t, "SIG-15"))
	if err != nil || report.Rows[0].Status != attacks.GotThrough {
		t.Fatalf("%v: %+v", err, report.Rows) // it looks at the length alone
	}
	f := gateway(t, "http://"+l.Addr().String(), "")
	f.Enforces = append(f.Enforces, "size")
	report, err = conform.Run(t.Context(), f, options(t, "DOS-02"))
	if err != nil || report.Rows[0].Status != attacks.Refused {
		t.Errorf("%v: %+v", err, report.Rows)
	}
}

// Nothing is started beside what answers already: it would not be what is tried.
// And where nobody answers, nothing is tried.
func TestSomebodyIsThereAlready(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(s.Close)
	text := strings.Replace(`target: 1
name: gateway
http:
  base: BASE
  start: {command: [/nobody/has/this]}
  relay: {request: GET /, text: "{token}", accepted: .status < 300, rejected: .status == 401}
`, "BASE", s.URL, 1)
	f, err := foreign.Parse("gateway.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	_, err = conform.Run(t.Context(), f, options(t, "ALG-01"))
	if exit.Code(err) != exit.BadInput || !strings.Contains(err.Error(), "somebody answers at") {
		t.Errorf("exit code %d: %v", exit.Code(err), err)
	}
	o := options(t, "ALG-01")
	o.NoStart = true
	if report, err := conform.Run(t.Context(), f, o); err != nil || report.Rows[0].Status != attacks.GotThrough {
		t.Errorf("%v: %+v", err, report.Rows)
	}
	s.Close()
	_, err = conform.Run(t.Context(), f, o)
	if exit.Code(err) != exit.BadInput || !strings.Contains(err.Error(), "nobody answers at") {
		t.Errorf("exit code %d: %v", exit.Code(err), err)
	}
}

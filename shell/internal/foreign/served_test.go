// Who is answered where our domains listen.

package foreign

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"tokenshell/shell/internal/adapter"
)

// nobody is a row that answers every call with a yes.
type nobody struct {
	calls  int
	missed []string
}

func (n *nobody) Call(context.Context, Call) Said { n.calls++; return Said{Status: "done"} }
func (n *nobody) HoldsPart(string) bool           { return false }
func (n *nobody) Missed(call string)              { n.missed = append(n.missed, call) }

func TestServedToNobodyElse(t *testing.T) {
	f, err := Parse("t.yaml", []byte(`target: 1
name: t
http:
  base: http://127.0.0.1:1
  serve: 127.0.0.1:0
  relay: {request: GET /, headers: {Token: "{token}"}, accepted: .status < 300, rejected: .status == 401}
  domains:
    redeem: {request: "POST /{service}/redemptions", read: {token: .body.token}, answer: {done: {status: 200, json: {}}, refused: {status: 409}}}
`))
	if err != nil {
		t.Fatal(err)
	}
	s, err := serveDomains(f, "nonce")
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	folder := &keyFolder{dir: t.TempDir()}
	if _, err := folder.show([]adapter.Issuer{{Name: "coupons.svc", Service: "coupons", Keys: []byte(`{"keys":[]}`)}}, s); err != nil {
		t.Fatal(err)
	}
	row := &nobody{}
	s.expect("op_1", row)
	base := strings.TrimSuffix(s.url, "/nonce")
	for _, c := range []struct {
		what, method, url, host, body string
		want                          int
	}{
		{"keys", "GET", s.url + "/coupons/jwks.json", "", "", 200},
		{"keys by localhost", "GET", s.url + "/jwks.json", strings.Replace(strings.TrimPrefix(base, "http://"), "127.0.0.1", "localhost", 1), "", 200},
		{"a call", "POST", s.url + "/coupons/redemptions", "", `{"token":"x"}`, 200},
		{"another prefix", "GET", base + "/other/coupons/jwks.json", "", "", 403},
		{"a foreign Host (DNS rebinding)", "GET", s.url + "/coupons/jwks.json", "attacker.example", "", 403},
		{"a foreign Host, and a call", "POST", s.url + "/coupons/redemptions", "attacker.example", `{"token":"x"}`, 403},
		{"another port in Host", "GET", s.url + "/coupons/jwks.json", "127.0.0.1:1", "", 403},
		{"another path", "GET", s.url + "/coupons/secret", "", "", 404},
		{"another method", "DELETE", s.url + "/coupons/redemptions", "", `{"token":"x"}`, 404},
		{"no token", "POST", s.url + "/coupons/redemptions", "", `{}`, 400},
		{"a body without end", "POST", s.url + "/coupons/redemptions", "", `{"token":"` + strings.Repeat("x", servedBody) + `"}`, 413},
	} {
		request, err := http.NewRequestWithContext(t.Context(), c.method, c.url, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		request.Host = c.host
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		text, _ := io.ReadAll(answer.Body)
		answer.Body.Close()
		if answer.StatusCode != c.want {
			t.Errorf("%s: %d %s, want %d", c.what, answer.StatusCode, text, c.want)
		}
	}
	if row.calls != 1 || s.fetched != 2 {
		t.Errorf("%d calls, %d fetches", row.calls, s.fetched)
	}
	// What reaches no service is told to the row, and counted.
	missed := strings.Join(row.missed, "\n")
	for _, says := range []string{
		"GET /other/coupons/jwks.json: nothing is here: paths begin with {serve}", "GET /coupons/secret: no request of http.domains",
		"DELETE /coupons/redemptions: no request of http.domains", "POST /coupons/redemptions: there is no token where",
	} {
		if !strings.Contains(missed, says) {
			t.Errorf("nobody says %s:\n%s", says, missed)
		}
	}
	if note := s.notes()[1]; !strings.HasPrefix(note, "8 requests reached no service; the first was GET /other/coupons/jwks.json: nothing") {
		t.Error(note)
	}
	// A header without end is refused before any of it is looked at.
	request, _ := http.NewRequestWithContext(t.Context(), "GET", s.url+"/jwks.json", nil)
	request.Header.Set("X-Long", strings.Repeat("x", 2*servedHeader))
	if answer, err := http.DefaultClient.Do(request); err == nil {
		answer.Body.Close()
		if answer.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
			t.Errorf("a long header: %d", answer.StatusCode)
		}
	}
}

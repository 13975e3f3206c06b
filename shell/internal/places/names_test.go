// Names that mean nothing, in target files.

package places_test

import (
	"strings"
	"testing"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/places"
	"tokenshell/shell/internal/yamlfile"
)

func TestStrangeNames(t *testing.T) {
	for text, says := range map[string]string{
		`http: {relay: {json: {token: "{tokn}"}}}`:                                                                 `t.yaml:1: column 30: {tokn} is no value: did you mean {token}?`,
		`http: {relay: {json: [{"{tokens}": 1}]}}`:                                                                 `{tokens} is no value: did you mean {token}?`,
		`http: {headers: {Authorization: "Bearer {Token}", X: "{sesion}"}}`:                                        `{sesion} is no value: did you mean {session}?`,
		`http: {relay: {request: "POST /orders/{id}/confirmations"}}`:                                              `{id} is no value: here is {token} {session}`,
		`http: {redeem: {poll: {request: "GET /orders/{order}"}}}`:                                                 `{order} is no value`,
		`http: {start: {command: [orders, "{key}"]}}`:                                                              `did you mean {keys}?`,
		`http: {start: {env: {SERVICES: "{serve}"}}}`:                                                              `{serve} is the URL of what http.serve has listen; without it there is none`,
		`http: {domains: {cancel: {request: "POST /{services}/back"}}}`:                                            `did you mean {service}?`,
		`http: {domains: {redeem: {answer: {refused: {json: {code: "{reasn}"}}}}}}`:                                `did you mean {reason}?`,
		`each: {command: [x, "{tokenfile}"]}`:                                                                      `did you mean {token_file}?`,
		`contract: {issuers: {coupons: "{server}/coupons"}}`:                                                       `did you mean {serve}?`,
		`stdio: {command: [x, "--key=${KEY}"]}`:                                                                    `t.yaml:1: column 22: ${KEY} is put in only in headers and env`,
		`http: {relay: {json: {key: "${KEY}"}}}`:                                                                   `${KEY} is put in only in headers and env`,
		"http:\n  open:\n    text: |\n      key=${KEY}\n":                                                          `${KEY} is put in only in headers and env`,
		`http: {base: "http://127.0.0.1:${PORT}"}`:                                                                 `${PORT} is put in only`,
		`http: {start: {command: [/bin/bash, -c, "exec orders --port ${PORT}"], env: {PORT: "${PORT}"}}}`:          "",
		`stdio: {command: [x], env: {A: "${KEY}"}}`:                                                                "",
		`http: {headers: {A: "${KEY}"}, relay: {headers: {B: "${KEY} {token}"}}}`:                                  "",
		`http: {relay: {json: {query: "mutation($t: String!) {relay(token: $t) {state}}", vars: {t: "{token}"}}}}`: "",
		`http: {redeem: {state: {completed: '.body | {a} == {b}'}}}`:                                               "",
		`http: {relay: &r {request: "POST /{session}"}, redeem: *r}`:                                               "",
	} {
		err := places.Strange([]byte(text), false)
		if err != nil {
			err = yamlfile.Error("t.yaml", err)
		}
		if says == "" && err != nil || says != "" && (exit.Code(err) != exit.BadInput || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s:\n%v, want %q", text, err, says)
		}
	}
	if err := places.Strange([]byte(`contract: {issuers: {coupons: "{serve}/coupons"}}`), true); err != nil {
		t.Error(err)
	}
}

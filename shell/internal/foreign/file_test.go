// Target files: strict, with the place of what is wrong.

package foreign_test

import (
	"strings"
	"testing"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/foreign"
)

func TestTargetFilesAreStrict(t *testing.T) {
	const http = "target: 1\nname: x\nhttp:\n  base: http://127.0.0.1:1\n  relay: {request: GET /, headers: {Token: \"{token}\"}, accepted: .status == 200, rejected: .status == 401}\n"
	for text, says := range map[string]string{
		"target: 2\nname: x\nstdio: {command: [x]}":                                           "t.yaml:1: column 9: target: 1 says",
		"target: 1\nname: x y\nstdio: {command: [x]}":                                         "t.yaml:2: column 7: name:",
		"target: 1\nname: x":                                                                  "exactly one of stdio, http and each",
		"target: 1\nname: x\nstdio: {command: [x]}\neach: {command: [x]}":                     "here are 2",
		"target: 1\nname: x\nstdio: {command: []}":                                            "t.yaml:3: column",
		"target: 1\nname: x\nstudio: {command: [x]}":                                          `t.yaml:3: column 1: unknown field "studio"`,
		"target: 1\nname: x\nstdio: {command: [x], shell: true}":                              "t.yaml:3: column",
		"target: 1\nname: x\ncan: [fly]\nstdio: {command: [x]}":                               `t.yaml:3: column`,
		"target: 1\nname: x\nenforces: [books]\nstdio: {command: [x]}":                        `"books" is none of`,
		"target: 1\nname: x\nreasons: {A: nonsense}\nstdio: {command: [x]}":                   `"nonsense" is not a reason of ours`,
		"target: 1\nname: x\nsession_life: 30\nstdio: {command: [x]}":                         "t.yaml:3: column 15: \"30\" is not a length of time",
		"target: 1\nname: x\nkeys: {set: many}\nstdio: {command: [x]}":                        `"many": own is`,
		"target: 1\nname: x\ncontract: {claims: {nonsense: x}}\nstdio: {command: [x]}":        `"nonsense" is not a claim`,
		"target: 1\nname: x\ncontract: {max_lifetime: 1s}\nstdio: {command: [x]}":             "10s at least",
		"target: 1\nname: x\nstdio: {command: [x], env: {A: \"${NOBODY_SET_THIS}\"}}":         "${NOBODY_SET_THIS} is not set",
		"target: 1\nname: x\neach: {command: [x, \"{token}\"], accepted: [0], rejected: [1]}": "a token is no argument",
		"target: 1\nname: x\neach: {command: [x], accepted: [0], rejected: [0]}":              "exit code 0 is both",
		"target: 1\nname: x\neach: {command: [x], accepted: [0]}":                             "lists of exit codes",
		strings.Replace(http, "http://127.0.0.1:1", "127.0.0.1", 1):                           "is not a base",
		strings.Replace(http, "  relay", "  serve: 0.0.0.0:0\n  relay", 1):                    "t.yaml:5: column 10: \"0.0.0.0:0\" is not an address of this machine",
		strings.Replace(http, ".status == 200", ".status ==", 1):                              "is no jq expression",
		strings.Replace(http, "GET /", "FETCH /", 1):                                          `"FETCH /" is not a request`,
		strings.Replace(http, ", rejected: .status == 401", "", 1):                            "accepted and rejected",
		"can: [redeem]\n" + http:                                                              "redeem: for this the file needs redeem, and domains.redeem",
		"can: [clock]\n" + http:                                                               "clock: for this the file needs a stdio adapter",
		strings.Replace(http, "  relay", "  serve_tls: true\n  relay", 1):                     "t.yaml:5: column 14: https is served where serve says",
		"target: 1\nname: x\ntimeouts: {request: 0s}\nstdio: {command: [x]}":                  "t.yaml:3: column 21: 0s is no time at all; leave it out",
		"target: 1\nname: x\nsession_life: 0s\nstdio: {command: [x]}":                         "t.yaml:3: column 15: 0s is no time at all",
		"target: 1\nname: x\ncontract: {max_lifetime: 0s, leeway: 0s}\nstdio: {command: [x]}": "t.yaml:3: column 26: 0s is no time at all",
		strings.Replace(http, "{token}", "{tokn}", 1):                                         "{token} is nowhere in it",
		strings.Replace(http, "GET /", "GET /{sesion}", 1):                                    "t.yaml:5: column 20: {sesion} is no value: did you mean {session}?",
		"target: 1\nname: x\nstdio: {command: [x, \"${ORDERS_API_KEY}\"]}":                    "t.yaml:3: column 22: ${ORDERS_API_KEY} is put in only in headers and env",
		"\n": "t.yaml: target: 1 says which",
		"target: 1\nname: x\neach: {command: [x], stdin: go, accepted: [0], rejected: [1]}": "t.yaml:3: column 29: how does it get the token?",
		strings.Replace(http, "Token:", "A: \"${NOBODY_SET_THIS}\", Token:", 1):             "A: ${NOBODY_SET_THIS} is not set",
		strings.Replace(http, "GET /,", "GET /, text: x, form: {a: b},", 1):                 "a request has one body",
		http + "---\ntarget: 1": "here begins another",
	} {
		_, err := foreign.Parse("t.yaml", []byte(text))
		if exit.Code(err) != exit.BadInput || !strings.Contains(err.Error(), says) {
			t.Errorf("%s:\n%v, want %s", text, err, says)
		}
	}
}

// A command gets its token somehow: on its stdin, unless it has a file.
func TestACommandGetsItsToken(t *testing.T) {
	for command, want := range map[string]string{"[x]": "{token}", `[x, "{token_file}"]`: ""} {
		f, err := foreign.Parse("t.yaml", []byte("target: 1\nname: x\neach: {command: "+command+", accepted: [0], rejected: [1]}"))
		if err != nil || f.Each.Stdin != want {
			t.Errorf("%s: %q, %v", command, f.Each.Stdin, err)
		}
	}
}

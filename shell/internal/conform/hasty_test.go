// A relay that redeems whenever it is asked to.

package conform_test

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/conform"
	"tokenshell/shell/internal/foreign"
)

// hasty takes any token and redeems it each time that it is asked, under an attempt
// id of its own if it forgets the first one.
func hasty(forgets bool) error {
	in, out := bufio.NewScanner(os.Stdin), json.NewEncoder(os.Stdout)
	session, token, asked := "", "", 0
	for in.Scan() {
		var q struct {
			ID             int64
			Op             string
			Session, Token string
		}
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			return err
		}
		answer := map[string]any{"re": q.ID}
		switch q.Op {
		case "hello":
			answer["v"], answer["can"] = 1, []string{"redeem"}
		case "open":
			session, answer["session"] = q.Session, q.Session
		case "relay":
			token, answer["verdict"] = q.Token, "accepted"
		case "redeem":
			asked++
			attempt := session
			if forgets {
				attempt = fmt.Sprint(session, asked)
			}
			_ = out.Encode(map[string]any{"op": "call", "id": asked, "action": "redeem", "service": serviceOf(token), "session": session, "token": token, "attempt": attempt})
			in.Scan() // what is answered to that
			answer["state"] = "completed"
		}
		if err := out.Encode(answer); err != nil {
			return err
		}
	}
	return in.Err()
}

// serviceOf gives the service that has signed a token.
func serviceOf(token string) string {
	var claims struct{ Iss string }
	payload, _ := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	_ = json.Unmarshal(payload, &claims)
	return strings.TrimSuffix(claims.Iss, ".svc")
}

// A checkout that is asked for twice may be answered either way, and redeems once.
func TestAskedTwice(t *testing.T) {
	for which, want := range map[string]attacks.Status{"hasty": attacks.GotThrough, "hasty-same": attacks.Refused} {
		report, err := conform.Run(t.Context(), quick(t, which), options(t, "RED-20"))
		if report == nil || len(report.Rows) != 1 || report.Rows[0].Status != want {
			t.Errorf("%s: %v, %+v", which, err, report)
		}
	}
}

// What the file declares and the adapter does not is said, and has no effect.
func TestDeclaredInVain(t *testing.T) {
	command, _ := json.Marshal([]string{os.Args[0], asAdapter, "hasty"})
	f, err := foreign.Parse("vain.yaml", fmt.Appendf(nil, "target: 1\nname: vain\ncan: [redeem, restart]\nstdio: {command: %s}\n", command))
	if err != nil {
		t.Fatal(err)
	}
	o := options(t, "RED-20")
	var said []string
	o.Notice = func(text string) { said = append(said, text) }
	if report, err := conform.Run(t.Context(), f, o); report == nil || strings.Join(report.Can, " ") != "redeem" {
		t.Error(err)
	}
	if want := "can: restart has no effect: the adapter's answer to hello does not have it"; !slices.Contains(said, want) || len(said) != 2 {
		t.Errorf("%q", said)
	}
}

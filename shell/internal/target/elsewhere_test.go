// Somebody else's relay, by line: what init writes runs, mutants of it are found
// out, and what cannot be asked of a target is refused.

package target_test

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/shelltest"
)

// In JSON attack run counts what it tried on a target as it does on our own relay.
func TestCountedOnATarget(t *testing.T) {
	dir := withNode(t)
	var out bytes.Buffer
	err := shelltest.New(t, 1).Line(t.Context(), "attack run FLW-13 ALG-01 --adapter 'node "+dir+"/relay.mjs no-replay' --jq '.total, .refused, .got_through[], .v'", false, &out, io.Discard)
	if got := out.String(); got != "2\n1\nFLW-13\n1\n" || exit.Code(err) != exit.Refused {
		t.Errorf("%v\n%s", err, got)
	}
}

// withNode gives a folder with what target init writes for node.
func withNode(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("there is no node: the relay in node is left out")
	}
	dir := filepath.Join(t.TempDir(), "relay")
	shelltest.Do(t, shelltest.New(t, 1), "target init stdio "+dir)
	return dir
}

func TestTargetInitWritesWhatRuns(t *testing.T) {
	dir := withNode(t)
	s := shelltest.New(t, 1)
	said := shelltest.Do(t, s, "target check "+dir+"/target.yaml")
	if strings.Count(said, "\nok  ") != 12 || strings.Contains(said, "NO  ") {
		t.Errorf("not all is well:\n%s", said)
	}
	said = shelltest.Do(t, s, "attack run --target "+dir+"/target.yaml --known "+dir+"/known.yaml -j 2")
	if want := "341 of 346 tried (5 skipped: 4 restart, 1 facts): 341 refused, 0 known, 0 got through\n"; said != want {
		t.Error(said)
	}
	err := s.Line(t.Context(), "target init stdio "+dir, false, io.Discard, io.Discard)
	if exit.Code(err) != exit.BadUsage {
		t.Errorf("it writes over what is there: %v", err)
	}
}

// Each mutant is red in rows that are about what it leaves out, and in no others.
func TestMutantsAreFoundOut(t *testing.T) {
	dir := withNode(t)
	for mutant, check := range map[string]string{
		"no-aud": "audience", "no-order": "session", "jti-by-text": "replay", "no-replay": "replay", "race": "replay", "no-compensation": "redemption",
	} {
		if mutant != "no-replay" && !*all {
			continue
		}
		t.Run(mutant, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			err := shelltest.New(t, 1).Line(t.Context(), "attack run --fail-on warning --adapter 'node "+dir+"/relay.mjs "+mutant+"' -o json", false, &out, io.Discard)
			if exit.Code(err) != exit.Refused {
				t.Errorf("exit code %d: %v", exit.Code(err), err)
			}
			var report struct {
				Rows []struct{ ID, Check, Status, Detail string }
			}
			if err := json.Unmarshal(out.Bytes(), &report); err != nil {
				t.Fatal(err)
			}
			red := 0
			for _, r := range report.Rows {
				if r.Status == "refused" || r.Status == "skipped" {
					continue
				}
				red++
				// FLT-09 takes the token of a stuck session elsewhere: it needs one
				// that can get stuck, and so it is about both.
				if r.Check != check && (r.ID != "FLT-09" || mutant != "no-compensation") {
					t.Errorf("%s, which is about %s: %s: %s", r.ID, r.Check, r.Status, r.Detail)
				}
			}
			if red < 2 && (mutant != "race" || red == 0) { // whether sixteen at once meet is not for us to say
				t.Errorf("only %d rows notice", red)
			}
		})
	}
}

func TestATargetIsRefused(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "t.yaml")
	if err := os.WriteFile(broken, []byte("target: 1\nname: x\nstdoi: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]struct {
		code int
		says string
	}{
		"attack run --adapter x --without key":                {exit.BadUsage, "cannot be left out"},
		"attack run --adapter x --target y":                   {exit.BadUsage, "are two relays"},
		"attack run --known k.yaml":                           {exit.BadUsage, "--known is about a target"},
		"attack run --report junit=x":                         {exit.BadUsage, "--report is about a target"},
		"attack run --adapter x --report pdf=x":               {exit.BadUsage, `"pdf=x" is not KIND=FILE`},
		"attack run --adapter x --life 1ms":                   {exit.BadUsage, "--life 2s"},
		"attack run --adapter x -j 0":                         {exit.BadUsage, "-j 1 to -j 64"},
		"attack run --adapter x ALG-01 --write-known k":       {exit.BadUsage, "would forget the others"},
		"attack run --adapter /nobody/has/this":               {exit.BadInput, "the adapter does not start"},
		"attack run --target " + broken:                       {exit.BadInput, `t.yaml:3: column 1: unknown field "stdoi"`},
		"attack run --target " + dir + "/none.yaml":           {exit.BadInput, "no such file"},
		"target show " + broken:                               {exit.BadInput, "t.yaml:3"},
		"target check":                                        {exit.BadUsage, "which target?"},
		"target init ftp x":                                   {exit.BadUsage, "stdio"},
		"attack show ALG-99":                                  {exit.BadUsage, "no attack"},
		"attack export " + dir + " --at 2001-01-01T00:00:00Z": {exit.BadUsage, "--at"},
	} {
		var stderr bytes.Buffer
		err := shelltest.New(t, 1).Line(t.Context(), line, false, io.Discard, &stderr)
		if exit.Code(err) != want.code || !strings.Contains(stderr.String(), want.says) {
			t.Errorf("%s: exit code %d: %s", line, exit.Code(err), &stderr)
		}
	}
}

func TestTargetShow(t *testing.T) {
	file := filepath.Join(t.TempDir(), "t.yaml")
	text := "target: 1\nname: gateway\nenforces: [key, time]\nhttp: {base: 'http://127.0.0.1:1', relay: {request: GET /, headers: {Authorization: 'Bearer {token}'}, accepted: .status < 300, rejected: .status == 401}}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	said := shelltest.Do(t, shelltest.New(t, 1), "target show "+file+" --jq '.reached, .enforces, .audience'")
	if said != "http: http://127.0.0.1:1\nkey time\norder-processing\n" {
		t.Error(said)
	}
}

// One attack in full says what is in its token, and shows none.
func TestAttackShow(t *testing.T) {
	s := shelltest.New(t, 1)
	said := shelltest.Do(t, s, "attack show CLM-32")
	if !strings.Contains(said, `"aud":["points.svc"]`) || !strings.Contains(said, "expect audience_mismatch relay x") || redact.HasToken(said) {
		t.Error(said)
	}
	said = shelltest.Do(t, s, "attack show RED-10") // the accounts are captured first, all of them in one step
	if !strings.Contains(said, "\n  1  capture BEFORE_COUPONS") || !strings.Contains(said, "\n     capture BEFORE_POINTS") || !strings.Contains(said, "\n  2  session new") {
		t.Errorf("its lines are not numbered by its steps:\n%s", said)
	}
	for _, line := range []string{"attack show FLW-13", "attack show DOS-02", "attack show ENC-17", "attack show CLM-26", "attack show KEY-23 -o json"} {
		if said := shelltest.Do(t, s, line); redact.HasToken(said) || strings.ContainsAny(said, "\x1b\x00\u202e") || len(said) > 8000 {
			t.Errorf("%s: %d bytes\n%.500q", line, len(said), said)
		}
	}
}

func TestAttackExport(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "tokens")
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "attack export "+dir)
	text, err := os.ReadFile(filepath.Join(dir, "attacks.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []struct{ ID, File string }
	if err := json.Unmarshal(text, &all); err != nil || len(all) < 300 {
		t.Fatalf("%v: %d", err, len(all))
	}
	token, err := os.ReadFile(filepath.Join(dir, "CLM-32.jwt"))
	if err != nil || !strings.HasPrefix(string(token), "eyJ") {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "coupons.jwks.json")); err != nil {
		t.Error(err)
	}
}

// help target is about its verbs, and about the file.
func TestHelpTarget(t *testing.T) {
	said := shelltest.Do(t, shelltest.New(t, 1), "help target")
	for _, want := range []string{"target check [FILE]", "  session_life ", "http.domains.CALL.read.attempt", "    accepted: .status < 300\n", "Never point one at production"} {
		if !strings.Contains(said, want) {
			t.Errorf("there is no %q in\n%s", want, said)
		}
	}
	if detail := shelltest.Do(t, shelltest.New(t, 1), "help target --jq .detail"); !strings.Contains(detail, "enforces") {
		t.Error(detail)
	}
}

// A contract may let tokens live shorter or longer than ours do, and look at the
// clock with leeway: a relay that keeps it is in the right in every row.
func TestContractsWithOtherTimes(t *testing.T) {
	dir := withNode(t)
	for _, times := range []string{"max_lifetime: 10s", "max_lifetime: 2m, leeway: 30s", "max_lifetime: 1h"} {
		t.Run(times, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "x.yaml")
			if err := os.WriteFile(file, []byte("target: 1\nname: x\ncontract: {"+times+"}\nstdio: {command: [node, "+dir+"/relay.mjs]}\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			said := shelltest.Do(t, shelltest.New(t, 1), "attack run --fail-on warning --target "+file)
			if want := "341 of 346 tried (5 skipped: 4 restart, 1 facts): 341 refused, 0 known, 0 got through\n"; said != want {
				t.Error(said)
			}
		})
	}
}

// altered gives the relay of target init, with one thing in it changed.
func altered(t *testing.T, from, to string) string {
	t.Helper()
	file := withNode(t) + "/relay.mjs"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), from) != 1 {
		t.Fatalf("%q is not there once", from)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), from, to, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Taking back in the order of redemption is found out.
func TestTakingBackInTheWrongOrder(t *testing.T) {
	file := altered(t, "[...s.part].reverse()", "[...s.part]")
	var out bytes.Buffer
	err := shelltest.New(t, 1).Line(t.Context(), "attack run --group flow --adapter 'node "+file+"'", false, &out, io.Discard)
	said := out.String()
	if exit.Code(err) != exit.Refused || !strings.Contains(said, "which it had asked to redeem after it") || !strings.HasSuffix(said, " 2 got through\n") {
		t.Errorf("%v\n%s", err, said)
	}
}

// A run that does not fail by what got through says so, and what makes it fail.
func TestAWarningIsToldOf(t *testing.T) {
	file := altered(t, "exp <= iat || exp - iat > this.max_lifetime", "exp <= iat")
	told := "1 warning: it takes an old key, the issuer's own, or what no contract speaks of, so the run does not fail by it; with --fail-on warning it does\n"
	said := shelltest.Do(t, shelltest.New(t, 1), "attack run TIM-21 --adapter 'node "+file+"'")
	if !strings.HasSuffix(said, " 1 got through\n"+told) {
		t.Error(said)
	}
	var out bytes.Buffer
	err := shelltest.New(t, 1).Line(t.Context(), "attack run TIM-21 --fail-on warning --adapter 'node "+file+"'", false, &out, io.Discard)
	if exit.Code(err) != exit.Refused || strings.Contains(out.String(), "1 warning") {
		t.Errorf("%v\n%s", err, &out)
	}
}

// A relay that names its sessions itself never has the same name twice: what is
// about that is not tried.
func TestRelaysThatNameTheirSessions(t *testing.T) {
	file := altered(t, "relay.open(q.session,", "relay.open('mine-' + (globalThis.n = (globalThis.n ?? 0) + 1),")
	said := shelltest.Do(t, shelltest.New(t, 1), "attack run --fail-on warning --adapter 'node "+file+"'")
	if want := "340 of 346 tried (6 skipped: 4 restart, 1 facts, 1 names): 340 refused, 0 known, 0 got through\n"; said != want {
		t.Errorf("%s, want %s", said, want)
	}
}

// Adapters that are broken, each in its own way: each has its own status and
// words, none is green, none stops the run or is left behind.

package conform_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/conform"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/foreign"
	"tokenshell/shell/internal/redact"
)

// broken plays an adapter that gives verdicts and no more.
func broken(which string) error {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 8<<20)
	write := func(m map[string]any) {
		text, _ := json.Marshal(m)
		fmt.Println(string(text))
	}
	if which == "tells-all" {
		return errors.New("no database for " + os.Getenv("KEY"))
	}
	if which == "noflush" {
		select {} // what it has to say stays in its buffer
	}
	for in.Scan() {
		var q struct {
			ID       int64  `json:"id"`
			Op       string `json:"op"`
			Session  string `json:"session"`
			Customer string `json:"customer"`
			Token    string `json:"token"`
		}
		if err := json.Unmarshal(in.Bytes(), &q); err != nil {
			return err
		}
		answer := map[string]any{"re": q.ID}
		switch q.Op {
		case "hello":
			answer["v"], answer["name"], answer["can"] = 1, which, []string{}
			switch which {
			case "dies":
				return errors.New("no such module")
			case "tells":
				return errors.New("no database for " + os.Getenv("KEY"))
			case "future":
				answer["v"] = 2
			case "modest":
				delete(answer, "can")
			case "proud":
				answer["can"] = []string{"everything"}
			case "parent":
				child := exec.Command("sleep", "300")
				if err := child.Start(); err != nil {
					return err
				}
				if err := os.WriteFile(os.Args[3], []byte(strconv.Itoa(child.Process.Pid)), 0o600); err != nil {
					return err
				}
			}
		case "open":
			answer["session"], customer = q.Session, q.Customer
			if which == "numbers" {
				answer["session"] = fmt.Sprint(1000 + q.ID)
			}
		case "relay":
			verdictOf(which, q.ID, q.Token, answer)
			if same := comparing(which); same != nil && isFor(q.Token, q.Session, same) {
				answer["verdict"] = "accepted"
			}
		}
		write(answer)
	}
	if which == "parent" || which == "deaf" {
		select {} // it does not end when its input does
	}
	return in.Err()
}

func verdictOf(which string, id int64, token string, answer map[string]any) {
	answer["verdict"] = "rejected"
	switch which {
	case "door":
		answer["verdict"] = "accepted"
	case "crash":
		fmt.Fprintln(os.Stderr, "TypeError: undefined is not a function \x1b[2J")
		os.Exit(7)
	case "orphan": // a child of it holds its standard output
		child := exec.Command("sleep", "300")
		child.Stdout = os.Stdout
		if err := child.Start(); err != nil {
			panic(err)
		}
		os.Exit(7)
	case "hang":
		select {}
	case "half":
		fmt.Printf(`{"re":%d,"verd`, id)
		os.Exit(0)
	case "prints":
		fmt.Println("Listening on port 3000")
	case "maybe":
		answer["verdict"] = "maybe"
	case "error":
		answer["verdict"], answer["detail"] = "error", "no connection to the database"
	case "late":
		time.Sleep(2 * time.Second) // longer than it has
	case "another":
		answer["re"] = id + 1000
	case "closes":
		os.Stdout.Close()
		select {}
	case "gigabyte":
		for range 1 << 10 {
			if _, err := os.Stdout.WriteString(strings.Repeat("x", 1<<20)); err != nil {
				os.Exit(0)
			}
		}
	case "escapes":
		answer["verdict"], answer["detail"] = "error", "\x1b]0;owned\x07\u202e"
	case "leak":
		if strings.HasSuffix(token, ".") || strings.Count(token, ".") != 2 || !looksGood(token) {
			answer["reason"], answer["detail"] = "no", "I do not like "+good
		} else {
			good, answer["verdict"] = token, "accepted"
		}
	case "echo":
		if looksGood(token) {
			answer["verdict"], answer["detail"] = "accepted", "took "+token
		}
	case "blames":
		delete(answer, "verdict")
		answer["error"] = "could not read \x1b[31m" + token
	case "debugs":
		fmt.Println("relay", token)
	case "exact": // a line of 4 MiB
		const around = len(`{"detail":"","re":1,"verdict":"rejected"}`)
		answer["detail"] = strings.Repeat("x", 4<<20-around+1-len(fmt.Sprint(id)))
	case "talks": // members that are nobody's business
		if looksGood(token) {
			answer["verdict"] = "accepted"
		}
		answer["status"], answer["now"], answer["id"], answer["Verdict"], answer["Error"] = 401, "noon", "a", "accepted", "none"
	case "type":
		answer["verdict"] = 7
	case "honest":
		answer["verdict"] = "accepted"
		if !looksGood(token) {
			answer["verdict"] = "rejected"
		}
	case "unsupported":
		delete(answer, "verdict")
		answer["unsupported"] = true
	case "null":
		delete(answer, "verdict")
		answer["error"] = "TypeError"
	}
}

var good string // the last good token that the leaking adapter has seen

// looksGood tells a token of ALG-01 from a good one.
func looksGood(token string) bool { return !strings.HasSuffix(token, ".") }

// quick is a target that has little time.
func quick(t *testing.T, words ...string) *foreign.File {
	t.Helper()
	command, _ := json.Marshal(append([]string{os.Args[0], asAdapter}, words...))
	start, request := "20s", "20s" // on a machine that does much else
	switch words[0] {
	case "noflush":
		start = "700ms"
	case "orphan":
		request = "5s"
	case "hang", "late", "closes":
		request = "700ms"
	}
	f, err := foreign.Parse("quick.yaml", []byte(fmt.Sprintf("target: 1\nname: quick\ntimeouts: {start: %s, request: %s, stop: 200ms}\nstdio: {command: %s}\n", start, request, command)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestBrokenAdapters(t *testing.T) {
	t.Parallel()
	const row = "ALG-01"
	for which, want := range map[string]struct {
		status attacks.Status
		says   string
	}{
		"honest":      {attacks.Refused, ""},
		"talks":       {attacks.Refused, ""},
		"deaf":        {foreign.BaselineFailed, "rejected"},
		"wall":        {foreign.BaselineFailed, "rejected: the relay says no more"},
		"door":        {attacks.GotThrough, "it should be refused with algorithm_not_allowed, and was done"},
		"crash":       {foreign.Crashed, "asked to relay, it ended (exit status 7); the last lines of its stderr:\n  TypeError: undefined is not a function \\u{1b}[2J"},
		"orphan":      {foreign.Crashed, "asked to relay, it ended (exit status 7)"},
		"hang":        {foreign.TimedOut, "no answer to relay within 700 ms; its process group was ended"},
		"late":        {foreign.TimedOut, "no answer to relay within"},
		"prints":      {foreign.Errored, `"Listening on port 3000" is no message of the protocol; print to stderr`},
		"half":        {foreign.Errored, `it ended in the middle of a line: "{\"re\":`},
		"maybe":       {foreign.Errored, `"maybe" is no verdict: accepted, rejected or error`},
		"type":        {foreign.Errored, `"verdict" is of the wrong type`},
		"error":       {foreign.Errored, "the verdict is error: no connection to the database"},
		"null":        {foreign.Errored, "the adapter answered relay with an error: TypeError"},
		"another":     {foreign.Errored, "which nobody asked"},
		"closes":      {foreign.Crashed, "it closed its standard output and went on; its process group was ended"},
		"gigabyte":    {foreign.Errored, "a line of more than 4 MiB"},
		"escapes":     {foreign.Errored, `\u{1b}]0;owned\u{7}\u{202e}`},
		"leak":        {foreign.Leaked, "it wrote a token in the detail of its verdict"},
		"echo":        {foreign.Leaked, "it wrote a token in the detail of its verdict"},
		"blames":      {foreign.Errored, `the adapter answered relay with an error: could not read \u{1b}[31m`},
		"debugs":      {foreign.Errored, `"relay (token)" is no message of the protocol; print to stderr`},
		"exact":       {foreign.BaselineFailed, "xxx"},
		"unsupported": {foreign.Skipped, "unsupported: the adapter does not know relay"},
	} {
		t.Run(which, func(t *testing.T) {
			t.Parallel()
			o := options(t, row, "ALG-02")
			report, err := conform.Run(t.Context(), quick(t, which), o)
			if len(report.Rows) != 2 {
				t.Fatalf("%d rows: %v", len(report.Rows), err)
			}
			for _, r := range report.Rows { // the second has had a relay of its own
				if r.Status != want.status || !strings.Contains(r.Detail, want.says) {
					t.Errorf("%s %s: %s", r.ID, r.Status, r.Detail)
				}
				if redact.HasToken(r.Detail) || strings.Contains(r.Detail, "eyJ") || strings.ContainsAny(r.Detail, "\x1b\u202e") {
					t.Errorf("it shows %q", r.Detail)
				}
			}
			if skipped := "0 of 2 tried (2 skipped: 2 unsupported): "; want.status == foreign.Skipped && !strings.HasPrefix(report.Summary, skipped) {
				t.Errorf("%s, want %s", report.Summary, skipped)
			}
			code := exit.Refused
			switch want.status {
			case attacks.Refused:
				code = exit.Done
			case foreign.BaselineFailed:
				code = exit.BadInput
			}
			if err == nil {
				err = report.Err()
			}
			if exit.Code(err) != code {
				t.Errorf("exit code %d, want %d: %v", exit.Code(err), code, err)
			}
		})
	}
}

// What does not say hello, or not as it has to, is no target: exit code 3.
func TestAdaptersThatDoNotBegin(t *testing.T) {
	t.Parallel()
	for which, says := range map[string]string{
		"dies":    "hello: it ended (exit status 1); the last lines of its stderr:\n  no such module",
		"noflush": "no answer to hello within 700 ms: does it flush its stdout after each line?",
		"future":  `the adapter's hello has "v": 2; this is version 1`,
		"modest":  `has no "can"`,
		"proud":   `it can "everything", which is none of`,
	} {
		t.Run(which, func(t *testing.T) {
			t.Parallel()
			report, err := conform.Run(t.Context(), quick(t, which), options(t, "ALG-01"))
			if exit.Code(err) != exit.BadInput || !strings.Contains(err.Error(), says) || len(report.Rows) > 0 {
				t.Errorf("exit code %d: %v", exit.Code(err), err)
			}
		})
	}
	_, err := conform.Run(t.Context(), foreign.Adapter([]string{"/nobody/has/this"}), options(t, "ALG-01"))
	if exit.Code(err) != exit.BadInput || !strings.Contains(err.Error(), "the adapter does not start") {
		t.Error(err)
	}
}

// What came from the environment is in no error either.
func TestSecretsAreInNoError(t *testing.T) {
	t.Parallel()
	const secret = "very-secret-key" // ORDERS_API_KEY of this process
	wall := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		w.WriteHeader(401)
		fmt.Fprint(w, "unknown key "+q.Header.Get("Key"))
	}))
	t.Cleanup(wall.Close)
	for how, says := range map[string]string{
		fmt.Sprintf(`stdio: {command: [%q, %s, tells], env: {KEY: "${ORDERS_API_KEY}"}}`, os.Args[0], asAdapter):                                                                                                                                           "no database for (secret)",
		fmt.Sprintf(`http: {base: %q, start: {command: [%q, %s, tells-all], env: {KEY: "${ORDERS_API_KEY}"}}, relay: {request: GET /, text: "{token}", accepted: .status == 200, rejected: .status == 401}}`, "http://127.0.0.1:1", os.Args[0], asAdapter): "no database for (secret)",
		fmt.Sprintf(`http: {base: %q, headers: {Key: "${ORDERS_API_KEY}"}, relay: {request: GET /, text: "{token}", accepted: .status == 200, rejected: .status == 401, reason: .body}}`, wall.URL):                                                        "unknown key (secret)",
	} {
		f, err := foreign.Parse("x.yaml", []byte("target: 1\nname: x\n"+how+"\n"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = conform.Run(t.Context(), f, options(t, "ALG-01"))
		if exit.Code(err) != exit.BadInput || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), secret) {
			t.Error(err)
		}
	}
}

// A run in which nothing was tried shows nothing, and is not green.
func TestNothingTriedIsNotGreen(t *testing.T) {
	t.Parallel()
	report, err := conform.Run(t.Context(), quick(t, "honest"), options(t, "FLW-13", "FLW-28"))
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Err(); exit.Code(err) != exit.Refused || !strings.Contains(err.Error(), "no attack was tried") {
		t.Errorf("%s: %v", report.Summary, err)
	}
}

// So is one whose good tokens have no answer, whatever each row is called.
func TestSilenceIsGivenUp(t *testing.T) {
	t.Parallel()
	report, err := conform.Run(t.Context(), quick(t, "maybe"), options(t))
	if exit.Code(err) != exit.BadInput || !strings.Contains(err.Error(), `this relay gives no verdicts: relay: "maybe" is no verdict`) || len(report.Rows) > 25 {
		t.Errorf("%d rows, exit code %d: %v: %s", len(report.Rows), exit.Code(err), err, report.Summary)
	}
}

// A relay that refuses everything is given up after twenty rows.
func TestAWallIsGivenUp(t *testing.T) {
	t.Parallel()
	report, err := conform.Run(t.Context(), quick(t, "wall"), options(t))
	if exit.Code(err) != exit.BadInput || !strings.Contains(err.Error(), "this relay refuses everything: relay: rejected") || len(report.Rows) > 25 || !strings.Contains(report.Summary, " of 346 tried (326 skipped") {
		t.Errorf("%d rows, exit code %d: %v: %s", len(report.Rows), exit.Code(err), err, report.Summary)
	}
}

// No row that it was asked is green at a door, and it is asked all that a verdict
// is enough for.
func TestADoor(t *testing.T) {
	t.Parallel()
	o := options(t)
	o.NoWait = true
	report, err := conform.Run(t.Context(), quick(t, "door"), o)
	if err != nil {
		t.Fatal(err)
	}
	if want := "276 of 346 tried (70 skipped: "; !strings.HasPrefix(report.Summary, want) || !strings.HasSuffix(report.Summary, "): 0 refused, 0 known, 276 got through") {
		t.Error(report.Summary)
	}
}

// Nothing that an adapter started is left behind.
func TestNothingIsLeftBehind(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pid")
	if _, err := conform.Run(t.Context(), quick(t, "parent", file), options(t, "ALG-01")); exit.Code(err) != exit.BadInput {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(string(text))
	if err != nil {
		t.Fatal(err)
	}
	gone := func() bool { // a zombie that nobody has collected counts as gone
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) || err == nil && strings.Contains(string(stat), ") Z ")
	}
	for watch := time.Now(); !gone(); time.Sleep(time.Millisecond) {
		if time.Since(watch) > 5*time.Second {
			t.Fatalf("%d lives on", pid)
		}
	}
}

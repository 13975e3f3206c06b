// A target that somebody drives by hand, or by scenarios.

package conform_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/conform"
	"tokenshell/shell/internal/domains"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/foreign"
	"tokenshell/shell/internal/grammar"
	"tokenshell/shell/internal/scenario"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

func session(t *testing.T, f *foreign.File) *conform.Session {
	t.Helper()
	s, err := conform.Open(f, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// checkout goes the whole way under a name that the client wants.
func checkout(t *testing.T, w *world.World) (*client.Client, orchestrator.Snapshot) {
	t.Helper()
	c := client.New(w)
	if _, err := c.Open(t.Context(), "mine", c.Customer(""), nil); err != nil {
		t.Fatal(err)
	}
	p, err := w.Service("points")
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := c.Confirm(t.Context(), "mine", p.Sample(c.Customer("")), client.Wanted{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Relay(t.Context(), "mine", token); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Relay(t.Context(), "mine", token); !errors.Is(err, tokens.Replayed) {
		t.Errorf("the same again: %v", err)
	}
	snap, err := c.Redeem(t.Context(), "mine", nil)
	if err != nil {
		t.Fatal(err)
	}
	return c, snap
}

func TestATargetByHand(t *testing.T) {
	t.Parallel()
	w, err := session(t, adapterOf("ours")).Build(t.Context(), plan(t), world.Seeded(1))
	if err != nil {
		t.Fatal(err)
	}
	c, snap := checkout(t, w)
	if snap.State != orchestrator.Completed || len(snap.Steps) != 1 || snap.Steps[0].Status != orchestrator.Redeemed || snap.Steps[0].Receipt.ID == "" {
		t.Errorf("%+v", snap)
	}
	if err := w.Clock.Advance(31 * time.Minute); err != nil { // and the relay is told
		t.Fatal(err)
	}
	if _, err := c.Open(t.Context(), "late", c.Customer(""), nil); err != nil {
		t.Fatal(err)
	}
	token, _, err := c.Confirm(t.Context(), "late", must(w.Service("points")).Sample(c.Customer("")), client.Wanted{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Relay(t.Context(), "late", token); err != nil {
		t.Errorf("its clock was left behind: %v", err)
	}
	if _, err := w.Inspector(); !unable(err) {
		t.Errorf("it can be looked into: %v", err)
	}
}

// A redemption that is refused says why where a token's refusal does, unless the
// file has a place of its own that says more.
func TestWhyARedemptionIsRefused(t *testing.T) {
	t.Parallel()
	for _, place := range []string{".body.error.code", ".body.why"} {
		text := ordersFile(freePort(t), "orders", "")
		at := strings.Index(text, "  redeem:\n")
		f, err := foreign.Parse("orders.yaml", []byte(text[:at]+strings.Replace(text[at:], "reason: .body.error.code", "reason: "+place, 1)))
		if err != nil {
			t.Fatal(err)
		}
		w, err := session(t, f).Build(t.Context(), plan(t), world.Seeded(1))
		if err != nil {
			t.Fatal(err)
		}
		c := client.New(w)
		if _, err := c.Open(t.Context(), "mine", c.Customer(""), nil); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Close(t.Context(), "mine"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Redeem(t.Context(), "mine", nil); !errors.Is(err, tokens.SessionClosed) {
			t.Errorf("%s: %v", place, err)
		}
	}
}

// Where tokens may live for less than ours do, ours live for as long as they may.
func TestShortLives(t *testing.T) {
	t.Parallel()
	for _, most := range []time.Duration{30 * time.Second, 4 * time.Minute} {
		f, err := foreign.Parse("orders.yaml", []byte(ordersFile(freePort(t), "orders", fmt.Sprintf("contract: {max_lifetime: %s}\n", most))))
		if err != nil {
			t.Fatal(err)
		}
		w, err := session(t, f).Build(t.Context(), plan(t), world.Seeded(1))
		if err != nil {
			t.Fatal(err)
		}
		began := w.Clock.Now()
		c, _ := checkout(t, w)
		if life := c.Wallet.ByHandle["points-1"].Expires.Sub(began); life.Round(10*time.Second) != min(most, tokens.DefaultLifetime) {
			t.Errorf("%s: it lives for %s", most, life)
		}
	}
}

func must(p world.Party, err error) world.Party {
	if err != nil {
		panic(err)
	}
	return p
}

func unable(err error) bool {
	var u *exit.UnableError
	return errors.As(err, &u)
}

// A service names its orders itself, and its time is its own.
func TestAServiceByHand(t *testing.T) {
	t.Parallel()
	f, err := foreign.Parse("orders.yaml", []byte(ordersFile(freePort(t), "orders", "")))
	if err != nil {
		t.Fatal(err)
	}
	w, err := session(t, f).Build(t.Context(), plan(t), world.Seeded(1))
	if err != nil {
		t.Fatal(err)
	}
	c, snap := checkout(t, w)
	if snap.State != orchestrator.Completed || snap.ID == "mine" || !strings.HasPrefix(snap.ID, "op_") {
		t.Errorf("%+v", snap)
	}
	if err := w.Clock.Advance(time.Minute); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Open(t.Context(), "late", c.Customer(""), nil); !unable(err) {
		t.Errorf("a move of the clock is not noticed: %v", err)
	}
}

// What a target cannot do skips a scenario, and never passes it.
func TestScenariosOnATarget(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var files []string
	for _, f := range []struct{ name, text string }{
		{"checkout", "session new mine\npoints confirm 500\nrelay points-1\nexpect replayed relay points-1\nredeem\nsession show --jq .state\nstdout '^completed$'\n"},
		{"leeway", "set leeway 5s\nsession new mine\n"},
		{"inside", "session new mine\nview relay\n"},
		{"wrong", "session new mine\nredeem\n"},
		{"stuck", "session new mine\npoints confirm 299\nfault points.redeem lost-reply --count 3\nfault points.cancel timeout --count 3\n! checkout\nclock advance 100h\nredeem --resume\nstdout '^points-1: cancelled by points$'\n"},
		{"ledger", "fault ledger.use unavailable\nsession new mine\n"},
		{"weak", "# without: replay\nsession new mine\n"},
		{"facts", "session new mine --fact-any country=DE\npoints confirm 500\ncheckout\nsession show --jq .facts.country\nstdout '^DE$'\n"},
		{"the cause", "session new mine --fact payable=90.00\npoints confirm 500\npayment confirm 80.00 --method visa\nfault points.cancel refuse --count 9\n" +
			"expect constraint_violated checkout\nstderr '^rejected: constraint_violated: .*\\nrejected: service_unavailable: '\n"},
		{"mistyped", "session new mine --fact payble=90.00\n"},
	} {
		file := filepath.Join(dir, f.name+".txtar")
		if err := os.WriteFile(file, []byte(f.text), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	s := session(t, adapterOf("ours"))
	got := ""
	err := scenario.RunIn(t.Context(), grammar.Language(domains.All()), scenario.Config{Seed: 1}, s.Build, files, func(o scenario.Outcome) {
		got += string(o.Verdict) + " "
		if o.Verdict == scenario.Skipped && o.Why == "" {
			t.Errorf("%s does not say why", o.File)
		}
	})
	if err != nil || got != "passed skipped skipped failed passed skipped skipped passed passed failed " {
		t.Error(got, err)
	}
}

// On our own relay behind the protocol every scenario of ours passes, or is
// skipped and says why, but for those that want more than the protocol tells.
func TestOurScenariosOnOurAdapter(t *testing.T) {
	if !*long {
		t.Skip("-long runs it")
	}
	t.Parallel()
	want := map[string]string{
		"fault-kms-decrypt.txtar":      "the clock does not move while somebody else's relay waits",
		"fault-timeout.txtar":          "the clock does not move while somebody else's relay waits",
		"retry-after-expiry.txtar":     "the clock does not move while somebody else's relay waits",
		"trace-of-a-lost-reply.txtar":  "the clock does not move while somebody else's relay waits",
		"trace-of-one-order.txtar":     "the clock does not move while somebody else's relay waits",
		"log-without-tokens.txtar":     "the relay's log is its own",
		"session-compensated.txtar":    "the relay's log is its own",
		"session-completed.txtar":      "the relay's log is its own",
		"name-comes-back.txtar":        "what the client knows of a session it does not forget",
		"session-time-to-live.txtar":   "nobody tells the client that a session has ended",
		"retired-key.txtar":            "when a key left is not told",
		"one-number-two-letters.txtar": "its token is of an order with another number: ids are new for a relay that remembers",
		"twice-and-refused.txtar":      "whether a cancel undid something is not told",
	}
	paths, err := filepath.Glob("../../../scripts/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal(err, len(paths))
	}
	s := session(t, adapterOf("ours"))
	passed, skipped := 0, 0
	err = scenario.RunIn(t.Context(), grammar.Language(domains.All()), scenario.Config{Seed: 1}, s.Build, paths, func(o scenario.Outcome) {
		name := filepath.Base(o.File)
		switch {
		case o.Verdict == scenario.Passed:
			passed++
		case o.Verdict == scenario.Skipped && o.Why != "":
			skipped++
		case want[name] == "":
			t.Errorf("%s: %s %s", name, o.Verdict, o.Why)
		}
		if (o.Verdict == scenario.Failed) != (want[name] != "") {
			t.Errorf("%s: %s; excused: %q", name, o.Verdict, want[name])
		}
	})
	if err != nil {
		t.Error(err)
	}
	t.Logf("%d passed, %d skipped, %d excused of %d", passed, skipped, len(want), len(paths))
}

// The property of recordings: whatever was done in a shell, what is written of
// it passes, tells it in its order, and holds no secret.

package record_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/record"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/scenario"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/stage"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// recordedWorld says in which world sessions are recorded.
type recordedWorld struct {
	name  string
	seed  func(*rand.Rand) *uint64 // nil is live time and random ids
	later bool                     // pauses: live time goes on between commands
}

func recordedWorlds() []recordedWorld {
	seeded := func(n uint64) *uint64 { return &n }
	return []recordedWorld{
		{"as in a scenario", func(*rand.Rand) *uint64 { return seeded(world.DefaultSeed) }, false},
		{"frozen with a seed", func(r *rand.Rand) *uint64 { return seeded(r.Uint64()) }, false},
		{"live", func(*rand.Rand) *uint64 { return nil }, true},
	}
}

// talker says random lines to a shell.
type talker struct {
	t     *testing.T
	rng   *rand.Rand
	shell *interp.Shell
	later bool
	said  []string // without tokens
}

// newTalker makes a shell in a folder of its own, with files to read.
func newTalker(t *testing.T, w recordedWorld, n uint64) *talker {
	t.Helper()
	rng := rand.New(rand.NewPCG(n, 7))
	made, err := world.Build(t.Context(), shelltest.Plan(t, ""), world.Making{Seed: w.seed(rng)})
	if err != nil {
		t.Fatal(err)
	}
	s := shelltest.Of(made)
	s.Dir.Path = t.TempDir()
	for _, name := range []string{"club.json", "gift.jws", "early.jws", "partner.json", "partner.yaml", "partner.jws"} {
		text, err := os.ReadFile(shelltest.Testdata(t, "trust", name))
		if err != nil {
			t.Fatal(err)
		}
		writeIn(t, s, name, string(text))
	}
	writeIn(t, s, "look.tsh", "points balance\ncoupon list\n")
	writeIn(t, s, "more/spend.tsh", "let SPENT 5\nexpect coupon_unknown coupon confirm NOPE\nsource ../look.tsh\n")
	return &talker{t: t, rng: rng, shell: s, later: w.later}
}

// writeIn writes a file into a shell's folder.
func writeIn(t *testing.T, s *interp.Shell, name, text string) {
	t.Helper()
	path := s.Dir.Full(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// say says one line, whatever is answered.
func (k *talker) say(ctx context.Context, line string) error {
	var printed strings.Builder
	k.said = append(k.said, redact.Tokens(line))
	err := k.shell.Line(ctx, line, false, &printed, &printed)
	if k.later && k.rng.IntN(3) == 0 {
		if err := k.shell.World.Clock.Advance(time.Duration(k.rng.IntN(40_000)) * time.Millisecond); err != nil {
			k.t.Fatal(err)
		}
	}
	return err
}

// next gives a line that makes sense, or one of those that people also write.
func (k *talker) next() string {
	moves := shelltest.Possible(k.shell.Client)
	if k.later { // the relay waits before it asks again, and here that takes its time
		moves = slices.DeleteFunc(moves, func(m shelltest.Possibility) bool { return strings.HasPrefix(m.Kind, "fault") })
	}
	if k.rng.IntN(5) < 3 {
		m := moves[k.rng.IntN(len(moves))]
		if held := k.shell.Wallet.ByHandle[m.Forges]; held != nil {
			writeIn(k.t, k.shell, m.File, stage.Spoiled(held.Raw)+"\n")
		}
		return m.Line
	}
	lines := []string{
		"points balance", "coupon list", "payment methods", "token list", "session list", "keys list", "view relay", "view payments", "log", "trace", "trust list",
		"fault list", "clock show", "help relay", "session show", "points balance --jq .available", "keys list -o json", "set output json", "set output text", "set",
		"session new", "session new --customer user_456 --fact subtotal=50.00", "capture S session new --jq .order_processing_id",
		"coupon confirm NOPE", "expect coupon_unknown coupon confirm NOPE", "! points confirm 99999", "expect replayed points balance",
		"pionts balance", "points confirm", "relay nothing-9", "coupon confirm TEN --nmae x", "points balance --jq .a.b.c", "session use nowhere",
		"source look.tsh", "source more/spend.tsh", "source nowhere.tsh", "let A b", "let CODE TEN", "relay a.b.c", "clock advance 45s", "keys jwks --out keys.json",
		"keys jwks --out " + filepath.Join(k.shell.Dir.Path, "more", "set.json"), "session set --fact-any note=x", "keys rotate points",
		"trust add " + shelltest.Club + " --jwks club.json --capability club:redeem --service club", "trust remove " + shelltest.Club, "relay @gift.jws", "expect issuer_unknown relay @gift.jws",
		"trust add https://partner.example --jwks " + filepath.Join(k.shell.Dir.Path, "partner.json") + " --capability partner:use --profile partner.yaml",
		"token explain @gift.jws --jwks club.json", "token explain @early.jws",
	}
	for _, t := range k.shell.Wallet.Held {
		lines = append(lines, "relay "+t.Raw, "relay "+t.Handle+" "+t.Handle, "let T "+t.Raw, "capture U token raw "+t.Handle, "token show "+t.Handle+" --as relay",
			"token explain "+t.Handle, "token raw "+t.Handle, "checkout "+t.Handle, "! relay "+t.Handle+" a.b.c")
	}
	for _, p := range k.shell.World.Parties {
		if keys := p.Keys().List(); len(keys) > 1 {
			lines = append(lines, "keys retire "+keys[0].ID, "token explain a.b.c", "capture KID keys list "+p.Name+" --jq '.keys[0].kid'")
		}
	}
	for _, name := range k.shell.Vars.Names() {
		lines = append(lines, "let B x$"+name, "relay $"+name, "session show $"+name, "coupon confirm $"+name)
	}
	return lines[k.rng.IntN(len(lines))]
}

// mustLeave reports whether a command has to be left out by itself: anything
// else that is left out follows from one of these.
func mustLeave(why string) bool {
	for _, part := range []string{"may still be good", "it failed, and was not refused", "no handle stands for", "stopped here"} {
		if strings.Contains(why, part) {
			return true
		}
	}
	// The keys of another world did not sign a token that was written to a file.
	return strings.Contains(why, "would be refused with key_unknown")
}

// steps is how many verbs are recorded, about; a thousand a session.
//
//	go test ./shell/internal/record -run Sessions -v -steps 1000000
var steps = flag.Int("steps", 20_000, "how many verbs the property test of recordings runs, about")

func TestRecordedSessionsPass(t *testing.T) {
	sessions := max(8, *steps/1000)
	if testing.Short() {
		sessions = 8
	}
	for _, w := range recordedWorlds() {
		t.Run(w.name, func(t *testing.T) {
			t.Parallel()
			tally := map[string]int{}
			began := tokens.Stopwatch()
			for n := range sessions {
				recordOne(t, w, uint64(n), tally)
				if t.Failed() {
					return
				}
			}
			t.Logf("%d sessions in %s: %v", sessions, began().Round(time.Millisecond), tally)
			if tally["kept"] < 10*sessions || tally["refused"] < sessions {
				t.Errorf("too little is kept: %v", tally)
			}
		})
	}
}

// recordOne records a random session and looks at what is written.
func recordOne(t *testing.T, w recordedWorld, n uint64, tally map[string]int) {
	t.Helper()
	k := newTalker(t, w, n)
	secrets := shelltest.NewSecrets()
	for range 12 + k.rng.IntN(25) {
		_ = k.say(t.Context(), k.next()) // whatever it is
		secrets.Wallet(k.shell)
	}
	var stdout, stderr strings.Builder
	if err := k.shell.Line(t.Context(), "record --from-start story.txtar -o json", false, &stdout, &stderr); err != nil {
		text, _ := os.ReadFile(k.shell.Dir.Full("story.txtar"))
		t.Fatalf("session %d: %v\n%s\n\n%s", n, err, strings.Join(k.said, "\n"), text)
	}
	var answer struct {
		Lines   int               `json:"lines"`
		LeftOut []record.Omission `json:"left_out"`
	}
	if err := json.Unmarshal([]byte(stdout.String()), &answer); err != nil {
		t.Fatal(err)
	}
	tally["kept"] += answer.Lines
	tally["left out"] += len(answer.LeftOut)
	text, err := os.ReadFile(k.shell.Dir.Full("story.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range answer.LeftOut {
		why, _, _ := strings.Cut(o.Why, ": ")
		if strings.HasSuffix(why, "may still be good") {
			why = "a file with a live token"
		}
		tally[why]++
		if i == 0 && !mustLeave(o.Why) {
			t.Errorf("session %d: %s is left out: %s\n%s\n\n%s", n, o.Line, o.Why, strings.Join(k.said, "\n"), text)
		}
	}
	for _, seed := range []uint64{1, 2} {
		o := runOne(t, k.shell.Dir.Full("story.txtar"), seed)
		if o.Verdict != scenario.Passed {
			t.Errorf("session %d, seed %d: line %d: %s: %s\n%s", n, seed, o.Line, o.Text, o.Why, text)
		}
	}
	tally["refused"] += k.toldInOrder(string(text), answer.LeftOut)
	archive := txtar.Parse(text)
	secrets.Search(t, "the scenario", string(archive.Comment), false)
	for _, f := range archive.Files {
		for _, held := range k.shell.Wallet.Held {
			if strings.Contains(string(f.Data), held.Raw) && held.Expires.After(k.shell.World.Clock.Now()) {
				t.Errorf("session %d: section %s holds the live token %s", n, f.Name, held.Handle)
			}
		}
	}
}

// toldInOrder wants every command that was answered, and is not left out, in
// the scenario with its answer, one after the other; it gives how many were
// refused.
func (k *talker) toldInOrder(story string, left []record.Omission) (refused int) {
	lines := strings.Split(string(txtar.Parse([]byte(story)).Comment), "\n")
	for _, e := range k.shell.Transcript.All() {
		words := record.Unjudged(e.Words)
		if len(left) > 0 && redact.OneLine(k.shell.Redact(e.Typed)) == left[0].Line {
			left = left[1:]
			continue
		}
		if e.Err != nil && exit.Rejections(e.Err) == nil || slices.Contains([]string{"record", "quit", "history", "tour", "help"}, words[0]) || words[0] == "set" && record.OwnSetting(words) {
			continue
		}
		want := exit.Expected(e.Err) + words[0] + " "
		at := slices.IndexFunc(lines, func(line string) bool {
			return strings.HasPrefix(line+" ", want) || words[0] == "let" && strings.HasPrefix(line, "capture ")
		})
		if at < 0 {
			k.t.Errorf("%q was answered with %v and stands nowhere behind\n%s", redact.OneLine(k.shell.Redact(e.Typed)), e.Err, strings.Join(k.said, "\n"))
			return refused
		}
		lines = lines[at+1:]
		if e.Err != nil {
			refused++
		}
	}
	return refused
}

// runOne runs a scenario.
func runOne(t *testing.T, path string, seed uint64) (o scenario.Outcome) {
	t.Helper()
	if err := scenario.Run(t.Context(), shelltest.Language(), scenario.Config{Seed: seed, Check: true}, []string{path}, func(got scenario.Outcome) { o = got }); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", path, err))
	}
	return o
}

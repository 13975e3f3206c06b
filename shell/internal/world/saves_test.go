// Worlds put aside: all of a world comes back, and what is written of it says
// where it goes on to.

package world_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"tokenshell/shell/internal/canon"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/stage"
	"tokenshell/shell/internal/world"
)

// notSaved are the fields of a world that do not come back, and why.
var notSaved = map[string]string{
	"ring.Ring.kept":                    "log and conversation go on: what was taken back is told, as undone",
	"ring.Ring.count":                   "log and conversation go on",
	"ring.Ring.past":                    "it is what comes back of log and conversation, in as many pieces as there were ways here",
	"ring.Ring.since":                   "likewise",
	"wire.Wire.lives":                   "how often a relay was started matters to whoever waits for it just then",
	"packing.shared.all":                "which number a word has is the same for ever",
	"packing.shared.at":                 "likewise",
	"issuers.Sealer.letters":            "the same letter is the same text in every future: see issuers.Sealer.Seal",
	"issuers.Sealer.oldest":             "likewise",
	"issuers.Sealer.opened":             "likewise",
	"kmsmock.KMS.aside":                 "it is what is put aside itself",
	"orchestrator.MemoryStore.aside":    "likewise",
	"orchestrator.MemoryLedger.aside":   "likewise",
	"orchestrator.registry.aside":       "likewise",
	"witness.Witness.aside":             "likewise",
	"orchestrator.MemoryStore.unpacked": "what is packed says the same for ever",
	"client.Wallet.secrets":             "what was secret once stays secret",
	"client.Client.start":               "how everything was in the beginning is the same for ever",
	"client.Client.saves":               "what was put aside stays so, whichever world is taken back",
	"packing.Words.room":                "nothing stays there",
}

// notWritten are the fields in which two worlds may differ and be the same to Canon,
// and why that bears on no future. What does not come back at all is in notSaved.
var notWritten = map[string]string{
	"tokens.Mint.counters":            "which ids come next decides nothing",
	"kmsmock.KMS.made":                "nor which keys",
	"issuers.KeyRing.made":            "nor what a key is called",
	"tokens.WorldClock.base":          "times are written as distances from it",
	"tokens.WorldClock.skews":         "to be off by nothing is not to be off",
	"wire.Fault.Party":                "faults of different steps know nothing of each other, and stand in any order",
	"wire.Fault.Step":                 "likewise",
	"wire.Fault.Kind":                 "likewise",
	"wire.Fault.Left":                 "likewise",
	"wire.Fault.After":                "likewise",
	"wire.Fault.Line":                 "likewise",
	"wire.Fault.Met":                  "how often it went off is told",
	"orchestrator.Record.Version":     "it tells who was first, and an attempt that may be asked for once more is written",
	"orchestrator.Record.Number":      "they are written in the order of opening",
	"orchestrator.MemoryStore.ever":   "likewise",
	"orchestrator.kept.packed":        "the record is written that it is of",
	"orchestrator.Record.Opened":      "when a thing happened is told",
	"orchestrator.Step.Detail":        "why is told; the reason is written",
	"wire.Conversation.Tries":         "which try a message was, is told",
	"issuers.books.live":              "what was never issued waits there for its time, and is passed over",
	"issuers.Issuer.settled":          "Canon settles the books, as whoever looks at them does",
	"issuers.Reservation.digest":      "the token follows from the reservation",
	"issuers.Reservation.constraints": "likewise",
	"tokens.Receipt.At":               "when a thing happened is told",
	"client.Token.Since":              "likewise",
	"holds.Pots.added":                "a customer's pot of which nothing is held and nothing was taken is none",
	"kmsmock.key.created":             "likewise",
	"kmsmock.alias.created":           "likewise",
	"kmsmock.alias.updated":           "likewise",
}

// scene is a shell with the files that the lines of wander read.
func scene(t testing.TB, seed uint64) *interp.Shell {
	t.Helper()
	s := shelltest.New(t, seed)
	s.Dir.Path = t.TempDir()
	for _, o := range shelltest.OutsideTokens() {
		shelltest.WriteFile(t, s.Dir.Full(o.File+".jws"), o.Raw(t)+"\n")
	}
	return s
}

// stories are ends that a walk seldom comes to by itself.
var stories = [][]string{
	{"fault clear", "session new", "coupon confirm FIVE", "points confirm 1", "payment confirm 1.00 --method visa", "checkout", "clock advance 27h", "view coupons"},                                // forgotten
	{"fault clear", "set check on", "session new", "coupon confirm FIVE", "points confirm 1", "fault points.redeem refuse", "fault coupons.cancel timeout --count 9", "checkout", "points balance"}, // stuck
	{"session new op_1 --customer user_123", "CLUB", "session use op_1", "redeem --direct @gift.jws", "relay @gift-es.jws", "redeem"},
	{"session new", "points confirm 1", "keys rotate points", "clock advance 3m", "keys list", "clock advance 53h", "keys list"},
}

// wander does some n things in a shell that chance chooses, good and bad, and gives
// their lines.
func wander(t testing.TB, r *rand.Rand, s *interp.Shell, n int) (lines []string) {
	t.Helper()
	club, story := shelltest.TrustClub(t), []string(nil)
	if r.IntN(2) == 0 && n > 1 {
		story = stories[r.IntN(len(stories))]
	}
	for i := range n + len(story) {
		var line string
		if moves := shelltest.Possible(s.Client); r.IntN(4) > 0 {
			m := moves[r.IntN(len(moves))]
			if line = m.Line; m.Forges != "" {
				shelltest.WriteFile(t, s.Dir.Full(m.File), stage.Spoiled(s.Wallet.ByHandle[m.Forges].Raw))
			}
		} else {
			others := []string{
				"clock skew coupons --ahead 10s", "clock skew relay --behind 10s", "clock skew kms --ahead 0s", "clock advance 26h", "clock advance 119s",
				"set leeway 30s", "set leeway 0s", "set check on", "set check off", "fault clear", "keys rotate points", "payment confirm 10.00 --method visa",
				"coupon confirm FIVE", "points confirm 1 --ttl 5m", club + " --service club", "trust remove " + shelltest.Club, "relay @gift.jws",
				"token import gift-es.jws", "redeem --direct @gift-rs.jws", "fault club.redeem lost-reply", "session new", "session new op_9", "session use op_1",
				"fault points.redeem late", "deliver points.redeem", "fault relay.relay late --count 2", "deliver relay.relay", "restart relay", "restart relay --forget",
				"fault coupons.redeem crash-after", "fault relay.redeem crash-before", "fault points.confirm meanwhile 'checkout'", "fault coupons.redeem duplicate --after 1",
				"fault ledger.use unavailable",
			}
			for _, p := range s.World.Parties {
				for _, k := range p.Keys().List() {
					others = append(others, "keys retire "+k.ID, "keys disable "+k.ID)
				}
			}
			line = others[r.IntN(len(others))]
		}
		if i < len(story) {
			line = strings.ReplaceAll(story[i], "CLUB", club+" --service club")
		}
		lines = append(lines, line)
		_ = s.Line(t.Context(), line, false, io.Discard, io.Discard) // refused or not
	}
	return lines
}

// saving gives a scene whose relay is one of the parts that are put aside.
func saving(t testing.TB, seed uint64) *interp.Shell {
	t.Helper()
	s := scene(t, seed)
	if !world.SavesRelay(s.World) {
		t.Skip("the relay is no part of what is put aside")
	}
	return s
}

// state gives what is written of a shell's world.
func state(s *interp.Shell) []byte {
	var w canon.Writer
	return bytes.Clone(s.State(&w))
}

// replay runs lines, and gives their verdicts and the state after each.
func replay(t testing.TB, s *interp.Shell, lines []string) (said []string) {
	t.Helper()
	for _, line := range lines {
		err := s.Line(t.Context(), line, false, io.Discard, io.Discard)
		said = append(said, fmt.Sprintf("%s: %s %x", line, exit.Verdict(err), canon.Digest(state(s))))
	}
	return said
}

// Whatever is done to a world that was put aside, all of it comes back: each field
// of each party, and each field that is excused is there. It goes on as it did.
func TestAllOfAWorldComesBack(t *testing.T) {
	met, walks := map[string]bool{}, 40
	if testing.Short() {
		walks = 10
	}
	allComesBack(t, walks, met, saving)
	for field, why := range notSaved {
		if !met[field] {
			t.Errorf("%s is excused (%s), and there is none", field, why)
		}
	}
}

func allComesBack(t *testing.T, walks int, met map[string]bool, begin func(t testing.TB, seed uint64) *interp.Shell) {
	t.Helper()
	for seed := range uint64(walks) {
		r := rand.New(rand.NewPCG(seed, 0))
		s := begin(t, seed%3)
		story := wander(t, r, s, r.IntN(25))
		was := state(s)
		before, saved := walk(notSaved, met, s.Client), s.Save()
		next := wander(t, r, s, 1+r.IntN(25))
		s.Restore(saved)
		if got := state(s); !bytes.Equal(got, was) {
			t.Errorf("after %s\nthen %s: another state", strings.Join(story, "; "), strings.Join(next, "; "))
		}
		for _, d := range differences(before, walk(notSaved, met, s.Client)) {
			t.Errorf("after %s\nthen %s\n%s", strings.Join(story, "; "), strings.Join(next, "; "), d)
		}
		first := replay(t, s, next)
		s.Restore(saved)
		if again := replay(t, s, next); !slices.Equal(first, again) {
			t.Errorf("after %s: it goes on in another way (-first +again):\n%s", strings.Join(story, "; "), strings.Join(differences(first, again), "\n"))
		}
		if t.Failed() {
			return
		}
	}
}

// A part that is not restored is noticed by the walk.
func TestTheWalkMissesNoPart(t *testing.T) {
	missed := map[string]bool{}
	for _, name := range world.PartNames(saving(t, 1).World) {
		missed[name] = name != "*logbook.Logbook" // of which all fields are excused
	}
	for seed := uint64(0); seed < 60 && slices.Contains(slices.Collect(maps.Values(missed)), true); seed++ {
		r := rand.New(rand.NewPCG(seed, 1))
		s := saving(t, 1)
		wander(t, r, s, 1+r.IntN(10))
		state(s)
		before, saved := walk(notSaved, map[string]bool{}, s.World), s.World.Save()
		wander(t, r, s, 15)
		late := s.World.Save()
		for i, name := range world.PartNames(s.World) {
			if missed[name] {
				world.RestoreBut(s.World, saved, i)
				missed[name] = len(differences(before, walk(notSaved, map[string]bool{}, s.World))) == 0
				s.World.Restore(late)
			}
		}
	}
	for name, m := range missed {
		if m {
			t.Errorf("nothing is missing without %s", name)
		}
	}
}

// after gives a shell after some lines, which may be refused.
func after(t *testing.T, lines ...string) *interp.Shell {
	t.Helper()
	s := shelltest.New(t, 1)
	for _, line := range append([]string{"session new op_1 --fact subtotal=120.00"}, lines...) {
		_ = s.Line(t.Context(), line, false, io.Discard, io.Discard)
	}
	return s
}

// Histories after which the same line is answered in another way are different
// states. The first four had the same label once.
func TestStatesThatDiffer(t *testing.T) {
	for name, tt := range map[string]struct{ one, other, next string }{
		"a rotation before or after": {"points confirm 1 --name t1; keys rotate points; clock advance 2m", "keys rotate points; points confirm 1 --name t1; clock advance 2m", "relay t1"},
		"relayed or not, expired":    {"points confirm 1 --name t1; relay t1; clock advance 2m", "points confirm 1 --name t1; clock advance 2m", "redeem"},
		"relayed or not, revoked":    {"points confirm 1 --name t1; relay t1; revoke t1", "points confirm 1 --name t1; revoke t1", "redeem"},
		"29 seconds or one": {
			"payment confirm 1.00 --method visa --name t1 --ttl 29s; fault kms.decrypt slow", "payment confirm 1.00 --method visa --name t1 --ttl 1s; fault kms.decrypt slow", "checkout",
		},
		"one more fault":       {"points confirm 1; fault points.redeem refuse --count 2", "points confirm 1; fault points.redeem refuse", "checkout"},
		"another order of two": {"points confirm 1; fault points.redeem refuse; fault points.redeem timeout", "points confirm 1; fault points.redeem timeout; fault points.redeem refuse", "checkout"},
		"who is off":           {"points confirm 1 --name t1; clock advance 119s; clock skew relay --ahead 5s", "points confirm 1 --name t1; clock advance 119s; clock skew points --ahead 5s", "relay t1"},
		"a leeway":             {"points confirm 1 --name t1; clock advance 2m; set leeway 5s", "points confirm 1 --name t1; set leeway 0s; clock advance 2m", "relay t1"},
		"used or not":          {"coupon confirm LASTONE; revoke coupon-1", "coupon confirm LASTONE; session new op_2", "coupon confirm LASTONE"},
		"whose name is free":   {"session close", "session close; clock advance 26h", "session new op_1"},
		"a handle":             {"points confirm 1 --name t1", "points confirm 1 --name t2", "relay t1"},
		"a coupon's end":       {"session close", "session close; clock set 2027-01-01T00:00:00Z; session close", "coupon confirm TEN"},
		"a key at the KMS":     {"points confirm 1", "points confirm 1; keys rotate points", "keys rotate points"},
	} {
		t.Run(name, func(t *testing.T) {
			one, other := after(t, strings.Split(tt.one, "; ")...), after(t, strings.Split(tt.other, "; ")...)
			if !world.SavesRelay(one.World) {
				t.Skip("the relay is no part of what is put aside")
			}
			if bytes.Equal(state(one), state(other)) {
				t.Errorf("after %s and after %s: the same", tt.one, tt.other)
			}
		})
	}
}

// Histories that lead to the same are the same, whatever their ids and the hour.
func TestStatesThatAreTheSame(t *testing.T) {
	for name, tt := range map[string][2]string{
		"in one step or two":       {"points confirm 1; clock advance 30s; clock advance 30s", "points confirm 1; clock advance 1m"},
		"which fault came first":   {"fault points.redeem refuse; fault coupons.redeem refuse", "fault coupons.redeem refuse; fault points.redeem refuse"},
		"a refusal":                {"points confirm 1 --name t1", "points confirm 99999; payment confirm 1.00 --method broke; relay nobody; points confirm 1 --name t1"},
		"ids that were never used": {"payment confirm 1.00 --method visa --name t1", "fault kms.sign refuse; payment confirm 1.00 --method visa --name t1; payment confirm 1.00 --method visa --name t1"},
		"a look at the books":      {"points confirm 1; clock advance 3m", "points confirm 1; clock advance 3m; view points; keys list; session show"},
		"a clock set right":        {"clock skew points --ahead 5s; clock skew points --ahead 0s", "session show"},
	} {
		t.Run(name, func(t *testing.T) {
			if one, other := after(t, strings.Split(tt[0], "; ")...), after(t, strings.Split(tt[1], "; ")...); !bytes.Equal(state(one), state(other)) {
				t.Errorf("after %s and after %s: not the same\n%q\n%q", tt[0], tt[1], state(one), state(other))
			}
		})
	}
}

// Wherever two histories lead to the same state, every line has the same verdict
// after one as after the other, and leads to the same state again. A field in which
// they differ is excused.
func TestTheSameStateGoesOnAlike(t *testing.T) { goesOnAlike(t, saving(t, 1), 100, 100) }

// goesOnAlike takes so many walks, which have to come to so many states in more than
// one way.
func goesOnAlike(t *testing.T, s *interp.Shell, walks, often int) {
	t.Helper()
	type place struct {
		saved any
		lines []string
	}
	known := map[[16]byte]place{}
	begin, r, met := s.Save(), rand.New(rand.NewPCG(1, 1)), 0
	for range walks {
		s.Restore(begin)
		var lines []string
		for range 12 {
			lines = append(lines, wander(t, r, s, 1)...)
			at, here := canon.Digest(state(s)), s.Save()
			first, again := known[at]
			if !again {
				known[at] = place{here, slices.Clone(lines)}
				continue
			}
			if slices.Equal(first.lines, lines) {
				continue
			}
			met++
			s.Restore(first.saved)
			before := walked(notSaved, map[string]bool{}, s.Client)
			s.Restore(here)
			for field := range fieldsThatDiffer(before, walked(notSaved, map[string]bool{}, s.Client)) {
				if notWritten[field] == "" {
					t.Errorf("after %s\nand after %s\nthe same is written, and %s differs", strings.Join(lines, "; "), strings.Join(first.lines, "; "), field)
				}
			}
			next := wander(t, r, s, 3)
			s.Restore(here)
			one := replay(t, s, next)
			s.Restore(first.saved)
			other := replay(t, s, next)
			if !slices.Equal(one, other) {
				t.Fatalf("after %s\nand after %s\n%s", strings.Join(lines, "; "), strings.Join(first.lines, "; "), strings.Join(differences(one, other), "\n"))
			}
			s.Restore(here)
		}
	}
	t.Logf("%d states, %d came to in more than one way", len(known), met)
	if met < often {
		t.Errorf("only %d states were come to in more than one way", met)
	}
}

// midway is a client in the middle of a checkout of three: all are accepted, and
// the first is redeemed.
func midway(b *testing.B) *client.Client {
	b.Helper()
	s := shelltest.New(b, 1)
	shelltest.Do(b, s, "session new op_1 --fact subtotal=120.00", "coupon confirm TEN", "points confirm 500", "payment confirm 80.00 --method visa",
		"relay coupon-1 points-1 payment-1", "fault points.redeem timeout --count 3", "fault coupons.cancel timeout --count 3")
	_ = s.Line(b.Context(), "redeem", false, io.Discard, io.Discard) // stuck: one is redeemed, one nobody knows of, one is free again
	if open := s.World.Sessions()[0].Steps; open[0].Status == open[2].Status {
		b.Fatal(open)
	}
	return s.Client
}

func BenchmarkSave(b *testing.B) {
	c := midway(b)
	b.ReportAllocs()
	for b.Loop() {
		c.Save()
	}
}

func BenchmarkRestore(b *testing.B) {
	c := midway(b)
	saved := c.Save()
	b.ReportAllocs()
	for b.Loop() {
		c.Restore(saved)
	}
}

func BenchmarkCanon(b *testing.B) {
	c := midway(b)
	var w canon.Writer
	b.ReportAllocs()
	for b.Loop() {
		c.State(&w)
	}
	b.ReportMetric(float64(len(c.State(&w))), "bytes")
}

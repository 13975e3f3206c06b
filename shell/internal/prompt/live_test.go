// Completion of live values: each place of the grammar offers what fits there,
// as the world is now.

package prompt_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/conform"
	"tokenshell/shell/internal/domains"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/prompt"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/wire"
	"tokenshell/shell/internal/world"
	"tokenshell/shell/lineedit"
)

// offered gives the values that Tab would offer at a line's end.
func offered(t *testing.T, s *interp.Shell, line string) []string {
	t.Helper()
	var values []string
	for value := range described(t, s, line) {
		values = append(values, value)
	}
	slices.Sort(values)
	return values
}

// described gives what stands beside each.
func described(t *testing.T, s *interp.Shell, line string) map[string]string {
	t.Helper()
	done, _, err := prompt.Tab(s, line, len(line))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, candidate := range done.Candidates {
		if strings.HasPrefix(candidate.Value, line[done.From:]) {
			all[candidate.Value] = candidate.Description
		}
	}
	return all
}

// offers compares what is offered with what fits, in any order.
func offers(t *testing.T, s *interp.Shell, line string, want ...string) {
	t.Helper()
	slices.Sort(want)
	if diff := cmp.Diff(want, offered(t, s, line)); diff != "" {
		t.Errorf("%q offers (-want +got):\n%s", line, diff)
	}
}

// Every tag names a kind that there is, and every kind is somewhere.
func TestEveryKindHasARowAndIsUsed(t *testing.T) {
	kinds, used := prompt.Kinds(domains.All()), map[string]bool{}
	for path, node := range shelltest.Verbs(t) {
		places := map[string]*kong.Value{}
		for _, p := range node.Positional {
			places[p.Name] = p
		}
		for _, f := range node.Flags {
			places["--"+f.Name] = f.Value
		}
		for name, place := range places {
			kind := place.Tag.Get("complete")
			if kind == "" {
				continue
			}
			used[kind] = true
			if !slices.Contains(kinds, kind) {
				t.Errorf("%s %s: there is no kind %q", path, name, kind)
			}
		}
	}
	for _, kind := range kinds {
		if !used[kind] {
			t.Errorf("kind %q is offered nowhere", kind)
		}
	}
}

// Coupons are those that could be confirmed now.
func TestCouponsThatApply(t *testing.T) {
	s := shelltest.New(t, 1)
	offers(t, s, "coupon confirm ", "TEN", "FIVE", "WELCOME", "LASTONE", "EARLYBIRD") // no session: no subtotal
	shelltest.Do(t, s, "session new op_1")
	offers(t, s, "coupon confirm ", "TEN", "FIVE", "WELCOME", "LASTONE", "EARLYBIRD")
	shelltest.Do(t, s, "session set subtotal=45.00")
	offers(t, s, "coupon confirm ", "TEN", "FIVE", "WELCOME", "LASTONE", "EARLYBIRD", "HALF")
	shelltest.Do(t, s, "session set subtotal=120.00")
	offers(t, s, "coupon confirm ", "TEN", "FIVE", "WELCOME", "LASTONE", "EARLYBIRD", "HALF", "SPRING25", "BIG100")
	shelltest.Do(t, s, "coupon confirm TEN") // only what goes together with it is left
	offers(t, s, "coupon confirm ", "TEN", "FIVE", "WELCOME")
	shelltest.Do(t, s, "coupon confirm WELCOME") // once for each customer
	offers(t, s, "coupon confirm ", "TEN", "FIVE")
	shelltest.Do(t, s, "revoke coupon-1", "revoke coupon-2", "clock set 2028-06-01T00:00:00Z")
	offers(t, s, "coupon confirm ", "FIVE", "WELCOME", "LASTONE", "EARLYBIRD", "HALF", "SPRING25", "BIG100", "NEXTYEAR")
	if got := described(t, s, "coupon confirm SPR")["SPRING25"]; got != "25.00 off, from 100.00" {
		t.Errorf("SPRING25 is described as %q", got)
	}
}

func TestTokensAndWhatIsSaidOfThem(t *testing.T) {
	s := shelltest.New(t, 1)
	offers(t, s, "relay ")
	shelltest.Do(t, s, "session new op_1", "coupon confirm TEN", "points confirm 5 --ttl 5m", "clock advance 30s", "payment confirm 5.00 --method visa --name card", "relay card")
	want := map[string]string{
		"coupon-1": "coupons, issued, 30 s old, 1 min 30 s left",
		"points-1": "points, issued, 30 s old, 4 min 30 s left",
		"card":     "payments, accepted, 0 s old, 2 min left",
	}
	if diff := cmp.Diff(want, described(t, s, "relay ")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	offers(t, s, "relay coupon-1 ", "points-1", "card") // what stands in the line is left out
	offers(t, s, "relay coupon-1 card p", "points-1")
	offers(t, s, "token show c", "coupon-1", "card")
	shelltest.Do(t, s, "clock advance 2m")
	if got := described(t, s, "revoke ")["coupon-1"]; got != "coupons, expired, 2 min 30 s old" {
		t.Errorf("coupon-1 is described as %q", got)
	}
}

func TestNamesOfTheWorld(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new op_1 --customer user_456", "session close", "session new op_2")
	if diff := cmp.Diff(map[string]string{"op_1": "closed, user_456", "op_2": "open, user_123"}, described(t, s, "session use ")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"visa": "500.00 available", "broke": "500.00 available"}, described(t, s, "payment confirm 5.00 --method ")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	offers(t, s, "session new op_3 --customer ", "user_123", "user_456", "user_789")
	offers(t, s, "keys rotate ", "coupons", "points", "payments")
	offers(t, s, "view ", "client", "relay", "kms", "coupons", "points", "payments")
	offers(t, s, "token show coupon-1 --as ", "client", "relay", "coupons", "points", "payments")
	offers(t, s, "log --party ", "relay", "kms", "coupons", "points", "payments")
	offers(t, s, "clock skew p", "points", "payments")
	shelltest.Do(t, s, "keys rotate coupons")
	kids := described(t, s, "keys retire coupons-k")
	if states := slices.Sorted(maps.Values(kids)); !slices.Equal(states, []string{"active", "retired"}) {
		t.Errorf("keys of coupons: %q", kids)
	}
	offers(t, s, "trust remove ")
	shelltest.Do(t, s, shelltest.TrustClub(t)+" --service club")
	offers(t, s, "trust remove ", shelltest.Club)
	offers(t, s, "fault club.", "club.redeem", "club.cancel")
	offers(t, s, "fault kms.", "kms.sign", "kms.decrypt")
	offers(t, s, "fault points.", "points.confirm", "points.redeem", "points.cancel", "points.revoke")
	offers(t, s, "fault points.redeem ", wire.FaultKinds("points", "redeem")...)
	for _, in := range []string{"fault points.redeem meanwhile '", "fault points.redeem --count 2 meanwhile-after '"} { // the line of somebody else
		offers(t, s, in+"restart relay --f", "--forget")
		offers(t, s, in+"points ", "balance", "confirm")
		offers(t, s, in+"let A \\''")
	}
	offers(t, s, "let A 'points ")
	offers(t, s, "let A 'points --")
	offers(t, s, "'")
	offers(t, s, "explore --without ", world.Leavable()...)
}

func TestAttacksAndTheirGroups(t *testing.T) {
	s := shelltest.New(t, 1)
	var groups []string
	for _, g := range attacks.Groups() {
		groups = append(groups, string(g))
	}
	offers(t, s, "attack list --group ", groups...)
	if got := len(offered(t, s, "attack run ")); got != len(attacks.All()) {
		t.Errorf("%d of %d attacks are offered", got, len(attacks.All()))
	}
	if got := offered(t, s, "attack run ALG-01 "); len(got) != len(attacks.All())-1 || slices.Contains(got, "ALG-01") {
		t.Errorf("ALG-01 is offered again")
	}
}

// Facts are those that the world's domains read, and those that it lists; what
// stands in the line is not offered again.
func TestFactsAreOffered(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new op_1")
	offers(t, s, "session set ", "payable=", "subtotal=")
	offers(t, s, "session set p", "payable=")
	offers(t, s, "session new op_2 --fact ", "payable=", "subtotal=")
	offers(t, shelltest.In(t, "customers: [{id: a}]\nfacts: [country]\n", 1), "session new --fact ", "country=", "payable=", "subtotal=")
	done, _, err := prompt.Tab(s, "session set pay", len("session set pay"))
	if err != nil || len(done.Candidates) == 0 || !done.Candidates[0].NoSpace {
		t.Errorf("a value follows: %+v, %v", done, err)
	}
}

func TestOptionsAndTheirValues(t *testing.T) {
	s := shelltest.New(t, 1)
	offers(t, s, "set ", "check", "color", "leeway", "output", "tips", "without")
	offers(t, s, "set without non", "none")
	offers(t, s, "set color ", "auto", "always", "never")
	offers(t, s, "set tips ", "on", "off")
	offers(t, s, "set leeway ")
	offers(t, s, "set colour ")
	offers(t, s, "points balance -o ", "text", "json")
	offers(t, s, "points balance --color a", "auto", "always")
	offers(t, s, "trace --format ", "text", "mermaid", "html")
}

// What explore is bounded by is offered one after the other, and nothing twice.
func TestListsWithCommas(t *testing.T) {
	s := shelltest.New(t, 1)
	offers(t, s, "explore --fates l", "lose", "late")
	offers(t, s, "explore --fates lose,l", "lose,late")
	offers(t, s, "explore --fates lose,late,l")
	offers(t, s, "explore --bound J", "J", "JD", "JL", "JR", "JT")
	offers(t, s, "explore --bound JT,J", "JT,J", "JT,JD", "JT,JL", "JT,JR")
	offers(t, s, "explore --bound s", "sessions=", "skew=")
	offers(t, s, "explore --bound sessions=1,s", "sessions=1,skew=")
	offers(t, s, "explore --bound sessions=1,J")
}

// What help explains is offered: verbs, parties, reasons.
func TestTopics(t *testing.T) {
	s := shelltest.New(t, 1)
	offers(t, s, "help pay", "payment", "payments")
	offers(t, s, "help re", "relay", "redeem", "record", "restart", "revoke", "reasons", "replayed", "revoked")
	offers(t, s, "help coupon ", "list", "confirm")
	offers(t, s, "help coupon confirm ")
	offers(t, s, "help nonsense ")
	for topic := range described(t, s, "help ") {
		shelltest.Do(t, s, "help "+topic)
	}
	offers(t, s, "expect session_", "session_closed", "session_mismatch", "session_unknown")
	offers(t, s, "expect replayed,session_", "replayed,session_closed", "replayed,session_mismatch", "replayed,session_unknown")
}

// A flag's value may be joined to it.
func TestValuesBehindAnEqualsSign(t *testing.T) {
	s := shelltest.New(t, 1)
	offers(t, s, "log --output=", "json", "text")
	offers(t, s, "log --output=j", "json")
	offers(t, s, "payment confirm 5.00 --method=v", "visa")
	offers(t, s, "log --nope=")
	offers(t, s, "keys list --jq=")
}

// Verbs that run a verb complete it as if it stood alone.
func TestInsideAVerb(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new op_1", "coupon confirm TEN")
	verbs := offered(t, s, "")
	for _, before := range []string{"! ", "watch 1s ", "watch 1s --count 2 ", "watch --count 2 1s ", "expect replayed ", "capture X ", "watch 1s expect replayed "} {
		offers(t, s, before, verbs...)
		offers(t, s, before+"relay ", "coupon-1")
		offers(t, s, before+"session ", "new", "list", "show", "use", "set", "close")
		offers(t, s, before+"trace --format ", "text", "mermaid", "html")
	}
	offers(t, s, "watch ")
	offers(t, s, "watch 1s --count ")
	offers(t, s, "capture ")
	offers(t, s, "nonsense ")
	offers(t, s, "coupon nonsense ")
}

func TestVariablesAreOfferedAndSecretsHidden(t *testing.T) {
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new op_1", "coupon confirm TEN", "let CODE TEN", "capture TOKEN token raw coupon-1", "let 'CODES' 'a b'")
	want := map[string]string{"$CODE": "TEN", "$CODES": "a b"}
	if diff := cmp.Diff(want, described(t, s, "coupon confirm $C")); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if got := described(t, s, "relay $")["$TOKEN"]; got != "(secret)" {
		t.Errorf("$TOKEN is described as %q", got)
	}
}

func TestFilesAreOffered(t *testing.T) {
	s := shelltest.New(t, 1)
	s.Dir.Path = t.TempDir()
	for _, name := range []string{"a.jwt", "ab.jwt", "b.tsh", ".hidden", "with space", "folder/inner.jwt"} {
		path := filepath.Join(s.Dir.Path, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		shelltest.WriteFile(t, path, "")
	}
	offers(t, s, "source ", "a.jwt", "ab.jwt", "b.tsh", "folder/")
	offers(t, s, "relay @a", "@a.jwt", "@ab.jwt")
	offers(t, s, "token import folder/", "folder/inner.jwt")
	offers(t, s, "token explain @folder/i", "@folder/inner.jwt")
	offers(t, s, "source "+s.Dir.Path+"/b", s.Dir.Path+"/b.tsh")
	offers(t, s, "source nowhere/")
}

// A verb's own flags come before those that every verb has.
func TestOwnFlagsComeFirst(t *testing.T) {
	const line = "points confirm 5 --"
	done, _, err := prompt.Tab(shelltest.New(t, 1), line, len(line))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, candidate := range done.Candidates {
		got = append(got, candidate.Value)
	}
	if at := slices.Index(got, "--output"); len(got) < 3 || got[0] != "--name" || at < slices.Index(got, "--ttl") {
		t.Error(got)
	}
}

// What is offered is not a token, and says nothing of one: not even its variable.
func TestNoTokenIsOffered(t *testing.T) {
	x := shelltest.NewSecrets()
	s := shelltest.Leaky(t, x)
	for _, line := range append(everyPlace(t), "relay $", "relay ", "token show ", "let X $", "capture Y $") {
		for value, about := range described(t, s, line) {
			x.Search(t, "Tab behind "+line, value+"\n"+about+"\n", false)
		}
	}
}

// everyPlace gives a line up to each argument and flag of each verb.
func everyPlace(t *testing.T) (lines []string) {
	for path, node := range shelltest.Verbs(t) {
		lines = append(lines, path+" ", path+" x ", path+" --")
		for _, f := range node.Flags {
			lines = append(lines, path+" --"+f.Name+" ")
		}
	}
	return lines
}

// elsewhere are the flags of an attack on somebody else's relay.
const elsewhere = " [--target FILE] [--adapter 'CMD ARG…'] [--known FILE] [--write-known FILE] [--fail-on error|warning] [--require-all] [--reasons any|mapped|exact] [--life D] [--no-wait] [--timeout D] [--jobs N] [--fail-fast] [--no-start] [--allow-host HOST:PORT…] [--report KIND=FILE…]"

// The hint says what is still to come, and no more.
func TestHintsOfWhatIsToCome(t *testing.T) {
	s := shelltest.New(t, 1)
	hint := func(line string, pos int) string {
		t.Helper()
		_, hint, err := prompt.Tab(s, line, pos)
		if err != nil {
			t.Fatal(err)
		}
		return hint
	}
	for line, want := range map[string]string{
		"":                                     "",
		"payment":                              "",
		"payment ":                             "methods|confirm",
		"payment confirm ":                     "AMOUNT --method M [--name HANDLE] [--ttl D]",
		"payment confirm 5.00 ":                "--method M [--name HANDLE] [--ttl D]",
		"payment confirm 5.00 --method ":       "M",
		"payment confirm 5.00 --method visa ":  "[--name HANDLE] [--ttl D]",
		"payment confirm --ttl 1m --method x ": "AMOUNT [--name HANDLE]",
		"session new op_1 --fact a=b ":         "[--customer C] [--fact NAME=VALUE…] [--fact-any]",
		"relay coupon-1 ":                      "TOKEN… [--at RELAY]",
		"set color ":                           "[VALUE]",
		"attack run ":                          "[ID…] [--group G] [--who W] [--check C] [--without CHECK]" + elsewhere + " [--seed N]",
		"attack run --seed 3 ":                 "[ID…] [--group G] [--who W] [--check C] [--without CHECK]" + elsewhere,
		"fault points.redeem ":                 "KIND [LINE] [--count N] [--after N]",
		"watch ":                               "D [--count N] VERB…",
		"watch 1s --count 2 coupon confirm ":   "CODE [--name HANDLE] [--ttl D]",
		"expect ":                              "REASON VERB…",
		"nonsense ":                            "",
		"points balance ":                      "",
	} {
		if got := hint(line, len(line)); got != want {
			t.Errorf("%q hints %q, want %q", line, got, want)
		}
	}
	if got := hint("payment confirm  visa", 16); got != "" {
		t.Errorf("a hint in the middle of a line: %q", got)
	}
}

// The worlds that were put aside, for taking them back and for putting them aside
// anew.
func TestWorldsThatWerePutAside(t *testing.T) {
	s := shelltest.New(t, 1)
	offers(t, s, "world restore ")
	shelltest.Do(t, s, "world save before", "world save after-all")
	offers(t, s, "world restore ", "before", "after-all")
	offers(t, s, "world save b", "before")
	offers(t, s, "world re", "restore", "reset")
}

// Behind --report Tab offers the kinds that there are, and then files.
func TestReportsAreOffered(t *testing.T) {
	s := shelltest.New(t, 1)
	s.Dir.Path = t.TempDir()
	shelltest.Do(t, s, "target init each mine")
	var kinds []string
	for _, kind := range conform.Kinds() {
		kinds = append(kinds, kind+"=")
	}
	offers(t, s, "attack run --report ", kinds...)
	offers(t, s, "attack run --report ju", "junit=")
	offers(t, s, "attack run --report junit=m", "junit=mine/")
	offers(t, s, "attack run --report junit=mine/t", "junit=mine/target.yaml")
	offers(t, s, "attack run --report=js", "json=")
	done, _, err := prompt.Tab(s, "attack run --report ju", 22)
	if err != nil || !slices.ContainsFunc(done.Candidates, func(c lineedit.Candidate) bool { return c.Value == "junit=" && c.NoSpace }) {
		t.Errorf("%+v, %v", done, err)
	}
}

// Of a domain that the world file declares, Tab offers things with what there is of
// each, arguments, and what they may be.
func TestADeclaredDomainIsOffered(t *testing.T) {
	s := shelltest.In(t, `
customers: [{id: ann}, {id: bob}]
domains:
  stock:
    capability: stock:reserve
    holds: quota
    things: [{id: MUG, units: 3, price: "8.00"}, {id: HAT, price: "9.00"}]
    arguments: [{name: quantity, type: integer, default: 1, example: 2, help: How many.}, {name: beside, type: thing, default: HAT}]
    amount: quantity
    constraints: {beside: beside.id}
  cards:
    capability: cards:capture
    holds: authorisation
    things: [{id: visa, customer: ann, limit: "10.00"}, {id: amex, customer: bob, limit: "10.00"}]
    arguments: [{name: amount, type: money}]
`, 1)
	shelltest.Do(t, s, "session new", "stock confirm MUG --quantity 2")
	offers(t, s, "st", "stock")
	offers(t, s, "stock ", "list", "confirm")
	offers(t, s, "stock confirm ", "MUG", "HAT")
	offers(t, s, "confirm ", "stock", "cards")
	offers(t, s, "confirm cards ", "visa")
	offers(t, s, "stock confirm MUG --quantity ", "1", "2")
	offers(t, s, "confirm stock MUG --beside ", "MUG", "HAT")
	offers(t, s, "coup")
	offers(t, s, "fault stock.re", "stock.redeem", "stock.revoke")
	offers(t, s, "view s", "stock")
	if diff := cmp.Diff(map[string]string{"MUG": "1 left, price 8.00", "HAT": "any number, price 9.00"}, described(t, s, "stock confirm ")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := described(t, s, "stock confirm MUG --q")["--quantity"]; got != "How many: 1 unless given." {
		t.Errorf("got %q", got)
	}
}

// Keys with tokens in flight: whoever takes a key out of the set hears what that
// bears on.

package verbs_test

import (
	"strings"
	"testing"

	"tokenshell/shell/internal/shelltest"
)

func TestTakingAKeyAwaySaysWhatIsInFlight(t *testing.T) {
	for _, verb := range []string{"keys retire", "keys disable"} {
		s := shelltest.New(t, 7)
		capture := "capture KID keys list coupons --jq .keys[0].kid"
		shelltest.Do(t, s, "session new o", capture)
		says := func(want string, number string) {
			t.Helper()
			got := shelltest.Do(t, s, verb+" $KID")
			if _, said, _ := strings.Cut(got, "\n"); said != want {
				t.Errorf("%s says %q, want %q", verb, said, want)
			}
			if got := shelltest.Do(t, s, verb+" $KID --jq .in_flight"); got != number+"\n" {
				t.Errorf("%s counts %s, want %s", verb, got, number)
			}
		}
		shelltest.Do(t, s, "coupon confirm TEN", "points confirm 5", "payment confirm 5.00 --method visa")
		says("1 token in flight was signed with it: key_unknown from now on\n", "1")
		shelltest.Do(t, s, "keys rotate coupons", "capture KID keys list coupons --jq .keys[1].kid",
			"coupon confirm FIVE", "coupon confirm FIVE --ttl 1m", "token raw coupon-2", "coupon confirm TEN --name gone", "revoke gone", "relay coupon-2")
		says("2 tokens in flight were signed with it: key_unknown from now on\n", "2")
		shelltest.Do(t, s, "clock advance 1m")
		says("1 token in flight was signed with it: key_unknown from now on\n", "1") // the other one has expired
		shelltest.Do(t, s, "clock advance 1m")
		says("", "0")
	}
}

// A redeemed token is not in flight any more, and a copy of one is not another.
func TestWhatIsInFlight(t *testing.T) {
	s := shelltest.New(t, 7)
	s.Dir.Path = t.TempDir()
	shelltest.Do(t, s, "session new o", "capture KID keys list coupons --jq .keys[0].kid", "coupon confirm TEN", "coupon confirm FIVE")
	shelltest.WriteFile(t, s.Dir.Full("copy.jwt"), s.Wallet.ByHandle["coupon-2"].Raw)
	shelltest.Do(t, s, "token import copy.jwt --name copy", "redeem --direct coupon-1")
	if got := shelltest.Do(t, s, "keys retire $KID --jq .in_flight"); got != "1\n" {
		t.Error(got)
	}
}

func TestRotatingSaysWhatIsInFlight(t *testing.T) {
	s := shelltest.New(t, 7)
	shelltest.Do(t, s, "session new o", "capture KID keys list points --jq .keys[0].kid")
	if got := shelltest.Do(t, s, "keys rotate points"); strings.Count(got, "\n") != 1 {
		t.Errorf("nothing is in flight, and it says %q", got)
	}
	shelltest.Do(t, s, "capture KID keys list points --jq .keys[1].kid", "points confirm 5")
	kid := strings.TrimSuffix(shelltest.Do(t, s, "keys list points --jq .keys[1].kid"), "\n")
	if got := shelltest.Do(t, s, "keys rotate points"); !strings.HasSuffix(got, "\n"+kid+" stays published for now: 1 token in flight was signed with it\n") {
		t.Errorf("it says %q", got)
	}
	if got := shelltest.Do(t, s, "keys rotate points --jq '.former, .in_flight'"); strings.HasPrefix(got, kid) || !strings.HasSuffix(got, "\n0\n") {
		t.Errorf("it says %q", got)
	}
}

// The list of tokens says who signed each, in JSON, in a pipe and in a window, in
// which it is a table at 80 columns.
func TestTheListOfTokensSaysWhichKeySigned(t *testing.T) {
	s := shelltest.New(t, 7)
	s.Dir.Path = t.TempDir()
	shelltest.WriteFile(t, s.Dir.Full("none.jwt"), "no token")
	shelltest.Do(t, s, "session new", "coupon confirm TEN", "keys rotate coupons", "coupon confirm FIVE", "payment confirm 5.00 --method visa", "relay payment-1", "token import none.jwt --name none")
	kids := strings.Fields(shelltest.Do(t, s, "keys list --jq '.keys[].kid'")) // coupons twice, points, payments
	if got, want := shelltest.Do(t, s, "token list --jq '.tokens[].kid'"), kids[0]+"\n"+kids[1]+"\n"+kids[3]+"\n\n"; got != want {
		t.Errorf("in JSON\n%s\nwant\n%s", got, want)
	}
	piped := shelltest.Do(t, s, "token list")
	run := shelltest.OnScreen(t, s, 80)
	shown, err := run("token list --color never")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(shown, "TOKEN ") || !strings.Contains(shown, " KID ") || strings.Contains(shown, "\n\n") {
		t.Errorf("at 80 columns it is not a table:\n%s", shown)
	}
	for i, kid := range []string{kids[0], kids[1], kids[3]} {
		if !strings.Contains(strings.Split(piped, "\n")[i+1], " "+kid+" ") {
			t.Errorf("the pipe lacks %s:\n%s", kid, piped)
		}
		if !strings.Contains(shown, kid[:strings.LastIndex(kid, "-")]) { // coupons-k1
			t.Errorf("at 80 columns one cannot tell %s from others:\n%s", kid, shown)
		}
	}
	shelltest.Resize(t, s.Screen.Window.File, 40)
	if shown, err = run("token list --color never"); err != nil || !strings.Contains(shown, kids[3]) {
		t.Errorf("at 40 columns: %v\n%s", err, shown)
	}
}

// What verbs print: no token but by token raw, and as JSON one object a verb.

package shell_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"tokenshell/shell/internal/shelltest"
)

// Whatever somebody does with a token in the wrong place, only token raw
// prints it.
func TestNoVerbPrintsAToken(t *testing.T) {
	lines := []string{
		"session set --fact-any a=$T", "session new $T", "session new op_2 --customer $T", "session use $T",
		"coupon confirm $T", "points confirm $T", "payment confirm $T --method visa", "payment confirm 5 --method $T",
		"coupon confirm TEN --name $T", "coupon confirm TEN --ttl $T", "points balance $T", "points balance --$T",
		"points balance --jq $T", "revoke $T", "relay $T", "relay x$T $T.x", "redeem --direct $T --to points", "redeem --direct $T --to $T",
		"token show $T --as relay", "token show it --as $T", "token show x$T", "token show @$T", "token import $T",
		"keys list $T", "keys retire $T", "keys jwks --out /nowhere/$T", "clock set $T", "clock advance $T", "clock skew $T",
		"view $T", "log --party $T", "set $T", "set leeway $T", "source $T", "help $T", "$T",
		"let $T x", "let U $T", "let U a.$T", "let U $T.a", "let U $T,$T", "let U [$T]...", "let U '{\"a\":\"'$T'\"}'",
		"capture $T points balance", "capture U token raw it", "capture U token raw it -o json", "capture U let V .$T",
		"expect $T points balance", "expect malformed relay a.$T", "token list", "session show", "log", "view coupons", "view relay",
	}
	for _, format := range []string{"text", "json"} {
		for _, line := range lines {
			s := shelltest.New(t, 1)
			shelltest.Do(t, s, "set output "+format, "session new op_1", "coupon confirm TEN --name it", "capture T token raw it --jq .raw")
			raw := s.Wallet.ByHandle["it"].Raw
			_, letter, _ := strings.Cut(raw, ".")
			var printed bytes.Buffer
			_ = s.Line(t.Context(), line, false, &printed, &printed) // what it answers is its own business
			if strings.Contains(printed.String(), letter) {
				t.Errorf("%s, as %s: the token is in what it prints: %.80s…", line, format, printed.String())
			}
		}
	}
}

// With -o json a verb prints one object on one line, also when it is refused
// and when it is not understood.
func TestOneObjectAVerb(t *testing.T) {
	for line, member := range map[string]string{
		"session new op_2": "order_processing_id", "session show": "tokens", "session list": "sessions", "session use op_1": "state",
		"session set --fact-any a=b": "facts", "session close": "state", "coupon list": "coupons", "coupon confirm TEN": "jti",
		"points balance": "available", "points confirm 5": "capabilities", "points confirm 5000": "error", "payment methods": "methods",
		"payment confirm 5.00 --method visa": "kid", "revoke it": "status", "relay it": "results", "relay it it": "results",
		"redeem": "error", "redeem it": "error", "redeem --direct it": "results", "checkout": "state", "checkout it a.b.c": "results",
		"token list": "tokens", "token show it": "claims", "token raw it": "raw", "token import nowhere.jwt": "error",
		"keys list": "keys", "keys rotate points": "kid", "keys jwks": "keys", "keys retire nothing": "error", "clock show": "mode",
		"clock advance 1s": "now", "clock set 2025-01-01T00:00:00Z": "error", "clock skew relay --ahead 1s": "skews",
		"view client": "tokens", "view relay": "sessions", "view kms": "keys", "view points": "reservations", "log": "entries",
		"set": "options", "set leeway 1s": "leeway", "let A b": "value", "capture A points balance": "value", "help": "verbs",
		"help reasons": "reasons", "help relay": "verbs", "expect declined points confirm 5000": "error", "! points confirm 5000": "error",
		"nonsense": "error", "points balance --wrong": "error", "points confirm $UNSET": "error", "let A 'b": "error", "let A \"b\"": "error",
	} {
		s := shelltest.New(t, 1)
		shelltest.Do(t, s, "set output json", "session new op_1", "coupon confirm TEN --name it")
		var stdout, stderr bytes.Buffer
		_ = s.Line(t.Context(), line, false, &stdout, &stderr) // its JSON is looked at, not its answer
		first, rest, _ := strings.Cut(stdout.String(), "\n")
		var object map[string]json.RawMessage
		if err := json.Unmarshal([]byte(first), &object); err != nil || object[member] == nil {
			t.Errorf("%s: no JSON object with a member %s: %q", line, member, first)
		}
		if rest != "" && !strings.HasPrefix(line, "expect declined") { // two things are said there
			t.Errorf("%s: more than one line: %q", line, stdout.String())
		}
	}
}

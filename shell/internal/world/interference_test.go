// Non-interference: the relay does not read the letter. Whatever the letter
// says, the relay says, does, logs and keeps the same.

package world_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// letterOf is what only a token's issuer may care about.
type letterOf struct {
	constraints string // a JSON object
	sealed      string // empty for none
}

// drawLetter draws any letter: empty, absurd, or one that looks like claims.
func drawLetter(t *rapid.T, name string) letterOf {
	value := rapid.OneOf(
		rapid.SampledFrom([]any{nil, true, 0, -1, "", "user_456", "op_2", "payments:capture", []any{}, map[string]any{}, "0.01", 1e9, "exp", "\u202e\x1b[2J"}),
		rapid.Custom(func(t *rapid.T) any { return rapid.String().Draw(t, "text") }),
		rapid.Custom(func(t *rapid.T) any { return rapid.Int().Draw(t, "number") }),
	)
	names := rapid.OneOf(
		rapid.SampledFrom([]string{"iss", "aud", "sub", "exp", "nbf", "jti", "order_processing_id", "capabilities", "amount", "coupon_ref", "sealed", "constraints", "kid", ""}),
		rapid.StringN(0, 12, -1),
	)
	members := rapid.MapOfN(names, value, 0, 8).Draw(t, name+" constraints")
	if rapid.Bool().Draw(t, name+" nested") {
		members["deeper"] = map[string]any{"claims": members["iss"], "list": []any{members["exp"]}}
	}
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	l := letterOf{constraints: string(text)}
	switch rapid.IntRange(0, 3).Draw(t, name+" sealed") {
	case 1:
		l.sealed = rapid.StringMatching(`[A-Za-z0-9_.-]{1,400}`).Draw(t, name+" letter")
	case 2:
		l.sealed = "a.b.c.d.e"
	case 3:
		l.sealed = rapid.StringN(1, 60, -1).Draw(t, name+" letter")
	}
	return l
}

// envelope is everything of a token but its letter.
type envelope struct {
	header  string
	payload string // in which LETTER stands for the letter
}

// envelopes are good and bad ones of coupons, all for op_1.
var envelopes = []struct{ name, old, new string }{
	{"good", "", ""},
	{"good", "", ""},
	{"expired", `"exp":1767225720`, `"exp":1767225600`},
	{"long", `"exp":1767225720`, `"exp":1767229200`},
	{"early", `"iat":1767225600`, `"iat":1767225660`},
	{"foreign capability", "coupons:redeem", "payments:capture"},
	{"unknown capability", "coupons:redeem", "gold:mint"},
	{"other customer", "user_123", "user_456"},
	{"other order", `"op_1"`, `"op_2"`},
	{"other audience", `["order-processing","coupons.svc"]`, `["points.svc"]`},
	{"other issuer", `"iss":"coupons.svc"`, `"iss":"payments.svc"`},
	{"other type", "confirmation+jwt", "JWT"},
	{"other key", `"kid":"`, `"kid":"x`},
	{"no jti", `"jti":"cpt_1",`, ``},
	{"extra claim", `"LETTER"`, `"admin":true,"LETTER"`},
	{"twice", `"LETTER"`, `"sub":"user_123","LETTER"`},
}

// sealIn puts a letter in an envelope and signs it as coupons does.
func sealIn(t *testing.T, w *world.World, e envelope, l letterOf) string {
	t.Helper()
	party, err := w.Service("coupons")
	if err != nil {
		t.Fatal(err)
	}
	key := party.Keys().List()[0]
	members := `"constraints":` + l.constraints
	if l.sealed != "" {
		text, err := json.Marshal(l.sealed)
		if err != nil {
			t.Fatal(err)
		}
		members += `,"sealed":` + string(text)
	}
	encode := base64.RawURLEncoding.EncodeToString
	input := encode([]byte(strings.Replace(e.header, "KID", key.ID, 1))) + "." + encode([]byte(strings.Replace(e.payload, `"LETTER":0`, members, 1)))
	return input + "." + encode(shelltest.SignatureOf(t, w, key.KMSKey, input))
}

// observed is all that the relay gives away.
type observed struct {
	Said, Explained, State, Log, View string
}

// relayedIn has a fresh world's relay judge a token, twice, with another in
// between, and gives all that can be seen of it.
func relayedIn(t *testing.T, facts string, moves []string, make func(w *world.World) string) observed {
	t.Helper()
	s := shelltest.New(t, 1)
	shelltest.Do(t, s, "session new op_1"+facts)
	relay, err := s.World.Inspector()
	if err != nil {
		t.Fatal(err)
	}
	raw := make(s.World)
	shelltest.Do(t, s, "let T "+raw)
	var o observed
	for _, line := range append([]string{"relay $T -o json"}, moves...) {
		var printed bytes.Buffer
		_ = s.Line(t.Context(), line, false, &printed, &printed)
		o.Said += line + ": " + printed.String()
		findings := relay.Explain("op_1", raw, true)
		for i := range findings {
			if findings[i].Check == "size" { // what a postman sees: its weight
				findings[i].Detail = ""
			}
		}
		o.Explained += fmt.Sprintf("%+v\n", findings)
	}
	state, err := json.Marshal(relay.Sessions())
	if err != nil {
		t.Fatal(err)
	}
	o.State, o.View = string(state), shelltest.Do(t, s, "view relay -o json")+shelltest.Do(t, s, "session show -o json")
	for _, e := range s.World.Log.All() {
		if e.Party == "relay" {
			o.Log += e.String() + "\n"
		}
	}
	return o
}

// Two worlds of one seed, one envelope, any two letters: everything is the same,
// for good envelopes and for bad ones.
func TestTheRelayDoesNotReadTheLetter(t *testing.T) {
	t.Parallel()
	verdicts := map[string]int{}
	rapid.Check(t, func(r *rapid.T) {
		kind := rapid.SampledFrom(envelopes).Draw(r, "envelope")
		e := envelope{shelltest.HostileHeader, strings.NewReplacer("cpt_FILE", "cpt_1", `"constraints":{}`, `"LETTER":0`).Replace(shelltest.HostilePayload)}
		if kind.old != "" {
			if !strings.Contains(e.header+e.payload, kind.old) {
				r.Fatalf("%s: %s stands nowhere", kind.name, kind.old)
			}
			e = envelope{strings.Replace(e.header, kind.old, kind.new, 1), strings.Replace(e.payload, kind.old, kind.new, 1)}
		}
		moves := rapid.SliceOfN(rapid.SampledFrom([]string{
			"relay $T -o json", "clock advance 2m", "session close", "keys rotate coupons", "set leeway 1m", "clock skew relay --ahead 90s", "coupon confirm TEN --name it", "relay it",
		}), 0, 4).Draw(r, "moves")
		one, other := drawLetter(r, "one"), drawLetter(r, "other")
		a := relayedIn(t, "", moves, func(w *world.World) string { return sealIn(t, w, e, one) })
		b := relayedIn(t, "", moves, func(w *world.World) string { return sealIn(t, w, e, other) })
		if diff := cmp.Diff(a, b); diff != "" {
			r.Fatalf("%s: the letter makes a difference:\n%s", kind.name, diff)
		}
		var first struct {
			Results []struct{ Status, Reason string } `json:"results"`
		}
		line, _, _ := strings.Cut(strings.TrimPrefix(a.Said, "relay $T -o json: "), "\n")
		if err := json.Unmarshal([]byte(line), &first); err != nil {
			r.Fatalf("%v: %s", err, a.Said)
		}
		verdicts[first.Results[0].Status+" "+first.Results[0].Reason]++
	})
	t.Logf("%v", verdicts)
	if verdicts["accepted "] == 0 || len(verdicts) < 5 {
		t.Errorf("only %v: the envelopes are too much alike", verdicts)
	}
}

// What is not an object, or no text, is not a letter: that much of it is the envelope's.
func TestTheEnvelopeHoldsALetter(t *testing.T) {
	for _, c := range []struct {
		l    letterOf
		want tokens.Reason
	}{
		{letterOf{constraints: `[]`}, tokens.ClaimInvalid},
		{letterOf{constraints: `"{}"`}, tokens.ClaimInvalid},
		{letterOf{constraints: `null`}, tokens.ClaimMissing},
		{letterOf{constraints: `{"a":1,"a":2}`}, tokens.Malformed},
		{letterOf{constraints: `{},"sealed":7`}, tokens.ClaimInvalid},
	} {
		s := shelltest.New(t, 1)
		e := envelope{shelltest.HostileHeader, strings.Replace(shelltest.HostilePayload, `"constraints":{}`, `"LETTER":0`, 1)}
		shelltest.Do(t, s, "session new op_1", "expect "+string(c.want)+" relay "+sealIn(t, s.World, e, c.l))
	}
}

// Facts are carried and not read: with any, the relay answers the same.
func TestTheRelayDoesNotReadFacts(t *testing.T) {
	t.Parallel()
	e := envelope{shelltest.HostileHeader, strings.NewReplacer("cpt_FILE", "cpt_1", `"constraints":{}`, `"LETTER":0`).Replace(shelltest.HostilePayload)}
	with := func(w *world.World) string { return sealIn(t, w, e, letterOf{constraints: `{}`}) }
	blank := func(o observed, facts map[string]string) observed {
		text, _ := json.Marshal(facts) // strings always marshal
		for _, where := range []*string{&o.State, &o.View, &o.Said} {
			*where = strings.ReplaceAll(*where, string(text), "{}")
			*where = strings.ReplaceAll(*where, string(redact.JSON(text)), "{}")
		}
		return o
	}
	moves := []string{"relay $T", "clock advance 2m", "relay $T"}
	plain := relayedIn(t, "", moves, with)
	rapid.Check(t, func(r *rapid.T) {
		facts, words := map[string]string{}, ""
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"subtotal", "payable", "a", "exp", "customer"}), 1, 4, rapid.ID).Draw(r, "names") {
			facts[name] = rapid.StringMatching(`[-A-Za-z0-9.,:=_+]{0,40}`).Draw(r, "value")
			words += " --fact-any " + name + "=" + facts[name]
		}
		if diff := cmp.Diff(plain, blank(relayedIn(t, words, moves, with), facts)); diff != "" {
			r.Fatalf("facts make a difference:\n%s", diff)
		}
	})
}

package tokens

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// tamper draws one change of a token's text.
func tamper(t *rapid.T, raw string) string {
	at := rapid.IntRange(0, len(raw)-1).Draw(t, "at")
	n := rapid.IntRange(0, 2).Draw(t, "segment")
	switch rapid.SampledFrom([]string{"flip", "insert", "delete", "swap", "cut", "double", "loose", "pad", "twin", "base64"}).Draw(t, "change") {
	case "flip":
		b := []byte(raw)
		b[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		return string(b)
	case "insert":
		return raw[:at] + rapid.SampledFrom([]string{"\n", "\r", " ", "=", ".", "A", "-", "_", "+", "\x00", "é"}).Draw(t, "text") + raw[at:]
	case "delete":
		return raw[:at] + raw[at+1:]
	case "swap":
		to := rapid.IntRange(0, len(raw)-1).Draw(t, "to")
		b := []byte(raw)
		b[at], b[to] = b[to], b[at]
		return string(b)
	case "cut":
		return raw[:at]
	case "double":
		return raw + raw[at:]
	case "loose":
		return re(raw, n, looseTail)
	case "pad":
		return re(raw, n, func(s string) string { return s + strings.Repeat("=", 1+at%2) })
	case "twin":
		if signature := signatureOf(raw); len(signature) == 64 {
			return resigned(raw, twin(signature))
		}
		return raw
	default: // decode, flip a bit of what was encoded, encode
		return re(raw, n, func(s string) string {
			decoded, ok := decodeSegment(nil, s)
			if !ok || len(decoded) == 0 {
				return s
			}
			decoded[at%len(decoded)] ^= 1 << rapid.IntRange(0, 7).Draw(t, "inner bit")
			return b64(decoded)
		})
	}
}

// However a token's text is changed, it is refused unless what was signed is
// the same and the signature is one of the two that sign it.
func TestTamperedTextIsRefused(t *testing.T) {
	good := control().raw()
	both := [][]byte{signatureOf(good), twin(signatureOf(good))}
	v := relayAt(epoch)
	checks := v.Checks(Own{})
	want := mustAccept(t, checks, good)
	rapid.Check(t, func(t *rapid.T) {
		raw := good
		for range rapid.IntRange(1, 3).Draw(t, "changes") {
			if raw != "" && strings.Count(raw, ".") == 2 {
				raw = tamper(t, raw)
			}
		}
		claims, err := Judge(raw, checks)
		if err != nil {
			var refusal *Refusal
			if !errors.As(err, &refusal) {
				t.Fatalf("%T: %v", err, err)
			}
			if problem := unprintable(refusal, ""); problem != "" {
				t.Fatal(problem)
			}
			return
		}
		if raw[:strings.LastIndexByte(raw, '.')] != good[:strings.LastIndexByte(good, '.')] || !slices.ContainsFunc(both, func(s []byte) bool { return string(s) == string(signatureOf(raw)) }) {
			t.Fatalf("accepted %q", raw)
		}
		if diff := cmp.Diff(want, claims); diff != "" {
			t.Fatalf("the twin has other claims:\n%s", diff)
		}
	})
	mustAccept(t, checks, good)
}

// values are what a claim is given in place of its own.
var values = []string{
	`null`, `true`, `0`, `-1`, `1.5`, `1e3`, `""`, `"x"`, `"é"`, `"\u0000"`, `[]`, `{}`, `["x"]`, `[7]`, `{"a":{"b":1}}`,
	`"order-processing"`, `"coupons.svc"`, `["order-processing"]`, `["order-processing","points.svc"]`, `["coupons:redeem"]`, `"user_123"`,
	`"coupons\u002esvc"`, `1767225600`, `1767225599`, `1767225601`, `1767225720`, `1767225899`, `1767225900`, `1767225901`, `17672256000`, `4611686018427387904`, `4611686018427387905`,
}

// listOf reports whether v is a list of at least one of these strings and of
// nothing else.
func listOf(v any, these ...any) bool {
	list, _ := v.([]any)
	return len(list) > 0 && !slices.ContainsFunc(list, func(one any) bool { return !slices.Contains(these, one) })
}

// oracle is the contract a second time, over what encoding/json reads of a
// payload without duplicates: would the relay accept it at epoch?
func oracle(payload []byte) bool {
	claims := map[string]any{}
	d := json.NewDecoder(strings.NewReader(string(payload)))
	d.UseNumber()
	if d.Decode(&claims) != nil {
		return false
	}
	id := func(v any) bool {
		s, ok := v.(string)
		return ok && s != "" && len(s) <= 128 && strings.Trim(s, " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~") == ""
	}
	names := map[string]bool{"iss": true, "aud": true, "sub": true, "iat": true, "exp": true, "jti": true, "order_processing_id": true, "capabilities": true, "constraints": true}
	for name := range names {
		if claims[name] == nil {
			return false
		}
	}
	for name, v := range claims {
		sealed, isString := v.(string)
		if !names[name] && (name != "sealed" || !isString || sealed == "") {
			return false
		}
	}
	if claims["iss"] != "coupons.svc" || !id(claims["sub"]) || !id(claims["jti"]) || !id(claims["order_processing_id"]) {
		return false
	}
	if !listOf(claims["capabilities"], "coupons:redeem") {
		return false
	}
	if _, ok := claims["constraints"].(map[string]any); !ok {
		return false
	}
	if aud := claims["aud"]; aud != "order-processing" && (!listOf(aud, "order-processing", "coupons.svc") || !slices.Contains(aud.([]any), any("order-processing"))) {
		return false
	}
	iat, ok1 := claims["iat"].(json.Number)
	exp, ok2 := claims["exp"].(json.Number)
	from, err1 := iat.Int64()
	until, err2 := exp.Int64()
	now := epoch.Unix()
	return ok1 && ok2 && err1 == nil && err2 == nil && from <= now && now < until && until-from <= 300
}

// Whatever a holder of the key signs, the relay accepts exactly what the
// contract allows, and reads what encoding/json reads.
func TestSignedEditsAreJudgedByTheContract(t *testing.T) {
	checks := relayAt(epoch).Checks(Own{})
	mustAccept(t, checks, control().raw())
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		f := control()
		names := append(slices.Clone(mandatory), "sealed", "nbf", "ISS")
		duplicated := false
		for range rapid.IntRange(1, 3).Draw(t, "edits") {
			name := rapid.SampledFrom(names).Draw(t, "name")
			switch rapid.SampledFrom([]string{"set", "set", "set", "remove", "twice", "shuffle", "space"}).Draw(t, "edit") {
			case "set":
				f = f.claim(name, rapid.SampledFrom(values).Draw(t, "value"))
			case "remove":
				f.payload = f.payload.without(name)
			case "twice":
				f.payload = f.payload.twice(name, rapid.SampledFrom(values).Draw(t, "value"))
			case "shuffle":
				f.payload = rapid.Permutation(f.payload).Draw(t, "order")
			default:
				f.payload = slices.Clone(f.payload)
				for i := range f.payload {
					f.payload[i].value = " \n" + f.payload[i].value + "\t"
				}
			}
		}
		seen := map[string]bool{}
		for _, m := range f.payload {
			duplicated = duplicated || seen[m.name]
			seen[m.name] = true
		}
		text := []byte(f.payload.text())
		claims, err := Judge(f.raw(), checks)
		if want := !duplicated && oracle(text); want != (err == nil) {
			t.Fatalf("%s\naccepted by the contract: %v; here: %v", text, want, err)
		}
		if err != nil {
			return
		}
		accepted++
		var theirs struct {
			Iss, Sub, JTI string
			Iat, Exp      int64
			Order         string `json:"order_processing_id"`
		}
		if err := json.Unmarshal(text, &theirs); err != nil {
			t.Fatal(err)
		}
		if theirs.Iss != claims.Issuer || theirs.Sub != claims.Subject || theirs.JTI != claims.ID || theirs.Order != claims.Order ||
			!time.Unix(theirs.Iat, 0).Equal(claims.IssuedAt) || !time.Unix(theirs.Exp, 0).Equal(claims.ExpiresAt) {
			t.Fatalf("encoding/json reads %+v, the claims are %+v", theirs, claims)
		}
	})
	if accepted == 0 {
		t.Error("no edit was accepted: the property proves nothing")
	}
}

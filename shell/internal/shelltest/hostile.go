// Hostile tokens, which no verb can make.

package shelltest

import (
	"context"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/base64"
	"math/big"
	"strings"
	"testing"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// Hostile is a token that no verb can make: the header and payload below with
// some text replaced, signed with the coupons key of seed 1.
type Hostile struct {
	File    string
	Edits   []string                // pairs of old and new
	Bend    func(raw string) string // after signing; may be nil
	Refused tokens.Reason           // by the relay; empty when it is accepted
}

const (
	HostileHeader  = `{"alg":"ES256","kid":"KID","typ":"confirmation+jwt"}`
	HostilePayload = `{"iss":"coupons.svc","aud":["order-processing","coupons.svc"],"sub":"user_123",` +
		`"iat":1767225600,"exp":1767225720,"jti":"cpt_FILE","order_processing_id":"op_1",` +
		`"capabilities":["coupons:redeem"],"constraints":{}}`
	HostileAudience = `["order-processing","coupons.svc"]`
)

// Hostiles are made for session op_1 of user_123, at the beginning of time.
func Hostiles() []Hostile {
	return []Hostile{
		{File: "never-reserved"},
		{File: "plain-audience", Edits: []string{HostileAudience, `"order-processing"`}},
		{File: "other-audience", Edits: []string{HostileAudience, `["points.svc"]`}, Refused: tokens.AudienceMismatch},
		{File: "stranger-audience", Edits: []string{HostileAudience, `["order-processing","evil.example"]`}, Refused: tokens.AudienceMismatch},
		{File: "foreign-capability", Edits: []string{"coupons:redeem", "payments:capture"}, Refused: tokens.CapabilityNotAllowed},
		{File: "unknown-capability", Edits: []string{"coupons:redeem", "gold:mint"}, Refused: tokens.CapabilityNotAllowed},
		{File: "no-capability", Edits: []string{`["coupons:redeem"]`, `[]`}, Refused: tokens.CapabilityNotAllowed},
		{File: "wrong-type", Edits: []string{"confirmation+jwt", "JWT"}, Refused: tokens.TypeNotAllowed},
		{File: "header-jku", Edits: []string{`"typ"`, `"jku":"https://evil.example/keys","typ"`}, Refused: tokens.HeaderNotAllowed},
		{File: "alg-none", Edits: []string{"ES256", "none"}, Bend: unsigned, Refused: tokens.AlgorithmNotAllowed},
		{File: "other-issuer", Edits: []string{`"iss":"coupons.svc"`, `"iss":"payments.svc"`}, Refused: tokens.KeyUnknown},
		{File: "unknown-issuer", Edits: []string{`"iss":"coupons.svc"`, `"iss":"coupons.example"`}, Refused: tokens.IssuerUnknown},
		{File: "unknown-key", Edits: []string{`"kid":"`, `"kid":"../../`}, Refused: tokens.KeyUnknown},
		{File: "other-customer", Edits: []string{"user_123", "user_456"}, Refused: tokens.SessionMismatch},
		{File: "no-jti", Edits: []string{`"jti":"cpt_no-jti",`, ``}, Refused: tokens.ClaimMissing},
		{File: "float-exp", Edits: []string{"1767225720", "1767225720.5"}, Refused: tokens.ClaimInvalid},
		{File: "extra-claim", Edits: []string{`"constraints"`, `"admin":true,"constraints"`}, Refused: tokens.ClaimInvalid},
		{File: "twice-claimed", Edits: []string{`"constraints"`, `"sub":"user_456","constraints"`}, Refused: tokens.Malformed},
		{File: "long-lived", Edits: []string{"1767225720", "1767229200"}, Refused: tokens.LifetimeTooLong},
		{File: "from-the-future", Edits: []string{"1767225600", "1767225660"}, Refused: tokens.NotYetValid},
		{File: "bent-signature", Bend: Bent, Refused: tokens.SignatureInvalid},
		{File: "no-signature", Bend: unsigned, Refused: tokens.SignatureInvalid},
		// The first jti that seed 1 makes, on another letter.
		{File: "same-jti", Edits: []string{"cpt_same-jti", "cpt_ptejey6ijwnn4zrpecpg34dmpe"}},
	}
}

func unsigned(raw string) string { return raw[:strings.LastIndexByte(raw, '.')+1] }

// Bent changes a bit in the middle of the signature, where none is spare.
func Bent(raw string) string {
	at := strings.LastIndexByte(raw, '.') + 20
	other := byte('A')
	if raw[at] == 'A' {
		other = 'B'
	}
	return raw[:at] + string(other) + raw[at+1:]
}

// Forge makes a hostile token with the coupons service's own key in the KMS.
func Forge(t testing.TB, w *world.World, h Hostile) string {
	t.Helper()
	party, err := w.Service("coupons")
	if err != nil {
		t.Fatal(err)
	}
	key := party.Keys().List()[0]
	text := HostileHeader + "\n" + strings.ReplaceAll(HostilePayload, "FILE", h.File)
	for i := 0; i < len(h.Edits); i += 2 {
		if strings.Count(text, h.Edits[i]) != 1 {
			t.Fatalf("%s: %s does not stand there once", h.File, h.Edits[i])
		}
		text = strings.Replace(text, h.Edits[i], h.Edits[i+1], 1)
	}
	header, payload, _ := strings.Cut(strings.Replace(text, "KID", key.ID, 1), "\n")
	encode := base64.RawURLEncoding.EncodeToString
	input := encode([]byte(header)) + "." + encode([]byte(payload))
	raw := input + "." + encode(SignatureOf(t, w, key.KMSKey, input))
	if h.Bend != nil {
		raw = h.Bend(raw)
	}
	return raw
}

// SignatureOf has the KMS sign any text, as R||S (RFC 7518 3.4).
func SignatureOf(t testing.TB, w *world.World, arn, input string) []byte {
	t.Helper()
	signature, err := Sign(w, arn, input)
	if err != nil {
		t.Fatal(err)
	}
	return signature
}

// Sign is [SignatureOf] for who has no test at hand.
func Sign(w *world.World, arn, input string) ([]byte, error) {
	digest := sha256.Sum256([]byte(input))
	out, err := w.KMS.Sign(context.Background(), &kms.SignInput{
		KeyId: &arn, Message: digest[:], MessageType: types.MessageTypeDigest, SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256,
	})
	if err != nil {
		return nil, err
	}
	var rs struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(out.Signature, &rs); err != nil {
		return nil, err
	}
	signature := make([]byte, 64)
	rs.R.FillBytes(signature[:32])
	rs.S.FillBytes(signature[32:])
	return signature, nil
}

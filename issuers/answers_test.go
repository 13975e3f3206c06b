package issuers

import (
	"errors"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"tokenshell/issuers/currency"
	"tokenshell/tokens"
)

// A KMS that says that it can't answer now has not answered, whosever fault it
// calls that; whatever else it says is a no.
func TestWhatAKMSSays(t *testing.T) {
	for _, tt := range []struct {
		code    string
		fault   smithy.ErrorFault
		failure bool
	}{
		{"ThrottlingException", smithy.FaultClient, true},
		{"KMSInternalException", smithy.FaultClient, true},
		{"DependencyTimeoutException", smithy.FaultClient, true},
		{"KeyUnavailableException", smithy.FaultClient, true},
		{"SomethingNew", smithy.FaultServer, true},
		{"SomethingNew", smithy.FaultClient, false},
		{"DisabledException", smithy.FaultClient, false},
		{"NotFoundException", smithy.FaultUnknown, false},
	} {
		err := kmsError("shelf", "sign", &smithy.GenericAPIError{Code: tt.code, Message: "echo of the input", Fault: tt.fault})
		var failure *tokens.Failure
		var refusal *tokens.Refusal
		if errors.As(err, &failure) != tt.failure || errors.As(err, &refusal) == tt.failure || !errors.Is(err, tokens.ServiceUnavailable) {
			t.Errorf("%s: %v", tt.code, err)
		}
		if tt.failure && (failure.Party != "shelf" || failure.Err == nil || failure.Err.Error() != "sign: the KMS says "+tt.code) {
			t.Errorf("%s: %+v", tt.code, failure)
		}
		if !tt.failure && refusal.Detail != "shelf: sign: the KMS says "+tt.code {
			t.Errorf("%s: %s", tt.code, refusal.Detail)
		}
	}
	cause := errors.New("no route to host")
	var failure *tokens.Failure
	if err := kmsError("shelf", "sign", cause); !errors.As(err, &failure) || failure.Party != "shelf" || !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

// Of two currencies no sum is right, and none is given.
func TestTwoCurrenciesDoNotAddUp(t *testing.T) {
	euros, err := ParseMoney("1.00", "EUR")
	mustDo(t, err)
	yen, err := ParseMoney("1", "JPY")
	mustDo(t, err)
	for name, do := range map[string]func(){
		"less": func() { Less(euros, yen) }, "add": func() { Add(euros, yen) }, "sub": func() { Sub(euros, yen) },
	} {
		func() {
			defer func() {
				if text, _ := recover().(string); !strings.HasPrefix(text, "issuers: ") {
					t.Errorf("%s: it says %q", name, text)
				}
			}()
			do()
		}()
	}
}

func TestACurrencyThatIsNone(t *testing.T) {
	got, err := ParseMoney("1.00", "EURO")
	if err == nil || !strings.Contains(err.Error(), `unknown currency "EURO"`) || got != (currency.Amount{}) {
		t.Errorf("got %v, %v", got, err)
	}
}

// The reasons of every service have rows that say all.
func TestEveryReasonHasItsRow(t *testing.T) {
	rows := append(Reasons(), AmountReason("shelf"))
	for i, want := range []struct {
		reason tokens.Reason
		by     string
	}{{CustomerUnknown, "every service"}, {AmountInvalid, "shelf"}} {
		if i >= len(rows) || rows[i].Reason != want.reason || rows[i].By != want.by || rows[i].Meaning == "" || rows[i].Source == "" {
			t.Fatalf("got %+v", rows)
		}
	}
	if len(rows) != 2 {
		t.Errorf("got %+v", rows)
	}
}

// A key is found by its kid, in each of the sets, as what it is.
func TestAKeyIsFoundAsWhatItIs(t *testing.T) {
	s := newStage(t)
	kid := s.Keys().List()[0].ID
	first, err := s.Keys().Key(kid)
	mustDo(t, err)
	for name, set := range map[string]tokens.KeySet{"published": s.Keys(), "aged": s.Keys().Aged(), "ever": s.Keys().Ever()} {
		key, err := set.Key(kid)
		if err != nil || key.ID != kid || key.Algorithm != "ES256" || key.Public == nil || key.Public != first.Public {
			t.Errorf("%s: %+v, %v", name, key, err)
		}
		if _, err := set.Key("shelf-k9-00000000"); err == nil || err.Error() != "it was never there" {
			t.Errorf("%s, of another: %v", name, err)
		}
	}
}

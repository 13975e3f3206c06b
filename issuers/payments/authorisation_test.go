package payments

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/bojanz/currency"

	"tokenshell/tokens"
)

// A letter that names another authorisation than the one that was reserved is
// not the letter that was issued: nothing is captured on it. (Only whoever has
// the service's keys could write one.)
func TestAnotherAuthorisationIsRefused(t *testing.T) {
	money := func(number string) currency.Amount {
		amount, err := currency.NewAmount(number, "EUR")
		if err != nil {
			t.Fatal(err)
		}
		return amount
	}
	s := &Service{currency: "EUR"}
	m := &method{Card: Card{ID: "visa", Limit: money("500.00")}, taken: taken{authorised: money("80.00"), captured: money("0.00")}}
	h := hold{method: m, order: "op_1", customer: "user_123", ref: "auth_own", amount: money("80.00"), captured: money("0.00")}
	for _, letter := range []string{`{"authorization":"auth_other","last4":"4242"}`, `{"authorization":"","last4":"4242"}`, `{"last4":"4242"}`, `{}`, `null`, `[]`, ``} {
		err := s.Letter(&h, json.RawMessage(letter))
		if !errors.Is(err, tokens.SealedUnreadable) {
			t.Errorf("%s: %v", letter, err)
		}
	}
	if err := s.Letter(&h, json.RawMessage(`{"authorization":"auth_own","last4":"4242"}`)); err != nil {
		t.Errorf("its own letter: %v", err)
	}
}

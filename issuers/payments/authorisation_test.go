package payments

import (
	"encoding/json"
	"errors"
	"testing"

	"tokenshell/tokens"
)

// A letter that names another authorisation than the one that was reserved is
// not the letter that was issued: nothing is captured on it. (Only whoever has
// the service's keys could write one.)
func TestAnotherAuthorisationIsRefused(t *testing.T) {
	s, h := &Service{currency: "EUR"}, hold{ref: "auth_own"}
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

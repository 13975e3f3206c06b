// Handover: what the parties hand to each other.

package tokens

import (
	"encoding/json"
	"time"
)

// Issued is what a service answers to a confirmation.
type Issued struct {
	Raw          string // the compact token: a secret, for whoever bears it may use it
	Ref          Ref
	Service      string
	KeyID        string
	Algorithm    string
	ExpiresAt    time.Time
	Capabilities []string
}

// Session is what the relay says of the order when it forwards a token.
type Session struct {
	Order    string // order_processing_id
	Customer string
}

// Facts are what the client said about the order: names and values that only
// the services understand.
type Facts map[string]string

// Redemption is one forwarding of a token to the service that issued it.
type Redemption struct {
	Token   string
	Session Session
	Facts   Facts
	Attempt string // the same attempt gets the same answer
}

// Cancellation undoes one attempt, whether or not it ever arrived.
type Cancellation struct {
	Token   string
	Session Session
	Attempt string
}

// Receipt is a service's answer to a redemption. Body is the service's
// business; nobody else reads it.
type Receipt struct {
	ID       string          `json:"id"`
	Service  string          `json:"service"`
	JTI      string          `json:"jti"`
	Order    string          `json:"order_processing_id"`
	Attempt  string          `json:"attempt"`
	At       time.Time       `json:"at"`
	Body     json.RawMessage `json:"body"`
	Repeated bool            `json:"-"` // this answer was given before
}

// Canon is where a party writes down what bears on its future, so that two worlds
// that go on alike can be told from two that do not.
type Canon interface {
	Int(n int)
	Bool(yes bool)
	Text(text string)
	Time(t time.Time) // which counts by how far off it is
	ID(id string)     // of a party's making: it tells things apart, and means nothing
	Name(name string) // an id that somebody may have chosen
	Ref(ref Ref)
	Set(n int, write func(i int)) // things that have no order; those that are alike are given in a fixed one
}

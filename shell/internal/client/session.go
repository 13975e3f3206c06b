package client

import (
	"tokenshell/orchestrator"
	"tokenshell/tokens"
)

// TokenState is a token in session show.
type TokenState struct {
	Token   string `json:"token"`
	JTI     string `json:"jti"`
	Service string `json:"service"`
	Status  string `json:"status"`

	Way []string `json:"way,omitempty"` // what the log says happened to it
}

// SessionState is the JSON of session new and show.
type SessionState struct {
	Order    string             `json:"order_processing_id"`
	State    orchestrator.State `json:"state"`
	Customer string             `json:"customer"`
	Facts    tokens.Facts       `json:"facts"`
	Tokens   []TokenState       `json:"tokens"`
}

// A session as it is shown, with the tokens that the client holds for it.

package client

import (
	"slices"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/wire"
	"tokenshell/tokens"
)

// TokenState is a token in session show.
type TokenState struct {
	Token   string `json:"token"`
	JTI     string `json:"jti"`
	Service string `json:"service"`
	Status  string `json:"status"`

	Way    []string `json:"way,omitempty"`    // what the log says happened to it
	Forged bool     `json:"forged,omitempty"` // the client made it from another
}

// SessionState is the JSON of session new and show.
type SessionState struct {
	Order    string             `json:"order_processing_id"`
	State    orchestrator.State `json:"state"`
	Customer string             `json:"customer"`
	Facts    tokens.Facts       `json:"facts"`
	Tokens   []TokenState       `json:"tokens"`
}

// SessionState gives a session as it is shown, with the client's tokens.
func (c *Client) SessionState(snap orchestrator.Snapshot) SessionState {
	return c.SessionStates([]orchestrator.Snapshot{snap})[0]
}

// SessionStates gives many; each is asked about once.
func (c *Client) SessionStates(snaps []orchestrator.Snapshot) []SessionState {
	all := make([]SessionState, len(snaps))
	standings := c.Standings()
	for i, snap := range snaps {
		standings.know(snap)
		all[i] = SessionState{snap.ID, snap.State, snap.Customer, snap.Facts, []TokenState{}}
		seen := map[tokens.Ref]bool{}
		for _, t := range c.Wallet.among(snap.ID) {
			if t.Ref.Order == snap.ID && !seen[t.Ref] {
				seen[t.Ref] = true
				all[i].Tokens = append(all[i].Tokens, TokenState{Token: t.Handle, JTI: t.Ref.ID, Service: t.Service, Status: standings.Of(t), Forged: t.Forged})
			}
		}
		for _, step := range snap.Steps {
			if !seen[step.Ref] { // relayed as text, never held
				all[i].Tokens = append(all[i].Tokens, TokenState{Token: step.Ref.ID, JTI: step.Ref.ID, Service: step.Service, Status: string(step.Status)})
			}
		}
	}
	return all
}

// Ways give what happened to each token, by jti, step by step, told by who did
// it: the relay says what it judged and which questions were not answered, the
// service the rest. The same again and again stands there once.
func (c *Client) Ways() map[string][]string {
	ways := map[string][]string{}
	for _, e := range c.World.Log.All() {
		if e.Undone || e.JTI == "" || wire.IsRelay(e.Party) && e.Step != "relay" && e.Outcome != "failed" {
			continue
		}
		step := e.Step
		if e.Outcome != "ok" {
			step += " (" + e.Outcome + ")"
		}
		ways[e.JTI] = append(ways[e.JTI], step)
	}
	for jti, way := range ways {
		ways[jti] = slices.Compact(way)
	}
	return ways
}

// SessionNamed gives a session, the current one when id is empty.
func (c *Client) SessionNamed(id string) (orchestrator.Snapshot, error) {
	if id == "" {
		var err error
		if id, err = c.Current(); err != nil {
			return orchestrator.Snapshot{}, err
		}
	}
	return c.World.Relay.Session(id)
}

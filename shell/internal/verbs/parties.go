// The parties, in words: what each does and never does.

package verbs

import (
	"fmt"
	"strings"

	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/world"
)

// partyRow is a party, for help.
type partyRow struct {
	Name  string
	What  string
	does  string
	never string
	verbs string // that are about it
}

// PartyRows are the parties of a world with these kinds of domains.
func PartyRows(kinds []*world.Kind) []partyRow {
	var verbs []string
	rows := []partyRow{
		{},
		{"relay", "OrderProcessing", "names the order; verifies who signed, for whom, for which order and until when; refuses a second use; forwards; takes back when a later service refuses",
			"mint, change or revoke a token, read constraints or sealed, or keep a secret", "relay, redeem, checkout, session, trust, view relay"},
	}
	for _, k := range kinds {
		verbs = append(verbs, k.Handle)
		rows = append(rows, partyRow{k.Name, "a domain service that " + k.Holds,
			"checks the customer's choice, " + k.Holds + ", and signs a confirmation token; later verifies again, holds its own constraints and redeems once; revokes; rotates its own keys",
			"share a key, or trust the relay", k.Verbs})
	}
	rows[0] = partyRow{"client", "the customer's side, and you", "opens a session, confirms choices with the domains, carries the tokens to the relay", "see what is sealed",
		"session, " + strings.Join(verbs, ", ") + ", token, relay, redeem, checkout"}
	return append(rows, partyRow{"kms", "a mock of AWS KMS", "holds every private key; signs and decrypts; the same answer for the same seed", "let a private key out", "keys list, keys rotate, keys disable, view kms"})
}

func (r *partyRow) write(w *page.Page) {
	fmt.Fprintf(w, "%s is %s\n", w.Paint(page.TitleStyle, r.Name), r.What)
	rows := page.NewTable()
	rows.Row(page.Rigid("  does"), r.does)
	rows.Row(page.Rigid("  never does"), r.never)
	rows.Row(page.Rigid("  verbs"), r.verbs)
	rows.Write(w)
}

// PartyHelp finds a party by its name.
func PartyHelp(kinds []*world.Kind, name string) *partyRow {
	for _, r := range PartyRows(kinds) {
		if r.Name == name {
			return &r
		}
	}
	return nil
}

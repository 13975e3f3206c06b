// Package domains has a file for each domain: everything that a world and a
// shell know about it.

package shell

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tokenshell/issuers"
	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/lineedit"
	"tokenshell/tokens"
)

// DomainKind is a domain as one value: what a world knows of it, and what a
// shell does.
type DomainKind struct {
	Kind
	// Verbs makes a struct whose fields are verbs, for the grammar.
	Verbs func() any
	// Offers are what Tab offers, by the complete tags of the verbs.
	Offers map[string]Offer
}

// Offer gives what could stand in a place.
type Offer func(c *Client) []lineedit.Candidate

// AllDomains are the domains that tokenshell comes with.
func AllDomains() []DomainKind { return []DomainKind{couponsKind(), pointsKind(), paymentsKind()} }

// Kinds gives what a world has to know of domains.
func Kinds(domains []DomainKind) []*Kind {
	kinds := make([]*Kind, len(domains))
	for i := range domains {
		kinds[i] = &domains[i].Kind
	}
	return kinds
}

// Reasons gives the reasons of the contract and those of some domains, in the
// order of the checks. What several domains say stands there once.
func Reasons(kinds []*Kind) []tokens.ReasonRow {
	all := tokens.Reasons()
	last := all[len(all)-1] // service_unavailable, which is anybody's
	all = all[:len(all)-1]
	for _, rows := range append(domainReasons(kinds), issuers.Reasons()) {
		for _, row := range rows {
			at := slices.IndexFunc(all, func(r tokens.ReasonRow) bool { return r.Reason == row.Reason })
			if at < 0 {
				all = append(all, row)
			} else {
				all[at].By += ", " + row.By
			}
		}
	}
	return append(all, last)
}

func domainReasons(kinds []*Kind) [][]tokens.ReasonRow {
	var all [][]tokens.ReasonRow
	for _, k := range kinds {
		all = append(all, k.Reasons)
	}
	return all
}

// ConfirmFlags are the flags of every confirm.
type ConfirmFlags struct {
	Name string `placeholder:"HANDLE" help:"What to call the token; coupon-1 and so on unless given."`
	TTL  *span  `name:"ttl" placeholder:"D" help:"How long it lives: 2m unless given, 5m at most."`
}

// confirmation is the JSON of a confirm.
type confirmation struct {
	Token        string   `json:"token"`
	JTI          string   `json:"jti"`
	Issuer       string   `json:"iss"`
	KeyID        string   `json:"kid"`
	Algorithm    string   `json:"alg"`
	Expires      int64    `json:"exp"`
	Order        string   `json:"order_processing_id"`
	Capabilities []string `json:"capabilities"`
}

// Confirm has a domain confirm a choice for the current order, and says what was
// issued. It is what the verb confirm of every domain does.
func Confirm(ctx context.Context, c *Client, out *answer.Out, choice Choice, flags ConfirmFlags) error {
	var ttl time.Duration
	if flags.TTL != nil {
		if ttl = time.Duration(*flags.TTL); ttl < time.Second {
			return exit.Usage("write one of 1s to 5m", "--ttl %s is too short", ttl)
		}
	}
	order, err := c.current()
	if err != nil {
		return err
	}
	t, issued, err := c.Confirm(ctx, order, choice, Wanted{Handle: flags.Name, TTL: ttl})
	if err != nil {
		return err
	}
	said := confirmation{
		t.handle, issued.Ref.ID, issued.Ref.Issuer, issued.KeyID, issued.Algorithm, issued.ExpiresAt.Unix(), issued.Ref.Order, issued.Capabilities,
	}
	return out.Show(said, func(w *page.Page) {
		fmt.Fprintf(w, "%s: %s for %s, expires %s\n", t.handle, strings.Join(said.Capabilities, " "), said.Order, c.when(issued.ExpiresAt))
	})
}

// amountLesson is what to try next after amount_invalid, which several say.
const amountLesson = "points are whole, money has the currency's decimals: points confirm 500, payment confirm 80.00"

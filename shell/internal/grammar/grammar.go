// Package grammar is the language: every verb, once, in the order of help.
package grammar

import (
	"maps"
	"slices"

	"github.com/alecthomas/kong"

	"tokenshell/shell/internal/bench"
	"tokenshell/shell/internal/domains"
	"tokenshell/shell/internal/explore"
	"tokenshell/shell/internal/fates"
	"tokenshell/shell/internal/forge"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/outsiders"
	"tokenshell/shell/internal/record"
	"tokenshell/shell/internal/target"
	"tokenshell/shell/internal/tour"
	"tokenshell/shell/internal/trace"
	"tokenshell/shell/internal/verbs"
	"tokenshell/shell/internal/world"
	"tokenshell/shell/internal/worlds"
)

// grammar is the language. A verb is a struct with its arguments and its help
// in field tags, and a Run method; an example stands in the tag of the verb.
type grammar struct {
	interp.Globals

	Session      verbs.Session  `cmd:"" group:"client" help:"Open, show, choose and close sessions."`
	kong.Plugins                // the verbs of the domains
	Revoke       verbs.Revoke   `cmd:"" group:"client" help:"Have the issuer take a token back before its time." example:"revoke coupon-1"`
	Relay        verbs.Relay    `cmd:"" matters:"all" group:"relay" help:"Hand tokens to the relay, which judges each envelope." example:"relay coupon-1 points-1"`
	Redeem       verbs.Redeem   `cmd:"" matters:"all" group:"relay" help:"Have the relay redeem what it accepted, or go past it with --direct." example:"redeem"`
	Checkout     verbs.Checkout `cmd:"" matters:"all" group:"relay" help:"Relay and, when all were accepted, redeem." example:"checkout"`

	Token token      `cmd:"" group:"tokens" help:"List, show, print and import tokens."`
	Keys  verbs.Keys `cmd:"" group:"tokens" help:"List, rotate, retire and disable keys; print key sets."`

	Trust outsiders.Trust `cmd:"" group:"tokens" help:"Trust issuers from outside this world."`

	World   worldVerb       `cmd:"" group:"world" help:"Show what is in the world, check a world file, put the world aside and take it back."`
	Clock   verbs.Clock     `cmd:"" group:"world" help:"Show and move the time."`
	Fault   fates.Fault     `cmd:"" group:"world" help:"Have a step of a party go wrong."`
	Deliver fates.Deliver   `cmd:"" group:"world" help:"Have a late question arrive." example:"deliver coupons.redeem"`
	Restart fates.Restart   `cmd:"" group:"world" help:"Stop the relay, and start it again."`
	Explore explore.Verb    `cmd:"" alone:"" hostile:"" looks:"" matters:"0" group:"world" help:"Look at everything that may happen, for what must not." seed:"Which walks --wander makes." example:"explore --bound tokens=1"`
	Attack  attack          `cmd:"" alone:"" hostile:"" group:"world" help:"List and try hostile tokens and flows."`
	Target  target.FileVerb `cmd:"" alone:"" unrecorded:"" unwatched:"" group:"world" help:"Describe a relay of your own, and see whether it can be driven."`
	Bench   bench.Verb      `cmd:"" alone:"" unrecorded:"" unwatched:"" looks:"" group:"world" help:"Measure orders in a world of its own: how many a second, how long each takes, and where the time goes." example:"bench --for 500ms"`
	View    verbs.View      `cmd:"" group:"world" help:"Show a party's books." example:"view points"`
	Log     verbs.Log       `cmd:"" group:"world" help:"Show what the parties logged." example:"log --party relay"`
	Trace   trace.Verb      `cmd:"" group:"world" help:"Show what the parties said to each other, as a sequence diagram." example:"trace --format mermaid"`

	Set     verbs.Set     `cmd:"" group:"shell" help:"Set an option; list them without arguments." example:"set leeway 5s"`
	Let     verbs.Let     `cmd:"" group:"shell" help:"Set a variable." example:"let CODE TEN"`
	Capture verbs.Capture `cmd:"" group:"shell" help:"Set a variable to what a verb prints." example:"capture BALANCE points balance --jq .available"`
	Expect  verbs.Expect  `cmd:"" group:"shell" help:"Run a verb that must be refused with exactly this reason." example:"expect coupon_unknown coupon confirm NOPE"`
	Watch   verbs.Watch   `cmd:"" alone:"" unwatched:"" group:"shell" help:"Run a verb again and again." example:"watch 10s --count 3 points balance"`
	Record  record.Verb   `cmd:"" alone:"" unrecorded:"" unwatched:"" group:"shell" help:"Make a scenario of what is done here."`
	Source  verbs.Source  `cmd:"" alone:"" group:"shell" help:"Run the lines of a file." example:"source checkout.tsh"`
	History verbs.History `cmd:"" unrecorded:"" looks:"" group:"shell" help:"List the lines that were entered." example:"history 10"`
	Tour    tour.Verb     `cmd:"" alone:"" unrecorded:"" unwatched:"" looks:"" group:"shell" help:"Show the way through a checkout: what each party does, and what it learns." example:"tour"`
	Help    verbs.Help    `cmd:"" unrecorded:"" group:"shell" help:"List the verbs, or explain one." example:"help coupon confirm"`
	Quit    verbs.Quit    `cmd:"" alone:"" leaves:"" aliases:"exit" unrecorded:"" group:"shell" help:"Leave; exit does the same." example:"quit"`
}

// token is the verb token.
type token struct {
	verbs.Token
	Forge forge.Verb `cmd:"" seed:"Which key an attacker has." help:"Make a hostile token from a good one: changed, signed and written as the catalogue of attacks does it." example:"token forge coupon-1 --set 'sub=\"user_456\"' --sign kept"`
}

// worldVerb is the verb world.
type worldVerb struct {
	worlds.Verb
	verbs.World
}

// attack is the verb attack.
type attack struct {
	target.Verb
	Show forge.Show `cmd:"" looks:"" help:"Show one attack: what is changed, its steps as verbs, and its token taken apart; or write it as a scenario." seed:"Which keys and ids: the same seed makes the same tokens." example:"attack show ALG-01 --out alg-01.txtar"`
}

// verbGroups are the headings of help.
func verbGroups() []kong.Group {
	return []kong.Group{
		{Key: "client", Title: "the client and the domains"},
		{Key: "relay", Title: "the relay"},
		{Key: "tokens", Title: "tokens and keys"},
		{Key: "world", Title: "the world"},
		{Key: "shell", Title: "the shell"},
	}
}

// Language gives the language of some domains.
func Language(all []domains.Domain) *interp.Language {
	named := slices.DeleteFunc(slices.Clone(all), func(d domains.Domain) bool { return d.Name == "" })
	return language(named, all)
}

// language gives the language of some domains, in which files that may say something
// of all are read.
func language(some, all []domains.Domain) *interp.Language {
	l := interp.NewLanguage(domains.Kinds(some), func() interp.Grammar {
		g := &grammar{}
		g.World.Kinds = domains.Kinds(all)
		for _, d := range some {
			g.Plugins = append(g.Plugins, d.Verbs())
		}
		g.Plugins = append(g.Plugins, domains.Confirms(some))
		return g
	}, verbGroups(), trace.Vars())
	l.Kinds, l.Start, l.Topics, l.Offers = domains.Kinds(all), record.Start, topics(), map[string]interp.Offer{}
	for _, d := range some {
		maps.Copy(l.Offers, d.Offers)
	}
	l.With = func(kinds []*world.Kind) *interp.Language { return language(domains.Of(kinds, all), all) }
	return l
}

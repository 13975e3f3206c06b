// The grammar: every verb, once. The order is the order of help.

package shell

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// grammar is the language. A verb is a struct with its arguments and its help
// in field tags, and a Run method; an example stands in the tag of the verb.
type grammar struct {
	Globals

	Session  sessionVerb  `cmd:"" group:"client" help:"Open, show, choose and close sessions."`
	Coupon   couponVerb   `cmd:"" group:"client" help:"List coupons and confirm one."`
	Points   pointsVerb   `cmd:"" group:"client" help:"Show the points balance and confirm an amount."`
	Payment  paymentVerb  `cmd:"" group:"client" help:"List payment methods and confirm an amount."`
	Revoke   revokeVerb   `cmd:"" group:"client" help:"Have the issuer take a token back before its time." example:"revoke coupon-1"`
	Relay    relayVerb    `cmd:"" group:"relay" help:"Hand tokens to the relay, which judges each envelope." example:"relay coupon-1 points-1"`
	Redeem   redeemVerb   `cmd:"" group:"relay" help:"Have the relay redeem what it accepted, or go past it with --direct." example:"redeem"`
	Checkout checkoutVerb `cmd:"" group:"relay" help:"Relay and, when all were accepted, redeem." example:"checkout"`

	Token tokenVerb `cmd:"" group:"tokens" help:"List, show, print and import tokens."`
	Keys  keysVerb  `cmd:"" group:"tokens" help:"List, rotate, retire and disable keys; print key sets."`

	Trust trustVerb `cmd:"" group:"tokens" help:"Trust issuers from outside this world."`

	Clock   clockVerb   `cmd:"" group:"world" help:"Show and move the time."`
	Fault   faultVerb   `cmd:"" group:"world" help:"Have a step of a party go wrong."`
	Explore exploreVerb `cmd:"" looks:"" matters:"0" group:"world" help:"Walk through what may happen, looking for an invariant that does not hold." seed:"which walks: the same seed walks the same way" example:"explore --depth 8 --moves 500"`
	Attack  attackVerb  `cmd:"" group:"world" help:"List and try hostile tokens and flows."`
	View    viewVerb    `cmd:"" group:"world" help:"Show a party's books." example:"view points"`
	Log     logVerb     `cmd:"" group:"world" help:"Show what the parties logged." example:"log --party relay"`
	Trace   traceVerb   `cmd:"" group:"world" help:"Show what the parties said to each other, as a sequence diagram." example:"trace --format mermaid"`

	Set     setVerb     `cmd:"" group:"shell" help:"Set an option; list them without arguments." example:"set leeway 5s"`
	Let     letVerb     `cmd:"" group:"shell" help:"Set a variable." example:"let CODE TEN"`
	Capture captureVerb `cmd:"" group:"shell" help:"Set a variable to what a verb prints." example:"capture BALANCE points balance --jq .available"`
	Expect  expectVerb  `cmd:"" group:"shell" help:"Run a verb that must be refused with exactly this reason." example:"expect coupon_unknown coupon confirm NOPE"`
	Watch   watchVerb   `cmd:"" group:"shell" help:"Run a verb again and again." example:"watch 10s --count 3 points balance"`
	Record  recordVerb  `cmd:"" group:"shell" help:"Make a scenario of what is done here."`
	Source  sourceVerb  `cmd:"" group:"shell" help:"Run the lines of a file." example:"source checkout.tsh"`
	History historyVerb `cmd:"" looks:"" group:"shell" help:"List the lines that were entered." example:"history 10"`
	Tour    tourVerb    `cmd:"" looks:"" group:"shell" help:"Show the way through a checkout: what each party does, and what it learns." example:"tour"`
	Help    helpVerb    `cmd:"" group:"shell" help:"List the verbs, or explain one." example:"help coupon confirm"`
	Quit    quitVerb    `cmd:"" group:"shell" help:"Leave." example:"quit"`
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

// span is a duration as people write it: 90s, 2m, 1m30s.
type span time.Duration

// UnmarshalText reads a span.
func (s *span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is no duration: write one such as 90s or 1m30s", text)
	}
	*s = span(d)
	return nil
}

// verbPath gives a node's words: "coupon confirm".
func verbPath(node *kong.Node) string {
	if node.Parent == nil || node.Type == kong.ApplicationNode {
		return ""
	}
	if node.Parent.DefaultCmd == node {
		return verbPath(node.Parent)
	}
	return strings.TrimSpace(verbPath(node.Parent) + " " + node.Name)
}

// synopsis gives a verb with its arguments: "coupon confirm CODE [--name HANDLE]".
func synopsis(node *kong.Node) string {
	if len(node.Children) > 0 {
		var names []string
		for _, child := range node.Children {
			if child != node.DefaultCmd {
				names = append(names, child.Name)
			}
		}
		text := verbPath(node) + " " + strings.Join(names, "|")
		if node.DefaultCmd != nil {
			text = synopsis(node.DefaultCmd) + " | " + text
		}
		return text
	}
	return strings.Join(append([]string{verbPath(node)}, toCome(node, 0, nil)...), " ")
}

// toCome gives what may still stand behind a verb, when so many values and these
// flags stand there already.
func toCome(node *kong.Node, values int, given []*kong.Flag) []string {
	var parts []string
	for i, p := range node.Positional {
		if i >= values || p.IsCumulative() {
			parts = append(parts, argumentText(p))
		}
	}
	n := len(parts)
	for _, f := range node.Flags {
		if !slices.Contains(given, f) || f.IsCumulative() {
			parts = append(parts, flagText(f))
		}
	}
	if node.Tag.Has("seed") && !slices.ContainsFunc(given, func(f *kong.Flag) bool { return f.Name == "seed" }) {
		parts = append(parts, "[--seed N]")
	}
	if takesVerb(node) { // what stands behind a verb is the verb's
		verb := parts[n-1]
		parts = append(slices.Delete(parts, n-1, n), verb)
	}
	return parts
}

// argumentText gives an argument as synopsis shows it: CODE, [TOKEN…].
func argumentText(p *kong.Positional) string {
	text := strings.ToUpper(p.Name)
	if p.Tag.PlaceHolder != "" {
		text = p.Tag.PlaceHolder
	}
	if p.IsCumulative() {
		text += "…"
	}
	return optional(text, !p.Required)
}

// flagText gives a flag as synopsis shows it: --method M, [--ttl D].
func flagText(f *kong.Flag) string {
	text := "--" + f.Name
	if !f.IsBool() {
		text += " " + flagPlace(f)
	}
	if f.IsCumulative() {
		text += "…"
	}
	return optional(text, !f.Required)
}

func optional(text string, is bool) string {
	if is {
		return "[" + text + "]"
	}
	return text
}

func flagPlace(f *kong.Flag) string {
	if f.PlaceHolder != "" {
		return f.PlaceHolder
	}
	return strings.ToUpper(f.Name)
}

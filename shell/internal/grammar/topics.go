// Topics: commands of the process and lists of what there is, as help explains them.

package grammar

import (
	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/lint"
	"tokenshell/shell/internal/runs"
	"tokenshell/shell/internal/verbs"
)

// topics are the lists, and the commands that need more than a line.
func topics() []interp.Topic {
	return append(verbs.Lists(),
		bound.Topic,
		interp.Topic{Name: "run", Short: "scenarios, and what one may do", About: runs.About, Flags: &runs.Flags{}, Examples: runs.Examples},
		interp.Topic{Name: "lint", Short: "what in scenarios tests nothing", About: lint.About, Flags: &lint.Command{}, Examples: []string{"tokenshell lint scripts"}},
		interp.Topic{Name: "new", Short: "a first scenario, and what belongs to it", About: runs.AboutNew, Flags: &runs.New{}, Examples: []string{"tokenshell new checkouts"}},
		interp.Topic{Name: "adapter", Short: "somebody else's relay, behind our protocol", About: aboutAdapter},
	)
}

// aboutAdapter is what a person has to know of the protocol of adapters.
const aboutAdapter = `Puts our own relay behind the protocol by which tokenshell drives anybody's: JSON Lines, a question or an answer a line, on standard input and output.
attack run --adapter 'COMMAND' sends the catalogue through such a program, in any language; tokenshell plays the client, the services, their keys and the
time, and compares what the relay says with the services' books.

target init stdio DIR writes an adapter to begin with, target check FILE goes through it step by step and says in plain words what is wrong. With --state
FILE sessions and used tokens outlive the process, and the rows about a restart are tried, too. Never point it at production; see SECURITY.md.

The protocol, version 1. A question has an op and an id, {"op":"relay","id":7,…}; its answer has the id as re, {"re":7,…}. Answers come in any
order, members that nobody knows are ignored, a line has at most 4 MiB. Instead of its answer may come "unsupported":true, which skips the row, or "error":TEXT.

  hello    v tool                     v: 1, can: abilities; name, version, language; reasons: own or tokenshell
  reset    now audience typ           {}; sessions and used ids are forgotten. issuers are [{iss, service, capabilities, jwks}], in the order
           max_lifetime leeway          of redemption; times are in seconds
           issuers
  open     session customer facts     session: the relay's own name for it
  relay    session token              verdict: accepted, rejected or error; service, reason, detail
  redeem   session tokens             state: completed, compensated, stuck, or rejected before it began; reason. tokens: null is all
  resume   session                    as redeem
  close    session                    {}
  facts    session facts              {}
  keys     issuers                    {}; these keys from now on
  clock    now                        {}; it is then from now on, and waiting takes no time
  restart                             {}; it exits with 0 and is started again
  call     action service session     asked by the adapter, of a service; action: redeem or cancel. The answer's status: done, repeated, refused
           token attempt facts          (reason, detail), or lost: as if no answer came

At the end of its standard input it exits. Abilities: sessions replay close redeem choose resume keys clock concurrent restart facts; who cannot clock goes by the
machine's time. reasons: tokenshell is for a relay whose codes are those of help reasons, each in its place in the order of checks (where a token is of another
order, it is session_unknown or session_closed if that one is), and whose sessions live 30 minutes unless the target file says session_life. Any other says own.
With attack run -j N there are N adapters at once: what they keep in files must not be shared.

What is wanted of a relay: it forwards a token byte for byte as it was accepted, in that session, and none that it rejected, to the services in their order,
with the facts as the client told them last. All tries of a token have one attempt. A lost answer is asked for again, three times in all, and is then taken
for a yes that has to be taken back. After a refusal it redeems nothing more, and cancels what it redeemed, in reverse; a cancel that stays lost leaves the
session stuck. Whatever ends a session, it also cancels what it accepted there and did not redeem: till then the service holds it. What is completed stays so.
A name is of one order: to open with it again, until every service has forgotten that order, is answered with error, or with another name. No answer holds a
token, or a part of one.
`

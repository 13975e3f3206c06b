// help target: how a target file is written.

package target

import (
	"slices"
	"strings"

	"tokenshell/shell/attacks"
)

// Help is shown behind the verbs of target. Lines with a tab are rows of a table.
func (v *FileVerb) Help() string {
	var b strings.Builder
	b.WriteString(`A target file is YAML, read strictly. It says how the relay is reached (exactly one of stdio, http and each) and what it does. Conditions and places in answers are jq over {status, headers, body}, with the names of headers in lower case. Paths begin at the file's folder. Never point one at production.

`)
	for _, row := range Keys() {
		b.WriteString("  " + row.Name + "\t" + row.What + "\n")
	}
	b.WriteString("\nASK is open, relay, redeem, resume, close, facts, refresh and reset, CALL is redeem and cancel. A whole file, of a gateway:\n\n")
	for line := range strings.Lines(Example) {
		b.WriteString("  " + line)
	}
	b.WriteString(`
target init writes one to begin with, target check goes through what the relay has to do and says what to declare in can. The README has the file of an order service; examples/targets has seven that run. help adapter has the protocol of stdio.
`)
	return b.String()
}

// KeyRow is a key of a target file, and what it says.
type KeyRow struct{ Name, What string }

// Keys explains every key of a target file, in the order of the file. ASK stands
// for open, relay, redeem, resume, close, facts, refresh and reset, CALL for redeem
// and cancel.
func Keys() []KeyRow {
	checks := attacks.Checks()
	checks = checks[:slices.Index(checks, attacks.Redemption)]
	return []KeyRow{
		{"target", "1, the version of these files"},
		{"name", "what the relay is called in reports and in its file of known failures"},
		{"enforces", "the checks that it says it makes, all unless given; rows about others are skipped: " + strings.Join(checks, " ")},
		{"can", "what it does beside a verdict; rows that need more are skipped: " + strings.Join(spelt(attacks.Needs()), " ") + " facts"},
		{"session_life", "how long one of its sessions stays open, such as 30m; without it rows about that are skipped"},
		{"contract.audience", "the aud that it wants, order-processing unless given"},
		{"contract.typ", "the typ that it wants, confirmation+jwt unless given"},
		{"contract.issuers", "the iss of each service; may be a URL with {serve}"},
		{"contract.claims", "its names for our claims: order_processing_id: cart_id"},
		{"contract.max_lifetime", "how long a token may live, 5m unless given"},
		{"contract.leeway", "how far its clock may be off, none unless given"},
		{"keys.set", "own, a key set for each issuer, or merged, one for all"},
		{"keys.dir", "a folder of keys that the relay reads: SERVICE.json, SERVICE.pem, merged.json; unless given, one of this run; {keys} names it"},
		{"keys.settle", "how long it may take to see that keys have changed"},
		{"timeouts.start", "how long it may take to start, 10s unless given"},
		{"timeouts.request", "how long an answer may take, 5s unless given"},
		{"timeouts.redeem", "how long a redemption may take, 30s unless given"},
		{"timeouts.stop", "how long it may take to stop, 2s unless given"},
		{"reasons", "its codes for tokenshell's reasons, one or several; without them reasons are not compared"},
		{"stdio.command", "the words of the command that starts an adapter"},
		{"stdio.dir", "where it is started; the file's own folder unless given"},
		{"stdio.env", "its environment, beside PATH, HOME, LANG and TMPDIR; ${NAME} is taken from yours and never shown"},
		{"each.command", "the words of a command that judges one token; {keys}, {session} and {token_file} stand for values"},
		{"each.dir", "where it is started"},
		{"each.env", "its environment, as above"},
		{"each.stdin", "what it reads: \"{token}\" unless given, or {token_file} stands in its command"},
		{"each.accepted", "its exit codes for a yes"},
		{"each.rejected", "its exit codes for a no; any other is errored"},
		{"http.base", "where the service is: this machine, unless --allow-host HOST:PORT names it"},
		{"http.serve", "where tokenshell shows keys and plays the domains, such as 127.0.0.1:0; {serve} is its URL; without it nothing listens"},
		{"http.serve_tls", "true: over https, with a certificate of this run in keys.dir"},
		{"http.start.command", "the words of the command that starts the service, unless --no-start"},
		{"http.start.dir", "where it is started"},
		{"http.start.env", "its environment, as above"},
		{"http.start.ready", "a request; once it is answered, whatever the answer is, the service is up"},
		{"http.headers", "headers of every request; ${NAME} as above"},
		{"http.open", "opens a session; without it the relay has none"},
		{"http.relay", "hands in a token"},
		{"http.redeem", "redeems what was accepted; for can: [redeem], with domains"},
		{"http.resume", "takes a redemption that got stuck to its end"},
		{"http.close", "ends a session"},
		{"http.facts", "tells a fact of the order, {name} and {value}"},
		{"http.restart", "{}: tokenshell may end what it started and start it again"},
		{"http.refresh", "has it fetch the keys again"},
		{"http.reset", "has it forget everything, before each row"},
		{"http.ASK.request", "method and path, such as POST /orders/{session}/confirmations"},
		{"http.ASK.json", "the body; {token}, {session} and {customer} stand for values inside strings"},
		{"http.ASK.headers", "headers, such as Authorization: Bearer {token}; ${NAME} as above"},
		{"http.ASK.form", "the body, as a form"},
		{"http.ASK.text", "the body, as it is"},
		{"http.ASK.session", "where the answer names the session: .body.orderId"},
		{"http.ASK.accepted", "when the answer is a yes: .status == 202"},
		{"http.ASK.rejected", "when it is a no: .status >= 400 and .status < 500; when it is neither, the row is errored"},
		{"http.ASK.reason", "where it says why: .body.code"},
		{"http.ASK.state", "completed, compensated and stuck: when the answer is each of these"},
		{"http.ASK.poll", "request, until and within: for those that answer before they are done"},
		{"http.domains.CALL.request", "what the service asks of coupons, points and payments: POST /{service}/redemptions"},
		{"http.domains.CALL.read.token", "where that request has the token: .body.token"},
		{"http.domains.CALL.read.session", "where it has the session; else the order that the token names is taken"},
		{"http.domains.CALL.read.attempt", "where it has the attempt; else a session is one attempt"},
		{"http.domains.CALL.answer", "done, repeated, refused and unavailable: status and json of each, with {reason}"},
	}
}

// Example is a whole target file: a gateway that judges tokens and has no
// sessions.
const Example = `target: 1
name: gateway
enforces: [issuer, key, signature, audience, time]
http:
  base: http://127.0.0.1:8080
  serve: 127.0.0.1:0
  start:
    command: [./gateway, --jwks, "{serve}/jwks.json"]
    ready: GET /healthz
  relay:
    request: GET /
    headers: {Authorization: "Bearer {token}"}
    accepted: .status < 300
    rejected: .status == 401 or .status == 403
`

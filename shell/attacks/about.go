// About: what follows from a row's steps: who can do it, which check it is
// about, and what it needs of a relay.

package attacks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tokenshell/tokens"
)

// Who can make a row's token, the weakest of them first.
type Who string

// Who there is.
const (
	Anyone  Who = "anyone"  // needs nothing of anybody
	Holder  Who = "holder"  // has a good token
	Sibling Who = "sibling" // another issuer that the relay trusts
	Thief   Who = "thief"   // has an issuer's old key
	Itself  Who = "issuer"  // the issuer itself, or who has its key
)

// Whos gives them in their order.
func Whos() []Who { return []Who{Anyone, Holder, Sibling, Thief, Itself} }

// Error reports whether what they get through is an error; of others it is a
// warning, for they could do as much with a good token.
func (w Who) Error() bool { return w == Anyone || w == Holder || w == Sibling }

// Error reports whether what gets through is an error. It is a warning when it takes an
// issuer's key, or a moment, a name or an order that no contract of relays speaks of.
func (r Row) Error() bool {
	return r.Who().Error() && !slices.ContainsFunc(r.Steps, func(s Step) bool { return s.Loose })
}

// Need is something that a row asks of a relay beside a verdict. The names are
// those of the protocol's abilities.
type Need string

// The needs.
const (
	NeedSessions   Need = "sessions"
	NeedReplay     Need = "replay"
	NeedClose      Need = "close"
	NeedRedeem     Need = "redeem"
	NeedChoose     Need = "choose"
	NeedResume     Need = "resume"
	NeedKeys       Need = "keys"
	NeedClock      Need = "clock"
	NeedConcurrent Need = "concurrent"
	NeedRestart    Need = "restart"
	NeedFacts      Need = "facts"
)

// Needs gives all needs, in the order in which a missing one is named.
func Needs() []Need {
	return []Need{NeedRedeem, NeedChoose, NeedResume, NeedClose, NeedRestart, NeedFacts, NeedSessions, NeedReplay, NeedConcurrent, NeedKeys, NeedClock}
}

// Redemption is the check of what a relay does with what it accepted: it
// forwards, and takes back. The other checks are those of a token.
const Redemption = "redemption"

// Checks gives the checks that rows are about: those of a token at the relay, in
// their order, redemption, and those that only a domain makes.
func Checks() []string {
	return []string{"size", "structure", "header", "issuer", "key", "signature", "claims", "audience", "session", "time", "capability", "replay", Redemption, "outcome", "books"}
}

// checkOf says which check gives a reason.
var checkOf = map[tokens.Reason]string{
	tokens.TooLarge: "size", tokens.Malformed: "structure", tokens.HeaderNotAllowed: "header", tokens.TypeNotAllowed: "header",
	tokens.IssuerUnknown: "issuer", tokens.KeyUnknown: "key", tokens.AlgorithmNotAllowed: "key", tokens.SignatureInvalid: "signature",
	tokens.ClaimMissing: "claims", tokens.ClaimInvalid: "claims", tokens.AudienceMismatch: "audience",
	tokens.SessionUnknown: "session", tokens.SessionClosed: "session", tokens.SessionMismatch: "session",
	tokens.NotYetValid: "time", tokens.Expired: "time", tokens.LifetimeTooLong: "time", tokens.CapabilityNotAllowed: "capability",
	tokens.Replayed: "replay", tokens.AlreadyRedeemed: "outcome",
	tokens.NotIssuedHere: "books", tokens.Revoked: "books", tokens.SealedUnreadable: "books", tokens.ConstraintViolated: "books",
}

// ofRelay reports whether the relay does the step.
func (s Step) ofRelay() bool { return slices.Contains([]Verb{Relay, Redeem, Resume, Close}, s.Verb) }

// no reports whether the step has to be refused.
func (s Step) no() bool { return s.Refused || s.Want != "" || s.Anyhow }

// all gives the steps of a row, and those that happen amid them.
func (r Row) all() []Step {
	var all []Step
	for _, s := range r.Steps {
		if all = append(all, s); s.Amid != nil {
			all = append(all, *s.Amid)
		}
	}
	return all
}

// AboutRelay reports whether a row shows anything of a relay: it has to refuse
// something, to tell its services that a session is over, or to go on when one
// fails. The others are about our own domains.
func (r Row) AboutRelay() bool {
	return slices.ContainsFunc(r.all(), func(s Step) bool {
		return s.ofRelay() && (s.no() || s.Either) || s.Verb == Close || s.Verb == Fault
	})
}

// Check gives the check that the row is about.
func (r Row) Check() string {
	at := slices.IndexFunc(r.Steps, func(s Step) bool { return s.Refused && s.Verb == Relay })
	if slices.ContainsFunc(r.Steps, func(s Step) bool { return s.Amid != nil || s.Verb == Tell }) {
		return Redemption
	}
	if at < 0 && r.AboutRelay() && !slices.ContainsFunc(r.Steps, func(s Step) bool { return s.Refused && s.Verb == Redeem && s.State == "" }) {
		return Redemption
	}
	if at >= 0 && slices.ContainsFunc(r.Steps, func(s Step) bool { return s.Verb == Fault }) && r.Steps[at].Session == victim {
		return Redemption // the session is as its redemption has left it
	}
	missing := slices.ContainsFunc(r.Steps, func(s Step) bool {
		return s.Forge != nil && slices.ContainsFunc(s.Forge.Payload, func(e Edit) bool { return e.Name == "iss" })
	})
	if r.Expect == tokens.ClaimMissing && missing {
		return "issuer" // without one, nobody knows whose the other claims are
	}
	return checkOf[r.Expect]
}

// Who gives the weakest that can do it: a good token's holder, unless something
// was forged with more, or with less.
func (r Row) Who() Who {
	who, forged, old := Holder, false, map[string]bool{}
	confirmed := []string{}
	for _, s := range r.Steps {
		switch {
		case s.Verb == Confirm:
			confirmed = append(confirmed, s.As)
		case s.Verb == Rotate:
			for _, t := range confirmed {
				old[t] = true
			}
		case s.Verb == Skew && !forged:
			who = Itself
		case s.Verb == forge:
			by := s.Forge.made(old[s.Token])
			if !forged || slices.Index(Whos(), by) > slices.Index(Whos(), who) {
				who = by
			}
			forged = true
		}
	}
	return who
}

// made gives who can forge so, a token of an old key or a living one.
func (f *Forgery) made(old bool) Who {
	switch f.Signer {
	case issuer:
		if old {
			return Thief
		}
		return Itself
	case former:
		return Thief
	case sibling:
		return Sibling
	case kept, borrowed:
		return Holder
	}
	return Anyone
}

// Needs gives what the row asks of a relay beside a verdict, in the order of
// [Needs].
func (r Row) Needs() []Need {
	found := map[Need]bool{NeedReplay: r.Check() == "replay"}
	for _, s := range r.all() {
		switch s.Verb {
		case Redeem:
			found[NeedRedeem] = true
			found[NeedChoose] = found[NeedChoose] || s.Token != ""
		case Resume:
			found[NeedRedeem], found[NeedResume] = true, true
		case Close:
			found[NeedClose] = true
		case Rotate, Retire, Disable:
			found[NeedKeys] = true
		case Advance:
			found[NeedClock] = true
		case Restart:
			found[NeedRestart] = true
		case Tell:
			found[NeedFacts] = true
		case Skew:
			found[NeedClock] = found[NeedClock] || s.Service == ""
		}
		if s.Session != "" && s.Session != victim {
			found[NeedSessions] = true
		}
		if (s.Times > 1 || s.Amid != nil) && s.ofRelay() {
			found[NeedConcurrent] = true
		}
	}
	return slices.DeleteFunc(Needs(), func(n Need) bool { return !found[n] })
}

// CountsFetches reports whether a row wants keys to be fetched only so often, so
// that nobody else may fetch any meanwhile.
func (r Row) CountsFetches() bool {
	return slices.ContainsFunc(r.Steps, func(s Step) bool { return s.Verb == fetched })
}

// Wait gives the longest wait of a row, where things live for as long as a shop
// says; 0 when it waits for nothing.
func (r Row) Wait(shop Shop) time.Duration {
	longest := time.Duration(0)
	for _, s := range r.Steps {
		if s.Verb == Advance {
			longest = max(longest, s.By.In(shop))
		}
	}
	return longest
}

// WaitsShort reports whether a row waits until a token is almost over, which takes
// a clock that stands still.
func (r Row) WaitsShort() bool {
	return slices.ContainsFunc(r.Steps, func(s Step) bool { return s.By.Lives > 0 && s.By.Plus < 0 })
}

// WaitsForSession reports whether a row waits for as long as a session lives.
func (r Row) WaitsForSession() bool {
	return slices.ContainsFunc(r.Steps, func(s Step) bool { return s.By.Sessions > 0 })
}

// Said gives the steps of a row as sentences, one each.
func (r Row) Said() []string {
	var all []string
	for _, s := range r.Steps {
		text := s.name()
		if s.As != "" {
			text += " as " + s.As
		}
		if s.Service != "" {
			text += ", " + s.Service + " service"
		}
		if s.Session != "" && s.Session != victim {
			text += ", session " + s.Session
		}
		if s.Times > 1 {
			text += ", several times at once"
		}
		if want := (&run{row: r}).wants(s); want != "" {
			text += ": " + string(want)
		}
		if s.State != "" {
			text += ": " + string(s.State)
		}
		if s.Amid != nil {
			text += "; while the first service is asked, " + s.Amid.name()
		}
		all = append(all, strings.TrimSpace(text))
	}
	return all
}

// What a shop may lack that rows are about.
const (
	lacksSealing  = "a domain that seals"
	lacksAnother  = "another domain"
	lacksCustomer = "another customer for whom all of it can be confirmed"
	lacksLetter   = "a customer with a small letter in its name"
)

// Lacks gives what the row is about and a shop does not have; empty when it has all.
func (r Row) Lacks(shop Shop) string {
	seals := slices.ContainsFunc(shop.Services, func(s Service) bool { return s.Seals })
	several := len(shop.Services) > 1
	roles := map[string]bool{}
	confirms := map[string]int{shop.service(late).Name: 1} // the controls'
	confirms[shop.service(early).Name]++
	together := map[string]int{} // in one order, at most
	for _, s := range r.Steps {
		switch {
		case s.Service == sealing && !seals:
			return lacksSealing
		case s.Customer == second && len(shop.Customers) < 2 || s.Forge != nil && len(shop.Customers) < 2 && s.Forge.names("$OTHER_CUSTOMER"):
			return lacksCustomer
		case s.Forge != nil && s.Forge.shouts("sub") && strings.ToUpper(shop.Customers[0]) == shop.Customers[0]:
			return lacksLetter
		case s.Forge != nil && !several && (s.Forge.Signer == sibling || s.Forge.names("$OTHER_ISS") || s.Forge.names("$OTHER_CAP") || s.Forge.names("$OTHER_KID")):
			return lacksAnother
		}
		if roles[s.Service] = true; roles[late] && roles[early] && !several {
			return lacksAnother
		}
		if s.Verb == Confirm {
			name := shop.service(s.Service).Name
			confirms[name]++
			together[name] = max(together[name], r.confirmsIn(shop, name, s.Session))
		}
	}
	for _, s := range shop.Services {
		if n := confirms[s.Name]; n > 0 && s.Often != 0 && n > s.Often {
			return fmt.Sprintf("something of %s that can be confirmed %d times", s.Name, n)
		}
		if n := together[s.Name]; n > 0 && s.Together != 0 && n > s.Together {
			return fmt.Sprintf("something of %s that can be confirmed %d times in one order", s.Name, n)
		}
	}
	return ""
}

// confirmsIn counts what a service confirms in one of the row's sessions.
func (r Row) confirmsIn(shop Shop, service, session string) (n int) {
	for _, s := range r.Steps {
		if s.Verb == Confirm && s.Session == session && shop.service(s.Service).Name == service {
			n++
		}
	}
	return n
}

// names reports whether a forgery's texts name something.
func (f *Forgery) names(word string) bool {
	texts := []string{f.HeaderText, f.PayloadText, string(f.Whole)}
	for _, e := range slices.Concat(f.Header, f.Payload) {
		texts = append(texts, e.Raw)
	}
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, word) })
}

// shouts reports whether a forgery writes a claim in upper case.
func (f *Forgery) shouts(claim string) bool {
	return slices.ContainsFunc(f.Payload, func(e Edit) bool { return e.Name == claim && e.Bend.How == upper.How })
}

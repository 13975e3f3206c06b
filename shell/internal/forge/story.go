// The story: a row of the catalogue as the lines of a scenario.

package forge

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tokenshell/shell/attacks"
	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/internal/target"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// Story gives the lines of a row, as they are played in a world, and the number of
// the row's step that each is of, or says why there are none.
func Story(row attacks.Row, h target.Hostile) (lines []string, steps []int, why string) {
	t := &teller{row: row, world: h.World, shop: h.Shop, facts: h.Facts, customers: map[string]string{}, from: map[string]string{}, opened: map[string]bool{}}
	if lacks := row.Lacks(t.shop); lacks != "" {
		return nil, nil, "it needs " + lacks
	}
	for i, step := range row.Steps {
		if why := t.tell(step); why != "" {
			return nil, nil, why
		}
		for len(steps) < len(t.lines) {
			steps = append(steps, i+1)
		}
	}
	return t.lines, steps, ""
}

// Scenario writes a row as a scenario, with the world file if the world has one; why
// says why there is none.
func Scenario(row attacks.Row, h target.Hostile) (text, why string) {
	w := h.World
	lines, _, why := Story(row, h)
	if why != "" {
		return "", why
	}
	head := []string{
		"# " + row.ID + ": " + row.What + ".",
		fmt.Sprintf("# Refused with %s. Who can make it: %s. The check: %s. Source: %s.", row.Expect, row.Who(), row.Check(), row.Source),
		"",
		"set check on",
	}
	text = strings.Join(append(head, lines...), "\n") + "\n"
	file, err := w.Plan.WithoutNumbers()
	if err != nil {
		return "", err.Error()
	}
	if file != nil {
		text += "-- world.yaml --\n" + strings.TrimSuffix(string(file), "\n") + "\n"
	}
	return text, ""
}

// teller writes down a row step by step.
type teller struct {
	row       attacks.Row
	world     *world.World
	shop      attacks.Shop
	facts     tokens.Facts // that orders say
	lines     []string
	current   string            // the current session
	customers map[string]string // of the sessions
	opened    map[string]bool
	from      map[string]string // the service of a token, by its name
}

func (t *teller) say(words ...string) {
	for i, word := range words {
		words[i] = syntax.Quote(word)
	}
	t.lines = append(t.lines, strings.Join(words, " "))
}

// judged says a line with what is expected of it.
func (t *teller) judged(step attacks.Step, words ...string) {
	switch want := t.row.Wants(step); {
	case want != "":
		words = append([]string{"expect", string(want)}, words...)
	case step.State == attacks.Compensated && step.Verb == attacks.Redeem:
		words = append([]string{"!"}, words...)
	}
	t.say(words...)
}

// service finds a service by its role.
func (t *teller) service(role string) attacks.Service {
	all := t.shop.Services
	switch role {
	case "sealing":
		for _, s := range all {
			if s.Seals {
				return s
			}
		}
	case "late":
		return all[min(1, len(all)-1)]
	}
	return all[0]
}

// at makes the session of a step the current one.
func (t *teller) at(step attacks.Step) (why string) {
	session := step.Session
	switch {
	case session == "" || session == t.current:
		return ""
	case !t.opened[session] || t.row.Wants(step) == tokens.SessionUnknown:
		return "no verb is about a session that nobody knows"
	}
	t.current = session
	t.say("session", "use", session)
	return ""
}

// of gives the service that a step is about, or its token's own.
func (t *teller) of(step attacks.Step) string {
	if role := step.Service; role != "" {
		return t.service(role).Name
	}
	return t.service(t.from[step.Token]).Name
}

// tell writes down one step, or says why it cannot be.
func (t *teller) tell(step attacks.Step) (why string) {
	switch {
	case step.Times > 1:
		return "no line does several things at once"
	case step.Verb == attacks.Open && step.Either:
		return "no line goes on when a session's name is taken"
	case step.IfDone:
		return "" // in this world it was not
	case step.Amid != nil:
		aside := &teller{row: t.row, world: t.world, shop: t.shop, current: t.current, opened: t.opened, from: t.from}
		other := *step.Amid
		other.Want = "" // whatever came of it, nobody is told
		if why := aside.tell(other); why != "" {
			return why
		}
		t.say("fault", t.service("").Name+"."+step.Phase, "meanwhile", aside.lines[0])
		step.Amid = nil
		return t.tell(step)
	case step.Attempt != "" || step.Repeated:
		return "no verb says which attempt it is"
	case step.Forges():
		t.from[step.As] = t.from[step.Token]
		t.say(append([]string{"token", "forge", step.Token, "--name", step.As}, t.words(step.Forge)...)...)
		return ""
	case step.Marks():
		t.books(func(before, service string) { t.say("capture", before, "view", service, "--jq", ".accounts|tostring") })
		return ""
	case step.Fetched():
		return ""
	case step.Unmoved():
		t.books(func(before, service string) {
			t.say("view", service, "--jq", ".accounts|tostring")
			t.lines = append(t.lines, "stdout ^${"+before+"@R}$")
		})
		return ""
	}
	switch step.Verb {
	case attacks.Open:
		customer := t.shop.Customers[map[string]int{"second": 1}[step.Customer]]
		t.current, t.opened[step.Session], t.customers[step.Session] = step.Session, true, customer
		line := []string{"session", "new", step.Session, "--customer", customer}
		for _, name := range slices.Sorted(maps.Keys(t.facts)) {
			line = append(line, "--fact", name+"="+t.facts[name])
		}
		t.say(line...)
		return ""
	case attacks.Advance:
		t.say("clock", "advance", syntax.Span(step.By.In(t.shop)).String())
		return ""
	case attacks.Skew:
		party := "relay"
		if step.Service != "" {
			party = t.service(step.Service).Name
		}
		t.say("clock", "skew", party, "--ahead", syntax.Span(step.By.In(t.shop)).String())
		return ""
	case attacks.Restart:
		t.say("restart", "relay")
		return ""
	case attacks.Rotate:
		t.say("keys", "rotate", t.of(step))
		return ""
	case attacks.Retire, attacks.Disable:
		t.say("capture", "KID", "token", "show", step.Token, "--jq", ".header.kid")
		t.lines = append(t.lines, "keys "+string(step.Verb)+" $KID")
		return ""
	case attacks.Fault:
		t.say("fault", t.of(step)+"."+step.Phase, step.Kind, "--count", fmt.Sprint(max(1, step.Count)))
		return ""
	case attacks.Cancel:
		return "no verb cancels past the relay"
	}
	return t.ofSession(step)
}

// ofSession writes down what happens in a session.
func (t *teller) ofSession(step attacks.Step) (why string) {
	if why := t.at(step); why != "" {
		return why
	}
	switch step.Verb {
	case attacks.Tell:
		for _, p := range t.world.Parties {
			facts, anew := p.Facts(t.customers[t.current])
			if step.Phase == "anew" {
				facts = anew
			}
			for _, name := range slices.Sorted(maps.Keys(facts)) {
				t.say("session", "set", name+"="+facts[name])
			}
		}
	case attacks.Confirm:
		p, err := t.world.Service(t.service(step.Service).Name)
		if err != nil {
			return err.Error()
		}
		t.from[step.As] = step.Service
		t.lines = append(t.lines, p.Sample(t.customers[t.current]).Line+" --name "+step.As)
	case attacks.Relay:
		t.judged(step, "relay", step.Token)
	case attacks.Direct:
		t.judged(step, "redeem", "--direct", step.Token, "--to", t.of(step))
	case attacks.Revoke:
		t.judged(step, "revoke", step.Token)
	case attacks.Close:
		t.judged(step, "session", "close", step.Session)
	case attacks.Redeem:
		words := []string{"redeem"}
		if step.Token != "" {
			words = append(words, step.Token)
		}
		t.judged(step, words...)
	case attacks.Resume:
		t.judged(step, "redeem", "--resume")
	default:
		return fmt.Sprintf("there is no verb for %s", step.Verb)
	}
	if step.State != "" {
		t.say("session", "show", "--jq", ".state")
		t.say("stdout", string(step.State))
	}
	return ""
}

// books goes through the services' books.
func (t *teller) books(each func(before, service string)) {
	for _, s := range t.shop.Services {
		each("BEFORE_"+strings.ToUpper(s.Name), s.Name)
	}
}

// words gives a forgery with the names that the sessions have here, and the
// tokens.
func (t *teller) words(f *attacks.Forgery) []string {
	words := Words(f)
	needsOther := f.Signer == "borrowed"
	here := strings.NewReplacer("$VICTIM", "victim", "$ELSEWHERE", "elsewhere", "$INTRUDER", "intruder", "$NEVER", "never", "$ROW", "")
	for i, word := range words {
		needsOther = needsOther || strings.Contains(word, "$LETTER") || strings.Contains(word, "$JTI")
		words[i] = here.Replace(word)
	}
	if needsOther {
		words = append(words, "--other", "u")
	}
	return words
}

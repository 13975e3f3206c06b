// Comparing: what the product answers and shows against what the model says.

package spec_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"tokenshell/issuers/coupons"
	"tokenshell/issuers/declared"
	"tokenshell/issuers/payments"
	"tokenshell/issuers/points"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/spec"
	"tokenshell/shell/internal/world"
)

// answered reads an operation's error.
func answered(err error) spec.Answer {
	if err == nil {
		return spec.Answer{}
	}
	var a spec.Answer
	for _, r := range exit.Rejections(err) {
		a.Reasons = append(a.Reasons, string(r.Reason))
	}
	a.Wrong = a.Reasons == nil
	return a
}

func sameAnswer(a, b spec.Answer) bool {
	return a.Wrong == b.Wrong && slices.Equal(a.Reasons, b.Reasons)
}

func describe(a spec.Answer, err error) string {
	if a.Wrong {
		return err.Error()
	}
	return a.String()
}

// spoken reads the results of a redemption in what a verb printed; one that says
// nothing of the kind had none.
func (w *walk) spoken(said []byte) []result {
	var got struct {
		Order   string `json:"order_processing_id"`
		Results []struct {
			Token, JTI, Status string
			Receipt            *struct{ ID string }
		}
	}
	if err := json.Unmarshal(said, &got); err != nil {
		return []result{{status: fmt.Sprintf("%q is not JSON: %v", said, err)}}
	}
	var results []result
	for _, r := range got.Results {
		read := result{token: named{got.Order, r.JTI}, status: r.Status}
		if r.Receipt != nil {
			read.receipt = r.Receipt.ID
		}
		for of, handle := range w.jtis {
			if handle == r.Token { // it may be tried in another order than its own
				read.token = of
			}
		}
		results = append(results, read)
	}
	return results
}

// compareResults holds what a redemption came to for each token against the
// model, and each receipt against the one that was given before.
func (w *walk) compareResults(got []result, foretold spec.Answer) *discrepancy {
	if foretold.Results == nil {
		return nil
	}
	results := []string{}
	for _, r := range got {
		handle := w.jtis[r.token]
		results = append(results, handle+" "+r.status)
		if r.receipt == "" {
			continue
		}
		if first, again := w.receipts[handle]; again && first != r.receipt {
			return &discrepancy{what: fmt.Sprintf("%s has another receipt than before", handle)}
		}
		w.receipts[handle] = r.receipt
	}
	if !slices.Equal(results, foretold.Results) {
		last := len(w.script) - 1
		ask := asked(w.script[last]+` --jq '[.results[] | .token + " " + .status] | join(", ")'`, strings.Join(foretold.Results, ", "))
		w.script = w.script[:last]
		return &discrepancy{fmt.Sprintf("the results are %s, the model says %s", results, foretold.Results), ask}
	}
	return nil
}

// asked gives the lines that want a verb to print a value.
func asked(verb, value string) []string {
	return []string{verb, "stdout '^" + regexp.QuoteMeta(value) + "$'"}
}

// compare holds everything that can be seen of the world against the model.
func (w *walk) compare() *discrepancy {
	got, want := w.seen(), w.model.Sights()
	for i, f := range want {
		if i >= len(got) || got[i] != f.Value {
			what := fmt.Sprintf("%s: %q, the model says %q", f.Verb(), strings.Join(got[i:min(i+1, len(got))], ""), f.Value)
			return &discrepancy{what, asked(f.Verb(), f.Value)}
		}
	}
	if len(got) > len(want) {
		return &discrepancy{what: fmt.Sprintf("there is also %q", got[len(want)])}
	}
	return nil
}

// What a domain shows of its books.
type (
	lister interface {
		List(customer string) []coupons.Listed
	}
	balancer interface {
		Balance(customer string) (points.Balance, error)
	}
	declaredBooks interface {
		Everything() []declared.Listed
		Balance(customer string) (declared.Sum, error)
	}
	wallet interface {
		Methods(customer string) ([]payments.Method, error)
	}
)

// seen is what there is to see of the product's world, in the order of
// [spec.World.Sights].
func (w *walk) seen() []string {
	in := w.client.World
	var faults []string
	for _, f := range in.Faults.List() {
		faults = append(faults, fmt.Sprintf("%s.%s %s %d %d", f.Party, f.Step, f.Kind, f.Left, f.After))
	}
	var late []string
	for _, q := range in.Wire.Late() {
		late = append(late, q.To+"."+q.Step)
	}
	all := append(make([]string, 0, 32), in.Clock.Now().Format(time.RFC3339Nano), strings.Join(faults, ", "), strings.Join(late, ", "))
	for _, state := range w.client.SessionStates(in.Sessions()) {
		texts := []string{state.Customer, string(state.State)}
		for _, name := range slices.Sorted(maps.Keys(state.Facts)) {
			texts = append(texts, name+"="+state.Facts[name])
		}
		for _, t := range state.Tokens {
			texts = append(texts, w.jtis[named{state.Order, t.JTI}]+" "+t.Status)
		}
		all = append(all, strings.Join(texts, ", "))
	}
	if w.twin.drawn != nil {
		all = append(all, w.seenDeclared()...)
		return append(all, w.seenKeys()...)
	}
	for _, l := range domain[lister](in, "coupons").List(in.Plan.Customers[0]) {
		all = append(all, strconv.Itoa(l.Used))
	}
	for _, customer := range in.Plan.Customers {
		b, _ := domain[balancer](in, "points").Balance(customer)
		all = append(all, fmt.Sprintf("%d %d", b.Balance, b.Held))
		methods, _ := domain[wallet](in, "payments").Methods(customer)
		for _, m := range methods {
			all = append(all, fmt.Sprintf("%s %s %s", m.Authorised, m.Captured, m.Available))
		}
	}
	return append(all, w.seenKeys()...)
}

// seenKeys are the states of each service's keys.
func (w *walk) seenKeys() (all []string) {
	for _, p := range w.client.World.Parties {
		var states []string
		for _, k := range p.Keys().List() {
			states = append(states, string(k.State))
		}
		all = append(all, strings.Join(states, " "))
	}
	return all
}

// seenDeclared are the books of declared domains.
func (w *walk) seenDeclared() (all []string) {
	in := w.client.World
	for _, p := range in.Parties {
		books := domain[declaredBooks](in, p.Name)
		for _, l := range books.Everything() {
			switch p.Kind.Declaration.Holds {
			case declared.Quota:
				all = append(all, strconv.FormatInt(l.Used, 10))
			case declared.Authorisation:
				all = append(all, fmt.Sprintf("%s %s %s", declared.Text(l.Of.Held), declared.Text(l.Of.Taken), declared.Text(l.Of.Free)))
			}
		}
		for _, customer := range in.Plan.Customers {
			if b, err := books.Balance(customer); err == nil {
				all = append(all, declared.Text(b.Standing)+" "+declared.Text(b.Held))
			}
		}
	}
	return all
}

// domain gives a service by what it can do.
func domain[D any](w *world.World, name string) D {
	p, err := w.Service(name)
	if err != nil {
		panic(err) // the worlds that are walked in have it
	}
	return p.Domain.(D)
}

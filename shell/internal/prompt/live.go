// Live values: what Tab offers, from the world as it is. A row for each kind of
// place that the grammar's complete tags name.

package prompt

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"tokenshell/issuers"
	"tokenshell/orchestrator"
	"tokenshell/shell/attacks"
	"tokenshell/shell/attacks/bends"
	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/fates"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/profiles"
	"tokenshell/shell/internal/redact"
	"tokenshell/shell/internal/verbs"
	"tokenshell/shell/internal/wire"
	"tokenshell/shell/internal/world"
	"tokenshell/shell/lineedit"
	"tokenshell/tokens"
)

// liveKind offers values for a place: word is what is typed of one, before are
// the arguments that stand there already.
type liveKind func(c *completer, word string, before []string) []lineedit.Candidate

// liveKinds is the table of kinds; domains have theirs beside it.
func liveKinds() map[string]liveKind {
	of := func(offer func(s *interp.Shell) []lineedit.Candidate) liveKind {
		return func(c *completer, _ string, _ []string) []lineedit.Candidate { return offer(c.shell) }
	}
	return map[string]liveKind{
		"token":    offerTokens,
		"session":  of(offerSessions),
		"customer": of(offerCustomers),
		"fact":     offerFacts,
		"save":     of(func(s *interp.Shell) []lineedit.Candidate { return plain(s.Kept()) }),
		"service":  offerParties(),
		"party":    offerParties("client", "relay", "kms"),
		"viewer":   offerParties("client", "relay"),
		"worker":   offerParties("relay", "kms"), // has a clock, and a log
		"relay":    of(func(*interp.Shell) []lineedit.Candidate { return plain([]string{wire.Relay, wire.Relay2}) }),
		"kid":      of(offerKeys),
		"step":     of(offerSteps),
		"kind":     offerFaults,
		"late":     of(offerLate),
		"decision": of(func(*interp.Shell) []lineedit.Candidate {
			return rowsOf(fates.Decisions(), func(d fates.Decision) (string, string) { return d.Word, d.Does })
		}),
		"check":  of(offerChecks),
		"reason": offerExpected,
		"option": of(func(*interp.Shell) []lineedit.Candidate {
			return rowsOf(interp.OptionRows(), func(r interp.OptionRow) (string, string) { return r.Name, r.Help })
		}),
		"value":    offerOptionValues,
		"attack":   offerAttacks,
		"group":    of(offerGroups),
		"who":      of(func(*interp.Shell) []lineedit.Candidate { return offerRows(attacks.Whos(), attacks.Row.Who) }),
		"about":    of(func(*interp.Shell) []lineedit.Candidate { return offerRows(attacks.Checks(), attacks.Row.Check) }),
		"outsider": of(offerOutsiders),
		"profile": func(c *completer, word string, _ []string) []lineedit.Candidate {
			return append(rowsOf(profiles.Ready(), func(p profiles.Profile) (string, string) { return p.Name, p.What }), c.files(word)...)
		},
		"claim": of(func(*interp.Shell) []lineedit.Candidate { return plain(tokens.ClaimNames()) }),
		"signer": of(func(*interp.Shell) []lineedit.Candidate {
			return rowsOf(attacks.Signers(), func(r attacks.SignerRow) (string, string) { return r.Word, r.Help })
		}),
		"encoding": of(func(*interp.Shell) []lineedit.Candidate {
			return rowsOf(bends.Rows(), func(r bends.Row) (string, string) { return r.Where + "." + r.How, r.Help })
		}),
		"bound": func(_ *completer, word string, _ []string) []lineedit.Candidate {
			bounds := rowsOf(slices.Concat(bound.Portfolio(), bound.Large()), func(b bound.Bound) (string, string) { return b.Name, b.About })
			numbers := append(rowsOf(bound.NumberRows(), func(r bound.NumberRow) (string, string) { return r.Name + "=", r.Is }),
				rowsOf(bound.SpanRows(), func(r bound.SpanRow) (string, string) { return r.Name + "=", r.Is })...)
			switch said := beforeComma(word); { // names, or numbers
			case said == "":
				return inList(word, append(bounds, numbers...))
			case strings.Contains(said, "="):
				return inList(word, numbers)
			}
			return inList(word, bounds)
		},
		"fates": func(_ *completer, word string, _ []string) []lineedit.Candidate {
			return inList(word, rowsOf(bound.FateRows(), func(r bound.FateRow) (string, string) { return r.Name, r.Is }))
		},
		"topic": offerTopics,
		"file":  func(c *completer, word string, _ []string) []lineedit.Candidate { return c.files(word) },
	}
}

// beforeComma gives the part of a list that is whole, with its comma.
func beforeComma(word string) string { return word[:strings.LastIndex(word, ",")+1] }

// inList offers values as the next of a list that is typed with commas; those that
// it has already are left out. More may follow, so that no space does.
func inList(word string, values []lineedit.Candidate) []lineedit.Candidate {
	said := beforeComma(word)
	var all []lineedit.Candidate
	for _, v := range values {
		if name := strings.TrimSuffix(v.Value, "="); !slices.ContainsFunc(strings.Split(said, ","), func(s string) bool { s, _, _ = strings.Cut(s, "="); return s == name }) {
			all = append(all, lineedit.Candidate{Value: said + v.Value, Description: v.Description, NoSpace: true})
		}
	}
	return all
}

// offerFacts offers the facts of the world that stand not in the line yet; their
// value follows.
func offerFacts(c *completer, _ string, before []string) []lineedit.Candidate {
	var all []lineedit.Candidate
	for _, name := range c.shell.World.Plan.Facts() {
		if !slices.ContainsFunc(before, func(word string) bool { return strings.HasPrefix(word, name+"=") }) {
			all = append(all, lineedit.Candidate{Value: name + "=", NoSpace: true})
		}
	}
	return all
}

// rowsOf makes candidates of the rows of a table.
func rowsOf[R any](rows []R, offer func(R) (value, about string)) []lineedit.Candidate {
	all := make([]lineedit.Candidate, len(rows))
	for i, row := range rows {
		all[i].Value, all[i].Description = offer(row)
	}
	return all
}

func plain(values []string) []lineedit.Candidate {
	return rowsOf(values, func(value string) (string, string) { return value, "" })
}

// offerTokens leaves out what stands in the line already.
func offerTokens(c *completer, _ string, before []string) []lineedit.Candidate {
	standings := c.shell.Standings()
	var all []lineedit.Candidate
	for _, t := range c.shell.Wallet.Held {
		if !slices.Contains(before, t.Handle) {
			all = append(all, lineedit.Candidate{Value: t.Handle, Description: aboutToken(c.shell.Client, t, standings.Of(t))})
		}
	}
	return all
}

// aboutToken says of a token what helps to choose one: where it stands, how old
// it is and how long it has.
func aboutToken(s *client.Client, t *client.Token, status string) string {
	about := page.OrDash(t.Service) + ", " + status
	now := s.World.Clock.Now()
	if !t.Since.IsZero() {
		about += ", " + tokens.HowLong(now.Sub(t.Since)) + " old"
	}
	if left := t.Expires.Sub(now); left > 0 {
		about += ", " + tokens.HowLong(left) + " left"
	}
	return about
}

func offerSessions(s *interp.Shell) []lineedit.Candidate {
	return rowsOf(s.World.Sessions(), func(snap orchestrator.Snapshot) (string, string) {
		return snap.ID, string(snap.State) + ", " + snap.Customer
	})
}

// offerParties offers these and the services.
func offerParties(names ...string) liveKind {
	return func(c *completer, _ string, _ []string) []lineedit.Candidate {
		return rowsOf(slices.Concat(names, c.shell.World.ServiceNames()), func(name string) (string, string) {
			if party := verbs.PartyHelp(c.shell.Language.Domains, name); party != nil {
				return name, party.What
			}
			return name, ""
		})
	}
}

func offerKeys(s *interp.Shell) []lineedit.Candidate {
	var all []lineedit.Candidate
	for _, p := range s.World.Parties {
		all = append(all, rowsOf(p.Keys().List(), func(k issuers.KeyInfo) (string, string) { return k.ID, string(k.State) })...)
	}
	return all
}

// offerCustomers says of each what the domains have of it.
func offerCustomers(s *interp.Shell) []lineedit.Candidate {
	return rowsOf(s.World.Plan.Customers, func(id string) (string, string) {
		var about []string
		for _, p := range s.World.InKindOrder() {
			if has := p.About(id); has != "" {
				about = append(about, has)
			}
		}
		return id, strings.Join(about, ", ")
	})
}

// askers says who asks for a step.
func askers(s world.Step) string {
	switch s.Step {
	case "sign":
		return "asked by a service that confirms"
	case "decrypt":
		return "asked by a service that opens its letter"
	case "use":
		return "asked by the relay, which accepts a token"
	case "cancel":
		return "asked by the relay"
	case "redeem":
		if s.Party != "relay" {
			return "asked by the relay, or past it"
		}
	}
	return "asked by the client"
}

func offerSteps(s *interp.Shell) []lineedit.Candidate {
	return rowsOf(s.World.Steps(), func(step world.Step) (string, string) { return step.String(), askers(step) })
}

// offerFaults offers what can go wrong of the step that stands before.
func offerFaults(c *completer, _ string, before []string) []lineedit.Candidate {
	kinds := wire.FaultRows()
	for _, word := range before {
		if party, step, err := c.shell.World.ParseStep(word); err == nil {
			fit := wire.FaultKinds(party, step)
			kinds = slices.DeleteFunc(kinds, func(r wire.FaultRow) bool { return !slices.Contains(fit, string(r.Kind)) })
			break
		}
	}
	return rowsOf(kinds, func(r wire.FaultRow) (string, string) { return string(r.Kind), r.Help })
}

// offerLate offers the steps of which a question is late.
func offerLate(s *interp.Shell) []lineedit.Candidate {
	return rowsOf(s.World.Wire.Late(), func(q wire.Question) (string, string) { return q.To + "." + q.Step, "late, of order " + q.Session })
}

// offerChecks offers what --without may name.
func offerChecks(*interp.Shell) []lineedit.Candidate {
	return rowsOf(slices.Concat(tokens.Weaknesses(), tokens.Unchecked()), func(r tokens.WeaknessRow) (string, string) { return r.Rule, "without it, " + r.Without })
}

// offerExpected offers reasons, also behind those that stand in the word already.
func offerExpected(c *completer, word string, _ []string) []lineedit.Candidate {
	before := word[:strings.LastIndexByte(word, ',')+1]
	all := offerReasons(c.shell)
	for i := range all {
		all[i].Value = before + all[i].Value
	}
	return all
}

func offerReasons(s *interp.Shell) []lineedit.Candidate {
	return rowsOf(s.Language.Reasons(), func(r tokens.ReasonRow) (string, string) { return string(r.Reason), r.Meaning })
}

func offerOptionValues(c *completer, _ string, before []string) []lineedit.Candidate {
	if len(before) > 0 && before[0] == "without" {
		return append(offerChecks(c.shell), lineedit.Candidate{Value: "none", Description: "the world is sound"})
	}
	for _, row := range interp.OptionRows() {
		if len(before) > 0 && row.Name == before[0] && strings.Contains(row.Values, "|") {
			return plain(strings.Split(row.Values, "|"))
		}
	}
	return nil
}

func offerAttacks(_ *completer, _ string, before []string) []lineedit.Candidate {
	rows := slices.DeleteFunc(attacks.All(), func(r attacks.Row) bool { return slices.Contains(before, r.ID) })
	return rowsOf(rows, func(r attacks.Row) (string, string) { return r.ID, r.What })
}

func offerGroups(*interp.Shell) []lineedit.Candidate {
	return offerRows(attacks.Groups(), func(r attacks.Row) attacks.Group { return r.Group })
}

// offerRows offers what rows may be, with how many of them are.
func offerRows[T ~string](names []T, of func(attacks.Row) T) []lineedit.Candidate {
	counts := map[T]int{}
	for _, row := range attacks.All() {
		counts[of(row)]++
	}
	return rowsOf(names, func(name T) (string, string) { return string(name), page.Count(counts[name], "attack") })
}

func offerOutsiders(s *interp.Shell) []lineedit.Candidate {
	return rowsOf(s.World.Outsiders, func(o *world.Outsider) (string, string) {
		return o.Issuer.Name, strings.Join(o.Issuer.Capabilities, " ")
	})
}

// offerTopics offers what help explains.
func offerTopics(c *completer, _ string, before []string) []lineedit.Candidate {
	root := c.parser.Root()
	if len(before) > 0 {
		if node, used := c.parser.Find(before); used == len(before) {
			return c.verbCandidates(node)
		}
		return nil
	}
	all := c.verbCandidates(root)
	for _, row := range verbs.PartyRows(c.shell.Language.Domains) {
		if c.parser.Child(root, row.Name) == nil { // relay is a verb, too
			all = append(all, lineedit.Candidate{Value: row.Name, Description: row.What})
		}
	}
	for _, t := range c.shell.Language.Topics {
		all = append(all, lineedit.Candidate{Value: t.Name, Description: t.Short})
	}
	all = append(all, lineedit.Candidate{Value: "schema", Description: "of a world file or a profile, for editors"})
	return append(all, offerReasons(c.shell)...)
}

// variables gives the variables, and what they hold unless that is secret.
func (c *completer) variables() []lineedit.Candidate {
	return rowsOf(c.shell.Vars.Names(), func(name string) (string, string) {
		return "$" + name, redact.OneLine(c.shell.Redact(c.shell.Vars.Shown(name)))
	})
}

// files gives the files that begin with word, behind an @ if there is one; a
// folder goes on.
func (c *completer) files(word string) []lineedit.Candidate {
	at := ""
	if cut, ok := strings.CutPrefix(word, "@"); ok {
		at, word = "@", cut
	}
	dir, _ := filepath.Split(word)
	entries, err := os.ReadDir(c.shell.Dir.Full(filepath.Clean("./" + dir)))
	if filepath.IsAbs(word) {
		entries, err = os.ReadDir(dir)
	}
	if err != nil {
		return nil
	}
	var all []lineedit.Candidate
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") || strings.ContainsAny(e.Name(), " '\"\\#$;") {
			continue
		}
		candidate := lineedit.Candidate{Value: at + dir + e.Name(), NoSpace: e.IsDir()}
		if e.IsDir() {
			candidate.Value, candidate.Description = candidate.Value+"/", "folder"
		} else if info, err := e.Info(); err == nil {
			candidate.Description = tokens.Count(info.Size(), "byte")
		}
		all = append(all, candidate)
	}
	return all
}

// Package explore walks through what may happen in a world, looking for an
// invariant that does not hold.
package explore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// explorer walks through worlds of one kind.
type explorer struct {
	plan     *world.Plan
	weakness tokens.Weakness
	seed     uint64
	depth    int // moves of a walk
	budget   int // moves in all

	// tried counts, for each state and kind of move, how often it was chosen:
	// the walks prefer what is new.
	tried   map[string]map[string]int
	verbs   int
	walks   int
	reasons map[string]int
	tell    func(*explorer) // told now and then; may be nil

	faults    []Move   // of every world of the plan
	customers []string // whose orders are explored

	// confirmed and redeemed are the services that did so at least once.
	confirmed, redeemed map[string]bool
}

// finding is a broken invariant, and the shortest way there.
type finding struct {
	what  string
	moves []Move
}

// explore walks until the budget is used, ctx ends or something is found.
func (e *explorer) explore(ctx context.Context) (*finding, error) {
	e.tried, e.reasons = map[string]map[string]int{}, map[string]int{}
	e.confirmed, e.redeemed = map[string]bool{}, map[string]bool{}
	c, err := e.fresh(ctx, e.weakness)
	if err != nil {
		return nil, err
	}
	e.faults = faultMoves(c.World)
	if e.customers, err = e.able(ctx); err != nil {
		return nil, err
	}
	rng := rand.New(rand.NewPCG(e.seed, 0))
	if found, err := e.wander(ctx, rng, min(e.budget, firstWalks)); found != nil || err != nil {
		return found, err
	}
	if found, err := e.pairs(ctx); found != nil || err != nil {
		return found, err
	}
	return e.wander(ctx, rng, e.budget)
}

// firstWalks is how many moves are spent on walks before the pairs of faults:
// enough for what is easy to find.
const firstWalks = 3000

// wander walks until so many moves were made.
func (e *explorer) wander(ctx context.Context, rng *rand.Rand, budget int) (*finding, error) {
	for e.verbs < budget && ctx.Err() == nil {
		e.walks++
		moves, broken, err := e.walk(ctx, rng)
		if err != nil {
			return nil, err
		}
		if broken != nil {
			return e.shorten(ctx, moves)
		}
		e.progress()
	}
	return nil, nil
}

func (e *explorer) progress() {
	if e.tell != nil {
		e.tell(e)
	}
}

// pairs tries every pair of faults on one checkout of everything: most of what
// goes wrong takes two.
func (e *explorer) pairs(ctx context.Context) (*finding, error) {
	var faults []Move
	for _, m := range e.faults {
		if !strings.Contains(m.Line, "confirm") && !strings.Contains(m.Line, "sign") {
			faults = append(faults, m)
		}
	}
	for i := range faults {
		for j := i; j < len(faults) && e.verbs < e.budget && ctx.Err() == nil; j++ {
			e.walks++
			moves, broken, err := e.pair(ctx, faults[i], faults[j])
			if err != nil {
				return nil, err
			}
			if broken != nil {
				return e.shorten(ctx, moves)
			}
		}
		e.progress()
	}
	return nil, nil
}

// pair checks one order out with two faults waiting, and ends it.
func (e *explorer) pair(ctx context.Context, one, other Move) (moves []Move, broken error, err error) {
	s, err := e.fresh(ctx, e.weakness)
	if err != nil {
		return nil, nil, err
	}
	first := func(kind string) []Move {
		for _, m := range possible(s, e.customers, e.faults) {
			if strings.HasPrefix(m.Kind, kind) {
				return []Move{m}
			}
		}
		return nil
	}
	fixed := func(m Move) func() []Move { return func() []Move { return []Move{m} } }
	story := []func() []Move{func() []Move { return first("session new") }}
	for _, p := range s.World.InKindOrder() { // one thing of each service
		story = append(story, func() []Move { return first(p.Handle + " confirm") })
	}
	for _, next := range append(story,
		fixed(one), fixed(other),
		func() []Move { return first("checkout") },
		func() []Move { return first("direct") }, // late, past the relay
		func() []Move { return ending(s.World) },
	) {
		for _, m := range next() {
			moves = append(moves, m)
			if broken := e.step(ctx, s, m); broken != nil {
				return moves, broken, nil
			}
		}
		e.visit(s)
	}
	return moves, nil, nil
}

// visit counts a state, and gives how often each kind of move was chosen in it.
func (e *explorer) visit(s *client.Client) (state map[string]int) {
	name := abstract(s)
	if e.tried[name] == nil {
		e.tried[name] = map[string]int{}
	}
	return e.tried[name]
}

// fresh gives a client of a new world with its checks on.
func (e *explorer) fresh(ctx context.Context, weakness tokens.Weakness) (*client.Client, error) {
	// An interrupt ends the walks, not the making of a world: what was found or
	// seen until then is still told.
	w, err := world.BuildWeak(context.WithoutCancel(ctx), e.plan, world.Seeded(world.DefaultSeed), weakness)
	if err != nil {
		return nil, err
	}
	w.Witness.Watch(true)
	return client.New(w), nil
}

// try makes one move and gives its error, and the invariant that it broke.
func (e *explorer) try(ctx context.Context, s *client.Client, m Move) (said, broken error) {
	defer func() {
		if r := recover(); r != nil {
			broken = fmt.Errorf("a panic: %v", r)
		}
	}()
	said = m.run(ctx, s)
	broken = s.World.Audit()
	if broken == nil && m.Kind == "end" && exit.Rejections(said) != nil {
		broken = said
	}
	return said, broken
}

// walk makes moves from the beginning of a world, and ends its sessions.
func (e *explorer) walk(ctx context.Context, rng *rand.Rand) (moves []Move, broken error, err error) {
	s, err := e.fresh(ctx, e.weakness)
	if err != nil {
		return nil, nil, err
	}
	leave := swarm(rng)
	for range e.depth {
		m := e.choose(s, rng, leave)
		moves = append(moves, m)
		if broken := e.step(ctx, s, m); broken != nil {
			return moves, broken, nil
		}
		if ctx.Err() != nil {
			return moves, nil, nil
		}
	}
	for _, m := range ending(s.World) {
		moves = append(moves, m)
		if broken := e.step(ctx, s, m); broken != nil {
			return moves, broken, nil
		}
	}
	return moves, nil, nil
}

func (e *explorer) step(ctx context.Context, s *client.Client, m Move) error {
	e.verbs++
	said, broken := e.try(ctx, s, m)
	e.note(s.World)
	for _, r := range exit.Rejections(said) {
		e.reasons[string(r.Reason)]++
	}
	return broken
}

// note notes which services have confirmed and redeemed something.
func (e *explorer) note(w *world.World) {
	for _, p := range w.Parties {
		if e.redeemed[p.Name] {
			continue
		}
		for _, entry := range p.Entries() {
			e.confirmed[p.Name] = true
			if entry.Receipt != "" {
				e.redeemed[p.Name] = true
			}
		}
	}
}

// mostAsked is how many customers are asked at most whether anything can be
// confirmed for them.
const mostAsked = 50

// able gives the first customers for whom most services confirm something, each
// tried in a world of its own.
func (e *explorer) able(ctx context.Context) ([]string, error) {
	asked := slices.Clone(e.plan.Customers[:min(mostAsked, len(e.plan.Customers))])
	services, whole := map[string]int{}, 0
	for _, customer := range asked {
		c, err := e.fresh(ctx, tokens.Weakness{})
		if err != nil {
			return nil, err
		}
		if services[customer], err = served(context.WithoutCancel(ctx), c, customer); err != nil {
			return nil, err
		}
		if services[customer] == len(c.World.Parties) {
			whole++
		}
		if whole == maxCustomers {
			break
		}
	}
	slices.SortStableFunc(asked, func(a, b string) int { return services[b] - services[a] })
	return asked[:min(maxCustomers, len(asked))], nil
}

// served counts the services that confirm something for a customer.
func served(ctx context.Context, c *client.Client, customer string) (n int, err error) {
	if err := opening(c.World, "op_1", customer).run(ctx, c); err != nil {
		return 0, err
	}
	for _, p := range c.World.InKindOrder() {
		for _, choice := range p.Choices(customer) {
			if _, _, err := c.Confirm(ctx, "op_1", choice, client.Wanted{}); err == nil {
				n++
				break
			}
		}
	}
	return n, nil
}

// empty says what never happened when nothing was put to the test; nil when
// something was redeemed.
func (e *explorer) empty() error {
	switch {
	case len(e.redeemed) > 0:
		return nil
	case len(e.confirmed) == 0:
		return errors.New("no service confirmed anything, so that nothing was redeemed and no invariant was put to the test")
	default:
		return fmt.Errorf("%s confirmed something and nothing was redeemed, so that no invariant was put to the test", strings.Join(slices.Sorted(maps.Keys(e.confirmed)), ", "))
	}
}

// swarm chooses which kinds of move a walk leaves alone. Walks that leave out
// different halves meet more of what takes several steps than walks that may
// do everything (Groce et al., Swarm Testing, ISSTA 2012).
func swarm(rng *rand.Rand) (leave func(kind string) bool) {
	left := map[string]bool{}
	return func(kind string) bool {
		out, decided := left[kind]
		if !decided {
			switch {
			case strings.HasPrefix(kind, "session"), strings.HasPrefix(kind, "checkout"):
			case strings.HasPrefix(kind, "fault"):
				out = rng.IntN(5) > 0
			default:
				out = rng.IntN(2) > 0
			}
			left[kind] = out
		}
		return out
	}
}

// choose takes one of the kinds of move that were chosen least in this state.
func (e *explorer) choose(s *client.Client, rng *rand.Rand, leave func(kind string) bool) Move {
	moves, counts := possible(s, e.customers, e.faults), e.visit(s)
	if some := slices.DeleteFunc(slices.Clone(moves), func(m Move) bool { return leave(m.Kind) }); len(some) > 0 {
		moves = some
	}
	kinds := map[string][]Move{}
	var names []string
	least := -1
	for _, m := range moves {
		if kinds[m.Kind] == nil {
			names = append(names, m.Kind)
			if n := counts[m.Kind]; least < 0 || n < least {
				least = n
			}
		}
		kinds[m.Kind] = append(kinds[m.Kind], m)
	}
	names = slices.DeleteFunc(names, func(kind string) bool { return counts[kind] > least })
	kind := names[rng.IntN(len(names))]
	counts[kind]++
	return kinds[kind][rng.IntN(len(kinds[kind]))]
}

// replay makes moves in a fresh world and says what broke, and after how many.
func (e *explorer) replay(ctx context.Context, moves []Move) (broken error, used int, err error) {
	s, err := e.fresh(ctx, e.weakness)
	if err != nil {
		return nil, 0, err
	}
	for i, m := range moves {
		if _, broken := e.try(ctx, s, m); broken != nil {
			return broken, i + 1, nil
		}
	}
	return nil, 0, nil
}

// shorten leaves out moves for as long as something still breaks.
func (e *explorer) shorten(ctx context.Context, moves []Move) (*finding, error) {
	found := &finding{moves: moves}
	for size := max(1, len(moves)/2); size > 0; {
		shorter := false
		for at := len(found.moves) - size; at >= 0; at-- {
			if at+size > len(found.moves) {
				continue
			}
			rest := slices.Delete(slices.Clone(found.moves), at, at+size)
			broken, used, err := e.replay(ctx, rest)
			if err != nil {
				return nil, err
			}
			if broken != nil {
				found.moves, shorter = rest[:used], true
			}
		}
		if !shorter {
			size /= 2
		}
	}
	broken, _, err := e.replay(context.WithoutCancel(ctx), found.moves)
	if err != nil {
		return nil, err
	}
	if broken == nil {
		return nil, fmt.Errorf("what was found does not happen again: %s", strings.Join(lines(moves), "; "))
	}
	found.what = broken.Error()
	return found, nil
}

func lines(moves []Move) []string {
	var all []string
	for _, m := range moves {
		all = append(all, m.Line)
	}
	return all
}

// scenario writes a finding as a scenario: each line with what a sound world
// answers, so that it passes there and fails where the finding was made.
func (e *explorer) scenario(ctx context.Context, f *finding) (string, error) {
	s, err := e.fresh(ctx, tokens.Weakness{})
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# explore --seed %d: %s\nset check on\n", e.seed, f.what)
	archive := &txtar.Archive{}
	for _, m := range f.moves {
		if t := s.Wallet.ByHandle[m.Forges]; t != nil {
			archive.Files = append(archive.Files, txtar.File{Name: m.File, Data: []byte(Spoiled(t.Raw) + "\n")})
		}
		said, _ := e.try(ctx, s, m)
		b.WriteString(exit.Expected(said) + m.Line + "\n")
	}
	archive.Comment = []byte(b.String())
	slices.SortFunc(archive.Files, func(a, b txtar.File) int { return strings.Compare(a.Name, b.Name) })
	archive.Files = slices.CompactFunc(archive.Files, func(a, b txtar.File) bool { return a.Name == b.Name })
	return string(txtar.Format(archive)), nil
}

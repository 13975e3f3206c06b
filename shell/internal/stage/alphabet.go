// The alphabet: what somebody may do next in a world.

package stage

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tokenshell/orchestrator"
	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/spec"
	"tokenshell/shell/internal/syntax"
	"tokenshell/shell/internal/wire"
	"tokenshell/tokens"
)

// Move is one thing that somebody does: a verb and what it is about, by numbers
// that mean the same on every path.
type Move struct {
	Verb  Verb
	Order uint8 // the session it is done in, from 1; 0 for none
	Token uint8 // from 1, in the order in which the client was given them
	Arg   uint8 // which of several things
}

// Verb is an index into the alphabet.
type Verb uint8

// Letter is one verb of the alphabet.
type Letter struct {
	Name   string // the verb as help has it
	family string // what a bound may leave out; empty for what is always there
	clock  bool   // it is a move of the clock or of keys
	fault  bool   // it is something that goes wrong
	Stops  bool   // redeem --step stops it between two questions
	alone  bool   // no other client does it meanwhile
	there  bool   // the second relay is asked
	Line   func(s *Stage, m Move) string
	do     func(ctx context.Context, s *Stage, m Move) ([]result, error)
	tell   func(s *Stage, m Move) spec.Answer
}

const (
	Opens Verb = iota
	Confirms
	ConfirmsBriefly
	Relays
	RelaysForged
	RelaysOther
	Redeems
	RedeemsOne
	RedeemsOther
	RedeemsEnded
	ChecksOut
	Resumes
	Closes
	SetsFact
	ClosesEnded
	SetsEnded
	ResumesEnded
	GoesDirect
	Revokes
	Delivers
	Restarts
	Forgets
	Advances
	Rotates
	Retires
	Disables
	Skews
	RelaysThere
	RedeemsThere
	ChecksOutThere
	ResumesThere
	ClosesThere
	Trusts
	Distrusts
	Imports
	GoesElsewhere
)

// atRelay2 are what may be asked of the second relay, and how it is asked there.
var atRelay2 = map[Verb]Verb{Relays: RelaysThere, Redeems: RedeemsThere, ChecksOut: ChecksOutThere, Resumes: ResumesThere, Closes: ClosesThere}

// there gives a letter as it is asked of the second relay.
func there(l Letter) Letter {
	line := l.Line
	l.Name, l.there = l.Name+" --at "+wire.Relay2, true
	l.Line = func(s *Stage, m Move) string { return line(s, m) + " --at " + wire.Relay2 }
	return l
}

// of gives a letter as one of a family, which nobody does meanwhile.
func of(family string, l Letter) Letter {
	l.family, l.alone = family, true
	return l
}

// What is asked of either relay.
var (
	relays = Letter{Name: "relay", Line: tokenLine("relay"), do: relay,
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Relay(spec.Sound, s.hold(m)) }}
	redeems = Letter{Name: "redeem", Stops: true, Line: plainLine("redeem"),
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			snap, err := s.Client.Redeem(ctx, s.Client.Order, nil)
			return ended(snap, false, err)
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Redeem(nil) }}
	redeemsOne = Letter{Name: "redeem", Stops: true, alone: true, Line: tokenLine("redeem"),
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			snap, err := s.Client.Redeem(ctx, s.Client.Order, []*client.Token{s.Held(m)})
			return ended(snap, false, err)
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Redeem([]*spec.Hold{s.hold(m)}) }}
	checksOut = Letter{Name: "checkout", Stops: true, Line: plainLine("checkout"),
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			snap, err := s.Client.Checkout(ctx, s.Client.Order, nil, nil, nil)
			if snap == nil {
				return nil, err
			}
			return ended(*snap, false, err)
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Checkout(nil) }}
	resumes = Letter{Name: "redeem --resume", Stops: true, Line: plainLine("redeem --resume"),
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			snap, err := s.Client.Resume(ctx, s.Client.Order)
			return ended(snap, true, err)
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Resume() }}
	setsFact = Letter{Name: "session set", family: "facts",
		Line: func(s *Stage, m Move) string {
			return "session set " + s.later[m.Arg].name + "=" + s.later[m.Arg].value
		},
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			_, err := s.Client.SetFact(s.Client.Order, s.later[m.Arg].name, s.later[m.Arg].value)
			return nil, err
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Set(s.later[m.Arg].name, s.later[m.Arg].value) }}
	goesDirect = Letter{Name: "redeem --direct", family: "direct", Line: tokenLine("redeem --direct"),
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			t := s.Held(m)
			_, _, err := s.Client.Direct(ctx, s.Client.Order, t, "", "")
			status := orchestrator.Redeemed
			switch {
			case errors.As(err, new(*tokens.Failure)):
				status = orchestrator.Failed
			case exit.Rejections(err) != nil:
				status = orchestrator.Refused
			case err != nil:
				return nil, err
			}
			return []result{{t.Ref, string(status)}}, err
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Direct(s.hold(m)) }}
	closes = Letter{Name: "session close", Line: plainLine("session close"),
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			_, err := s.Client.Close(ctx, s.Client.Order)
			return nil, err
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Close() }}
)

// confirms is that something is confirmed by a token that lives for so long; 0 is for
// the usual time.
func confirms(ttl time.Duration) Letter {
	return Letter{Name: "confirm", alone: true,
		Line: func(s *Stage, m Move) string {
			line := s.choices[m.Arg].Line + " --name " + tokenName(int(m.Token))
			if ttl > 0 {
				line += " --ttl " + syntax.Span(ttl).String()
			}
			return line
		},
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			t, _, err := s.Client.Confirm(ctx, s.Client.Order, s.choices[m.Arg], client.Wanted{Handle: tokenName(int(m.Token)), TTL: ttl})
			if err == nil {
				s.tokens = append(s.tokens, t.Ref)
			}
			return nil, err
		},
		tell: func(s *Stage, m Move) spec.Answer {
			of := s.choices[m.Arg].Held
			of.Handle, of.Service = tokenName(int(m.Token)), s.choices[m.Arg].Service
			return s.Model.Confirm(of, int(ttl/time.Second))
		}}
}

// Alphabet is every verb that is explored, by its number.
var Alphabet = [...]Letter{
	Opens: {Name: "session new",
		Line: func(s *Stage, m Move) string {
			line := "session new " + OrderName(int(m.Order)) + " --customer " + s.opens(m)
			facts := s.opening(m)
			for _, name := range slices.Sorted(maps.Keys(facts)) {
				line += " --fact " + name + "=" + facts[name]
			}
			return line
		},
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			_, err := s.Client.Open(ctx, OrderName(int(m.Order)), s.opens(m), s.opening(m))
			return nil, err
		},
		tell: func(s *Stage, m Move) spec.Answer {
			return s.Model.Open(OrderName(int(m.Order)), s.opens(m), s.opening(m))
		}},
	Confirms:        confirms(0),
	ConfirmsBriefly: confirms(time.Minute),
	Relays:          relays,
	RelaysThere:     there(relays),
	Redeems:         redeems,
	RedeemsThere:    there(redeems),
	ChecksOut:       checksOut,
	ChecksOutThere:  there(checksOut),
	Resumes:         resumes,
	ResumesThere:    there(resumes),
	Closes:          closes,
	ClosesThere:     there(closes),
	Trusts:          trusts,
	Distrusts:       distrusts,
	Imports:         imports,
	RelaysForged: {Name: "relay @FILE", family: "forged", alone: true,
		Line: func(_ *Stage, m Move) string { return "relay @" + ForgedFile(m) },
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			_, err := s.Client.Relay(ctx, s.Client.Order, s.Client.Loose(Spoiled(s.Held(m).Raw)))
			return nil, err
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Relay(spec.Forged, s.hold(m)) }},
	RelaysOther: {Name: "relay", family: "mixed", alone: true, Line: tokenLine("relay"), do: relay,
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Relay(spec.Sound, s.hold(m)) }},
	RedeemsOne:    redeemsOne,
	RedeemsOther:  of("mixed", redeemsOne),
	RedeemsEnded:  of("ended", redeemsOne),
	SetsFact:      setsFact,
	SetsEnded:     of("ended", setsFact),
	ClosesEnded:   of("ended", closes),
	ResumesEnded:  of("ended", resumes),
	GoesDirect:    goesDirect,
	GoesElsewhere: of("mixed", goesDirect),
	Revokes: {Name: "revoke", family: "revoke", Line: tokenLine("revoke"),
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			_, err := s.Client.Revoke(ctx, s.Held(m))
			return nil, err
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Revoke(s.hold(m)) }},
	Delivers: {Name: "deliver", alone: true,
		Line: func(s *Stage, m Move) string { return "deliver " + s.World.Steps()[m.Arg].String() },
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			step := s.World.Steps()[m.Arg]
			_, err := s.World.Wire.Deliver(ctx, step.Party, step.Step)
			return nil, err
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Deliver(s.World.Steps()[m.Arg].String()) }},
	Restarts: {Name: "restart relay", family: "crash", fault: true, Line: plainLine("restart relay"),
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			return nil, s.World.Restart(ctx, wire.Relay, false)
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Restart(false) }},
	Forgets: {Name: "restart relay --forget", family: "crash", fault: true, Line: plainLine("restart relay --forget"),
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			return nil, s.World.Restart(ctx, wire.Relay, true)
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Restart(true) }},
	Advances: {Name: "clock set", clock: true, alone: true, // but for what lies FarAway
		Line: func(s *Stage, m Move) string { return "clock set " + spec.Stamp(s.moment(m)) },
		do: func(_ context.Context, s *Stage, m Move) ([]result, error) {
			return nil, s.World.Clock.Set(time.Unix(int64(s.goal(m)), 0).UTC())
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Until(s.goal(m)) }},
	Rotates: {Name: "keys rotate", family: "keys", clock: true,
		Line: func(s *Stage, m Move) string { return "keys rotate " + s.Names[m.Arg] },
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			_, err := s.Client.Rotate(ctx, s.Names[m.Arg])
			return nil, err
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.Model.Rotate(s.Names[m.Arg]) }},
	Retires: {Name: "keys retire", family: "keys", clock: true, Line: keyLine("retire"),
		do:   func(_ context.Context, s *Stage, m Move) ([]result, error) { return nil, s.Client.Retire(s.Kid(m)) },
		tell: func(s *Stage, m Move) spec.Answer { return s.leave(m, "retired") }},
	Skews: {Name: "clock skew", family: "skew", alone: true,
		Line: func(s *Stage, m Move) string {
			party, ahead := s.skewed(m)
			way := "ahead"
			if ahead < 0 {
				way, ahead = "behind", -ahead
			}
			return fmt.Sprintf("clock skew %s --%s %s", party, way, ahead)
		},
		do: func(_ context.Context, s *Stage, m Move) ([]result, error) {
			s.World.Clock.Skew(s.skewed(m))
			return nil, nil
		},
		tell: func(s *Stage, m Move) spec.Answer {
			party, ahead := s.skewed(m)
			return s.Model.Skew(party, int(ahead/time.Second))
		}},
	Disables: {Name: "keys disable", family: "keys", clock: true, Line: keyLine("disable"),
		do: func(ctx context.Context, s *Stage, m Move) ([]result, error) {
			return nil, s.Client.Disable(ctx, s.Kid(m))
		},
		tell: func(s *Stage, m Move) spec.Answer { return s.leave(m, "disabled") }},
}

// CostsClock gives how many moves of the clock it counts for.
func (m Move) CostsClock() int {
	if Alphabet[m.Verb].clock {
		return 1
	}
	return 0
}

// CostsFault gives how many faults it counts for by itself.
func (m Move) CostsFault() int {
	if Alphabet[m.Verb].fault {
		return 1
	}
	return 0
}

// OrderName gives the name of a session.
func OrderName(n int) string { return "op_" + string(rune('0'+n)) }

func tokenName(n int) string { return "t" + string(rune('0'+n)) }

// ForgedFile gives the name of the file that a move reads.
func ForgedFile(m Move) string { return "forged-" + tokenName(int(m.Token)) + ".jwt" }

func tokenLine(verb string) func(*Stage, Move) string {
	return func(_ *Stage, m Move) string { return verb + " " + tokenName(int(m.Token)) }
}

func plainLine(line string) func(*Stage, Move) string {
	return func(*Stage, Move) string { return line }
}

// keyLine names a service's oldest key by a variable, for its kid is another in
// every world.
func keyLine(verb string) func(*Stage, Move) string {
	return func(_ *Stage, m Move) string { return "keys " + verb + " $" + KidVariable(m) }
}

// KidVariable gives the name of the variable that has the kid of a move.
func KidVariable(m Move) string { return "KID_" + string(rune('1'+m.Arg)) }

func relay(ctx context.Context, s *Stage, m Move) ([]result, error) {
	_, err := s.Client.Relay(ctx, s.Client.Order, s.Held(m))
	return nil, err
}

// do does a move as the client.
func (s *Stage) do(ctx context.Context, m Move) ([]result, error) {
	if m.Order > 0 {
		s.Client.Order = OrderName(int(m.Order))
	}
	if Alphabet[m.Verb].there {
		ctx = wire.At(ctx, wire.Relay2)
	}
	return Alphabet[m.Verb].do(ctx, s, m)
}

// foretell has the model do it.
func (s *Stage) foretell(m Move) spec.Answer {
	if m.Order > 0 {
		s.Model.Current = OrderName(int(m.Order))
	}
	s.Model.Asked = spec.First
	if Alphabet[m.Verb].there {
		s.Model.Asked = spec.Second
	}
	return Alphabet[m.Verb].tell(s, m)
}

// Held gives the token of a move; hold what the model has for it.
func (s *Stage) Held(m Move) *client.Token { return s.Client.Wallet.ByHandle[tokenName(int(m.Token))] }

func (s *Stage) hold(m Move) *spec.Hold { return s.Model.Hold(tokenName(int(m.Token))) }

// Kid gives a service's oldest key.
func (s *Stage) Kid(m Move) string {
	p, err := s.World.Service(s.Names[m.Arg])
	if err != nil {
		return ""
	}
	return p.Keys().List()[0].ID
}

func (s *Stage) leave(m Move, state string) spec.Answer {
	return s.Model.Leave(s.Model.Version(s.Names[m.Arg], 0), state)
}

// Spoiled changes the first character of a token's signature.
func Spoiled(raw string) string {
	cut := strings.LastIndexByte(raw, '.') + 1
	first := "A"
	if raw[cut] == 'A' {
		first = "B"
	}
	return raw[:cut] + first + raw[cut+1:]
}

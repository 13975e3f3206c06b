// Checkpoints: how far a course has come, as a file from which it goes on.

package explore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/reached"
	"tokenshell/shell/internal/stage"
	"tokenshell/shell/internal/world"
)

// checkpointBegins is the first line of every checkpoint; its number changes with
// what stands below.
const checkpointBegins = "tokenshell explore checkpoint 1\n"

// mostCheckpoint is how large a checkpoint may be.
const mostCheckpoint = 64 << 30

// checkpoint is the part of a checkpoint that is JSON, on its second line. What
// follows are the states of the bound that is looked at, and a digest of the whole.
type checkpoint struct {
	Of      identity      `json:"of"`
	Done    []boundReport `json:"done"`
	Reach   []count       `json:"reach"`
	Edges   []keptEdge    `json:"edges"`
	Unheard *keptFinding  `json:"unheard,omitempty"`
	Now     *keptSearch   `json:"now,omitempty"`
}

// identity is what has to be the same when it goes on.
type identity struct {
	Version string   `json:"version"`
	World   string   `json:"world"` // a digest of its file
	Without string   `json:"without"`
	Bounds  []string `json:"bounds"`
}

// differs says what is not the same; empty when all is.
func (i identity) differs(other identity) string {
	switch {
	case i.Version != other.Version:
		return fmt.Sprintf("it was written by version %s of tokenshell, and this is %s", i.Version, other.Version)
	case i.World != other.World:
		return "it is about another world"
	case i.Without != other.Without:
		return fmt.Sprintf("it was written with --without %q, and this is %q", i.Without, other.Without)
	case fmt.Sprint(i.Bounds) != fmt.Sprint(other.Bounds):
		return "it is about other bounds or fates"
	}
	return ""
}

func newIdentity(plan *world.Plan, without string, bounds []bound.Bound) identity {
	digest := sha256.Sum256(plan.Source)
	of := identity{Version: "unknown", World: hex.EncodeToString(digest[:]), Without: without}
	if info, ok := debug.ReadBuildInfo(); ok {
		of.Version = info.Main.Version
	}
	for _, b := range bounds {
		of.Bounds = append(of.Bounds, fmt.Sprintf("%+v", b))
	}
	return of
}

// count is how often something was met.
type count struct {
	What reached.Met `json:"what"`
	N    int         `json:"n"`
}

type keptEdge struct {
	Bound int      `json:"bound"` // which of them
	Way   [][]byte `json:"way"`
}

type keptFinding struct {
	What    string   `json:"what"`
	Bound   int      `json:"bound"`
	Way     [][]byte `json:"way"`
	Monitor string   `json:"monitor"`
}

type keptSearch struct {
	Looked   int          `json:"looked"`
	Layers   []int        `json:"layers"`
	Verbs    int          `json:"verbs"`
	Messages int          `json:"messages"`
	Endings  int          `json:"endings"`
	Reach    []count      `json:"reach"`
	Unheard  *keptFinding `json:"unheard,omitempty"`
	States   int          `json:"states"`
	Ways     int          `json:"ways"` // bytes
}

func packed(way []stage.Step) [][]byte {
	all := [][]byte{}
	for _, st := range way {
		all = append(all, []byte(stage.Pack(st)))
	}
	return all
}

func unpacked(all [][]byte) (way []stage.Step, ok bool) {
	for _, text := range all {
		if !stage.Packed(string(text)) {
			return nil, false
		}
		way = append(way, stage.Unpack(string(text)))
	}
	return way, true
}

func counts(r *reached.Tally) []count {
	all := []count{}
	for what, n := range r.Counts {
		all = append(all, count{what, n})
	}
	return all
}

func recount(r *reached.Tally, all []count) {
	for _, one := range all {
		r.Counts[one.What] += one.N
	}
}

// keepFinding gives a finding as it is kept; which says whose it is.
func keepFinding(f *finding, which int) *keptFinding {
	if f == nil {
		return nil
	}
	return &keptFinding{f.What, which, packed(f.Way), f.Monitor}
}

// finding takes a finding back; ok is false when it is none.
func (k *keptFinding) finding(bounds []bound.Bound) (f *finding, ok bool) {
	if k == nil {
		return nil, true
	}
	if k.Bound < 0 || k.Bound >= len(bounds) {
		return nil, false
	}
	way, ok := unpacked(k.Way)
	return &finding{What: k.What, Way: way, Bound: bounds[k.Bound], Monitor: k.Monitor}, ok
}

// which gives the number of a bound.
func (c *course) which(b bound.Bound) int {
	for i := range c.bounds {
		if c.bounds[i].Name == b.Name {
			return i
		}
	}
	return 0
}

// write writes a course down.
func (c *course) written(of identity) ([]byte, error) {
	k := checkpoint{Of: of, Done: c.done, Reach: counts(c.total), Edges: []keptEdge{}}
	for _, e := range c.edges {
		k.Edges = append(k.Edges, keptEdge{c.which(e.bound), packed(e.way)})
	}
	if c.unheard != nil {
		k.Unheard = keepFinding(c.unheard, c.which(c.unheard.Bound))
	}
	s := c.now
	if s != nil {
		k.Now = &keptSearch{s.looked, s.layers, s.verbs, s.messages, s.endings, counts(s.reach), keepFinding(s.unheard, len(c.done)), s.states.count(), len(s.states.ways)}
	}
	line, err := json.Marshal(k)
	if err != nil {
		return nil, err
	}
	b := append(append([]byte(checkpointBegins), line...), '\n')
	if s != nil {
		for i := range s.states.digests {
			b = append(b, s.states.digests[i][:]...)
			b = binary.LittleEndian.AppendUint32(b, uint32(s.states.parents[i]))
			b = binary.LittleEndian.AppendUint32(b, s.states.ends[i])
		}
		b = append(b, s.states.ways...)
	}
	sum := sha256.Sum256(b)
	return append(b, sum[:]...), nil
}

// bytesOfState is how many a state has beside how it was reached.
const bytesOfState = 16 + 4 + 4

var errDamaged = errors.New("it is damaged, or was not written to its end")

// goOn takes over what was written down. The error says why it cannot be.
func (c *course) goOn(text []byte, of identity) error {
	rest, ok := bytes.CutPrefix(text, []byte(checkpointBegins))
	if !ok {
		if bytes.HasPrefix(text, []byte("tokenshell explore checkpoint ")) {
			return errors.New("it is a checkpoint of another version of tokenshell")
		}
		return errors.New("it is no checkpoint of explore")
	}
	whole := len(text) - sha256.Size
	if whole < len(checkpointBegins) || sha256.Sum256(text[:whole]) != [sha256.Size]byte(text[whole:]) {
		return errDamaged
	}
	line, rest, _ := bytes.Cut(rest[:len(rest)-sha256.Size], []byte("\n"))
	var k checkpoint
	reader := json.NewDecoder(bytes.NewReader(line))
	reader.DisallowUnknownFields()
	if reader.Decode(&k) != nil {
		return errDamaged
	}
	if differs := k.Of.differs(of); differs != "" {
		return errors.New(differs)
	}
	if !c.takeOver(k, rest) {
		return errDamaged
	}
	return nil
}

// takeOver reports whether everything in a checkpoint makes sense.
func (c *course) takeOver(k checkpoint, rest []byte) (ok bool) {
	if len(k.Done) > len(c.bounds) || k.Now != nil && len(k.Done) == len(c.bounds) || k.Now == nil && len(rest) > 0 {
		return false
	}
	c.done = append(c.done, k.Done...)
	recount(c.total, k.Reach)
	if c.unheard, ok = k.Unheard.finding(c.bounds); !ok {
		return false
	}
	for _, e := range k.Edges {
		way, ok := unpacked(e.Way)
		if !ok || e.Bound < 0 || e.Bound >= len(c.bounds) {
			return false
		}
		c.edges = append(c.edges, edge{c.bounds[e.Bound], way})
	}
	if k.Now == nil {
		return true
	}
	s := newSearch(c.plan, c.weakness, c.bounds[len(c.done)], c.customer)
	s.looked, s.layers, s.verbs, s.messages, s.endings = k.Now.Looked, k.Now.Layers, k.Now.Verbs, k.Now.Messages, k.Now.Endings
	recount(s.reach, k.Now.Reach)
	if s.unheard, ok = k.Now.Unheard.finding(c.bounds); !ok || !s.states.read(rest, k.Now.States, k.Now.Ways) || !s.fits() {
		return false
	}
	c.now = s
	return true
}

// fits reports whether a search's numbers make sense.
func (s *search) fits() bool {
	before := 0
	for _, at := range s.layers {
		if at <= before {
			return false
		}
		before = at
	}
	return s.looked >= 0 && s.looked <= s.layer() && s.layer() <= s.states.count()
}

// read takes over states that were written down, and reports whether they are any.
func (s *states) read(text []byte, n, ways int) bool {
	if n < 0 || ways < 0 || n > len(text)/bytesOfState || len(text) != n*bytesOfState+ways {
		return false
	}
	via, before := text[n*bytesOfState:], 0
	for i := range n {
		one := text[i*bytesOfState:]
		parent, end := int32(binary.LittleEndian.Uint32(one[16:])), int(binary.LittleEndian.Uint32(one[20:]))
		if int(parent) >= i || (parent < 0) != (i == 0) || end < before || end > ways || i > 0 && !stage.Packed(string(via[before:end])) {
			return false
		}
		s.add(node{[16]byte(one), parent, string(via[before:end])})
		before = end
	}
	return before == ways && s.count() == n
}

// keeping says where a course is written to, and where it goes on from.
type keeping struct {
	name string
	dir  *files.Dir // that writes what was interrupted, too
	of   identity
}

// begin takes over what the file holds, if there is one; else it sees that one can
// be written.
func (k *keeping) begin(ctx context.Context, dir *files.Dir, c *course) error {
	k.dir = calm(ctx, dir)
	if err := dir.MayWrite(k.name); err != nil {
		return err
	}
	info, err := os.Stat(dir.Full(k.name))
	switch {
	case k.name == "-" || err == nil && !info.Mode().IsRegular():
		return exit.Usage("name a file", "--checkpoint %s is no file that a run could go on from", k.name)
	case err != nil:
		if err := dir.Fresh(k.name); err != nil {
			return err
		}
		return k.write(c)
	}
	text, err := dir.Read(k.name, mostCheckpoint)
	if err != nil {
		return err
	}
	if err := c.goOn(text, k.of); err != nil {
		return exit.Input(k.name, 0, err.Error()+": name another file, or remove this one")
	}
	return nil
}

// write writes the course.
func (k *keeping) write(c *course) error {
	text, err := c.written(k.of)
	if err != nil {
		return err
	}
	return k.dir.Write(k.name, text)
}

// Walks: what is done in a world and in its model, one op after the other.

package spec_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"

	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/spec"
	"tokenshell/shell/internal/stage"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// walk is a world, its model, and what was done in them.
type walk struct {
	twin      twin
	model     *spec.World
	client    *client.Client
	shell     *interp.Shell // that lines are spoken to; nil when the client does the ops itself
	audited   bool          // the invariants are checked, too
	quiet     bool          // nobody looks before the end: looking settles what should settle itself
	opened    int           // sessions, ever
	confirmed int           // confirmations, ever
	ops       []op
	script    []string // the lines with what the model foretells
	files     []txtar.File
	saw       []string          // refusals, and the ends that sessions came to
	receipts  map[string]string // by handle
	jtis      map[named]string  // handles
	inner     map[string]op     // what another client's lines do
	trouble   error             // of such a line
}

// named is a token by its order and its jti: an outside issuer may give a jti to
// several.
type named struct{ order, jti string }

// discrepancy is where the product and the model part.
type discrepancy struct {
	what string
	ask  []string // lines that show it, when the verb's own answer does not
}

func newWalk(ctx context.Context, t twin, weakness tokens.Weakness, audited bool) (*walk, error) {
	w, err := world.BuildWeak(ctx, t.plan, world.Seeded(world.DefaultSeed), weakness)
	if err != nil {
		return nil, err
	}
	w.Witness.Watch(audited)
	if t.club {
		if err := trustOutside(w); err != nil {
			return nil, err
		}
	}
	walk := &walk{
		twin: t, model: t.model(), client: client.New(w), audited: audited,
		receipts: map[string]string{}, jtis: map[named]string{}, inner: map[string]op{},
	}
	walk.model.Trusted = t.club
	w.Wire.Meanwhile = walk.meanwhile
	return walk, nil
}

// speak has the ops spoken as lines, with their files in dir.
func (w *walk) speak(dir string) {
	w.shell = shelltest.Of(w.client.World)
	w.shell.Dir.Path, w.shell.Options.Output = dir, "json"
	w.client = w.shell.Client
}

// do does one op in both, and says where they part; nil when they agree.
func (w *walk) do(ctx context.Context, o op) *discrepancy {
	d := deedOf(o)
	if !w.sensible(o) {
		return nil
	}
	w.ops = append(w.ops, o)
	w.count(o)
	before := w.prepare(&o)
	lines := append(before, w.lines(d, o)...)
	results, err := w.run(ctx, d, o, lines)
	for _, t := range w.client.Wallet.Held {
		w.jtis[named{t.Ref.Order, t.Ref.ID}] = t.Handle
	}
	states := w.model.States()
	foretold := d.foretell(w.model, o)
	if w.model.Trouble() { // whatever it is answered itself
		foretold.Wrong, foretold.Reasons = true, nil
	}
	for id, state := range w.model.States() {
		if state != "open" && state != states[id] {
			w.saw = append(w.saw, state)
		}
	}
	w.saw = append(append(w.saw, foretold.Reasons...), w.model.Met()...)
	w.write(lines, foretold)
	if got := answered(err); !sameAnswer(got, foretold) || errors.As(err, new(panicked)) {
		return &discrepancy{what: fmt.Sprintf("%s: %s, the model says %s", lines[len(lines)-1], describe(got, err), foretold)}
	}
	if wrong := w.compareResults(results, foretold); wrong != nil {
		return wrong
	}
	if w.quiet {
		return nil
	}
	return w.look()
}

func deedOf(o op) deed {
	return deeds[slices.IndexFunc(deeds, func(d deed) bool { return d.name == o.deed })]
}

// prepare writes down what another client will do meanwhile. It gives the lines
// that go before.
func (w *walk) prepare(o *op) (lines []string) {
	if o.inner == nil {
		return nil
	}
	inner := *o.inner
	o.foretold = foretelling(w.model, inner)
	o.other = deedOf(inner).line(inner)
	if rest, ok := strings.CutSuffix(o.other, "$KID"); ok { // the one that it means now
		name := fmt.Sprintf("KID_%d", len(w.ops))
		o.other = rest + "$" + name
		lines = []string{fmt.Sprintf("capture %s keys list %s --jq '.keys[%d].kid'", name, inner.word(0), inner.n)}
		inner.other = kid(w.client, inner)
	}
	w.inner[o.other] = inner
	return lines
}

// meanwhile does another client's op, past the parser.
func (w *walk) meanwhile(ctx context.Context, line string) {
	defer func(order string) { w.client.Order = order }(w.client.Order)
	o := w.inner[line]
	for _, handle := range o.tokens {
		if w.client.Wallet.ByHandle[handle] == nil {
			w.trouble = fmt.Errorf("there is no %s any more", handle)
			return
		}
	}
	if _, err := deedOf(o).do(ctx, w.client, o); err != nil && exit.Rejections(err) == nil {
		w.trouble = errors.Join(w.trouble, err)
	}
}

// foretelling foretells another client's op, when its time comes.
func foretelling(m *spec.World, o op) func() spec.Answer {
	var key spec.Version
	if strings.HasPrefix(o.deed, "keys") {
		key = m.Version(o.word(0), o.n)
	}
	return func() spec.Answer {
		switch {
		case slices.Contains(m.Named(o.tokens), nil):
			return spec.Answer{Wrong: true}
		case key != (spec.Version{}):
			return m.Leave(key, strings.TrimPrefix(o.deed, "keys ")+"d")
		}
		return deedOf(o).foretell(m, o)
	}
}

// look holds the whole world against the model, and checks the invariants.
func (w *walk) look() *discrepancy {
	if wrong := w.compare(); wrong != nil {
		return wrong
	}
	if !w.audited {
		return nil
	}
	if err := w.client.World.Audit(); err != nil {
		return &discrepancy{what: "an invariant is broken: " + err.Error()}
	}
	return nil
}

// sensible reports whether everything that an op needs is there; it may not be
// when others were left out.
func (w *walk) sensible(o op) bool {
	for _, handle := range o.tokens {
		h := w.model.Hold(handle)
		if h == nil || o.deed == "relay bent" && !h.Signable() {
			return false
		}
	}
	switch verb, _, _ := strings.Cut(o.deed, " "); verb {
	case "club": // one text for each use in an order, and none that was forgotten
		jti := o.word(1)
		return w.model.Session(w.model.Current) != nil && !slices.ContainsFunc(w.model.Holds, func(h *spec.Hold) bool {
			return h.Service == spec.Club && strconv.Itoa(h.Use) == jti && (h.Order == w.model.Current || h.Expires <= w.model.Now-spec.Retention/2)
		})
	case "keys":
		return o.deed == "keys rotate" || o.n < len(w.model.Keys[o.word(0)])
	case "deliver":
		return w.model.Deliverable(o.word(0))
	case "fault":
		return o.inner == nil || w.possible(*o.inner)
	case "clock", "restart":
		return true
	}
	return w.model.Current != "" || o.deed == "session new"
}

// possible reports whether another client may do an op meanwhile.
func (w *walk) possible(o op) bool {
	if strings.HasPrefix(o.deed, "keys") {
		return o.n < len(w.model.Keys[o.word(0)])
	}
	return w.model.Current != "" && !slices.Contains(w.model.Named(o.tokens), nil)
}

func (w *walk) count(o op) {
	switch {
	case o.deed == "session new":
		w.opened++
	case strings.HasSuffix(o.deed, "confirm"):
		w.confirmed++
	}
}

// lines gives what stands in a script for an op; the last is the op itself.
func (w *walk) lines(d deed, o op) []string {
	line := d.line(o)
	if strings.HasSuffix(line, "$KID") {
		return []string{fmt.Sprintf("capture KID keys list %s --jq '.keys[%d].kid'", o.word(0), o.n), line}
	}
	if _, file, ok := strings.Cut(line, "@"); ok {
		raw := ""
		switch o.deed {
		case "club confirm":
			raw = outsideToken(w.client, o)
		case "relay bent":
			raw, _ = bent(w.client, o) // what cannot be signed is no such file
		case "relay twin":
			raw = otherS(w.client.Wallet.ByHandle[o.tokens[0]].Raw)
		default:
			raw = stage.Spoiled(w.client.Wallet.ByHandle[o.tokens[0]].Raw)
		}
		raw += "\n"
		w.files = append(slices.DeleteFunc(w.files, func(f txtar.File) bool { return f.Name == file }), txtar.File{Name: file, Data: []byte(raw)})
	}
	return []string{line}
}

// run has the product do an op: by the client's operations, or by its lines.
func (w *walk) run(ctx context.Context, d deed, o op, lines []string) (results []result, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = panicked{r}
		}
	}()
	if w.shell == nil {
		w.trouble = nil
		results, err = d.do(ctx, w.client, o)
		if w.trouble != nil && exit.Rejections(err) != nil {
			err = nil // what went wrong beside it is no refusal
		}
		return results, errors.Join(err, w.trouble)
	}
	for _, f := range w.files {
		if !strings.HasSuffix(lines[0], "@"+f.Name) {
			continue
		}
		if err := os.WriteFile(filepath.Join(w.shell.Dir.Path, f.Name), f.Data, 0o644); err != nil {
			return nil, err
		}
	}
	var stdout bytes.Buffer
	for _, line := range lines {
		stdout.Reset()
		err = w.shell.Line(ctx, line, false, &stdout, io.Discard)
	}
	return w.spoken(stdout.Bytes()), err
}

// panicked is what a client may never answer.
type panicked struct{ value any }

func (p panicked) Error() string { return fmt.Sprintf("a panic: %v", p.value) }

// write adds an op to the script, with what the model foretells.
func (w *walk) write(lines []string, foretold spec.Answer) {
	last := len(lines) - 1
	w.script = append(w.script, lines[:last]...)
	prefix := ""
	switch {
	case foretold.Wrong:
		prefix = "# nothing of the kind: "
	case foretold.Reasons != nil:
		prefix = "expect " + strings.Join(foretold.Reasons, ",") + " "
	}
	w.script = append(w.script, prefix+lines[last])
}

// scenario writes what was done, and where it parts from the model.
func (w *walk) scenario(found *discrepancy) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s.\n", found.what)
	if w.audited {
		b.WriteString("set check on\n")
	}
	if w.twin.club {
		b.WriteString(trustLine + "\n")
	}
	for _, line := range append(w.script, found.ask...) {
		b.WriteString(line + "\n")
	}
	archive := &txtar.Archive{Comment: []byte(b.String()), Files: w.files}
	if w.twin.club {
		archive.Files = append(archive.Files, txtar.File{Name: "club.json", Data: []byte(outsideKeys() + "\n")}, txtar.File{Name: "club.yaml", Data: []byte(outsideProfile)})
	}
	if w.twin.yaml != "" {
		archive.Files = append(archive.Files, txtar.File{Name: "world.yaml", Data: []byte(w.twin.yaml)})
	}
	return string(txtar.Format(archive))
}

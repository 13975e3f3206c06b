// Checkpoints: what was interrupted goes on to the same end, and what is no
// checkpoint is not believed.

package explore

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/internal/bound"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/reached"
	"tokenshell/shell/internal/world"
	"tokenshell/tokens"
)

// small are bounds that take no time.
var small = []bound.Bound{
	{Name: "one", Sessions: 1, Tokens: 1, Choices: 1, Clock: 1, Leave: []string{"keys"}},
	{Name: "two", Sessions: 1, Tokens: 1, Choices: 1, Faults: 1, Leave: []string{"meanwhile", "dup", "slow", "kms", "late"}},
}

func newCourse(t *testing.T, workers int) *course {
	t.Helper()
	plan := embedded(t)
	customer, err := bound.Able(t.Context(), plan)
	if err != nil {
		t.Fatal(err)
	}
	return &course{plan: plan, customer: customer, bounds: small, workers: workers, seed: 1, far: page.NewProgress(nil), total: reached.New()}
}

func (c *course) said(t *testing.T) exploration {
	t.Helper()
	w, err := world.Build(t.Context(), c.plan, world.Seeded(1))
	if err != nil {
		t.Fatal(err)
	}
	return c.result(w, time.Second)
}

func TestACheckpointGoesOnToTheSameEnd(t *testing.T) {
	of := newIdentity(embedded(t), "", small)
	whole := newCourse(t, 1)
	if err := whole.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	errKilled := errors.New("killed")
	stops := 0
	var text []byte
	var last *course
	for {
		c := newCourse(t, 1+stops%2)
		if text != nil {
			if err := c.goOn(text, of); err != nil {
				t.Fatal(err)
			}
		}
		pieces := 0
		c.keep = func(c *course) (err error) {
			if text, err = c.written(of); err == nil {
				if pieces++; pieces == 5 {
					err = errKilled
				}
			}
			return err
		}
		if err := c.run(t.Context()); err == nil {
			last = c
			break
		} else if !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		stops++
	}
	if stops < 5 {
		t.Errorf("it was stopped %d times only", stops)
	}
	if diff := cmp.Diff(whole.said(t), last.said(t), cmp.AllowUnexported(exploration{})); diff != "" {
		t.Errorf("-at once +in %d parts:\n%s", stops+1, diff)
	}
	if diff := cmp.Diff(whole.edges, last.edges, cmp.AllowUnexported(edge{})); diff != "" {
		t.Errorf("walks begin elsewhere: %s", diff)
	}
	again := newCourse(t, 1)
	if err := again.goOn(text, of); err != nil || again.run(t.Context()) != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(whole.said(t), again.said(t), cmp.AllowUnexported(exploration{})); diff != "" {
		t.Errorf("once more from the end: %s", diff)
	}
}

// interruptedCheckpoint gives a checkpoint from the middle of the second bound.
func interruptedCheckpoint(t *testing.T, of identity) []byte {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c := newCourse(t, 1)
	var text []byte
	c.keep = func(c *course) (err error) {
		if text, err = c.written(of); c.now != nil && c.now.looked > 100 && len(c.done) == 1 {
			cancel()
		}
		return err
	}
	if err := c.run(ctx); err != nil || c.stopped != isInterrupted {
		t.Fatal(err, c.stopped)
	}
	return text
}

func TestWhatIsNoCheckpointIsNotBelieved(t *testing.T) {
	of := newIdentity(embedded(t), "", small)
	good := interruptedCheckpoint(t, of)
	if err := newCourse(t, 1).goOn(good, of); err != nil {
		t.Fatal(err)
	}
	signed := func(change func(text []byte) []byte) []byte { // by whoever knows how
		b := change(bytes.Clone(good[:len(good)-sha256.Size]))
		sum := sha256.Sum256(b)
		return append(b, sum[:]...)
	}
	edited := func(from, to string) []byte {
		return signed(func(text []byte) []byte {
			changed := bytes.Replace(text, []byte(from), []byte(to), 1)
			if bytes.Equal(changed, text) {
				t.Fatalf("there is no %s", from)
			}
			return changed
		})
	}
	other := func(change func(*identity)) identity {
		i := of
		change(&i)
		return i
	}
	const damaged, none = "damaged", "no checkpoint"
	for name, test := range map[string]struct {
		text []byte
		of   identity
		says string
	}{
		"nothing":               {nil, of, none},
		"a text":                {[]byte("hello\n"), of, none},
		"a later format":        {[]byte(strings.Replace(string(good), "checkpoint 1", "checkpoint 2", 1)), of, "another version"},
		"only the first line":   {[]byte(checkpointBegins), of, damaged},
		"half of it":            {good[:len(good)/2], of, damaged},
		"all but a byte":        {good[:len(good)-1], of, damaged},
		"a byte more":           {append(bytes.Clone(good), 0), of, damaged},
		"another version":       {good, other(func(i *identity) { i.Version = "v9" }), "written by version"},
		"another world":         {good, other(func(i *identity) { i.World = "other" }), "another world"},
		"another weakness":      {good, other(func(i *identity) { i.Without = tokens.CancelOnce }), "--without"},
		"other bounds":          {good, other(func(i *identity) { i.Bounds = i.Bounds[:1] }), "other bounds"},
		"a member more":         {edited(`{"of":`, `{"more":1,"of":`), of, damaged},
		"a number of states":    {edited(`,"ways":`, `0,"ways":`), of, damaged},
		"looked at less":        {edited(`"looked":`, `"looked":-`), of, damaged},
		"layers in disorder":    {edited(`"layers":[1,`, `"layers":[9999,`), of, damaged},
		"more looked at":        {edited(`"looked":`, `"looked":9`), of, damaged},
		"a bound too many":      {edited(`"done":[`, `"done":[{},{},`), of, damaged},
		"a finding of no bound": {edited(`"now":`, `"unheard":{"what":"x","bound":7,"way":[]},"now":`), of, damaged},
		"states cut off":        {signed(func(text []byte) []byte { return text[:len(text)-1] }), of, damaged},
		"a way that is none":    {signed(func(text []byte) []byte { text[len(text)-4] = 200; return text }), of, damaged},
	} {
		if err := newCourse(t, 1).goOn(test.text, test.of); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want %q", name, err, test.says)
		}
	}
	for at := 0; at < len(good); at += len(good)/50 + 1 {
		bad := bytes.Clone(good)
		bad[at] ^= 0x20
		if newCourse(t, 1).goOn(bad, of) == nil {
			t.Errorf("byte %d may be anything", at)
		}
	}
}

// What leads nowhere is an error and no panic, whoever wrote it down.
func TestACheckpointThatLeadsNowhere(t *testing.T) {
	of := newIdentity(embedded(t), "", small)
	good := interruptedCheckpoint(t, of)
	c := newCourse(t, 1)
	if err := c.goOn(good, of); err != nil {
		t.Fatal(err)
	}
	for i := range c.now.states.ways {
		if c.now.states.ways[i] == 0 && i > 20 {
			c.now.states.ways[i] = 19 // another verb, or another thing
		}
	}
	if err := c.run(t.Context()); err == nil || !strings.Contains(err.Error(), "does not lead there again") {
		t.Errorf("%v", err)
	}
}

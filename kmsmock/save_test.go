package kmsmock

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/google/go-cmp/cmp"
)

// written is a Canon in words: times as they are, ids as they are, sets as given.
type written struct{ strings.Builder }

func (w *written) Int(n int)        { fmt.Fprintf(w, "%d ", n) }
func (w *written) Text(text string) { fmt.Fprintf(w, "%q ", text) }
func (w *written) ID(id string)     { w.Text(id) }
func (w *written) Time(t time.Time) { w.Text(t.Format(time.RFC3339)) }
func (w *written) Set(n int, write func(i int)) {
	for i := range n {
		write(i)
	}
}

func canon(k *KMS) string {
	var w written
	k.Canon(&w)
	return w.String()
}

// Whatever was done since, what was put aside comes back, and makes the same keys
// again. Everything that was done is written down.
func TestTheBooksComeBack(t *testing.T) {
	for name, do := range map[string]func(w *world){
		"disabled":  func(w *world) { w.disable(w.p256) },
		"scheduled": func(w *world) { w.schedule(w.ed25) },
		"deleted":   func(w *world) { w.schedule(w.ed25); w.clock.advance(7 * day) },
		"created":   func(w *world) { w.create(types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify) },
		"aliased":   func(w *world) { w.alias("alias/new", w.rsa) },
		"moved": func(w *world) {
			_, err := w.UpdateAlias(w.t.Context(), &kms.UpdateAliasInput{AliasName: aws.String("alias/old"), TargetKeyId: &w.ed25})
			w.must(err)
		},
		"unaliased": func(w *world) {
			w.schedule(w.p256)
			w.clock.advance(7 * day)
			_, err := w.ListAliases(w.t.Context(), nil)
			w.must(err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := &clock{now: start}
			k := New(Config{Seed: []byte("a seed"), Now: c.Now})
			w := newWorld(t, k, c)
			w.alias("alias/old", w.p256)
			before, saved := canon(k), k.Save()
			var made []string
			for range 2 {
				do(w)
				if canon(k) == before {
					t.Error("it is not written down")
				}
				c.mu.Lock()
				c.now = start
				c.mu.Unlock()
				k.Restore(saved)
				if diff := cmp.Diff(before, canon(k)); diff != "" {
					t.Errorf("(-before +restored):\n%s", diff)
				}
				made = append(made, w.create(types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify))
				k.Restore(saved)
			}
			if made[0] != made[1] {
				t.Errorf("made %s, and then %s", made[0], made[1])
			}
		})
	}
}

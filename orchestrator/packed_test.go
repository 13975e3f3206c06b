package orchestrator

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tokenshell/orchestrator/packing"
	"tokenshell/tokens"
)

// fill has chance choose every field of a value, also those that are there only
// tomorrow.
func fill(r *rand.Rand, v reflect.Value) {
	switch at := v.Addr().Interface().(type) {
	case *time.Time:
		*at = []time.Time{{}, time.Unix(r.Int64N(4e9), 0).UTC(), time.Unix(r.Int64N(4e9), r.Int64N(1e9)).UTC()}[r.IntN(3)]
		return
	case *string:
		*at = []string{"", "op_1", "relay", "points.svc", "ü\x00", strings.Repeat("x", r.IntN(300)), "op_" + strings.Repeat("b", 26),
			tokens.NewMint([]byte{byte(r.IntN(256))}).ID("cpt"), "cpt_" + strings.Repeat("A", 26), fmt.Sprint(r.Uint64())}[r.IntN(10)]
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(fmt.Sprint("word ", r.IntN(400))) // more than are numbered
	case reflect.Bool:
		v.SetBool(r.IntN(2) == 0)
	case reflect.Int:
		v.SetInt(int64(r.IntN(300)) - 20)
	case reflect.Uint64:
		v.SetUint(r.Uint64() >> r.IntN(64))
	case reflect.Uint8:
		v.SetUint(r.Uint64N(256))
	case reflect.Struct:
		for i := range v.NumField() {
			fill(r, v.Field(i))
		}
	case reflect.Pointer:
		if v.Type() == reflect.TypeFor[*tokens.Receipt]() && r.IntN(3) == 0 {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		fill(r, v.Elem())
	case reflect.Slice:
		if r.IntN(4) == 0 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(4), 8))
		for i := range v.Len() {
			fill(r, v.Index(i))
		}
	case reflect.Map:
		if r.IntN(4) == 0 {
			return
		}
		v.Set(reflect.MakeMap(v.Type()))
		for range r.IntN(4) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(r, key)
			fill(r, value)
			v.SetMapIndex(key, value)
		}
	default:
		panic(v.Kind())
	}
}

// FuzzPacked: what is unpacked is what was packed, in every field.
func FuzzPacked(f *testing.F) {
	for seed := range uint64(300) {
		f.Add(seed)
	}
	w := &packing.Words{}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 2))
		var s Record
		fill(r, reflect.ValueOf(&s).Elem())
		s.State = []State{Completed, Compensated, Closed}[r.IntN(3)]
		for _, st := range s.Steps {
			if r.IntN(2) == 0 {
				st.Ref.Order = s.ID
			}
			if st.Receipt != nil && r.IntN(2) == 0 {
				st.Receipt.Body = fmt.Appendf(nil, `{"burned":%d,"worth":"%d.05","of":[%d,null]}`, r.IntN(9), r.IntN(300), r.IntN(9))
			}
			if st.Receipt != nil && r.IntN(2) == 0 {
				st.Receipt.Service, st.Receipt.JTI, st.Receipt.Order, st.Receipt.Attempt = st.Service, st.Ref.ID, st.Ref.Order, st.Attempt
			}
		}
		packed, ok := pack(w, &s)
		if !ok {
			t.Fatalf("%+v is not packed", s)
		}
		if diff := cmp.Diff(&s, unpack(w, packed)); diff != "" {
			t.Fatalf("(-packed +unpacked):\n%s", diff)
		}
		if packedID(packed) != s.ID || packedVersion(packed) != s.Version || packedRest(packed) != s.Due.Nanosecond() {
			t.Fatal("what stands in front is another's")
		}
	})
}

// What has ended is packed, and nothing else; all are given in the order in which they
// were opened, whenever they are due.
func TestTheStorePacksWhatHasEnded(t *testing.T) {
	m, ctx := NewMemoryStore(), context.Background()
	var want []string
	for n := range 30 {
		s := &Record{ID: fmt.Sprint("op_", n), State: []State{Open, Completed, Stuck}[n%3], Due: time.Unix(int64(n*17%30), 0).UTC()}
		if err := m.Put(ctx, s); err != nil {
			t.Fatal(err)
		}
		want = append(want, s.ID)
	}
	for _, k := range m.queue.all {
		if s := m.record(k); (k.whole == nil) != (s.State == Completed) {
			t.Errorf("%s is %s; packed is %t", s.ID, s.State, k.whole == nil)
		}
	}
	all, err := m.All(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range all {
		got = append(got, s.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-opened +got):\n%s", diff)
	}
}

// The usual order of steps is not written down, and any other is.
func TestTheOrderOfSteps(t *testing.T) {
	w := &packing.Words{}
	var sizes []int
	for _, order := range [][]int{{0, 1, 2}, {1, 0, 2}, {0, 2, 1}, {2}} {
		packed, _ := pack(w, &Record{State: Closed, Order: order})
		if diff := cmp.Diff(order, unpack(w, packed).Order); diff != "" {
			t.Errorf("(-packed +unpacked):\n%s", diff)
		}
		sizes = append(sizes, len(packed))
	}
	if sizes[0] >= sizes[1] {
		t.Errorf("the usual order takes %d bytes, another %d", sizes[0], sizes[1])
	}
}

func TestOnlyWhatHasEndedIsPacked(t *testing.T) {
	w := &packing.Words{}
	for _, state := range []State{Open, Redeeming, Stuck} {
		if _, ok := pack(w, &Record{State: state}); ok {
			t.Errorf("%s is packed", state)
		}
	}
	elsewhere := time.Unix(1, 0).In(time.FixedZone("elsewhere", 3600))
	for _, s := range []*Record{{Due: elsewhere}, {Ends: elsewhere}, {Steps: []*StepRecord{{Step: Step{Expires: elsewhere}}}}} {
		s.State = Closed
		if _, ok := pack(w, s); ok {
			t.Error("a time of another zone is packed")
		}
	}
	if _, ok := pack(w, &Record{State: Closed}); !ok {
		t.Error("what is closed is not packed")
	}
}

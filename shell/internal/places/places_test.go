// Places: what is found, and what is put in.

package places_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tokenshell/shell/internal/places"
)

func TestPlaces(t *testing.T) {
	message := places.Message(202, http.Header{"X-Attempt": {"a", "b"}}, []byte(`{"id":7,"name":"x","all":[1]}`))
	for source, want := range map[string]string{
		".body.name": "x", ".body.id": "7", ".body.all": "[1]", ".body.none": "", "empty": "", `.headers["x-attempt"]`: "a, b", ".status": "202",
	} {
		place, err := places.At(source)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := place.Text(message); err != nil || got != want {
			t.Errorf("%s: %q, %v", source, got, err)
		}
	}
	for source, want := range map[string]bool{".status == 202": true, ".status": false, ".body.id > 7": false} {
		place, err := places.At(source)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := place.Holds(message); err != nil || got != want {
			t.Errorf("%s: %t, %v", source, got, err)
		}
	}
	broken, err := places.At(".body | .[0]")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := broken.Holds(message); err == nil {
		t.Error("an object has no first")
	}
	if _, err := places.At(".body ="); err == nil {
		t.Error("that is no jq")
	}
	var none places.Place
	if got, err := none.Text(message); err != nil || got != "" || !none.IsZero() || broken.IsZero() {
		t.Error(got, err)
	}
	if text := places.Message(200, nil, []byte("no JSON"))["body"]; text != "no JSON" {
		t.Error(text)
	}
}

func TestFill(t *testing.T) {
	values := map[string]string{"token": `a/b"{session}`, "session": "s 1"}
	if got := places.Fill("/orders/{session}/{token}/{other}", values, url.PathEscape); got != "/orders/s%201/a%2Fb%22%7Bsession%7D/{other}" {
		t.Error(got)
	}
	got := places.FillJSON(map[string]any{"{session}": []any{"{token}", 1, nil}}, values)
	if diff := cmp.Diff(map[string]any{"s 1": []any{`a/b"{session}`, 1, nil}}, got); diff != "" {
		t.Error(diff)
	}
}

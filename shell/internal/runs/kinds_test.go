package runs

import (
	"reflect"
	"strings"
	"testing"
)

// What Tab offers behind --report is what there is.
func TestKindsAreOffered(t *testing.T) {
	var all []string
	for _, k := range kinds() {
		if k.inFile {
			k.name += "="
		}
		all = append(all, k.name)
	}
	field, _ := reflect.TypeFor[Flags]().FieldByName("Report")
	if got := field.Tag.Get("kinds"); got != strings.Join(all, ",") {
		t.Errorf("%s, and not %s", got, strings.Join(all, ","))
	}
}

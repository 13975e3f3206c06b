// Edits: members of an object that are changed, added or left out.

package parts

import (
	"encoding/json"
	"fmt"
	"strings"

	"tokenshell/shell/attacks/bends"
)

// Edit changes one member of a JSON object.
type Edit struct {
	Op   string // set, add, drop or bend
	Name string
	Raw  string     // the value, as it is written
	Bend bends.Bend // of the value, a string

	spell func(string) string // how the name is written; nil as it is
}

// Spelt gives the name as it is written.
func (e Edit) Spelt() string { return e.speltAs(e.Name) }

func (e Edit) speltAs(name string) string {
	if e.spell == nil {
		return name
	}
	return e.spell(name)
}

// SpeltBy writes the name of the member in another way.
func (e Edit) SpeltBy(how func(string) string) Edit { e.spell = how; return e }

// Escaped writes a name with its first letter as an escape, Capital with a capital one.
func Escaped(name string) string { return fmt.Sprintf(`\u%04x%s`, name[0], name[1:]) }

// Capital writes it with a capital one.
func Capital(name string) string { return strings.ToUpper(name[:1]) + name[1:] }

// Unchanged is that a bend changes nothing in the member of that name.
type Unchanged string

// Error says so.
func (u Unchanged) Error() string {
	return fmt.Sprintf("names: this changes nothing in %s of this relay", string(u))
}

// Apply applies edits to an object and gives its text. names are others' names
// for members; they are written as the edit says, so that an escape in one
// survives. The error is [Unchanged] where a bend changes nothing.
func Apply(text []byte, all []Edit, names map[string]string, words func(string) string) (string, error) {
	found, err := Members(text)
	if err != nil {
		return "", err
	}
	for _, e := range all {
		called := e.Name
		if theirs := names[called]; theirs != "" {
			called = theirs
		}
		name, raw := `"`+e.speltAs(called)+`"`, words(e.Raw)
		at := -1
		for i := range found {
			if found[i].Name == name {
				at = i
			}
		}
		switch {
		case e.Op == "add" || e.Op == "set" && at < 0:
			found = append(found, Member{Name: name, Raw: raw})
		case at < 0:
			return "", fmt.Errorf("there is no %s to %s", e.Name, e.Op)
		case e.Op == "set":
			found[at].Raw = raw
		case e.Op == "drop":
			found = append(found[:at], found[at+1:]...)
		case e.Op == "bend":
			var value string
			if json.Unmarshal([]byte(found[at].Raw), &value) != nil {
				return "", fmt.Errorf("%s is no string to bend", e.Name)
			}
			bent := e.Bend.Of(value)
			if bent == value { // such as a number of an order, in upper case
				return "", Unchanged(e.Name)
			}
			found[at].Raw = Quoted(bent)
		}
	}
	written := make([]string, len(found))
	for i, m := range found {
		written[i] = m.Name + ":" + m.Raw
	}
	return "{" + strings.Join(written, ",") + "}", nil
}

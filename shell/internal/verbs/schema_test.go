// The schemas, held against every world and profile in the repository.

package verbs_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"tokenshell/shell/internal/profiles"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/world"
)

// compiled gives the schema that help prints.
func compiled(t *testing.T, of string) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(shelltest.Do(t, shelltest.New(t, 1), "help schema "+of)))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(of+".json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(of + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// valid holds a text in YAML against a schema.
func valid(t *testing.T, s *jsonschema.Schema, text []byte) error {
	t.Helper()
	line, err := yaml.YAMLToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := json.Unmarshal(line, &doc); err != nil {
		t.Fatal(err)
	}
	if doc == nil {
		doc = map[string]any{}
	}
	return s.Validate(doc)
}

// worldFiles gives the worlds of the repository: as files, and in scenarios.
func worldFiles(t *testing.T) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	root := shelltest.Root(t)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if err == nil && path != root && strings.HasPrefix(d.Name(), ".") {
				return filepath.SkipDir
			}
			return err
		}
		text, err := os.ReadFile(path)
		switch {
		case err != nil:
			return err
		case strings.HasSuffix(path, ".txtar"):
			for _, f := range txtar.Parse(text).Files {
				if f.Name == "world.yaml" {
					found[path] = f.Data
				}
			}
		case strings.HasSuffix(path, ".yaml") && (d.Name() == "world.yaml" || filepath.Base(filepath.Dir(path)) == "worlds"):
			found[path] = text
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestSchemasFitWhatIsRead(t *testing.T) {
	worlds, kinds := compiled(t, "world"), shelltest.Language().Kinds
	files, good := worldFiles(t), 0
	for path, text := range files {
		if _, err := world.Parse(kinds, path, text); err != nil {
			continue // it is there to be refused, or is no world
		}
		good++
		if err := valid(t, worlds, text); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if good < 5 {
		t.Errorf("%d worlds of %d were looked at", good, len(files))
	}
	for _, text := range []string{"coupons: {}", "curency: EUR", "coupons: [{code: A, percent: ten}]", "redeem_order: coupons", "customers: [{id: a, points: x}]"} {
		if valid(t, worlds, []byte(text)) == nil {
			t.Errorf("%q is a world", text)
		}
	}
	schema := compiled(t, "profile")
	for _, p := range profiles.Ready() {
		if err := valid(t, schema, []byte(p.Text)); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
	for _, key := range profiles.Keys() {
		if err := valid(t, schema, []byte(key.Name+": "+key.Like)); err != nil || key.Help == "" {
			t.Errorf("%s: %s is no value for it: %v", key.Name, key.Like, err)
		}
	}
	for _, text := range []string{"typ: JWT", "leeway: 60", "type: [JWT]", "audience: {a: b}", "fractional_dates: maybe", "claims: [a]"} {
		if valid(t, schema, []byte(text)) == nil {
			t.Errorf("%q is a profile", text)
		}
	}
}

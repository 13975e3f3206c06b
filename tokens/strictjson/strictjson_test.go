package strictjson

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// nested gives objects n deep, the outermost counted.
func nested(n int) string {
	return strings.Repeat(`{"a":`, n) + "0" + strings.Repeat("}", n)
}

// nestedArrays gives one object and n-1 arrays inside it.
func nestedArrays(n int) string {
	return `{"a":` + strings.Repeat("[", n-1) + strings.Repeat("]", n-1) + "}"
}

// manyMembers gives n members, and then the named one.
func manyMembers(n int, last string) string {
	var b strings.Builder
	b.WriteByte('{')
	for i := range n {
		b.WriteString(`"m` + string(rune('a'+i)) + `":0,`)
	}
	return b.String() + `"` + last + `":0}`
}

var strictTexts = []struct {
	name, text, problem string // no problem: it is accepted
}{
	{"empty object", `{}`, ""},
	{"spaces everywhere", " \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } } \n", ""},
	{"every escape", `{"\"\\\/\b\f\n\r\t\u00e9":"\u0000"}`, ""},
	{"every number", `{"a":[0,-0,1,10,-1.5,1e3,1E+3,2.5e-7,123456789012345678901234567890]}`, ""},
	{"words", `{"a":[true,false,null]}`, ""},
	{"surrogate pair", `{"a":"\ud83d\ude00\uD83D\uDE00"}`, ""},
	{"replacement character itself", "{\"a\":\"\ufffd\\ufffd\"}", ""},
	{"same name at other levels", `{"a":{"a":[{"a":1},{"a":2}]}}`, ""},
	{"names in other case", `{"iss":1,"ISS":2}`, ""},
	{"32 objects deep", nested(32), ""},
	{"32 deep with arrays", nestedArrays(32), ""},
	{"26 members", manyMembers(25, "z"), ""},

	{"33 objects deep", nested(33), "nested over 32 deep at byte 160"},
	{"33 deep with arrays", nestedArrays(33), "nested over 32 deep at byte 36"},
	{"100,000 deep", strings.Repeat(`{"a":`, 100_000), "nested over 32 deep at byte 160"},
	{"duplicate", `{"a":1,"a":1}`, "duplicate member at byte 10"},
	{"duplicate by an escape", `{"alg":1,"\u0061lg":1}`, "duplicate member at byte 19"},
	{"duplicate by two escapes", `{"\u0061":1,"\u0061":1}`, "duplicate member at byte 20"},
	{"duplicate by a pair", `{"😀":1,"\ud83d\ude00":1}`, "duplicate member at byte 24"},
	{"duplicate of an escaped slash", `{"/":1,"\/":1}`, "duplicate member at byte 11"},
	{"duplicate empty name", `{"":1,"":1}`, "duplicate member at byte 8"},
	{"deep duplicate", `{"a":[{"b":{"c":1,"c":2}}]}`, "duplicate member at byte 21"},
	{"ninth repeats the first", manyMembers(8, "ma"), "duplicate member at byte 61"},
	{"late duplicate", manyMembers(20, "mt"), "duplicate member at byte 145"},
	{"empty text", "", "no JSON object at byte 0"},
	{"only spaces", "  ", "no JSON object at byte 2"},
	{"byte order mark", "\xef\xbb\xbf{}", "no JSON object at byte 0"},
	{"array", `[]`, "no JSON object at byte 0"},
	{"null", `null`, "no JSON object at byte 0"},
	{"string", `"{}"`, "no JSON object at byte 0"},
	{"second object", `{}{}`, "trailing bytes at byte 2"},
	{"trailing NUL", "{}\x00", "trailing bytes at byte 2"},
	{"trailing no-break space", "{}\u00a0", "trailing bytes at byte 2"},
	{"trailing comma", `{"a":1,}`, "no member name at byte 7"},
	{"leading comma", `{,"a":1}`, "no member name at byte 1"},
	{"trailing comma in an array", `{"a":[1,]}`, "no JSON value at byte 8"},
	{"two values in an array", `{"a":[1 2]}`, "no comma and no closing bracket at byte 8"},
	{"two members without a comma", `{"a":1 "b":2}`, "no comma and no closing brace at byte 7"},
	{"unquoted name", `{a:1}`, "no member name at byte 1"},
	{"single quotes", `{'a':1}`, "no member name at byte 1"},
	{"no colon", `{"a" 1}`, "no colon at byte 5"},
	{"no value", `{"a":}`, "no JSON value at byte 5"},
	{"NUL for a value", "{\"a\":\x00}", "no JSON value at byte 5"},
	{"unclosed object", `{"a":1`, "no comma and no closing brace at byte 6"},
	{"open brace alone", `{`, "no member name at byte 1"},
	{"comment", `{/**/}`, "no member name at byte 1"},
	{"word in capitals", `{"a":True}`, "no JSON value at byte 5"},
	{"half a word", `{"a":nul`, "no JSON value at byte 5"},
	{"word too long", `{"a":nulll}`, "no comma and no closing brace at byte 9"},
	{"NaN", `{"a":NaN}`, "no JSON value at byte 5"},
	{"plus sign", `{"a":+1}`, "no JSON value at byte 5"},
	{"minus alone", `{"a":-}`, "no JSON number at byte 6"},
	{"leading zero", `{"a":01}`, "no JSON number at byte 7"},
	{"leading point", `{"a":.5}`, "no JSON value at byte 5"},
	{"trailing point", `{"a":1.}`, "no JSON number at byte 7"},
	{"empty exponent", `{"a":1e}`, "no JSON number at byte 7"},
	{"signed empty exponent", `{"a":1e+}`, "no JSON number at byte 8"},
	{"hexadecimal", `{"a":0x10}`, "no comma and no closing brace at byte 6"},
	{"unclosed string", `{"a`, "unclosed string at byte 3"},
	{"closing quote escaped", `{"a\"`, "unclosed string at byte 5"},
	{"backslash at the end", `{"a\`, "unknown escape at byte 4"},
	{"unknown escape", `{"a":"\x41"}`, "unknown escape at byte 7"},
	{"short unicode escape", `{"a":"\u00"}`, "no hexadecimal escape at byte 7"},
	{"unicode escape at the end", `{"a":"\u`, "no hexadecimal escape at byte 7"},
	{"line break in a string", "{\"a\":\"\n\"}", "control character in a string at byte 6"},
	{"escape character in a string", "{\"a\":\"\x1b\"}", "control character in a string at byte 6"},
	{"last control character in a string", "{\"a\":\"\x1f\"}", "control character in a string at byte 6"},
	{"invalid UTF-8", "{\"a\":\"\xff\"}", "invalid UTF-8 at byte 6"},
	{"invalid UTF-8 in a name", "{\"\xfe\":1}", "invalid UTF-8 at byte 2"},
	{"overlong UTF-8", "{\"a\":\"\xc0\xaf\"}", "invalid UTF-8 at byte 6"},
	{"surrogate in UTF-8", "{\"a\":\"\xed\xa0\x80\"}", "invalid UTF-8 at byte 6"},
	{"cut UTF-8", "{\"a\":\"\xe2\x82", "invalid UTF-8 at byte 6"},
	{"lone high surrogate", `{"a":"\ud800"}`, "lone surrogate at byte 7"},
	{"lone low surrogate", `{"a":"\udc00"}`, "lone surrogate at byte 7"},
	{"surrogates reversed", `{"a":"\ude00\ud83d"}`, "lone surrogate at byte 7"},
	{"two high surrogates", `{"a":"\ud83d\ud83d"}`, "lone surrogate at byte 7"},
	{"high surrogate, then text", `{"a":"\ud83dxxxxxx"}`, "lone surrogate at byte 7"},
	{"high surrogate, then no hexadecimal", `{"a":"\ud83d\uzzzz"}`, "lone surrogate at byte 7"},
	{"lone surrogate in a name", `{"\udbff":1}`, "lone surrogate at byte 3"},
	{"lone surrogate deep", `{"a":[{"b":["\ud800"]}]}`, "lone surrogate at byte 14"},
}

func TestParse(t *testing.T) {
	for _, tt := range strictTexts {
		t.Run(tt.name, func(t *testing.T) {
			problem := ""
			if _, err := Parse(tt.text); err != nil {
				problem = err.Error()
			}
			if problem != tt.problem {
				t.Errorf("got %q, want %q", problem, tt.problem)
			}
			if problem == "" && !json.Valid([]byte(tt.text)) {
				t.Error("encoding/json calls it invalid")
			}
		})
	}
}

// What encoding/json writes is strict, and both read the same out of it.
func TestParseReadsWhatEncodingJSONReads(t *testing.T) {
	values := rapid.Custom(func(t *rapid.T) any {
		return rapid.OneOf(
			rapid.String().AsAny(), rapid.Int64().AsAny(), rapid.Bool().AsAny(), rapid.Float64().AsAny(),
			rapid.SliceOf(rapid.String()).AsAny(), rapid.MapOf(rapid.String(), rapid.Int()).AsAny(), rapid.Just[any](nil),
		).Draw(t, "value")
	})
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.MapOf(rapid.String(), values).Draw(t, "object")
		text, err := json.Marshal(want)
		if err != nil {
			t.Skip("not representable")
		}
		o, err := Parse(string(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		compareMembers(t, text, o)
	})
}

// compareMembers wants the same members as encoding/json finds: names decoded,
// values with the same meaning.
func compareMembers(t interface{ Errorf(string, ...any) }, text []byte, o Object) {
	var theirs map[string]json.RawMessage
	if err := json.Unmarshal(text, &theirs); err != nil {
		t.Errorf("encoding/json refuses %q: %v", text, err)
		return
	}
	ours := map[string]json.RawMessage{}
	for _, m := range o {
		ours[m.Name] = json.RawMessage(m.Raw)
	}
	if len(ours) == 0 && len(theirs) == 0 {
		return
	}
	if diff := cmp.Diff(theirs, ours); diff != "" {
		t.Errorf("%q (-encoding/json +ours):\n%s", text, diff)
	}
	for _, m := range o {
		var theirs string
		ours, ok := String(m.Raw)
		if isString := m.Raw[0] == '"'; isString != ok {
			t.Errorf("String(%s) = %v", m.Raw, ok)
		} else if isString && (json.Unmarshal([]byte(m.Raw), &theirs) != nil || theirs != ours) {
			t.Errorf("String(%s) = %q, encoding/json says %q", m.Raw, ours, theirs)
		}
		var list []string
		if values, ok := Strings(m.Raw); ok && (json.Unmarshal([]byte(m.Raw), &list) != nil || !cmp.Equal(list, values)) {
			t.Errorf("Strings(%s) = %q, encoding/json says %q", m.Raw, values, list)
		}
		var n int64
		if value, ok := Int(m.Raw); ok && (json.Unmarshal([]byte(m.Raw), &n) != nil || n != value) {
			t.Errorf("Int(%s) = %d, encoding/json says %d", m.Raw, value, n)
		}
	}
}

func TestInt(t *testing.T) {
	for _, tt := range []struct {
		raw  string
		want int64
		ok   bool
	}{
		{"0", 0, true}, {"-0", 0, true}, {"-1", -1, true}, {"1767225600", 1767225600, true},
		{"4611686018427387904", 1 << 62, true}, {"-4611686018427387904", -1 << 62, true},
		{"4611686018427387905", 0, false}, {"-4611686018427387905", 0, false},
		{"9223372036854775807", 0, false}, {"-9223372036854775808", 0, false},
		{"9999999999999999999", 0, false}, {"18446744073709551616", 0, false}, {"99999999999999999999", 0, false},
		{"1.0", 0, false}, {"1e3", 0, false}, {"1E3", 0, false}, {"-", 0, false}, {"", 0, false},
		{`"1"`, 0, false}, {"null", 0, false}, {"true", 0, false}, {"[1]", 0, false}, {"{}", 0, false},
	} {
		if got, ok := Int(tt.raw); got != tt.want || ok != tt.ok {
			t.Errorf("Int(%s) = %d, %v; want %d, %v", tt.raw, got, ok, tt.want, tt.ok)
		}
	}
}

func TestStrings(t *testing.T) {
	for _, tt := range []struct {
		raw  string
		want []string
		ok   bool
	}{
		{`[]`, []string{}, true}, {`[ ]`, []string{}, true}, {"[ \"a\" ,\n\"\\u0062\"]", []string{"a", "b"}, true}, {`[""]`, []string{""}, true},
		{`["a",1]`, nil, false}, {`[null]`, nil, false}, {`[["a"]]`, nil, false}, {`[{}]`, nil, false},
		{`"a"`, nil, false}, {`{}`, nil, false}, {`null`, nil, false}, {`1`, nil, false},
	} {
		got, ok := Strings(tt.raw)
		if diff := cmp.Diff(tt.want, got); diff != "" || ok != tt.ok {
			t.Errorf("Strings(%s) ok %v, want %v (-want +got):\n%s", tt.raw, ok, tt.ok, diff)
		}
	}
}

func TestGet(t *testing.T) {
	o, err := Parse(`{"a":1,"b":null,"":"x"}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, want string
		ok, null   bool
	}{{"a", "1", true, false}, {"b", "null", true, true}, {"", `"x"`, true, false}, {"A", "", false, false}, {"c", "", false, false}} {
		if raw, ok := o.Get(tt.name); raw != tt.want || ok != tt.ok || IsNull(raw) != tt.null {
			t.Errorf("%q: %q, %v, null %v", tt.name, raw, ok, IsNull(raw))
		}
	}
}

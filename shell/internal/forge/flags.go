// Flags: a forgery as people write it, and back.

package forge

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"tokenshell/shell/attacks"
	"tokenshell/shell/attacks/bends"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/syntax"
)

// Flags are a forgery on a line.
type Flags struct {
	Set   []string `sep:"none" placeholder:"CLAIM=JSON" complete:"claim" help:"Give a claim a value; may be repeated, as may most of these. It may hold $NOW, $NOW+60, $ISS, $CAP, $KID, the same of another service as $OTHER_ISS and so on, $CUSTOMER, $OTHER_CUSTOMER, $AUD, $TYP, $JWK, $ATTACKER_JWK, $TIMES(9,x)."`
	Unset []string `sep:"none" placeholder:"CLAIM" complete:"claim" help:"Leave a claim out."`
	Add   []string `sep:"none" placeholder:"CLAIM=TEXT" help:"Write a claim even when there is one already; neither side is looked at."`
	Raw   []string `sep:"none" placeholder:"CLAIM=TEXT" help:"Give a claim a value that need not be JSON."`
	Bend  []string `sep:"none" placeholder:"CLAIM=HOW" help:"Change a claim's text in one of the ways of help encodings."`

	Head     []string `sep:"none" placeholder:"NAME=JSON" help:"Give a header member a value."`
	Unhead   []string `sep:"none" placeholder:"NAME" help:"Leave a header member out."`
	AddHead  []string `sep:"none" placeholder:"NAME=TEXT" help:"As --add, in the header."`
	RawHead  []string `sep:"none" placeholder:"NAME=TEXT" help:"As --raw, in the header."`
	BendHead []string `sep:"none" placeholder:"NAME=HOW" help:"As --bend, in the header."`

	Alg     *string  `placeholder:"ALG" help:"The header's alg."`
	KID     *string  `name:"kid" placeholder:"KID" help:"The header's kid."`
	Exp     string   `placeholder:"±D" help:"exp so long from now: -1s has just expired."`
	Payload string   `complete:"file" placeholder:"FILE" help:"A file is the payload, byte for byte."`
	Sign    string   `placeholder:"WHO" complete:"signer" help:"Who signs: own (the issuer's key; the default), sibling, former, attacker, nobody, hmac-public, kept, borrowed, hmac-public-pem, hmac-public-jwk, hmac-empty, hmac-common."`
	Twin    bool     `help:"The other signature that verifies, n - S; what is signed stays."`
	Encode  []string `sep:"none" placeholder:"WHERE.HOW" complete:"encoding" help:"Write a part in another way: WHERE is header, payload, input (of the signature), signature or token, HOW stands in help encodings; header.as and payload.as take a text with @ for the JSON. May be repeated."`
	Other   string   `placeholder:"TOKEN" complete:"token" help:"Another token, whose signature --sign borrowed takes, whose sealed section is $LETTER and whose jti is $JTI."`
}

// place is where a bend may be put.
type place struct {
	name string
	bend func(*attacks.Forgery) *bends.Bend
}

// places gives every part of a token that can be written in another way.
func places() []place {
	return []place{
		{"header", func(f *attacks.Forgery) *bends.Bend { return &f.SpellHeader }},
		{"payload", func(f *attacks.Forgery) *bends.Bend { return &f.SpellPayload }},
		{"input", func(f *attacks.Forgery) *bends.Bend { return &f.Input }},
		{"signature", func(f *attacks.Forgery) *bends.Bend { return &f.Signature }},
		{"token", func(f *attacks.Forgery) *bends.Bend { return &f.Text }},
	}
}

// texts are the places where JSON is written with something around it.
func texts(f *attacks.Forgery) map[string]*string {
	return map[string]*string{"header": &f.HeaderText, "payload": &f.PayloadText}
}

// kinds are the flags of edits, in the order in which they are done.
func (v *Flags) kinds() []struct {
	flag, op string
	header   bool
	values   *[]string
} {
	return []struct {
		flag, op string
		header   bool
		values   *[]string
	}{
		{"--head", "set", true, &v.Head}, {"--raw-head", "set", true, &v.RawHead}, {"--unhead", "drop", true, &v.Unhead},
		{"--add-head", "add", true, &v.AddHead}, {"--bend-head", "bend", true, &v.BendHead},
		{"--set", "set", false, &v.Set}, {"--raw", "set", false, &v.Raw}, {"--unset", "drop", false, &v.Unset},
		{"--add", "add", false, &v.Add}, {"--bend", "bend", false, &v.Bend},
	}
}

// Forgery reads the flags. The file of --payload is not read.
func (v *Flags) Forgery() (*attacks.Forgery, error) {
	f := &attacks.Forgery{}
	for _, kind := range v.kinds() {
		for _, text := range *kind.values {
			e, err := edit(kind.flag, kind.op, text)
			if err != nil {
				return nil, err
			}
			if kind.header {
				f.Header = append(f.Header, e)
			} else {
				f.Payload = append(f.Payload, e)
			}
		}
	}
	if v.Alg != nil {
		f.Header = append(f.Header, attacks.Edit{Op: "set", Name: "alg", Raw: inJSON(*v.Alg)})
	}
	if v.KID != nil {
		f.Header = append(f.Header, attacks.Edit{Op: "set", Name: "kid", Raw: inJSON(*v.KID)})
	}
	if v.Exp != "" {
		d, err := syntax.ParseSpan(v.Exp)
		if err != nil {
			return nil, exit.Usage(err.Error(), "--exp cannot be %q", v.Exp)
		}
		f.Payload = append(f.Payload, attacks.Edit{Op: "set", Name: "exp", Raw: fmt.Sprintf("$NOW%+d", int64(d.Seconds()))})
	}
	if err := v.encode(f); err != nil {
		return nil, err
	}
	rows := attacks.Signers()
	at := slices.IndexFunc(rows, func(r attacks.SignerRow) bool { return r.Word == v.signer() })
	if at < 0 {
		words := make([]string, len(rows))
		for i, row := range rows {
			words[i] = row.Word
		}
		return nil, exit.Usage(exit.Meant(v.Sign, words, "one of "+strings.Join(words, ", ")), "nobody signs as %q", v.Sign)
	}
	f.Signer = rows[at].Signer
	if f.Signer == "borrowed" && v.Other == "" {
		return nil, exit.Usage("add --other TOKEN", "--sign borrowed takes the signature of another token")
	}
	return f, nil
}

// signer gives the word of who signs.
func (v *Flags) signer() string {
	switch {
	case v.Sign != "":
		return v.Sign
	case v.Twin:
		return "kept"
	}
	return "own"
}

// encode reads how the parts are written.
func (v *Flags) encode(f *attacks.Forgery) error {
	all := v.Encode
	if v.Twin {
		all = append([]string{"signature.twin"}, all...)
	}
	for _, text := range all {
		where, how, _ := strings.Cut(text, ".")
		if as, ok := strings.CutPrefix(how, "as:"); ok && texts(f)[where] != nil {
			b, err := bends.Parse("text:" + bends.Expand(as))
			if err != nil {
				return exit.Usage("help encodings lists them", "--encode: %v", err)
			}
			*texts(f)[where] = b.Of("")
			continue
		}
		at := slices.IndexFunc(places(), func(p place) bool { return p.name == where })
		if at < 0 {
			return exit.Usage("header, payload, input, signature or token, a dot, and how: signature.der", "--encode cannot be %q", text)
		}
		b, err := bends.Parse(bends.Expand(how))
		if err != nil {
			return exit.Usage("help encodings lists them", "--encode: %v", err)
		}
		to := places()[at].bend(f)
		if to.How != "" {
			return exit.Usage("forge from what was forged", "--encode writes %s in two ways", where)
		}
		*to = b
	}
	return nil
}

// edit reads one change of a member.
func edit(flag, op, text string) (attacks.Edit, error) {
	name, value, has := strings.Cut(text, "=")
	e := attacks.Edit{Op: op, Name: name, Raw: value}
	switch {
	case name == "" || has == (op == "drop"):
		return e, exit.Usage(flag+map[bool]string{true: " NAME", false: " NAME=VALUE"}[op == "drop"], "%s cannot be %q", flag, text)
	case op == "bend":
		var err error
		if e.Bend, err = bends.Parse(bends.Expand(value)); err != nil {
			return e, exit.Usage("help encodings lists them", "%s %s: %v", flag, name, err)
		}
	case op == "set" && !strings.HasPrefix(flag, "--raw") && !isJSON(value):
		meant := "a string stands in double quotes: '" + name + `="` + strings.Trim(value, `"`) + `"'`
		return e, exit.Usage(meant+"; "+strings.Replace(flag, "--set", "--raw", 1)+" writes what is none", "%s %s: %q is not JSON", flag, name, value)
	}
	return e, nil
}

var (
	repeats = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$TIMES\([0-9]+,[^)]*\)|\$BYTE\([0-9a-f]{2}\)`) })
	names   = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$[A-Z_]+([+-][0-9]+)?`) })
)

// isJSON reports whether a value is JSON, once names stand for something.
func isJSON(value string) bool {
	return json.Valid([]byte(names().ReplaceAllString(repeats().ReplaceAllString(value, "1"), "1")))
}

func inJSON(text string) string {
	raw, _ := json.Marshal(text) // of a string, which has no way to fail
	return string(raw)
}

// Words writes a forgery as the words of a line: flags and their values. In what
// it takes from a file it is not complete.
func Words(f *attacks.Forgery) []string {
	var words []string
	for _, row := range attacks.Signers() {
		if row.Signer == f.Signer && f.Signer != "" {
			words = append(words, "--sign", row.Word)
		}
	}
	for _, e := range f.Header {
		words = append(words, written(e, true)...)
	}
	for _, e := range f.Payload {
		words = append(words, written(e, false)...)
	}
	for _, where := range []string{"header", "payload"} {
		if text := *texts(f)[where]; text != "" {
			words = append(words, "--encode", where+".as:"+strings.TrimPrefix(bends.Text(text).How, "text:"))
		}
	}
	for _, p := range places() {
		if b := p.bend(f); b.How != "" {
			words = append(words, "--encode", p.name+"."+b.How)
		}
	}
	for i := range words {
		words[i] = shortened(words[i])
	}
	return words
}

// written gives the flag of one change, and its value.
func written(e attacks.Edit, header bool) []string {
	flag := map[string]string{"set": "--set", "add": "--add", "drop": "--unset", "bend": "--bend"}[e.Op]
	if e.Op == "set" && !isJSON(shortened(e.Raw)) {
		flag = "--raw"
	}
	if header {
		flag = map[string]string{"--set": "--head", "--add": "--add-head", "--unset": "--unhead", "--bend": "--bend-head", "--raw": "--raw-head"}[flag]
	}
	switch e.Op {
	case "drop":
		return []string{flag, e.Name}
	case "bend":
		return []string{flag, e.Name + "=" + e.Bend.How}
	}
	return []string{flag, e.Spelt() + "=" + e.Raw}
}

// Runs that are worth a $TIMES: so many bytes, of a unit of so many.
const (
	longRun  = 64
	longUnit = 16
)

// shortened writes a text so that it can stand in a line: long runs as $TIMES,
// and the bytes that no line holds as $BYTE.
func shortened(text string) string {
	var b strings.Builder
	for at := 0; at < len(text); {
		unit, times := run(text[at:])
		if times > 0 {
			fmt.Fprintf(&b, "$TIMES(%d,%s)", times, unit)
			at += len(unit) * times
			continue
		}
		size := 1
		for size < 4 && at+size < len(text) && text[at+size]&0xc0 == 0x80 {
			size++
		}
		if piece := text[at : at+size]; strconv.CanBackquote(piece) && piece != "'" && piece != "\ufeff" && piece != "\t" {
			b.WriteString(piece)
			at += size
		} else {
			fmt.Fprintf(&b, "$BYTE(%02x)", text[at])
			at++
		}
	}
	return b.String()
}

// run finds what a text begins with again and again; times is 0 when it is not
// worth it.
func run(text string) (unit string, times int) {
	for size := 1; size <= min(longUnit, len(text)/2); size++ {
		unit := text[:size]
		n := 1
		for strings.HasPrefix(text[n*size:], unit) {
			n++
		}
		if n > 1 && n*size >= longRun && !strings.ContainsAny(unit, ")$'") {
			return unit, n
		}
	}
	return "", 0
}

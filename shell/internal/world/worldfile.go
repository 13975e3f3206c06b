// The world file: what a world has in it, as YAML.

package world

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"tokenshell/issuers"
	"tokenshell/issuers/currency"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
	"tokenshell/shell/internal/yamlfile"
)

//go:embed world.yaml
var embeddedWorld []byte

// WorldLimit is the largest world file, in bytes.
const WorldLimit = 1 << 20

// worldFile are the keys that no domain reads.
type worldFile struct {
	Currency    yamlfile.Written   `yaml:"currency" like:"EUR" help:"Of all amounts (ISO 4217); EUR unless given."`
	RedeemOrder []yamlfile.Written `yaml:"redeem_order" like:"[coupons, points, payments, stock]" help:"In which order the relay has the domains redeem, each named once; unless given, coupons, points, payments, and then your own as they stand. A file that declares domains of its own has coupons, points or payments only when it says something of them, or names them here."`
	Facts       []yamlfile.Written `yaml:"facts" like:"[country]" help:"Facts that an order may say though no domain reads them."`
}

// Plan is a world file that has been read and checked: what worlds are made of.
type Plan struct {
	kinds       []*Kind
	shape       *fileShape // as it was filled
	currency    string
	redeemOrder []string
	facts       []string  // that are carried, though no domain reads them
	Customers   []string  // the first is the default
	domains     []Planned // in the order of the kinds
	Sections    []Section // all that was read, also what is of no domain
	Source      []byte    // nil for the embedded world
	Numbers     []string  // of cards: no output may show more than their last four digits
}

// Read reads a world file, which may hold these kinds of domains; path "" is
// the embedded one.
func Read(kinds []*Kind, path string) (*Plan, error) {
	return ReadUntil(context.Background(), kinds, path)
}

// ReadUntil reads a world file as [Read] does; a wait for it ends with ctx.
func ReadUntil(ctx context.Context, kinds []*Kind, path string) (*Plan, error) {
	if path == "" {
		return Parse(kinds, "the embedded world", embeddedWorld)
	}
	text, err := files.Read(ctx, path, WorldLimit)
	if err != nil {
		return nil, err
	}
	plan, err := Parse(kinds, path, text)
	if err == nil {
		plan.Source = text
	}
	return plan, err
}

// Facts gives what an order may say: the facts that its domains read, and those
// that are carried though nobody does.
func (p *Plan) Facts() (names []string) {
	for _, d := range p.domains {
		names = append(names, d.Kind.Reads...)
	}
	return append(names, p.facts...)
}

// Kinds gives the domains that its worlds have, and whether the file declares any
// of them.
func (p *Plan) Kinds() (kinds []*Kind, declares bool) {
	for _, d := range p.domains {
		kinds = append(kinds, d.Kind)
		declares = declares || d.Kind.Declaration != nil
	}
	return kinds, declares
}

// IsFact reports whether text may name a fact.
func IsFact(name string) bool { return factName().MatchString(name) }

var factName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`) })

// Embedded reads the embedded world, with the kinds of this plan.
func (p *Plan) Embedded() (*Plan, error) { return Read(p.kinds, "") }

// EmbeddedHere reads the embedded world with its prices in this plan's currency.
func (p *Plan) EmbeddedHere() (*Plan, error) {
	text := strings.Replace(string(embeddedWorld), "currency: EUR", "currency: "+p.currency, 1)
	return Parse(p.kinds, "the embedded world", []byte(p.InCurrency(text)))
}

// Rounding gives the plan with values for which amounts have to be rounded, if a domain
// of it has a key for them that can be written anew; else the plan itself.
func (p *Plan) Rounding() *Plan {
	text := p.Source
	if text == nil {
		text = embeddedWorld
	}
	for _, d := range p.domains {
		if d.Kind.Rounding == nil {
			continue
		}
		key, value := d.Kind.Rounding(p.currency)
		lines := slices.DeleteFunc(strings.Split(strings.TrimSuffix(string(text), "\n"), "\n"), func(line string) bool { return strings.HasPrefix(line, key+":") })
		source := []byte(strings.Join(append(lines, key+": "+value), "\n") + "\n")
		if other, err := Parse(p.kinds, "the world file", source); err == nil {
			other.Source = source
			return other
		}
	}
	return p
}

// InCurrency writes the examples of amounts in a text, which have two decimals,
// in the world's currency. Without a plan the text is as it was.
func (p *Plan) InCurrency(text string) string {
	if p == nil {
		return text
	}
	return issuers.LikeIn(text, p.currency)
}

// Parse reads YAML strictly: unknown keys, duplicates and wrong types are
// refused with their line and column.
func Parse(kinds []*Kind, path string, source []byte) (*Plan, error) {
	if bytes.HasPrefix(source, []byte("\ufeff")) {
		return nil, exit.Input(path, 1, "column 1: it begins with a byte order mark; write it without")
	}
	if yamlfile.TooDeep(source) {
		return nil, exit.Input(path, 0, "its brackets nest too deep")
	}
	f := newFileShape(kinds)
	second, err := yamlfile.Decode(source, f.into.Interface())
	if err != nil {
		return nil, yamlfile.Error(path, err)
	}
	if second {
		return nil, yamlfile.SecondDocument(path, source, "a world")
	}
	r := &Reader{path: path, source: source}
	return r.plan(f)
}

// fileShape is the struct that mirrors a world file: the keys of the world and
// those of every kind, side by side, so that YAML is read strictly and once.
type fileShape struct {
	kinds    []*Kind
	sections []Section
	into     reflect.Value // a pointer to the struct
}

// Shape gives the struct that mirrors a world file with these kinds of domains.
func Shape(kinds []*Kind) reflect.Type { return newFileShape(kinds).into.Type().Elem() }

// newFileShape puts the struct together. Field names do not matter: the first
// letters only keep them apart.
func newFileShape(kinds []*Kind) *fileShape {
	f := &fileShape{kinds: kinds}
	top := keysOf(reflect.TypeFor[worldFile](), "World")
	customer := []reflect.StructField{{Name: "ID", Type: reflect.TypeFor[yamlfile.Written](), Tag: `yaml:"id" like:"user_123" help:"Its name; the first customer is the default."`}}
	for i, k := range kinds {
		section := k.Section()
		f.sections = append(f.sections, section)
		top = append(top, keysOf(reflect.TypeOf(section).Elem(), fmt.Sprintf("Kind%d", i))...)
		if k.Customer != nil {
			customer = append(customer, keysOf(reflect.TypeOf(k.Customer), fmt.Sprintf("Kind%d", i))...)
		}
	}
	top = append(top, reflect.StructField{Name: "Customers", Type: reflect.SliceOf(reflect.StructOf(customer)), Tag: `yaml:"customers" like:"[{id: user_123, points: 1200}]" help:"Who there is; at least one."`})
	f.into = reflect.New(reflect.StructOf(top))
	return f
}

// keysOf gives the fields of a struct that are keys of YAML.
func keysOf(t reflect.Type, prefix string) []reflect.StructField {
	var fields []reflect.StructField
	for i := range t.NumField() {
		if field := t.Field(i); field.Tag.Get("yaml") != "" {
			fields = append(fields, reflect.StructField{Name: prefix + field.Name, Type: field.Type, Tag: field.Tag})
		}
	}
	return fields
}

// fill copies the keys with a prefix into a struct of their own.
func fill(to reflect.Value, from reflect.Value, prefix string) {
	for i := range to.NumField() {
		if field := to.Type().Field(i); field.Tag.Get("yaml") != "" {
			to.Field(i).Set(from.FieldByName(prefix + field.Name))
		}
	}
}

// Reader checks what YAML cannot say, and finds the place of what is wrong. The
// first error stays.
type Reader struct {
	Currency  string   // of the world
	Customers []string // as far as they are read
	Numbers   []string // of cards, which nobody may show

	path   string
	source []byte
	err    error
}

// Source gives the text of the file.
func (r *Reader) Source() []byte { return r.source }

// Refuse notes an error that knows its place in the file.
func (r *Reader) Refuse(err error) {
	if r.err == nil {
		r.err = yamlfile.Error(r.path, err)
	}
}

// Fail notes what is wrong at a YAML path such as $.coupons[2].amount.
func (r *Reader) Fail(at, format string, args ...any) {
	if r.err != nil {
		return
	}
	r.err = yamlfile.At(r.path, r.source, at, fmt.Sprintf(format, args...))
}

// isName reports whether a text looks like the ids and codes of a world.
func isName(text string) bool {
	return text != "" && len(text) <= 64 && strings.Trim(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-") == ""
}

// Names are the names that stand in one list. TEN and ten are two: names are
// looked up as they are written, and who writes a world knows what is in it.
type Names map[string]bool

// Name wants a name that nobody has taken, and takes it.
func (r *Reader) Name(at, what, text string, taken Names) {
	switch {
	case !isName(text):
		r.Fail(at, "%s %q: write 1 to 64 of A-Z a-z 0-9 . _ -", what, text)
	case taken[text]:
		r.Fail(at, "%s %q stands here twice", what, text)
	}
	taken[text] = true
}

// Like writes an example of an amount, such as "80.00", in the world's currency.
func (r *Reader) Like(example string) string { return issuers.Like(example, r.Currency) }

// Money wants an amount in the world's currency.
func (r *Reader) Money(at, what, text string, positive bool) currency.Amount {
	amount, err := issuers.ParseMoney(text, r.Currency)
	if err != nil {
		r.Fail(at, "%s: %v", what, err)
		return currency.Amount{}
	}
	if positive && !amount.IsPositive() {
		r.Fail(at, "%s %q must be positive: write one such as %s", what, text, r.Like("5.00"))
	}
	return amount
}

// Time wants a time (RFC 3339); "" is the zero time.
func (r *Reader) Time(at, text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		r.Fail(at, "%q is not a time: write one such as 2026-01-01T00:00:00Z", text)
	}
	return t
}

// plan checks a file that was filled and makes the plan.
func (r *Reader) plan(f *fileShape) (*Plan, error) {
	from := f.into.Elem()
	var top worldFile
	fill(reflect.ValueOf(&top).Elem(), from, "World")
	for i, section := range f.sections {
		fill(reflect.ValueOf(section).Elem(), from, fmt.Sprintf("Kind%d", i))
	}
	if r.Currency = string(top.Currency); r.Currency == "" {
		r.Currency = "EUR"
	}
	if !currency.IsKnown(r.Currency) {
		r.Fail("$.currency", "unknown currency %q: write an ISO 4217 code such as EUR", r.Currency)
		return nil, r.err
	}
	plan := &Plan{kinds: f.kinds, shape: f, currency: r.Currency, Sections: f.sections}
	r.readCustomers(f, from.FieldByName("Customers"))
	plan.Customers = r.Customers
	var names []string
	for _, service := range top.RedeemOrder {
		plan.redeemOrder = append(plan.redeemOrder, string(service))
	}
	var declared []Planned
	for _, section := range f.sections {
		if section.Read(r); r.err == nil {
			if d, is := section.(Declarer); is {
				declared = append(declared, d.Declared()...)
			}
		}
	}
	for i, section := range f.sections {
		k := f.kinds[i]
		asked := len(declared) == 0 || slices.Contains(plan.redeemOrder, k.Name)
		if _, is := section.(Declarer); !is && (section.Said() || asked && !k.Optional) {
			plan.domains = append(plan.domains, Planned{k, section})
		}
	}
	plan.domains = append(plan.domains, declared...)
	for _, d := range plan.domains {
		names = append(names, d.Kind.Name)
	}
	if top.RedeemOrder == nil {
		plan.redeemOrder = names
	}
	r.order(plan.redeemOrder, names)
	for i, fact := range top.Facts {
		if plan.facts = append(plan.facts, string(fact)); !IsFact(string(fact)) {
			r.Fail(fmt.Sprintf("$.facts[%d]", i), "fact %q: write a name of a-z 0-9 _", fact)
		}
	}
	if r.err != nil {
		return nil, r.err
	}
	plan.Numbers = r.Numbers
	return plan, nil
}

// readCustomers checks the customers, and has each domain read its keys of them.
func (r *Reader) readCustomers(f *fileShape, customers reflect.Value) {
	if customers.Len() == 0 {
		r.Fail("$", "a world has at least one customer: write customers: [{id: ada}]")
	}
	taken := Names{}
	for i := range customers.Len() {
		at, from := fmt.Sprintf("$.customers[%d]", i), customers.Index(i)
		id := from.FieldByName("ID").String()
		r.Name(at, "customer id", id, taken)
		r.Customers = append(r.Customers, id)
		for n, section := range f.sections {
			if f.kinds[n].Customer == nil {
				continue
			}
			keys := reflect.New(reflect.TypeOf(f.kinds[n].Customer))
			fill(keys.Elem(), from, fmt.Sprintf("Kind%d", n))
			section.ReadCustomer(r, at, id, keys.Interface())
		}
	}
}

// The world file: what a world has in it, as YAML.

package shell

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/bojanz/currency"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	yamlparser "github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"tokenshell/issuers"
	"tokenshell/issuers/coupons"
	"tokenshell/issuers/payments"
)

//go:embed world.yaml
var embeddedWorld []byte

// worldLimit is the largest world file, in bytes.
const worldLimit = 1 << 20

// services are the embedded domains, in the order in which redeem_order names
// them when it says nothing else.
var services = []string{"coupons", "points", "payments"}

// worldFile mirrors the YAML.
type worldFile struct {
	Currency    written        `yaml:"currency"`
	PointValue  written        `yaml:"point_value"`
	RedeemOrder []written      `yaml:"redeem_order"`
	Customers   []customerFile `yaml:"customers"`
	Coupons     []couponFile   `yaml:"coupons"`
}

type customerFile struct {
	ID     written    `yaml:"id"`
	Points whole      `yaml:"points"`
	Cards  []cardFile `yaml:"cards"`
}

type cardFile struct {
	ID       written `yaml:"id"`
	Number   written `yaml:"number"`
	Limit    written `yaml:"limit"`
	Declines bool    `yaml:"declines"`
}

type couponFile struct {
	Code        written    `yaml:"code"`
	Amount      written    `yaml:"amount"`
	Percent     whole      `yaml:"percent"`
	Minimum     written    `yaml:"minimum"`
	PerCustomer whole      `yaml:"per_customer"`
	Total       whole      `yaml:"total"`
	Combinable  bool       `yaml:"combinable"`
	Valid       *validFile `yaml:"valid"`
}

type validFile struct {
	From  written `yaml:"from"`
	Until written `yaml:"until"`
}

// blueprint is a world file that has been read and checked: what the services
// are made of.
type blueprint struct {
	currency    string
	pointValue  currency.Amount
	redeemOrder []string
	customers   []string // the first is the default
	points      map[string]int64
	cards       map[string][]payments.Card
	coupons     []coupons.Coupon
}

// readWorld reads a world file; path "" is the embedded one.
func readWorld(path string) (*blueprint, error) {
	if path == "" {
		return parseWorld("the embedded world", embeddedWorld)
	}
	text, err := readFile(path, worldLimit)
	if err != nil {
		return nil, err
	}
	return parseWorld(path, text)
}

// readFile reads a file that must not be larger than limit bytes.
func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	var text []byte
	if err == nil {
		defer f.Close()
		text, err = io.ReadAll(io.LimitReader(f, limit+1))
	}
	var cause *os.PathError
	switch {
	case errors.Is(err, syscall.EISDIR):
		return nil, &inputError{path, 0, "it is a folder"}
	case errors.As(err, &cause):
		return nil, &inputError{path, 0, cause.Err.Error()}
	case err != nil:
		return nil, &inputError{path, 0, err.Error()}
	case int64(len(text)) > limit:
		return nil, &inputError{path, 0, fmt.Sprintf("it has more than %d bytes", limit)}
	}
	return text, nil
}

// parseWorld reads YAML strictly: unknown keys, duplicates and wrong types are
// refused with their line and column.
func parseWorld(path string, source []byte) (*blueprint, error) {
	if bytes.HasPrefix(source, []byte("\ufeff")) {
		return nil, &inputError{path, 1, "column 1: it begins with a byte order mark; write it without"}
	}
	if tooDeep(source) {
		return nil, &inputError{path, 0, "its brackets nest too deep"}
	}
	var file worldFile
	second, err := decodeYAML(source, &file)
	if err != nil {
		return nil, yamlError(path, err)
	}
	if second {
		return nil, secondDocument(path, source, "a world")
	}
	c := &worldChecker{path: path, source: source}
	return c.check(&file)
}

// decodeYAML reads one document strictly and says whether another follows. Some
// tags make the library panic (goccy/go-yaml 1.19.2: !!binary where a list
// belongs); that is an error of the file.
func decodeYAML(source []byte, into any) (second bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = errors.New("it holds a YAML tag that does not fit")
		}
	}()
	documents := yaml.NewDecoder(bytes.NewReader(source), yaml.Strict(), yaml.DisallowUnknownField())
	if err := documents.Decode(into); err != nil && err != io.EOF {
		return false, err
	}
	return documents.Decode(new(any)) != io.EOF, nil
}

// maxBrackets is how deep the brackets of a world file may nest: beyond, the
// parser's time grows with the square of the file.
const maxBrackets = 32

func tooDeep(text []byte) bool {
	depth := 0
	for _, c := range text {
		switch c {
		case '[', '{':
			depth++
		case ']', '}':
			depth--
		}
		if depth > maxBrackets {
			return true
		}
	}
	return false
}

func yamlError(path string, err error) error {
	var (
		value  *valueError
		wrong  *yaml.TypeError
		syntax yaml.Error
	)
	switch {
	case errors.As(err, &value):
		return &inputError{path, value.at.Line, fmt.Sprintf("column %d: %s", value.at.Column, value.what)}
	case errors.As(err, &wrong) && wrong.Token != nil:
		return &inputError{path, wrong.Token.Position.Line, fmt.Sprintf("column %d: %s belongs here", wrong.Token.Position.Column, shape(wrong.DstType))}
	case errors.As(err, &syntax) && syntax.GetToken() != nil:
		position := syntax.GetToken().Position
		return &inputError{path, position.Line, fmt.Sprintf("column %d: %s", position.Column, oneLine(syntax.GetMessage()))}
	}
	return &inputError{path, 0, err.Error()}
}

// shape names what a Go type is in a world file.
func shape(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Slice:
		return "a list"
	case reflect.Bool:
		return "true or false"
	case reflect.Struct, reflect.Pointer:
		return "a section of keys and values"
	default:
		return "a single value"
	}
}

// written is a string as it was written. YAML would bend an unquoted number into
// another one: 007 is 7, and 1_000 is 1000.
type written string

// whole is a whole number in digits. YAML would cut 10.9 to 10.
type whole int64

// valueError is a value of the wrong kind.
type valueError struct {
	at   *token.Position
	what string
}

func (e *valueError) Error() string { return e.what }

// UnmarshalYAML takes a string, and no number.
func (t *written) UnmarshalYAML(node ast.Node) error {
	switch n := node.(type) {
	case *ast.StringNode:
		*t = written(n.Value)
	case *ast.LiteralNode:
		*t = written(n.Value.Value)
	case *ast.NullNode:
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return &valueError{node.GetToken().Position, fmt.Sprintf("%s: write it in quotes", node.GetToken().Value)}
	default:
		return &valueError{node.GetToken().Position, "a single value belongs here"}
	}
	return nil
}

var wholeNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,17})$`)

// UnmarshalYAML takes a whole number of at most 18 digits.
func (w *whole) UnmarshalYAML(node ast.Node) error {
	written := node.GetToken().Value
	if _, ok := node.(*ast.IntegerNode); !ok || !wholeNumber.MatchString(written) {
		return &valueError{node.GetToken().Position, fmt.Sprintf("%q is no whole number: write digits, at most 18", written)}
	}
	n, err := strconv.ParseInt(written, 10, 64)
	*w = whole(n)
	return err
}

// worldChecker checks what YAML cannot say, and finds the place of what is
// wrong. The first error stays.
type worldChecker struct {
	path   string
	source []byte
	err    error
}

// parseTree parses a file once more, for the places of what is wrong.
func parseTree(source []byte) *ast.File {
	tree, err := yamlparser.ParseBytes(source, 0)
	if err != nil {
		return &ast.File{}
	}
	return tree
}

// secondDocument says where a second YAML document begins.
func secondDocument(path string, source []byte, what string) error {
	wrong := &inputError{path, 0, what + " is one document, here begins another"}
	if docs := parseTree(source).Docs; len(docs) > 1 && docs[1].Start != nil {
		place := docs[1].Start.Position
		wrong.line, wrong.what = place.Line, fmt.Sprintf("column %d: %s", place.Column, wrong.what)
	}
	return wrong
}

// fail notes what is wrong at a YAML path such as $.coupons[2].amount.
func (c *worldChecker) fail(at, format string, args ...any) {
	if c.err != nil {
		return
	}
	wrong := &inputError{c.path, 0, fmt.Sprintf(format, args...)}
	if path, err := yaml.PathString(at); err == nil {
		if node, err := path.FilterFile(parseTree(c.source)); err == nil && node != nil && node.GetToken() != nil {
			position := node.GetToken().Position
			wrong.line, wrong.what = position.Line, fmt.Sprintf("column %d: %s", position.Column, wrong.what)
		}
	}
	c.err = wrong
}

// name is what ids and codes of a world look like.
var name = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

func (c *worldChecker) name(at, what string, text written, taken []string) {
	switch {
	case !name.MatchString(string(text)):
		c.fail(at, "%s %q: write 1 to 64 of A-Z a-z 0-9 . _ -", what, text)
	case slices.Contains(taken, string(text)):
		c.fail(at, "%s %q stands here twice", what, text)
	}
}

func (c *worldChecker) money(at, what string, text written, code string, positive bool) currency.Amount {
	amount, err := issuers.ParseMoney(string(text), code)
	if err != nil {
		c.fail(at, "%s: %v", what, err)
		return currency.Amount{}
	}
	if positive && !amount.IsPositive() {
		c.fail(at, "%s must be positive", what)
	}
	return amount
}

func (c *worldChecker) check(f *worldFile) (*blueprint, error) {
	if f.Currency == "" {
		f.Currency = "EUR"
	}
	code := string(f.Currency)
	if !currency.IsValid(code) {
		c.fail("$.currency", "unknown currency %q: write an ISO 4217 code such as EUR", f.Currency)
		return nil, c.err
	}
	b := &blueprint{currency: code, points: map[string]int64{}, cards: map[string][]payments.Card{}}
	if f.PointValue == "" {
		f.PointValue = "0"
	}
	if !regexp.MustCompile(`^[0-9]{1,6}(\.[0-9]{1,6})?$`).MatchString(string(f.PointValue)) {
		c.fail("$.point_value", "point_value %q: write a decimal such as \"0.01\"", f.PointValue)
	} else {
		b.pointValue, _ = currency.NewAmount(string(f.PointValue), code)
	}
	for _, service := range f.RedeemOrder {
		b.redeemOrder = append(b.redeemOrder, string(service))
	}
	if len(b.redeemOrder) == 0 {
		b.redeemOrder = services
	}
	if sorted := slices.Sorted(slices.Values(b.redeemOrder)); !slices.Equal(sorted, slices.Sorted(slices.Values(services))) {
		c.fail("$.redeem_order", "redeem_order names each of %v once", services)
	}
	if len(f.Customers) == 0 {
		c.fail("$", "a world has at least one customer")
	}
	for i, customer := range f.Customers {
		c.customer(b, fmt.Sprintf("$.customers[%d]", i), customer)
	}
	for i, coupon := range f.Coupons {
		c.coupon(b, fmt.Sprintf("$.coupons[%d]", i), coupon)
	}
	if c.err != nil {
		return nil, c.err
	}
	return b, nil
}

func (c *worldChecker) customer(b *blueprint, at string, f customerFile) {
	c.name(at, "customer id", f.ID, b.customers)
	if f.Points < 0 {
		c.fail(at+".points", "points %d: a balance is not negative", f.Points)
	}
	id := string(f.ID)
	b.customers = append(b.customers, id)
	b.points[id] = int64(f.Points)
	var ids []string
	for i, card := range f.Cards {
		at := fmt.Sprintf("%s.cards[%d]", at, i)
		c.name(at, "card id", card.ID, ids)
		ids = append(ids, string(card.ID))
		if !regexp.MustCompile(`^[0-9]{4,19}$`).MatchString(string(card.Number)) {
			c.fail(at, "card %q: its number is 4 to 19 digits, in quotes", card.ID)
		}
		b.cards[id] = append(b.cards[id], payments.Card{
			ID: string(card.ID), Number: string(card.Number), Limit: c.money(at, "limit", card.Limit, b.currency, false), Declines: card.Declines,
		})
	}
}

func (c *worldChecker) coupon(b *blueprint, at string, f couponFile) {
	var codes []string
	for _, other := range b.coupons {
		codes = append(codes, other.Code)
	}
	c.name(at, "coupon code", f.Code, codes)
	coupon := coupons.Coupon{
		Code: string(f.Code), Percent: int(f.Percent), PerCustomer: int(f.PerCustomer), Total: int(f.Total), Combinable: f.Combinable,
	}
	switch {
	case (f.Amount == "") == (f.Percent == 0):
		c.fail(at, "coupon %q has either an amount or a percent", f.Code)
	case f.Amount != "":
		amount := c.money(at+".amount", "amount", f.Amount, b.currency, true)
		coupon.Amount = &amount
	case f.Percent < 1 || f.Percent > 100:
		c.fail(at+".percent", "percent %d: write 1 to 100", f.Percent)
	}
	if f.Minimum != "" {
		minimum := c.money(at+".minimum", "minimum", f.Minimum, b.currency, false)
		coupon.Minimum = &minimum
	}
	if f.PerCustomer < 0 || f.Total < 0 {
		c.fail(at, "coupon %q: a limit is not negative; leave it out for none", f.Code)
	}
	if f.Valid != nil {
		coupon.From = c.time(at+".valid.from", f.Valid.From)
		coupon.Until = c.time(at+".valid.until", f.Valid.Until)
		if !coupon.From.IsZero() && !coupon.Until.IsZero() && !coupon.From.Before(coupon.Until) {
			c.fail(at+".valid", "coupon %q is valid from a time that is not before its until", f.Code)
		}
	}
	b.coupons = append(b.coupons, coupon)
}

func (c *worldChecker) time(at string, text written) time.Time {
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		c.fail(at, "%q is no time: write one such as 2026-01-01T00:00:00Z", text)
	}
	return t
}

// The world file: what a world has in it, as YAML.

package shell

import (
	"bytes"
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/bojanz/currency"
	"github.com/goccy/go-yaml"

	"tokenshell/issuers"
	"tokenshell/issuers/coupons"
	"tokenshell/issuers/payments"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
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
	source      []byte // nil for the embedded world
}

// readWorld reads a world file; path "" is the embedded one.
func readWorld(path string) (*blueprint, error) {
	if path == "" {
		return parseWorld("the embedded world", embeddedWorld)
	}
	text, err := files.Read(path, worldLimit)
	if err != nil {
		return nil, err
	}
	b, err := parseWorld(path, text)
	if err == nil {
		b.source = text
	}
	return b, err
}

// parseWorld reads YAML strictly: unknown keys, duplicates and wrong types are
// refused with their line and column.
func parseWorld(path string, source []byte) (*blueprint, error) {
	if bytes.HasPrefix(source, []byte("\ufeff")) {
		return nil, exit.Input(path, 1, "column 1: it begins with a byte order mark; write it without")
	}
	if tooDeep(source) {
		return nil, exit.Input(path, 0, "its brackets nest too deep")
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

// worldChecker checks what YAML cannot say, and finds the place of what is
// wrong. The first error stays.
type worldChecker struct {
	path   string
	source []byte
	err    error
}

// fail notes what is wrong at a YAML path such as $.coupons[2].amount.
func (c *worldChecker) fail(at, format string, args ...any) {
	if c.err != nil {
		return
	}
	wrong := exit.Input(c.path, 0, fmt.Sprintf(format, args...))
	if path, err := yaml.PathString(at); err == nil {
		if node, err := path.FilterFile(parseTree(c.source)); err == nil && node != nil && node.GetToken() != nil {
			position := node.GetToken().Position
			wrong.Line, wrong.What = position.Line, fmt.Sprintf("column %d: %s", position.Column, wrong.What)
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

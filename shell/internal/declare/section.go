// The section domains of a world file, read.

package declare

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"tokenshell/issuers"
	"tokenshell/issuers/declared"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/rules"
	"tokenshell/shell/internal/yamlfile"
	"tokenshell/tokens"
)

// Section is what stands under domains: a key of a world file.
type Section struct {
	domains []named[file]
	started bool // CEL, to read it
}

// UnmarshalYAML reads what is written; [Section.Read] says what it means.
func (s *Section) UnmarshalYAML(node ast.Node) error {
	pairs, err := pairsOf(node, "a section of domains by their names, such as stock: {capability: stock:reserve, holds: quota, …}")
	if err != nil {
		return err
	}
	for _, pair := range pairs {
		d := named[file]{name: nameOf(pair)}
		if err := yaml.NodeUnmarshaler(&d.is).UnmarshalYAML(pair.Value); err != nil {
			return err
		}
		s.domains = append(s.domains, d)
	}
	return nil
}

// Said reports whether it declares anything.
func (s *Section) Said() bool { return len(s.domains) > 0 }

// World is what a declaration has to know of its world.
type World struct {
	Currency  string // ISO 4217
	Customers []string
	Source    []byte // the whole file, for places in it

	// What other domains have already.
	Names        []string // their names, verbs and handles
	Capabilities []string
	Reasons      []tokens.ReasonRow // of the contract and of those domains
	Facts        []string           // that those domains read
}

// reader reads one world's declarations. The first error stays.
type reader struct {
	World
	engine       *rules.Engine
	capabilities map[string]string // whose each is
	says         map[tokens.Reason]string
	expressions  int // that were compiled
	err          error
}

// mostExpressions is how many a world may have: each takes a while to be checked.
const mostExpressions = 1000

// another counts an expression, and wants no more than there may be.
func (r *reader) another(f formula) bool {
	if r.expressions++; r.expressions > mostExpressions {
		r.fail(f.node, "a world has at most %d expressions", mostExpressions)
	}
	return r.err == nil
}

// Read checks the declarations and compiles their expressions. The error has a
// place in the file; see [yamlfile.Error].
func (s *Section) Read(w World) ([]*declared.Declaration, error) {
	r := &reader{World: w, engine: rules.New(w.Currency), capabilities: map[string]string{}, says: map[tokens.Reason]string{}}
	for _, capability := range w.Capabilities {
		r.capabilities[capability] = strings.SplitN(capability, ":", 2)[0]
	}
	taken := slices.Clone(w.Names)
	var all []*declared.Declaration
	for i := range s.domains {
		d := &s.domains[i]
		r.name(d.name, taken)
		taken = append(taken, d.name.string)
		one := (&domain{reader: r, file: &d.is, at: d.name, d: &declared.Declaration{Name: d.name.string}}).read()
		if r.err != nil {
			return nil, r.err
		}
		all = append(all, one)
	}
	s.started = r.engine.Started()
	return all, nil
}

// StartsCEL reports whether CEL was started to read it: no expression needs it that
// is a path or a literal.
func (s *Section) StartsCEL() bool { return s.started }

// fail notes what is wrong with a node, unless something was.
func (r *reader) fail(node ast.Node, format string, args ...any) {
	if r.err == nil {
		r.err = yamlfile.Wrong(node, format, args...)
	}
}

// wrong notes what is wrong within an expression.
func (r *reader) wrong(f formula, err error) {
	var w *rules.Wrong
	if r.err != nil {
		return
	}
	if !errors.As(err, &w) {
		r.err = err
		return
	}
	line, column := place(r.Source, f.node, f.string, w.Offset)
	text := w.What
	if w.Hint != "" {
		text += ": " + w.Hint
	}
	r.err = yamlfile.WrongAt(line, column, "%s", text)
}

// pattern is what a name looks like, and how long it may be.
type pattern struct {
	of   func() *regexp.Regexp
	most int // bytes
}

func looks(like string, most int) pattern {
	return pattern{sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(like) }), most}
}

func (p pattern) fits(text string) bool { return len(text) <= p.most && p.of().MatchString(text) }

var (
	domainName  = looks(`^[a-z]([a-z0-9_-]*[a-z0-9])?$`, 32)
	partName    = looks(`^[a-z][a-z0-9_]*$`, 32)
	idName      = looks(`^[A-Za-z0-9._-]+$`, 64)
	capability  = looks(`^[a-z0-9][a-z0-9._-]*:[a-z0-9][a-z0-9._-]*$`, 64)
	reasonCode  = looks(`^[a-z_]+$`, 64)
	moneyLike   = looks(`^[0-9]+(\.[0-9]*)?$`, 20)
	oneSentence = looks(`^[^\x00-\x1f\x7f]+$`, 200)
)

// name holds the name of a domain against those that stand for something else.
func (r *reader) name(t text, taken []string) {
	if !domainName.fits(t.string) {
		r.fail(t.node, "%q is no name of a domain: write a-z, 0-9, _ and -, at most 32, the first a letter, the last no _ or -", t.string)
		return
	}
	if why := Reserved(t.string, taken, r.Reasons); why != "" {
		r.fail(t.node, "%s: the name of a domain is a verb, too; %s is free", why, free(t.string, taken, r.Reasons))
	}
}

// free gives the nearest name that stands for nothing yet.
func free(name string, taken []string, reasons []tokens.ReasonRow) string {
	for _, try := range []string{"my-" + name, name + "-domain"} {
		if domainName.fits(try) && Reserved(try, taken, reasons) == "" {
			return try
		}
	}
	return "another"
}

// domain reads one.
type domain struct {
	*reader
	file  *file
	at    text // its name
	d     *declared.Declaration
	scope *rules.Scope
	reads []string
	texts map[string]string // of columns with amounts that are texts all the same: which cell is none
}

func (d *domain) read() *declared.Declaration {
	f := d.file
	d.scope = d.engine.Scope()
	d.scope.Worth = f.Worth.node != nil
	d.capability()
	d.holds()
	if d.err != nil {
		return nil
	}
	d.things()
	d.arguments()
	d.accounts()
	d.amount()
	if d.err != nil {
		return nil
	}
	d.d.Confirm = d.rules(f.Confirm, rules.Confirming)
	d.defaults()
	d.d.Constraints = d.members("constraint", f.Constraints, rules.Confirming, d.scope.Constraints)
	d.d.Sealed = d.members("sealed member", f.Sealed, rules.Confirming, nil)
	d.d.Redeem = d.rules(f.Redeem, rules.Redeeming)
	if f.Capture.node != nil && d.err == nil {
		if x := d.compile(f.Capture, rules.Redeeming, d.scope.Amount); x != nil {
			d.d.Capture = x
		}
	}
	d.worth()
	d.d.Receipt = d.members("receipt's member", f.Receipt, rules.Answering, nil)
	slices.Sort(d.reads)
	d.d.Reads = slices.Compact(d.reads)
	d.d.Facts, d.d.Later = d.facts(f.Examples.Facts), d.facts(f.Examples.Later)
	return d.d
}

// worth reads what a redemption comes to.
func (d *domain) worth() {
	if d.file.Worth.node == nil || d.err != nil {
		return
	}
	if x := d.compile(d.file.Worth, rules.Taking, declared.Money); x != nil {
		d.d.Worth = x
	}
}

// capability reads what the tokens are good for.
func (d *domain) capability() {
	c := d.file.Capability
	switch {
	case c.node == nil:
		d.fail(d.at.node, "%s has no capability: write one such as capability: %s:redeem", d.at.string, d.at.string)
	case !capability.fits(c.string):
		d.fail(c.node, "capability %q: write one such as %s:redeem", c.string, d.at.string)
	case d.capabilities[c.string] != "":
		d.fail(c.node, "capability %q is that of %s: each domain has its own, such as %s:redeem", c.string, d.capabilities[c.string], d.at.string)
	}
	d.capabilities[c.string] = d.at.string
	d.d.Capability = c.string
}

// holds reads the kind, and wants no key that it does not read.
func (d *domain) holds() {
	f, kinds := d.file, []string{}
	for _, kind := range declared.Kinds() {
		kinds = append(kinds, string(kind))
	}
	switch {
	case f.Holds.node == nil:
		d.fail(d.at.node, "%s does not say what it holds: write holds: and one of %s", d.at.string, strings.Join(kinds, ", "))
		return
	case !slices.Contains(kinds, f.Holds.string):
		d.fail(f.Holds.node, "nothing holds %q: %s", f.Holds.string, exit.Meant(f.Holds.string, kinds, "write one of "+strings.Join(kinds, ", ")))
		return
	}
	d.d.Holds = declared.Kind(f.Holds.string)
	for _, row := range []struct {
		key   string
		node  ast.Node
		kinds []declared.Kind
	}{
		{"accounts", nodeOf(f.Accounts), []declared.Kind{declared.Balance}},
		{"amount", f.Amount.node, []declared.Kind{declared.Quota, declared.Balance, declared.Authorisation}},
		{"capture", f.Capture.node, []declared.Kind{declared.Authorisation}},
	} {
		if row.node != nil && !slices.Contains(row.kinds, d.d.Holds) {
			d.fail(row.node, "what holds %s does not read %s: leave it out", d.d.Holds, row.key)
		}
	}
	if (d.d.Holds == declared.Quota || d.d.Holds == declared.Authorisation) && len(f.Things) == 0 {
		example := "{id: MUG, units: 10}"
		if d.d.Holds == declared.Authorisation {
			example = fmt.Sprintf("{id: visa, customer: %s, limit: %q}", d.customer(), issuers.Like("100.00", d.Currency))
		}
		d.fail(f.Holds.node, "what holds %s has things to choose from: write things: and a list such as [%s]", d.d.Holds, example)
	}
}

// nodeOf gives the place of a section that is said.
func nodeOf(a accounts) ast.Node {
	if len(a) == 0 {
		return nil
	}
	return a[0].name.node
}

// accounts reads what a balance's customers have.
func (d *domain) accounts() {
	if d.d.Holds != declared.Balance {
		return
	}
	d.d.Accounts = map[string]int64{}
	if len(d.file.Accounts) == 0 {
		d.fail(d.file.Holds.node, "a balance has accounts: write accounts: {%s: 100}, or amounts of money in quotes", d.customer())
		return
	}
	_, d.d.Money = d.file.Accounts[0].is.value.(string)
	for _, a := range d.file.Accounts {
		d.known(a.name)
		d.d.Accounts[a.name.string] = d.counted("the account of "+a.name.string, a.is)
	}
}

// customer is one of the world's, for an example.
func (d *domain) customer() string {
	if len(d.Customers) == 0 {
		return "user_123"
	}
	return d.Customers[0]
}

// known wants a customer of the world.
func (d *domain) known(t text) {
	if !slices.Contains(d.Customers, t.string) {
		d.fail(t.node, "the world has no customer %q: %s", t.string, exit.Meant(t.string, d.Customers, "there is "+strings.Join(d.Customers, ", ")))
	}
}

// counted reads an amount: money when the domain's amounts are, else a whole number.
func (d *domain) counted(what string, c cell) int64 {
	switch value := c.value.(type) {
	case string:
		if !d.d.Money {
			d.fail(c.node, "%s is money here, and a whole number elsewhere: write all of them one way", what)
			return 0
		}
		amount, err := issuers.ParseMoney(value, d.Currency)
		if err != nil {
			d.fail(c.node, "%s: %v", what, err)
			return 0
		}
		return d.count(c.node, what, amount)
	case int64:
		if d.d.Money {
			d.fail(c.node, "%s is a whole number here, and money elsewhere: write %q", what, issuers.Like(fmt.Sprintf("%d.00", max(value, 0)), d.Currency))
		}
		if value < 0 {
			d.fail(c.node, "%s is not negative: %d is, write 0 or more", what, value)
		}
		return value
	}
	d.fail(c.node, "%s is a whole number, or money in quotes", what)
	return 0
}

// count counts an amount.
func (d *domain) count(node ast.Node, what string, amount any) int64 {
	n, err := declared.Count(amount)
	if err != nil {
		d.fail(node, "%s: %v", what, err)
	}
	return n
}

// amount reads how much is held.
func (d *domain) amount() {
	if d.d.Holds == declared.None || d.err != nil {
		return
	}
	of := declared.Integer
	if d.d.Money {
		of = declared.Money
	}
	d.scope.Amount = of
	f := d.file.Amount
	at := slices.IndexFunc(d.file.Arguments, func(a arg) bool { return a.Name.string == "amount" })
	switch {
	case at >= 0 && f.node == nil:
		f = formula{"amount", d.file.Arguments[at].Name.node}
	case at >= 0 && strings.TrimSpace(f.string) != "amount":
		d.fail(f.node, "the argument amount is what is held: leave the key amount out, or give the argument another name")
		return
	case f.node == nil && d.d.Holds == declared.Quota:
		return
	case f.node == nil:
		d.fail(d.file.Holds.node, "what holds %s holds an amount: add an argument {name: amount, type: %s}, or an expression as amount", d.d.Holds, of)
		return
	}
	if at >= 0 && d.file.Arguments[at].Type.string != string(of) {
		d.fail(d.file.Arguments[at].Type.node, "amount is what is held, which is %s here: write type: %s, or give the argument another name", rules.Article(of), of)
		return
	}
	if x := d.compile(f, rules.Reserving, of); x != nil {
		d.d.Amount = x
	}
}

// defaults gives constraints to a domain that says none.
func (d *domain) defaults() {
	if len(d.file.Constraints) > 0 {
		return
	}
	add := func(name, expression string) {
		d.file.Constraints = append(d.file.Constraints, named[formula]{text{name, d.at.node}, formula{expression, d.at.node}})
	}
	if len(d.file.Things) > 0 {
		add("thing_ref", "digest(thing.id)")
	}
	if d.d.Holds != declared.None {
		add("amount_sha256", "digest(amount)")
	}
}

// compile compiles an expression of one of some types.
func (d *domain) compile(f formula, at rules.Moment, types ...declared.Type) *rules.Expression {
	if !d.another(f) {
		return nil
	}
	x, err := d.scope.Compile(f.string, at, types...)
	if err != nil {
		d.noAmount(f, err)
		d.wrong(f, err)
		return nil
	}
	d.noted(x, at)
	return x
}

// noted notes what an expression reads, at a moment.
func (d *domain) noted(x *rules.Expression, at rules.Moment) {
	d.reads = append(d.reads, x.Reads...)
	d.d.Clock = d.d.Clock || at != rules.Answering && slices.Contains(x.Roots, "now") // what was answered changes nothing
	d.d.Others = d.d.Others || slices.Contains(x.Roots, "others")
}

// members reads named values; their types are noted in types.
func (d *domain) members(what string, written members, at rules.Moment, types map[string]declared.Type) []declared.Member {
	var all []declared.Member
	for _, m := range written {
		if !partName.fits(m.name.string) || rules.IsReserved(m.name.string) {
			d.fail(m.name.node, "%q is no name of a %s: write a-z, 0-9 and _, and no word of CEL, at most 32, the first a letter", m.name.string, what)
			return nil
		}
		x := d.compile(m.is, at, rules.Values()...)
		if x == nil {
			return nil
		}
		if types != nil {
			types[m.name.string] = x.Type
		}
		all = append(all, declared.Member{Name: m.name.string, Value: x})
	}
	return all
}

// rules reads rules, with their reasons.
func (d *domain) rules(written []rule, at rules.Moment) []declared.Rule {
	var all []declared.Rule
	for i := range written {
		w := &written[i]
		if d.err != nil {
			return nil
		}
		if w.Rule.node == nil {
			d.fail(d.first(w.Reason.node, w.Says.node), "a rule of %s has no expression: write rule: and what has to hold", d.at.string)
			return nil
		}
		if !d.another(w.Rule) {
			return nil
		}
		x, err := d.scope.Rule(w.Rule.string, at)
		if err != nil {
			d.wrong(w.Rule, err)
			return nil
		}
		d.noted(x, at)
		d.reason(w)
		all = append(all, declared.Rule{Holds: x, Reason: tokens.Reason(w.Reason.string), Says: w.Says.string})
	}
	return all
}

// first gives the first place that there is, or the domain's.
func (d *domain) first(nodes ...ast.Node) ast.Node {
	for _, node := range nodes {
		if node != nil {
			return node
		}
	}
	return d.at.node
}

// reason reads the reason of a rule and its sentence.
func (d *domain) reason(w *rule) {
	switch {
	case w.Reason.node == nil:
		d.fail(w.Rule.node, "the rule has no reason: write one of a-z and _, such as reason: too_many")
		return
	case !reasonCode.fits(w.Reason.string):
		d.fail(w.Reason.node, "reason %q: write a-z and _, at most %d", w.Reason.string, reasonCode.most)
		return
	case w.Says.node == nil:
		d.fail(w.Reason.node, "the rule says nothing: write says: and a sentence")
		return
	case !oneSentence.fits(w.Says.string):
		d.fail(w.Says.node, "what a rule says is one line of at most 200 bytes, without control characters")
		return
	}
	own := reasonOf(d.at.string) + "_" + w.Reason.string
	for _, row := range d.Reasons {
		if string(row.Reason) == w.Reason.string {
			d.fail(w.Reason.node, "reason %q is that of %s (%s): write one of its own, such as %s", w.Reason.string, row.By, row.Meaning, own)
			return
		}
	}
	reason := tokens.Reason(w.Reason.string)
	if said, ok := d.says[reason]; ok && said != w.Says.string {
		d.fail(w.Says.node, "reason %q says %q already: a reason has one sentence", reason, said)
		return
	}
	d.says[reason] = w.Says.string
}

// reasonOf is what is left of a domain's name in a reason, which has no digits.
func reasonOf(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		if r == '-' {
			return '_'
		}
		return r
	}, name)
}

// facts reads facts of an example.
func (d *domain) facts(written pairs) tokens.Facts {
	if len(written) == 0 {
		return nil
	}
	all := tokens.Facts{}
	for _, p := range written {
		if !slices.Contains(d.reads, p.name.string) {
			d.fail(p.name.node, "no expression of %s reads a fact %q: %s", d.at.string, p.name.string, exit.Meant(p.name.string, d.reads, "leave it out"))
		}
		all[p.name.string] = p.is.string
	}
	return all
}

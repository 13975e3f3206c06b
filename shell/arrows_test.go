// The arrows: which room may import which of ours, and what holds of every room.

package shell_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	modulePath = "tokenshell" // what it begins is ours
	inside     = "shell/internal/"
	mostLines  = 2500 // of a room, tests not counted: a larger one wants a wall
)

// room is a package of ours.
type room struct {
	path    string
	imports string // exactly what it imports of ours; ./ is below shell/internal
	is      string // its package doc begins with its name and this
}

// house is every package of ours. A row's arrows lead up: to rows above it.
var house = []room{
	{"tokens/weakkeys", "",
		"knows public keys with which anybody could sign, because the private half can be found."},
	{"tokens/strictjson", "",
		"reads a JSON object in one pass that refuses what encoding/json lets through, and copies nothing: what a token says before anybody has verified it costs little to read, whatever it is."},
	{"tokens", "tokens/strictjson tokens/weakkeys",
		"is the contract of the Confirmed Token Relay: what a confirmation token is, how one is verified, and what the parties hand to each other."},
	{"tokens/tokenstest", "tokens",
		"reads, for tests, what parties write down of themselves."},
	{"tokens/keysets", "tokens",
		"reads the keys of an outside issuer as they are published: a JWK set, a JWK, PEM, certificates."},
	{"kmsmock", "",
		"is a mock of AWS KMS, for no production: it keeps its keys in memory, makes them from a seed that anybody may know, and checks no permissions."},
	{"issuers/currency", "",
		"is exact amounts of money: a decimal, and the ISO 4217 code of the currency that it is of."},
	{"issuers", "issuers/currency tokens",
		"is what every domain service shares: how it confirms, signs, seals, keeps its books, redeems once, revokes, and rotates its keys."},
	{"issuers/holds", "issuers tokens",
		"is the state machine of what confirmations set aside, whatever it is of: held until it is taken or given back, taken until that is undone, and never more than there is."},
	{"issuers/coupons", "issuers issuers/currency issuers/holds tokens",
		"is the domain service of discounts: it knows its coupons, who may use them how often, and with which orders."},
	{"issuers/points", "issuers issuers/currency issuers/holds tokens",
		"is the domain service of loyalty points: balances, holds on them, and burning."},
	{"issuers/payments", "issuers issuers/currency issuers/holds tokens",
		"is the domain service of cards: authorisation holds, capture of at most what was authorised, void."},
	{"issuers/declared", "issuers issuers/currency issuers/holds tokens",
		"is the domain service that somebody describes instead of writing it: what there is to choose from, what a confirmation holds, and the rules."},
	{"issuers/issuerstest", "issuers issuers/currency kmsmock tokens",
		"is the stage of the domains' tests: a service on a frozen clock, with the mock's keys and a log that can be read."},
	{"orchestrator/packing", "",
		"writes values down in few bytes: a value is in parts, and each has a shape that many have, which is written as a number, and what is its own."},
	{"orchestrator", "orchestrator/packing tokens",
		"is the relay, OrderProcessing: it opens sessions, judges envelopes, keeps which jti a session has used, forwards, and takes back what it forwarded when a later service refuses."},
	{"orchestrator/storetest", "orchestrator tokens",
		"holds every [orchestrator.Store] and [orchestrator.Ledger] to what a relay relies on, also when the process is killed."},
	{"orchestrator/filestore", "orchestrator",
		"keeps a relay's sessions and used tokens in one file that survives a crash: whatever was answered is on the disk."},
	{"shell/attacks/bends", "",
		"is what is done to the segments, the signature and the text of a hostile token."},
	{"shell/attacks/parts", "shell/attacks/bends",
		"takes good tokens apart, edits what is in them, and has the keys that hostile ones are signed with."},
	{"shell/attacks", "shell/attacks/bends shell/attacks/parts tokens",
		"is the catalogue of hostile tokens and flows: what is tried on a relay and its domains, and the reason with which each has to be refused."},
	{"shell/internal/redact", "tokens",
		"recognises what must not be shown: tokens, private keys, and what steers a terminal."},
	{"shell/internal/canon", "tokens",
		"writes down the state of a world as bytes that say what bears on its future, and nothing else."},
	{"shell/internal/ring", "",
		"keeps the newest of many values, in a bounded amount of memory."},
	{"shell/internal/exit", "./redact tokens",
		"knows the kinds of errors that a verb may answer, and the exit code of each: an error carries its own."},
	{"shell/internal/files", "./exit",
		"reads and writes the files that verbs name: within a limit, whole or not at all, and without waiting for a pipe that nobody else has open."},
	{"shell/internal/syntax", "./exit",
		"is how a line is read: bare words and single quotes, which this scanner, shlex and testscript read alike."},
	{"shell/lineedit", "./files ./redact",
		"gives the shell its lines, one at a time, from a script or from a person."},
	{"shell/internal/yamlfile", "./exit ./redact",
		"reads the YAML of the shell's files, strictly and with the place of what is wrong."},
	{"shell/internal/schema", "",
		"says of a file in YAML what may stand in it, as JSON Schema: made from the struct that reads it, so that editors know what the reader knows."},
	{"shell/internal/rules", "issuers issuers/currency issuers/declared ./exit",
		"is how a declared domain decides and computes: expressions in CEL, typed and checked when a file is read, each of which ends and costs little."},
	{"shell/internal/declare", "issuers issuers/currency issuers/declared ./exit ./rules ./schema ./syntax ./yamlfile tokens",
		"reads the domains that a world file declares: strictly, with the place of what is wrong inside an expression too, and all of them or none."},
	{"shell/internal/profiles", "./exit ./files ./syntax ./yamlfile tokens",
		"is what an outside issuer's tokens do differently, as people write it: YAML files, and some that are ready."},
	{"shell/internal/page", "./redact shell/lineedit tokens",
		"is what a verb writes its text on: it knows the window and whether there are colours; in a pipe there is neither."},
	{"shell/internal/answer", "./exit ./page ./redact ./syntax",
		"is how a verb says what it has to say: as text on a page or as JSON, filtered, and without a token."},
	{"shell/internal/wire", "./ring tokens",
		"carries what parties say to each other: here it goes wrong as ordered, and is taken down."},
	{"shell/internal/life", "orchestrator ./wire",
		"is one run of a relay: once it is over, nothing that it still does reaches anybody."},
	{"shell/internal/witness", "orchestrator tokens",
		"sees what passes between a relay and its services, and says when it breaks a promise."},
	{"shell/internal/logbook", "./page ./ring tokens",
		"keeps the log of a world in memory: what each party did, step by step, by the world's time."},
	{"shell/internal/spec", "",
		"foretells what a world does, from the words of the contract and not from the code: a second opinion."},
	{"shell/internal/world", "issuers issuers/currency issuers/declared kmsmock orchestrator ./exit ./files ./life ./logbook ./page ./redact ./spec ./syntax ./wire ./witness ./yamlfile tokens",
		"composes a world: clock, seed, KMS, services, relay and log, of which nothing is shared with another."},
	{"shell/internal/adapter", "orchestrator ./redact tokens",
		"is the protocol by which somebody else's relay is driven, both sides of it: JSON Lines over a process's standard input and output, version 1."},
	{"shell/internal/report", "",
		"writes down for other programs and for people what came of many tries: as JUnit XML, as SARIF, as a page."},
	{"shell/internal/places", "./exit ./yamlfile",
		"knows the places in somebody else's messages: where an answer says what, as jq, and where a request wants a value, as a name in braces."},
	{"shell/internal/authority", "tokens",
		"is a certificate authority that lives for one run, for https on this machine."},
	{"shell/internal/foreign", "./adapter ./authority ./exit ./files ./places ./profiles ./redact ./yamlfile shell/attacks tokens",
		"is how somebody else's relay is reached: what a target file says of it, and the three ways in which it is asked."},
	{"shell/internal/conform", "orchestrator ./adapter ./exit ./foreign ./redact ./report ./world ./yamlfile shell/attacks tokens",
		"drives somebody else's relay through the catalogue of attacks, and judges what it does."},
	{"shell/internal/client", "issuers orchestrator ./canon ./exit ./redact ./syntax ./wire ./world tokens",

		"is the customer's side: what it holds, and what it may do."},
	{"shell/internal/interp", "./answer ./client ./exit ./files ./page ./redact ./ring ./syntax ./world shell/lineedit tokens",
		"is the interpreter: a line becomes a verb of a grammar that it is given, and runs."},
	{"shell/internal/domains", "issuers issuers/coupons issuers/currency issuers/declared issuers/holds issuers/payments issuers/points ./answer ./client ./declare ./exit ./interp ./page ./redact ./rules ./spec ./syntax ./world ./yamlfile shell/lineedit tokens",
		"has a file for each domain: everything that a world and a shell know about it."},
	{"shell/internal/fates", "./answer ./client ./exit ./interp ./page ./redact ./syntax ./wire ./world tokens",
		"has the verbs by which messages go wrong, and what decides of them one by one."},
	{"shell/internal/outsiders", "./answer ./exit ./files ./interp ./page ./profiles ./redact ./world tokens tokens/keysets",
		"is the verb trust: issuers that tokenshell did not make."},
	{"shell/internal/verbs", "issuers orchestrator shell/attacks/bends ./answer ./client ./exit ./fates ./files ./interp ./logbook ./page ./profiles ./redact ./schema ./syntax ./wire ./world shell/lineedit tokens tokens/keysets",
		"has a struct for each verb that is about no one domain: its arguments and its help are field tags, its Run method asks for what it may touch."},
	{"shell/internal/trace", "issuers ./answer ./client ./files ./page ./redact ./wire tokens",
		"makes a conversation ready to be shown, each message as its receiver saw it: as text, as a mermaid diagram, as a page."},
	{"shell/internal/tour", "./answer ./exit ./interp ./page ./syntax ./world shell/lineedit tokens",
		"is a checkout in a world of its own, and what each party learns at each of its stops."},
	{"shell/internal/anyworld", "./spec",
		"draws worlds that declare their domains, for tests: as a world file, and as the reference model has it."},
	{"shell/internal/bound", "issuers ./exit ./interp ./page ./wire ./world tokens",
		"says how much may happen while a world is explored, and whose orders are explored."},
	{"shell/internal/pieces", "",
		"deals out a row of things to workers, each of whom had better work on what it came to itself."},
	{"shell/internal/linear", "",
		"asks of what was done to a token at the same time whether it could have been done one after the other: for each (iss, jti) by itself."},
	{"shell/internal/stage", "issuers/declared issuers orchestrator ./bound ./canon ./client ./exit ./linear ./spec ./syntax ./wire ./world tokens",
		"is a world with its reference model, in which moves are tried, with every fate of each message, and one is held against the other."},
	{"shell/internal/reached", "issuers orchestrator ./spec ./stage tokens",
		"has what was met while a world was explored, how often, and what has to be."},
	{"shell/internal/target", "orchestrator shell/attacks ./answer ./client ./conform ./exit ./files ./foreign ./interp ./page ./redact ./syntax ./wire ./world tokens",
		"is a world as a target of the catalogue of attacks."},
	{"shell/internal/bench", "orchestrator ./answer ./client ./conform ./exit ./files ./foreign ./page ./redact ./wire ./world tokens",
		"measures orders in a world of its own: how many a second, how long each takes, and at whom the time goes."},
	{"shell/internal/forge", "issuers shell/attacks shell/attacks/bends ./answer ./client ./exit ./files ./interp ./page ./redact ./syntax ./target ./wire ./world tokens",
		"is how a person makes a hostile token, as the catalogue of attacks does: by flags, and a row of the catalogue as a scenario to be played."},
	{"shell/internal/story", "./exit ./files ./redact ./syntax ./yamlfile",
		"reads a scenario as it stands in its files: its lines, with those that it includes in their places, its sections, and the rows of its cases."},
	{"shell/internal/cover", "./exit ./interp ./page ./wire",
		"takes down what scenarios exercise of what there is: reasons, capabilities, faults, verbs and steps."},
	{"shell/internal/lint", "./answer ./exit ./interp ./page ./redact ./story ./syntax",
		"reads scenarios and says what in them tests nothing, or reads as if it did: it runs nothing."},
	{"shell/internal/scenario", "./cover ./exit ./files ./interp ./lint ./redact ./story ./syntax ./trace ./world tokens",
		"runs .txtar files through testscript, each in a world of its own: the same for tokenshell run and for go test."},
	{"shell/internal/evidence", "./bound ./interp ./redact ./scenario ./spec ./stage ./wire ./world tokens",
		"writes down what was found, as a scenario that passes in a sound world and fails where it was found, and plays it there to see that it does."},
	{"shell/internal/explore", "issuers orchestrator ./answer ./bound ./evidence ./exit ./files ./interp ./page ./pieces ./reached ./redact ./report ./spec ./stage ./syntax ./trace ./wire ./world tokens",
		"looks at everything that may happen in a world, within a bound, for what must not."},
	{"shell/internal/runs", "./answer ./cover ./exit ./files ./interp ./page ./redact ./report ./scenario ./syntax ./trace ./world shell/lineedit tokens",
		"is tokenshell run: which scenarios are run and how, what people and other programs are told of it, and where a first one comes from."},
	{"shell/internal/record", "./answer ./client ./exit ./interp ./page ./redact ./scenario ./syntax ./world tokens",
		"writes a session down as a scenario that passes."},
	{"shell/internal/worlds", "issuers/declared ./answer ./declare ./exit ./files ./page ./redact ./rules ./world ./yamlfile",
		"has the verbs about a world file: the world as it is read, what is wrong or odd in a file, and a small one to begin with."},
	{"shell/internal/grammar", "./bench ./bound ./domains ./explore ./fates ./forge ./interp ./lint ./outsiders ./record ./runs ./target ./tour ./trace ./verbs ./world ./worlds",
		"is the language: every verb, once, in the order of help."},
	{"shell/internal/prompt", "issuers orchestrator shell/attacks shell/attacks/bends ./answer ./bound ./client ./exit ./fates ./files ./interp ./page ./profiles ./redact ./syntax ./verbs ./wire ./world shell/lineedit tokens",
		"is the shell of a person: lines from a terminal, what Tab offers, and what to try next after a refusal."},
	{"shell", "orchestrator orchestrator/filestore ./adapter ./answer ./conform ./domains ./exit ./files ./foreign ./grammar ./interp ./lint ./page ./prompt ./redact ./runs ./scenario ./verbs ./world",

		"is tokenshell as a command and as a library: its process, and what other programs may call."},
	{"shell/scenariotest", "shell",
		"runs scenarios among a module's Go tests, as tokenshell run does: each is a subtest, in a world of its own with time frozen."},
	{"cmd/tokenshell", "shell",
		"is a scriptable shell for the Confirmed Token Relay pattern; see the README, or tokenshell help."},
	{"internal/mutate", "",
		"breaks packages in small ways, one at a time, and asks their tests whether they notice: what they don't notice, they don't test."},
	{"shell/internal/shelltest", "orchestrator ./answer ./client ./domains ./exit ./grammar ./interp ./page ./scenario ./wire ./world tokens",
		"drives a whole shell in tests, by lines."},
	{"shell/internal/fourth/giftcards", "issuers issuers/currency tokens",
		"is a domain service that tokenshell does not come with: balances of gift cards, holds on them, and captures."},
	{"shell/internal/fourth", "issuers ./answer ./client ./domains ./fourth/giftcards ./interp ./page ./world ./yamlfile shell/lineedit tokens",
		"is a fourth domain, gift cards, as somebody adds one: a service of its own (package giftcards), this file, and a row where domains are listed."},
}

// forTests are the rooms that only tests use.
var forTests = []string{"tokens/tokenstest", "issuers/issuerstest", "orchestrator/storetest", "shell/internal/shelltest", "shell/internal/fourth/giftcards", "shell/internal/fourth"}

// name is what a room's doc begins with.
func (r room) name(in *ast.File) string {
	if in.Name.Name == "main" {
		return "Command " + path.Base(r.path)
	}
	return "Package " + in.Name.Name
}

// arrows gives the paths that a room may import.
func (r room) arrows() []string {
	all := strings.Fields(r.imports)
	for i, to := range all {
		if below, ok := strings.CutPrefix(to, "./"); ok {
			all[i] = inside + below
		}
	}
	return all
}

// onceRows are what belongs in exactly one file that is not for tests.
var onceRows = []struct {
	what string
	in   func(f *ast.File) bool
}{
	{"the machine's clock", func(f *ast.File) bool { return selects(f, "time", "Now", "Since", "Until") }},
	{"crypto/rand", func(f *ast.File) bool { return imports(f, "crypto/rand") }},
}

func TestArrows(t *testing.T) {
	files := sources(t)
	for _, folder := range foldersOf(files) {
		if !slices.ContainsFunc(house, func(r room) bool { return r.path == folder }) {
			t.Errorf("%s is no room of the house: give it a row that says what it is and what it imports", folder)
		}
	}
	for i, r := range house {
		may, does := r.arrows(), []string{}
		found := false
		for name, file := range files {
			if path.Dir(name) != r.path {
				continue
			}
			found = true
			for _, spec := range file.Imports {
				to, ours := ourImport(spec)
				if !ours || slices.Contains(does, to) {
					continue
				}
				does = append(does, to)
				if !slices.Contains(may, to) {
					t.Errorf("%s imports %s; of ours, %s may import %q", name, to, r.path, may)
				}
			}
		}
		if !found {
			t.Errorf("the row of %s is about no package", r.path)
		}
		for _, to := range may {
			at := slices.IndexFunc(house, func(r room) bool { return r.path == to })
			switch {
			case !slices.Contains(does, to):
				t.Errorf("%s may import %s and does not: take the arrow away", r.path, to)
			case at < 0 || at >= i:
				t.Errorf("the arrow from %s to %s does not lead up", r.path, to)
			case slices.Contains(forTests, to) && !slices.Contains(forTests, r.path):
				t.Errorf("%s is for tests, and %s imports it", to, r.path)
			}
			if strings.HasPrefix(to, inside) && !strings.HasPrefix(r.path, "shell/") && r.path != "shell" {
				t.Errorf("%s is outside shell, and imports %s", r.path, to)
			}
		}
	}
}

func TestRoomsSayWhatTheyAre(t *testing.T) {
	files := sources(t)
	for _, r := range house {
		if !strings.HasSuffix(r.is, ".") {
			t.Errorf("%s: what it is is not a sentence: %q", r.path, r.is)
		}
		var docs []string
		want := ""
		for name, file := range files {
			if path.Dir(name) != r.path {
				continue
			}
			want = r.name(file.File) + " " + r.is
			if file.Doc != nil {
				docs = append(docs, strings.Join(strings.Fields(file.Doc.Text()), " "))
			}
		}
		if len(docs) != 1 {
			t.Errorf("%s has %d package docs, and needs one: %q", r.path, len(docs), docs)
			continue
		}
		if !strings.HasPrefix(docs[0]+" ", want+" ") {
			t.Errorf("the doc of %s (-row +doc):\n%s", r.path, cmp.Diff(want, docs[0]))
		}
	}
}

func TestRoomsAreSmall(t *testing.T) {
	lines := map[string]int{}
	for name, file := range sources(t) {
		lines[path.Dir(name)] += file.lines
	}
	for folder, n := range lines {
		if n > mostLines {
			t.Errorf("%s has %d lines without its tests, more than %d", folder, n, mostLines)
		}
	}
}

// A name such as util says nothing of what lives there, and all sorts move in.
func TestRoomsHaveNames(t *testing.T) {
	for name, file := range sources(t) {
		for _, called := range []string{file.Name.Name, path.Base(path.Dir(name))} {
			if slices.Contains([]string{"util", "utils", "common", "helper", "helpers"}, called) {
				t.Errorf("%s: %q says nothing of a package", name, called)
			}
		}
	}
}

// What runs before main has no caller who could hear of an error, and no order
// that anybody reads. Every start pays for it, also of a command that has no need
// of it: an expression of a package takes 50 µs and 10 kB.
func TestNothingRunsBeforeMain(t *testing.T) {
	for name, file := range sources(t) {
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					t.Errorf("%s has a func init", name)
				}
			case *ast.GenDecl:
				ast.Inspect(d, func(n ast.Node) bool {
					if _, later := n.(*ast.FuncLit); later {
						return false
					}
					if c, ok := n.(*ast.CallExpr); ok && isCompile(c) && !slices.Contains(forTests, path.Dir(name)) {
						t.Errorf("%s compiles an expression at every start: compile it when it is asked, by sync.OnceValue", name)
					}
					return true
				})
			}
		}
	}
}

// An expression that is compiled when it is asked panics where it is asked.
func TestExpressionsCompile(t *testing.T) {
	found := 0
	for name, file := range sources(t) {
		ast.Inspect(file.File, func(n ast.Node) bool {
			c, ok := n.(*ast.CallExpr)
			if !ok || !isCompile(c) && !isCall(c, "looks") {
				return true
			}
			if literal, ok := c.Args[0].(*ast.BasicLit); ok {
				found++
				text, _ := strconv.Unquote(literal.Value) // the parser has read it
				if _, err := regexp.Compile(text); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
			return true
		})
	}
	if found < 60 {
		t.Errorf("%d expressions were found", found)
	}
}

// isCompile reports whether a call is regexp.MustCompile.
func isCompile(c *ast.CallExpr) bool {
	s, ok := c.Fun.(*ast.SelectorExpr)
	return ok && s.Sel.Name == "MustCompile"
}

func isCall(c *ast.CallExpr, name string) bool {
	id, ok := c.Fun.(*ast.Ident)
	return ok && id.Name == name
}

func TestOneSourceOfTimeAndOneOfRandomness(t *testing.T) {
	all := sources(t)
	for _, row := range onceRows {
		var names []string
		for name, file := range all {
			if !slices.Contains(forTests, path.Dir(name)) && row.in(file.File) {
				names = append(names, name)
			}
		}
		if len(names) != 1 {
			slices.Sort(names)
			t.Errorf("%s is read in %d files, and belongs in one: %q", row.what, len(names), names)
		}
	}
}

// source is a file of ours that is not a test.
type source struct {
	*ast.File
	lines int
}

// sources gives the module's files that are not tests, by their path below it.
func sources(t *testing.T) map[string]source {
	t.Helper()
	files, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// parsed parses them, once for all tests.
var parsed = sync.OnceValues(func() (map[string]source, error) {
	const root = ".."
	files := map[string]source{}
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && file != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || isModule(file)):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go"):
			return nil
		}
		name, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution|parser.ParseComments)
		if err == nil {
			files[filepath.ToSlash(name)] = source{parsed, set.File(parsed.Pos()).LineCount()}
		}
		return err
	})
	return files, err
})

// isModule reports whether a folder is a module of its own: no room of this house.
func isModule(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil
}

// foldersOf gives the folders of files, sorted.
func foldersOf(files map[string]source) []string {
	var folders []string
	for name := range files {
		folders = append(folders, path.Dir(name))
	}
	slices.Sort(folders)
	return slices.Compact(folders)
}

// ourImport gives an import's path below the module, if it is one of ours.
func ourImport(spec *ast.ImportSpec) (below string, ours bool) {
	imported, _ := strconv.Unquote(spec.Path.Value) // the parser has read it
	if imported == modulePath {
		return ".", true
	}
	return strings.CutPrefix(imported, modulePath+"/")
}

func imports(f *ast.File, imported string) bool {
	return slices.ContainsFunc(f.Imports, func(spec *ast.ImportSpec) bool { return spec.Path.Value == strconv.Quote(imported) })
}

// selects reports whether the file has one of the names of pkg, called or not.
func selects(f *ast.File, pkg string, names ...string) bool {
	found := false
	ast.Inspect(f, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && slices.Contains(names, s.Sel.Name) {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == pkg {
				found = true
			}
		}
		return !found
	})
	return found && imports(f, pkg)
}

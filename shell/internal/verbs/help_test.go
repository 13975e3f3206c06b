// Help: every verb, party and reason is explained, and what it says can be done.

package verbs_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/interp"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/verbs"
	"tokenshell/shell/internal/world"
)

func TestEveryVerbHasHelpAndAnExample(t *testing.T) {
	s := shelltest.New(t, 1)
	all := shelltest.Do(t, s, "help")
	for path, node := range shelltest.Verbs(t) {
		if !strings.HasSuffix(node.Help, ".") || interp.Example(node) == "" {
			t.Errorf("%s: help %q, example %q", path, node.Help, interp.Example(node))
		}
		if !strings.Contains(all, "  "+path+" ") || !strings.Contains(all, node.Help) {
			t.Errorf("help does not list %s", path)
		}
		got := shelltest.Do(t, s, "help "+path)
		lines := strings.Split(interp.Example(node), "; ")
		for _, part := range append(lines, node.Help, "\n  "+interp.Synopsis(node)) {
			if !strings.Contains(got, part) {
				t.Errorf("help %s lacks %q:\n%s", path, part, got)
			}
		}
		if flag := shelltest.Do(t, s, path+" --help"); flag != got {
			t.Errorf("%s --help says\n%s\nand help %s\n%s", path, flag, path, got)
		}
		for _, arg := range node.Positional {
			if arg.Help == "" {
				t.Errorf("%s: %s is not explained", path, arg.Name)
			}
			if place := interp.ArgumentPlace(arg); !strings.Contains(got, "\n  "+place+" ") {
				t.Errorf("help %s does not explain %s, as it calls it", path, place)
			}
		}
		for _, flag := range node.Flags {
			if flag.Help == "" {
				t.Errorf("%s: --%s is not explained", path, flag.Name)
			}
		}
	}
}

// exampleWorld is a shell in which an example finds what it names.
func exampleWorld(t *testing.T, path string) *interp.Shell {
	t.Helper()
	s := shelltest.New(t, 1)
	s.Dir.Path = t.TempDir()
	club, err := os.ReadFile(shelltest.Testdata(t, "trust", "club.json"))
	if err != nil {
		t.Fatal(err)
	}
	shelltest.WriteFile(t, filepath.Join(s.Dir.Path, "club.json"), string(club))
	shelltest.WriteFile(t, filepath.Join(s.Dir.Path, "checkout.tsh"), "# a file of lines\npoints balance\n")
	shelltest.WriteFile(t, filepath.Join(s.Dir.Path, "orders.yaml"), "target: 1\nname: orders\nenforces: [size]\neach: {command: ['true'], accepted: [0], rejected: [1]}\n")
	shelltest.WriteFile(t, filepath.Join(s.Dir.Path, "shop.yaml"), "customers: [{id: ada, points: 10}]\n")
	shop := []string{"session new op_1 --fact subtotal=120.00", "coupon confirm SPRING25", "points confirm 500", "payment confirm 80.00 --method visa"}
	before := map[string][]string{
		"session new":     {"points balance"},
		"coupon confirm":  {"session new op_1"}, // SPRING25 goes with no other
		"confirm coupons": {"session new op_1"},
		"redeem":          append(slices.Clone(shop), "relay coupon-1"),
		"trust remove":    {"trust add https://club.example --jwks club.json --capability club:redeem"},
		"fault clear":     {"fault points.redeem refuse"},
		"deliver":         append(slices.Clone(shop), "fault coupons.redeem late", "checkout"),
	}[path]
	if before == nil {
		before = shop
	}
	shelltest.Do(t, s, before...)
	if path == "world check" {
		if err := os.Mkdir(s.Dir.Full("shop"), 0o755); err != nil {
			t.Fatal(err)
		}
		shelltest.WriteFile(t, s.Dir.Full("shop/world.yaml"), "customers: [{id: ann}]\n")
	}
	if path == "token import" {
		shelltest.WriteFile(t, filepath.Join(s.Dir.Path, "evil.jwt"), shelltest.Bent(strings.TrimSpace(shelltest.Do(t, s, "token raw coupon-1"))))
	}
	return s
}

// An example is something that can be typed, and then it is done.
func TestEveryExampleIsDone(t *testing.T) {
	for path, node := range shelltest.Verbs(t) {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			text := interp.Example(node)
			if strings.HasPrefix(text, "help ") && path != "help" {
				t.Errorf("%q is not an example of %s", text, path)
			}
			if !strings.Contains("; "+text, "; "+path) && !strings.HasPrefix(text, "help ") {
				t.Errorf("%q is about another verb", text)
			}
			var stdout, stderr bytes.Buffer
			s := exampleWorld(t, path)
			if err := s.Line(t.Context(), text, true, &stdout, &stderr); err != nil {
				t.Errorf("%s: %v\n%s", text, err, &stderr)
			}
			if stdout.Len()+stderr.Len() == 0 && path != "quit" {
				t.Errorf("%s says nothing", text)
			}
		})
	}
}

// help gives a party's verbs, and they exist.
func TestHelpOfAParty(t *testing.T) {
	s := shelltest.New(t, 1)
	p, err := shelltest.Language().Parser()
	if err != nil {
		t.Fatal(err)
	}
	names := append([]string{"client", "relay", "kms"}, s.World.ServiceNames()...)
	for _, name := range names {
		if verbs.PartyHelp(s.Language.Domains, name) == nil {
			t.Errorf("nobody explains %s", name)
			continue
		}
		got := shelltest.Do(t, s, "help "+name)
		for _, part := range []string{name + " is ", "  does ", "  never does ", "  verbs "} {
			if !strings.Contains(got, part) {
				t.Errorf("help %s lacks %q:\n%s", name, part, got)
			}
		}
		_, about, _ := strings.Cut(got, "\n  verbs ")
		for verb := range strings.SplitSeq(strings.TrimSpace(about), ", ") {
			words := strings.Fields(verb)
			if node, used := p.Find(words); used == 0 || used < len(words) && len(node.Children) > 0 {
				t.Errorf("%s: there is no verb %q", name, verb)
			}
			if words[0] == "view" {
				shelltest.Do(t, s, verb)
			}
		}
	}
	if len(verbs.PartyRows(s.Language.Domains)) != len(names) {
		t.Errorf("%d parties are explained, and there are %d", len(verbs.PartyRows(s.Language.Domains)), len(names))
	}
}

// relay is a verb and a party: help says both.
func TestHelpOfTheRelayIsOfBoth(t *testing.T) {
	got := shelltest.Do(t, shelltest.New(t, 1), "help relay")
	for _, part := range []string{"  relay TOKEN… [--at RELAY]\n", "for example: relay coupon-1 points-1\n\nrelay is OrderProcessing\n", "  never does  mint, "} {
		if !strings.Contains(got, part) {
			t.Errorf("it lacks %q:\n%s", part, got)
		}
	}
}

func TestHelpOfAReason(t *testing.T) {
	s := shelltest.New(t, 1)
	for _, row := range s.Language.Reasons() {
		got := shelltest.Do(t, s, "help "+string(row.Reason))
		for _, part := range []string{string(row.Reason) + "\n", row.Meaning, row.By, row.Source} {
			if !strings.Contains(got, part) {
				t.Errorf("help %s lacks %q:\n%s", row.Reason, part, got)
			}
		}
		var data map[string]string
		if err := json.Unmarshal([]byte(shelltest.Do(t, s, "help -o json "+string(row.Reason))), &data); err != nil || data["meaning"] != row.Meaning || data["next"] == "" {
			t.Errorf("help %s in JSON: %v, %q", row.Reason, err, data)
		}
	}
}

func TestHelpOfWhatIsUnknown(t *testing.T) {
	s := shelltest.New(t, 1)
	ask := func(line string) (stderr string) {
		var out, errors bytes.Buffer
		if err := s.Line(t.Context(), line, false, &out, &errors); exit.Code(err) != exit.BadUsage || out.Len() > 0 {
			t.Errorf("%s: %v, and %q", line, err, &out)
		}
		return errors.String()
	}
	for line, want := range map[string]string{
		"help cupon":              "usage: there is no verb, party or reason \"cupon\"\nhint: did you mean coupon?\n",
		"help coupon comfirm":     "usage: there is no verb \"coupon comfirm\"\nhint: did you mean confirm?\n",
		"help bounds extra":       "usage: help bounds explains all of it: there is no \"extra\" in it\nhint: help bounds\n",
		"help Expired":            "usage: there is no verb, party or reason \"Expired\"\nhint: did you mean expired?\n",
		"help payment_s":          "usage: there is no verb, party or reason \"payment_s\"\nhint: did you mean payments?\n",
		"help session_mismatches": "usage: there is no verb, party or reason \"session_mismatches\"\nhint: did you mean session_mismatch?\n",
		"help zzzzzz":             "usage: there is no verb, party or reason \"zzzzzz\"\nhint: help lists the verbs, help reasons the reasons\n",
	} {
		if got := ask(line); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

// Everything that --without takes is listed, with what happens then.
func TestHelpOfChecks(t *testing.T) {
	s := shelltest.New(t, 1)
	text, names := shelltest.Do(t, s, "help checks"), strings.Fields(shelltest.Do(t, s, "help checks --jq .checks[]"))
	for _, name := range world.Leavable() {
		if !strings.Contains(text, "\n"+name+" ") || !slices.Contains(names, name) {
			t.Errorf("%s is not there", name)
		}
	}
}

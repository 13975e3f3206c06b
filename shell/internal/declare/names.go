// Names: what a domain may not be called.

package declare

import (
	"fmt"
	"slices"

	"tokenshell/tokens"
)

// Words are what stands where a domain's name could: verbs, parties, topics of help
// and built-ins of testscript.
func Words() map[string][]string {
	return map[string][]string{
		"a verb": {
			"session", "confirm", "revoke", "relay", "redeem", "checkout", "token", "keys", "trust", "world", "clock", "fault", "deliver", "restart", "explore", "attack", "target",
			"view", "log", "trace", "set", "let", "capture", "expect", "watch", "record", "source", "history", "tour", "help", "quit", "exit", "bench",
			"run", "lint", "new", "adapter", "completion", "version",
		},
		"a party":                  {"client", "relay-2", "kms", "ledger", "order-processing", "attacker"},
		"a word of help":           {"reasons", "checks", "faults", "bounds", "encodings", "profile", "schema"},
		"a built-in of testscript": {"cd", "chmod", "cmp", "cmpenv", "cp", "env", "exec", "exists", "grep", "kill", "mkdir", "mv", "rm", "skip", "stderr", "stdin", "stdout", "stop", "symlink", "ttyin", "ttyout", "unix2dos", "unquote", "wait"},
	}
}

// Reserved says why a domain may not have a name; empty when it may. taken are the
// names that other domains have.
func Reserved(name string, taken []string, reasons []tokens.ReasonRow) string {
	if slices.Contains(taken, name) {
		return fmt.Sprintf("%s is another domain", name)
	}
	for what, words := range Words() {
		if slices.Contains(words, name) {
			return fmt.Sprintf("%s is %s", name, what)
		}
	}
	for _, row := range reasons {
		if string(row.Reason) == name {
			return fmt.Sprintf("%s is a reason of %s", name, row.By)
		}
	}
	return ""
}

// Command tokenshell is a scriptable shell for the Confirmed Token Relay
// pattern; see the README, or tokenshell help.
package main

import (
	"os"

	"tokenshell/shell"
)

func main() {
	os.Exit(shell.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

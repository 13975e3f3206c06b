package shell_test

import "flag"

// update has the tests of this package rewrite what they find out of date: the
// golden files and the sections of scenarios that hold them, and the README's
// tables. CONTRIBUTING.md lists the commands.
var update = flag.Bool("update", false, "rewrite the golden files, the scripts' sections that hold them, and the README's tables")

// Package shell is the client: the verbs, the prompt, the scenario runner and
// what they print. A [World] owns clock, seed, KMS, services, relay and log; a
// [Shell] runs lines against one.
//
// The laws:
//
//   - A verb exists once, as a struct in the grammar. Prompt, -c, pipe, .txtar
//     command, completion, help and the README's table come from it.
//   - A verb returns an error and writes to what it is given. One place prints
//     errors and chooses exit codes.
//   - A line is words that this scanner, shlex and testscript read alike.
//   - No token is printed but by token raw.
//
// [Main] is the command; [RunScenarios] runs .txtar files; [NewWorld] and
// [New] are the way in for other programs.
package shell

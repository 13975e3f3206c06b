// Package shell is tokenshell as a command and as a library: its process, and
// what other programs may call. [Main] is the command; [RunScenarios] and [Params]
// run .txtar files; [NewWorld] and [New] give a world and a shell that runs lines
// against it.
//
// It is made of rooms, most of them in internal: the language is in grammar, verbs
// and domains, a line is run by interp, a world is made by world. The laws of all:
//
//   - A verb exists once, as a struct in the grammar. Prompt, -c, pipe, .txtar
//     command, completion, help and the README's table come from it.
//   - A verb returns an error and writes to what it is given. One place prints
//     errors; an error carries its exit code.
//   - A line is words that this scanner, shlex and testscript read alike.
//   - No token is printed but by token raw.
package shell

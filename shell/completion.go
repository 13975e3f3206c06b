// Completion: what the shell that a person types tokenshell in offers with Tab.

package shell

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"tokenshell/shell/internal/answer"
	"tokenshell/shell/internal/page"
	"tokenshell/shell/internal/redact"
)

// completion is the command that prints what a shell needs for it. What may stand
// next the shell asks tokenshell itself: completion words -- WORD…
type completion struct {
	Shell string `arg:"" enum:"bash,zsh,fish" placeholder:"SHELL" help:"bash, zsh or fish."`
}

// completionScripts are what the shells read, by their names.
var completionScripts = map[string]string{
	"bash": `# tokenshell completion for bash: eval "$(tokenshell completion bash)" in ~/.bashrc
_tokenshell() {
	local IFS=$'\n'
	COMPREPLY=($(tokenshell completion words -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
	[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace
}
complete -o bashdefault -o default -F _tokenshell tokenshell
`,
	"zsh": `#compdef tokenshell
# tokenshell completion for zsh: eval "$(tokenshell completion zsh)" in ~/.zshrc, behind compinit
_tokenshell() {
	local -a offered begun
	local line
	while IFS= read -r line; do
		if [[ ${line%%$'\t'*} == *= ]]; then
			begun+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
		else
			offered+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
		fi
	done < <(tokenshell completion words -- "${(@)words[2,CURRENT]}" 2>/dev/null)
	if (( ${#offered} + ${#begun} )); then
		_describe tokenshell offered -- begun -S ''
	else
		[[ ${words[CURRENT-1]} == --report ]] && compset -P '*='
		_files
	fi
}
compdef _tokenshell tokenshell
`,
	"fish": `# tokenshell completion for fish: tokenshell completion fish > ~/.config/fish/completions/tokenshell.fish
function __tokenshell_words
	set -l offered (tokenshell completion words -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)
	if set -q offered[1]
		printf '%s\n' $offered
	else
		set -l parts (string match -r '^([a-z]+=)(.*)$' -- (commandline -ct))
		if set -q parts[2]
			printf "$parts[2]%s\n" (__fish_complete_path "$parts[3]")
		else
			__fish_complete_path (commandline -ct)
		end
	end
end
complete -c tokenshell -f -a '(__tokenshell_words)'
`,
}

func (c *completion) write(out *answer.Out) error {
	text := completionScripts[c.Shell]
	return out.Show(map[string]string{"shell": c.Shell, "script": text}, func(w *page.Page) {
		w.Verbatim = true
		fmt.Fprint(w, text)
	})
}

// completes gives the words that a shell asks about, the last one not yet whole.
func completes(args []string) (words []string, ok bool) {
	if len(args) < 3 || !slices.Equal(args[:3], []string{"completion", "words", "--"}) {
		return nil, false
	}
	return append([]string{}, args[3:]...), true
}

// offer is something that may stand next.
type offer struct{ value, help string }

// complete prints what may stand next, a line each, with what it is behind a tab.
// Nothing means a file.
func complete(w io.Writer, root *kong.Node, words []string) error {
	if len(words) == 0 {
		words = []string{""}
	}
	partial := words[len(words)-1]
	offers, err := offersFor(root, words[:len(words)-1], partial)
	if err != nil {
		return err
	}
	for _, o := range offers {
		if strings.HasPrefix(o.value, partial) {
			if _, err := fmt.Fprintf(w, "%s\t%s\n", o.value, redact.OneLine(o.help)); err != nil {
				return err
			}
		}
	}
	return nil
}

// offersFor gives what may stand behind words.
func offersFor(root *kong.Node, before []string, partial string) ([]offer, error) {
	l := language()
	p, err := l.Parser()
	if err != nil {
		return nil, err
	}
	defer l.Done(p)
	at := firstWord(root, before)
	node, used := root, 0
	if at < len(before) {
		if i := slices.IndexFunc(root.Children, func(c *kong.Node) bool { return c.Name == before[at] && !c.Hidden }); i >= 0 {
			node = root.Children[i]
		} else if node, used = p.Find(before[at:]); used == 0 {
			return nil, nil
		}
	}
	flags := slices.Concat(node.Flags, root.Flags)
	if used > 0 && node.DefaultCmd != nil {
		flags = slices.Concat(node.DefaultCmd.Flags, flags)
	}
	if len(before) > 0 {
		if f := flagOf(flags, before[len(before)-1]); f != nil && !f.IsBool() {
			return valuesOf(f, partial), nil
		}
	}
	if strings.HasPrefix(partial, "-") {
		return flagOffers(flags), nil
	}
	var all []offer
	behind := len(before) - at - used // words behind the verb
	switch {
	case node == root:
		all = childOffers(root)
		all = append(all, childOffers(p.Root())...)
	case used > 0 && behind == 0:
		all = childOffers(node)
	case used == 0 && behind == 1 && node.Name == "help":
		all = childOffers(p.Root())
		for _, t := range l.Topics {
			all = append(all, offer{t.Name, t.Short})
		}
	case used == 0 && behind == 1:
		for _, arg := range node.Positional {
			all = append(all, enumOffers(arg.EnumSlice(), arg.Help)...)
		}
	}
	slices.SortStableFunc(all, func(a, b offer) int { return strings.Compare(a.value, b.value) })
	return slices.CompactFunc(all, func(a, b offer) bool { return a.value == b.value }), nil
}

// flagOf finds the flag that a word is; nil when it is none.
func flagOf(flags []*kong.Flag, word string) *kong.Flag {
	i := slices.IndexFunc(flags, func(f *kong.Flag) bool { return word == "--"+f.Name || f.Short != 0 && word == "-"+string(f.Short) })
	if i < 0 {
		return nil
	}
	return flags[i]
}

// valuesOf gives the values of a flag that has a few, or what they begin with: behind
// the sign of KIND=FILE stands a file.
func valuesOf(f *kong.Flag, partial string) []offer {
	kinds := f.Tag.Get("kinds")
	if kinds == "" || strings.Contains(partial, "=") {
		return enumOffers(f.EnumSlice(), f.Help)
	}
	return enumOffers(strings.Split(kinds, ","), f.Help)
}

func enumOffers(values []string, help string) []offer {
	var all []offer
	for _, value := range values {
		if value != "" {
			all = append(all, offer{value, help})
		}
	}
	return all
}

func flagOffers(flags []*kong.Flag) []offer {
	var all []offer
	for _, f := range flags {
		if !f.Hidden && flagOf(flags, "--"+f.Name) == f {
			all = append(all, offer{"--" + f.Name, f.Help})
		}
	}
	return all
}

func childOffers(node *kong.Node) []offer {
	var all []offer
	for _, c := range node.Children {
		if !c.Hidden && c != node.DefaultCmd {
			all = append(all, offer{c.Name, c.Help})
		}
	}
	return all
}

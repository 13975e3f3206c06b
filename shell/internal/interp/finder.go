// The finder: what stands for a TOKEN in a line.

package interp

import (
	"strings"

	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
)

// TokenFileLimit is the largest file that a token is read from, in bytes. It
// is far over what any party accepts, so that too_large can be seen.
const TokenFileLimit = 32 << 20

// Finder finds tokens by what stands for them: a handle, @FILE or the text
// itself.
type Finder struct {
	client *client.Client
	dir    *files.Dir
}

// Read reads a token from a file; a newline at its end is not part of it.
func (f Finder) Read(path string) (string, error) {
	text, err := f.dir.Read(path, TokenFileLimit)
	if err != nil {
		return "", err
	}
	if len(text) == 0 {
		return "", exit.Input(path, 0, "it is empty")
	}
	return strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r"), nil
}

// Token finds one. For a file or a text the handle is empty unless the client
// holds the same token.
func (f Finder) Token(word string) (*client.Token, error) {
	if t := f.client.Wallet.ByHandle[word]; t != nil {
		return t, nil
	}
	raw := word
	if file, ok := strings.CutPrefix(word, "@"); ok {
		var err error
		if raw, err = f.Read(file); err != nil {
			return nil, err
		}
	} else if !strings.Contains(word, ".") {
		return nil, exit.Usage(exit.Meant(word, f.client.Handles(), "token list shows the tokens; @FILE reads one"), "there is no token %q", word)
	}
	for _, t := range f.client.Wallet.Held {
		if t.Raw == raw {
			return t, nil
		}
	}
	f.client.Wallet.Meet(raw)
	return f.client.Loose(raw), nil
}

// Tokens finds every token before anything is done with one.
func (f Finder) Tokens(words []string) ([]*client.Token, error) {
	held := make([]*client.Token, len(words))
	for i, word := range words {
		var err error
		if held[i], err = f.Token(word); err != nil {
			return nil, err
		}
	}
	return held, nil
}

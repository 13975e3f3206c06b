// Bent texts: what an issuer's own key signed and the issuer never issued.

package spec_test

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"tokenshell/shell/internal/client"
	"tokenshell/shell/internal/shelltest"
	"tokenshell/shell/internal/spec"
	"tokenshell/tokens"
)

// bent has the key of a token sign it with other claims.
func bent(c *client.Client, o op) (string, error) {
	raw := c.Wallet.ByHandle[o.tokens[0]].Raw
	seen, err := tokens.Peek(raw)
	if err != nil {
		return "", err
	}
	var claims map[string]json.RawMessage
	if err := json.Unmarshal(seen.Payload, &claims); err != nil {
		return "", err
	}
	switch o.word(0) {
	case spec.Reissued:
		var audience []string
		if err := json.Unmarshal(claims["aud"], &audience); err != nil {
			return "", err
		}
		slices.Reverse(audience)
		claims["aud"], _ = json.Marshal(audience)
	case spec.Reworded: // members come in another order
	case spec.Resealed:
		claims["sealed"] = json.RawMessage(`"another letter"`)
		fallthrough
	default:
		claims["constraints"] = json.RawMessage(`{"bent":true}`)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	_, key, err := c.World.Key(seen.KeyID)
	if err != nil {
		return "", err
	}
	input := raw[:strings.IndexByte(raw, '.')+1] + base64.RawURLEncoding.EncodeToString(payload)
	signature, err := shelltest.Sign(c.World, key.KMSKey, input)
	if err != nil {
		return "", err
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// Keys as files and at URLs: what a relay reads instead of being told.

package foreign

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"sync"

	"github.com/go-jose/go-jose/v4"

	"tokenshell/shell/internal/adapter"
	"tokenshell/shell/internal/exit"
	"tokenshell/shell/internal/files"
)

// keyFolder is a folder with the keys of every service.
type keyFolder struct {
	dir  string
	made bool // by us, for this run

	mu   sync.Mutex
	last []byte
}

// newKeyFolder makes a folder, unless the file names one.
func newKeyFolder(f *File) (*keyFolder, error) {
	if f.Keys.Dir != "" {
		dir := f.within(f.Keys.Dir)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, exit.Input(f.path, 0, "keys.dir: "+files.CauseOf(err))
		}
		absolute, err := filepath.Abs(dir)
		return &keyFolder{dir: absolute}, err
	}
	dir, err := os.MkdirTemp("", "tokenshell-keys-")
	return &keyFolder{dir: dir, made: true}, err
}

func (k *keyFolder) stop() {
	if k.made {
		_ = os.RemoveAll(k.dir) // it is in a temporary folder
	}
}

// show writes the keys to files, and to URLs where something listens. It says
// whether they are others than before.
func (k *keyFolder) show(issuers []adapter.Issuer, at *domainServer) (changed bool, err error) {
	now, err := json.Marshal(issuers)
	if err != nil {
		return false, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if bytes.Equal(now, k.last) {
		return false, nil
	}
	k.last = now
	var merged jose.JSONWebKeySet
	texts, paths := map[string][]byte{}, map[string][]byte{}
	for _, i := range issuers {
		var set jose.JSONWebKeySet
		if err := json.Unmarshal(i.Keys, &set); err != nil {
			return false, err
		}
		merged.Keys = append(merged.Keys, set.Keys...)
		texts[i.Service+".json"] = i.Keys
		var b bytes.Buffer
		for _, key := range set.Keys {
			der, err := x509.MarshalPKIXPublicKey(key.Key)
			if err != nil {
				return false, err
			}
			if err := pem.Encode(&b, &pem.Block{Type: "PUBLIC KEY", Bytes: der}); err != nil {
				return false, err
			}
		}
		texts[i.Service+".pem"] = b.Bytes()
		if at != nil {
			paths["/"+i.Service+"/jwks.json"] = i.Keys
			discovery, err := json.Marshal(map[string]any{"issuer": i.Name, "jwks_uri": at.url + "/" + i.Service + "/jwks.json"})
			if err != nil {
				return false, err
			}
			paths["/"+i.Service+"/.well-known/openid-configuration"] = discovery
		}
	}
	all, err := json.Marshal(merged)
	if err != nil {
		return false, err
	}
	texts["merged.json"], paths["/jwks.json"] = all, all
	if at != nil {
		at.show(paths)
		if at.authority != nil {
			texts["ca.pem"] = at.authority.PEM
		}
	}
	for name, text := range texts {
		if err := files.Replace(context.Background(), filepath.Join(k.dir, name), text, 0o600); err != nil {
			return false, err
		}
	}
	return true, nil
}

package kmsmock

// Nothing secret gets out: not by printing, not by reflection, not in an error.

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

const testSeed = "this is the seed that must not show"

// secrets derives again what the mock of testSeed hides.
func secrets(t *testing.T) map[string][]byte {
	t.Helper()
	derive := deriveFrom([]byte(testSeed))
	ec, err := derive("p256/0/0", 32)
	if err != nil {
		t.Fatal(err)
	}
	ed, err := derive("ed25519/0", 32)
	if err != nil {
		t.Fatal(err)
	}
	private, err := mockRSA()
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{
		"seed":          []byte(testSeed),
		"P-256 key":     ec,
		"Ed25519 key":   ed,
		"RSA exponent":  private.D.Bytes(),
		"RSA prime":     private.Primes[0].Bytes(),
		"RSA PEM":       mockRSAPEM[500:700],
		"RSA other one": private.Primes[1].Bytes(),
	}
}

// shows says whether eight bytes in a row of the secret's beginning appear in the text in
// any of the ways Go programs write bytes.
func shows(text string, secret []byte) bool {
	head := secret[:8]
	forms := []string{
		string(head),
		fmt.Sprintf("%q", head)[1:9],
		hex.EncodeToString(head), strings.ToUpper(hex.EncodeToString(head)),
		strings.Trim(fmt.Sprint(head), "[]"),
		strings.ReplaceAll(strings.Trim(fmt.Sprint(head), "[]"), " ", ","),
		strings.ReplaceAll(strings.Trim(fmt.Sprint(head), "[]"), " ", ", "),
		strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", head), "[]byte{"), "}"),
		new(big.Int).SetBytes(secret).String(),
		new(big.Int).SetBytes(secret).Text(16),
	}
	for shift := range 3 {
		for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			// Whole groups only, so that what follows does not matter.
			forms = append(forms, encoding.EncodeToString(secret[shift:shift+9]))
		}
	}
	for _, form := range forms {
		if strings.Contains(text, form) {
			return true
		}
	}
	return false
}

func TestShowsFindsASecret(t *testing.T) {
	for name, secret := range secrets(t) {
		for _, text := range []string{
			fmt.Sprintf("%v", secret), fmt.Sprintf("%#v", secret), string(secret), fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret),
			fmt.Sprintf("%d", new(big.Int).SetBytes(secret)),
			base64.StdEncoding.EncodeToString(secret), base64.URLEncoding.EncodeToString(append([]byte("x"), secret...)),
		} {
			if !shows(text, secret) {
				t.Errorf("%s not found in %q", name, text)
			}
		}
	}
}

// everything returns each kind of value this package makes, full of secrets.
func everything(t *testing.T) (map[string]any, *KMS) {
	t.Helper()
	config := Config{Seed: []byte(testSeed)}
	k := New(config)
	w := newWorld(t, k, nil)
	w.alias("alias/a", w.p256)
	type embedding struct {
		*KMS
		Config
		Other any
	}
	type holding struct{ hidden *KMS }
	return map[string]any{
		"*KMS":      k,
		"KMS":       reflect.ValueOf(k).Elem().Interface(),
		"embedding": embedding{KMS: k, Config: config, Other: k},
		"holding":   holding{k},
		"slice":     []*KMS{k},
		"map":       map[string]any{"k": k, "c": config},
		"key":       k.keys[w.p256],
		"key value": *k.keys[w.rsa],
		"keys":      k.keys,
		"alias":     k.aliases["alias/a"],
		"material":  k.keys[w.ed25].material,
		"derive":    k.derive,
		"Config":    config,
		"*Config":   &config,
	}, k
}

func TestNothingPrintsASecret(t *testing.T) {
	values, _ := everything(t)
	hidden := secrets(t)
	for name, value := range values {
		printed := map[string]string{}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%t", "%T", "%p"} {
			printed[verb] = fmt.Sprintf(verb, value)
		}
		if name == "Config" || name == "embedding" {
			// fmt asks no Formatter about %p, and prints what is no pointer in full. Only a
			// Seed that is no []byte could help; go vet refuses such a call.
			delete(printed, "%p")
		}
		text, _ := json.Marshal(value) // closures have no JSON: an error is fine, a secret is not
		printed["json"] = string(text)
		text, _ = xml.Marshal(value)
		printed["xml"] = string(text)
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "v", value, "nested", []any{value})
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", value, "nested", []any{value})
		printed["slog"] = log.String()
		for how, text := range printed {
			for what, secret := range hidden {
				if shows(text, secret) {
					t.Errorf("%s of %s shows the %s: %s", how, name, what, text)
				}
			}
		}
	}
}

// TestReflectionFindsNoSecret walks like the printers that ignore methods and follow
// pointers and unexported fields do.
func TestReflectionFindsNoSecret(t *testing.T) {
	_, k := everything(t)
	var dump strings.Builder
	walk(&dump, reflect.ValueOf(k), map[uintptr]bool{})
	if !strings.Contains(dump.String(), "alias/a") {
		t.Fatal("the walk did not get to the aliases")
	}
	for what, secret := range secrets(t) {
		if shows(dump.String(), secret) {
			t.Errorf("reflection finds the %s", what)
		}
	}
}

func walk(w *strings.Builder, v reflect.Value, seen map[uintptr]bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() || seen[v.Pointer()] {
			return
		}
		seen[v.Pointer()] = true
		walk(w, v.Elem(), seen)
	case reflect.Interface:
		walk(w, v.Elem(), seen)
	case reflect.Struct:
		for i := range v.NumField() {
			walk(w, v.Field(i), seen)
		}
	case reflect.Map:
		for _, name := range v.MapKeys() {
			walk(w, name, seen)
			walk(w, v.MapIndex(name), seen)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			walk(w, v.Index(i), seen)
		}
	case reflect.String:
		fmt.Fprintf(w, "%s ", v.String())
	case reflect.Uint8, reflect.Uint, reflect.Uint64:
		fmt.Fprintf(w, "%d ", v.Uint())
	}
}

func TestTheMockSaysSoWhenPrinted(t *testing.T) {
	k := New(Config{})
	for _, text := range []string{fmt.Sprint(k), k.String(), fmt.Sprintf("%#v", k)} {
		if text != shownKMS {
			t.Errorf("got %s", text)
		}
	}
	if got := fmt.Sprintf("%+v", Config{}) + (Config{}).String(); got != shownConfig+shownConfig {
		t.Errorf("got %s", got)
	}
	if got := fmt.Sprint((*KMS)(nil)); got != shownKMS {
		t.Errorf("got %s", got)
	}
}

// TestErrorsDoNotRepeatWhatWasSent sends a marker wherever bytes or names go.
func TestErrorsDoNotRepeatWhatWasSent(t *testing.T) {
	marker := []byte("MARKER.that.must.not.come.back/" + strings.Repeat("x", 4096))
	onBothPaths(t, func(t *testing.T, w *world) {
		w.alias("alias/a", w.p256)
		w.disable(w.ed25)
		ctx := t.Context()
		var errs []error
		add := func(_ any, err error) { errs = append(errs, err) }
		short := marker[:31]
		secret := string(marker[:60])
		digest := sha256.Sum256(marker)
		add(w.sign(w.p256, marker, "", es256))
		add(w.sign(w.p256, short, types.MessageTypeDigest, es256))
		add(w.sign(w.p256, short, types.MessageType(secret), es256))
		add(w.sign(w.p256, short, "", types.SigningAlgorithmSpec(secret)))
		add(w.sign(w.p256, short, "", eddsa))
		add(w.sign(w.ed25, short, "", eddsa))
		add(w.sign(w.rsa, short, "", es256))
		add(w.sign(secret, digest[:], "", es256))
		add(w.sign(arnPrefix+secret, digest[:], "", es256))
		add(w.sign("alias/"+secret, digest[:], "", es256))
		for _, blob := range [][]byte{short, marker, append(bytes.Clone(marker), marker...)} {
			add(w.Decrypt(ctx, &kms.DecryptInput{KeyId: &w.rsa, CiphertextBlob: blob, EncryptionAlgorithm: oaep256}))
			add(w.Decrypt(ctx, &kms.DecryptInput{KeyId: &w.p256, CiphertextBlob: blob, EncryptionAlgorithm: oaep256}))
			add(w.Decrypt(ctx, &kms.DecryptInput{KeyId: &w.rsa, CiphertextBlob: blob}))
		}
		add(w.Decrypt(ctx, &kms.DecryptInput{KeyId: &w.rsa, CiphertextBlob: short, EncryptionAlgorithm: types.EncryptionAlgorithmSpec(secret)}))
		add(w.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: &secret, TargetKeyId: &w.p256}))
		add(w.CreateKey(ctx, &kms.CreateKeyInput{KeySpec: types.KeySpec(secret), KeyUsage: types.KeyUsageType(secret)}))
		add(w.ListAliases(ctx, &kms.ListAliasesInput{Marker: &secret}))
		for i, err := range errs {
			if err == nil {
				t.Errorf("call %d was not refused", i)
				continue
			}
			for _, verb := range []string{"%v", "%+v", "%#v", "%q", "%x"} {
				if text := fmt.Sprintf(verb, err); shows(text, marker) {
					t.Errorf("call %d: %s", i, text)
				}
			}
		}
	})
}

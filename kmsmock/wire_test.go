package kmsmock

// The mock behind the protocol of KMS (AWS JSON 1.1), for the real client.

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go"
)

// realClient returns a real KMS client whose service is the mock.
func realClient(t *testing.T, k *KMS) *kms.Client {
	t.Helper()
	server := httptest.NewServer(protocol(t, k))
	t.Cleanup(server.Close)
	return kms.New(kms.Options{
		Region:       region,
		BaseEndpoint: aws.String(server.URL),
		HTTPClient:   server.Client(),
		Retryer:      aws.NopRetryer{},
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "mock", SecretAccessKey: "mock"}, nil
		}),
	})
}

func protocol(t *testing.T, k *KMS) http.Handler {
	operations := map[string]http.HandlerFunc{
		"Sign":                serve(t, k.Sign),
		"GetPublicKey":        serve(t, k.GetPublicKey),
		"Decrypt":             serve(t, k.Decrypt),
		"DescribeKey":         serve(t, k.DescribeKey),
		"CreateKey":           serve(t, k.CreateKey),
		"CreateAlias":         serve(t, k.CreateAlias),
		"UpdateAlias":         serve(t, k.UpdateAlias),
		"ListAliases":         serve(t, k.ListAliases),
		"DisableKey":          serve(t, k.DisableKey),
		"EnableKey":           serve(t, k.EnableKey),
		"ScheduleKeyDeletion": serve(t, k.ScheduleKeyDeletion),
		"CancelKeyDeletion":   serve(t, k.CancelKeyDeletion),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "TrentService.")
		if !ok || operations[name] == nil {
			t.Errorf("no operation %q", r.Header.Get("X-Amz-Target"))
			http.Error(w, "no such operation", http.StatusNotFound)
			return
		}
		operations[name](w, r)
	})
}

func serve[In, Out any](t *testing.T, operation func(context.Context, *In, ...func(*kms.Options)) (*Out, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		in := new(In)
		if err := json.NewDecoder(r.Body).Decode(in); err != nil {
			t.Error(err)
		}
		out, err := operation(r.Context(), in)
		status, body := http.StatusOK, any(out)
		var refused smithy.APIError
		if errors.As(err, &refused) {
			status = http.StatusBadRequest
			body = map[string]string{"__type": refused.ErrorCode(), "message": refused.ErrorMessage()}
		} else if err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(status)
		if err := json.NewEncoder(w).Encode(onTheWire(t, body)); err != nil {
			t.Error(err)
		}
	}
}

// onTheWire turns Go's JSON into the protocol's: times are seconds since 1970, what is
// not set is absent.
func onTheWire(t *testing.T, body any) any {
	text, err := json.Marshal(body)
	if err != nil {
		t.Error(err)
	}
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Error(err)
	}
	return epochs(value)
}

func epochs(value any) any {
	switch v := value.(type) {
	case map[string]any:
		delete(v, "ResultMetadata")
		for name, member := range v {
			if member == nil {
				delete(v, name)
				continue
			}
			v[name] = epochs(member)
			if text, ok := member.(string); ok && strings.HasSuffix(name, "Date") {
				if at, err := time.Parse(time.RFC3339, text); err == nil {
					v[name] = float64(at.UnixMilli()) / 1000
				}
			}
		}
	case []any:
		for i := range v {
			v[i] = epochs(v[i])
		}
	}
	return value
}

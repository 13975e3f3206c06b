// Refusal: a party said no, and why.

package tokens

import "fmt"

// Refusal is the typed error of every refusal. Its detail quotes what came
// from outside and never holds a token, a key or sealed content.
type Refusal struct {
	Reason Reason
	Detail string
	Token  Ref // set once the signature was verified; zero before, for then nothing is known
}

// Refuse makes a refusal with a formatted detail.
func Refuse(reason Reason, format string, args ...any) *Refusal {
	return &Refusal{Reason: reason, Detail: fmt.Sprintf(format, args...)}
}

// Error is "code: detail".
func (r *Refusal) Error() string { return string(r.Reason) + ": " + r.Detail }

// Unwrap gives the reason, so that errors.Is works on it.
func (r *Refusal) Unwrap() error { return r.Reason }

// Ref names a token without being one: what logs and reports may carry.
type Ref struct {
	Issuer string // iss
	ID     string // jti
	Order  string // order_processing_id
}

// Failure is a party that could not answer: nobody knows whether it did what
// it was asked. It reads as service_unavailable; unlike a [Refusal] it may be
// asked again.
type Failure struct {
	Party string
	Err   error // the cause; its text must be fit for a log
}

// Error is "service_unavailable: party: cause".
func (f *Failure) Error() string {
	return fmt.Sprintf("%s: %s: %v", ServiceUnavailable, f.Party, f.Err)
}

// Unwrap gives the reason and the cause.
func (f *Failure) Unwrap() []error { return []error{ServiceUnavailable, f.Err} }

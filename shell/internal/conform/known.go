// Known failures: what a target is known to get wrong, why, and until when.

package conform

// KnownFile is a file of known failures.
type KnownFile struct{}

func (k *KnownFile) apply(*Report, bool) {}

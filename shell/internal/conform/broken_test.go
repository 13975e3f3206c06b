package conform_test

import "fmt"

func broken(which string) error { return fmt.Errorf("there is no adapter %q", which) }

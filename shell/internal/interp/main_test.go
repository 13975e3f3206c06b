package interp_test

import (
	"testing"

	"tokenshell/shell/internal/shelltest"
)

func TestMain(m *testing.M) { shelltest.Main(m) }

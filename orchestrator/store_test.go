// The memory store and ledger keep their contract.

package orchestrator_test

import (
	"testing"

	"tokenshell/orchestrator"
	"tokenshell/orchestrator/storetest"
)

func TestMemoryKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) (orchestrator.Store, orchestrator.Ledger, func() (orchestrator.Store, orchestrator.Ledger)) {
		store, ledger := orchestrator.NewMemoryStore(), orchestrator.NewMemoryLedger()
		return store, ledger, func() (orchestrator.Store, orchestrator.Ledger) { return store, ledger }
	})
}

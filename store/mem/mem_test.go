package mem_test

import (
	"testing"

	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/mem"
	"github.com/flowc-dev/flowc/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return mem.New(t.Name()) })
}

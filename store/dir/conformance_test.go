package dir_test

import (
	"testing"

	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/dir"
	"github.com/flowc-dev/flowc/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store {
		s, err := dir.Open(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

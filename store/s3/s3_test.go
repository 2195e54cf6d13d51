package s3_test

import (
	"testing"

	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/s3/s3test"
	"github.com/flowc-dev/flowc/store/storetest"
)

func TestStore(t *testing.T) {
	s3test.Each(t, func(t *testing.T, server *s3test.Server) {
		storetest.Run(t, func(t *testing.T) store.Store { return server.Open(t) })
	})
}

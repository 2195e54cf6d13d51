package store_test

import (
	"context"
	"io"

	"github.com/flowc-dev/flowc/store"
)

// changing calls change before the first Stat, when an import has made its sum.
type changing struct {
	store.Store
	change func()
}

func (c *changing) Stat(ctx context.Context, key string) (store.Info, error) {
	if c.change != nil {
		c.change()
		c.change = nil
	}
	return c.Store.Stat(ctx, key)
}

// rewinding reads bodies as clients of servers do: it asks for the size, reads
// once for a checksum, goes back, and fails and starts again.
type rewinding struct{ store.Store }

func (r rewinding) Put(ctx context.Context, key string, body io.ReadSeeker) error {
	at, err := body.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	if _, err := body.Seek(0, io.SeekEnd); err != nil {
		return err
	}
	for range 2 {
		if _, err := body.Seek(at, io.SeekStart); err != nil {
			return err
		}
		if _, err := io.CopyN(io.Discard, body, 10); err != nil && err != io.EOF {
			return err
		}
	}
	return r.Store.Put(ctx, key, body)
}

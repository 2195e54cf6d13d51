package store

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
)

// PutBytes creates an object of data, or returns ErrExists. See [Store].
func PutBytes(ctx context.Context, s Store, key string, data []byte) error {
	return s.Put(ctx, key, bytes.NewReader(data))
}

// ReadAll returns a whole object of at most limit bytes. A larger one is
// ErrTooLarge, and no more than limit+1 bytes of it are read.
func ReadAll(ctx context.Context, s Store, key string, limit int64) ([]byte, error) {
	limit = min(limit, math.MaxInt64-1)
	r, err := s.Get(ctx, key, 0, limit+1)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(io.LimitReader(r, limit+1)); err != nil {
		return nil, Fail(s, "get", key, err)
	}
	if int64(b.Len()) > limit {
		return nil, Fail(s, "get", key, fmt.Errorf("%w: more than %s", ErrTooLarge, size(limit)))
	}
	return b.Bytes(), nil
}

// size is a number of bytes for people.
func size(n int64) string {
	for _, u := range []struct {
		name string
		unit int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if n >= u.unit && n%u.unit == 0 {
			return fmt.Sprintf("%d %s", n/u.unit, u.name)
		}
	}
	return fmt.Sprintf("%d bytes", n)
}

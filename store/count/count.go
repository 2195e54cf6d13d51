// Package count wraps a store and counts what is asked of it: requests cost
// money and time, so tests hold their number fixed.
package count

import (
	"context"
	"io"
	"iter"
	"sync"

	"github.com/flowc-dev/flowc/store"
)

// Counts are numbers of requests by kind, failed ones included.
type Counts struct {
	Put    int // imports included
	Get    int // exports included
	Stat   int
	List   int
	Delete int

	Listed     int   // what lists yielded
	BytesPut   int64 // of objects that were created, or that imports found there already
	BytesGot   int64 // that callers read
	PutsFailed int   // of Put; most often because the object existed
}

// Store counts the requests to another store. Its methods may be called concurrently.
type Store struct {
	inner store.Store
	mu    sync.Mutex
	n     Counts
}

// New returns a store that passes everything on to inner.
func New(inner store.Store) *Store { return &Store{inner: inner} }

// Counts returns the numbers since the beginning or the last Reset.
func (s *Store) Counts() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n
}

// Reset returns the numbers and sets them to zero.
func (s *Store) Reset() Counts {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.n
	s.n = Counts{}
	return n
}

func (s *Store) add(f func(n *Counts)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(&s.n)
}

// URL implements store.Store.
func (s *Store) URL() string { return s.inner.URL() }

// Put implements store.Store.
func (s *Store) Put(ctx context.Context, key string, body io.ReadSeeker) error {
	err := s.inner.Put(ctx, key, body)
	size := int64(0)
	if err == nil {
		size, _ = body.Seek(0, io.SeekEnd)
	}
	s.add(func(n *Counts) {
		n.Put++
		n.BytesPut += size
		if err != nil {
			n.PutsFailed++
		}
	})
	return err
}

// Get implements store.Store.
func (s *Store) Get(ctx context.Context, key string, off, n int64) (io.ReadCloser, error) {
	s.add(func(n *Counts) { n.Get++ })
	r, err := s.inner.Get(ctx, key, off, n)
	if err != nil {
		return nil, err
	}
	return &reader{r, s}, nil
}

// Stat implements store.Store.
func (s *Store) Stat(ctx context.Context, key string) (store.Info, error) {
	s.add(func(n *Counts) { n.Stat++ })
	return s.inner.Stat(ctx, key)
}

// List implements store.Store.
func (s *Store) List(ctx context.Context, prefix string, opt store.ListOptions) iter.Seq2[store.Info, error] {
	return func(yield func(store.Info, error) bool) {
		s.add(func(n *Counts) { n.List++ })
		for info, err := range s.inner.List(ctx, prefix, opt) {
			if err == nil {
				s.add(func(n *Counts) { n.Listed++ })
			}
			if !yield(info, err) {
				return
			}
		}
	}
}

// Delete implements store.Store.
func (s *Store) Delete(ctx context.Context, key string) error {
	s.add(func(n *Counts) { n.Delete++ })
	return s.inner.Delete(ctx, key)
}

// ImportFile implements store.Importer. It is one Put where inner is one too,
// and otherwise what store.ImportByPut asks of this store.
func (s *Store) ImportFile(ctx context.Context, path string, key func(sum [32]byte) string) (sum [32]byte, size int64, err error) {
	i, ok := s.inner.(store.Importer)
	if !ok {
		return store.ImportByPut(ctx, s, path, key)
	}
	sum, size, err = i.ImportFile(ctx, path, key)
	s.add(func(n *Counts) {
		n.Put++
		n.BytesPut += size
		if err != nil {
			n.PutsFailed++
		}
	})
	return sum, size, err
}

// ExportFile implements store.Exporter. It is one Get where inner is one too,
// and otherwise what store.ExportByGet asks of this store.
func (s *Store) ExportFile(ctx context.Context, key, path string) (sum [32]byte, err error) {
	e, ok := s.inner.(store.Exporter)
	if !ok {
		return store.ExportByGet(ctx, s, key, path)
	}
	s.add(func(n *Counts) { n.Get++ })
	sum, err = e.ExportFile(ctx, key, path)
	if err == nil {
		if info, err := s.inner.Stat(ctx, key); err == nil {
			s.add(func(n *Counts) { n.BytesGot += info.Size })
		}
	}
	return sum, err
}

type reader struct {
	io.ReadCloser
	s *Store
}

func (r *reader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.s.add(func(c *Counts) { c.BytesGot += int64(n) })
	return n, err
}

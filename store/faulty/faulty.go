// Package faulty wraps a store and makes it fail as real ones do: requests that
// fail, replies that are lost after the effect, bodies that break off, slow
// replies, and a process that dies between two writes.
//
// What fails depends only on the seed, the kind and key of a request and how
// often there was one before, not on the order in which goroutines run. So a
// failure that a test found comes back with its seed.
package faulty

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"iter"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"time"

	"github.com/flowc-dev/flowc/store"
)

var (
	// ErrInjected is in all errors that Options asked for.
	ErrInjected = errors.New("injected failure")
	// ErrCrashed is what every request gets from the crash on.
	ErrCrashed = errors.New("injected crash")
)

// Op is a kind of request.
type Op string

const (
	Put    Op = "put" // imports too
	Get    Op = "get" // exports too
	Stat   Op = "stat"
	List   Op = "list"
	Delete Op = "delete"
)

// Options say what fails how often. Rates are from 0, never, to 1, always.
type Options struct {
	Seed     uint64
	Before   float64                      // requests that fail without effect
	After    float64                      // Put and Delete: done, but they return an error
	Truncate float64                      // Get and List: break off with an error
	Corrupt  float64                      // Get: one byte is another, without an error
	Delay    time.Duration                // requests wait up to that long
	Only     func(op Op, key string) bool // which requests the above concerns; nil means all

	// CrashAt is the number of the write (Put or Delete, from 1) at which the
	// process dies: that write and every later request of any kind is
	// ErrCrashed. The write has its effect if CrashAfter is set. 0 is never.
	CrashAt    int
	CrashAfter bool
}

// Store is a store that fails. Its methods may be called concurrently.
type Store struct {
	inner store.Store
	opt   Options

	mu      sync.Mutex
	asked   map[request]uint64
	writes  int
	crashed bool
}

type request struct {
	op  Op
	key string
}

// New returns a store that passes on to inner what doesn't fail.
func New(inner store.Store, opt Options) *Store {
	return &Store{inner: inner, opt: opt, asked: map[request]uint64{}}
}

// Writes is the number of writes that were tried: a run without a crash tells
// how many values of CrashAt there are.
func (s *Store) Writes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

// URL implements store.Store.
func (s *Store) URL() string { return s.inner.URL() }

// fate is what will happen to one request.
type fate struct {
	before, after, truncate, corrupt bool
	crash                            bool // dies at this write
	crashed                          bool // died earlier
	delay                            time.Duration
	at                               float64 // where in a body, from 0 to 1
}

func (s *Store) fate(op Op, key string) fate {
	s.mu.Lock()
	n := s.asked[request{op, key}]
	s.asked[request{op, key}]++
	var f fate
	f.crashed = s.crashed
	if op == Put || op == Delete {
		s.writes++
		if s.writes == s.opt.CrashAt {
			f.crash, s.crashed = true, true
		}
	}
	s.mu.Unlock()

	if s.opt.Only != nil && !s.opt.Only(op, key) {
		return f
	}
	h := fnv.New64a()
	io.WriteString(h, string(op)+" "+key)
	r := rand.New(rand.NewPCG(s.opt.Seed, h.Sum64()+n))
	f.before = r.Float64() < s.opt.Before
	f.after = r.Float64() < s.opt.After
	f.truncate = r.Float64() < s.opt.Truncate
	f.corrupt = r.Float64() < s.opt.Corrupt
	f.delay = time.Duration(r.Float64() * float64(s.opt.Delay))
	f.at = r.Float64()
	return f
}

// start waits, and returns the error of a request that has no effect.
func (s *Store) start(ctx context.Context, f fate, op Op, key string) error {
	if f.crashed {
		return store.Fail(s, string(op), key, ErrCrashed)
	}
	if f.delay > 0 {
		select {
		case <-time.After(f.delay):
		case <-ctx.Done():
			return store.Fail(s, string(op), key, ctx.Err())
		}
	}
	if f.before {
		return store.Fail(s, string(op), key, ErrInjected)
	}
	return nil
}

// write makes a request that changes something.
func (s *Store) write(ctx context.Context, op Op, key string, do func() error) error {
	f := s.fate(op, key)
	if err := s.start(ctx, f, op, key); err != nil {
		return err
	}
	if f.crash && !s.opt.CrashAfter {
		return store.Fail(s, string(op), key, ErrCrashed)
	}
	err := do()
	switch {
	case f.crash:
		return store.Fail(s, string(op), key, ErrCrashed)
	case f.after:
		return store.Fail(s, string(op), key, ErrInjected)
	}
	return err
}

// Put implements store.Store.
func (s *Store) Put(ctx context.Context, key string, body io.ReadSeeker) error {
	return s.write(ctx, Put, key, func() error { return s.inner.Put(ctx, key, body) })
}

// Delete implements store.Store.
func (s *Store) Delete(ctx context.Context, key string) error {
	return s.write(ctx, Delete, key, func() error { return s.inner.Delete(ctx, key) })
}

// Stat implements store.Store.
func (s *Store) Stat(ctx context.Context, key string) (store.Info, error) {
	if err := s.start(ctx, s.fate(Stat, key), Stat, key); err != nil {
		return store.Info{}, err
	}
	return s.inner.Stat(ctx, key)
}

// Get implements store.Store.
func (s *Store) Get(ctx context.Context, key string, off, n int64) (io.ReadCloser, error) {
	f := s.fate(Get, key)
	if err := s.start(ctx, f, Get, key); err != nil {
		return nil, err
	}
	r, err := s.inner.Get(ctx, key, off, n)
	if err != nil || !f.truncate && !f.corrupt {
		return r, err
	}
	info, err := s.inner.Stat(ctx, key)
	if err != nil {
		r.Close()
		return nil, err
	}
	size := max(0, info.Size-off)
	if n >= 0 {
		size = min(size, n)
	}
	b := &body{ReadCloser: r, s: s, key: key, cut: -1, flip: -1}
	if f.truncate {
		b.cut = int64(f.at * float64(size))
	} else if size > 0 {
		b.flip = int64(f.at * float64(size))
	}
	return b, nil
}

// List implements store.Store. One that breaks off does so after its first Info.
func (s *Store) List(ctx context.Context, prefix string, opt store.ListOptions) iter.Seq2[store.Info, error] {
	return func(yield func(store.Info, error) bool) {
		f := s.fate(List, prefix)
		if err := s.start(ctx, f, List, prefix); err != nil {
			yield(store.Info{}, err)
			return
		}
		for info, err := range s.inner.List(ctx, prefix, opt) {
			if !yield(info, err) || err != nil {
				return
			}
			if f.truncate {
				yield(store.Info{}, store.Fail(s, "list", prefix, ErrInjected))
				return
			}
		}
	}
}

// ImportFile implements store.Importer. Where inner is one too, it is a write
// whose key, for Options, is the last element of path: the object's is not known yet.
func (s *Store) ImportFile(ctx context.Context, path string, key func(sum [32]byte) string) (sum [32]byte, size int64, err error) {
	i, ok := s.inner.(store.Importer)
	if !ok {
		return store.ImportByPut(ctx, s, path, key)
	}
	err = s.write(ctx, Put, filepath.Base(path), func() error {
		sum, size, err = i.ImportFile(ctx, path, key)
		return err
	})
	if err != nil {
		return [32]byte{}, 0, err
	}
	return sum, size, nil
}

// ExportFile implements store.Exporter, by Get, so that bodies can break off.
func (s *Store) ExportFile(ctx context.Context, key, path string) (sum [32]byte, err error) {
	return store.ExportByGet(ctx, s, key, path)
}

// body is one that breaks off before byte cut, or has another byte flip.
type body struct {
	io.ReadCloser
	s         *Store
	key       string
	cut, flip int64 // -1 for none
	at        int64
}

func (b *body) Read(p []byte) (int, error) {
	if b.cut >= 0 {
		if b.at >= b.cut {
			return 0, store.Fail(b.s, "get", b.key, fmt.Errorf("%w: %w", ErrInjected, io.ErrUnexpectedEOF))
		}
		p = p[:min(int64(len(p)), b.cut-b.at)]
	}
	n, err := b.ReadCloser.Read(p)
	if i := b.flip - b.at; b.flip >= 0 && 0 <= i && i < int64(n) {
		p[i] ^= 1
	}
	b.at += int64(n)
	return n, err
}

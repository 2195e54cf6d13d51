// Package mem is a store in memory, for tests and for runs that nobody will
// ask about. It does exactly what the contract of store.Store says, and refuses
// a key under another object's key, which other kinds of stores let pass or
// fail on late.
package mem

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/flowc-dev/flowc/store"
)

// Store is a store in memory. Its methods may be called concurrently.
type Store struct {
	name    string
	mu      sync.RWMutex
	objects map[string]object
	folders map[string]int // how many objects lie under "a/b"
}

type object struct {
	data     []byte // never changed
	modified time.Time
}

// New returns an empty store. The name is part of its URL and nothing else.
func New(name string) *Store {
	return &Store{name: name, objects: map[string]object{}, folders: map[string]int{}}
}

var named sync.Map // string -> *Store

// Named returns the store of that name in this process: the same one each time.
func Named(name string) *Store {
	s, _ := named.LoadOrStore(name, New(name))
	return s.(*Store)
}

// URL is "mem:" and the name.
func (s *Store) URL() string { return "mem:" + s.name }

// Put implements store.Store.
func (s *Store) Put(ctx context.Context, key string, body io.ReadSeeker) error {
	return store.Fail(s, "put", key, s.put(ctx, key, body))
}

func (s *Store) put(ctx context.Context, key string, body io.ReadSeeker) error {
	if err := ready(ctx, key); err != nil {
		return err
	}
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return err
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.objects[key]; ok {
		return store.ErrExists
	}
	if s.folders[key] > 0 {
		return fmt.Errorf("%w: there are objects under it", store.ErrBadKey)
	}
	for folder := range folders(key) {
		if _, ok := s.objects[folder]; ok {
			return fmt.Errorf("%w: %s is an object", store.ErrBadKey, folder)
		}
	}
	s.objects[key] = object{data, time.Now()}
	for folder := range folders(key) {
		s.folders[folder]++
	}
	return nil
}

// Get implements store.Store.
func (s *Store) Get(ctx context.Context, key string, off, n int64) (io.ReadCloser, error) {
	o, err := s.find(ctx, key)
	if err == nil && off < 0 {
		err = errors.New("negative offset")
	}
	if err != nil {
		return nil, store.Fail(s, "get", key, err)
	}
	data := o.data[min(off, int64(len(o.data))):]
	if n >= 0 {
		data = data[:min(n, int64(len(data)))]
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

// Stat implements store.Store.
func (s *Store) Stat(ctx context.Context, key string) (store.Info, error) {
	o, err := s.find(ctx, key)
	if err != nil {
		return store.Info{}, store.Fail(s, "stat", key, err)
	}
	return o.info(key), nil
}

func (s *Store) find(ctx context.Context, key string) (object, error) {
	if err := ready(ctx, key); err != nil {
		return object{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	o, ok := s.objects[key]
	if !ok {
		return object{}, store.ErrNotFound
	}
	return o, nil
}

// List implements store.Store. What it yields is the store at one moment.
func (s *Store) List(ctx context.Context, prefix string, opt store.ListOptions) iter.Seq2[store.Info, error] {
	return func(yield func(store.Info, error) bool) {
		if err := store.CheckPrefix(prefix); err != nil {
			yield(store.Info{}, store.Fail(s, "list", prefix, err))
			return
		}
		for _, info := range s.snapshot(prefix, opt) {
			if err := ctx.Err(); err != nil {
				yield(store.Info{}, store.Fail(s, "list", prefix, err))
				return
			}
			if !yield(info, nil) {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(store.Info{}, store.Fail(s, "list", prefix, err))
		}
	}
}

func (s *Store) snapshot(prefix string, opt store.ListOptions) []store.Info {
	s.mu.RLock()
	defer s.mu.RUnlock()
	found := map[string]store.Info{}
	for key, o := range s.objects {
		rest, ok := strings.CutPrefix(key, prefix)
		if !ok {
			continue
		}
		info := o.info(key)
		if i := strings.IndexByte(rest, '/'); opt.Shallow && i >= 0 {
			info = store.Info{Key: prefix + rest[:i+1], Prefix: true}
		}
		if info.Key > opt.After {
			found[info.Key] = info
		}
	}
	infos := make([]store.Info, 0, len(found))
	for _, info := range found {
		infos = append(infos, info)
	}
	slices.SortFunc(infos, func(a, b store.Info) int { return strings.Compare(a.Key, b.Key) })
	return infos
}

// Delete implements store.Store.
func (s *Store) Delete(ctx context.Context, key string) error {
	if err := ready(ctx, key); err != nil {
		return store.Fail(s, "delete", key, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.objects[key]; !ok {
		return nil
	}
	delete(s.objects, key)
	for folder := range folders(key) {
		if s.folders[folder]--; s.folders[folder] == 0 {
			delete(s.folders, folder)
		}
	}
	return nil
}

func (o object) info(key string) store.Info {
	return store.Info{Key: key, Size: int64(len(o.data)), Modified: o.modified}
}

func ready(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return store.CheckKey(key)
}

// folders yields "a", "a/b" of "a/b/c".
func folders(key string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range len(key) {
			if key[i] == '/' && !yield(key[:i]) {
				return
			}
		}
	}
}

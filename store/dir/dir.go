// Package dir is a store in a directory, for one machine or a shared file
// system. The object of key a/b/c is the file a/b/c, as it is, read-only; so a
// store can be looked at, copied and checked with ordinary tools.
//
// # Atomicity
//
// An object is written to a file of its own under "@tmp" (no key has an "@"),
// and then linked to its place. link(2) fails where there is something already,
// so of any number of racing processes exactly one creates an object, and
// nobody ever sees half of one. A process that is killed leaves its folder
// under @tmp; the next process that writes finds that nobody holds that
// folder's lock any more and removes it.
//
// # Durability
//
// Put returns when all bytes of the object are on the device, and before its
// name is: after a crash of the machine an object is there as a whole or not at
// all, and objects that were put before it are there if it is, but the last
// seconds may be missing (a run is resumed from what is there). On ext4 and XFS,
// whose journals write names and sizes in the order in which they came about,
// waiting for the bytes (sync_file_range) is enough for that; elsewhere the
// file is synced (fsync). Crashing both file systems on purpose while objects
// were being written showed torn objects by the thousand without either call,
// some with sync_file_range that starts writing but doesn't wait, and none with
// the call that waits. One small object costs about 0.15 ms that way and
// 0.3 ms with fsync, on a virtual machine's SSD; syncing the directory also, so
// that the name is safe, costs 0.5 ms.
//
// # Trust
//
// All access goes through os.Root: no key and no symbolic link inside the
// directory leads out of it. What is neither a folder nor a regular file, or
// has a name that no key has, is not part of the store.
package dir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sync"
	"syscall"

	"github.com/flowc-dev/flowc/store"
)

// Store is a store in a directory. It also is a store.Importer and a
// store.Exporter. Its methods may be called concurrently, by any number of
// processes.
type Store struct {
	path string

	mu   sync.Mutex
	root *os.Root    // nil until the directory is there
	is   fs.FileInfo // of root
	tmp  *session    // nil until the first write
}

// Open returns the store in the directory path. The directory is made by the
// first write; until then the store is empty.
func Open(path string) (*Store, error) {
	if path == "" {
		return nil, errors.New("the path of a store is empty")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	s := &Store{path: abs}
	if _, err := s.open(false); err != nil && !errors.Is(err, store.ErrNotFound) {
		return nil, fmt.Errorf("open the store %s: %w", path, err)
	}
	return s, nil
}

// URL is the absolute path of the directory.
func (s *Store) URL() string { return s.path }

// open returns the root directory. Where there is none, it makes one if create
// is set, and returns ErrNotFound if it isn't.
func (s *Store) open(create bool) (*os.Root, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.root != nil {
		now, err := os.Stat(s.path)
		if err == nil && os.SameFile(now, s.is) || err != nil && !errors.Is(err, fs.ErrNotExist) {
			return s.root, nil
		}
		// Somebody deleted the store, and maybe began another one there.
		s.root, s.tmp = nil, nil
	}
	root, err := os.OpenRoot(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		if !create {
			return nil, fmt.Errorf("%w: there is no directory %s", store.ErrNotFound, s.path)
		}
		if err := os.MkdirAll(s.path, 0o777); err != nil {
			return nil, err
		}
		root, err = os.OpenRoot(s.path)
	}
	if err != nil {
		return nil, err
	}
	if s.is, err = root.Stat("."); err != nil {
		root.Close()
		return nil, err
	}
	s.root = root
	return root, nil
}

// Close gives back what the store holds of the system: a directory and, once it
// has written, a folder for temporary files. A process that ends without it
// does no harm. No other method may be called during Close; one called later
// opens the store again.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.tmp != nil {
		err = s.tmp.close()
		s.tmp = nil
	}
	if s.root != nil {
		err = errors.Join(err, s.root.Close())
		s.root = nil
	}
	return store.Fail(s, "close", "", err)
}

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
	t, err := s.newTemp()
	if err != nil {
		return err
	}
	defer t.discard()
	if _, err := copyBytes(ctx, t.file, body, nil); err != nil {
		return err
	}
	return t.publish(ctx, key)
}

// Get implements store.Store.
func (s *Store) Get(ctx context.Context, key string, off, n int64) (io.ReadCloser, error) {
	f, size, err := s.openObject(ctx, key)
	if err != nil {
		return nil, store.Fail(s, "get", key, err)
	}
	switch {
	case off < 0:
		err = errors.New("negative offset")
	case off > 0:
		_, err = f.Seek(off, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return nil, store.Fail(s, "get", key, err)
	}
	rest := max(0, size-off)
	if n >= 0 {
		rest = min(rest, n)
	}
	return &reader{f: f, rest: rest}, nil
}

// openObject opens the file of an object and returns its size.
func (s *Store) openObject(ctx context.Context, key string) (*os.File, int64, error) {
	if err := ready(ctx, key); err != nil {
		return nil, 0, err
	}
	root, err := s.open(false)
	if err != nil {
		return nil, 0, err
	}
	// Without blocking: something put there a named pipe, maybe.
	f, err := root.OpenFile(key, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, 0, missing(err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = store.ErrNotFound
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// Stat implements store.Store.
func (s *Store) Stat(ctx context.Context, key string) (store.Info, error) {
	info, err := s.stat(ctx, key)
	return info, store.Fail(s, "stat", key, err)
}

func (s *Store) stat(ctx context.Context, key string) (store.Info, error) {
	if err := ready(ctx, key); err != nil {
		return store.Info{}, err
	}
	root, err := s.open(false)
	if err != nil {
		return store.Info{}, err
	}
	info, err := root.Lstat(key)
	if err != nil {
		return store.Info{}, missing(err)
	}
	if !info.Mode().IsRegular() {
		return store.Info{}, store.ErrNotFound
	}
	return store.Info{Key: key, Size: info.Size(), Modified: info.ModTime()}, nil
}

// Delete implements store.Store. Folders that become empty go too.
func (s *Store) Delete(ctx context.Context, key string) error {
	return store.Fail(s, "delete", key, s.delete(ctx, key))
}

func (s *Store) delete(ctx context.Context, key string) error {
	if err := ready(ctx, key); err != nil {
		return err
	}
	root, err := s.open(false)
	if err != nil {
		return gone(err)
	}
	info, err := root.Lstat(key)
	if err != nil {
		return gone(missing(err))
	}
	if !info.Mode().IsRegular() {
		return nil
	}
	if err := root.Remove(key); err != nil {
		return gone(missing(err))
	}
	for folder := path.Dir(key); folder != "."; folder = path.Dir(folder) {
		if root.Remove(folder) != nil {
			break
		}
	}
	return nil
}

func ready(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return store.CheckKey(key)
}

// missing turns the file system's words for "nothing there" into ErrNotFound.
func missing(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return store.ErrNotFound
	}
	return err
}

// gone is for deletes: nothing there is fine.
func gone(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}

// reader reads a part of an object, and knows how long it has to be.
type reader struct {
	f    *os.File
	rest int64
}

func (r *reader) Read(p []byte) (int, error) {
	if r.rest == 0 {
		return 0, io.EOF
	}
	if int64(len(p)) > r.rest {
		p = p[:r.rest]
	}
	n, err := r.f.Read(p)
	r.rest -= int64(n)
	if err == io.EOF && r.rest > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

func (r *reader) Close() error { return r.f.Close() }

package dir

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/flowc-dev/flowc/store"
)

// tmpDir holds one folder for each process that writes, and beside it a file
// with ".lock" behind the folder's name, on which that process holds a lock.
// The lock comes before the folder and goes after it: a folder without a locked
// file belongs to nobody.
const (
	tmpDir     = "@tmp"
	lockSuffix = ".lock"
)

// session is this process's folder of temporary files. The lock ends with the
// process, or when the Store is no longer used.
type session struct {
	top  *os.Root // the store
	root *os.Root // the folder
	name string   // its path in the store
	lock *os.File
	next atomic.Uint64
}

// session returns the folder for temporary files, and on first use removes
// those that killed processes left.
func (s *Store) session() (*session, error) {
	root, err := s.open(true)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tmp != nil {
		return s.tmp, nil
	}
	if err := root.Mkdir(tmpDir, 0o777); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	sweep(root)
	for range 10 {
		tmp, err := newSession(root)
		if err != nil {
			return nil, err
		}
		if tmp != nil {
			s.tmp = tmp
			return tmp, nil
		}
	}
	return nil, fmt.Errorf("no folder of one's own under %s: other processes remove it each time", tmpDir)
}

// newSession makes a folder and its lock. It returns nil if another process
// took the lock in the moment before it was held, to remove what looked dead.
func newSession(root *os.Root) (*session, error) {
	name := path.Join(tmpDir, strings.ToLower(rand.Text()[:16]))
	lock, err := root.OpenFile(name+lockSuffix, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err
	}
	if !tryLock(lock, own) || !samePlace(root, name+lockSuffix, lock) {
		lock.Close()
		return nil, nil
	}
	if err := root.Mkdir(name, 0o777); err != nil {
		lock.Close()
		return nil, err
	}
	folder, err := root.OpenRoot(name)
	if err != nil {
		lock.Close()
		return nil, err
	}
	return &session{top: root, root: folder, name: name, lock: lock}, nil
}

// close removes the folder and gives up the lock.
func (t *session) close() error {
	err := errors.Join(t.root.Close(), t.top.RemoveAll(t.name))
	if err == nil {
		err = t.top.Remove(t.name + lockSuffix)
	}
	return errors.Join(err, t.lock.Close())
}

// owner says whose lock it is that tryLock tries.
type owner int

const (
	own owner = iota
	others
)

// byAge is for systems without such locks: one's own lock is always to be had,
// that of others when it is so old that they must be dead.
func byAge(lock *os.File, whose owner) bool {
	if whose == own {
		return true
	}
	info, err := lock.Stat()
	return err == nil && time.Since(info.ModTime()) > 7*24*time.Hour
}

func samePlace(root *os.Root, name string, f *os.File) bool {
	there, err := root.Lstat(name)
	if err != nil {
		return false
	}
	here, err := f.Stat()
	return err == nil && os.SameFile(here, there)
}

// sweep removes what killed processes left under tmpDir. It is best effort:
// what it can't remove stays for the next one.
func sweep(root *os.Root) {
	f, err := root.Open(tmpDir)
	if err != nil {
		return
	}
	names, _ := f.Readdirnames(-1)
	f.Close()
	for _, name := range names {
		folder := path.Join(tmpDir, strings.TrimSuffix(name, lockSuffix))
		lock, err := root.OpenFile(folder+lockSuffix, os.O_RDWR, 0)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			root.RemoveAll(folder)
		case err != nil:
		default:
			if tryLock(lock, others) && samePlace(root, folder+lockSuffix, lock) {
				if root.RemoveAll(folder) == nil {
					root.Remove(folder + lockSuffix)
				}
			}
			lock.Close()
		}
	}
}

// temp is an object on its way into the store.
type temp struct {
	tmp  *session
	name string // in the session's folder
	file *os.File
}

func (s *Store) newTemp() (*temp, error) {
	tmp, err := s.session()
	if err != nil {
		return nil, err
	}
	name := strconv.FormatUint(tmp.next.Add(1), 10)
	f, err := tmp.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o444)
	if err != nil {
		return nil, err
	}
	return &temp{tmp: tmp, name: name, file: f}, nil
}

// discard removes the temporary name; the object, if it was published, stays.
func (t *temp) discard() {
	t.file.Close()
	t.tmp.root.Remove(t.name)
}

// publish makes the file the object of key, or returns ErrExists.
func (t *temp) publish(ctx context.Context, key string) error {
	if err := settle(t.file); err != nil {
		return err
	}
	root, folder := t.tmp.top, path.Dir(key)
	for range 1000 {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := root.Link(path.Join(t.tmp.name, t.name), key)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, fs.ErrExist):
			return t.taken(root, key)
		case errors.Is(err, syscall.ENOTDIR):
			if err := underObject(root, folder); err != nil {
				return err
			}
			return err
		case !errors.Is(err, fs.ErrNotExist) || folder == ".":
			return err
		}
		// The folder isn't there, or a Delete that emptied it took it away again.
		if _, err := t.tmp.root.Lstat(t.name); err != nil {
			return fmt.Errorf("the temporary file %s/%s is gone: %w", t.tmp.name, t.name, err)
		}
		switch err := root.MkdirAll(folder, 0o777); {
		case err == nil, errors.Is(err, fs.ErrNotExist):
		case errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrExist):
			if err := underObject(root, folder); err != nil {
				return err
			}
		default:
			return err
		}
	}
	return errors.New("its folder can't be made, or is removed each time")
}

// underObject returns ErrBadKey if a folder can't be, because it or one above
// it is the key of an object.
func underObject(root *os.Root, folder string) error {
	for ; folder != "."; folder = path.Dir(folder) {
		if info, err := root.Lstat(folder); err == nil && !info.IsDir() && info.Mode()&fs.ModeSymlink == 0 {
			return fmt.Errorf("%w: %s is an object", store.ErrBadKey, folder)
		}
	}
	return nil
}

// taken says what link's "exists" means.
func (t *temp) taken(root *os.Root, key string) error {
	there, err := root.Lstat(key)
	if err != nil {
		return store.ErrExists // deleted again in the meantime
	}
	if there.IsDir() {
		return fmt.Errorf("%w: there are objects under it", store.ErrBadKey)
	}
	// A network file system may repeat a link whose reply it lost.
	if here, err := t.file.Stat(); err == nil && os.SameFile(here, there) {
		return nil
	}
	return store.ErrExists
}

package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
)

// ImportFile copies the regular file at path into s under key(sum), as
// [Importer] says. In a store without that ability it reads the file twice: for
// its sum, and, where the object isn't there yet, for its bytes.
func ImportFile(ctx context.Context, s Store, path string, key func(sum [32]byte) string) (sum [32]byte, n int64, err error) {
	if i, ok := s.(Importer); ok {
		return i.ImportFile(ctx, path, key)
	}
	return ImportByPut(ctx, s, path, key)
}

// ImportByPut is ImportFile by nothing but Stat and Put, for wrappers of stores.
func ImportByPut(ctx context.Context, s Store, path string, key func(sum [32]byte) string) (sum [32]byte, n int64, err error) {
	f, err := OpenRegular(path)
	if err != nil {
		return sum, 0, Fail(s, "import", path, err)
	}
	defer f.Close()
	h := sha256.New()
	n, err = io.Copy(h, contextReader{ctx, f})
	if err != nil {
		return sum, 0, Fail(s, "import", path, err)
	}
	h.Sum(sum[:0])
	k := key(sum)
	switch _, err := s.Stat(ctx, k); {
	case err == nil:
		return sum, n, nil
	case !errors.Is(err, ErrNotFound):
		return sum, 0, err
	}
	err = s.Put(ctx, k, &unchanged{f: f, path: path, size: n, sum: sum, hash: sha256.New()})
	if err != nil && !errors.Is(err, ErrExists) {
		return sum, 0, err
	}
	return sum, n, nil
}

// ExportFile creates the file path with the bytes of an object and returns
// their sha256, as [Exporter] says.
func ExportFile(ctx context.Context, s Store, key, path string) (sum [32]byte, err error) {
	if e, ok := s.(Exporter); ok {
		return e.ExportFile(ctx, key, path)
	}
	return ExportByGet(ctx, s, key, path)
}

// ExportByGet is ExportFile by nothing but Get, for wrappers of stores.
func ExportByGet(ctx context.Context, s Store, key, path string) (sum [32]byte, err error) {
	r, err := s.Get(ctx, key, 0, -1)
	if err != nil {
		return sum, err
	}
	defer r.Close()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return sum, &Error{Store: s.URL(), Op: "export", Key: key, Err: err}
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(f, h), contextReader{ctx, r})
	if err == nil {
		err = f.Close()
	} else {
		f.Close()
	}
	if err != nil {
		os.Remove(path)
		return sum, Fail(s, "export", key, err)
	}
	h.Sum(sum[:0])
	return sum, nil
}

// OpenRegular opens a file to read it, and refuses what is no regular file
// without waiting for it, as opening a pipe would.
func OpenRegular(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("it is %s, not a regular file", KindOf(info.Mode()))
	}
	return os.Open(path)
}

// KindOf names a kind of file, with its article.
func KindOf(mode os.FileMode) string {
	switch {
	case mode.IsRegular():
		return "a regular file"
	case mode.IsDir():
		return "a folder"
	case mode&os.ModeSymlink != 0:
		return "a symbolic link"
	case mode&os.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&os.ModeSocket != 0:
		return "a socket"
	case mode&os.ModeDevice != 0:
		return "a device"
	}
	return "a special file"
}

// unchanged reads a file whose sum is known and ends in an error, not in EOF,
// if the bytes aren't those of the sum: no object may have another's key.
type unchanged struct {
	f    *os.File
	path string
	size int64
	sum  [32]byte
	hash hash.Hash
	at   int64 // of hash and f
}

func (u *unchanged) Read(p []byte) (int, error) {
	n, err := u.f.Read(p)
	u.hash.Write(p[:n])
	u.at += int64(n)
	if err == nil && u.at < u.size {
		return n, nil
	}
	if err != nil && err != io.EOF {
		return n, err
	}
	// At the size that was known the sum is due, since not all readers read on to EOF.
	if u.at != u.size || [32]byte(u.hash.Sum(nil)) != u.sum {
		return 0, fmt.Errorf("%s was changed while it was being read", u.path)
	}
	return n, err
}

// Seek supports what a Put needs: asking for the size, and going back to the start.
func (u *unchanged) Seek(offset int64, whence int) (int64, error) {
	switch {
	case whence == io.SeekCurrent && offset == 0:
		return u.at, nil
	case whence == io.SeekEnd && offset == 0:
		u.at = u.size
		return u.f.Seek(u.size, io.SeekStart)
	case whence == io.SeekStart && offset == 0:
		u.hash.Reset()
		u.at = 0
		return u.f.Seek(0, io.SeekStart)
	}
	return 0, fmt.Errorf("%s is read from its start only", u.path)
}

type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

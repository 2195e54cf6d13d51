package dir

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/flowc-dev/flowc/store"
)

// smallFile is the size in bytes below which a file is read into memory first.
const smallFile = 256 << 10

var smalls = sync.Pool{New: func() any { return new([smallFile]byte) }}

// ImportFile implements store.Importer. A file of less than smallFile is read
// before anything is written, so one that is there already costs no write. A
// larger one is cloned where the file system can, and is otherwise hashed while
// it is being copied.
func (s *Store) ImportFile(ctx context.Context, path string, key func(sum [32]byte) string) (sum [32]byte, size int64, err error) {
	sum, size, err = s.importFile(ctx, path, key)
	if err != nil {
		return [32]byte{}, 0, store.Fail(s, "import", path, err)
	}
	return sum, size, nil
}

func (s *Store) importFile(ctx context.Context, path string, key func(sum [32]byte) string) (sum [32]byte, size int64, err error) {
	if err := ctx.Err(); err != nil {
		return sum, 0, err
	}
	f, err := store.OpenRegular(path)
	if err != nil {
		return sum, 0, err
	}
	defer f.Close()
	small := smalls.Get().(*[smallFile]byte)
	defer smalls.Put(small)
	n, err := io.ReadFull(f, small[:])
	if err == io.EOF || err == io.ErrUnexpectedEOF { // it ended: a small file
		sum = sha256.Sum256(small[:n])
		k := key(sum)
		if _, err := s.stat(ctx, k); err == nil || !errors.Is(err, store.ErrNotFound) {
			return sum, int64(n), err
		}
		return sum, int64(n), existing(s.put(ctx, k, bytes.NewReader(small[:n])))
	}
	if err != nil {
		return sum, 0, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return sum, 0, err
	}
	t, err := s.newTemp()
	if err != nil {
		return sum, 0, err
	}
	defer t.discard()
	sum, size, err = cloneOrCopy(ctx, t.file, f)
	if err != nil {
		return sum, 0, err
	}
	k := key(sum)
	if _, err := s.stat(ctx, k); err == nil || !errors.Is(err, store.ErrNotFound) {
		return sum, size, err // there already, or a bad key
	}
	return sum, size, existing(t.publish(ctx, k))
}

// existing is for imports: an object that is there already is the same.
func existing(err error) error {
	if errors.Is(err, store.ErrExists) {
		return nil
	}
	return err
}

// ExportFile implements store.Exporter, by a clone where the file system can.
func (s *Store) ExportFile(ctx context.Context, key, path string) (sum [32]byte, err error) {
	sum, err = s.exportFile(ctx, key, path)
	if err != nil {
		return [32]byte{}, store.Fail(s, "export", key, err)
	}
	return sum, nil
}

func (s *Store) exportFile(ctx context.Context, key, path string) (sum [32]byte, err error) {
	src, size, err := s.openObject(ctx, key)
	if err != nil {
		return sum, err
	}
	defer src.Close()
	dst, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return sum, fmt.Errorf("make the file: %w", err)
	}
	sum, n, err := cloneOrCopy(ctx, dst, src)
	if err == nil && n != size {
		err = io.ErrUnexpectedEOF
	}
	if closing := dst.Close(); err == nil {
		err = closing
	}
	if err != nil {
		os.Remove(path)
	}
	return sum, err
}

// cloneOrCopy fills the empty file dst with the bytes of src, and returns the
// sum and number of the bytes that dst has: src may be changed meanwhile.
func cloneOrCopy(ctx context.Context, dst, src *os.File) (sum [32]byte, n int64, err error) {
	h := newHasher()
	if clone(dst, src) == nil {
		n, err = copyBytes(ctx, nil, dst, h)
	} else {
		n, err = copyBytes(ctx, dst, src, h)
	}
	return h.sum(), n, err
}

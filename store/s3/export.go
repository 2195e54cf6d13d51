package s3

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/flowc-dev/flowc/store"
)

// ExportFile implements store.Exporter.
func (s *Store) ExportFile(ctx context.Context, key, path string) (sum [32]byte, err error) {
	sum, err = s.exportFile(ctx, key, path)
	if err != nil {
		return [32]byte{}, store.Fail(s, "export", key, err)
	}
	return sum, nil
}

func (s *Store) exportFile(ctx context.Context, key, path string) (sum [32]byte, err error) {
	if err := ready(ctx, key); err != nil {
		return sum, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return sum, fmt.Errorf("make the file: %w", err)
	}
	sum, err = s.download(ctx, key, f)
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err != nil {
		os.Remove(path)
	}
	return sum, err
}

// download fills the empty file f with an object. The first reply tells its
// size; where there is more, the rest comes by parallel ranges.
func (s *Store) download(ctx context.Context, key string, f *os.File) ([32]byte, error) {
	group, ctx := errgroup.WithContext(ctx)
	defer group.Wait()
	first := &reader{s: s, ctx: ctx, key: key, end: s.tune.part}
	if err := first.open(true); err != nil {
		return [32]byte{}, err
	}
	defer first.Close()
	if first.size <= s.tune.part {
		h := sha256.New()
		err := copyTo(io.MultiWriter(f, h), first)
		return [32]byte(h.Sum(nil)), err
	}
	if err := allocate(f, first.size); err != nil {
		return [32]byte{}, err
	}
	// Parts are hashed in their order, from the file, once they are there.
	ranges := int((first.size + s.tune.part - 1) / s.tune.part)
	there := make([]chan struct{}, ranges)
	for i := range there {
		there[i] = make(chan struct{})
	}
	var sum [32]byte
	group.SetLimit(s.tune.transfer + 1)
	group.Go(func() (err error) {
		sum, err = s.hashInOrder(ctx, f, there)
		return err
	})
	for i := range ranges {
		group.Go(func() error {
			r := first
			off := int64(i) * s.tune.part
			if i > 0 {
				r = &reader{s: s, ctx: ctx, key: key, next: off, end: min(off+s.tune.part, first.size), etag: first.etag}
				if err := r.open(true); err != nil {
					return err
				}
				defer r.Close()
			}
			if err := copyTo(io.NewOffsetWriter(f, off), r); err != nil {
				return err
			}
			close(there[i])
			return nil
		})
	}
	err := group.Wait()
	return sum, err
}

// hashInOrder hashes a file whose ranges come to be there one by one.
func (s *Store) hashInOrder(ctx context.Context, f io.ReaderAt, there []chan struct{}) ([32]byte, error) {
	h := sha256.New()
	for i, ready := range there {
		select {
		case <-ready:
		case <-ctx.Done():
			return [32]byte{}, ctx.Err()
		}
		if err := copyTo(h, io.NewSectionReader(f, int64(i)*s.tune.part, s.tune.part)); err != nil {
			return [32]byte{}, err
		}
	}
	return [32]byte(h.Sum(nil)), nil
}

// copyTo copies with a large buffer.
func copyTo(w io.Writer, r io.Reader) error {
	buf := copyBuffers.Get().(*[]byte)
	defer copyBuffers.Put(buf)
	_, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{r}, *buf)
	return err
}

var copyBuffers = sync.Pool{New: func() any {
	buf := make([]byte, 256<<10)
	return &buf
}}

package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/flowc-dev/flowc/store"
)

// Put implements store.Store.
func (s *Store) Put(ctx context.Context, key string, body io.ReadSeeker) error {
	return store.Fail(s, "put", key, s.put(ctx, key, body))
}

func (s *Store) put(ctx context.Context, key string, body io.ReadSeeker) error {
	if err := ready(ctx, key); err != nil {
		return err
	}
	size, err := body.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if size > s.tune.part {
		return s.putParts(ctx, key, size, func(ctx context.Context, send func(part) error) error {
			return s.readParts(ctx, body, size, send)
		})
	}
	buf, release, err := s.buffer(ctx, size)
	if err != nil {
		return err
	}
	defer release()
	if err := readBody(body, buf); err != nil {
		return err
	}
	return s.putWhole(ctx, key, bytes.NewReader(buf), size, sha256.Sum256(buf))
}

// readBody fills buf with all of body, from its start.
func readBody(body io.ReadSeeker, buf []byte) error {
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := readFull(body, buf); err != nil {
		return err
	}
	return atEnd(body)
}

// readFull fills buf from a body that said it has that much.
func readFull(body io.Reader, buf []byte) error {
	n, err := io.ReadFull(body, buf)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("the body ended %d bytes early", len(buf)-n)
	}
	return err
}

// atEnd tells whether a body ends where it said it does. A body that checks
// itself says only there that something was wrong.
func atEnd(body io.Reader) error {
	var one [1]byte
	switch n, err := io.ReadFull(body, one[:]); {
	case n > 0:
		return errors.New("the body has more bytes than it said")
	case err != io.EOF:
		return err
	}
	return nil
}

// putWhole creates an object by one request.
func (s *Store) putWhole(ctx context.Context, key string, body io.ReadSeeker, size int64, sum [32]byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	_, err := s.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket:        s.bucket(),
		Key:           s.name(key),
		Body:          body,
		ContentLength: &size,
		IfNoneMatch:   &ifNone,
	}, signed(sum), conflicts)
	return s.explain(ctx, err)
}

// ifNone makes a write conditional: no object may be there.
var ifNone = "*"

// smallBody is the size in bytes of bodies that need no leave to be in memory.
const smallBody = 64 << 10

// buffer returns n bytes of memory, n being at most tune.part. For more than a
// few it waits until not too many are in use. The caller releases them.
func (s *Store) buffer(ctx context.Context, n int64) (buf []byte, release func(), err error) {
	if n <= smallBody {
		return make([]byte, n), func() {}, nil
	}
	select {
	case s.buffering <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	if n <= s.tune.part/4 { // too small to keep a whole one for
		return make([]byte, n), func() { <-s.buffering }, nil
	}
	whole, ok := s.buffers.Get().(*[]byte)
	if !ok || int64(cap(*whole)) < n {
		made := make([]byte, max(n, s.tune.part))
		whole = &made
	}
	return (*whole)[:n], func() {
		s.buffers.Put(whole)
		<-s.buffering
	}, nil
}

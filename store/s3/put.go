package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

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
		return s.putParts(ctx, key, s.bodyParts(body, size))
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
	return s.write(ctx, key, func() error {
		if _, err := body.Seek(0, io.SeekStart); err != nil {
			return err
		}
		_, err := s.client.PutObject(ctx, &s3.PutObjectInput{
			Bucket:        s.bucket(),
			Key:           s.name(key),
			Body:          body,
			ContentLength: &size,
			IfNoneMatch:   &ifNone,
		}, signed(sum))
		return s.explain(ctx, err)
	})
}

// write tries to create an object until it is clear whether it could.
func (s *Store) write(ctx context.Context, key string, try func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for attempt := 1; ; attempt++ {
		err := try()
		switch {
		case err == nil, attempt == s.tune.attempts:
			return err
		case code(err) == "ConditionalRequestConflict":
			// Another write of the key was under way. It may have failed, too.
			if _, err := s.stat(ctx, key); err == nil {
				return store.ErrExists
			}
		case errors.Is(err, store.ErrBadKey):
			// A server on a file system says so, too, when someone deleted the
			// last object of a folder just now and the folder with it.
			if why := s.blocked(ctx, key); why != nil {
				return why
			}
		default:
			return err
		}
		if err := sleep(ctx, rand.N(s.tune.pause<<min(attempt-1, 6))); err != nil {
			return err
		}
	}
}

// blocked says why a key can't be that of an object where keys are paths: one
// of its folders is an object, or it is a folder.
func (s *Store) blocked(ctx context.Context, key string) error {
	for i := range len(key) {
		if key[i] != '/' {
			continue
		}
		switch _, err := s.stat(ctx, key[:i]); {
		case err == nil:
			return fmt.Errorf("%w: %s is an object", store.ErrBadKey, key[:i])
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
	}
	for _, err := range s.List(ctx, key+"/", store.ListOptions{}) {
		if err != nil {
			return err
		}
		return fmt.Errorf("%w: there are objects under it", store.ErrBadKey)
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ifNone makes a write conditional: no object may be there.
var ifNone = "*"

// smallBody is the size in bytes of bodies that need no leave to be in memory.
const smallBody = 64 << 10

// buffer returns n bytes of memory, for a body or a part of one. For more than a
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

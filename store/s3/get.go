package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/flowc-dev/flowc/store"
)

// Stat implements store.Store.
func (s *Store) Stat(ctx context.Context, key string) (store.Info, error) {
	info, err := s.stat(ctx, key)
	return info, store.Fail(s, "stat", key, err)
}

func (s *Store) stat(ctx context.Context, key string) (store.Info, error) {
	if err := ready(ctx, key); err != nil {
		return store.Info{}, err
	}
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: s.bucket(), Key: s.name(key)})
	if err == nil {
		s.bucketIs.Store(true)
		info := store.Info{Key: key}
		if out.ContentLength != nil {
			info.Size = *out.ContentLength
		}
		if out.LastModified != nil {
			info.Modified = *out.LastModified
		}
		return info, nil
	}
	err = s.explain(ctx, err)
	if errors.Is(err, store.ErrNotFound) {
		if missing := s.checkBucket(ctx); missing != nil {
			return store.Info{}, missing
		}
	}
	return store.Info{}, err
}

// checkBucket tells a missing bucket from a missing object, which a reply
// without a body can't. It asks once in the life of the store.
func (s *Store) checkBucket(ctx context.Context) error {
	if s.bucketIs.Load() {
		return nil
	}
	_, err := s.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: s.bucket()})
	if errors.Is(s.explain(ctx, err), store.ErrNotFound) {
		return s.noBucket(err, ", or it doesn't know the credentials") // some answer that with 404
	}
	s.bucketIs.Store(true) // or it is there and can't be looked at, as other errors will say
	return nil
}

// Get implements store.Store. The reader goes on where a connection breaks.
func (s *Store) Get(ctx context.Context, key string, off, n int64) (io.ReadCloser, error) {
	r, err := s.get(ctx, key, off, n)
	if err != nil {
		return nil, store.Fail(s, "get", key, err)
	}
	return r, nil
}

func (s *Store) get(ctx context.Context, key string, off, n int64) (*reader, error) {
	if err := ready(ctx, key); err != nil {
		return nil, err
	}
	switch {
	case off < 0:
		return nil, errors.New("negative offset")
	case n == 0:
		_, err := s.stat(ctx, key)
		return &reader{}, err
	}
	end := int64(math.MaxInt64)
	if n > 0 && n < end-off {
		end = off + n
	}
	r := &reader{s: s, ctx: ctx, key: key, next: off, end: end}
	// A range has no checksum to be checked, and an empty object has no range.
	// So who asks for the start, and for so much that most objects end before,
	// gets the whole of it, up to where it has to end.
	if err := r.open(off > 0 || n > 0 && n < s.tune.whole); err != nil {
		return nil, err
	}
	return r, nil
}

// reader reads a part of an object, and knows how long it has to be.
type reader struct {
	s    *Store
	ctx  context.Context
	key  string
	body io.ReadCloser // nil for nothing
	etag *string       // of what is being read, nil before the first reply

	next int64 // offset of the next byte
	end  int64 // where to stop
	has  int64 // where the body stops: behind end where no range was asked for

	size     int64 // of the object
	broken   error // why the body ended, once it has
	breaks   int   // how often it broke off without much progress
	brokenAt int64
}

// errReplaced is for readers, who need more than one reply.
var errReplaced = errors.New("another object has come into its place while it was being read")

// open asks for the bytes from next to end.
func (r *reader) open(ranged bool) error {
	in := &s3.GetObjectInput{Bucket: r.s.bucket(), Key: r.s.name(r.key), IfMatch: r.etag}
	if ranged {
		bytes := "bytes=" + strconv.FormatInt(r.next, 10) + "-"
		if r.end != math.MaxInt64 {
			bytes += strconv.FormatInt(r.end-1, 10)
		}
		in.Range = &bytes
	}
	out, err := r.s.client.GetObject(r.ctx, in)
	if err != nil {
		err = r.s.explain(r.ctx, err)
		switch {
		case errors.Is(err, errBehindEnd) && r.etag == nil:
			return nil // no body: nothing there
		case errors.Is(err, errBehindEnd), errors.Is(err, store.ErrExists): // 412, to IfMatch
			return errReplaced
		}
		return err
	}
	r.s.bucketIs.Store(true)
	if err := r.accept(out, ranged); err != nil {
		out.Body.Close()
		return err
	}
	return nil
}

// accept takes a reply whose body is what was asked for.
func (r *reader) accept(out *s3.GetObjectOutput, ranged bool) error {
	if out.ContentLength == nil || *out.ContentLength < 0 {
		return errors.New("the server doesn't say how long its reply is")
	}
	if r.etag != nil && (out.ETag == nil || *out.ETag != *r.etag) {
		return errReplaced
	}
	length := *out.ContentLength
	size := length
	if ranged && out.ContentRange == nil {
		if r.next != 0 {
			return errors.New("the server doesn't support ranges, or something on the way to it")
		}
		ranged = false // it gave all, which is right where all was asked for
	}
	if ranged {
		first, total, ok := parseContentRange(*out.ContentRange)
		if !ok || first != r.next || total < r.next+length {
			return fmt.Errorf("the server gave another range than it was asked for: %s", brief(*out.ContentRange))
		}
		size = total
	}
	if want := min(r.end, size) - r.next; ranged && length != want {
		return fmt.Errorf("the server gave %d bytes instead of %d", length, want)
	}
	r.body, r.etag, r.size = out.Body, out.ETag, size
	r.has, r.end = r.next+length, min(r.end, size)
	return nil
}

// parseContentRange reads "bytes FIRST-LAST/TOTAL".
func parseContentRange(s string) (first, total int64, ok bool) {
	s, ok = strings.CutPrefix(s, "bytes ")
	span, size, ok2 := strings.Cut(s, "/")
	from, _, ok3 := strings.Cut(span, "-")
	first, err := strconv.ParseInt(from, 10, 64)
	total, err2 := strconv.ParseInt(size, 10, 64)
	return first, total, ok && ok2 && ok3 && err == nil && err2 == nil
}

const (
	maxBreaks    = 6
	muchProgress = 1 << 20
)

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	if r.body == nil {
		return 0, io.EOF
	}
	for {
		if r.broken == nil {
			var n int
			if n, r.broken = r.read(p); n > 0 || r.broken == nil {
				return n, nil // why it ended is for the next call
			}
		}
		if r.broken == io.EOF {
			return 0, io.EOF
		}
		if err := r.resume(); err != nil {
			return 0, store.Fail(r.s, "get", r.key, err)
		}
	}
}

// resume goes on with a new reply where the last one broke off.
func (r *reader) resume() error {
	if r.next == r.end { // all bytes came, but not those of the object's checksum
		return r.s.explain(r.ctx, r.broken)
	}
	if r.next-r.brokenAt > muchProgress {
		r.breaks = 0
	}
	r.brokenAt = r.next
	if r.breaks++; r.breaks > maxBreaks {
		return fmt.Errorf("the replies broke off, the last time behind byte %d: %w", r.next, r.s.explain(r.ctx, r.broken))
	}
	r.body.Close()
	if err := sleep(r.ctx, rand.N(r.s.tune.pause<<r.breaks)); err != nil {
		return err
	}
	if err := r.open(true); err != nil {
		return err
	}
	r.broken = nil
	return nil
}

// read reads from the body that there is.
func (r *reader) read(p []byte) (int, error) {
	if r.next == r.end {
		if r.has > r.end {
			return 0, io.EOF
		}
		// Only at the end of the body does its checksum show.
		var one [1]byte
		n, err := r.body.Read(one[:])
		if n > 0 {
			return 0, errors.New("the server gave more bytes than it said")
		}
		return 0, err
	}
	n, err := r.body.Read(p[:min(int64(len(p)), r.end-r.next)])
	r.next += int64(n)
	if err == io.EOF && r.next < r.end {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// Close implements io.Closer.
func (r *reader) Close() error {
	if r.body == nil {
		return nil
	}
	return r.body.Close()
}

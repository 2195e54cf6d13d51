package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"github.com/flowc-dev/flowc/store"
)

// parts is a large object on its way there.
type parts struct {
	size  int64 // of all
	count int
	// produce sends each part once, in any order, whenever it is called. Send
	// blocks while enough are under way.
	produce func(ctx context.Context, send func(part) error) error
}

// part is a piece of it.
type part struct {
	index   int // from 0
	size    int64
	sum     func() [32]byte
	body    io.ReadSeeker
	release func() // when it is sent, or never will be
}

// partSize is the size of the parts of an object, the last one being smaller.
func (t tuning) partSize(size int64) int64 {
	least := (size + t.parts - 1) / t.parts
	if least <= t.part {
		return t.part
	}
	const unit = 1 << 20
	return (least + unit - 1) / unit * unit
}

// putParts creates a large object.
func (s *Store) putParts(ctx context.Context, key string, all parts) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	// The completion decides, but what is there already need not be sent.
	switch _, err := s.stat(ctx, key); {
	case err == nil:
		return store.ErrExists
	case !errors.Is(err, store.ErrNotFound):
		return err
	}
	return s.write(ctx, key, func() error { return s.upload(ctx, key, all) })
}

// upload is one try to create an object of parts. It leaves none of them behind.
func (s *Store) upload(ctx context.Context, key string, all parts) error {
	created, err := s.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: s.bucket(), Key: s.name(key)})
	if err != nil {
		return s.explain(ctx, err)
	}
	id := created.UploadId
	done, err := s.sendParts(ctx, key, id, all)
	if err == nil {
		err = s.complete(ctx, key, id, all.size, done)
	}
	if err != nil {
		s.abort(ctx, key, id)
	}
	return err
}

func (s *Store) sendParts(ctx context.Context, key string, id *string, all parts) ([]types.CompletedPart, error) {
	done := make([]types.CompletedPart, all.count)
	// The first error ends everything; what the others then say is of no interest.
	sending, cancel := context.WithCancel(ctx)
	defer cancel()
	group, sending := errgroup.WithContext(sending)
	group.SetLimit(s.tune.transfer)
	producing := all.produce(sending, func(p part) error {
		group.Go(func() error {
			defer p.release()
			etag, err := s.sendPart(sending, key, id, p)
			number := int32(p.index + 1)
			done[p.index] = types.CompletedPart{PartNumber: &number, ETag: etag}
			return err
		})
		return sending.Err()
	})
	if producing != nil {
		cancel()
	}
	err := group.Wait()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case producing != nil && (err == nil || errors.Is(err, context.Canceled)):
		return nil, producing
	}
	return done, err
}

// sendPart sends one part and returns its tag.
func (s *Store) sendPart(ctx context.Context, key string, id *string, p part) (etag *string, err error) {
	number := int32(p.index + 1)
	out, err := s.client.UploadPart(ctx, &s3.UploadPartInput{
		Bucket:        s.bucket(),
		Key:           s.name(key),
		UploadId:      id,
		PartNumber:    &number,
		Body:          p.body,
		ContentLength: &p.size,
	}, signed(p.sum()))
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	return out.ETag, nil
}

// complete makes the parts an object.
func (s *Store) complete(ctx context.Context, key string, id *string, size int64, done []types.CompletedPart) error {
	_, err := s.client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket:          s.bucket(),
		Key:             s.name(key),
		UploadId:        id,
		IfNoneMatch:     &ifNone,
		MpuObjectSize:   &size,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: done},
	})
	if code(err) == "NoSuchUpload" {
		// The reply to a completion was lost, and this was its repetition.
		if _, err := s.stat(ctx, key); err == nil {
			return store.ErrExists
		}
	}
	return s.explain(ctx, err)
}

// abort removes the parts of an upload that failed, also when it was cancelled.
// A part that was under way may still come into being, so it is repeated until
// nothing is left. What stays all the same, the bucket's lifecycle rule removes.
func (s *Store) abort(ctx context.Context, key string, id *string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	in := &s3.AbortMultipartUploadInput{Bucket: s.bucket(), Key: s.name(key), UploadId: id}
	for pause := 50 * time.Millisecond; pause < time.Second; pause *= 2 {
		if _, err := s.client.AbortMultipartUpload(ctx, in); err != nil {
			return // most often NoSuchUpload
		}
		if sleep(ctx, pause) != nil {
			return
		}
	}
}

// bodyParts are the parts of a body that can only be read in order, each
// copied to memory.
func (s *Store) bodyParts(body io.ReadSeeker, size int64) parts {
	partSize := s.tune.partSize(size)
	count := int((size + partSize - 1) / partSize)
	return parts{size, count, func(ctx context.Context, send func(part) error) error {
		if _, err := body.Seek(0, io.SeekStart); err != nil {
			return err
		}
		for i := range count {
			n := min(partSize, size-int64(i)*partSize)
			buf, release, err := s.buffer(ctx, n)
			if err != nil {
				return err
			}
			if err = readFull(body, buf); err == nil && i == count-1 {
				err = atEnd(body)
			}
			if err != nil {
				release()
				return err
			}
			sum := func() [32]byte { return sha256.Sum256(buf) }
			if err := send(part{i, n, sum, bytes.NewReader(buf), release}); err != nil {
				return err
			}
		}
		return nil
	}}
}

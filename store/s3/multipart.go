package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
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
	crc     func() uint32            // CRC-32C, for servers that know it
	sum     func() ([32]byte, error) // sha256, for those that need it
	body    io.ReadSeeker
	release func() // when it is sent, or never will be
}

// castagnoli is the table of the fast checksum that servers know.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum is a CRC as S3 writes it.
func checksum(crc uint32) *string {
	s := base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc))
	return &s
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
	u, err := s.begin(ctx, key)
	if err != nil {
		return err
	}
	done, err := u.sendParts(ctx, all)
	if err == nil {
		err = u.complete(ctx, all, done)
	}
	if err != nil {
		u.abort(ctx)
	}
	return err
}

// upload is a multipart upload that has begun.
type upload struct {
	*Store
	key string
	id  *string
	// checked: the server checks the CRCs of parts, and makes that of the whole of them.
	checked bool
}

// begin begins an upload, with checksums where the server knows them.
func (s *Store) begin(ctx context.Context, key string) (*upload, error) {
	if s.unchecked.Load() {
		return s.create(ctx, key, false)
	}
	u, err := s.create(ctx, key, true)
	if st := status(err); st == 400 || st == 501 {
		// That may be because of the checksums.
		plain, err2 := s.create(ctx, key, false)
		if err2 != nil {
			return nil, err
		}
		s.unchecked.Store(true)
		return plain, nil
	}
	return u, err
}

func (s *Store) create(ctx context.Context, key string, check bool) (*upload, error) {
	in := &s3.CreateMultipartUploadInput{Bucket: s.bucket(), Key: s.name(key)}
	if check {
		in.ChecksumAlgorithm, in.ChecksumType = types.ChecksumAlgorithmCrc32c, types.ChecksumTypeFullObject
	}
	out, err := s.client.CreateMultipartUpload(ctx, in)
	if err != nil {
		return nil, s.explain(ctx, err)
	}
	u := &upload{Store: s, key: key, id: out.UploadId}
	// Whether it understood shows in the reply.
	u.checked = out.ChecksumAlgorithm == in.ChecksumAlgorithm && out.ChecksumType == in.ChecksumType && check
	if !u.checked && out.ChecksumAlgorithm != "" {
		// An older one knows checksums of parts only, and would insist on them.
		u.abort(ctx)
		s.unchecked.Store(true)
		return s.create(ctx, key, false)
	}
	return u, nil
}

// sendParts sends all parts, some at a time.
func (u *upload) sendParts(ctx context.Context, all parts) ([]types.CompletedPart, error) {
	done := make([]types.CompletedPart, all.count)
	// The first error ends everything; what the others then say is of no interest.
	sending, cancel := context.WithCancel(ctx)
	defer cancel()
	group, sending := errgroup.WithContext(sending)
	group.SetLimit(u.tune.transfer)
	producing := all.produce(sending, func(p part) error {
		group.Go(func() error {
			defer p.release()
			sent, err := u.sendPart(sending, p)
			done[p.index] = sent
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

// sendPart sends one part and returns what the completion has to say of it.
func (u *upload) sendPart(ctx context.Context, p part) (types.CompletedPart, error) {
	number := int32(p.index + 1)
	in := &s3.UploadPartInput{
		Bucket:        u.bucket(),
		Key:           u.name(u.key),
		UploadId:      u.id,
		PartNumber:    &number,
		Body:          p.body,
		ContentLength: &p.size,
	}
	var options []func(*s3.Options)
	if u.checked {
		in.ChecksumCRC32C = checksum(p.crc())
	}
	if !u.checked || !u.where.tls {
		sum, err := p.sum()
		if err != nil {
			return types.CompletedPart{}, err
		}
		options = append(options, signed(sum))
	}
	out, err := u.client.UploadPart(ctx, in, options...)
	if err != nil {
		return types.CompletedPart{}, u.explain(ctx, err)
	}
	return types.CompletedPart{PartNumber: &number, ETag: out.ETag, ChecksumCRC32C: in.ChecksumCRC32C}, nil
}

// complete makes the parts an object.
func (u *upload) complete(ctx context.Context, all parts, done []types.CompletedPart) error {
	in := &s3.CompleteMultipartUploadInput{
		Bucket:          u.bucket(),
		Key:             u.name(u.key),
		UploadId:        u.id,
		IfNoneMatch:     &ifNone,
		MpuObjectSize:   &all.size,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: done},
	}
	if u.checked {
		in.ChecksumType = types.ChecksumTypeFullObject
	}
	_, err := u.client.CompleteMultipartUpload(ctx, in)
	if code(err) == "NoSuchUpload" {
		// The reply to a completion was lost, and this was its repetition.
		if _, err := u.stat(ctx, u.key); err == nil {
			return store.ErrExists
		}
	}
	return u.explain(ctx, err)
}

// abort removes the parts of an upload that failed, also when it was cancelled.
// A part that was under way may still come into being, so it is repeated until
// nothing is left. What stays all the same, the bucket's lifecycle rule removes.
func (u *upload) abort(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	in := &s3.AbortMultipartUploadInput{Bucket: u.bucket(), Key: u.name(u.key), UploadId: u.id}
	for pause := 50 * time.Millisecond; pause < time.Second; pause *= 2 {
		if _, err := u.client.AbortMultipartUpload(ctx, in); err != nil {
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
	produce := func(ctx context.Context, send func(part) error) error {
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
			err = send(part{
				index: i, size: n, body: bytes.NewReader(buf), release: release,
				crc: func() uint32 { return crc32.Checksum(buf, castagnoli) },
				sum: func() ([32]byte, error) { return sha256.Sum256(buf), nil },
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	return parts{size, count, produce}
}

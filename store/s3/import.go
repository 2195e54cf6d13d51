package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"hash/crc32"
	"hash/maphash"
	"io"
	"os"

	"github.com/flowc-dev/flowc/store"
)

// ImportFile implements store.Importer. The file is hashed first, since the
// key is made of the sum. What is there already isn't sent; what is sent must
// have the bytes that were hashed, or the import fails.
func (s *Store) ImportFile(ctx context.Context, path string, key func(sum [32]byte) string) (sum [32]byte, size int64, err error) {
	sum, size, err = s.importFile(ctx, path, key)
	if err != nil {
		return [32]byte{}, 0, store.Fail(s, "import", path, err)
	}
	return sum, size, nil
}

func (s *Store) importFile(ctx context.Context, path string, key func(sum [32]byte) string) ([32]byte, int64, error) {
	if err := ctx.Err(); err != nil {
		return [32]byte{}, 0, err
	}
	f, err := store.OpenRegular(path)
	if err != nil {
		return [32]byte{}, 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return [32]byte{}, 0, err
	}
	if info.Size() <= smallBody {
		data, err := io.ReadAll(io.LimitReader(f, smallBody+1))
		if err != nil {
			return [32]byte{}, 0, err
		}
		if len(data) <= smallBody {
			return s.importSmall(ctx, data, key)
		}
		if _, err := f.Seek(0, io.SeekStart); err != nil { // it has grown
			return [32]byte{}, 0, err
		}
	}
	h, err := hashFile(ctx, f, s.tune.partSize(info.Size()))
	if err != nil {
		return [32]byte{}, 0, err
	}
	k := key(h.sum)
	if err := store.CheckKey(k); err != nil {
		return [32]byte{}, 0, err
	}
	return h.sum, h.size, existing(s.importHashed(ctx, f, path, k, h))
}

// importSmall doesn't ask first whether the object is there: for a small file
// the request is what costs.
func (s *Store) importSmall(ctx context.Context, data []byte, key func(sum [32]byte) string) ([32]byte, int64, error) {
	sum := sha256.Sum256(data)
	k := key(sum)
	if err := store.CheckKey(k); err != nil {
		return [32]byte{}, 0, err
	}
	size := int64(len(data))
	return sum, size, existing(s.putWhole(ctx, k, bytes.NewReader(data), size, sum))
}

func (s *Store) importHashed(ctx context.Context, f *os.File, path, key string, h *hashes) error {
	if len(h.parts) > 1 {
		return s.putParts(ctx, key, h.all(f, path))
	}
	if _, err := s.stat(ctx, key); err == nil || !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return s.putWhole(ctx, key, h.piece(f, path, 0), h.size, h.sum)
}

// existing is for imports: what is there already has the same bytes, by its key.
func existing(err error) error {
	if errors.Is(err, store.ErrExists) {
		return nil
	}
	return err
}

// hashes are what is known of a file after one pass over it.
type hashes struct {
	sum      [32]byte
	size     int64
	partSize int64
	seed     maphash.Seed
	parts    []hashedPart // at least one
}

type hashedPart struct {
	crc   uint32 // CRC-32C
	quick uint64 // made with the seed, to see whether the file was changed
	size  int64
}

// hashFile reads a file to its end. All sums are made at the same time, of the
// same bytes.
func hashFile(ctx context.Context, f io.Reader, partSize int64) (*hashes, error) {
	h := &hashes{partSize: partSize, seed: maphash.MakeSeed()}
	blocks, free := make(chan []byte, 2), make(chan []byte, 3)
	for range cap(free) {
		buf := copyBuffers.Get().(*[]byte)
		defer copyBuffers.Put(buf)
		free <- *buf
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.hashParts(blocks, free)
	}()
	err := h.hashWhole(ctx, f, blocks, free)
	close(blocks)
	<-done
	if err != nil {
		return nil, err
	}
	return h, nil
}

func (h *hashes) hashWhole(ctx context.Context, f io.Reader, blocks chan<- []byte, free <-chan []byte) error {
	whole := sha256.New()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		block := <-free
		n, err := io.ReadFull(f, block[:cap(block)])
		block = block[:n]
		blocks <- block
		whole.Write(block)
		h.size += int64(n)
		switch err {
		case nil:
		case io.EOF, io.ErrUnexpectedEOF:
			h.sum = [32]byte(whole.Sum(nil))
			return nil
		default:
			return err
		}
	}
}

// hashParts gives back each block when it is done with it. What hashWhole does
// with a block ends before it takes another one.
func (h *hashes) hashParts(blocks <-chan []byte, free chan<- []byte) {
	var quick maphash.Hash
	quick.SetSeed(h.seed)
	var part hashedPart
	end := func() {
		part.quick = quick.Sum64()
		h.parts = append(h.parts, part)
		quick.Reset()
		part = hashedPart{}
	}
	for block := range blocks {
		for rest := block; len(rest) > 0; {
			n := min(int64(len(rest)), h.partSize-part.size)
			quick.Write(rest[:n])
			part.crc = crc32.Update(part.crc, castagnoli, rest[:n])
			part.size += n
			rest = rest[n:]
			if part.size == h.partSize {
				end()
			}
		}
		free <- block
	}
	if part.size > 0 || len(h.parts) == 0 {
		end()
	}
}

// all are the parts of the file, read where they are.
func (h *hashes) all(f io.ReaderAt, path string) parts {
	produce := func(ctx context.Context, send func(part) error) error {
		for i, hashed := range h.parts {
			body := h.piece(f, path, i)
			err := send(part{
				index: i, size: hashed.size, body: body, release: func() {},
				crc: func() uint32 { return hashed.crc },
				sum: body.sum,
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	return parts{h.size, len(h.parts), produce}
}

// piece is a part of the file as a body.
func (h *hashes) piece(f io.ReaderAt, path string, i int) *piece {
	p := &piece{file: io.NewSectionReader(f, int64(i)*h.partSize, h.parts[i].size), path: path, want: h.parts[i].quick}
	p.hash.SetSeed(h.seed)
	return p
}

// piece reads a part of a file, and fails at its end if the bytes aren't those
// that were hashed.
type piece struct {
	file *io.SectionReader
	path string
	hash maphash.Hash // of what was read since the start
	at   int64
	want uint64
}

func (p *piece) Read(b []byte) (int, error) {
	n, err := p.file.Read(b)
	p.hash.Write(b[:n])
	p.at += int64(n)
	if p.at == p.file.Size() && p.hash.Sum64() != p.want || err == io.EOF && p.at < p.file.Size() {
		return 0, &changedError{p.path}
	}
	return n, err
}

// sum reads all of it and goes back to the start.
func (p *piece) sum() (sum [32]byte, err error) {
	h := sha256.New()
	if err := copyTo(h, p); err != nil {
		return sum, err
	}
	_, err = p.Seek(0, io.SeekStart)
	return [32]byte(h.Sum(nil)), err
}

// Seek supports what a request needs: asking for the size, and going back to the start.
func (p *piece) Seek(offset int64, whence int) (int64, error) {
	at, err := p.file.Seek(offset, whence)
	if err == nil && whence == io.SeekStart && offset == 0 {
		p.hash.Reset()
		p.at = 0
	}
	return at, err
}

// changedError isn't tried again: the file won't be as it was.
type changedError struct{ path string }

func (e *changedError) Error() string        { return e.path + " was changed while it was being read" }
func (e *changedError) RetryableError() bool { return false }

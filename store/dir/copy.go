package dir

import (
	"context"
	"crypto/sha256"
	"io"
	"os"
	"sync"
)

const (
	// A chunk stays in the processor's cache between reading, writing and
	// hashing. It is small for another reason: a longer write makes Linux
	// allocate larger pieces of memory for the page cache, and in a virtual
	// machine whose free memory goes back to the host those are the ones that
	// have to be fetched again. Writes of 1 MiB were ten times slower there.
	chunkSize = 64 << 10

	writeback = 8 << 20 // bytes after which the device may start to write
)

var chunks = sync.Pool{New: func() any { return new([chunkSize]byte) }}

// copyBytes copies src to dst, where there is one, and to h, where there is
// one. Hashing goes on beside reading and writing. It returns the number of bytes.
func copyBytes(ctx context.Context, dst *os.File, src io.Reader, h *hasher) (n int64, err error) {
	var started int64
	for {
		if err := ctx.Err(); err != nil {
			return n, err
		}
		chunk := chunks.Get().(*[chunkSize]byte)
		m, rerr := src.Read(chunk[:])
		if m > 0 && dst != nil {
			if _, err := dst.Write(chunk[:m]); err != nil {
				chunks.Put(chunk)
				return n, err
			}
			// Else all the writing would be left for the end.
			if n+int64(m)-started >= writeback {
				startWriting(dst, started, n+int64(m)-started)
				started = n + int64(m)
			}
		}
		n += int64(m)
		if h != nil && m > 0 {
			h.add(chunk, m)
		} else {
			chunks.Put(chunk)
		}
		if rerr == io.EOF {
			return n, nil
		}
		if rerr != nil {
			return n, rerr
		}
	}
}

// hasher makes a sha256 in a goroutine of its own. Its sum must be asked for, or it stays.
type hasher struct {
	in  chan hashed
	out chan [32]byte
}

type hashed struct {
	chunk *[chunkSize]byte
	n     int
}

func newHasher() *hasher {
	h := &hasher{in: make(chan hashed, 16), out: make(chan [32]byte, 1)}
	go func() {
		sum := sha256.New()
		for c := range h.in {
			sum.Write(c.chunk[:c.n])
			chunks.Put(c.chunk)
		}
		h.out <- [32]byte(sum.Sum(nil))
	}()
	return h
}

// add hashes the first n bytes of a chunk, and gives the chunk back to the pool.
func (h *hasher) add(chunk *[chunkSize]byte, n int) { h.in <- hashed{chunk, n} }

// sum ends the hasher.
func (h *hasher) sum() [32]byte {
	close(h.in)
	return <-h.out
}

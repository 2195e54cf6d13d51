// Package artifact keeps typed values, files and folders in a store.
//
// A value is kept as its canonical JSON: inside the record that names it if it
// is small, else as a blob. A file is a blob; a folder is a blob too, its
// manifest, which lists the blobs of its files. Blobs are named by the sha256
// of their content, so equal content is kept once, and every read is checked:
// content that isn't what its name says is ErrCorrupt, never a value.
package artifact

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/types"
)

// MaxValue is the size in bytes that a value may have as JSON. What is larger
// belongs into a file.
const MaxValue = 256 << 20

// statFirst is the size in bytes from which it pays to ask for a blob before
// sending it.
const statFirst = 1 << 20

// ErrCorrupt: a blob's content isn't what its digest says.
var ErrCorrupt = errors.New("its content does not match its digest")

// Save keeps v, a value of type t (see package types), and returns what a
// record holds of it. A file, dir or artifact is a types.Blob that ImportFile
// or ImportDir returned.
func Save(ctx context.Context, st store.Store, t types.Type, v any) (record.Value, error) {
	out := record.Value{Type: types.Encode(t)}
	if b, ok := v.(types.Blob); ok && isBlob(t) {
		out.Blob, out.Size, out.Ext = b.Digest, b.Size, b.Ext
		return out, checkBlob(b)
	}
	data, err := types.MarshalValue(t, v)
	if err != nil {
		return record.Value{}, err
	}
	if len(data) <= record.MaxInline {
		out.Value = data
		return out, nil
	}
	if len(data) > MaxValue {
		return record.Value{}, fmt.Errorf("a value of %d bytes is too large (the limit is %d): make it a file", len(data), MaxValue)
	}
	b, err := putBlob(ctx, st, data)
	if err != nil {
		return record.Value{}, err
	}
	out.Blob, out.Size = b.Digest, b.Size
	return out, nil
}

// Load returns the value that v stands for. Files, folders and artifacts are
// types.Blob: their content is not read.
func Load(ctx context.Context, st store.Store, v record.Value) (any, error) {
	t, err := types.Decode(v.Type)
	if err != nil {
		return nil, fmt.Errorf("the type of a stored value: %w", err)
	}
	data := []byte(v.Value)
	switch {
	case v.Blob != "" && v.Value != nil, v.Blob == "" && v.Value == nil:
		return nil, fmt.Errorf("a stored value of type %v must have either a value or a blob", t)
	case v.Blob != "" && isBlob(t):
		b := types.Blob{Digest: v.Blob, Size: v.Size, Ext: v.Ext}
		if err := checkBlob(b); err != nil {
			return nil, fmt.Errorf("a stored value of type %v: %w", t, err)
		}
		return b, nil
	case v.Blob != "":
		if data, err = readBlob(ctx, st, types.Blob{Digest: v.Blob, Size: v.Size}, MaxValue); err != nil {
			return nil, err
		}
	case isBlob(t) && string(data) != "null":
		return nil, fmt.Errorf("a stored value of type %v is in place instead of in a blob", t)
	}
	value, err := types.UnmarshalValue(t, data)
	if err != nil {
		where := "a stored value"
		if v.Blob != "" {
			where = "the value in blob " + v.Blob
		}
		return nil, fmt.Errorf("%s is not of type %v: %w", where, t, err)
	}
	return value, nil
}

// Digest identifies the content of an artifact: two artifacts of one type with
// the same digest are equal, in whatever stores they are. It is the sha256, in
// hex, of a value's canonical JSON, of a file's bytes, or of a folder's
// manifest; the extension of a file is no part of it.
func Digest(v record.Value) string {
	if v.Blob != "" {
		return v.Blob
	}
	return hexSum(sha256.Sum256(v.Value))
}

// isBlob reports whether values of t are blobs themselves, not values with blobs inside.
func isBlob(t types.Type) bool {
	switch types.Unopt(t) {
	case types.File, types.Dir, types.Artifact:
		return true
	}
	return false
}

// checkBlob refuses what can't refer to a blob, with the reason.
func checkBlob(b types.Blob) error {
	_, err := types.MarshalValue(types.Any, b)
	return err
}

func hexSum(sum [32]byte) string { return hex.EncodeToString(sum[:]) }

func blobKey(sum [32]byte) string { return record.Blob(hexSum(sum)) }

// keyOf returns the key of a blob. A digest may come from anywhere.
func keyOf(b types.Blob) (string, error) {
	if !record.IsDigest(b.Digest) {
		return "", fmt.Errorf("%q is not the digest of a blob", b.Digest)
	}
	return record.Blob(b.Digest), nil
}

// putBlob keeps data. It costs one request, or two if data is large and new.
func putBlob(ctx context.Context, st store.Store, data []byte) (types.Blob, error) {
	sum := sha256.Sum256(data)
	b := types.Blob{Digest: hexSum(sum), Size: int64(len(data))}
	key := blobKey(sum)
	if len(data) >= statFirst {
		if _, err := st.Stat(ctx, key); err == nil || !errors.Is(err, store.ErrNotFound) {
			return b, err
		}
	}
	if err := store.PutBytes(ctx, st, key, data); err != nil && !errors.Is(err, store.ErrExists) {
		return b, err
	}
	return b, nil
}

// readBlob returns the checked content of a blob of at most limit bytes.
func readBlob(ctx context.Context, st store.Store, b types.Blob, limit int64) ([]byte, error) {
	if b.Size < 0 || b.Size > limit {
		return nil, fmt.Errorf("blob %s: %w: %d bytes are not from 0 to %d", b.Digest, store.ErrTooLarge, b.Size, limit)
	}
	r, err := Open(ctx, st, b)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	var buf bytes.Buffer
	buf.Grow(int(min(b.Size, 1<<20)) + bytes.MinRead) // the size may be a lie
	if _, err := buf.ReadFrom(r); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// Open reads the content of a file or artifact. At its end the reader returns
// ErrCorrupt instead of io.EOF if digest or size are not those of the blob; do
// not use what was read before io.EOF came. The caller closes it.
func Open(ctx context.Context, st store.Store, b types.Blob) (io.ReadCloser, error) {
	key, err := keyOf(b)
	if err != nil {
		return nil, err
	}
	r, err := st.Get(ctx, key, 0, -1)
	if err != nil {
		return nil, err
	}
	return &checked{r: r, st: st, blob: b, hash: sha256.New()}, nil
}

// checked is a reader of a blob that knows what it has to be.
type checked struct {
	r    io.ReadCloser
	st   store.Store
	blob types.Blob
	hash interface {
		io.Writer
		Sum([]byte) []byte
	}
	n int64
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.hash.Write(p[:n])
	c.n += int64(n)
	if c.n > c.blob.Size || err == io.EOF {
		if e := check(c.st, c.blob, [32]byte(c.hash.Sum(nil)), c.n); e != nil {
			return 0, e
		}
	}
	if err != nil && err != io.EOF {
		err = fmt.Errorf("blob %s: %w", c.blob.Digest, err)
	}
	return n, err
}

func (c *checked) Close() error { return c.r.Close() }

// check compares what was read of a blob with what it has to be.
func check(st store.Store, b types.Blob, sum [32]byte, size int64) error {
	switch {
	case size != b.Size:
		return fmt.Errorf("blob %s in store %s: %w: it has %d bytes instead of %d", b.Digest, st.URL(), ErrCorrupt, size, b.Size)
	case hexSum(sum) != b.Digest:
		return fmt.Errorf("blob %s in store %s: %w", b.Digest, st.URL(), ErrCorrupt)
	}
	return nil
}

// Package store is where everything that outlives a task is kept: blobs,
// records, logs. A store is a flat map from keys to immutable objects.
//
// The interface is small on purpose. Every write is conditional (an object is
// created once and never changed), so that of two attempts of one task exactly
// one can win, on every kind of store. Nothing that runs often may need List.
//
// Implementations: store/mem, store/dir, store/s3; store/open finds the one that
// an address means. Each passes store/storetest. Wrappers: store/count counts
// requests, store/faulty makes them fail. docs/store.md says what is kept
// under which key.
package store

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"
)

var (
	// ErrNotFound: there is no object of that key.
	ErrNotFound = errors.New("no such object")
	// ErrExists: there is an object of that key already; it was left as it is.
	ErrExists = errors.New("object exists already")
	// ErrBadKey: the key breaks the rules of [CheckKey], or lies under the key
	// of an object ("a/b" where there is an object "a"), or the other way round.
	ErrBadKey = errors.New("malformed key")
	// ErrTooLarge: the object is larger than its reader allows.
	ErrTooLarge = errors.New("object too large")
)

// Info is what a store knows of an object without reading it.
type Info struct {
	Key      string
	Size     int64 // bytes
	Modified time.Time
	Prefix   bool // not an object but a folder, from a List with Shallow; Key ends with "/"
}

// Store keeps immutable objects. All methods may be called concurrently, by
// several processes. Errors are of type [*Error]: they name the store and the
// key, and can be tested with errors.Is against the errors of this package and
// of context. A store never returns fewer bytes than an object has without an
// error. A cancelled context makes each method fail, before it has an effect
// or while a body is on its way.
//
// No object may lie under another's key, as a file can't be a folder. A store
// where that could be refuses the second with ErrBadKey or keeps both; it never
// harms the first.
type Store interface {
	// Put creates an object of all bytes of body, or returns ErrExists.
	// The object is visible whole or not at all, also after a crash. Body is
	// read from its start, maybe more than once, and not closed. Where a reply
	// was lost, Put may return ErrExists for an object that this very call
	// created; callers that race compare what they read back.
	Put(ctx context.Context, key string, body io.ReadSeeker) error

	// Get opens n bytes from offset off; n < 0 means to the end. A range that
	// reaches over the end, or lies behind it, gives what is there; a negative
	// offset is an error. The caller closes the reader.
	Get(ctx context.Context, key string, off, n int64) (io.ReadCloser, error)

	// Stat returns what is known of one object.
	Stat(ctx context.Context, key string) (Info, error)

	// List yields the objects whose key starts with prefix, in byte order of
	// their keys. It stops after the first error. The prefix is the start of a
	// possible key: "", "a", "a/", "a/b". Objects created or deleted meanwhile
	// may be there or not; all others are, once.
	List(ctx context.Context, prefix string, opt ListOptions) iter.Seq2[Info, error]

	// Delete removes an object. A key without object is no error.
	Delete(ctx context.Context, key string) error

	// URL is the store's address as a user would give it; it never holds a secret.
	URL() string
}

// ListOptions narrows a List.
type ListOptions struct {
	After   string // only an Info whose Key is behind this one; it need not exist
	Shallow bool   // stop at the next "/" behind the prefix: one Info with Prefix for each folder that holds an object
}

// Importer is an optional ability of a store: taking a local file as an object
// in one pass over its bytes, under a key made of their sha256. Callers use
// [ImportFile], which does without where a store lacks it.
type Importer interface {
	// ImportFile copies the regular file at path into the store under key(sum).
	// The object has exactly the bytes of that sum, also if the file is being
	// changed. An object that is there already counts as success. It returns
	// the sum and the size in bytes.
	ImportFile(ctx context.Context, path string, key func(sum [32]byte) string) (sum [32]byte, size int64, err error)
}

// Exporter is an optional ability of a store: giving an object as a local file
// faster than by reading it (by reflink, for one; never by hard link, which a
// task that runs as root could write through). Callers use [ExportFile], which
// does without where a store lacks it.
type Exporter interface {
	// ExportFile creates the file path with the bytes of the object and returns
	// their sha256, so that the caller knows what it got. The file can be
	// written to, without effect on the object. A path that exists is an error;
	// after an error there is no file.
	ExportFile(ctx context.Context, key, path string) (sum [32]byte, err error)
}

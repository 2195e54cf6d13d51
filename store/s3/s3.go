// Package s3 is a store in an S3 bucket, of AWS or of a server that speaks its
// protocol. The object of key a/b/c is the object PREFIX/a/b/c of the bucket,
// its bytes as they are, so a store can be looked at with ordinary tools.
//
// # One winner
//
// Every write is conditional (If-None-Match: *): of any number of racing
// processes exactly one creates an object. The server must support that for
// PutObject and CompleteMultipartUpload, and read after write must be strong;
// AWS and the servers under test do. A conflict of two writes under way (409)
// is tried again until one has won (412, which is ErrExists).
//
// # Large objects
//
// Up to 16 MiB an object is one request. Larger ones are sent as parts of at
// least 16 MiB, several at a time, and come into being by a conditional
// completion; what fails or is cancelled is aborted. A process that is killed
// leaves parts that nobody sees but that cost money, so a bucket should have a
// lifecycle rule that removes unfinished uploads (docs/store.md). Files are
// sent from where they are and read into where they go, by parallel ranges;
// memory stays bounded whatever the size.
//
// # Integrity
//
// The signature of a request that writes covers a SHA-256 of its body, which
// every server checks. Parts of large objects have a CRC-32C, too, where the
// server knows it, as its reply to the first request tells; over TLS they then
// do without the SHA-256, which is what costs. Where a server offers a checksum of what it sends, it is checked. A reply that breaks
// off is continued where it broke, of the same object (If-Match). Exported files
// are hashed as they lie on the disk.
//
// Nothing is compressed. What flows keep is mostly compressed already (Parquet,
// images, archives) or hardly can be (weights); plain bytes allow ranges,
// give Stat the true size, and keep one key for the same content forever.
//
// # Failures
//
// What may pass is tried again, up to ten times, with growing random pauses:
// overload (503), server errors, broken connections, and connections on which
// nothing moved for two minutes.
package s3

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/flowc-dev/flowc/store"
)

// Store is a store in a bucket. It also is a store.Importer and a
// store.Exporter. Its methods may be called concurrently.
type Store struct {
	url    string
	where  place
	client *s3.Client
	tune   tuning

	buffers   sync.Pool     // of *[]byte, each of tune.part
	buffering chan struct{} // one element for each buffer in use
	bucketIs  atomic.Bool   // the bucket is known to be there
	unchecked atomic.Bool   // the server is known not to know checksums of uploads
}

// place is where a store is.
type place struct {
	bucket   string
	prefix   string // before all keys: "" or "a/b/"
	endpoint string // of a server other than AWS, or ""
	region   string
	tls      bool
}

// Open returns the store at an address:
//
//	s3://BUCKET
//	s3://BUCKET/PREFIX?region=eu-west-1
//	s3://BUCKET/PREFIX?endpoint=http://127.0.0.1:9000&path_style=true
//
// The region is by default that of the environment (AWS_REGION, the profile);
// the endpoint that of FLOWC_S3_ENDPOINT or AWS_ENDPOINT_URL_S3, else AWS;
// path_style, the bucket in the path instead of the host name, is the default
// for all endpoints but AWS. Credentials are found as all AWS tools find them,
// never in the URL. No request is made: whether the bucket is there shows at
// the first one.
func Open(ctx context.Context, u *url.URL) (store.Store, error) {
	s, err := open(ctx, u, defaults)
	if err != nil {
		return nil, err
	}
	return s, nil
}

func open(ctx context.Context, u *url.URL, t tuning) (*Store, error) {
	a, err := parseAddress(u)
	if err != nil {
		return nil, err
	}
	client, where, err := connect(ctx, a, t)
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", a, err)
	}
	return &Store{
		url:       a.String(),
		where:     where,
		client:    client,
		tune:      t,
		buffering: make(chan struct{}, t.buffers),
	}, nil
}

// URL is the address that the store was opened with, in a fixed spelling.
func (s *Store) URL() string { return s.url }

// name is the name in the bucket of the object of a key.
func (s *Store) name(key string) *string {
	name := s.where.prefix + key
	return &name
}

func (s *Store) bucket() *string { return &s.where.bucket }

// Delete implements store.Store.
func (s *Store) Delete(ctx context.Context, key string) error {
	err := ready(ctx, key)
	if err == nil {
		_, err = s.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: s.bucket(), Key: s.name(key)})
		if err = s.explain(ctx, err); errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrBadKey) {
			err = nil // servers on file systems say so of a folder and of what would be under an object
		}
	}
	return store.Fail(s, "delete", key, err)
}

func ready(ctx context.Context, key string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return store.CheckKey(key)
}

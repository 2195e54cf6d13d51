package s3_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/s3"
	"github.com/flowc-dev/flowc/store/s3/s3test"
)

func sumOf(data []byte) [32]byte { return sha256.Sum256(data) }

func expectNoFile(t *testing.T, path string) {
	t.Helper()
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("there is a file %s: %v", path, err)
	}
}

func expectNoUploads(t *testing.T, server *s3test.Server) {
	t.Helper()
	out, err := server.Client().ListMultipartUploads(t.Context(), &awss3.ListMultipartUploadsInput{Bucket: aws.String(s3test.Bucket)})
	if err != nil {
		t.Error(err)
	} else if len(out.Uploads) > 0 {
		t.Errorf("%d unfinished uploads", len(out.Uploads))
	}
}

// Of racing large objects one wins too, and the losers leave nothing.
func TestOneLargeWinner(t *testing.T) {
	server := s3test.Versity(t) // the fake's completions aren't conditional
	for _, how := range []string{"put", "import"} {
		t.Run(how, func(t *testing.T) {
			s := openAt(t, server.Address(how), s3.Tuning{Part: minPart})
			// All wait at the completion, or the first would be done before
			// the others begin.
			m := meddle(t, server)
			const racers = 4
			var waiting sync.WaitGroup
			waiting.Add(racers)
			m.set(func(op string, w http.ResponseWriter, r *http.Request) bool {
				if op == "CompleteMultipartUpload" {
					waiting.Done()
					waiting.Wait()
				}
				return false
			})
			racing := openAt(t, "s3://"+s3test.Bucket+"/"+how+"?endpoint="+m.URL, s3.Tuning{Part: minPart})
			var won atomic.Int64
			var group sync.WaitGroup
			for i := range racers {
				data := bytes.Repeat([]byte{byte('a' + i)}, 2*minPart+1)
				path := tempFile(t, data)
				group.Go(func() {
					var err error
					if how == "put" {
						err = store.PutBytes(t.Context(), racing, "key", data)
					} else {
						_, _, err = store.ImportFile(t.Context(), racing, path, func([32]byte) string { return "key" })
					}
					switch {
					case err == nil && how == "put":
						won.Add(1)
						read(t, s, "key", data)
					case err != nil && !(how == "put" && errors.Is(err, store.ErrExists)):
						t.Error(err)
					}
				})
			}
			group.Wait()
			if how == "put" && won.Load() != 1 {
				t.Errorf("%d have won", won.Load())
			}
			got, err := store.ReadAll(t.Context(), s, "key", 1<<30)
			if err != nil || len(got) != 2*minPart+1 || len(bytes.Trim(got, string(got[:1]))) > 0 {
				t.Errorf("the object has %d bytes, or of several racers, %v", len(got), err)
			}
			expectNoUploads(t, server)
		})
	}
}

// An object has the bytes of its key, also if the file changes after its sum
// was made.
func TestImportOfChangingFile(t *testing.T) {
	s3test.Each(t, func(t *testing.T, server *s3test.Server) {
		s := openAt(t, server.Address("changing"), s3.Tuning{Part: minPart, Attempts: 2})
		for _, size := range []int{1, 600, 200 << 10, 2*minPart + 1} {
			for name, change := range map[string]func(path string) error{
				"overwritten": func(path string) error { return os.WriteFile(path, bytes.Repeat([]byte("z"), size), 0o666) },
				"cut":         func(path string) error { return os.Truncate(path, int64(size-1)) },
				"emptied":     func(path string) error { return os.Truncate(path, 0) },
				"one byte": func(path string) error {
					f, err := os.OpenFile(path, os.O_RDWR, 0)
					if err == nil {
						_, err = f.WriteAt([]byte("z"), int64(size/2))
						f.Close()
					}
					return err
				},
			} {
				data := noise(size)
				path := tempFile(t, data)
				var key string
				_, _, err := store.ImportFile(t.Context(), s, path, func(sum [32]byte) string {
					if err := change(path); err != nil {
						t.Error(err)
					}
					key = blobKey(sum)
					return key
				})
				if err == nil && size < 64<<10 { // it was in memory
					read(t, s, key, data)
					if err := s.Delete(t.Context(), key); err != nil {
						t.Error(err)
					}
					continue
				}
				if err == nil || !strings.Contains(err.Error(), "changed while") || !strings.Contains(err.Error(), path) {
					t.Errorf("%d bytes, %s: %v", size, name, err)
				}
				if _, err := s.Stat(t.Context(), key); !errors.Is(err, store.ErrNotFound) {
					t.Errorf("%d bytes, %s: an object came of it: %v", size, name, err)
				}
			}
			// What comes behind the end changes nothing.
			data := noise(size)
			path := tempFile(t, data)
			sum, n, err := store.ImportFile(t.Context(), s, path, func(sum [32]byte) string {
				if err := os.WriteFile(path, append(data, data...), 0o666); err != nil {
					t.Error(err)
				}
				return blobKey(sum)
			})
			if err != nil || n != int64(size) || sum != sumOf(data) {
				t.Errorf("%d bytes, appended to: %d, %v", size, n, err)
			}
			read(t, s, blobKey(sum), data)
		}
		expectNoUploads(t, server)
	})
}

// Memory holds no more of large objects than it was given.
func TestBuffers(t *testing.T) {
	m := meddle(t, s3test.Fake(t))
	s := m.open(t, s3.Tuning{Part: fakePart, Buffers: 2, Transfer: 8})
	var now, most atomic.Int64
	m.set(func(op string, w http.ResponseWriter, r *http.Request) bool {
		if op == "UploadPart" || op == "PutObject" {
			n := now.Add(1)
			defer now.Add(-1)
			for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
			}
			m.inner.ServeHTTP(w, r)
			return true
		}
		return false
	})
	var group sync.WaitGroup
	for i := range 3 {
		group.Go(func() {
			if err := store.PutBytes(t.Context(), s, string(rune('a'+i)), noise(3*fakePart)); err != nil {
				t.Error(err)
			}
			if err := store.PutBytes(t.Context(), s, string(rune('A'+i)), noise(fakePart-i)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if most.Load() > 2 {
		t.Errorf("%d bodies at a time, want 2", most.Load())
	}
	for i := range 3 {
		read(t, s, string(rune('a'+i)), noise(3*fakePart))
		read(t, s, string(rune('A'+i)), noise(fakePart-i))
	}
}

// What others put into the bucket is not part of the store.
func TestForeignObjects(t *testing.T) {
	s3test.Each(t, func(t *testing.T, server *s3test.Server) {
		s := openAt(t, server.Address("mine"), s3.Tuning{})
		for _, key := range []string{"a/b", "a/c/d", "z"} {
			if err := store.PutBytes(t.Context(), s, key, nil); err != nil {
				t.Fatal(err)
			}
		}
		client := server.Client()
		for _, name := range []string{"mine2/a", "other", "mine/with space", "mine/é/x", "mine/folder/", "mine/a/", "mine/sp ace/x"} {
			_, err := client.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String(s3test.Bucket), Key: aws.String(name)})
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []struct {
			prefix string
			opt    store.ListOptions
			want   string
		}{
			{"", store.ListOptions{}, "a/b a/c/d z"},
			{"a/", store.ListOptions{}, "a/b a/c/d"},
			{"a/", store.ListOptions{Shallow: true}, "a/b a/c/"},
			{"", store.ListOptions{After: "a/b"}, "a/c/d z"},
		} {
			var got []string
			for info, err := range s.List(t.Context(), c.prefix, c.opt) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, info.Key)
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("list of %q %+v yields %q, want %s", c.prefix, c.opt, got, c.want)
			}
		}
	})
}

// A list that breaks off between two pages is an error, not a shorter list.
func TestListBreaksOff(t *testing.T) {
	m := meddle(t, s3test.Fake(t))
	s := m.open(t, s3.Tuning{Attempts: 2})
	var group sync.WaitGroup
	for w := range 8 {
		group.Go(func() {
			for i := w; i < 1100; i += 8 {
				if err := store.PutBytes(t.Context(), s, fmt.Sprintf("k/%04d", i), nil); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	m.set(func(op string, w http.ResponseWriter, r *http.Request) bool {
		spoilt := r.URL.Query().Has("continuation-token")
		if spoilt {
			refuse(503, "SlowDown")(w, r)
		}
		return spoilt
	})
	n, failed := 0, 0
	for _, err := range s.List(t.Context(), "k/", store.ListOptions{}) {
		if err == nil {
			n++
			continue
		}
		if failed++; !strings.Contains(err.Error(), "overloaded") {
			t.Error(err)
		}
	}
	if n != 1000 || failed != 1 {
		t.Errorf("%d objects and %d errors", n, failed)
	}
}

// A server that lists out of order would make objects look missing.
func TestListOutOfOrder(t *testing.T) {
	m := meddle(t, s3test.Fake(t))
	s := m.open(t, s3.Tuning{})
	m.set(func(op string, w http.ResponseWriter, r *http.Request) bool {
		prefix := r.URL.Query().Get("prefix")
		fmt.Fprintf(w, `<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>`+
			`<Contents><Key>%[1]sb</Key></Contents><Contents><Key>%[1]sa</Key></Contents></ListBucketResult>`, prefix)
		return true
	})
	var got []string
	for info, err := range s.List(t.Context(), "", store.ListOptions{}) {
		got = append(got, fmt.Sprint(info.Key, err))
	}
	if len(got) != 2 || got[0] != "b<nil>" || !strings.Contains(got[1], "out of order: a behind b") {
		t.Errorf("%q", got)
	}
}

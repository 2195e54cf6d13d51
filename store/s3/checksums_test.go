package s3_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/s3"
	"github.com/flowc-dev/flowc/store/s3/s3test"
)

// headers writes down what the parts of uploads bring.
func (m *meddler) headers() func() string {
	var mu sync.Mutex
	var last string
	m.set(func(op string, w http.ResponseWriter, r *http.Request) bool {
		if op == "UploadPart" {
			mu.Lock()
			defer mu.Unlock()
			last = "signed"
			if sum := r.Header.Get("x-amz-content-sha256"); len(sum) != 64 {
				last = sum
			}
			if r.Header.Get("x-amz-checksum-crc32c") != "" {
				last += " checked"
			}
		}
		return false
	})
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		return last
	}
}

func TestUploadChecksums(t *testing.T) {
	data := noise(2*minPart + 1)
	versity := func(meddle func(*testing.T, *s3test.Server) *meddler) func(t *testing.T) *meddler {
		return func(t *testing.T) *meddler { return meddle(t, s3test.Versity(t)) }
	}
	fake := func(meddle func(*testing.T, *s3test.Server) *meddler) func(t *testing.T) *meddler {
		return func(t *testing.T) *meddler { return meddle(t, s3test.Fake(t)) }
	}
	for _, c := range []struct {
		name  string
		start func(t *testing.T) *meddler
		want  string
	}{
		{"knows them", versity(meddle), "signed checked"},
		{"knows them, TLS", versity(meddleTLS), "UNSIGNED-PAYLOAD checked"},
		{"doesn't", fake(meddle), "signed"},
		{"doesn't, TLS", fake(meddleTLS), "signed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := c.start(t)
			s := openAt(t, "s3://"+s3test.Bucket+"/p?endpoint="+m.URL, s3.Tuning{Part: minPart})
			headers := m.headers()
			if err := store.PutBytes(t.Context(), s, "put", data); err != nil {
				t.Fatal(err)
			}
			if got := headers(); got != c.want {
				t.Errorf("a part of a put is %s, want %s", got, c.want)
			}
			sum, _, err := store.ImportFile(t.Context(), s, tempFile(t, data), blobKey)
			if err != nil {
				t.Fatal(err)
			}
			if got := headers(); got != c.want {
				t.Errorf("a part of a file is %s, want %s", got, c.want)
			}
			for _, key := range []string{"put", blobKey(sum)} {
				read(t, s, key, data)
				out := filepath.Join(t.TempDir(), "out")
				if got, err := store.ExportFile(t.Context(), s, key, out); err != nil || got != sum {
					t.Errorf("exported with the sum %x, %v", got, err)
				}
			}
			if !strings.Contains(c.want, "checked") {
				return
			}
			// Damage shows on both ways.
			m.set(once("UploadPart", 1, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				body[77] ^= 1
				r.Body = io.NopCloser(bytes.NewReader(body))
				m.inner.ServeHTTP(w, r)
			}))
			if err := store.PutBytes(t.Context(), s, "again", data); err != nil {
				t.Error(err)
			}
			if got := strings.Count(m.asked(), "UploadPart"); got != 4 {
				t.Errorf("%d parts were sent, want 4", got)
			}
			read(t, s, "again", data)
			m.setAlter(func(op string, reply *http.Response) error {
				body, err := io.ReadAll(reply.Body)
				body[len(body)-1] ^= 1
				reply.Body = io.NopCloser(bytes.NewReader(body))
				return err
			})
			if _, err := store.ReadAll(t.Context(), s, "again", 1<<30); err == nil || !strings.Contains(err.Error(), "checksum") {
				t.Errorf("read with %v", err)
			}
		})
	}
}

// Servers that know checksums by half, or refuse them, get none.
func TestNoUploadChecksums(t *testing.T) {
	data := noise(2*fakePart + 1)
	for name, c := range map[string]struct {
		spoil func(w http.ResponseWriter, r *http.Request) bool
		alter func(reply *http.Response)
		first string
	}{
		"of parts only": {
			alter: func(reply *http.Response) {
				if reply.Request.Header.Get("x-amz-checksum-algorithm") != "" {
					reply.Header.Set("x-amz-checksum-algorithm", "CRC32C")
				}
			},
			first: "AbortMultipartUpload AbortMultipartUpload CompleteMultipartUpload CreateMultipartUpload CreateMultipartUpload",
		},
		"not implemented": {
			spoil: func(w http.ResponseWriter, r *http.Request) bool {
				refused := r.Header.Get("x-amz-checksum-algorithm") != ""
				if refused {
					refuse(501, "NotImplemented")(w, r)
				}
				return refused
			},
			first: "CompleteMultipartUpload CreateMultipartUpload CreateMultipartUpload",
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := meddle(t, s3test.Fake(t))
			s := m.open(t, s3.Tuning{Part: fakePart})
			m.set(func(op string, w http.ResponseWriter, r *http.Request) bool {
				if r.Header.Get("x-amz-checksum-crc32c") != "" {
					t.Errorf("%s has a checksum", op)
				}
				return op == "CreateMultipartUpload" && c.spoil != nil && c.spoil(w, r)
			})
			m.setAlter(func(op string, reply *http.Response) error {
				if op == "CreateMultipartUpload" && c.alter != nil {
					c.alter(reply)
				}
				return nil
			})
			for i, want := range []string{c.first, "CompleteMultipartUpload CreateMultipartUpload"} {
				key := fmt.Sprint("key", i)
				if err := store.PutBytes(t.Context(), s, key, data); err != nil {
					t.Fatal(err)
				}
				got := m.asked()
				if want += strings.Repeat(" HeadBucket", 1-i) + " HeadObject UploadPart UploadPart UploadPart"; got != want {
					t.Errorf("upload %d asks for\n%s, want\n%s", i, got, want)
				}
				read(t, s, key, data)
				m.asked()
			}
		})
	}
	// But what fails for another reason says so.
	m := meddle(t, s3test.Fake(t))
	s := m.open(t, s3.Tuning{Part: fakePart, Attempts: 2})
	m.set(once("CreateMultipartUpload", 1000, refuse(400, "SomethingNew")))
	if err := store.PutBytes(t.Context(), s, "key", data); err == nil || !strings.Contains(err.Error(), "SomethingNew") {
		t.Error(err)
	}
}

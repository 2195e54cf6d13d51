package s3_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/s3"
	"github.com/flowc-dev/flowc/store/s3/s3test"
)

func read(t *testing.T, s store.Store, key string, want []byte) {
	t.Helper()
	got, err := store.ReadAll(t.Context(), s, key, 1<<30)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s reads as %d of %d bytes, %v", key, len(got), len(want), err)
	}
}

// What may pass is tried again, whatever is asked.
func TestRetries(t *testing.T) {
	m := meddle(t, s3test.Fake(t))
	large := noise(2 * fakePart)
	for _, fault := range []struct {
		name  string
		bare  bool // without a code in a body, as replies to HEAD are, it can still be told
		spoil func(w http.ResponseWriter, r *http.Request)
	}{
		{"overloaded", true, refuse(503, "SlowDown")},
		{"broken", true, refuse(500, "InternalError")},
		{"gateway", true, refuse(502, "BadGateway")},
		{"slow", false, refuse(400, "RequestTimeout")},
		{"another write", false, refuse(409, "OperationAborted")},
		{"damaged", false, refuse(400, "XAmzContentSHA256Mismatch")},
		{"no answer", true, func(w http.ResponseWriter, r *http.Request) { hangUp(w) }},
	} {
		t.Run(fault.name, func(t *testing.T) {
			s := m.open(t, s3.Tuning{Part: fakePart})
			for _, op := range []string{
				"PutObject", "GetObject", "HeadObject", "ListObjectsV2", "DeleteObject",
				"CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload",
			} {
				if op == "HeadObject" && !fault.bare {
					continue
				}
				m.set(once(op, 3, fault.spoil))
				key := "retry/" + op
				if err := store.PutBytes(t.Context(), s, key, []byte("small")); err != nil {
					t.Errorf("%s: %v", op, err)
				}
				read(t, s, key, []byte("small"))
				if _, err := s.Stat(t.Context(), key); err != nil {
					t.Errorf("%s: %v", op, err)
				}
				if err := store.PutBytes(t.Context(), s, key+"-large", large); err != nil {
					t.Errorf("%s: %v", op, err)
				}
				read(t, s, key+"-large", large)
				n := 0
				for _, err := range s.List(t.Context(), key, store.ListOptions{}) {
					if n++; err != nil {
						t.Errorf("%s: %v", op, err)
					}
				}
				if n != 2 {
					t.Errorf("%s: %d objects", op, n)
				}
				if err := s.Delete(t.Context(), key); err != nil {
					t.Errorf("%s: %v", op, err)
				}
				if got := strings.Count(m.asked(), op); got < 4 {
					t.Errorf("%s was asked for %d times", op, got)
				}
			}
		})
	}
}

// A completion may fail in a reply that began with success.
func TestLateFailure(t *testing.T) {
	m := meddle(t, s3test.Fake(t))
	s := m.open(t, s3.Tuning{Part: fakePart})
	data := noise(2 * fakePart)
	m.set(once("CompleteMultipartUpload", 2, refuse(200, "InternalError")))
	if err := store.PutBytes(t.Context(), s, "key", data); err != nil {
		t.Error(err)
	}
	if got := strings.Count(m.asked(), "CompleteMultipartUpload"); got != 3 {
		t.Errorf("completed %d times", got)
	}
	read(t, s, "key", data)
}

// A server that stays overloaded makes an error that says so.
func TestGivesUp(t *testing.T) {
	m := meddle(t, s3test.Fake(t))
	s := m.open(t, s3.Tuning{Attempts: 4})
	m.set(once("PutObject", 1000, refuse(503, "SlowDown")))
	err := store.PutBytes(t.Context(), s, "key", []byte("x"))
	if err == nil || !strings.Contains(err.Error(), "overloaded") || !strings.Contains(err.Error(), "4 times") {
		t.Error(err)
	}
	if got := m.asked(); got != "PutObject PutObject PutObject PutObject" {
		t.Errorf("asked for %s", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var n atomic.Int64
	m.set(func(op string, w http.ResponseWriter, r *http.Request) bool {
		if n.Add(1) == 2 {
			cancel()
		}
		refuse(503, "SlowDown")(w, r)
		return true
	})
	if err := store.PutBytes(ctx, s, "key", []byte("x")); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled while it tries again: %v", err)
	}
}

// Where the reply of a write is lost, the SDK's own repetition finds the
// object. Whoever races must then read it back, as the interface says.
func TestLostReplies(t *testing.T) {
	s3test.Each(t, func(t *testing.T, server *s3test.Server) {
		m := meddle(t, server)
		s := m.open(t, s3.Tuning{Part: minPart})
		for op, data := range map[string][]byte{"PutObject": []byte("x"), "CompleteMultipartUpload": noise(2 * minPart)} {
			m.set(once(op, 1, m.loseReply))
			err := store.PutBytes(t.Context(), s, op, data)
			if err != nil && !errors.Is(err, store.ErrExists) {
				t.Errorf("%s: %v", op, err)
			}
			read(t, s, op, data)
			path := tempFile(t, data)
			m.set(once(op, 1, m.loseReply))
			if _, _, err := store.ImportFile(t.Context(), s, path, blobKey); err != nil {
				t.Errorf("import, %s: %v", op, err)
			}
			m.set(once("DeleteObject", 1, m.loseReply))
			if err := s.Delete(t.Context(), op); err != nil {
				t.Error(err)
			}
		}
		m.set(once("UploadPart", 1, m.loseReply))
		data := noise(2*minPart + 1)
		if err := store.PutBytes(t.Context(), s, "parts", data); err != nil {
			t.Error(err)
		}
		read(t, s, "parts", data)
	})
}

// A conflict with another write is no result: one of the two may have failed.
func TestConflicts(t *testing.T) {
	m := meddle(t, s3test.Fake(t))
	s := m.open(t, s3.Tuning{Part: fakePart})
	large := noise(2 * fakePart)
	conflict := refuse(409, "ConditionalRequestConflict")

	m.set(once("PutObject", 2, conflict))
	if err := store.PutBytes(t.Context(), s, "small", []byte("x")); err != nil {
		t.Error(err)
	}
	if got, want := m.asked(), "HeadBucket HeadObject HeadObject PutObject PutObject PutObject"; got != want {
		t.Errorf("asked for %s, want %s", got, want)
	}
	m.set(once("PutObject", 1, conflict))
	if err := store.PutBytes(t.Context(), s, "small", []byte("y")); !errors.Is(err, store.ErrExists) {
		t.Errorf("the other one won: %v", err)
	}
	read(t, s, "small", []byte("x"))

	// An upload that met a conflict is void as a whole.
	m.set(once("CompleteMultipartUpload", 1, conflict))
	if err := store.PutBytes(t.Context(), s, "large", large); err != nil {
		t.Error(err)
	}
	want := "AbortMultipartUpload AbortMultipartUpload CompleteMultipartUpload CompleteMultipartUpload CreateMultipartUpload CreateMultipartUpload " +
		"HeadObject HeadObject UploadPart UploadPart UploadPart UploadPart"
	if got := m.asked(); got != want {
		t.Errorf("asked for %s, want %s", got, want)
	}
	read(t, s, "large", large)
	path := tempFile(t, large)
	m.set(once("CompleteMultipartUpload", 1, conflict))
	sum, _, err := store.ImportFile(t.Context(), s, path, blobKey)
	if err != nil {
		t.Error(err)
	}
	read(t, s, blobKey(sum), large)

	m.set(once("PutObject", 1000, conflict))
	s = m.open(t, s3.Tuning{Attempts: 3})
	if err := store.PutBytes(t.Context(), s, "never", []byte("x")); err == nil || !strings.Contains(err.Error(), "ConditionalRequestConflict") {
		t.Error(err)
	}
}

// cut lets the reply to every ranged or whole GET of more than n bytes break
// off behind n of them, times times.
func (m *meddler) cut(n int64, times int64) {
	var cuts atomic.Int64
	m.setAlter(func(op string, reply *http.Response) error {
		if op == "GetObject" && reply.StatusCode < 300 && reply.ContentLength > n && cuts.Add(1) <= times {
			reply.Body = struct {
				io.Reader
				io.Closer
			}{io.LimitReader(reply.Body, n), reply.Body}
		}
		return nil
	})
}

func TestBrokenReplies(t *testing.T) {
	s3test.Each(t, func(t *testing.T, server *s3test.Server) {
		m := meddle(t, server)
		s := m.open(t, s3.Tuning{Part: minPart})
		data := noise(2*minPart + 77)
		if err := store.PutBytes(t.Context(), s, "key", data); err != nil {
			t.Fatal(err)
		}
		m.set(nil)
		m.cut(1000, 4)
		read(t, s, "key", data)
		if got := m.asked(); got != "GetObject GetObject GetObject GetObject GetObject" {
			t.Errorf("asked for %s", got)
		}
		m.cut(0, 3)
		r, err := s.Get(t.Context(), "key", 100, 3000)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if r.Close(); err != nil || !bytes.Equal(got, data[100:3100]) {
			t.Errorf("a range reads as %d bytes, %v", len(got), err)
		}
		m.cut(2<<20, 6)
		out := t.TempDir() + "/out"
		if sum, err := store.ExportFile(t.Context(), s, "key", out); err != nil || blobKey(sum) != blobKey(sumOf(data)) {
			t.Errorf("exported with the sum %x, %v", sum, err)
		}
		// One that never gets on is an error in the end, as is one that gets on
		// only a little.
		for _, n := range []int64{0, 10} {
			m.cut(n, 1<<40)
			if got, err := store.ReadAll(t.Context(), s, "key", 1<<30); err == nil || !strings.Contains(err.Error(), "broke off") {
				t.Errorf("%d bytes, %v", len(got), err)
			}
			if _, err := store.ExportFile(t.Context(), s, "key", t.TempDir()+"/out"); err == nil || !strings.Contains(err.Error(), "broke off") {
				t.Error(err)
			}
		}
		m.setAlter(nil)
		read(t, s, "key", data)
	})
}

// What changes between two replies must not become one object.
func TestReplacedMeanwhile(t *testing.T) {
	m := meddle(t, s3test.Fake(t))
	s := m.open(t, s3.Tuning{Part: fakePart, Transfer: 1})
	data := noise(3 * fakePart)
	replace := func() {
		m.setAlter(nil)
		m.set(nil)
		if err := errors.Join(s.Delete(t.Context(), "key"), store.PutBytes(t.Context(), s, "key", make([]byte, 3*fakePart))); err != nil {
			t.Error(err)
		}
	}
	if err := store.PutBytes(t.Context(), s, "key", data); err != nil {
		t.Fatal(err)
	}
	m.cut(1000, 1)
	r, err := s.Get(t.Context(), "key", 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadFull(r, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	replace()
	if _, err := io.ReadAll(r); err == nil || !strings.Contains(err.Error(), "another object") {
		t.Errorf("read on with %v", err)
	}

	var first sync.Once
	m.set(func(op string, w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("If-Match") != "" {
			first.Do(func() { m.mu.Lock(); m.spoil = nil; m.mu.Unlock(); replaceWith(t, s, "key", data) })
		}
		return false
	})
	out := t.TempDir() + "/out"
	if _, err := store.ExportFile(t.Context(), s, "key", out); err == nil || !strings.Contains(err.Error(), "another object") {
		t.Errorf("exported with %v", err)
	}
	expectNoFile(t, out)
}

func replaceWith(t *testing.T, s store.Store, key string, data []byte) {
	if err := errors.Join(s.Delete(t.Context(), key), store.PutBytes(t.Context(), s, key, data)); err != nil {
		t.Error(err)
	}
}

// A byte that changed on its way shows by the checksum that the server sent.
func TestDamagedReply(t *testing.T) {
	m := meddle(t, s3test.Versity(t)) // the fake has no checksums
	s := m.open(t, s3.Tuning{})
	data := noise(100_000)
	if err := store.PutBytes(t.Context(), s, "key", data); err != nil {
		t.Fatal(err)
	}
	m.setAlter(func(op string, reply *http.Response) error {
		body, err := io.ReadAll(reply.Body)
		if len(body) > 0 {
			body[len(body)/2] ^= 1
		}
		reply.Body = io.NopCloser(bytes.NewReader(body))
		return err
	})
	for _, limit := range []int64{100_000, 1 << 30} {
		if _, err := store.ReadAll(t.Context(), s, "key", max(limit, 1<<20)); err == nil || !strings.Contains(err.Error(), "checksum") {
			t.Errorf("read with %v", err)
		}
	}
}

// A body that changes on its way there is refused by the server.
func TestDamagedRequest(t *testing.T) {
	m := meddle(t, s3test.Versity(t)) // the fake doesn't look
	s := m.open(t, s3.Tuning{Part: minPart, Attempts: 2})
	damage := func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		body[len(body)/2] ^= 1
		r.Body = io.NopCloser(bytes.NewReader(body))
		m.inner.ServeHTTP(w, r)
	}
	large := noise(2 * minPart)
	path := tempFile(t, large)
	for op, put := range map[string]func() error{
		"PutObject":  func() error { return store.PutBytes(t.Context(), s, "small", []byte("123")) },
		"UploadPart": func() error { return store.PutBytes(t.Context(), s, "large", large) },
		"UploadPart ": func() error {
			_, _, err := store.ImportFile(t.Context(), s, path, func([32]byte) string { return "imported" })
			return err
		},
	} {
		m.set(once(strings.TrimSpace(op), 1000, damage))
		if err := put(); err == nil || !strings.Contains(err.Error(), "XAmzContentSHA256Mismatch") {
			t.Errorf("always damaged, %s: %v", op, err)
		}
		m.set(once(strings.TrimSpace(op), 1, damage))
		if err := put(); err != nil {
			t.Errorf("damaged once, %s: %v", op, err)
		}
	}
	m.set(nil)
	read(t, s, "small", []byte("123"))
	read(t, s, "large", large)
	read(t, s, "imported", large)
}

// On a connection where nothing moves one must not wait for ever.
func TestStalled(t *testing.T) {
	fake := s3test.Fake(t)
	m := meddle(t, fake)
	s := m.open(t, s3.Tuning{})
	if err := store.PutBytes(t.Context(), s, "key", []byte("x")); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	defer close(stop)
	m.set(once("GetObject", 1000, func(w http.ResponseWriter, r *http.Request) { <-stop }))
	s = m.open(t, s3.Tuning{Idle: 50 * time.Millisecond, Attempts: 2})
	if _, err := store.ReadAll(t.Context(), s, "key", 100); err == nil || !strings.Contains(err.Error(), "timeout") {
		t.Errorf("no reply: %v", err)
	}
	s = m.open(t, s3.Tuning{Idle: 200 * time.Millisecond, Attempts: 50}) // the machine may be busy
	m.set(once("GetObject", 1, func(w http.ResponseWriter, r *http.Request) { <-stop }))
	read(t, s, "key", []byte("x"))
	m.set(once("GetObject", 1, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "2000000")
		w.Header().Set("ETag", `"of-another"`)
		w.Write(make([]byte, 100))
		w.(http.Flusher).Flush()
		<-stop
	}))
	if _, err := store.ReadAll(t.Context(), s, "key", 2<<20); err == nil || !strings.Contains(err.Error(), "another object") {
		t.Errorf("half a reply: %v", err)
	}
}

// Servers that don't do what they are asked are found out.
func TestWrongReplies(t *testing.T) {
	m := meddle(t, s3test.Fake(t))
	s := m.open(t, s3.Tuning{Part: fakePart, Attempts: 2})
	data := noise(3 * fakePart)
	if err := store.PutBytes(t.Context(), s, "key", data); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		reply func(w http.ResponseWriter, r *http.Request)
		want  string
	}{
		"no range": {func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("Range")
			m.inner.ServeHTTP(w, r)
		}, "doesn't support ranges"},
		"another range": {func(w http.ResponseWriter, r *http.Request) {
			r.Header.Set("Range", "bytes=7-1000")
			m.inner.ServeHTTP(w, r)
		}, "another range"},
		"a shorter range": {func(w http.ResponseWriter, r *http.Request) {
			r.Header.Set("Range", "bytes=10-12")
			m.inner.ServeHTTP(w, r)
		}, "3 bytes instead of 100"},
		"a malformed range": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Range", "bytes */100")
			w.WriteHeader(206)
			io.WriteString(w, "x")
		}, "another range"},
		"a range beyond the object": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Range", "bytes 10-109/50")
			w.WriteHeader(206)
			w.Write(make([]byte, 100))
		}, "another range"},
		"no length": {func(w http.ResponseWriter, r *http.Request) {
			w.(http.Flusher).Flush()
		}, "how long"},
	} {
		m.set(once("GetObject", 1, c.reply))
		r, err := s.Get(t.Context(), "key", 10, 100)
		if err == nil {
			got, readErr := io.ReadAll(r)
			r.Close()
			err = fmt.Errorf("%d bytes, %v", len(got), readErr)
		}
		if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whoever gives up an upload leaves no parts behind.
func TestAbandonedUploads(t *testing.T) {
	s3test.Each(t, func(t *testing.T, server *s3test.Server) {
		m := meddle(t, server)
		s := m.open(t, s3.Tuning{Part: minPart, Transfer: 2})
		data := noise(4 * minPart)
		path := tempFile(t, data)
		puts := map[string]func(ctx context.Context) error{
			"put":    func(ctx context.Context) error { return store.PutBytes(ctx, s, "key", data) },
			"import": func(ctx context.Context) error { _, _, err := store.ImportFile(ctx, s, path, blobKey); return err },
		}
		for name, put := range puts {
			for _, op := range []string{"UploadPart", "CompleteMultipartUpload"} {
				for what, want := range map[string]string{"denied": "access denied", "cancelled": "context canceled"} {
					ctx, cancel := context.WithCancel(t.Context())
					spoil := refuse(403, "AccessDenied")
					if what == "cancelled" {
						spoil = func(w http.ResponseWriter, r *http.Request) {
							cancel()
							hangUp(w)
						}
					}
					m.set(once(op, 1, spoil))
					if err := put(ctx); err == nil || !strings.Contains(err.Error(), want) {
						t.Errorf("%s, %s %s: %v", name, op, what, err)
					}
					if !strings.Contains(m.asked(), "AbortMultipartUpload") {
						t.Errorf("%s, %s %s: not aborted", name, op, what)
					}
					cancel()
				}
			}
		}
		m.set(nil)
		body := &brokenBody{bytes.NewReader(data), 3*minPart + 1}
		if err := s.Put(t.Context(), "broken", body); !errors.Is(err, errBody) {
			t.Errorf("a broken body: %v", err)
		}
		expectNoUploads(t, server)
		for _, err := range s.List(t.Context(), "", store.ListOptions{}) {
			t.Errorf("there is something: %v", err)
		}
	})
}

var errBody = errors.New("the body broke")

type brokenBody struct {
	io.ReadSeeker
	n int
}

func (b *brokenBody) Read(p []byte) (int, error) {
	if b.n == 0 {
		return 0, errBody
	}
	n, err := b.ReadSeeker.Read(p[:min(b.n, len(p))])
	b.n -= n
	return n, err
}

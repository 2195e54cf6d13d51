package s3_test

import (
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/flowc-dev/flowc/store/s3"
	"github.com/flowc-dev/flowc/store/s3/s3test"
)

// meddler stands before a server, writes down what it is asked for, and spoils it.
type meddler struct {
	*httptest.Server
	inner http.Handler

	mu    sync.Mutex
	log   []string
	spoil func(op string, w http.ResponseWriter, r *http.Request) bool // true: that was the answer
	alter func(op string, reply *http.Response) error
}

// meddle puts a meddler before a server.
func meddle(t *testing.T, server *s3test.Server) *meddler {
	t.Helper()
	m := newMeddler(t, server)
	m.Start()
	return m
}

// meddleTLS puts one before it that speaks TLS, and whom the environment trusts.
func meddleTLS(t *testing.T, server *s3test.Server) *meddler {
	t.Helper()
	m := newMeddler(t, server)
	m.StartTLS()
	t.Setenv("AWS_CA_BUNDLE", tempFile(t, certificate(m.Server)))
	return m
}

func newMeddler(t *testing.T, server *s3test.Server) *meddler {
	t.Helper()
	target, err := url.Parse(server.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ErrorLog = log.New(io.Discard, "", 0)
	m := &meddler{inner: proxy}
	proxy.ModifyResponse = func(reply *http.Response) error {
		m.mu.Lock()
		alter := m.alter
		m.mu.Unlock()
		if alter != nil {
			return alter(operation(reply.Request), reply)
		}
		return nil
	}
	m.Server = httptest.NewUnstartedServer(m)
	m.Server.Config.ErrorLog = proxy.ErrorLog
	t.Cleanup(m.Close)
	return m
}

func (m *meddler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	op := operation(r)
	m.mu.Lock()
	m.log = append(m.log, op)
	spoil := m.spoil
	m.mu.Unlock()
	if spoil != nil && spoil(op, w, r) {
		return
	}
	m.inner.ServeHTTP(w, r)
}

func (m *meddler) set(spoil func(op string, w http.ResponseWriter, r *http.Request) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.spoil, m.log = spoil, nil
}

func (m *meddler) setAlter(alter func(op string, reply *http.Response) error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.alter = alter
}

// asked returns what was asked since the last time, sorted: of parallel
// requests any may be the first.
func (m *meddler) asked() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	log := m.log
	m.log = nil
	slices.Sort(log)
	return strings.Join(log, " ")
}

// operation is S3's name of a request.
func operation(r *http.Request) string {
	q := r.URL.Query()
	bucket := strings.Count(strings.Trim(r.URL.Path, "/"), "/") == 0
	switch {
	case r.Method == "PUT" && q.Has("partNumber"):
		return "UploadPart"
	case r.Method == "PUT":
		return "PutObject"
	case r.Method == "POST" && q.Has("uploads"):
		return "CreateMultipartUpload"
	case r.Method == "POST" && q.Has("uploadId"):
		return "CompleteMultipartUpload"
	case r.Method == "DELETE" && q.Has("uploadId"):
		return "AbortMultipartUpload"
	case r.Method == "DELETE":
		return "DeleteObject"
	case r.Method == "GET" && q.Get("list-type") == "2":
		return "ListObjectsV2"
	case r.Method == "HEAD" && bucket:
		return "HeadBucket"
	case r.Method == "HEAD":
		return "HeadObject"
	case r.Method == "GET":
		return "GetObject"
	}
	return r.Method + " " + r.URL.String()
}

// once spoils the first n requests of an operation.
func once(op string, n int, spoil func(w http.ResponseWriter, r *http.Request)) func(string, http.ResponseWriter, *http.Request) bool {
	var mu sync.Mutex
	return func(got string, w http.ResponseWriter, r *http.Request) bool {
		mu.Lock()
		mine := got == op && n > 0
		if mine {
			n--
		}
		mu.Unlock()
		if mine {
			spoil(w, r)
		}
		return mine
	}
}

// refuse answers with an error as S3 writes it.
func refuse(status int, code string) func(w http.ResponseWriter, r *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		if r.Method != "HEAD" {
			fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>because of the test</Message><RequestId>R1</RequestId></Error>`, code)
		}
	}
}

// hangUp closes the connection without an answer.
func hangUp(w http.ResponseWriter) { panic(http.ErrAbortHandler) }

// loseReply does what is asked, and closes the connection without an answer.
func (m *meddler) loseReply(w http.ResponseWriter, r *http.Request) {
	m.inner.ServeHTTP(httptest.NewRecorder(), r)
	hangUp(w)
}

// certificate is that of a server of this package, which signed itself.
func certificate(server *httptest.Server) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
}

// open returns an empty store on the meddler's server.
func (m *meddler) open(t *testing.T, tune s3.Tuning) *s3.Store {
	t.Helper()
	return openAt(t, "s3://"+s3test.Bucket+"/"+strings.ToLower(strings.ReplaceAll(t.Name(), "/", "-"))+"?endpoint="+m.URL, tune)
}

func openAt(t *testing.T, address string, tune s3.Tuning) *s3.Store {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	s, err := s3.OpenTuned(context.Background(), u, tune)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

package s3_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/s3"
	"github.com/flowc-dev/flowc/store/s3/s3test"
)

// operations are all that a store can be asked for.
func operations(t *testing.T, s store.Store) map[string]func(ctx context.Context) error {
	file := tempFile(t, noise(100<<10))
	return map[string]func(ctx context.Context) error{
		"put":    func(ctx context.Context) error { return store.PutBytes(ctx, s, "a/key", []byte("x")) },
		"get":    func(ctx context.Context) error { _, err := store.ReadAll(ctx, s, "a/key", 100); return err },
		"stat":   func(ctx context.Context) error { _, err := s.Stat(ctx, "a/key"); return err },
		"delete": func(ctx context.Context) error { return s.Delete(ctx, "a/key") },
		"list": func(ctx context.Context) error {
			for _, err := range s.List(ctx, "a/", store.ListOptions{}) {
				return err
			}
			return nil
		},
		"import": func(ctx context.Context) error {
			_, _, err := store.ImportFile(ctx, s, file, blobKey)
			return err
		},
		"export": func(ctx context.Context) error {
			_, err := store.ExportFile(ctx, s, "a/key", t.TempDir()+"/out")
			return err
		},
	}
}

// expectSays checks an error that is to be read by people.
func expectSays(t *testing.T, what string, s store.Store, err error, want ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error", what)
		return
	}
	var e *store.Error
	if !errors.As(err, &e) || e.Store != s.URL() || e.Key == "" {
		t.Errorf("%s: %v is no *store.Error that names the store and the key", what, err)
	}
	for _, w := range append(want, s.URL()) {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%s: %q, want %q in it", what, err, w)
		}
	}
	for _, jargon := range []string{"operation error", "https response error", "api error", "wrong-secret", "\n"} {
		if strings.Contains(err.Error(), jargon) {
			t.Errorf("%s: %q has %q in it", what, err, jargon)
		}
	}
}

func TestExplanations(t *testing.T) {
	m := meddle(t, s3test.Fake(t))
	s := m.open(t, s3.Tuning{Attempts: 2})
	for _, c := range []struct {
		status int
		code   string
		header string // of the bucket's region
		want   string
	}{
		{403, "AccessDenied", "", "the credentials need s3:GetObject, s3:PutObject"},
		{403, "AccessDenied", "", "on the objects " + s3test.Bucket + "/testexplanations/*"},
		{403, "KMS.DisabledException", "", "KMS.DisabledException: because of the test, request R1"},
		{400, "ExpiredToken", "", "the credentials have expired"},
		{403, "InvalidAccessKeyId", "", "doesn't know these credentials"},
		{403, "SignatureDoesNotMatch", "", "AWS_SECRET_ACCESS_KEY"},
		{403, "RequestTimeTooSkewed", "", "clock of this machine"},
		{404, "NoSuchBucket", "", "there is no bucket " + s3test.Bucket},
		{301, "PermanentRedirect", "eu-west-1", "is in the region eu-west-1, not us-east-1: set ?region=eu-west-1"},
		{400, "AuthorizationHeaderMalformed", "", "isn't in the region us-east-1"},
		{301, "PermanentRedirect", "../x", "isn't in the region us-east-1"},
		{501, "NotImplemented", "", "needs conditional writes"},
		{503, "SlowDown", "", "overloaded"},
		{507, "InsufficientStorage", "", "answered 507 InsufficientStorage: because of the test"},
		{400, "SomethingNew", "", "answered 400 SomethingNew: because of the test, request R1"},
	} {
		m.set(func(op string, w http.ResponseWriter, r *http.Request) bool {
			if c.header != "" {
				w.Header().Set("x-amz-bucket-region", c.header)
			}
			refuse(c.status, c.code)(w, r)
			return true
		})
		for op, do := range operations(t, s) {
			if op == "stat" || op == "import" {
				continue // a HEAD has no code, see below
			}
			expectSays(t, op+" "+c.code, s, do(t.Context()), c.want)
		}
	}
	for status, want := range map[int]string{
		301: "isn't in the region", 400: "answered 400", 403: "the credentials need", 500: "answered 500", 503: "overloaded",
	} {
		m.set(func(op string, w http.ResponseWriter, r *http.Request) bool {
			refuse(status, "")(w, r)
			return true
		})
		for _, op := range []string{"stat", "import"} {
			expectSays(t, fmt.Sprint(op, " ", status), s, operations(t, s)[op](t.Context()), want)
		}
	}
	// Programs can ask for more than the words.
	m.set(func(op string, w http.ResponseWriter, r *http.Request) bool {
		refuse(400, "SomethingNew")(w, r)
		return true
	})
	var api smithy.APIError
	if err := s.Delete(t.Context(), "key"); !errors.As(err, &api) || api.ErrorCode() != "SomethingNew" {
		t.Errorf("%v doesn't hold the server's answer", err)
	}
}

func TestNoBucket(t *testing.T) {
	s3test.Each(t, func(t *testing.T, server *s3test.Server) {
		s := openAt(t, "s3://no-such-bucket/p?endpoint="+server.Endpoint, s3.Tuning{})
		for op, do := range operations(t, s) {
			expectSays(t, op, s, do(t.Context()), "there is no bucket no-such-bucket on "+server.Endpoint, "create it")
		}
	})
}

func TestWrongCredentials(t *testing.T) {
	server := s3test.Versity(t)
	s := openAt(t, server.Address("p"), s3.Tuning{})
	t.Setenv("AWS_SECRET_ACCESS_KEY", "wrong-secret")
	wrongSecret := openAt(t, server.Address("p"), s3.Tuning{})
	t.Setenv("AWS_ACCESS_KEY_ID", "nobody")
	nobody := openAt(t, server.Address("p"), s3.Tuning{})
	if err := store.PutBytes(t.Context(), s, "a/key", []byte("x")); err != nil {
		t.Fatal(err)
	}
	for _, op := range []string{"put", "get", "list", "delete", "export"} {
		expectSays(t, op, s, operations(t, wrongSecret)[op](t.Context()), "the secret key doesn't belong to the access key")
		expectSays(t, op, s, operations(t, nobody)[op](t.Context()), "doesn't know these credentials")
	}
	expectSays(t, "stat", s, operations(t, nobody)["stat"](t.Context()), "doesn't know the credentials")
}

func TestNoCredentials(t *testing.T) {
	m := meddle(t, s3test.Fake(t))
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		t.Setenv(name, "")
	}
	s := m.open(t, s3.Tuning{})
	for op, do := range operations(t, s) {
		expectSays(t, op, s, do(t.Context()), "no credentials for S3", "AWS_PROFILE")
	}
	if got := m.asked(); got != "" {
		t.Errorf("asked for %s", got)
	}
	t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", "/nowhere/token")
	t.Setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/r")
	s = m.open(t, s3.Tuning{})
	expectSays(t, "no token", s, operations(t, s)["get"](t.Context()), "no credentials for S3", "/nowhere/token")
}

func TestUnreachable(t *testing.T) {
	fake := s3test.Fake(t)
	closed := httptest.NewServer(nil)
	closed.Close()
	secure := httptest.NewTLSServer(s3test.Handler())
	secure.Config.ErrorLog = meddle(t, fake).Config.ErrorLog
	defer secure.Close()
	for _, c := range []struct {
		name, endpoint string
		want           []string
	}{
		{"nobody listens", closed.URL, []string{closed.URL + " can't be reached", "connection refused", "3 times"}},
		{"no such host", "http://no.such.host.invalid", []string{"no.such.host.invalid"}},
		{"unknown authority", secure.URL, []string{"AWS_CA_BUNDLE"}},
		{"no S3", "http://" + closed.Listener.Addr().String(), []string{"can't be reached"}},
	} {
		s := openAt(t, "s3://"+s3test.Bucket+"/p?endpoint="+c.endpoint, s3.Tuning{Attempts: 3})
		for op, do := range operations(t, s) {
			expectSays(t, c.name+" "+op, s, do(t.Context()), c.want...)
		}
	}
	// Something that answers, but not as S3 does.
	page := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(400)
		fmt.Fprint(w, "<html><body>Welcome</body></html>")
	}))
	defer page.Close()
	s := openAt(t, "s3://"+s3test.Bucket+"/p?endpoint="+page.URL, s3.Tuning{Attempts: 2})
	for op, do := range operations(t, s) {
		expectSays(t, "no S3, "+op, s, do(t.Context()), page.URL)
	}
}

// TLS works with an authority that the environment names, as signatures do.
func TestOverTLS(t *testing.T) {
	s3test.Fake(t) // for the environment
	secure := httptest.NewTLSServer(s3test.Handler())
	defer secure.Close()
	bundle := tempFile(t, certificate(secure))
	t.Setenv("AWS_CA_BUNDLE", bundle)
	s := openAt(t, "s3://"+s3test.Bucket+"/p?endpoint="+secure.URL, s3.Tuning{Part: fakePart})
	req, err := http.NewRequest("PUT", secure.URL+"/"+s3test.Bucket, nil)
	if err != nil {
		t.Fatal(err)
	}
	if reply, err := secure.Client().Do(req); err != nil || reply.StatusCode != 200 {
		t.Fatalf("making the bucket: %v, %v", reply, err)
	}
	data := noise(3*fakePart + 1)
	path := tempFile(t, data)
	sum, _, err := store.ImportFile(t.Context(), s, path, blobKey)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if got, err := store.ExportFile(t.Context(), s, blobKey(sum), path); err != nil || got != sum {
		t.Errorf("exported with the sum %x, %v", got, err)
	}
	read(t, s, blobKey(sum), data)
}

func TestOpenCancelled(t *testing.T) {
	s3test.Fake(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s3.Open(ctx, &url.URL{Scheme: "s3", Host: "bucket"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

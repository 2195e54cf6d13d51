// Package s3test starts S3 servers for tests: one in the process of the test,
// and a real one, versitygw, on a free port of this machine, which
// e2e/versitygw.sh builds.
//
//	func TestOnServers(t *testing.T) {
//		s3test.Each(t, func(t *testing.T, server *s3test.Server) {
//			s := server.Open(t)
//			...
//		})
//	}
package s3test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"

	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/s3"
)

// What all servers here know.
const (
	Bucket = "flowc-test"
	Region = "us-east-1"

	accessKey = "test-access-key"
	secretKey = "test-secret-key"
)

// Server is a server with an empty bucket. It ends with the test.
type Server struct {
	Endpoint string // http://127.0.0.1:PORT
	stores   atomic.Int64
}

// Each runs a test on each kind of server. The environment of the test is that
// of a user with credentials for them, and without any of the machine's.
func Each(t *testing.T, test func(t *testing.T, server *Server)) {
	t.Run("fake", func(t *testing.T) { test(t, Fake(t)) })
	t.Run("versitygw", func(t *testing.T) { test(t, Versity(t)) })
}

// Fake starts a server that keeps objects in memory. It doesn't look at
// signatures, nor at conditions of a multipart completion.
func Fake(t testing.TB) *Server {
	t.Helper()
	setenv(t)
	fake := httptest.NewUnstartedServer(Handler())
	fake.Config.ErrorLog = log.New(io.Discard, "", 0)
	fake.Start()
	t.Cleanup(fake.Close)
	return ready(t, fake.URL)
}

// Handler is the server of Fake, for tests that put something before it. It
// makes buckets as they are named.
func Handler() http.Handler {
	// Racing writes of one key may both succeed in it, so it gets one at a time.
	var writing sync.Mutex
	inner := gofakes3.New(s3mem.New(), gofakes3.WithTimeSkewLimit(0)).Server()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") != "" {
			writing.Lock()
			defer writing.Unlock()
		}
		inner.ServeHTTP(w, r)
	})
}

// Versity starts versitygw over a temporary folder, or skips the test where it
// isn't built.
func Versity(t testing.TB) *Server {
	t.Helper()
	if testing.Short() {
		t.Skip("versitygw is left out with -short")
	}
	program := versitygw()
	if program == "" {
		t.Skip("versitygw isn't built: run e2e/versitygw.sh")
	}
	setenv(t)
	dir := t.TempDir()
	for try := 1; ; try++ {
		address, err := freePort()
		if err != nil {
			t.Fatal(err)
		}
		err = start(t, program, dir, address)
		if err == nil {
			return ready(t, "http://"+address)
		}
		if try == 3 { // others may have taken the port
			t.Fatal(err)
		}
	}
}

// versitygw finds the program.
func versitygw() string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for {
		program := filepath.Join(dir, ".cache", "bin", "versitygw")
		if info, err := os.Stat(program); err == nil && info.Mode().IsRegular() {
			return program
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// start runs the program until the end of the test, and returns when it answers.
func start(t testing.TB, program, dir, address string) error {
	var output strings.Builder
	cmd := exec.Command(program, "--port", address, "--keep-alive", "--quiet", "posix", dir)
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+accessKey, "ROOT_SECRET_KEY="+secretKey)
	cmd.Stdout, cmd.Stderr = &output, &output
	ended := make(chan error, 1)
	if err := run(cmd, ended); err != nil {
		return err
	}
	stop := sync.OnceFunc(func() {
		cmd.Process.Kill() // or it would wait for open connections
		<-ended
	})
	t.Cleanup(stop)
	for range 200 {
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			return nil
		}
		select {
		case err := <-ended:
			ended <- err
			return fmt.Errorf("versitygw ended: %v\n%s", err, output.String())
		case <-time.After(50 * time.Millisecond):
		}
	}
	stop()
	return fmt.Errorf("versitygw doesn't answer\n%s", output.String())
}

// setenv gives the test the credentials of the servers.
func setenv(t testing.TB) {
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID":           accessKey,
		"AWS_SECRET_ACCESS_KEY":       secretKey,
		"AWS_SESSION_TOKEN":           "",
		"AWS_REGION":                  Region,
		"AWS_PROFILE":                 "",
		"AWS_CONFIG_FILE":             os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_EC2_METADATA_DISABLED":   "true",
		"AWS_MAX_ATTEMPTS":            "",
		"FLOWC_S3_ENDPOINT":           "",
	} {
		t.Setenv(name, value)
	}
}

// ready makes the bucket.
func ready(t testing.TB, endpoint string) *Server {
	t.Helper()
	s := &Server{Endpoint: endpoint}
	_, err := s.Client().CreateBucket(context.Background(), &awss3.CreateBucketInput{Bucket: aws.String(Bucket)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Client returns a client of the SDK for the server.
func (s *Server) Client() *awss3.Client {
	return awss3.New(awss3.Options{
		BaseEndpoint: &s.Endpoint,
		Region:       Region,
		UsePathStyle: true,
		Credentials:  credentials.NewStaticCredentialsProvider(accessKey, secretKey, ""),
	})
}

// Address is that of the store in the bucket under prefix, which may be "".
func (s *Server) Address(prefix string) string {
	return "s3://" + Bucket + "/" + prefix + "?endpoint=" + s.Endpoint
}

// Open returns a store that is empty, another one each time.
func (s *Server) Open(t testing.TB) store.Store {
	t.Helper()
	u, err := url.Parse(s.Address(fmt.Sprintf("store%d", s.stores.Add(1))))
	if err != nil {
		t.Fatal(err)
	}
	opened, err := s3.Open(context.Background(), u)
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

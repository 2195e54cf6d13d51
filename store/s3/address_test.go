package s3_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/store/open"
	"github.com/flowc-dev/flowc/store/s3"
	"github.com/flowc-dev/flowc/store/s3/s3test"
)

func TestAddresses(t *testing.T) {
	s3test.Fake(t) // for the environment
	for address, want := range map[string]string{
		"s3://bucket":                                       "",
		"s3://bucket/":                                      "s3://bucket",
		"s3://my.bucket-1/a/b":                              "",
		"S3://bucket/a/":                                    "s3://bucket/a",
		"s3://bucket?region=eu-west-1":                      "",
		"s3://bucket?path_style=1":                          "s3://bucket?path_style=true",
		"s3://bucket?path_style=false":                      "",
		"s3://b-1/p?region=x&path_style=F":                  "s3://b-1/p?path_style=false&region=x",
		"s3://b-1/p?endpoint=http://h:9/x/":                 "",
		"s3://b-1/p?endpoint=http%3A%2F%2F127.0.0.1%3A9000": "s3://b-1/p?endpoint=http://127.0.0.1:9000",
		"s3://b-1?endpoint=https://[::1]:9000":              "s3://b-1?endpoint=https://%5B::1%5D:9000",
	} {
		if want == "" {
			want = address
		}
		s, err := open.URL(t.Context(), address, open.Scheme{Name: "s3", Open: s3.Open})
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		if s.URL() != want {
			t.Errorf("%s is %s, want %s", address, s.URL(), want)
		}
		again, err := open.URL(t.Context(), s.URL(), open.Scheme{Name: "s3", Open: s3.Open})
		if err != nil || again.URL() != s.URL() {
			t.Errorf("%s, opened again, is %v, %v", s.URL(), again, err)
		}
	}
}

func TestBadAddresses(t *testing.T) {
	s3test.Fake(t)
	const secret = "hunter2"
	for address, want := range map[string]string{
		"s3:":                             "names no bucket",
		"s3://":                           "names no bucket",
		"s3:///a":                         "names no bucket",
		"s3:bucket":                       "names no bucket",
		"s3://ab":                         "no name of a bucket",
		"s3://Bucket":                     "no name of a bucket",
		"s3://buck_et":                    "no name of a bucket",
		"s3://bucket:80/a":                "no name of a bucket",
		"s3://-bucket":                    "no name of a bucket",
		"s3://bu..cket":                   "no name of a bucket",
		"s3://" + strings.Repeat("b", 64): "no name of a bucket",
		"s3://fast--usw2-az1--x-s3/a":     "directory bucket",
		"s3://bucket/a//b":                "empty name",
		"s3://bucket/../b":                `the name ".."`,
		"s3://bucket/a%20b":               "the character",
		"s3://bucket/" + strings.Repeat("p/", 62) + "p": "more than 123",
		"s3://bucket#a":                                   "#fragment",
		"s3://bucket?acces_key=" + secret:                 `a setting "acces_key"`,
		"s3://bucket?region=" + secret + "&region=b":      "one value",
		"s3://bucket?region=":                             "one value",
		"s3://bucket?region=a/b":                          "malformed",
		"s3://bucket?path_style=maybe":                    "true or false",
		"s3://bucket?%zz":                                 "malformed",
		"s3://bucket?endpoint=localhost:9000":             "must be http://HOST:PORT",
		"s3://bucket?endpoint=http://":                    "must be http://HOST:PORT",
		"s3://bucket?endpoint=ftp://host":                 "must be http://HOST:PORT",
		"s3://bucket?endpoint=http://a:" + secret + "@h":  "holds a name or a password",
		"s3://bucket?endpoint=http://h%3Fkey%3D" + secret: "something behind its path",
		"s3://AKIA:" + secret + "@bucket/a":               "holds a name or a password",
		"s3://" + secret + "@bucket":                      "holds a name or a password",
	} {
		s, err := open.URL(t.Context(), address, open.Scheme{Name: "s3", Open: s3.Open})
		if err == nil {
			t.Errorf("%s is %s", address, s.URL())
			continue
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, want %q in it", address, err, want)
		}
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %q has a secret", address, err)
		}
	}
}

// FuzzAddress holds that an address that is accepted has one spelling, and
// that no other gives a password away.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{
		"s3://bucket", "s3://bucket/a/b?region=eu-west-1&endpoint=http://127.0.0.1:9000&path_style=true",
		"s3://k:s@bucket", "s3://bucket/%2e%2e", "s3://b?x=y", "s3://bucket?endpoint=http://h/%25",
	} {
		f.Add(seed)
	}
	f.Setenv("AWS_REGION", "us-east-1")
	f.Fuzz(func(t *testing.T, address string) {
		u, err := url.Parse(address)
		if err != nil || strings.ToLower(u.Scheme) != "s3" {
			return
		}
		s, err := s3.Open(t.Context(), u)
		if err != nil {
			if password, ok := u.User.Password(); ok && len(password) > 30 && strings.Contains(err.Error(), password) {
				t.Errorf("%q has the password", err)
			}
			return
		}
		if u.User != nil {
			t.Fatalf("%q is accepted", address)
		}
		again, err := url.Parse(s.URL())
		if err != nil {
			t.Fatalf("%q of %q: %v", s.URL(), address, err)
		}
		same, err := s3.Open(t.Context(), again)
		if err != nil || same.URL() != s.URL() {
			t.Errorf("%q of %q opens as %v, %v", s.URL(), address, same, err)
		}
	})
}

func TestEnvironment(t *testing.T) {
	fake := s3test.Fake(t)
	put := func(t *testing.T, address string) error {
		s := openAt(t, address, s3.Tuning{Attempts: 1})
		return s.Put(t.Context(), "key", strings.NewReader("x"))
	}
	for _, name := range []string{"FLOWC_S3_ENDPOINT", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, fake.Endpoint)
			if err := put(t, "s3://"+s3test.Bucket+"/"+name); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("ours first", func(t *testing.T) {
		t.Setenv("FLOWC_S3_ENDPOINT", fake.Endpoint)
		t.Setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1")
		if err := put(t, "s3://"+s3test.Bucket+"/ours"); err != nil {
			t.Error(err)
		}
	})
	t.Run("the URL before all", func(t *testing.T) {
		t.Setenv("FLOWC_S3_ENDPOINT", "http://127.0.0.1:1")
		if err := put(t, fake.Address("url")); err != nil {
			t.Error(err)
		}
	})
	for name, value := range map[string]string{"FLOWC_S3_ENDPOINT": "127.0.0.1:9000", "AWS_ENDPOINT_URL_S3": "http://k:hunter2@h"} {
		t.Run("bad "+name, func(t *testing.T) {
			t.Setenv(name, value)
			u := &url.URL{Scheme: "s3", Host: "bucket"}
			if _, err := s3.Open(t.Context(), u); err == nil || !strings.Contains(err.Error(), "endpoint") || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%v", err)
			}
		})
	}
	t.Run("no region", func(t *testing.T) {
		t.Setenv("AWS_REGION", "")
		u := &url.URL{Scheme: "s3", Host: "bucket"}
		if _, err := s3.Open(t.Context(), u); err == nil || !strings.Contains(err.Error(), "add ?region=REGION") {
			t.Errorf("%v", err)
		}
		u.RawQuery = "endpoint=" + fake.Endpoint
		if _, err := s3.Open(t.Context(), u); err != nil {
			t.Errorf("a server other than AWS: %v", err)
		}
	})
	t.Run("bad profile", func(t *testing.T) {
		t.Setenv("AWS_PROFILE", "nobody")
		u := &url.URL{Scheme: "s3", Host: "bucket"}
		if _, err := s3.Open(t.Context(), u); err == nil || !strings.Contains(err.Error(), "nobody") {
			t.Errorf("%v", err)
		}
	})
}

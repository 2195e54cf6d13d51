package open_test

import (
	"context"
	"errors"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/mem"
	"github.com/flowc-dev/flowc/store/open"
)

func TestURL(t *testing.T) {
	base := t.TempDir()
	t.Chdir(base)
	s3 := open.Scheme{Name: "s3", Open: func(ctx context.Context, u *url.URL) (store.Store, error) {
		return mem.New("s3-" + u.Host + u.Path), nil
	}}
	for _, c := range []struct{ address, want string }{
		{"runs", filepath.Join(base, "runs")},
		{"./runs/../other", filepath.Join(base, "other")},
		{"/data/runs", "/data/runs"},
		{"/data/with: colon", "/data/with: colon"},
		{"./a:b", filepath.Join(base, "a:b")},
		{".flowc", filepath.Join(base, ".flowc")},
		{"file:///data/runs", "/data/runs"},
		{"FILE:///data/runs", "/data/runs"},
		{"file://localhost/data", "/data"},
		{"file:///with%20space%3F", "/with space?"},
		{"mem:", "mem:"},
		{"mem:tests", "mem:tests"},
		{"s3://bucket/prefix", "mem:s3-bucket/prefix"},
	} {
		s, err := open.URL(t.Context(), c.address, s3)
		if err != nil {
			t.Errorf("%s: %v", c.address, err)
		} else if s.URL() != c.want {
			t.Errorf("%s opens %s, want %s", c.address, s.URL(), c.want)
		}
	}
}

func TestURLRefuses(t *testing.T) {
	for _, c := range []struct{ address, want string }{
		{"", "empty"},
		{"file:runs", "file:///path"},
		{"file://runs", "file:///path"},
		{"file://host/runs", "host"},
		{"file:///runs?x=1", "nothing but a path"},
		{"file:///runs#x", "nothing but a path"},
		{"mem:a/b", "name"},
		{"s3://bucket", `no kind of store "s3"`},
		{"https://user:hunter2@host/x", `no kind of store "https"`},
		{"http://user:hunter2@host:port/", "invalid port"},
		{"file://user:hunter2@host/runs", "host"},
		{"file://user:hunter2@localhost/runs", "nothing but a path"},
	} {
		_, err := open.URL(t.Context(), c.address)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.address, err, c.want)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error shows the password: %v", c.address, err)
		}
	}
}

func TestMemoryIsShared(t *testing.T) {
	one, err := open.URL(t.Context(), "mem:shared")
	if err != nil {
		t.Fatal(err)
	}
	two, err := open.URL(t.Context(), "mem:shared")
	if err != nil {
		t.Fatal(err)
	}
	other, err := open.URL(t.Context(), "mem:other")
	if err != nil {
		t.Fatal(err)
	}
	if err := store.PutBytes(t.Context(), one, "key", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := two.Stat(t.Context(), "key"); err != nil {
		t.Error(err)
	}
	if _, err := other.Stat(t.Context(), "key"); !errors.Is(err, store.ErrNotFound) {
		t.Error(err)
	}
}

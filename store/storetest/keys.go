package storetest

import (
	"context"
	"errors"
	"io"
	"net/url"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/store"
)

func testKeysAtTheLimit(t *testing.T, s store.Store) {
	segment := strings.Repeat("s", store.MaxSegment)
	alone := strings.Repeat("S", store.MaxSegment)
	deep := strings.Repeat("d/", store.MaxKey/2-1) + "dd"
	long := strings.Repeat(segment+"/", 4) + strings.Repeat("l", store.MaxKey-4*(store.MaxSegment+1))
	for _, key := range []string{
		alone, long, deep, "...", "..a", "-", "~", "=", "+", "a=b/c+d/e~f/g_h/i.j/-k", "CON", "nul", ".hidden/.x", "a.json",
	} {
		if err := store.CheckKey(key); err != nil {
			t.Fatal(err)
		}
		put(t, s, key, key)
	}
	if len(deep) != store.MaxKey || len(long) != store.MaxKey {
		t.Fatalf("keys of %d and %d bytes, want %d", len(deep), len(long), store.MaxKey)
	}
	for _, key := range []string{alone, long, deep, "...", "..a", "a=b/c+d/e~f/g_h/i.j/-k", ".hidden/.x"} {
		expect(t, s, key, key)
	}
	expectList(t, s, "d/d/", store.ListOptions{}, deep)
}

func hostileKeys() []string {
	return []string{
		"", "/", "a/", "/a", "a//b", ".", "..", "./a", "a/.", "../a", "a/../b", "a/..", "a/./b",
		"a b", "a\x00b", "a\nb", `a\b`, "a:b", "a*", "a?", "a%2fb", "@tmp", "@tmp/x", "é", "a/\xff", "a\u202eb", "C:/x",
		"a|b", `a"b`, "a<b", "#a", "a&b", "{a}", "$a", "`a`", "'a'", ",a", ";a",
		strings.Repeat("s", store.MaxSegment+1), "a/" + strings.Repeat("s", store.MaxSegment+1),
		strings.Repeat("d/", store.MaxKey/2) + "d",
	}
}

func testHostileKeys(t *testing.T, s store.Store) {
	put(t, s, "b", "safe")
	ctx := t.Context()
	for _, key := range hostileKeys() {
		_, getErr := s.Get(ctx, key, 0, -1)
		_, statErr := s.Stat(ctx, key)
		for op, err := range map[string]error{
			"put":    store.PutBytes(ctx, s, key, []byte("bad")),
			"get":    getErr,
			"stat":   statErr,
			"delete": s.Delete(ctx, key),
		} {
			if !errors.Is(err, store.ErrBadKey) {
				t.Errorf("%s of %q gives %v, want ErrBadKey", op, key, err)
			}
		}
	}
	for _, prefix := range []string{"/", "..", "../", "a/../", "a//", "/a", "a b", "@tmp/", "a/\x00", strings.Repeat("s", store.MaxSegment+1)} {
		n := 0
		for info, err := range s.List(ctx, prefix, store.ListOptions{}) {
			if n++; prefix == ".." { // the start of a good key such as "..a"
				t.Errorf("list of %q yields %v, %v", prefix, info, err)
			} else if !errors.Is(err, store.ErrBadKey) {
				t.Errorf("list of %q yields %v, %v, want ErrBadKey", prefix, info, err)
			}
		}
		if n != 1 && prefix != ".." {
			t.Errorf("list of %q yields %d times, want one error", prefix, n)
		}
	}
	expectList(t, s, "", store.ListOptions{}, "b")
	expect(t, s, "b", "safe")
}

func testKeyUnderKey(t *testing.T, s store.Store) {
	put(t, s, "file", "1")
	put(t, s, "folder/x/y", "2")
	for _, key := range []string{"file/x", "file/x/y", "folder", "folder/x"} {
		err := store.PutBytes(t.Context(), s, key, []byte("3"))
		switch {
		case err == nil:
			expect(t, s, key, "3")
		case !errors.Is(err, store.ErrBadKey):
			t.Errorf("putting %s gives %v, want success or ErrBadKey", key, err)
		default:
			expectNone(t, s, key)
		}
	}
	expect(t, s, "file", "1")
	expect(t, s, "folder/x/y", "2")
}

// testErrors holds that errors say which store and key they are about.
func testErrors(t *testing.T, s store.Store) {
	if u, err := url.Parse(s.URL()); s.URL() == "" || err == nil && u.User != nil {
		t.Errorf("the URL is %q", s.URL())
	}
	put(t, s, "a/key", "x")
	_, getErr := s.Get(t.Context(), "missing", 0, -1)
	_, statErr := s.Stat(t.Context(), "missing")
	for key, err := range map[string]error{
		"a/key":    store.PutBytes(t.Context(), s, "a/key", nil),
		"missing":  getErr,
		"missing ": statErr,
	} {
		key = strings.TrimSpace(key)
		var e *store.Error
		if !errors.As(err, &e) {
			t.Errorf("%v is no *store.Error", err)
			continue
		}
		if e.Key != key || e.Store != s.URL() || !strings.Contains(err.Error(), key) || !strings.Contains(err.Error(), s.URL()) {
			t.Errorf("%q doesn't name the key %s and the store %s", err, key, s.URL())
		}
	}
}

func testCancelled(t *testing.T, s store.Store) {
	put(t, s, "there", "x")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r, getErr := s.Get(ctx, "there", 0, -1)
	if getErr == nil { // a store may notice only when it is read
		_, getErr = io.ReadAll(r)
		r.Close()
	}
	_, statErr := s.Stat(ctx, "there")
	for op, err := range map[string]error{
		"put":    store.PutBytes(ctx, s, "new", []byte("x")),
		"get":    getErr,
		"stat":   statErr,
		"delete": s.Delete(ctx, "there"),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s with a cancelled context gives %v", op, err)
		}
	}
	n := 0
	for _, err := range s.List(ctx, "", store.ListOptions{}) {
		if n++; !errors.Is(err, context.Canceled) {
			t.Errorf("list with a cancelled context yields %v", err)
		}
	}
	if n != 1 {
		t.Errorf("list with a cancelled context yields %d times, want one error", n)
	}
	expect(t, s, "there", "x")
	expectNone(t, s, "new")
}

// cancelling is a body that cancels a context on its way.
type cancelling struct {
	io.ReadSeeker
	cancel context.CancelFunc
	after  int64
}

func (c *cancelling) Read(p []byte) (int, error) {
	n, err := c.ReadSeeker.Read(p)
	if c.after -= int64(n); c.after < 0 {
		c.cancel()
	}
	return n, err
}

func testCancelledBody(t *testing.T, s store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	body := &cancelling{strings.NewReader(strings.Repeat("x", 8<<20)), cancel, 1 << 20}
	if err := s.Put(ctx, "key", body); !errors.Is(err, context.Canceled) {
		t.Errorf("a put that is cancelled while it reads gives %v", err)
	}
	expectNone(t, s, "key")
}

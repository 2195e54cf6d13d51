package store_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/mem"
)

func TestCheckKey(t *testing.T) {
	for _, c := range []struct{ key, why string }{
		{"a", ""}, {"a/b.json", ""}, {"...", ""}, {"..a", ""}, {"A-Z_a+z=0~9", ""},
		{"", "it is empty"}, {"/", "slash"}, {"a/", "slash"}, {"/a", "slash"}, {"a//b", "slash"},
		{".", `the name "."`}, {"a/../b", `the name ".."`}, {"a b", `the character ' '`}, {"a\nb", `'\n'`}, {`a\b`, `'\\'`}, {"é", "character"},
		{strings.Repeat("a", store.MaxSegment), ""}, {strings.Repeat("a", store.MaxSegment+1), "a name of 201 bytes"},
		{strings.Repeat("a/", store.MaxKey/2-1) + "aa", ""}, {strings.Repeat("a/", store.MaxKey/2) + "a", "901 bytes"},
	} {
		err := store.CheckKey(c.key)
		if (err == nil) != (c.why == "") || err != nil && (!errors.Is(err, store.ErrBadKey) || !strings.Contains(err.Error(), c.why)) {
			t.Errorf("%q: %v, want %q", c.key, err, c.why)
		}
	}
}

func FuzzCheckKey(f *testing.F) {
	for _, s := range []string{"a/b", "../a", "a/./b", "a//b", "a/", "é", "a\x00", strings.Repeat("a/", 500)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, key string) {
		good := store.CheckKey(key) == nil
		if good && (filepath.Clean(key) != key || !filepath.IsLocal(key) || strings.ContainsAny(key, "\x00\\ @%")) {
			t.Errorf("%q is a good key", key)
		}
		// The start of a good key is a good prefix; a good prefix can be completed.
		if good {
			for i := range len(key) + 1 {
				if err := store.CheckPrefix(key[:i]); err != nil {
					t.Errorf("%q is a good key, its start %q no good prefix: %v", key, key[:i], err)
				}
			}
		}
		if store.CheckPrefix(key) == nil && len(key) < store.MaxKey {
			if i := strings.LastIndexByte(key, '/'); len(key)-i-1 < store.MaxSegment && store.CheckKey(key+"x") != nil {
				t.Errorf("%q is a good prefix and no key starts with it", key)
			}
		}
	})
}

func TestErrorText(t *testing.T) {
	s := mem.New("x")
	for _, c := range []struct {
		err  error
		want string
	}{
		{store.Fail(s, "get", "a/b", store.ErrNotFound), "store mem:x: get a/b: no such object"},
		{store.Fail(s, "close", "", io.ErrUnexpectedEOF), "store mem:x: close: unexpected EOF"},
		{store.Fail(s, "put", "a\x1b[31m\n", store.ErrBadKey), `store mem:x: put "a\x1b[31m\n": malformed key`},
		{store.Fail(s, "put", "a/b", &os.PathError{Op: "openat", Path: "/tmp/x/a/b", Err: os.ErrPermission}), "store mem:x: put a/b: permission denied"},
		{store.Fail(s, "put", "a", store.Fail(s, "get", "b", store.ErrNotFound)), "store mem:x: get b: no such object"},
		{store.Fail(s, "get", strings.Repeat("k", 10_000), store.ErrBadKey), "store mem:x: get " + strings.Repeat("k", store.MaxKey) + "...: malformed key"},
	} {
		if c.err.Error() != c.want {
			t.Errorf("%q, want %q", c.err.Error(), c.want)
		}
	}
	if store.Fail(s, "get", "a", nil) != nil {
		t.Error("no failure is an error")
	}
}

func TestReadAllNamesTheLimit(t *testing.T) {
	s := mem.New("x")
	if err := store.PutBytes(t.Context(), s, "key", make([]byte, 3<<20)); err != nil {
		t.Fatal(err)
	}
	if got, err := store.ReadAll(t.Context(), s, "key", math.MaxInt64); err != nil || len(got) != 3<<20 {
		t.Errorf("without a limit: %d bytes, %v", len(got), err)
	}
	for limit, want := range map[int64]string{2 << 20: "more than 2 MiB", 4 << 10: "more than 4 KiB", 1000: "more than 1000 bytes"} {
		_, err := store.ReadAll(t.Context(), s, "key", limit)
		if !errors.Is(err, store.ErrTooLarge) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "mem:x: get key") {
			t.Errorf("limit %d: %v", limit, err)
		}
	}
}

func TestRecords(t *testing.T) {
	s := mem.New("x")
	key := record.Keys{Flow: "f", Run: "r"}.Ends("loop", record.Path{3})
	if err := store.PutJSON(t.Context(), s, key, record.Ends{Iterations: 7}); err != nil {
		t.Fatal(err)
	}
	if err := store.PutJSON(t.Context(), s, key, record.Ends{Iterations: 8}); !errors.Is(err, store.ErrExists) {
		t.Errorf("putting again: %v", err)
	}
	got, err := store.GetJSON[record.Ends](t.Context(), s, key)
	if err != nil || got != (record.Ends{V: 1, Iterations: 7}) {
		t.Errorf("%+v, %v", got, err)
	}
	if err := store.PutJSON(t.Context(), s, "bad", record.Ends{Iterations: -1}); !errors.Is(err, record.ErrMalformed) || !strings.Contains(err.Error(), "mem:x: put bad") {
		t.Errorf("putting a bad record: %v", err)
	}
	if _, err := store.GetJSON[record.Ends](t.Context(), s, "bad"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a bad record was put: %v", err)
	}
	for key, c := range map[string]struct {
		data []byte
		want error
	}{
		"empty": {nil, record.ErrMalformed},
		"text":  {[]byte("hello"), record.ErrMalformed},
		"newer": {[]byte(`{"v":2}`), record.ErrNewer},
		"huge":  {bytes.Repeat([]byte(" "), int(record.Limit[record.Ends]())+1), store.ErrTooLarge},
	} {
		if err := store.PutBytes(t.Context(), s, key, c.data); err != nil {
			t.Fatal(err)
		}
		_, err := store.GetJSON[record.Ends](t.Context(), s, key)
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), "store mem:x: get "+key) {
			t.Errorf("%s: %v, want %v", key, err, c.want)
		}
	}
}

// A file that changes between being summed and being read must not become an
// object under the sum it had.
func TestImportOfChangingFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	before, after := bytes.Repeat([]byte("a"), 100_000), bytes.Repeat([]byte("b"), 100_000)
	for _, changed := range [][]byte{after, after[:50_000], append(bytes.Clone(before), 'x'), before[:99_999], nil} {
		if err := os.WriteFile(path, before, 0o666); err != nil {
			t.Fatal(err)
		}
		s := &changing{Store: mem.New("x"), change: func() {
			if err := os.WriteFile(path, changed, 0o666); err != nil {
				t.Fatal(err)
			}
		}}
		key := func(sum [32]byte) string { return fmt.Sprintf("%x", sum) }
		sum, _, err := store.ImportFile(t.Context(), s, path, key)
		if len(changed) > len(before) && err == nil {
			// It grew: the object may well be what was there at first.
			if got, err := store.ReadAll(t.Context(), s, key(sum), 1<<20); err != nil || sha256.Sum256(got) != sum {
				t.Errorf("object of %d bytes, %v", len(got), err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), "was changed while") || !strings.Contains(err.Error(), path) {
			t.Errorf("changed to %d bytes: %v", len(changed), err)
		}
		for info := range s.List(t.Context(), "", store.ListOptions{}) {
			t.Errorf("changed to %d bytes: there is %+v", len(changed), info)
		}
	}
}

// Clients of servers seek in bodies; an import's body must allow it.
func TestImportRewinds(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	for _, n := range []int{0, 5, 10, 100_000} {
		data := bytes.Repeat([]byte("z"), n)
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		s := rewinding{mem.New("x")}
		_, size, err := store.ImportFile(t.Context(), s, path, func([32]byte) string { return "key" })
		if err != nil || size != int64(n) {
			t.Errorf("%d bytes: %d, %v", n, size, err)
			continue
		}
		if got, err := store.ReadAll(t.Context(), s, "key", 1<<20); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%d bytes: %d, %v", n, len(got), err)
		}
	}
}

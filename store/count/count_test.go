package count_test

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/count"
	"github.com/flowc-dev/flowc/store/dir"
	"github.com/flowc-dev/flowc/store/mem"
	"github.com/flowc-dev/flowc/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return count.New(mem.New(t.Name())) })
}

func TestCounts(t *testing.T) {
	ctx := t.Context()
	s := count.New(mem.New("x"))
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(store.PutBytes(ctx, s, "a", []byte("12345")))
	must(store.PutBytes(ctx, s, "b", nil))
	if err := store.PutBytes(ctx, s, "a", []byte("more")); err == nil {
		t.Error("no error")
	}
	r, err := s.Get(ctx, "a", 1, 3)
	must(err)
	io.Copy(io.Discard, r)
	r.Close()
	if _, err := s.Get(ctx, "missing", 0, -1); err == nil {
		t.Error("no error")
	}
	s.Stat(ctx, "a")
	s.Stat(ctx, "missing")
	for range s.List(ctx, "", store.ListOptions{}) {
	}
	must(s.Delete(ctx, "a"))
	want := count.Counts{Put: 3, PutsFailed: 1, BytesPut: 5, Get: 2, BytesGot: 3, Stat: 2, List: 1, Listed: 2, Delete: 1}
	if got := s.Counts(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := s.Reset(); got != want || s.Counts() != (count.Counts{}) {
		t.Errorf("%+v, then %+v", got, s.Counts())
	}
}

// The abilities of the wrapped store are kept, and counted for what they cost there.
func TestCountsOfFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte("12345"), 0o666); err != nil {
		t.Fatal(err)
	}
	inDir, err := dir.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name         string
		inner        store.Store
		first, again count.Counts
	}{
		{"mem", mem.New("x"), count.Counts{Stat: 1, Put: 1, BytesPut: 5}, count.Counts{Stat: 1}},
		{"dir", inDir, count.Counts{Put: 1, BytesPut: 5}, count.Counts{Put: 1, BytesPut: 5}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := count.New(c.inner)
			var key string
			for _, want := range []count.Counts{c.first, c.again} {
				sum, _, err := store.ImportFile(t.Context(), s, path, func(sum [32]byte) string { return hex.EncodeToString(sum[:]) })
				if err != nil || sum != sha256.Sum256([]byte("12345")) {
					t.Fatalf("%x, %v", sum, err)
				}
				key = hex.EncodeToString(sum[:])
				if got := s.Reset(); got != want {
					t.Errorf("import: %+v, want %+v", got, want)
				}
			}
			if _, err := store.ExportFile(t.Context(), s, key, filepath.Join(t.TempDir(), "out")); err != nil {
				t.Fatal(err)
			}
			if got, want := s.Counts(), (count.Counts{Get: 1, BytesGot: 5}); got != want {
				t.Errorf("export: %+v, want %+v", got, want)
			}
		})
	}
}

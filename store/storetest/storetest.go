// Package storetest is what every kind of store must pass. A store's own test
// is then:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) store.Store { return mem.New(t.Name()) })
//	}
package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/flowc-dev/flowc/store"
)

// Run tests a kind of store. Open returns an empty store each time; what it
// returned earlier must stay as it is.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, s store.Store)
	}{
		{"PutGet", testPutGet},
		{"PutReadsFromStart", testPutReadsFromStart},
		{"PutExists", testPutExists},
		{"PutBrokenBody", testPutBrokenBody},
		{"Ranges", testRanges},
		{"Stat", testStat},
		{"Delete", testDelete},
		{"BigObject", testBigObject},
		{"KeysAtTheLimit", testKeysAtTheLimit},
		{"HostileKeys", testHostileKeys},
		{"KeyUnderKey", testKeyUnderKey},
		{"Errors", testErrors},
		{"Cancelled", testCancelled},
		{"CancelledBody", testCancelledBody},
		{"OneWinner", testOneWinner},
		{"WholeOrNotAtAll", testWholeOrNotAtAll},
		{"Concurrent", testConcurrent},
		{"ListOrder", testListOrder},
		{"ListModel", testListModel},
		{"ListMany", testListMany},
		{"ListWhileChanging", testListWhileChanging},
		{"Import", testImport},
		{"ImportRefuses", testImportRefuses},
		{"ImportConcurrent", testImportConcurrent},
		{"Export", testExport},
		{"ExportRefuses", testExportRefuses},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, open(t)) })
	}
}

// put creates an object and stops the test if that fails.
func put(t *testing.T, s store.Store, key, data string) {
	t.Helper()
	if err := store.PutBytes(t.Context(), s, key, []byte(data)); err != nil {
		t.Fatal(err)
	}
}

// expect checks that an object has the bytes want.
func expect(t *testing.T, s store.Store, key, want string) {
	t.Helper()
	got, err := store.ReadAll(t.Context(), s, key, 1<<30)
	if err != nil {
		t.Errorf("reading %s: %v", key, err)
	} else if string(got) != want {
		t.Errorf("%s has %s, want %s", key, brief(string(got)), brief(want))
	}
}

// expectNone checks that there is no object.
func expectNone(t *testing.T, s store.Store, key string) {
	t.Helper()
	if _, err := s.Stat(t.Context(), key); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("stat of %s gives %v, want ErrNotFound", key, err)
	}
	if r, err := s.Get(t.Context(), key, 0, -1); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("get of %s gives %v, want ErrNotFound", key, err)
		if err == nil {
			r.Close()
		}
	}
}

func brief(s string) string {
	if len(s) > 60 {
		return fmt.Sprintf("%q... (%d bytes)", s[:60], len(s))
	}
	return fmt.Sprintf("%q", s)
}

// noise returns n bytes that don't compress, always the same for a seed.
func noise(seed uint64, n int) []byte {
	var key [32]byte
	for i := range 8 {
		key[i] = byte(seed >> (8 * i))
	}
	b := make([]byte, n)
	rand.NewChaCha8(key).Read(b)
	return b
}

func testPutGet(t *testing.T, s store.Store) {
	objects := map[string]string{
		"empty":          "",
		"a/b/c":          "x",
		"a/b/d":          "line\r\nline\n\x00\xff",
		"zeros":          strings.Repeat("\x00", 10000),
		"block":          string(noise(1, 4096)),
		"chunk":          string(noise(2, 1<<20)),
		"chunk-and-more": string(noise(3, 1<<20+1)),
	}
	for key, data := range objects {
		expectNone(t, s, key)
		put(t, s, key, data)
	}
	for key, data := range objects {
		expect(t, s, key, data)
		expect(t, s, key, data) // reading changes nothing
	}
}

func testPutReadsFromStart(t *testing.T, s store.Store) {
	body := strings.NewReader("all of it")
	body.Seek(4, io.SeekStart)
	if err := s.Put(t.Context(), "key", body); err != nil {
		t.Fatal(err)
	}
	expect(t, s, "key", "all of it")
}

func testPutExists(t *testing.T, s store.Store) {
	put(t, s, "a/key", "first")
	for _, data := range []string{"second", "", "first"} {
		if err := store.PutBytes(t.Context(), s, "a/key", []byte(data)); !errors.Is(err, store.ErrExists) {
			t.Errorf("putting %q again gives %v, want ErrExists", data, err)
		}
	}
	expect(t, s, "a/key", "first")
	put(t, s, "empty", "")
	if err := store.PutBytes(t.Context(), s, "empty", []byte("x")); !errors.Is(err, store.ErrExists) {
		t.Errorf("putting over an empty object gives %v, want ErrExists", err)
	}
	expect(t, s, "empty", "")
}

var errBroken = errors.New("broken body")

// broken is a body that fails behind its first n bytes.
type broken struct {
	r io.ReadSeeker
	n int
}

func (b *broken) Read(p []byte) (int, error) {
	if b.n == 0 {
		return 0, errBroken
	}
	n, err := b.r.Read(p[:min(len(p), b.n)])
	b.n -= n
	return n, err
}

func (b *broken) Seek(off int64, whence int) (int64, error) { return b.r.Seek(off, whence) }

func testPutBrokenBody(t *testing.T, s store.Store) {
	for _, n := range []int{0, 1, 70_000, 3 << 20} {
		body := &broken{bytes.NewReader(make([]byte, 4<<20)), n}
		if err := s.Put(t.Context(), "broken", body); err == nil {
			t.Fatalf("putting a body that breaks after %d bytes succeeds", n)
		}
		expectNone(t, s, "broken")
	}
	put(t, s, "broken", "whole")
	expect(t, s, "broken", "whole")
}

func testRanges(t *testing.T, s store.Store) {
	const data = "0123456789"
	put(t, s, "digits", data)
	put(t, s, "empty", "")
	for _, c := range []struct {
		key    string
		off, n int64
		want   string
	}{
		{"digits", 0, -1, data}, {"digits", 0, 10, data}, {"digits", 0, 11, data}, {"digits", 0, 1 << 40, data},
		{"digits", 0, 3, "012"}, {"digits", 3, 4, "3456"}, {"digits", 9, 1, "9"}, {"digits", 9, 5, "9"},
		{"digits", 4, -1, "456789"}, {"digits", 0, 0, ""}, {"digits", 5, 0, ""},
		{"digits", 10, -1, ""}, {"digits", 10, 5, ""}, {"digits", 11, -1, ""}, {"digits", 1 << 40, 3, ""},
		{"empty", 0, -1, ""}, {"empty", 0, 5, ""}, {"empty", 0, 0, ""}, {"empty", 3, 2, ""},
	} {
		r, err := s.Get(t.Context(), c.key, c.off, c.n)
		if err != nil {
			t.Errorf("%s from %d, %d bytes: %v", c.key, c.off, c.n, err)
			continue
		}
		got, err := io.ReadAll(r)
		r.Close()
		if err != nil || string(got) != c.want {
			t.Errorf("%s from %d, %d bytes: %q, %v; want %q", c.key, c.off, c.n, got, err, c.want)
		}
	}
	if r, err := s.Get(t.Context(), "digits", -1, 2); err == nil {
		r.Close()
		t.Error("a negative offset is no error")
	}
	for _, n := range []int64{0, 5} {
		if _, err := s.Get(t.Context(), "missing", 2, n); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%d bytes of a missing object: %v, want ErrNotFound", n, err)
		}
	}
	if _, err := store.ReadAll(t.Context(), s, "digits", 9); !errors.Is(err, store.ErrTooLarge) {
		t.Errorf("reading 10 bytes with a limit of 9: %v, want ErrTooLarge", err)
	}
	if got, err := store.ReadAll(t.Context(), s, "digits", 10); err != nil || string(got) != data {
		t.Errorf("reading 10 bytes with a limit of 10: %q, %v", got, err)
	}
}

func testStat(t *testing.T, s store.Store) {
	before := time.Now().Add(-time.Hour) // clocks of servers differ
	put(t, s, "a/five", "12345")
	put(t, s, "a/none", "")
	for key, size := range map[string]int64{"a/five": 5, "a/none": 0} {
		info, err := s.Stat(t.Context(), key)
		if err != nil {
			t.Fatal(err)
		}
		if info.Key != key || info.Size != size || info.Prefix {
			t.Errorf("stat of %s gives %+v", key, info)
		}
		if info.Modified.Before(before) || info.Modified.After(time.Now().Add(time.Hour)) {
			t.Errorf("%s was modified %v", key, info.Modified)
		}
	}
	for _, key := range []string{"a", "a/fiv", "a/five/x", "b", "A/five"} {
		expectNone(t, s, key)
	}
}

func testDelete(t *testing.T, s store.Store) {
	put(t, s, "a/b/c", "1")
	put(t, s, "a/d", "2")
	for _, key := range []string{"a/b/c", "a/b/c", "never", "a/b", "a", "a/d/e"} {
		if err := s.Delete(t.Context(), key); err != nil {
			t.Errorf("deleting %s: %v", key, err)
		}
	}
	expectNone(t, s, "a/b/c")
	expect(t, s, "a/d", "2")
	expectList(t, s, "", store.ListOptions{Shallow: true}, "a/")
	expectList(t, s, "a/", store.ListOptions{Shallow: true}, "a/d") // no empty folder a/b/
	put(t, s, "a/b/c", "again")
	expect(t, s, "a/b/c", "again")
}

func testBigObject(t *testing.T, s store.Store) {
	data := noise(4, 17<<20+7)
	if err := store.PutBytes(t.Context(), s, "big", data); err != nil {
		t.Fatal(err)
	}
	r, err := s.Get(t.Context(), "big", 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, data) {
		t.Errorf("the big object came back with %d of %d bytes, %v, equal: %v", len(got), len(data), err, bytes.Equal(got, data))
	}
	tail, err := s.Get(t.Context(), "big", int64(len(data)-100), -1)
	if err != nil {
		t.Fatal(err)
	}
	defer tail.Close()
	if got, err := io.ReadAll(tail); err != nil || !bytes.Equal(got, data[len(data)-100:]) {
		t.Errorf("the end of the big object came back with %d of 100 bytes, %v", len(got), err)
	}
}

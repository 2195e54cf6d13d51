//go:build unix

package dir_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/dir"
	"github.com/flowc-dev/flowc/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return open(t, t.TempDir()) })
}

func open(t *testing.T, path string) *dir.Store {
	t.Helper()
	s, err := dir.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t *testing.T, s store.Store, key, data string) {
	t.Helper()
	if err := store.PutBytes(t.Context(), s, key, []byte(data)); err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, s store.Store) (keys []string) {
	t.Helper()
	for info, err := range s.List(t.Context(), "", store.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, info.Key)
	}
	return keys
}

// leftovers returns what is under @tmp, besides the folder and lock of a live process.
func leftovers(t *testing.T, root string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(root, "@tmp"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasSuffix(path, ".lock") {
			files = append(files, path)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return files
}

func TestObjectsAreReadOnlyFiles(t *testing.T) {
	root := t.TempDir()
	s := open(t, root)
	put(t, s, "a/b/record.json", "{}")
	src := filepath.Join(t.TempDir(), "src")
	for _, size := range []int{10, 1 << 20} {
		if err := os.WriteFile(src, make([]byte, size), 0o777); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.ImportFile(t.Context(), src, func(sum [32]byte) string { return fmt.Sprintf("blobs/%x", sum) }); err != nil {
			t.Fatal(err)
		}
	}
	if keys := list(t, s); len(keys) != 3 {
		t.Fatalf("keys %q", keys)
	}
	for _, key := range list(t, s) {
		info, err := os.Lstat(filepath.Join(root, filepath.FromSlash(key)))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != 0o444 {
			t.Errorf("%s has mode %v, want -r--r--r--", key, info.Mode())
		}
		if n := info.Sys().(*syscall.Stat_t).Nlink; n != 1 {
			t.Errorf("%s has %d links", key, n)
		}
	}
	out := filepath.Join(t.TempDir(), "out")
	if _, err := s.ExportFile(t.Context(), "a/b/record.json", out); err != nil {
		t.Fatal(err)
	}
	object, _ := os.Stat(filepath.Join(root, "a/b/record.json"))
	if exported, err := os.Stat(out); err != nil || os.SameFile(object, exported) || exported.Mode()&0o200 == 0 {
		t.Errorf("the exported file is the object, or can't be written to: %v, %v", exported, err)
	}
	if files := leftovers(t, root); len(files) > 0 {
		t.Errorf("left behind: %q", files)
	}
}

func TestFailuresLeaveNothing(t *testing.T) {
	root := t.TempDir()
	s := open(t, root)
	put(t, s, "key", "x")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range []error{
		store.PutBytes(t.Context(), s, "key", []byte("y")),
		store.PutBytes(t.Context(), s, "key/under", []byte("y")),
		store.PutBytes(ctx, s, "other", []byte("y")),
		s.Put(t.Context(), "third", io.NewSectionReader(failing{}, 0, 100)),
	} {
		if err == nil {
			t.Error("no error")
		}
	}
	if files := leftovers(t, root); len(files) > 0 {
		t.Errorf("left behind: %q", files)
	}
}

type failing struct{}

func (failing) ReadAt([]byte, int64) (int, error) { return 0, errors.New("unreadable") }

func TestOpen(t *testing.T) {
	if _, err := dir.Open(""); err == nil {
		t.Error("the empty path is a store")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := dir.Open(file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("opening a file: %v", err)
	}

	// A store that isn't there is empty, and looking at it doesn't make it.
	path := filepath.Join(t.TempDir(), "new", "store")
	s := open(t, path)
	if keys := list(t, s); len(keys) != 0 {
		t.Errorf("keys %q", keys)
	}
	if _, err := s.Stat(t.Context(), "key"); !errors.Is(err, store.ErrNotFound) || !strings.Contains(err.Error(), "there is no directory") {
		t.Errorf("stat: %v", err)
	}
	if err := s.Delete(t.Context(), "key"); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(filepath.Dir(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reading made the directory: %v", err)
	}
	put(t, s, "key", "x")
	if keys := list(t, open(t, path)); len(keys) != 1 {
		t.Errorf("keys %q", keys)
	}

	t.Chdir(filepath.Dir(path))
	if url := open(t, "store").URL(); url != path {
		t.Errorf("the URL of a relative path is %s, want %s", url, path)
	}
}

func TestClose(t *testing.T) {
	root := t.TempDir()
	s := open(t, root)
	for range 2 { // a closed store can be used again
		put(t, s, fmt.Sprintf("key%d", len(list(t, s))), "x")
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if entries, err := os.ReadDir(filepath.Join(root, "@tmp")); err != nil || len(entries) != 0 {
			t.Errorf("under @tmp there are %v, %v", entries, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if keys := list(t, s); len(keys) != 2 {
		t.Errorf("keys %q", keys)
	}
}

// A program that runs for long sees the store that is there now.
func TestStoreIsReplaced(t *testing.T) {
	root := filepath.Join(t.TempDir(), "store")
	s := open(t, root)
	put(t, s, "old", "x")
	if err := os.RemoveAll(root); err != nil {
		t.Fatal(err)
	}
	if keys := list(t, s); len(keys) != 0 {
		t.Errorf("a deleted store lists %q", keys)
	}
	put(t, open(t, root), "new", "x")
	if keys := list(t, s); len(keys) != 1 || keys[0] != "new" {
		t.Errorf("the new store lists %q", keys)
	}
	put(t, s, "newer", "x")
	if err := os.RemoveAll(root); err != nil {
		t.Fatal(err)
	}
	put(t, s, "newest", "x") // makes it again
	if keys := list(t, open(t, root)); len(keys) != 1 || keys[0] != "newest" {
		t.Errorf("the newest store lists %q", keys)
	}
}

// What is not an object is not part of the store, and does no harm.
func TestStrangeFiles(t *testing.T) {
	root := t.TempDir()
	s := open(t, root)
	put(t, s, "a/object", "x")
	if err := os.MkdirAll(filepath.Join(root, "empty/folder"), 0o777); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"with space", "a/é", "a/x:y"} {
		if err := os.WriteFile(filepath.Join(root, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(root, "a/pipe"), 0o666); err != nil {
		t.Fatal(err)
	}
	if keys := list(t, s); len(keys) != 1 || keys[0] != "a/object" {
		t.Errorf("keys %q", keys)
	}
	for info := range s.List(t.Context(), "", store.ListOptions{Shallow: true}) {
		if info.Key != "a/" {
			t.Errorf("a folder %q", info.Key)
		}
	}
	for _, key := range []string{"a/pipe", "a", "empty/folder"} {
		if _, err := s.Get(t.Context(), key, 0, -1); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("get of %s: %v", key, err)
		}
		if err := s.Delete(t.Context(), key); err != nil {
			t.Errorf("delete of %s: %v", key, err)
		}
		if _, err := os.Lstat(filepath.Join(root, key)); err != nil {
			t.Errorf("%s was deleted: %v", key, err)
		}
	}
}

// Whoever can make links in a store must not reach outside through it.
func TestLinksDoNotLeadOut(t *testing.T) {
	root, outside := t.TempDir(), t.TempDir()
	secret := filepath.Join(outside, "secret")
	if err := os.WriteFile(secret, []byte("secret"), 0o666); err != nil {
		t.Fatal(err)
	}
	s := open(t, root)
	put(t, s, "a/object", "x")
	up, err := filepath.Rel(root, outside)
	if err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{
		"abs": outside, "rel": up, "a/file": secret, "a/deep": "../" + up, "a/self": "self", "runs": "/proc/self/fd",
	} {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"abs/secret", "rel/secret", "a/file", "a/deep/secret", "a/self", "a/self/x", "runs/0"} {
		if data, err := store.ReadAll(t.Context(), s, key, 100); err == nil {
			t.Errorf("%s reads as %q", key, data)
		}
		if _, err := s.Stat(t.Context(), key); err == nil {
			t.Errorf("stat of %s succeeds", key)
		}
		if err := store.PutBytes(t.Context(), s, key+"-new", []byte("x")); err == nil && key != "a/file" && key != "a/self" {
			t.Errorf("putting %s-new succeeds", key)
		}
		s.Delete(t.Context(), key)
	}
	entries, err := os.ReadDir(outside)
	if err != nil || len(entries) != 1 {
		t.Errorf("outside there are %v, %v", entries, err)
	}
	if data, err := os.ReadFile(secret); err != nil || string(data) != "secret" {
		t.Errorf("the file outside has %q, %v", data, err)
	}
	for _, key := range list(t, s) {
		if key != "a/object" && key != "a/file-new" && key != "a/self-new" {
			t.Errorf("listed %s", key)
		}
	}
}

// A file that others cut short must not pass for the whole object.
func TestCutShort(t *testing.T) {
	root := t.TempDir()
	s := open(t, root)
	put(t, s, "object", strings.Repeat("x", 1<<20))
	r, err := s.Get(t.Context(), "object", 0, -1)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := os.Truncate(filepath.Join(root, "object"), 1000); err != nil {
		t.Skipf("not allowed to change a read-only file: %v", err)
	}
	if data, err := io.ReadAll(r); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("read %d bytes and %v", len(data), err)
	}
}

func TestDeleteRemovesEmptyFolders(t *testing.T) {
	root := t.TempDir()
	s := open(t, root)
	put(t, s, "a/b/c/d", "x")
	put(t, s, "a/e", "x")
	if err := s.Delete(t.Context(), "a/b/c/d"); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(filepath.Join(root, "a/b")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the empty folder stays: %v", err)
	}
	if _, err := os.Lstat(filepath.Join(root, "a/e")); err != nil {
		t.Error(err)
	}
}

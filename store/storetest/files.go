package storetest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/flowc-dev/flowc/store"
)

func blobKey(sum [32]byte) string { return "blobs/" + hex.EncodeToString(sum[:]) }

// write makes a file of its own for the test.
func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func testImport(t *testing.T, s store.Store) {
	for _, size := range []int{0, 1, 4096, 256<<10 - 1, 256 << 10, 256<<10 + 1, 9<<20 + 3} {
		data := noise(uint64(size), size)
		path := write(t, "file", data)
		for range 2 { // the second time it is there already
			sum, n, err := store.ImportFile(t.Context(), s, path, blobKey)
			if err != nil {
				t.Fatal(err)
			}
			if sum != sha256.Sum256(data) || n != int64(size) {
				t.Errorf("%d bytes: imported %d with the sum %x", size, n, sum)
			}
		}
		expect(t, s, blobKey(sha256.Sum256(data)), string(data))
		// What happens to the file later is no matter.
		if err := os.WriteFile(path, []byte("changed"), 0o666); err != nil {
			t.Fatal(err)
		}
		expect(t, s, blobKey(sha256.Sum256(data)), string(data))
	}
}

func testImportRefuses(t *testing.T, s store.Store) {
	missing := filepath.Join(t.TempDir(), "missing")
	if _, _, err := store.ImportFile(t.Context(), s, missing, blobKey); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), missing) {
		t.Errorf("importing a missing file: %v", err)
	}
	folder := t.TempDir()
	if _, _, err := store.ImportFile(t.Context(), s, folder, blobKey); err == nil || !strings.Contains(err.Error(), folder) {
		t.Errorf("importing a folder: %v", err)
	}
	bad := func([32]byte) string { return "../x" }
	for _, size := range []int{1, 1 << 20} {
		if _, _, err := store.ImportFile(t.Context(), s, write(t, "file", noise(1, size)), bad); !errors.Is(err, store.ErrBadKey) {
			t.Errorf("importing under a bad key: %v", err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := store.ImportFile(ctx, s, write(t, "file", noise(1, 1<<20)), blobKey); !errors.Is(err, context.Canceled) {
		t.Errorf("importing with a cancelled context: %v", err)
	}
	expectList(t, s, "", store.ListOptions{})
}

func testImportConcurrent(t *testing.T, s store.Store) {
	data := noise(9, 2<<20)
	path := write(t, "file", data)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			if sum, _, err := store.ImportFile(t.Context(), s, path, blobKey); err != nil || sum != sha256.Sum256(data) {
				t.Errorf("sum %x, %v", sum, err)
			}
		})
	}
	wg.Wait()
	expect(t, s, blobKey(sha256.Sum256(data)), string(data))
}

func testExport(t *testing.T, s store.Store) {
	for _, size := range []int{0, 1, 300 << 10, 9<<20 + 3} {
		data := noise(uint64(size), size)
		key := blobKey(sha256.Sum256(data))
		put(t, s, key, string(data))
		path := filepath.Join(t.TempDir(), "file")
		sum, err := store.ExportFile(t.Context(), s, key, path)
		if err != nil {
			t.Fatal(err)
		}
		if sum != sha256.Sum256(data) {
			t.Errorf("%d bytes: exported with the sum %x", size, sum)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != string(data) {
			t.Errorf("the file has %d of %d bytes, %v", len(got), size, err)
		}
		// A task may write into its input. That must not reach the object.
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteAt([]byte("overwritten"), 0); err != nil {
			t.Error(err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		expect(t, s, key, string(data))
	}
}

func testExportRefuses(t *testing.T, s store.Store) {
	put(t, s, "there", "data")
	path := filepath.Join(t.TempDir(), "file")
	if _, err := store.ExportFile(t.Context(), s, "missing", path); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("exporting a missing object: %v", err)
	}
	if _, err := store.ExportFile(t.Context(), s, "../x", path); !errors.Is(err, store.ErrBadKey) {
		t.Errorf("exporting a bad key: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := store.ExportFile(ctx, s, "there", path); !errors.Is(err, context.Canceled) {
		t.Errorf("exporting with a cancelled context: %v", err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a failed export left a file: %v", err)
	}
	taken := write(t, "taken", []byte("mine"))
	if _, err := store.ExportFile(t.Context(), s, "there", taken); !errors.Is(err, fs.ErrExist) {
		t.Errorf("exporting over a file: %v", err)
	}
	if got, err := os.ReadFile(taken); err != nil || string(got) != "mine" {
		t.Errorf("the file that was there has %q, %v", got, err)
	}
	inNowhere := filepath.Join(t.TempDir(), "no", "folder")
	if _, err := store.ExportFile(t.Context(), s, "there", inNowhere); err == nil || !strings.Contains(err.Error(), inNowhere) {
		t.Errorf("exporting into a missing folder: %v", err)
	}
}

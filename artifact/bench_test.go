package artifact_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/flowc-dev/flowc/artifact"
	"github.com/flowc-dev/flowc/types"
)

// 10,000 small artifacts, as the tasks of a wide foreach make them: values that
// stay in their records, values that are blobs of 5 kB, and the files of one folder.
// One iteration is all 10,000.
func BenchmarkSmall(b *testing.B) {
	const n = 10_000
	save := func(b *testing.B, workers int, value func(i, j int) string) {
		for i := 0; b.Loop(); i++ {
			b.StopTimer()
			st := openDir(b)
			b.StartTimer()
			var group errgroup.Group
			group.SetLimit(workers)
			for j := range n {
				group.Go(func() error {
					_, err := artifact.Save(b.Context(), st, types.String, value(i, j))
					return err
				})
			}
			if err := group.Wait(); err != nil {
				b.Fatal(err)
			}
		}
	}
	pad := strings.Repeat("x", 5000)
	b.Run("inline", func(b *testing.B) {
		save(b, 1, func(i, j int) string { return fmt.Sprint(i, j) })
	})
	b.Run("blobs", func(b *testing.B) {
		save(b, 16, func(i, j int) string { return fmt.Sprint(i, j, pad) })
	})
	b.Run("blobs-one-by-one", func(b *testing.B) {
		save(b, 1, func(i, j int) string { return fmt.Sprint(i, j, pad) })
	})
	src := b.TempDir()
	for j := range n {
		p := filepath.Join(src, fmt.Sprint(j%100), fmt.Sprint(j))
		if err := os.MkdirAll(filepath.Dir(p), 0o777); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(fmt.Sprint(j, pad)), 0o666); err != nil {
			b.Fatal(err)
		}
	}
	st := openDir(b)
	folder, err := artifact.ImportDir(b.Context(), st, src)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("import-folder", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			fresh := openDir(b)
			b.StartTimer()
			if _, err := artifact.ImportDir(b.Context(), fresh, src); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("import-folder-again", func(b *testing.B) {
		for b.Loop() {
			if _, err := artifact.ImportDir(b.Context(), st, src); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("export-folder", func(b *testing.B) {
		top := b.TempDir()
		for i := 0; b.Loop(); i++ {
			if err := artifact.Export(b.Context(), st, folder, types.Dir, filepath.Join(top, fmt.Sprint(i))); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// A file of 1 GiB into the store and out of it, and the same by cp, all synced
// to the device. It needs 5 GiB of disk, so it runs on demand only:
//
//	FLOWC_BENCH_LARGE=1 go test ./artifact -run xxx -bench Large -benchtime 3x
func BenchmarkLarge(b *testing.B) {
	if os.Getenv("FLOWC_BENCH_LARGE") == "" {
		b.Skip("set FLOWC_BENCH_LARGE to run it")
	}
	const size = 1 << 30
	top := b.TempDir()
	src := filepath.Join(top, "src")
	makeNoise(b, src, size)
	st := openDir(b)
	blob, err := artifact.ImportFile(b.Context(), st, src, "")
	if err != nil {
		b.Fatal(err)
	}
	dst := filepath.Join(top, "dst")
	// run times one copy of all bytes to made, which is removed again.
	run := func(name string, one func() (made string, err error)) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(size)
			for b.Loop() {
				made, err := one()
				if err != nil {
					b.Fatal(err)
				}
				syncFile(b, made)
				b.StopTimer()
				if err := os.RemoveAll(made); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
	run("cp", func() (string, error) { return dst, exec.Command("cp", src, dst).Run() })
	run("import", func() (string, error) {
		fresh := openDir(b)
		imported, err := artifact.ImportFile(b.Context(), fresh, src, "")
		return filepath.Join(fresh.URL(), "blobs", imported.Digest[:2], imported.Digest), err
	})
	run("export", func() (string, error) { return dst, artifact.Export(b.Context(), st, blob, types.File, dst) })
}

func makeNoise(b *testing.B, path string, size int) {
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := io.CopyN(f, rand.NewChaCha8([32]byte(bytes.Repeat([]byte{7}, 32))), int64(size)); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	syncFile(b, path)
}

func syncFile(b *testing.B, path string) {
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		b.Fatal(err)
	}
}

package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/flowc-dev/flowc/artifact"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/dir"
	"github.com/flowc-dev/flowc/types"
)

// artifacts measures what it costs to keep files, beside a plain copy that is
// flushed to the disk.
func (b *bench) artifacts() error {
	size, small := int64(1<<30), 10000
	if b.quick {
		size, small = 64<<20, 1000
	}
	if err := b.large(size); err != nil {
		return err
	}
	return b.small(small)
}

func (b *bench) large(size int64) error {
	source := filepath.Join(b.dir, "large")
	if err := noise(source, size); err != nil {
		return err
	}
	defer os.Remove(source)
	copied := filepath.Join(b.dir, "copy")
	plain, err := best(3, func() (time.Duration, error) {
		defer os.Remove(copied)
		start := time.Now()
		err := copySync(source, copied)
		return time.Since(start), err
	})
	if err != nil {
		return err
	}
	ctx := context.Background()
	root := filepath.Join(b.dir, "store")
	var blob types.Blob
	var s store.Store
	saved, err := best(3, func() (time.Duration, error) {
		if err := os.RemoveAll(root); err != nil {
			return 0, err
		}
		d, err := dir.Open(root)
		if err != nil {
			return 0, err
		}
		s = d
		start := time.Now()
		blob, err = artifact.ImportFile(ctx, s, source, "")
		return time.Since(start), err
	})
	if err != nil {
		return err
	}
	loaded, err := best(3, func() (time.Duration, error) {
		defer os.Remove(copied)
		start := time.Now()
		err := artifact.Export(ctx, s, blob, types.File, copied)
		return time.Since(start), err
	})
	if err != nil {
		return err
	}
	if err := os.RemoveAll(root); err != nil {
		return err
	}
	t := newTable(fmt.Sprintf("One artifact of %s", mib(uint64(size))), "", "time", "rate", "of cp with fsync", "promised")
	row := func(name string, took time.Duration, promised bool) {
		share := float64(plain) / float64(took)
		kept := ""
		if promised {
			kept = promise("80% or more", share >= 0.8)
		}
		t.row(name, ms(took), mib(uint64(float64(size)/took.Seconds()))+"/s", fmt.Sprintf("%.0f%%", share*100), kept)
	}
	row("cp with fsync", plain, false)
	row("saved", saved, true)
	row("loaded", loaded, true)
	return t.end()
}

// small measures many small artifacts: values that stand in their records,
// values that are blobs of their own, and files.
func (b *bench) small(n int) error {
	files := filepath.Join(b.dir, "small")
	if err := os.MkdirAll(files, 0o777); err != nil {
		return err
	}
	defer os.RemoveAll(files)
	name := func(i int) string { return filepath.Join(files, fmt.Sprint(i)) }
	for i := range n {
		if err := os.WriteFile(name(i), fmt.Appendf(nil, "artifact number %d\n", i), 0o666); err != nil {
			return err
		}
	}
	long := strings.Repeat("x", 5000)
	t := newTable(fmt.Sprintf("%d small artifacts", n), "", "saved in", "each", "promised")
	for _, kind := range []struct {
		name string
		save func(ctx context.Context, s store.Store, i int) error
	}{
		{"numbers, in their records", func(ctx context.Context, s store.Store, i int) error {
			_, err := artifact.Save(ctx, s, types.Int, int64(i))
			return err
		}},
		{"texts of 5 kB", func(ctx context.Context, s store.Store, i int) error {
			_, err := artifact.Save(ctx, s, types.String, fmt.Sprint(i, long))
			return err
		}},
		{"files", func(ctx context.Context, s store.Store, i int) error {
			_, err := artifact.ImportFile(ctx, s, name(i), "")
			return err
		}},
	} {
		took, err := best(3, func() (time.Duration, error) { return b.saveAll(n, kind.save) })
		if err != nil {
			return err
		}
		kept := ""
		if n == 10000 {
			kept = promise("under 1 s", took < time.Second)
		}
		t.row(kind.name, ms(took), ms(took/time.Duration(n)), kept)
	}
	return t.end()
}

// saveAll saves n artifacts into a new store, as many at once as a task does.
func (b *bench) saveAll(n int, save func(ctx context.Context, s store.Store, i int) error) (time.Duration, error) {
	root := filepath.Join(b.dir, "store")
	if err := os.RemoveAll(root); err != nil {
		return 0, err
	}
	defer os.RemoveAll(root)
	s, err := dir.Open(root)
	if err != nil {
		return 0, err
	}
	start := time.Now()
	g, ctx := errgroup.WithContext(context.Background())
	g.SetLimit(32)
	for i := range n {
		g.Go(func() error { return save(ctx, s, i) })
	}
	err = g.Wait()
	return time.Since(start), err
}

// noise writes a file that nothing can make smaller.
func noise(path string, size int64) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.CopyN(f, rand.NewChaCha8([32]byte{}), size); err != nil {
		return err
	}
	return f.Sync()
}

// copySync is `cp from to`, and what was copied is on the disk.
func copySync(from, to string) error {
	if _, err := timed(exec.Command("cp", from, to)); err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

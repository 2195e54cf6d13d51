package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
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

func (b *bench) small(n int) error {
	root := filepath.Join(b.dir, "store")
	files := filepath.Join(b.dir, "small")
	if err := os.MkdirAll(files, 0o777); err != nil {
		return err
	}
	defer os.RemoveAll(files)
	for i := range n {
		if err := os.WriteFile(filepath.Join(files, fmt.Sprint(i)), fmt.Appendf(nil, "artifact number %d\n", i), 0o666); err != nil {
			return err
		}
	}
	ctx := context.Background()
	took, err := best(3, func() (time.Duration, error) {
		if err := os.RemoveAll(root); err != nil {
			return 0, err
		}
		s, err := dir.Open(root)
		if err != nil {
			return 0, err
		}
		start := time.Now()
		var g errgroup.Group
		g.SetLimit(32) // as the runtime does
		for i := range n {
			g.Go(func() error {
				_, err := artifact.ImportFile(ctx, s, filepath.Join(files, fmt.Sprint(i)), "")
				return err
			})
		}
		err = g.Wait()
		return time.Since(start), err
	})
	if err != nil {
		return err
	}
	if err := os.RemoveAll(root); err != nil {
		return err
	}
	t := newTable("Small artifacts", "files", "saved", "each", "promised")
	kept := ""
	if n == 10000 {
		kept = promise("under 1 s", took < time.Second)
	}
	t.row(n, ms(took), ms(took/time.Duration(n)), kept)
	return t.end()
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

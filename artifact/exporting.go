package artifact

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/types"
)

// Export makes a file (of a types.File or types.Artifact) or a folder (of a
// types.Dir) at dst with the content of a blob. There must be nothing at dst
// yet, and the folder around it must exist. The result belongs to the caller:
// it can be changed without effect on the store. After an error there is
// nothing at dst; content that isn't what the blob's digest says is ErrCorrupt.
func Export(ctx context.Context, st store.Store, b types.Blob, kind types.Basic, dst string) error {
	switch kind {
	case types.File, types.Artifact:
		_, err := exportFile(ctx, st, b, dst)
		return err
	case types.Dir:
		return exportDir(ctx, st, b, dst)
	}
	return fmt.Errorf("a %v can't be exported: only file, dir and artifact have content", kind)
}

// exportFile returns the mode of the new file.
func exportFile(ctx context.Context, st store.Store, b types.Blob, dst string) (fs.FileMode, error) {
	key, err := keyOf(b)
	if err != nil {
		return 0, err
	}
	sum, err := store.ExportFile(ctx, st, key, dst)
	if err != nil {
		return 0, err
	}
	info, err := os.Lstat(dst)
	if err == nil {
		err = check(st, b, sum, info.Size())
	}
	if err != nil {
		return 0, errors.Join(err, os.Remove(dst))
	}
	return info.Mode(), nil
}

func exportDir(ctx context.Context, st store.Store, b types.Blob, dst string) error {
	entries, err := ReadDir(ctx, st, b)
	if err != nil {
		return err
	}
	if err := os.Mkdir(dst, 0o777); err != nil {
		return err
	}
	if err := fill(ctx, st, entries, dst); err != nil {
		return errors.Join(fmt.Errorf("folder %s: %w", dst, err), os.RemoveAll(dst))
	}
	return nil
}

// fill makes the entries in the new folder dst. Links come last, so nothing is
// written through one.
func fill(ctx context.Context, st store.Store, entries []Entry, dst string) error {
	root, err := os.OpenRoot(dst)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := makeFolders(root, entries); err != nil {
		return err
	}
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(transfers)
	for _, e := range entries {
		if e.Blob == "" {
			continue
		}
		group.Go(func() error {
			if err := gctx.Err(); err != nil {
				return err // another file failed
			}
			at := filepath.Join(dst, filepath.FromSlash(e.Path))
			mode, err := exportFile(gctx, st, types.Blob{Digest: e.Blob, Size: e.Size}, at)
			if err == nil && e.Exec {
				err = os.Chmod(at, mode|mode&0o444>>2) // who may read it may execute it
			}
			if err != nil {
				return fmt.Errorf("%q: %w", e.Path, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	for _, e := range entries {
		if e.Link == "" {
			continue
		}
		if err := root.Symlink(filepath.FromSlash(e.Link), filepath.FromSlash(e.Path)); err != nil {
			return err
		}
	}
	return nil
}

func makeFolders(root *os.Root, entries []Entry) error {
	made := map[string]bool{".": true}
	for _, e := range entries {
		folder := path.Dir(e.Path)
		if e.Dir {
			folder = e.Path
		}
		if made[folder] {
			continue
		}
		made[folder] = true
		if err := root.MkdirAll(filepath.FromSlash(folder), 0o777); err != nil {
			return err
		}
	}
	return nil
}

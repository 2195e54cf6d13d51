package artifact

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/types"
)

// transfers is the number of files of one folder that are on their way at once.
const transfers = 16

// ImportFile keeps the content of the regular file at a path, or of the one
// that a symbolic link there leads to. Ext is the extension that consumers get
// to see, with its dot, or "". Content that is in the store already is not
// written again.
func ImportFile(ctx context.Context, st store.Store, name, ext string) (types.Blob, error) {
	b := types.Blob{Digest: strings.Repeat("0", 64), Ext: ext}
	if err := checkBlob(b); err != nil { // before the work
		return types.Blob{}, fmt.Errorf("%s: %w", name, err)
	}
	sum, size, err := store.ImportFile(ctx, st, name, blobKey)
	if err != nil {
		return types.Blob{}, err
	}
	return types.Blob{Digest: hexSum(sum), Size: size, Ext: ext}, nil
}

// ImportDir keeps a folder: its files with their bit for execution, its empty
// folders, and its symbolic links. A link must lead to a place inside the
// folder, and stays a link. Anything else (a pipe, a socket, a device, a name
// that isn't UTF-8) is an error that names it. Times, owners and other modes
// are not kept: equal content gives an equal blob. Files are imported several
// at a time.
func ImportDir(ctx context.Context, st store.Store, dir string) (types.Blob, error) {
	top, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return types.Blob{}, err
	}
	info, err := os.Stat(top)
	if err != nil {
		return types.Blob{}, err
	}
	if !info.IsDir() {
		return types.Blob{}, fmt.Errorf("%s is %s, not a folder", dir, store.KindOf(info.Mode()))
	}
	m := manifest{V: manifestVersion}
	if err := m.scan(ctx, top, ""); err != nil {
		return types.Blob{}, fmt.Errorf("folder %s: %w", dir, err)
	}
	group, gctx := errgroup.WithContext(ctx)
	group.SetLimit(transfers)
	for i := range m.Entries {
		e := &m.Entries[i]
		if e.Link != "" || e.Dir {
			continue
		}
		group.Go(func() error {
			if err := gctx.Err(); err != nil {
				return err // another file failed
			}
			b, err := ImportFile(gctx, st, filepath.Join(top, filepath.FromSlash(e.Path)), "")
			e.Blob, e.Size = b.Digest, b.Size
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return types.Blob{}, fmt.Errorf("folder %s: %w", dir, err)
	}
	slices.SortFunc(m.Entries, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	if err := m.check(); err != nil {
		return types.Blob{}, fmt.Errorf("folder %s: %w", dir, err)
	}
	data, err := m.encode()
	if err != nil {
		return types.Blob{}, fmt.Errorf("folder %s: %w", dir, err)
	}
	b, err := putBlob(ctx, st, data)
	if err != nil {
		return types.Blob{}, err
	}
	b.Size = 0
	for _, e := range m.Entries {
		b.Size += e.Size
	}
	return b, nil
}

// scan adds the entries of the folder name under top, without the blobs of files.
func (m *manifest) scan(ctx context.Context, top, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	children, err := os.ReadDir(filepath.Join(top, filepath.FromSlash(name)))
	if err != nil {
		return err
	}
	if len(children) == 0 && name != "" {
		m.Entries = append(m.Entries, Entry{Path: name, Dir: true})
	}
	for _, child := range children {
		at := path.Join(name, child.Name())
		if err := m.add(ctx, top, at, child); err != nil {
			return err
		}
		if len(m.Entries) > MaxEntries {
			return fmt.Errorf("it has more than %d entries: pack them into one file", MaxEntries)
		}
	}
	return nil
}

func (m *manifest) add(ctx context.Context, top, at string, child fs.DirEntry) error {
	if err := checkName(at); err != nil {
		return fmt.Errorf("%q: %w", at, err)
	}
	switch {
	case child.IsDir():
		return m.scan(ctx, top, at)
	case child.Type().IsRegular():
		info, err := child.Info()
		if err != nil {
			return err
		}
		m.Entries = append(m.Entries, Entry{Path: at, Exec: info.Mode()&0o100 != 0})
	case child.Type()&fs.ModeSymlink != 0:
		target, err := os.Readlink(filepath.Join(top, filepath.FromSlash(at)))
		if err != nil {
			return err
		}
		if err := checkLink(at, target); err != nil {
			return fmt.Errorf("%q: %w: put the file itself there, or a link that stays inside", at, err)
		}
		m.Entries = append(m.Entries, Entry{Path: at, Link: target})
	default:
		return fmt.Errorf("%q is %s, which can't be kept", at, store.KindOf(child.Type()))
	}
	return nil
}

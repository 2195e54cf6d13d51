package dir

import (
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/flowc-dev/flowc/store"
)

// List implements store.Store. It holds the names of one folder at each level
// in memory, and reads folders only when it comes to them.
func (s *Store) List(ctx context.Context, prefix string, opt store.ListOptions) iter.Seq2[store.Info, error] {
	return func(yield func(store.Info, error) bool) {
		w := walk{ctx: ctx, prefix: prefix, opt: opt, yield: yield}
		err := ctx.Err()
		if err == nil {
			err = store.CheckPrefix(prefix)
		}
		if err == nil {
			w.root, err = s.open(false)
		}
		if err == nil {
			err = w.folder(prefix[:strings.LastIndexByte(prefix, '/')+1])
		}
		if err != nil && !errors.Is(err, errStop) && !errors.Is(err, store.ErrNotFound) {
			yield(store.Info{}, store.Fail(s, "list", prefix, err))
		}
	}
}

var errStop = errors.New("the caller has enough")

type walk struct {
	ctx    context.Context
	root   *os.Root
	prefix string
	opt    store.ListOptions
	yield  func(store.Info, error) bool
}

// folder walks a folder: "" or "a/b/".
func (w *walk) folder(folder string) error {
	infos, err := w.infos(folder)
	if err != nil {
		return err
	}
	for _, info := range infos {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		switch {
		case !info.Prefix:
		case !w.opt.Shallow:
			if err := w.folder(info.Key); err != nil {
				return err
			}
			continue
		default:
			if info.Key <= w.opt.After {
				continue
			}
			switch holds, err := w.holds(info.Key); {
			case err != nil:
				return err
			case !holds:
				continue
			}
		}
		if !w.yield(info, nil) {
			return errStop
		}
	}
	return nil
}

// infos returns what of a folder concerns the list: objects, and folders with
// "/" behind their name, which is also how they sort: a-b before a/b before a0.
func (w *walk) infos(folder string) ([]store.Info, error) {
	f, err := openFolder(w.root, folder)
	if f == nil || err != nil {
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	if err != nil && missing(err) != store.ErrNotFound {
		return nil, err
	}
	infos := make([]store.Info, 0, len(entries))
	for _, e := range entries {
		if !store.IsName(e.Name()) {
			continue
		}
		key := folder + e.Name()
		switch {
		case e.Type().IsRegular():
			if !strings.HasPrefix(key, w.prefix) || key <= w.opt.After {
				continue
			}
			// A directory opened through os.Root has asked for this already.
			if i, err := e.Info(); err == nil {
				infos = append(infos, store.Info{Key: key, Size: i.Size(), Modified: i.ModTime()})
			} else if missing(err) != store.ErrNotFound {
				return nil, err
			}
		case e.IsDir():
			key += "/"
			behind := key > w.opt.After || strings.HasPrefix(w.opt.After, key)
			if strings.HasPrefix(key, w.prefix) && behind {
				infos = append(infos, store.Info{Key: key, Prefix: true})
			}
		}
	}
	slices.SortFunc(infos, func(a, b store.Info) int { return strings.Compare(a.Key, b.Key) })
	return infos, nil
}

// holds tells whether there is an object in a folder, or in one under it.
func (w *walk) holds(folder string) (bool, error) {
	f, err := openFolder(w.root, folder)
	if f == nil || err != nil {
		return false, err
	}
	defer f.Close()
	var folders []string
	for {
		entries, err := f.ReadDir(16) // most folders have an object among the first
		for _, e := range entries {
			switch {
			case !store.IsName(e.Name()):
			case e.Type().IsRegular():
				return true, nil
			case e.IsDir():
				folders = append(folders, folder+e.Name()+"/")
			}
		}
		if err != nil && err != io.EOF && missing(err) != store.ErrNotFound {
			return false, err
		}
		if err != nil {
			break
		}
	}
	for _, inner := range folders {
		if err := w.ctx.Err(); err != nil {
			return false, err
		}
		if holds, err := w.holds(inner); holds || err != nil {
			return holds, err
		}
	}
	return false, nil
}

// openFolder opens "" or "a/b/"; it returns nil for one that isn't there.
func openFolder(root *os.Root, folder string) (*os.File, error) {
	name := strings.TrimSuffix(folder, "/")
	if name == "" {
		name = "."
	}
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil && missing(err) == store.ErrNotFound {
		return nil, nil
	}
	return f, err
}

package dir

import (
	"context"
	"errors"
	"iter"
	"os"
	"slices"
	"strings"

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
	keys, err := w.keys(folder)
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		isFolder := key[len(key)-1] == '/'
		switch {
		case !isFolder:
			err = w.object(key)
		case w.opt.Shallow:
			err = w.fold(key)
		default:
			err = w.folder(key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keys returns what of a folder concerns the list: keys, and folders with "/"
// behind them, which is also how they sort: a-b before a/b before a0.
func (w *walk) keys(folder string) ([]string, error) {
	name := strings.TrimSuffix(folder, "/")
	if name == "" {
		name = "."
	}
	f, err := w.root.Open(name)
	if err != nil {
		if missing(err) == store.ErrNotFound {
			return nil, nil // deleted meanwhile, or never there
		}
		return nil, err
	}
	defer f.Close()
	entries, err := f.ReadDir(-1)
	if err != nil && missing(err) != store.ErrNotFound {
		return nil, err
	}
	keys := make([]string, 0, len(entries))
	for _, e := range entries {
		if !store.IsName(e.Name()) {
			continue
		}
		key := folder + e.Name()
		switch {
		case e.Type().IsRegular():
			if strings.HasPrefix(key, w.prefix) && key > w.opt.After {
				keys = append(keys, key)
			}
		case e.IsDir():
			key += "/"
			behind := key > w.opt.After || strings.HasPrefix(w.opt.After, key)
			if strings.HasPrefix(key, w.prefix) && behind {
				keys = append(keys, key)
			}
		}
	}
	slices.Sort(keys)
	return keys, nil
}

func (w *walk) object(key string) error {
	info, err := w.root.Lstat(key)
	if err != nil {
		if missing(err) == store.ErrNotFound {
			return nil // deleted meanwhile
		}
		return err
	}
	if !w.yield(store.Info{Key: key, Size: info.Size(), Modified: info.ModTime()}, nil) {
		return errStop
	}
	return nil
}

// fold yields a folder as one Info if it holds an object and is behind After.
func (w *walk) fold(key string) error {
	if key <= w.opt.After {
		return nil
	}
	holds := false
	probe := walk{ctx: w.ctx, root: w.root, prefix: key, yield: func(store.Info, error) bool {
		holds = true
		return false
	}}
	if err := probe.folder(key); err != nil && !errors.Is(err, errStop) {
		return err
	}
	if holds && !w.yield(store.Info{Key: key, Prefix: true}, nil) {
		return errStop
	}
	return nil
}

// Package fetch gives artifacts to people: to standard output, or as files.
package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/flowc-dev/flowc/artifact"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/types"
)

// ErrBinary says that content is no text and was not sent to a terminal.
var ErrBinary = errors.New("its content is no text")

// ErrFolder says that a value can only be written to the disk.
var ErrFolder = errors.New("it is a folder")

// Print writes a value to w: a file's bytes, and of everything else the JSON,
// on a line. On a terminal content that is no text is an error.
func Print(ctx context.Context, s store.Store, t types.Type, v any, w io.Writer, terminal bool) error {
	b, isBlob := v.(types.Blob)
	switch {
	case isBlob && kind(t) == types.Dir:
		return ErrFolder
	case isBlob:
		return copyBlob(ctx, s, b, w, terminal)
	}
	text, err := marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(text, '\n'))
	return err
}

// sniff is how many bytes tell text from other content.
const sniff = 8 << 10

func copyBlob(ctx context.Context, s store.Store, b types.Blob, w io.Writer, terminal bool) error {
	r, err := artifact.Open(ctx, s, b)
	if err != nil {
		return err
	}
	defer r.Close()
	if terminal {
		head := make([]byte, min(sniff, b.Size))
		n, err := io.ReadFull(r, head)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return err
		}
		if bytes.ContainsAny(head[:n], "\x00\x1b") {
			return ErrBinary
		}
		if _, err := w.Write(head[:n]); err != nil {
			return err
		}
	}
	_, err = io.Copy(w, r)
	return err
}

// Save writes a value to path, where nothing may be yet: a file, a folder, a
// list or map of files as a folder (00000.csv, 00001.csv; KEY.csv), and
// everything else as JSON. An existing file is replaced if overwrite is set.
func Save(ctx context.Context, s store.Store, t types.Type, v any, path string, overwrite bool) error {
	if info, err := os.Lstat(path); err == nil {
		switch {
		case info.IsDir():
			return fmt.Errorf("%s is a folder that exists already", path)
		case !overwrite:
			return fmt.Errorf("%s exists already", path)
		}
	}
	tmp := path + ".partial"
	if err := os.RemoveAll(tmp); err != nil {
		return err
	}
	err := save(ctx, s, t, v, tmp)
	if err == nil {
		err = os.Rename(tmp, path)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(tmp))
	}
	return nil
}

func save(ctx context.Context, s store.Store, t types.Type, v any, path string) error {
	if b, ok := v.(types.Blob); ok {
		return artifact.Export(ctx, s, b, kind(t), path)
	}
	if !holdsBlob(v) {
		text, err := marshal(v)
		if err != nil {
			return err
		}
		return os.WriteFile(path, append(text, '\n'), 0o666)
	}
	if err := os.Mkdir(path, 0o777); err != nil {
		return err
	}
	switch v := v.(type) {
	case []any:
		for i, item := range v {
			if item == nil {
				continue // a gap keeps the others' numbers
			}
			if err := save(ctx, s, elem(t, ""), item, filepath.Join(path, fmt.Sprintf("%05d%s", i, ext(item)))); err != nil {
				return err
			}
		}
	case map[string]any:
		for key, item := range v {
			if item == nil {
				continue
			}
			if err := save(ctx, s, elem(t, key), item, filepath.Join(path, fileName(key)+ext(item))); err != nil {
				return err
			}
		}
	}
	return nil
}

// fileName is a key as the name of a file.
func fileName(key string) string {
	name := url.PathEscape(key)
	if !fs.ValidPath(name) || name == "." {
		name = "%2E" + name[min(1, len(name)):]
	}
	return name
}

func ext(v any) string {
	if b, ok := v.(types.Blob); ok {
		return b.Ext
	}
	return ""
}

// holdsBlob reports whether there is a blob somewhere in v.
func holdsBlob(v any) bool {
	switch v := v.(type) {
	case types.Blob:
		return true
	case []any:
		for _, item := range v {
			if holdsBlob(item) {
				return true
			}
		}
	case map[string]any:
		for _, item := range v {
			if holdsBlob(item) {
				return true
			}
		}
	}
	return false
}

// elem is the type of an item of t, or of its field key.
func elem(t types.Type, key string) types.Type {
	switch t := types.Unopt(t).(type) {
	case types.List:
		return t.Elem
	case types.Map:
		return t.Elem
	case types.Record:
		if f, ok := t.Field(key); ok {
			return f
		}
	}
	return types.Any
}

// kind is what sort of blob a value of t is.
func kind(t types.Type) types.Basic {
	if b, ok := types.Unopt(t).(types.Basic); ok && (b == types.Dir || b == types.Artifact) {
		return b
	}
	return types.File
}

func marshal(v any) ([]byte, error) { return types.MarshalValue(types.Any, v) }

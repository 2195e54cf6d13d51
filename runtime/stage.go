package runtime

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/flowc-dev/flowc/artifact"
	"github.com/flowc-dev/flowc/types"
)

// Sizes of texts handed to a command, in bytes. Linux refuses one string of
// 128 KiB, and about 2 MiB in all.
const (
	maxVariable  = 32 << 10 // above that the variable is not set; the file always is
	maxVariables = 1 << 20  // of all inputs together, likewise
	maxArgument  = 96 << 10
)

// stage makes the inputs files and variables.
func (w *work) stage(ctx context.Context, inputs []input) *failure {
	d := &download{w: w}
	for _, in := range inputs {
		if in.value == nil {
			continue
		}
		base := filepath.Join(w.in, in.name)
		if types.HasBlob(in.typ) {
			path, err := d.tree(base, in.typ, in.value)
			if err != nil {
				return localFailure("input "+in.name, err)
			}
			w.variable(in.name, path)
			continue
		}
		text := types.Text(in.typ, in.value)
		if err := os.WriteFile(base, []byte(text), 0o644); err != nil {
			return localFailure("input "+in.name, err)
		}
		w.variable(in.name, text)
	}
	return d.run(ctx)
}

// variable gives the command a text under a name.
func (w *work) variable(name, text string) {
	w.text[name] = text
	if len(text) > maxVariable || w.size+len(text) > maxVariables || strings.ContainsRune(text, 0) {
		return
	}
	w.size += len(text)
	w.env = append(w.env, name+"="+text)
}

// download lays out values that contain files: first the folders and what is
// small, then, in run, the blobs, several at once.
type download struct {
	w    *work
	todo []func(ctx context.Context) error
}

// tree lays out a value at path (to which a file adds its extension), and
// returns the path that came of it. Lists and maps are folders; a list of files
// also has a file PATH.list that names them, one a line.
func (d *download) tree(path string, t types.Type, v any) (string, error) {
	if v == nil {
		return "", nil
	}
	switch t := types.Unopt(t).(type) {
	case types.Basic:
		switch t {
		case types.File, types.Dir, types.Artifact:
			blob, ok := v.(types.Blob)
			if !ok {
				return "", fmt.Errorf("the record holds %s where a %s belongs", types.Describe(v), t)
			}
			return d.blob(path, t, blob), nil
		}
	case types.List:
		list, ok := v.([]any)
		if !ok {
			return "", fmt.Errorf("the record holds %s where a list belongs", types.Describe(v))
		}
		return path, d.list(path, t, list)
	case types.Map:
		m, ok := v.(map[string]any)
		if !ok {
			return "", fmt.Errorf("the record holds %s where a map belongs", types.Describe(v))
		}
		if err := os.Mkdir(path, 0o755); err != nil {
			return "", err
		}
		for key, v := range m {
			name := escapeKey(key)
			if len(name) > maxKeyName {
				return "", fmt.Errorf("the key %.40q... is too long for the name of a file", key)
			}
			if _, err := d.tree(filepath.Join(path, name), t.Elem, v); err != nil {
				return "", err
			}
		}
		return path, nil
	case types.Record:
		m, ok := v.(map[string]any)
		if !ok {
			return "", fmt.Errorf("the record holds %s where %s belongs", types.Describe(v), t)
		}
		if err := os.Mkdir(path, 0o755); err != nil {
			return "", err
		}
		for _, f := range t.Fields {
			if _, err := d.tree(filepath.Join(path, f.Name), f.Type, m[f.Name]); err != nil {
				return "", err
			}
		}
		return path, nil
	}
	return path, os.WriteFile(path, []byte(types.Text(t, v)), 0o644)
}

func (d *download) list(path string, t types.List, list []any) error {
	if err := os.Mkdir(path, 0o755); err != nil {
		return err
	}
	width := max(5, len(fmt.Sprint(len(list)-1)))
	var names strings.Builder
	for i, v := range list {
		file, err := d.tree(filepath.Join(path, fmt.Sprintf("%0*d", width, i)), t.Elem, v)
		if err != nil {
			return err
		}
		if file != "" {
			names.WriteString(file + "\n")
		}
	}
	if types.Unopt(t.Elem) != types.File || filepath.Dir(path) != d.w.in {
		return nil
	}
	return os.WriteFile(path+".list", []byte(names.String()), 0o644)
}

// blob plans the download of one blob.
func (d *download) blob(path string, t types.Basic, b types.Blob) string {
	s := d.w.job.cfg.Store
	if t != types.Dir {
		path += b.Ext
	}
	d.todo = append(d.todo, func(ctx context.Context) error { return artifact.Export(ctx, s, b, t, path) })
	return path
}

// run downloads.
func (d *download) run(ctx context.Context) *failure {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(d.w.job.cfg.parallel())
	for _, f := range d.todo {
		g.Go(func() error { return f(gctx) })
	}
	if err := g.Wait(); err != nil {
		return classify(ctx, "fetching an input", err)
	}
	return nil
}

// maxKeyName is the length in bytes that an escaped key may have as the name
// of a file, its extension not counted.
const maxKeyName = 200

// escapeKey makes any text a good name of a file; unescapeKey is its inverse.
// All bytes but A-Z a-z 0-9 _ - are written %XX, the empty text is "%".
func escapeKey(key string) string {
	if key == "" {
		return "%"
	}
	var b strings.Builder
	for i := range len(key) {
		if c := key[i]; plainByte(c) {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func plainByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-'
}

func unescapeKey(name string) string {
	if name == "%" {
		return ""
	}
	var b []byte
	for i := 0; i < len(name); i++ {
		if name[i] == '%' && i+2 < len(name) {
			if hi, lo := unhex(name[i+1]), unhex(name[i+2]); hi >= 0 && lo >= 0 {
				b = append(b, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		b = append(b, name[i])
	}
	return string(b)
}

func unhex(c byte) int { return slices.Index([]byte("0123456789ABCDEF"), c) }

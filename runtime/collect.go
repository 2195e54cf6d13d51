package runtime

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/flowc-dev/flowc/artifact"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/types"
)

// maxText is the size in bytes that an output may have that is no file.
const maxText = 256 << 20

// output is a declared output and what became of it. Blobs are holes, filled by upload.
type output struct {
	name  string
	typ   types.Type
	value any
}

// collect takes in what a script or program left under $FLOWC_OUT.
func (w *work) collect(ctx context.Context) (map[string]record.Value, *failure) {
	entries, err := os.ReadDir(w.out)
	if err != nil {
		return nil, localFailure("reading $FLOWC_OUT", err)
	}
	taken := map[string]bool{}
	up := &upload{w: w}
	var outs []output
	for _, o := range w.job.step.Outputs {
		t, err := types.Decode(o.Type)
		if err != nil {
			return nil, fail(kindOutput, "the contract has a damaged type for output %s: %v", o.Name, err)
		}
		found := candidates(entries, o.Name)
		for _, name := range found {
			taken[name] = true
		}
		switch {
		case len(found) == 0 && types.IsOptional(t):
			continue
		case len(found) == 0:
			return nil, fail(kindOutput, "output %s is missing: the command left no file $FLOWC_OUT/%s%s", o.Name, o.Name, w.nearMiss(entries, o.Name))
		case len(found) > 1:
			return nil, fail(kindOutput, "output %s is ambiguous: the command left %s in $FLOWC_OUT; leave one", o.Name, strings.Join(found, " and "))
		}
		v, f := up.read("output "+o.Name, filepath.Join(w.out, found[0]), strings.TrimPrefix(found[0], o.Name), t)
		if f != nil {
			return nil, f
		}
		outs = append(outs, output{o.Name, t, v})
	}
	for _, e := range entries {
		if !taken[e.Name()] {
			w.job.log.say("warning: $FLOWC_OUT/%s is no declared output and is not kept", e.Name())
		}
	}
	return up.run(ctx, outs)
}

// candidates are the entries NAME and NAME.*.
func candidates(entries []fs.DirEntry, name string) []string {
	var out []string
	for _, e := range entries {
		if e.Name() == name || strings.HasPrefix(e.Name(), name+".") {
			out = append(out, e.Name())
		}
	}
	return out
}

// nearMiss hints at a file that was probably meant.
func (w *work) nearMiss(entries []fs.DirEntry, name string) string {
	var names []string
	for _, e := range entries {
		stem, _, _ := strings.Cut(e.Name(), ".")
		names = append(names, stem)
	}
	if near := types.Suggest(name, names); near != "" {
		return fmt.Sprintf(", but there is %q", near)
	}
	return ""
}

// upload turns files into values: what is small is read at once, blobs are
// stored by run, several at once.
type upload struct {
	w    *work
	todo []func(ctx context.Context) error
}

// hole is a blob that is being stored.
type hole struct{ blob types.Blob }

// read reads the value of type t at path. ext is the extension that a file is kept with.
func (u *upload) read(where, path, ext string, t types.Type) (any, *failure) {
	if !types.HasBlob(t) {
		return u.text(where, path, t)
	}
	switch t := types.Unopt(t).(type) {
	case types.Basic:
		return u.blob(where, path, ext, t)
	case types.List:
		entries, f := u.folder(where, path, t)
		if f != nil {
			return nil, f
		}
		out := make([]any, len(entries))
		for i, e := range entries {
			_, ext := splitExt(e.Name())
			if out[i], f = u.read(fmt.Sprintf("%s[%d]", where, i), filepath.Join(path, e.Name()), ext, t.Elem); f != nil {
				return nil, f
			}
		}
		return out, nil
	case types.Map:
		entries, f := u.folder(where, path, t)
		if f != nil {
			return nil, f
		}
		out := make(map[string]any, len(entries))
		for _, e := range entries {
			stem, ext := splitExt(e.Name())
			key := unescapeKey(stem)
			if _, twice := out[key]; twice {
				return nil, fail(kindOutput, "%s has two files for the key %q", where, key)
			}
			if out[key], f = u.read(fmt.Sprintf("%s[%q]", where, key), filepath.Join(path, e.Name()), ext, t.Elem); f != nil {
				return nil, f
			}
		}
		return out, nil
	case types.Record:
		entries, f := u.folder(where, path, t)
		if f != nil {
			return nil, f
		}
		out := make(map[string]any, len(t.Fields))
		for _, field := range t.Fields {
			found := candidates(entries, field.Name)
			switch {
			case len(found) == 1:
				if out[field.Name], f = u.read(where+"."+field.Name, filepath.Join(path, found[0]), strings.TrimPrefix(found[0], field.Name), field.Type); f != nil {
					return nil, f
				}
			case len(found) > 1:
				return nil, fail(kindOutput, "%s.%s is ambiguous: there are %s", where, field.Name, strings.Join(found, " and "))
			case types.IsOptional(field.Type):
				out[field.Name] = nil
			default:
				return nil, fail(kindOutput, "%s.%s is missing: there is no file %s in the folder", where, field.Name, field.Name)
			}
		}
		return out, nil
	}
	return nil, fail(kindOutput, "%s: a command cannot leave a value of type %s", where, t)
}

// folder lists the folder that a list, map or record of files is.
func (u *upload) folder(where, path string, t types.Type) ([]fs.DirEntry, *failure) {
	info, err := os.Stat(path)
	if err == nil && !info.IsDir() {
		return nil, fail(kindOutput, "%s: a %s is a folder with a file for each element, and %s is %s", where, t, u.name(path), store.KindOf(info.Mode()))
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, localFailure(where, err)
	}
	return entries, nil
}

// text reads a value that is no file: a scalar as text, anything else as JSON.
func (u *upload) text(where, path string, t types.Type) (any, *failure) {
	f, err := store.OpenRegular(path)
	if err != nil {
		return nil, fail(kindOutput, "%s: expected a file with %s, but %s: %v", where, t, u.name(path), err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, localFailure(where, err)
	}
	if info.Size() > maxText {
		return nil, fail(kindOutput, "%s: %s has %d MiB; a value may have %d, declare it as a file", where, u.name(path), info.Size()>>20, maxText>>20)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, localFailure(where, err)
	}
	text := string(data)
	if types.IsScalar(t) {
		text = strings.TrimSuffix(text, "\n")
	}
	v, err := types.ParseText(t, text)
	if err != nil {
		return nil, fail(kindOutput, "%s: expected %s, but in %s %v", where, t, u.name(path), err)
	}
	return v, nil
}

// blob plans to store a file or folder.
func (u *upload) blob(where, path, ext string, t types.Basic) (any, *failure) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fail(kindOutput, "%s: there is nothing at %s", where, u.name(path))
	case err != nil:
		return nil, localFailure(where, err)
	case t == types.Dir && !info.IsDir(), t != types.Dir && !info.Mode().IsRegular():
		return nil, fail(kindOutput, "%s: expected %s, but %s is %s", where, kindName(t), u.name(path), store.KindOf(info.Mode()))
	case t != types.Dir && !goodExt(ext):
		return nil, fail(kindOutput, "%s: %q cannot be kept as the extension of a file: use up to %d letters, digits and . _ + -", where, ext, maxExt)
	}
	h := &hole{}
	s := u.w.job.cfg.Store
	u.todo = append(u.todo, func(ctx context.Context) (err error) {
		if t == types.Dir {
			h.blob, err = artifact.ImportDir(ctx, s, path)
		} else {
			h.blob, err = artifact.ImportFile(ctx, s, path, ext)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", where, err)
		}
		return nil
	})
	return h, nil
}

func kindName(t types.Basic) string {
	if t == types.Dir {
		return "a folder"
	}
	return "a file"
}

// name is a path for people.
func (u *upload) name(path string) string {
	if rest, ok := strings.CutPrefix(path, u.w.out+"/"); ok {
		return "$FLOWC_OUT/" + rest
	}
	return path
}

// run stores the blobs, fills the holes, and returns the outputs as a record holds them.
func (u *upload) run(ctx context.Context, outs []output) (map[string]record.Value, *failure) {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(u.w.job.cfg.parallel())
	for _, f := range u.todo {
		g.Go(func() error { return f(gctx) })
	}
	if err := g.Wait(); err != nil {
		return nil, outputFailure(ctx, err)
	}
	values := make(map[string]record.Value, len(outs))
	for _, o := range outs {
		v := filled(o.value)
		if v == nil {
			continue
		}
		rec, err := artifact.Save(ctx, u.w.job.cfg.Store, o.typ, v)
		if err != nil {
			return nil, outputFailure(ctx, fmt.Errorf("output %s: %w", o.name, err))
		}
		values[o.name] = rec
	}
	return values, nil
}

// outputFailure tells a store that fails from an output that can't be kept.
func outputFailure(ctx context.Context, err error) *failure {
	f := classify(ctx, "", err)
	if f.Kind == kindInput {
		f.Kind = kindOutput
	}
	return f
}

// filled replaces the holes in a value.
func filled(v any) any {
	switch v := v.(type) {
	case *hole:
		return v.blob
	case []any:
		for i := range v {
			v[i] = filled(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = filled(v[k])
		}
	}
	return v
}

const maxExt = 32 // bytes

func goodExt(ext string) bool {
	if ext == "" {
		return true
	}
	for i := range len(ext) {
		if c := ext[i]; !plainByte(c) && c != '.' && c != '+' {
			return false
		}
	}
	return ext[0] == '.' && len(ext) > 1 && len(ext) <= maxExt
}

// splitExt splits the name of a file into what it is called and its extension;
// that of a compressed file has two parts, as in .csv.gz.
func splitExt(name string) (stem, ext string) {
	ext = filepath.Ext(name)
	stem = strings.TrimSuffix(name, ext)
	if stem == "" || !goodExt(ext) {
		return name, ""
	}
	switch ext {
	case ".gz", ".bz2", ".xz", ".zst", ".lz4", ".Z":
		if inner := filepath.Ext(stem); inner != "" && inner != stem && goodExt(inner+ext) {
			return strings.TrimSuffix(stem, inner), inner + ext
		}
	}
	return stem, ext
}

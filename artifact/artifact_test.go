package artifact_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowc-dev/flowc/artifact"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/count"
	"github.com/flowc-dev/flowc/store/dir"
	"github.com/flowc-dev/flowc/store/faulty"
	"github.com/flowc-dev/flowc/store/mem"
	"github.com/flowc-dev/flowc/types"
)

func hexOf(data []byte) string { return fmt.Sprintf("%x", sha256.Sum256(data)) }

func openDir(t testing.TB) store.Store {
	t.Helper()
	s, err := dir.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// blobs returns the number of blobs in a store.
func blobs(t *testing.T, st store.Store) (n int) {
	t.Helper()
	for _, err := range st.List(t.Context(), "", store.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

func TestSave(t *testing.T) {
	st := mem.New("x")
	blob := types.Blob{Digest: hexOf(nil), Size: 7, Ext: ".csv"}
	point := types.Record{Name: "point", Fields: []types.Field{{Name: "x", Type: types.Int}, {Name: "y", Type: types.Opt(types.Float)}}}
	for _, c := range []struct {
		typ  types.Type
		v    any
		want string // in place
	}{
		{types.Int, int64(-3), "-3"},
		{types.Float, 0.5, "0.5"},
		{types.Float, math.Inf(1), `"Infinity"`},
		{types.String, "a<b>&\u2028é", `"a<b>&` + "\u2028" + `é"`},
		{types.Opt(types.Int), nil, "null"},
		{types.Opt(types.File), nil, "null"},
		{types.JSONType, types.JSON(`{"b":1,"a":[]}`), `{"a":[],"b":1}`},
		{types.List{Elem: types.Opt(types.Int)}, []any{int64(1), nil}, "[1,null]"},
		{point, map[string]any{"x": int64(1)}, `{"x":1,"y":null}`},
		{types.List{Elem: types.File}, []any{blob}, `[{"blob":"` + blob.Digest + `","ext":".csv","size":7}]`},
	} {
		v, err := artifact.Save(t.Context(), st, c.typ, c.v)
		if err != nil {
			t.Errorf("%v: %v", c.typ, err)
			continue
		}
		if string(v.Value) != c.want || v.Blob != "" || v.Size != 0 || v.Type != types.Encode(c.typ) {
			t.Errorf("%v is kept as %+v (%s), want %s", c.typ, v, v.Value, c.want)
		}
		if artifact.Digest(v) != hexOf([]byte(c.want)) {
			t.Errorf("%v has the digest %s", c.typ, artifact.Digest(v))
		}
	}
	for _, typ := range []types.Type{types.File, types.Dir, types.Artifact, types.Opt(types.File)} {
		v, err := artifact.Save(t.Context(), st, typ, blob)
		want := record.Value{Type: types.Encode(typ), Blob: blob.Digest, Size: 7, Ext: ".csv"}
		if err != nil || !reflect.DeepEqual(v, want) || artifact.Digest(v) != blob.Digest {
			t.Errorf("%v is kept as %+v, %v", typ, v, err)
		}
		back, err := artifact.Load(t.Context(), st, v)
		if err != nil || back != blob {
			t.Errorf("%v comes back as %v, %v", typ, back, err)
		}
	}
	if n := blobs(t, st); n != 0 {
		t.Errorf("small values and references wrote %d blobs", n)
	}
}

func TestSaveRefuses(t *testing.T) {
	st := mem.New("x")
	for _, c := range []struct {
		typ types.Type
		v   any
	}{
		{types.Int, "3"},
		{types.Int, nil},
		{types.File, types.Blob{Digest: "../x"}},
		{types.File, types.Blob{Digest: hexOf(nil), Size: -1}},
		{types.File, types.Blob{Digest: hexOf(nil), Ext: "/etc"}},
		{types.File, "/etc/passwd"},
		{types.Invalid, nil},
	} {
		if v, err := artifact.Save(t.Context(), st, c.typ, c.v); err == nil {
			t.Errorf("%v for %v is kept as %+v", c.v, c.typ, v)
		}
	}
}

// The limit between place and blob; a value's digest doesn't depend on it.
func TestInlineLimit(t *testing.T) {
	for _, c := range []struct {
		size int
		blob bool
	}{{record.MaxInline, false}, {record.MaxInline + 1, true}, {2 << 20, true}} {
		st := count.New(mem.New("x"))
		text := strings.Repeat("x", c.size-2) // and the quotes
		v, err := artifact.Save(t.Context(), st, types.String, text)
		if err != nil {
			t.Fatal(err)
		}
		if (v.Blob != "") != c.blob || c.blob && v.Size != int64(c.size) {
			t.Errorf("%d bytes: %+v", c.size, v)
		}
		if artifact.Digest(v) != hexOf([]byte(`"`+text+`"`)) {
			t.Errorf("%d bytes: digest %s", c.size, artifact.Digest(v))
		}
		first := st.Reset()
		if _, err := artifact.Save(t.Context(), st, types.String, text); err != nil {
			t.Error(err)
		}
		again := st.Reset()
		if again.BytesPut != 0 || c.size > 1<<20 && again.Put != 0 || (first.Put == 1) != c.blob || first.Put+first.Stat > 2 {
			t.Errorf("%d bytes: first %+v, again %+v", c.size, first, again)
		}
		back, err := artifact.Load(t.Context(), st, v)
		if err != nil || back != text {
			t.Errorf("%d bytes come back as %d, %v", c.size, len(fmt.Sprint(back)), err)
		}
		if got := st.Counts(); got.Get > 1 || (got.Get == 1) != c.blob || got.Stat+got.List+got.Put > 0 {
			t.Errorf("%d bytes: load costs %+v", c.size, got)
		}
	}
}

// genTyped is a type and a value of it.
func genTyped(depth int) *rapid.Generator[typed] {
	return rapid.Custom(func(t *rapid.T) typed {
		kinds := 7
		if depth == 0 {
			kinds = 4
		}
		switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
		case 0:
			return typed{types.Int, rapid.Int64().Draw(t, "int")}
		case 1:
			return typed{types.Float, rapid.Float64().Draw(t, "float")}
		case 2:
			return typed{types.String, strings.Repeat(rapid.String().Draw(t, "string"), rapid.SampledFrom([]int{1, 1, 100}).Draw(t, "times"))}
		case 3:
			return typed{types.File, types.Blob{Digest: hexOf([]byte(rapid.String().Draw(t, "content"))), Size: rapid.Int64Range(0, 1<<60).Draw(t, "size")}}
		case 4:
			inner := genTyped(depth-1).Draw(t, "inner")
			list := make([]any, rapid.IntRange(0, 4).Draw(t, "n"))
			for i := range list {
				list[i] = inner.v
			}
			return typed{types.List{Elem: inner.t}, list}
		case 5:
			inner := genTyped(depth-1).Draw(t, "inner")
			if rapid.Bool().Draw(t, "nil") {
				return typed{types.Opt(inner.t), nil}
			}
			return typed{types.Opt(inner.t), inner.v}
		default:
			m := map[string]any{}
			inner := genTyped(depth-1).Draw(t, "inner")
			for _, k := range rapid.SliceOfN(rapid.String(), 0, 4).Draw(t, "keys") {
				m[k] = inner.v
			}
			return typed{types.Map{Elem: inner.t}, m}
		}
	})
}

type typed struct {
	t types.Type
	v any
}

// What is saved and survives the record's own text comes back equal, in every store.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		x := genTyped(3).Draw(rt, "value")
		st := mem.New("x")
		v, err := artifact.Save(t.Context(), st, x.t, x.v)
		if err != nil {
			rt.Fatal(err)
		}
		text, err := record.Encode(record.Run{Flow: "f", Run: "r", Plan: hexOf(nil), Params: map[string]record.Value{"x": v}})
		if err != nil {
			rt.Fatal(err)
		}
		rec, err := record.Decode[record.Run](text)
		if err != nil {
			rt.Fatal(err)
		}
		if artifact.Digest(rec.Params["x"]) != artifact.Digest(v) {
			rt.Fatal("the digest changes on the way through a record")
		}
		back, err := artifact.Load(t.Context(), st, rec.Params["x"])
		if err != nil {
			rt.Fatal(err)
		}
		want, _ := types.MarshalValue(x.t, x.v)
		got, err := types.MarshalValue(x.t, back)
		if err != nil || !bytes.Equal(got, want) {
			rt.Fatalf("%s became %s, %v", want, got, err)
		}
	})
}

func TestLoadRefuses(t *testing.T) {
	st := mem.New("x")
	big, err := artifact.Save(t.Context(), st, types.String, strings.Repeat("x", 10_000))
	if err != nil {
		t.Fatal(err)
	}
	with := func(change func(v *record.Value)) record.Value {
		v := big
		change(&v)
		return v
	}
	for _, c := range []struct {
		v    record.Value
		want string
	}{
		{record.Value{}, "type"},
		{record.Value{Type: "int"}, "either"},
		{record.Value{Type: "int", Value: record.Raw("1"), Blob: hexOf(nil)}, "either"},
		{record.Value{Type: "nonsense<", Value: record.Raw("1")}, "the type of a stored value"},
		{record.Value{Type: "int", Value: record.Raw("1.5")}, "int"},
		{record.Value{Type: "int", Value: record.Raw("{")}, "int"},
		{record.Value{Type: "file", Value: record.Raw(`{"blob":"` + hexOf(nil) + `","size":0}`)}, "in place"},
		{record.Value{Type: "file", Value: record.Raw("null")}, "file"},
		{record.Value{Type: "file", Blob: "../x"}, "digest"},
		{record.Value{Type: "file", Blob: hexOf(nil), Ext: "x/y"}, "extension"},
		{with(func(v *record.Value) { v.Blob = hexOf([]byte("other")) }), "no such object"},
		{with(func(v *record.Value) { v.Blob = "ab/cd" }), "digest"},
		{with(func(v *record.Value) { v.Size++ }), "10002 bytes instead of 10003"},
		{with(func(v *record.Value) { v.Size-- }), "instead of 10001"},
		{with(func(v *record.Value) { v.Size = -1 }), "bytes"},
		{with(func(v *record.Value) { v.Size = artifact.MaxValue + 1 }), "too large"},
		{with(func(v *record.Value) { v.Type = "int" }), "the value in blob " + big.Blob + " is not of type int"},
	} {
		if got, err := artifact.Load(t.Context(), st, c.v); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v loads as %v, %v, want %q", c.v, got, err, c.want)
		}
	}
}

// replace puts other content under a blob's key.
func replace(t *testing.T, st store.Store, digest, data string) {
	t.Helper()
	if err := st.Delete(t.Context(), record.Blob(digest)); err != nil {
		t.Fatal(err)
	}
	if err := store.PutBytes(t.Context(), st, record.Blob(digest), []byte(data)); err != nil {
		t.Fatal(err)
	}
}

func TestCorruption(t *testing.T) {
	for _, open := range []func() store.Store{func() store.Store { return mem.New("x") }, func() store.Store { return openDir(t) }} {
		st := open()
		content := strings.Repeat("0123456789", 1000)
		src := filepath.Join(t.TempDir(), "src")
		if err := os.WriteFile(src, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		file, err := artifact.ImportFile(t.Context(), st, src, ".txt")
		if err != nil {
			t.Fatal(err)
		}
		value, err := artifact.Save(t.Context(), st, types.String, content)
		if err != nil {
			t.Fatal(err)
		}
		folder, err := artifact.ImportDir(t.Context(), st, filepath.Dir(src))
		if err != nil {
			t.Fatal(err)
		}
		dst := filepath.Join(t.TempDir(), "dst")
		for _, bad := range []string{"", content[1:], content + "x", strings.Replace(content, "5", "6", 1)} {
			replace(t, st, file.Digest, bad)
			replace(t, st, value.Blob, bad)
			r, err := artifact.Open(t.Context(), st, file)
			if err != nil {
				t.Fatal(err)
			}
			_, readErr := io.ReadAll(r)
			r.Close()
			_, loadErr := artifact.Load(t.Context(), st, value)
			for what, err := range map[string]error{
				"open":   readErr,
				"load":   loadErr,
				"export": artifact.Export(t.Context(), st, file, types.File, dst),
				"folder": artifact.Export(t.Context(), st, folder, types.Dir, dst),
			} {
				digest := file.Digest
				if what == "load" {
					digest = value.Blob
				}
				if !errors.Is(err, artifact.ErrCorrupt) || !strings.Contains(err.Error(), digest) || !strings.Contains(err.Error(), st.URL()) {
					t.Errorf("%s of %d wrong bytes: %v", what, len(bad), err)
				}
				if _, err := os.Lstat(dst); err == nil {
					t.Fatalf("%s of %d wrong bytes left a file", what, len(bad))
				}
			}
		}
		replace(t, st, folder.Digest, `{"v":1,"entries":[]}`)
		if err := artifact.Export(t.Context(), st, folder, types.Dir, dst); !errors.Is(err, artifact.ErrCorrupt) || !strings.Contains(err.Error(), folder.Digest) {
			t.Errorf("a wrong manifest: %v", err)
		}
	}
}

// Whatever a store does, content is right or there is an error and no file.
func TestUnreliableStore(t *testing.T) {
	inner := mem.New("x")
	src := t.TempDir()
	for i := range 5 {
		if err := os.WriteFile(filepath.Join(src, fmt.Sprint(i)), bytes.Repeat([]byte{byte(i)}, 10_000), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	folder, err := artifact.ImportDir(t.Context(), inner, src)
	if err != nil {
		t.Fatal(err)
	}
	good, failed := 0, 0
	for seed := range uint64(60) {
		st := faulty.New(inner, faulty.Options{Seed: seed, Before: 0.02, Truncate: 0.05, Corrupt: 0.05})
		dst := filepath.Join(t.TempDir(), "dst")
		if err := artifact.Export(t.Context(), st, folder, types.Dir, dst); err != nil {
			failed++
			if !errors.Is(err, faulty.ErrInjected) && !errors.Is(err, artifact.ErrCorrupt) {
				t.Errorf("seed %d: %v", seed, err)
			}
			if _, err := os.Lstat(dst); err == nil {
				t.Errorf("seed %d: a failed export left something", seed)
			}
			continue
		}
		good++
		again, err := artifact.ImportDir(t.Context(), mem.New("y"), dst)
		if err != nil || again != folder {
			t.Errorf("seed %d: exported %v, want %v, %v", seed, again, folder, err)
		}
	}
	if good == 0 || failed == 0 {
		t.Errorf("%d exports succeeded and %d failed", good, failed)
	}
	// Importing over lost replies: an error, or a blob that is there.
	for seed := range uint64(40) {
		target := mem.New("z")
		st := faulty.New(target, faulty.Options{Seed: seed, Before: 0.05, After: 0.05})
		if b, err := artifact.ImportDir(t.Context(), st, src); err == nil {
			if err := artifact.Export(t.Context(), target, b, types.Dir, filepath.Join(t.TempDir(), "dst")); err != nil {
				t.Errorf("seed %d: %v", seed, err)
			}
		} else if !errors.Is(err, faulty.ErrInjected) {
			t.Errorf("seed %d: %v", seed, err)
		}
	}
}

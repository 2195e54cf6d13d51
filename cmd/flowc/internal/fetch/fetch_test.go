package fetch

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/flowc-dev/flowc/artifact"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/mem"
	"github.com/flowc-dev/flowc/types"
)

func file(t *testing.T, s store.Store, content, ext string) types.Blob {
	t.Helper()
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := artifact.ImportFile(context.Background(), s, path, ext)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestPrint(t *testing.T) {
	ctx, s := context.Background(), mem.New("")
	text, binary := file(t, s, "a,b\n", ".csv"), file(t, s, "\x00\x01", "")
	for _, tc := range []struct {
		name     string
		typ      types.Type
		value    any
		terminal bool
		want     string
		err      error
	}{
		{name: "number", typ: types.Float, value: 0.5, want: "0.5\n"},
		{name: "text", typ: types.String, value: "ä\n", want: "\"ä\\n\"\n"},
		{name: "nil", typ: types.Opt(types.File), value: nil, want: "null\n"},
		{name: "file", typ: types.File, value: text, want: "a,b\n"},
		{name: "file on a terminal", typ: types.File, value: text, terminal: true, want: "a,b\n"},
		{name: "binary", typ: types.File, value: binary, want: "\x00\x01"},
		{name: "binary on a terminal", typ: types.File, value: binary, terminal: true, err: ErrBinary},
		{name: "folder", typ: types.Opt(types.Dir), value: text, err: ErrFolder},
	} {
		var out bytes.Buffer
		err := Print(ctx, s, tc.typ, tc.value, &out, tc.terminal)
		if !errors.Is(err, tc.err) || out.String() != tc.want {
			t.Errorf("%s: %q, %v; want %q, %v", tc.name, out.String(), err, tc.want, tc.err)
		}
	}
}

func TestSave(t *testing.T) {
	ctx, s := context.Background(), mem.New("")
	a, b := file(t, s, "a", ".csv"), file(t, s, "b", "")
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	read := func(name string) string {
		t.Helper()
		text, err := os.ReadFile(at(name))
		if err != nil {
			t.Error(err)
		}
		return string(text)
	}
	list := types.List{Elem: types.Opt(types.File)}
	if err := Save(ctx, s, list, []any{a, nil, b}, at("list"), false); err != nil {
		t.Fatal(err)
	}
	if read("list/00000.csv") != "a" || read("list/00002") != "b" {
		t.Error("the files of a list are not those of its items")
	}
	deep := types.Map{Elem: types.List{Elem: types.File}}
	if err := Save(ctx, s, deep, map[string]any{"../x y": []any{a}, "..": []any{b}}, at("map"), false); err != nil {
		t.Fatal(err)
	}
	if read("map/..%2Fx%20y/00000.csv") != "a" || read("map/%2E./00000") != "b" {
		t.Error("the files of a map are not those of its values")
	}
	if err := Save(ctx, s, types.Int, int64(3), at("n"), false); err != nil || read("n") != "3\n" {
		t.Error(err)
	}
	if err := Save(ctx, s, types.Int, int64(4), at("n"), false); err == nil {
		t.Error("a file that was there was overwritten")
	}
	if err := Save(ctx, s, types.Int, int64(4), at("n"), true); err != nil || read("n") != "4\n" {
		t.Error(err)
	}
	if err := Save(ctx, s, list, []any{a}, at("list"), true); err == nil {
		t.Error("a folder that was there was overwritten")
	}
	missing := types.Blob{Digest: string(bytes.Repeat([]byte("0"), 64))}
	if err := Save(ctx, s, list, []any{a, missing}, at("broken"), false); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a missing blob: %v", err)
	}
	if entries, _ := filepath.Glob(at("broken*")); entries != nil {
		t.Errorf("a failed Save left %v", entries)
	}
}

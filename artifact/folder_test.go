//go:build unix

package artifact_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowc-dev/flowc/artifact"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/count"
	"github.com/flowc-dev/flowc/store/mem"
	"github.com/flowc-dev/flowc/types"
)

// tree is a folder as text: path -> "file:content", "exec:content", "dir:", "link:target".
type tree map[string]string

func (tr tree) make(t testing.TB, at string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(tr)) {
		p := filepath.Join(at, name)
		kind, content, _ := strings.Cut(tr[name], ":")
		folder := filepath.Dir(p)
		if kind == "dir" {
			folder = p
		}
		err := os.MkdirAll(folder, 0o777)
		switch {
		case err != nil:
		case kind == "file":
			err = os.WriteFile(p, []byte(content), 0o644)
		case kind == "exec":
			err = os.WriteFile(p, []byte(content), 0o755)
		case kind == "link":
			err = os.Symlink(content, p)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func readTree(t testing.TB, at string) tree {
	t.Helper()
	tr := tree{}
	err := filepath.WalkDir(at, func(p string, d fs.DirEntry, err error) error {
		if err != nil || p == at {
			return err
		}
		name, _ := filepath.Rel(at, p)
		info, err := d.Info()
		if err != nil {
			return err
		}
		switch {
		case d.IsDir():
			if children, err := os.ReadDir(p); err != nil || len(children) > 0 {
				return err
			}
			tr[name] = "dir:"
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(p)
			tr[name] = "link:" + target
			return err
		default:
			data, err := os.ReadFile(p)
			kind := "file:"
			if info.Mode()&0o111 != 0 {
				kind = "exec:"
			}
			tr[name] = kind + string(data)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

var sampleTree = tree{
	"readme.txt":          "file:hello",
	"bin/run.sh":          "exec:#!/bin/sh\n",
	"bin/link":            "link:run.sh",
	"a/b/c/deep":          "file:deep",
	"a/up":                "link:../bin/run.sh",
	"a/dangling":          "link:../nowhere/x",
	"a/self":              "link:self",
	"a/here":              "link:.",
	"empty":               "dir:",
	"nested/empty":        "dir:",
	"zero":                "file:",
	"same as readme":      "file:hello",
	"a-b":                 "file:sorts before a/b",
	"ünï/<&>\"'":          "file:odd names",
	"back\\slash":         "file:",
	"new\nline":           "file:",
	".hidden/.x":          "file:",
	"a0":                  "file:",
	"link to folder":      "link:nested",
	"nested/back to root": "link:..",
}

func TestFolderRoundTrip(t *testing.T) {
	for _, st := range []store.Store{mem.New("x"), openDir(t)} {
		src, dst := t.TempDir(), filepath.Join(t.TempDir(), "dst")
		sampleTree.make(t, src)
		b, err := artifact.ImportDir(t.Context(), st, src)
		if err != nil {
			t.Fatal(err)
		}
		size := int64(0)
		for _, x := range sampleTree {
			if kind, content, _ := strings.Cut(x, ":"); kind == "file" || kind == "exec" {
				size += int64(len(content))
			}
		}
		if b.Size != size || b.Ext != "" {
			t.Errorf("%+v, want %d bytes", b, size)
		}
		if err := artifact.Export(t.Context(), st, b, types.Dir, dst); err != nil {
			t.Fatal(err)
		}
		if got := readTree(t, dst); !maps.Equal(got, sampleTree) {
			t.Errorf("came back as %q", got)
		}
		again, err := artifact.ImportDir(t.Context(), st, dst)
		if err != nil || again != b {
			t.Errorf("the exported folder is %+v, the first %+v, %v", again, b, err)
		}
		// A task may change its copy, folders and all.
		if err := os.WriteFile(filepath.Join(dst, "readme.txt"), []byte("x"), 0); err != nil {
			t.Error(err)
		}
		if err := os.RemoveAll(dst); err != nil {
			t.Error(err)
		}
		entries, err := artifact.ReadDir(t.Context(), st, b)
		if err != nil || len(entries) != len(sampleTree) || !slices.IsSortedFunc(entries, func(a, b artifact.Entry) int { return strings.Compare(a.Path, b.Path) }) {
			t.Errorf("%d entries, %v", len(entries), err)
		}
	}
}

// A folder's digest depends on its content alone.
func TestFolderDigest(t *testing.T) {
	digest := func(tr tree) string {
		st := mem.New("x")
		src := t.TempDir()
		tr.make(t, src)
		b, err := artifact.ImportDir(t.Context(), st, src)
		if err != nil {
			t.Fatal(err)
		}
		return b.Digest
	}
	base := tree{"a": "file:1", "b/c": "file:2", "d": "link:a", "e": "dir:"}
	first := digest(base)
	if first != digest(base) {
		t.Error("equal folders have different digests")
	}
	if want := "fc6d39cbe36c3eabfb851f4a81940616eff3ed44eb1208ef493b3153885dd4f0"; first != want {
		t.Errorf("the digest is %s, was %s: the form of manifests must not change", first, want)
	}
	for name, change := range map[string]string{
		"a": "file:x", "b/c": "exec:2", "d": "link:b/c", "e": "file:", "f": "dir:",
	} {
		other := maps.Clone(base)
		other[name] = change
		if digest(other) == first {
			t.Errorf("with %s as %s the digest is the same", name, change)
		}
	}
}

func TestEmptyFolder(t *testing.T) {
	st, dst := mem.New("x"), filepath.Join(t.TempDir(), "dst")
	b, err := artifact.ImportDir(t.Context(), st, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := artifact.Export(t.Context(), st, b, types.Dir, dst); err != nil {
		t.Fatal(err)
	}
	if got := readTree(t, dst); len(got) != 0 {
		t.Errorf("came back as %q", got)
	}
}

// Equal files are kept once, and what is there is not written again.
func TestFolderIsKeptOnce(t *testing.T) {
	for _, inner := range []store.Store{mem.New("x"), openDir(t)} {
		st := count.New(inner)
		src := t.TempDir()
		tr := tree{}
		for i := range 40 {
			tr[fmt.Sprintf("f%d", i)] = fmt.Sprintf("file:content %d", i%10)
		}
		tr.make(t, src)
		b, err := artifact.ImportDir(t.Context(), st, src)
		if err != nil {
			t.Fatal(err)
		}
		if n := blobs(t, inner); n != 11 { // ten contents and the manifest
			t.Errorf("%d blobs", n)
		}
		st.Reset()
		again, err := artifact.ImportDir(t.Context(), st, src)
		if err != nil || again != b {
			t.Errorf("%v, %v", again, err)
		}
		if n := blobs(t, inner); n != 11 {
			t.Errorf("%d blobs after the second time", n)
		}
	}
}

func TestImportRefuses(t *testing.T) {
	st := mem.New("x")
	for _, c := range []struct {
		tree tree
		want string
	}{
		{tree{"a/l": "link:/etc/passwd"}, `"a/l": the link leads to /etc/passwd, outside`},
		{tree{"a/l": "link:../../x"}, `"a/l": the link leads to ../../x, outside`},
		{tree{"l": "link:.."}, `"l": the link leads to .., outside`},
		{tree{"l": "link:a/../b", "a/x": "file:"}, `"l": the link leads to a/../b, which goes down and up`},
		{tree{"bad\xff": "file:"}, `"bad\xff": its name is not UTF-8`},
		{tree{"l": "link:\xff"}, "target"},
	} {
		src := t.TempDir()
		c.tree.make(t, src)
		if b, err := artifact.ImportDir(t.Context(), st, src); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), src) {
			t.Errorf("%q is kept as %v, %v, want %q", c.tree, b, err, c.want)
		}
	}

	src := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(src, "pipe"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := artifact.ImportDir(t.Context(), st, src); err == nil || !strings.Contains(err.Error(), `"pipe" is a named pipe`) {
		t.Errorf("a pipe: %v", err)
	}
	if _, err := artifact.ImportFile(t.Context(), st, filepath.Join(src, "pipe"), ""); err == nil || !strings.Contains(err.Error(), "a named pipe") {
		t.Errorf("a pipe: %v", err)
	}
	t.Chdir(t.TempDir()) // a socket's path must be short
	listener, err := net.Listen("unix", "socket")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if _, err := artifact.ImportDir(t.Context(), st, "."); err == nil || !strings.Contains(err.Error(), `"socket" is a socket`) {
		t.Errorf("a socket: %v", err)
	}

	file := filepath.Join(t.TempDir(), "file")
	tree{"file": "file:x"}.make(t, filepath.Dir(file))
	for name, err := range map[string]error{
		"not a folder":  second(artifact.ImportDir(t.Context(), st, file)),
		"no such file":  second(artifact.ImportDir(t.Context(), st, file+"-missing")),
		"no such file ": second(artifact.ImportFile(t.Context(), st, file+"-missing", "")),
		"a folder":      second(artifact.ImportFile(t.Context(), st, filepath.Dir(file), "")),
		"extension":     second(artifact.ImportFile(t.Context(), st, file, "txt")),
		"extension ":    second(artifact.ImportFile(t.Context(), st, file, "./../x")),
	} {
		if err == nil || !strings.Contains(err.Error(), strings.TrimSpace(name)) || !strings.Contains(err.Error(), filepath.Dir(file)) {
			t.Errorf("%v, want %q", err, name)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := artifact.ImportDir(ctx, st, filepath.Dir(file)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if n := blobs(t, st); n != 0 {
		t.Errorf("what was refused left %d blobs", n)
	}
}

func second[T any](_ T, err error) error { return err }

func TestImportFollowsTheLinkItIsGiven(t *testing.T) {
	src := t.TempDir()
	tree{"real/x": "file:x", "folder": "link:real", "file": "link:real/x"}.make(t, src)
	st := mem.New("x")
	b, err := artifact.ImportDir(t.Context(), st, filepath.Join(src, "folder"))
	if err != nil {
		t.Fatal(err)
	}
	if entries, err := artifact.ReadDir(t.Context(), st, b); err != nil || len(entries) != 1 || entries[0].Path != "x" {
		t.Errorf("%+v, %v", entries, err)
	}
	f, err := artifact.ImportFile(t.Context(), st, filepath.Join(src, "file"), ".txt")
	if want := (types.Blob{Digest: hexOf([]byte("x")), Size: 1, Ext: ".txt"}); err != nil || f != want {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestExportRefuses(t *testing.T) {
	st := mem.New("x")
	src := t.TempDir()
	tree{"f": "file:x"}.make(t, src)
	folder, err := artifact.ImportDir(t.Context(), st, src)
	if err != nil {
		t.Fatal(err)
	}
	file, err := artifact.ImportFile(t.Context(), st, filepath.Join(src, "f"), "")
	if err != nil {
		t.Fatal(err)
	}
	there := t.TempDir()
	tree{"f": "file:mine"}.make(t, there)
	for _, err := range []error{
		artifact.Export(t.Context(), st, folder, types.Dir, there),
		artifact.Export(t.Context(), st, folder, types.Dir, filepath.Join(there, "f")),
		artifact.Export(t.Context(), st, file, types.File, filepath.Join(there, "f")),
		artifact.Export(t.Context(), st, file, types.Artifact, there),
	} {
		if !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), there) {
			t.Errorf("exporting over something: %v", err)
		}
	}
	if got := readTree(t, there); !maps.Equal(got, tree{"f": "file:mine"}) {
		t.Errorf("what was there is now %q", got)
	}
	for _, kind := range []types.Basic{types.Int, types.Invalid, types.Any, types.Nil} {
		if err := artifact.Export(t.Context(), st, file, kind, filepath.Join(there, "new")); err == nil {
			t.Errorf("exported a %v", kind)
		}
	}
	for _, err := range []error{
		artifact.Export(t.Context(), st, file, types.Dir, filepath.Join(there, "new")), // a file is no manifest
		artifact.Export(t.Context(), st, types.Blob{Digest: "ab/cd"}, types.File, filepath.Join(there, "new")),
		artifact.Export(t.Context(), st, types.Blob{Digest: hexOf([]byte("missing"))}, types.Dir, filepath.Join(there, "new")),
		artifact.Export(t.Context(), st, types.Blob{Digest: folder.Digest, Size: 2}, types.Dir, filepath.Join(there, "new")),
	} {
		if err == nil {
			t.Error("no error")
		}
	}
	if _, err := os.Lstat(filepath.Join(there, "new")); err == nil {
		t.Error("a failed export left something")
	}
}

// keepManifest puts a manifest into a store as if it were a folder's.
func keepManifest(t testing.TB, st store.Store, text string, size int64) types.Blob {
	t.Helper()
	b := types.Blob{Digest: hexOf([]byte(text)), Size: size}
	if err := store.PutBytes(t.Context(), st, record.Blob(b.Digest), []byte(text)); err != nil && !errors.Is(err, store.ErrExists) {
		t.Fatal(err)
	}
	return b
}

func TestHostileManifests(t *testing.T) {
	st := mem.New("x")
	x := keepManifest(t, st, "x", 1) // one byte, as a blob
	file := func(path string) string { return `{"path":"` + path + `","blob":"` + x.Digest + `","size":1}` }
	link := func(path, target string) string { return `{"path":"` + path + `","link":"` + target + `"}` }
	of := func(entries ...string) string {
		return `{"v":1,"entries":[` + "\n" + strings.Join(entries, ",\n") + "\n]}\n"
	}
	good := keepManifest(t, st, of(file("a"), file("b/c")), 2)
	if err := artifact.Export(t.Context(), st, good, types.Dir, filepath.Join(t.TempDir(), "dst")); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"", "null", "{}", "[]", "x", `{"v":1}`, `{"v":0,"entries":[` + "\n\n]}\n", `{"v":2,"entries":[` + "\n\n]}\n",
		of(file("../a")), of(file("..")), of(file(".")), of(file("/etc/x")), of(file("")), of(file("a/../../b")), of(file("a//b")),
		of(file("a/")), of(file("./a")), of(file(`a\u0000b`)), of(file(strings.Repeat("a/", 3000) + "b")),
		of(file("b"), file("a")), of(file("a"), file("a")), of(file("a"), file("a/b")), of(file("a"), file("a-b"), file("a/b")),
		of(link("a", "b"), file("a/b")), of(`{"path":"a","dir":true}`, file("a/b")),
		of(link("a", "..")), of(link("a", "/etc")), of(link("a", "b/../../x")), of(link("a/b", "../../x")), of(link("a", "x/..")),
		of(link("a", `b\u0000`)), of(`{"path":"a"}`), of(`{"path":"a","dir":true,"link":"b"}`), of(`{"path":"a","blob":"` + x.Digest + `","link":"b","size":1}`),
		of(`{"path":"a","dir":true,"exec":true}`), of(`{"path":"a","dir":true,"size":1}`),
		of(`{"path":"a","blob":"../../x","size":1}`), of(`{"path":"a","blob":"` + x.Digest + `","size":-1}`), of(`{"path":"a","blob":"` + x.Digest + `"}`),
		of(`{"path":"a","blob":"`+x.Digest+`","size":9223372036854775807}`, `{"path":"b","blob":"`+x.Digest+`","size":9223372036854775807}`),
		of(`{"path":"a","blob":"` + x.Digest + `","size":1,"mode":4095}`), of(`{"PATH":"a","blob":"` + x.Digest + `","size":1}`),
		of(`{"path":"a","path":"b","blob":"` + x.Digest + `","size":1}`), of(file("a")) + "x", of(file("a")) + of(file("a")), of(file("\xff")),
		strings.Repeat("[", 100_000),
	} {
		around := t.TempDir()
		dst := filepath.Join(around, "in", "dst")
		if err := os.Mkdir(filepath.Dir(dst), 0o777); err != nil {
			t.Fatal(err)
		}
		for size := range int64(3) {
			b := keepManifest(t, st, text, size)
			if err := artifact.Export(t.Context(), st, b, types.Dir, dst); err == nil {
				t.Errorf("exported %.200s", text)
			}
			if got := readTree(t, around); !maps.Equal(got, tree{"in": "dir:"}) {
				t.Fatalf("%.200s left %q", text, got)
			}
		}
	}
	newer := keepManifest(t, st, `{"v":2,"all":"different"}`, 0)
	if err := artifact.Export(t.Context(), st, newer, types.Dir, filepath.Join(t.TempDir(), "dst")); !errors.Is(err, record.ErrNewer) {
		t.Errorf("a newer manifest: %v", err)
	}
}

// However links are combined, none leads out of an exported folder.
func TestLinksStayInside(t *testing.T) {
	name := rapid.SampledFrom([]string{"a", "b", "c"})
	rapid.Check(t, func(rt *rapid.T) {
		tr := map[string]string{}
		for range rapid.IntRange(1, 7).Draw(rt, "n") {
			at := path.Join(rapid.SliceOfN(name, 1, 3).Draw(rt, "at")...)
			if rapid.Bool().Draw(rt, "link") {
				tr[at] = strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"..", "..", ".", "a", "b", "c", ""}), 1, 5).Draw(rt, "target"), "/")
			} else {
				tr[at] = ""
			}
		}
		var text []string
		for _, at := range slices.Sorted(maps.Keys(tr)) {
			if tr[at] == "" {
				text = append(text, fmt.Sprintf(`{"path":%q,"dir":true}`, at))
			} else {
				text = append(text, fmt.Sprintf(`{"path":%q,"link":%q}`, at, tr[at]))
			}
		}
		st := mem.New("x")
		b := keepManifest(t, st, `{"v":1,"entries":[`+"\n"+strings.Join(text, ",\n")+"\n]}\n", 0)
		around, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		dst := filepath.Join(around, "1/2/3/4/5/6/dst")
		if err := os.MkdirAll(filepath.Dir(dst), 0o777); err != nil {
			rt.Fatal(err)
		}
		if artifact.Export(t.Context(), st, b, types.Dir, dst) != nil {
			return
		}
		for at, target := range tr {
			if target == "" {
				continue
			}
			// Names that a target leads through may be missing: what is there decides.
			real, err := filepath.EvalSymlinks(filepath.Join(dst, at))
			if err != nil {
				continue
			}
			if real != dst && !strings.HasPrefix(real, dst+"/") {
				rt.Errorf("%s -> %s leads to %s; all: %q", at, target, real, tr)
			}
		}
	})
}

func FuzzManifest(f *testing.F) {
	st := mem.New("seed")
	src := f.TempDir()
	sampleTree.make(f, src)
	b, err := artifact.ImportDir(f.Context(), st, src)
	if err != nil {
		f.Fatal(err)
	}
	seed, err := store.ReadAll(f.Context(), st, record.Blob(b.Digest), 1<<20)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed, b.Size)
	f.Add([]byte(`{"v":1,"entries":[`+"\n"+`{"path":"../a","dir":true}`+"\n]}\n"), int64(0))
	f.Add([]byte(`{"v":1,"entries":[`+"\n"+`{"path":"a/b","link":"../c"}`+"\n]}\n"), int64(0))
	f.Fuzz(func(t *testing.T, text []byte, size int64) {
		st := mem.New("x")
		entries, err := artifact.ReadDir(t.Context(), st, keepManifest(t, st, string(text), size))
		if err != nil {
			return
		}
		for _, e := range entries {
			if !filepath.IsLocal(e.Path) || path.Clean(e.Path) != e.Path || strings.ContainsRune(e.Path, 0) {
				t.Errorf("a path %q", e.Path)
			}
			if e.Link != "" && (path.IsAbs(e.Link) || !filepath.IsLocal(path.Join(path.Dir(e.Path), e.Link))) {
				t.Errorf("a link from %q to %q", e.Path, e.Link)
			}
		}
		if !bytes.HasSuffix(text, []byte("]}\n")) {
			t.Errorf("read %q", text)
		}
	})
}

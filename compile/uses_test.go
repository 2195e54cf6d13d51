package compile

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/flowc-dev/flowc/diag"
)

// reader serves files from memory. The name of one that it must not give away
// is secret.flow.yaml.
func reader(files map[string][]byte) Reader {
	return func(name string) ([]byte, error) {
		if text, ok := files[name]; ok {
			return text, nil
		}
		err := fs.ErrNotExist
		if name == "secret.flow.yaml" {
			err = fs.ErrPermission
		}
		return nil, &fs.PathError{Op: "open", Path: "/some/folder/" + name, Err: err}
	}
}

func filesOf(a *txtar.Archive) map[string][]byte {
	out := map[string][]byte{}
	for _, f := range a.Files {
		out[f.Name] = f.Data
	}
	return out
}

// TestUses reads testdata/uses: archives with flows that use each other, and
// what is said about them.
func TestUses(t *testing.T) {
	archives, err := filepath.Glob("testdata/uses/*.txtar")
	if err != nil || len(archives) < 5 {
		t.Fatalf("%d archives, %v", len(archives), err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files := filesOf(a)
			r := File(&diag.Sources{}, "flow.yaml", files["flow.yaml"], WithFiles(reader(files)))
			got := said(t, r)
			if strings.Contains(got, "/some/folder") {
				t.Errorf("a path of this machine is shown:\n%s", got)
			}
			if !*update {
				if d := cmp.Diff(string(files["findings.txt"]), got); d != "" {
					t.Errorf("(-want +got)\n%s", d)
				}
				return
			}
			if last := len(a.Files) - 1; a.Files[last].Name == "findings.txt" {
				a.Files = a.Files[:last]
			}
			a.Files = append(a.Files, txtar.File{Name: "findings.txt", Data: []byte(got)})
			if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestUsesCodes compiles the examples of the codes that are about uses.
func TestUsesCodes(t *testing.T) {
	source, err := os.ReadFile("../diag/codes_uses.go")
	if err != nil {
		t.Fatal(err)
	}
	beside := map[string][]byte{
		"train.flow.yaml":   []byte("flow: train\nparams: {day: date}\nsteps: {fit: {inputs: [params.day], run: ls}}\n"),
		"nightly.flow.yaml": []byte("flow: nightly\nschedule: {cron: \"0 3 * * *\"}\nsteps: {fit: {run: ls}}\n"),
	}
	n := 0
	for _, doc := range diag.Codes() {
		if !strings.Contains(string(source), ` Code = "`+string(doc.Code)+`"`) {
			continue
		}
		n++
		text := doc.Example
		if !strings.HasPrefix(text, "flow:") {
			text = "flow: example\n" + text
		}
		r := File(&diag.Sources{}, "flow.yaml", []byte(text), WithFiles(reader(beside)))
		if len(r.Findings) != 1 || r.Findings[0].Code != doc.Code {
			t.Errorf("%s: its example has other findings:\n%s", doc.Code, said(t, r))
		}
	}
	if n < 4 {
		t.Errorf("found %d codes", n)
	}
}

const usesOuter = `flow: outer
steps:
  a: {uses: ./sub/train.flow.yaml, inputs: {n: 1}}
  b: {foreach: {i: [1, 2]}, uses: ./sub/train.flow.yaml, inputs: {n: i}}
`

var usesFiles = map[string][]byte{
	"sub/train.flow.yaml": []byte("flow: train\nparams: {n: int}\nsteps:\n  fit: {inputs: [params.n], python: \"fit.py:fit\"}\n  more: {uses: ../more.flow.yaml}\n"),
	"more.flow.yaml":      []byte("flow: more\nsteps:\n  last: {run: ls}\n"),
}

// The same bytes come out wherever the flow lies, and every step leads back to
// the file that it stands in.
func TestUsesAnywhere(t *testing.T) {
	var first *Bundle
	for _, name := range []string{"flow.yaml", "some/folder/flow.yaml", "/an/absolute/flow.yaml", "../flow.yaml"} {
		reads := map[string]int{}
		r := File(&diag.Sources{}, name, []byte(usesOuter), WithFiles(func(file string) ([]byte, error) {
			reads[file]++
			return reader(usesFiles)(file)
		}))
		if !r.OK() {
			t.Fatal(said(t, r))
		}
		if d := cmp.Diff(map[string]int{"sub/train.flow.yaml": 1, "more.flow.yaml": 1}, reads); d != "" {
			t.Errorf("files are read once each (-want +got):\n%s", d)
		}
		target, err := FindTarget("plan")
		if err != nil {
			t.Fatal(err)
		}
		b, err := target.Emit(r)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = b
		}
		for _, path := range first.Paths() {
			if !bytes.Equal(first.File(path), b.File(path)) {
				t.Errorf("%s: %s differs", name, path)
			}
		}
		if src, line, ok := r.Line("b.more.last"); !ok || filepath.ToSlash(src.Name) != filepath.ToSlash(filepath.Join(filepath.Dir(name), "more.flow.yaml")) || line != 3 {
			t.Errorf("b.more.last is at %v:%d, %t", src, line, ok)
		}
	}
	m, err := ReadMap(first.File(MapFile))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Place{
		"a": {"", 3, 3}, "a.fit": {"sub/train.flow.yaml", 4, 3}, "a.more": {"sub/train.flow.yaml", 5, 3}, "a.more.last": {"more.flow.yaml", 3, 3},
		"b": {"", 4, 3}, "b.fit": {"sub/train.flow.yaml", 4, 3}, "b.more": {"sub/train.flow.yaml", 5, 3}, "b.more.last": {"more.flow.yaml", 3, 3},
	}
	if d := cmp.Diff(want, m.Places); d != "" {
		t.Errorf("places (-want +got):\n%s", d)
	}
}

// A flow that comes from no file can't use others, and says so.
func TestUsesWithoutFiles(t *testing.T) {
	r := File(&diag.Sources{}, "<stdin>", []byte(usesOuter))
	if r.OK() || len(r.Findings) != 2 || r.Findings[0].Code != diag.BadUses || !strings.Contains(r.Findings[0].Summary, "comes from no file") {
		t.Error(said(t, r))
	}
}

// The folder that steps run in follows the roots of the packages.
func TestUsesRoots(t *testing.T) {
	for _, test := range []struct {
		outer, uses, inner string // roots of packages, "" for none said
		dir, wrong         string
	}{
		{outer: "", uses: "./a/b.yaml", dir: "a"},
		{outer: ".", uses: "b.yaml", dir: ""},
		{outer: "a", uses: "a/x/b.yaml", dir: "x"},
		{outer: "a", uses: "./b.yaml", wrong: "not in the code package"},
		{outer: "", uses: "a/b.yaml", inner: "src", dir: "a/src"},
		{outer: "", uses: "a/b.yaml", inner: "..", dir: ""},
		{outer: "", uses: "a/b.yaml", inner: "../..", wrong: "the root of its package"},
		{outer: "..", uses: "../lib/b.yaml", dir: "lib"},
		{outer: "..", uses: "./b.yaml", wrong: "not in the code package"},
		{outer: "../..", uses: "../../lib/b.yaml", inner: "..", dir: ""},
		{outer: "/", uses: "./b.yaml", wrong: "root of the package"},
	} {
		root := func(r string) string {
			if r == "" {
				return ""
			}
			return "package: {root: " + r + "}\n"
		}
		r := File(&diag.Sources{}, "flow.yaml", []byte("flow: f\n"+root(test.outer)+"steps: {c: {uses: "+test.uses+"}}\n"),
			WithFiles(func(string) ([]byte, error) {
				return []byte("flow: g\n" + root(test.inner) + "steps: {s: {run: ls}}\n"), nil
			}))
		name := fmt.Sprintf("%s in %q, root %q", test.uses, test.outer, test.inner)
		switch {
		case test.wrong != "":
			if r.OK() || !strings.Contains(said(t, r), test.wrong) {
				t.Errorf("%s: want %q:\n%s", name, test.wrong, said(t, r))
			}
		case !r.OK():
			t.Errorf("%s:\n%s", name, said(t, r))
		default:
			s, _, err := r.Plan.Step(t.Context(), "c.s")
			if err != nil || s.Dir != test.dir {
				t.Errorf("%s: folder %q, want %q (%v)", name, s.Dir, test.dir, err)
			}
		}
	}
}

// Long chains and many files end in an error, soon.
func TestUsesLimits(t *testing.T) {
	chain := func(name string) ([]byte, error) {
		var n int
		if _, err := fmt.Sscanf(name, "f%d.yaml", &n); err != nil {
			return nil, err
		}
		return fmt.Appendf(nil, "flow: f%d\nsteps: {c: {uses: f%d.yaml}}\n", n, n+1), nil
	}
	r := File(&diag.Sources{}, "flow.yaml", []byte("flow: f\nsteps: {c: {uses: f0.yaml}}\n"), WithFiles(chain))
	if r.OK() || !strings.Contains(said(t, r), "in a row") {
		t.Error(said(t, r))
	}
	var many strings.Builder
	many.WriteString("flow: f\nsteps:\n")
	for i := range maxFiles + 2 {
		fmt.Fprintf(&many, "  c%d: {uses: g%d.yaml}\n", i, i)
	}
	r = File(&diag.Sources{}, "flow.yaml", []byte(many.String()), WithFiles(func(string) ([]byte, error) {
		return []byte("flow: g\nsteps: {s: {run: ls}}\n"), nil
	}))
	if r.OK() || !strings.Contains(said(t, r), "at most 1000 others") {
		t.Error(said(t, r))
	}
}

package bundledir

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/flowc-dev/flowc/compile"
	"github.com/flowc-dev/flowc/diag"
)

func bundle(t *testing.T, steps string) *compile.Bundle {
	t.Helper()
	r := compile.File(&diag.Sources{}, "flow.yaml", []byte("flow: f\nsteps:\n"+steps))
	if !r.OK() {
		t.Fatal(r.Findings)
	}
	target, err := compile.FindTarget("plan")
	if err != nil {
		t.Fatal(err)
	}
	b, err := target.Emit(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWriteTouchesOnlyWhatDiffers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "er")
	one := bundle(t, "  a: {run: one}\n  b: {run: one}\n")
	if n, err := Write(dir, one); err != nil || n != len(one.Paths()) {
		t.Fatalf("wrote %d files, %v; want %d", n, err, len(one.Paths()))
	}
	old := time.Unix(1e9, 0)
	for _, path := range one.Paths() {
		if err := os.Chtimes(filepath.Join(dir, path), old, old); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := Write(dir, one); err != nil || n != 0 {
		t.Errorf("wrote %d files again, %v", n, err)
	}
	two := bundle(t, "  a: {run: one}\n")
	if _, err := Write(dir, two); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, "steps/a.json")); err != nil || !info.ModTime().Equal(old) {
		t.Error("a file that is the same was written again")
	}
	if _, err := os.Stat(filepath.Join(dir, "steps/b.json")); !os.IsNotExist(err) {
		t.Errorf("what the flow no longer has is still there: %v", err)
	}
	if diff, err := Diff(dir, two); err != nil || diff != "" {
		t.Errorf("the folder differs from what was written: %v\n%s", err, diff)
	}
}

func TestDiffNamesBothSides(t *testing.T) {
	dir := t.TempDir()
	if _, err := Write(dir, bundle(t, "  a: {run: one}\n  b: {run: one}\n")); err != nil {
		t.Fatal(err)
	}
	diff, err := Diff(dir, bundle(t, "  a: {run: two}\n  c: {run: one}\n"))
	if err != nil {
		t.Fatal(err)
	}
	at := func(path string) string { return filepath.ToSlash(filepath.Join(dir, path)) }
	for _, want := range []string{
		"--- " + at("steps/a.json") + "\n+++ steps/a.json\n",
		"--- " + at("steps/b.json") + "\n+++ /dev/null\n",
		"--- /dev/null\n+++ steps/c.json\n",
	} {
		if !strings.Contains(diff, want) {
			t.Errorf("the difference lacks\n%s", want)
		}
	}
}

func TestPrintCanBeTakenApart(t *testing.T) {
	b := bundle(t, "  a: {run: one}\n")
	var out bytes.Buffer
	if err := Print(&out, b); err != nil {
		t.Fatal(err)
	}
	archive := txtar.Parse(out.Bytes())
	if len(archive.Files) != len(b.Paths()) {
		t.Fatalf("%d files were printed, want %d", len(archive.Files), len(b.Paths()))
	}
	for _, f := range archive.Files {
		if !bytes.Equal(f.Data, b.File(f.Name)) {
			t.Errorf("%s was printed differently", f.Name)
		}
	}
}

package runtime

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
)

// run starts another run of a config's plan in the same store and code folder.
func nextRun(cfg *Config, run string) *Config {
	c := configCopy(cfg, cfg.Store)
	c.Run = run
	return c
}

func cachedStep(t *testing.T) *contract.Step {
	s := script("s", "echo x >> ran; echo $x > $FLOWC_OUT/n; mkdir $FLOWC_OUT/d; echo $x > $FLOWC_OUT/d/f", out("n", "int"), out("d", "dir"))
	s.Cache = &contract.Cache{Version: "1"}
	s.Code = []string{"lib/**"}
	s.Inputs = []contract.Input{constInput(t, "x", "int", "1")}
	return s
}

func TestCache(t *testing.T) {
	step := cachedStep(t)
	cfg := config(t, plan(step))
	writeCode(t, cfg, "lib/a.py", "a")
	first := mustRun(t, cfg, root("s"))
	for _, test := range []struct {
		name   string
		change func()
		hit    bool
	}{
		{"nothing changed", func() {}, true},
		{"other code changed", func() { writeCode(t, cfg, "other.py", "b") }, true},
		{"its name changed", func() { step.Doc = "x" }, true},
		{"resources changed", func() { step.Resources = &contract.Resources{CPUMilli: 5} }, true},
		{"its code changed", func() { writeCode(t, cfg, "lib/a.py", "b") }, false},
		{"again", func() {}, true},
		{"an input changed", func() { step.Inputs = []contract.Input{constInput(t, "x", "int", "2")} }, false},
		{"the text changed", func() { step.Script.Text += " " }, false},
		{"the version changed", func() { step.Cache.Version = "2" }, false},
		{"the environment changed", func() { step.Env = []contract.KV{{Key: "A", Value: "b"}} }, false},
		{"the image changed", func() { step.Image = "x@sha256:1" }, false},
		{"an output's type changed", func() { step.Outputs[0].Type = "float" }, false},
		{"again", func() {}, true},
		{"expired", func() { step.Cache.Lifetime = 1; time.Sleep(2 * time.Millisecond) }, false},
		{"fresh again", func() { step.Cache.Lifetime = time.Hour.Milliseconds() }, true},
	} {
		test.change()
		res := mustRun(t, nextRun(cfg, "n"+strings.ReplaceAll(nonce(), "-", "")), root("s"))
		if hit := res.Cached != nil; hit != test.hit {
			t.Errorf("%s: hit %t", test.name, hit)
		}
	}
	if first.Cached != nil {
		t.Error("the first run hit the cache")
	}
}

// An entry of which a blob is gone is a miss, and is written anew.
func TestCacheOfLostBlobs(t *testing.T) {
	step := cachedStep(t)
	cfg := config(t, plan(step))
	writeCode(t, cfg, "lib/a.py", "a")
	res := mustRun(t, cfg, root("s"))
	dirs := res.Outputs["d"]
	inner := keysUnder(t, cfg, "blobs/")
	if len(inner) != 2 {
		t.Fatalf("blobs: %v", inner)
	}
	for i, key := range inner { // the manifest, and the file in the folder
		if err := cfg.Store.Delete(context.Background(), key); err != nil {
			t.Fatal(err)
		}
		if res := mustRun(t, nextRun(cfg, "m"+string(rune('a'+i))), root("s")); res.Cached != nil || res.Outputs["d"].Blob != dirs.Blob {
			t.Errorf("without %s: %+v", key, res)
		}
		if res := mustRun(t, nextRun(cfg, "h"+string(rune('a'+i))), root("s")); res.Cached == nil || res.Cached.Run != "m"+string(rune('a'+i)) {
			t.Errorf("after that: %+v", res.Cached)
		}
	}
}

func TestCodeDigest(t *testing.T) {
	root := t.TempDir()
	write := func(name, text string, mode os.FileMode) {
		file := filepath.Join(root, name)
		os.MkdirAll(filepath.Dir(file), 0o755)
		os.Remove(file)
		if err := os.WriteFile(file, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"a.py", "lib/b.py", "lib/deep/c.py", "data/x.csv", ".git/HEAD", "lib/__pycache__/b.pyc", ".flowc/x"} {
		write(name, name, 0o644)
	}
	if err := os.Symlink("a.py", filepath.Join(root, "link.py")); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		include, exclude, want []string
	}{
		{nil, nil, []string{"a.py", "data/x.csv", "lib/b.py", "lib/deep/c.py", "link.py"}},
		{[]string{"*.py"}, nil, []string{"a.py", "link.py"}},
		{[]string{"**/*.py"}, nil, []string{"a.py", "lib/b.py", "lib/deep/c.py", "link.py"}},
		{[]string{"lib"}, nil, []string{"lib/b.py", "lib/deep/c.py"}},
		{[]string{"./lib/"}, nil, []string{"lib/b.py", "lib/deep/c.py"}},
		{[]string{"lib/*"}, nil, []string{"lib/b.py", "lib/deep/c.py"}},
		{[]string{"lib/*.py", "data/**"}, nil, []string{"data/x.csv", "lib/b.py"}},
		{[]string{"**"}, []string{"lib", "*.csv"}, []string{"a.py", "data/x.csv", "link.py"}},
		{nil, []string{"**/*.csv", "lib/deep"}, []string{"a.py", "lib/b.py", "link.py"}},
	} {
		got, err := codeFiles(root, test.include, test.exclude)
		if err != nil || !slices.Equal(got, test.want) {
			t.Errorf("%q without %q: %q, %v; want %q", test.include, test.exclude, got, err, test.want)
		}
	}
	for _, bad := range [][]string{{"nothing/*.py"}, {"[a"}} {
		if _, err := codeFiles(root, bad, nil); err == nil || !strings.Contains(err.Error(), bad[0]) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	digest := func() string {
		d, err := CodeDigest(root, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	known := map[string]bool{digest(): true}
	if !known[digest()] {
		t.Error("the digest of the same files differs")
	}
	for name, change := range map[string]func(){
		"content":    func() { write("a.py", "other", 0o644) },
		"executable": func() { write("lib/b.py", "lib/b.py", 0o755) },
		"name":       func() { os.Rename(filepath.Join(root, "data/x.csv"), filepath.Join(root, "data/y.csv")) },
		"new file":   func() { write("new\nline", "", 0o644) },
	} {
		change()
		if d := digest(); known[d] {
			t.Errorf("%s: the digest is the same", name)
		} else {
			known[d] = true
		}
	}
	write(".git/HEAD", "other", 0o644)
	if !known[digest()] {
		t.Error("what is no code changes the digest")
	}
}

func FuzzMatchPath(f *testing.F) {
	for _, s := range [][2]string{{"**/*.py", "a/b.py"}, {"a/**/b", "a/b"}, {"[", "x"}, {"", ""}, {"**", ""}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, pattern, name string) {
		matchTree(pattern, name)
		if pattern == "**" && !matchPath(pattern, name) {
			t.Errorf("** does not match %q", name)
		}
	})
}

// The entry of a result that lost does not get into the cache.
func TestCacheKeepsWinners(t *testing.T) {
	step := cachedStep(t)
	step.Code = nil
	cfg := config(t, plan(step))
	cfg.instead = func([]input) (map[string]record.Value, *failure) {
		// Another attempt is faster.
		winner := record.Result{Status: record.OK, Nonce: "other", Outputs: map[string]record.Value{"n": {Type: "int", Value: record.Raw("7")}}}
		if err := store.PutJSON(context.Background(), cfg.Store, cfg.keys().Result("s", record.Path{}), winner); err != nil {
			t.Error(err)
		}
		return map[string]record.Value{"n": {Type: "int", Value: record.Raw("8")}}, nil
	}
	if res := mustRun(t, cfg, root("s")); value(res, "n") != "7" {
		t.Errorf("%+v", res)
	}
	if keys := keysUnder(t, cfg, "cache/"); len(keys) > 0 {
		t.Errorf("cache: %v", keys)
	}
}

package runtime

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/flowc-dev/flowc/contract"
)

// A step with a folder of its own runs there, and means its paths from there.
func TestFolder(t *testing.T) {
	shell := script("sh", `cp name.txt "$FLOWC_OUT/name"; cp key.pem "$FLOWC_OUT/key"; ./tool > "$FLOWC_OUT/tool"`,
		out("name", "string"), out("key", "string"), out("tool", "string"))
	shell.Secrets = []contract.Secret{{File: "key.pem", Store: "db", Key: "cert"}}
	argv := &contract.Step{Step: "argv", Outputs: []contract.Output{out("where", "string")}}
	for _, text := range []string{"./where.sh"} {
		argv.Argv = append(argv.Argv, contract.Arg{Text: &text})
	}
	python := function("py", "src/fit.py", "fit", out("n", "int"))
	for _, s := range []*contract.Step{shell, argv, python} {
		s.Dir = "team/[a] b"
	}
	cfg := config(t, plan(shell, argv, python))
	cfg.Secrets = func(string, string) (string, error) { return "sesame", nil }
	writeCode(t, cfg, "name.txt", "root")
	writeCode(t, cfg, "helper.py", "n = 1")
	writeCode(t, cfg, "team/[a] b/name.txt", "inner")
	writeCode(t, cfg, "team/[a] b/tool", "#!/bin/sh\necho inner tool\n")
	writeCode(t, cfg, "team/[a] b/where.sh", "#!/bin/sh\nbasename \"$PWD\" > \"$FLOWC_OUT/where\"\n")
	writeCode(t, cfg, "team/[a] b/helper.py", "n = 2")
	writeCode(t, cfg, "team/[a] b/src/fit.py", "import helper\ndef fit(): return helper.n")

	res := mustRun(t, cfg, root("sh"))
	for name, want := range map[string]string{"name": `"inner"`, "key": `"sesame"`, "tool": `"inner tool"`} {
		if got := value(res, name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	if _, err := os.Stat(filepath.Join(cfg.Code, "team/[a] b/key.pem")); err == nil {
		t.Error("the file with the secret is still there")
	}
	if got := value(mustRun(t, cfg, root("argv")), "where"); got != `"[a] b"` {
		t.Errorf("the program ran in %s", got)
	}
	if got := value(mustRun(t, cfg, root("py")), "n"); got != "2" {
		t.Errorf("the function imported %s", got)
	}
}

// What a step with a folder depends on are the files in there.
func TestFolderDigest(t *testing.T) {
	for _, test := range []struct {
		name    string
		code    []string
		exclude []string
		change  string
		same    bool
	}{
		{name: "all in it", change: "sub*/x.py"},
		{name: "beside it", change: "subs/x.py", same: true},
		{name: "above it", change: "x.py", same: true},
		{name: "a pattern", code: []string{"./*.py"}, change: "sub*/x.py"},
		{name: "not of the pattern", code: []string{"y.py"}, change: "sub*/x.py", same: true},
		{name: "the pattern elsewhere", code: []string{"x.py"}, change: "x.py", same: true},
		{name: "left out of the package", exclude: []string{"**/x.py"}, change: "sub*/x.py", same: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := script("s", "true")
			s.Dir, s.Code = "sub*", test.code
			p := plan(s)
			p.flow.Package = &contract.Package{Include: []string{"**"}, Exclude: test.exclude}
			digest := func(text string) string {
				cfg := config(t, p)
				for _, name := range []string{"x.py", "y.py", "sub*/x.py", "sub*/y.py", "subs/x.py"} {
					writeCode(t, cfg, name, "same")
				}
				writeCode(t, cfg, test.change, text)
				d, err := cfg.codeDigest(context.Background(), s)
				if err != nil {
					t.Fatal(err)
				}
				return d
			}
			if same := digest("one") == digest("two"); same != test.same {
				t.Errorf("the digest is the same: %t, want %t", same, test.same)
			}
		})
	}
}

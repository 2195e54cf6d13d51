package flowc_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/flowc-dev/flowc/"

// order lists the packages of this module from the ground up: a package may
// import those in lines above its own, and no others. A new package is placed
// here by decision, not by accident.
const order = `
	diag record
	diag/diagtest types ast contract
	expr frontend store
	expr/check frontend/yaml ir control artifact store/dir store/mem store/s3 store/count store/faulty store/storetest
	store/s3/s3test
	store/open ir/check ir/draw resolve
	runs runtime engine/schedule
	plan engine/process engine/reuse
	compile engine cmd/flowc-runtime
	conformance conformance/random
	cmd/flowc/internal/bundledir cmd/flowc/internal/calm cmd/flowc/internal/fetch cmd/flowc/internal/params cmd/flowc/internal/progress cmd/flowc/internal/secrets cmd/flowc/internal/starter
	cmd/flowc/internal/cli
	cmd/flowc bench
`

// ban says that no package of from, other than those of except, reaches a
// package of to, directly or through others. Packages of this module begin
// with "./"; "..." stands for everything below.
type ban struct {
	from, except, to []string
	why              string
}

var bans = []ban{
	{
		from: []string{"./record", "./contract"},
		to:   []string{"github.com/...", "golang.org/...", "go.yaml.in/..."},
		why:  "records and contracts are read by every party of a run, in any language: they depend on nothing",
	},
	{
		from: []string{"./diag"},
		to:   []string{"github.com/...", "golang.org/..."},
		why:  "every stage reports with it, so it stands below all of them",
	},
	{
		from: []string{"./runtime", "./cmd/flowc-runtime"},
		to: []string{"k8s.io/...", "github.com/argoproj/...", "github.com/spf13/...", "go.yaml.in/...",
			"./frontend/...", "./ast", "./ir/...", "./plan", "./compile", "./backends/...", "./engine/..."},
		why: "the runtime travels into every container: it stays small, starts fast, and knows neither an orchestrator nor the language",
	},
	{
		from: []string{"./ir/...", "./plan"},
		to:   []string{"go.yaml.in/...", "sigs.k8s.io/yaml", "./frontend/..."},
		why:  "the graph is the same whatever form a flow was written in",
	},
	{
		from: []string{"./engine/...", "./runs", "./resolve"},
		to:   []string{"go.yaml.in/...", "./frontend/...", "./ast", "./ir/...", "./compile"},
		why:  "what runs is the plan: a run resumes, and is looked at, without its source",
	},
	{
		from: []string{"./..."}, except: []string{"./backends/argo/...", "./cmd/..."},
		to:  []string{"github.com/argoproj/...", "k8s.io/..."},
		why: "one package knows Argo, so that a change of its types stays there",
	},
	{
		from: []string{"./..."}, except: []string{"./store/s3/...", "./engine/batch/...", "./backends/...", "./cmd/..."},
		to:  []string{"github.com/aws/..."},
		why: "one package for each service knows AWS",
	},
	{
		from: []string{"./..."}, except: []string{"./cmd/flowc/..."},
		to:  []string{"github.com/spf13/..."},
		why: "the command line is only one way to use these packages",
	},
	{
		from: []string{"./..."}, except: []string{"./frontend/yaml", "./compile", "./conformance/...", "./cmd/flowc/...", "./bench"},
		to:  []string{"go.yaml.in/..."},
		why: "one package knows YAML",
	},
}

// impure are packages that what compiles never imports itself: with them its
// output could depend on more than its input.
var impure = []string{"os", "os/...", "net", "net/...", "math/rand", "math/rand/...", "crypto/rand", "syscall", "unsafe", "plugin"}

// impureCalls are functions that it never calls, by package and name.
var impureCalls = map[string][]string{
	"time":    {"Now", "Since", "Until", "After", "Tick", "NewTimer", "Local", "LoadLocation"},
	"runtime": {"NumCPU", "GOMAXPROCS", "GOOS", "GOARCH"},
}

// pkg is what `go list` says of a package.
type pkg struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	Imports    []string
	Deps       []string
}

func list(t *testing.T) map[string]*pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-deps", "-json=ImportPath,Dir,GoFiles,Imports,Deps", "./...")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	pkgs := map[string]*pkg{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		p := &pkg{}
		if err := dec.Decode(p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs[p.ImportPath] = p
	}
}

// name is how the tables call a package.
func name(path string) string {
	if own, ok := strings.CutPrefix(path, module); ok {
		return "./" + own
	}
	return path
}

func match(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		prefix, tree := strings.CutSuffix(p, "...")
		return name == strings.TrimSuffix(prefix, "/") || tree && strings.HasPrefix(name, prefix)
	})
}

func TestOrder(t *testing.T) {
	rank := map[string]int{}
	for i, line := range strings.Split(order, "\n") {
		for _, name := range strings.Fields(line) {
			if rank[name] != 0 {
				t.Errorf("%s is listed twice", name)
			}
			rank[name] = i
		}
	}
	for path, p := range list(t) {
		from, mine := strings.CutPrefix(path, module)
		if !mine {
			continue
		}
		if rank[from] == 0 {
			t.Errorf("package %s has no place in the order", from)
			continue
		}
		for _, imported := range p.Imports {
			if to, mine := strings.CutPrefix(imported, module); mine && rank[to] >= rank[from] {
				t.Errorf("%s imports %s, which does not stand below it", from, to)
			}
		}
	}
}

func TestBans(t *testing.T) {
	pkgs := list(t)
	for _, b := range bans {
		for path, p := range pkgs {
			from := name(path)
			if !match(b.from, from) || match(b.except, from) {
				continue
			}
			for _, dep := range p.Deps {
				if match(b.to, name(dep)) {
					t.Errorf("%s reaches %s: %s", from, name(dep), b.why)
				}
			}
		}
	}
}

// TestCompilingIsPure looks at the source of everything that compiling runs.
func TestCompilingIsPure(t *testing.T) {
	pkgs := list(t)
	compile := pkgs[module+"compile"]
	if compile == nil {
		t.Fatal("there is no package compile")
	}
	for _, dep := range append(compile.Deps, compile.ImportPath) {
		if !strings.HasPrefix(dep, module) {
			continue
		}
		p := pkgs[dep]
		for _, imported := range p.Imports {
			if match(impure, imported) {
				t.Errorf("%s imports %s, but compiling depends on its input alone", name(dep), imported)
			}
		}
		for _, file := range p.GoFiles {
			for _, call := range impureIn(t, filepath.Join(p.Dir, file)) {
				t.Errorf("%s uses %s, but compiling depends on its input alone", name(dep)+"/"+file, call)
			}
		}
	}
}

func impureIn(t *testing.T, file string) []string {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	ast.Inspect(tree, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && slices.Contains(impureCalls[x.Name], sel.Sel.Name) {
				found = append(found, x.Name+"."+sel.Sel.Name)
			}
		}
		return true
	})
	return found
}

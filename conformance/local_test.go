package conformance_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/flowc-dev/flowc/compile"
	"github.com/flowc-dev/flowc/conformance"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/engine"
	"github.com/flowc-dev/flowc/engine/process"
	"github.com/flowc-dev/flowc/runs"
	"github.com/flowc-dev/flowc/runtime"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/dir"
	"github.com/flowc-dev/flowc/store/mem"
)

// local is the engine of this machine.
type local struct {
	store    store.Store
	executor func(*runtime.Config) engine.Executor // nil: in this process
	parallel int
}

func (l *local) Run(ctx context.Context, c *conformance.Case, code string) (conformance.Ran, error) {
	r, err := build(c.Files[conformance.FlowFile])
	if err != nil {
		return conformance.Ran{}, err
	}
	report, err := engine.Run(ctx, engine.Options{
		Config: &runtime.Config{
			Store: l.store, Plan: r.Plan, PlanDigest: r.Plan.Digest, Target: "local", Code: code, Scratch: code + ".scratch",
			Secrets: func(store, key string) (string, error) {
				v, ok := c.Secrets[store+"/"+key]
				if !ok {
					return "", fmt.Errorf("no secret %s/%s", store, key)
				}
				return v, nil
			},
		},
		Params:      c.Params,
		MaxParallel: l.parallel,
		Executor:    l.executor,
	})
	if err != nil {
		return conformance.Ran{}, err
	}
	return conformance.Ran{Store: l.store, ID: runs.ID{Flow: r.Graph.Name, Run: report.Run}}, nil
}

// build compiles a flow; findings that forbid it are the error.
func build(text []byte) (*compile.Result, error) {
	srcs := &diag.Sources{}
	r := compile.File(srcs, conformance.FlowFile, text)
	if !r.OK() {
		var out strings.Builder
		if err := diag.WriteText(&out, r.Findings, srcs, diag.TextOptions{}); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("the flow has errors:\n%s", &out)
	}
	return r, nil
}

func TestInProcess(t *testing.T) {
	conformance.Run(t, func(t *testing.T) conformance.Target {
		return &local{store: mem.New(), parallel: 3}
	})
}

// One task after the other gives the same: nothing depends on tasks running side by side.
func TestOneAtATime(t *testing.T) {
	if testing.Short() {
		t.Skip("the same flows again")
	}
	conformance.Run(t, func(t *testing.T) conformance.Target {
		return &local{store: mem.New(), parallel: 1}
	})
}

// The runtime as a program of its own, told everything by its environment, on a
// store that processes share: as an orchestrator would start it.
func TestRuntimeBinary(t *testing.T) {
	binary := buildRuntime(t)
	conformance.Run(t, func(t *testing.T) conformance.Target {
		return &local{
			store:    openDir(t, t.TempDir()),
			parallel: 2,
			executor: func(cfg *runtime.Config) engine.Executor { return process.Binary{Config: cfg, Path: binary} },
		}
	})
}

func openDir(t *testing.T, path string) store.Store {
	t.Helper()
	s, err := dir.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var runtimeBinary struct {
	sync.Once
	path string
	err  error
}

func buildRuntime(t *testing.T) string {
	t.Helper()
	b := &runtimeBinary
	b.Do(func() {
		folder, err := os.MkdirTemp("", "flowc-runtime-")
		if err != nil {
			b.err = err
			return
		}
		b.path = filepath.Join(folder, "flowc-runtime")
		out, err := exec.Command("go", "build", "-o", b.path, "github.com/flowc-dev/flowc/cmd/flowc-runtime").CombinedOutput()
		if err != nil {
			b.err = fmt.Errorf("%v:\n%s", err, out)
		}
	})
	if b.err != nil {
		t.Fatal(b.err)
	}
	return b.path
}

func TestMain(m *testing.M) {
	code := m.Run()
	if p := runtimeBinary.path; p != "" {
		os.RemoveAll(filepath.Dir(p))
	}
	os.Exit(code)
}

package conformance_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/flowc-dev/flowc/conformance"
	"github.com/flowc-dev/flowc/engine"
	"github.com/flowc-dev/flowc/engine/process"
	"github.com/flowc-dev/flowc/runtime"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/dir"
)

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

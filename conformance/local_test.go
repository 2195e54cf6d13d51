package conformance_test

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/compile"
	"github.com/flowc-dev/flowc/conformance"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/engine"
	"github.com/flowc-dev/flowc/runs"
	"github.com/flowc-dev/flowc/runtime"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/mem"
)

// local is the engine of this machine.
type local struct {
	store    store.Store
	executor func(*runtime.Config) engine.Executor // nil: in this process
	parallel int
}

func (l *local) Run(ctx context.Context, c *conformance.Case, code string) (conformance.Ran, error) {
	r, err := buildCase(c)
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

// build compiles a flow that uses no others; findings that forbid it are the error.
func build(text []byte) (*compile.Result, error) {
	return buildCase(&conformance.Case{Files: map[string][]byte{conformance.FlowFile: text}})
}

// buildCase compiles the flow of a case.
func buildCase(c *conformance.Case) (*compile.Result, error) {
	srcs := &diag.Sources{}
	r := compile.File(srcs, conformance.FlowFile, c.Files[conformance.FlowFile], compile.WithFiles(func(name string) ([]byte, error) {
		if text, ok := c.Files[name]; ok {
			return text, nil
		}
		return nil, fs.ErrNotExist
	}))
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
		return &local{store: mem.New(t.Name()), parallel: 3}
	})
}

// One task after the other gives the same: nothing depends on tasks running side by side.
func TestOneAtATime(t *testing.T) {
	if testing.Short() {
		t.Skip("the same flows again")
	}
	conformance.Run(t, func(t *testing.T) conformance.Target {
		return &local{store: mem.New(t.Name()), parallel: 1}
	})
}

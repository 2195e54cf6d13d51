package runtime

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/expr"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/mem"
	"github.com/flowc-dev/flowc/types"
)

// testPlan is a plan made by hand.
type testPlan struct {
	flow  *contract.Flow
	steps map[string]*contract.Step
}

func (p testPlan) Flow(context.Context) (*contract.Flow, error) { return p.flow, nil }

func (p testPlan) Step(_ context.Context, name string) (*contract.Step, string, error) {
	s, ok := p.steps[name]
	if !ok {
		return nil, "", fmt.Errorf("the plan has no step %s", name)
	}
	return s, strings.Repeat("c", 64), nil
}

func plan(steps ...*contract.Step) testPlan {
	p := testPlan{flow: &contract.Flow{V: 1, Flow: "f"}, steps: map[string]*contract.Step{}}
	for _, s := range steps {
		s.V, s.Flow = 1, "f"
		p.steps[s.Step] = s
		p.flow.Contracts = append(p.flow.Contracts, contract.Named{Step: s.Step})
		p.flow.Body.Nodes = append(p.flow.Body.Nodes, contract.Node{Name: s.Step, Kind: contract.KindStep})
	}
	return p
}

// config is a run of a plan in a store in memory, with a code folder of its own.
func config(t testing.TB, p Plan) *Config {
	t.Helper()
	return &Config{
		Store: mem.New("test"), Plan: p, PlanDigest: strings.Repeat("a", 64), Flow: "f", Run: "r1", Target: "test",
		Python: python(), Code: t.TempDir(), Scratch: t.TempDir(), Environ: []string{"PATH=" + os.Getenv("PATH"), "HOME=/nowhere"},
	}
}

// python is the interpreter itself, where python3 is a wrapper around it.
var python = sync.OnceValue(func() string {
	path, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		return "python3"
	}
	return strings.TrimSpace(string(path))
})

// withParams initialises the run with typed values.
func withParams(t testing.TB, cfg *Config, params map[string]record.Value) *Config {
	t.Helper()
	run := record.Run{Flow: "f", Run: "r1", Plan: strings.Repeat("a", 64), Params: params}
	if err := store.PutJSON(context.Background(), cfg.Store, cfg.keys().RunRecord(), run); err != nil {
		t.Fatal(err)
	}
	return cfg
}

func script(name, text string, outputs ...contract.Output) *contract.Step {
	return &contract.Step{Step: name, Script: &contract.Script{Text: text}, Outputs: outputs}
}

func function(name, file, fn string, outputs ...contract.Output) *contract.Step {
	return &contract.Step{Step: name, Call: &contract.Call{File: file, Func: fn}, Outputs: outputs}
}

func out(name, typ string) contract.Output { return contract.Output{Name: name, Type: typ} }

// code marshals an expression.
func code(t testing.TB, c expr.Code) json.RawMessage {
	t.Helper()
	data, err := c.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// reads is the expression that is nothing but a reference.
func reads(t testing.TB, ref contract.Ref) contract.Expr {
	t.Helper()
	return contract.Expr{Code: code(t, expr.Ref(0)), Refs: []contract.Ref{ref}, Type: ref.Type}
}

// constant is the expression of a value, written as JSON.
func constant(t testing.TB, typ, jsonText string) contract.Expr {
	t.Helper()
	ty, err := types.Decode(typ)
	if err != nil {
		t.Fatal(err)
	}
	v, err := types.UnmarshalValue(ty, []byte(jsonText))
	if err != nil {
		t.Fatal(err)
	}
	return contract.Expr{Code: code(t, expr.Const(ty, v)), Type: typ}
}

func constInput(t testing.TB, name, typ, jsonText string) contract.Input {
	t.Helper()
	return contract.Input{Name: name, Expr: constant(t, typ, jsonText)}
}

// root is the task of a step outside of all blocks.
func root(step string) Task { return Task{Step: step, Path: record.Path{}} }

// mustRun runs a task that must end well.
func mustRun(t testing.TB, cfg *Config, task Task) *record.Result {
	t.Helper()
	o := Run(context.Background(), cfg, task)
	if o.Exit != contract.ExitDone {
		t.Fatalf("%s[%s]: exit %d: %v\nlog:\n%s", task.Step, task.Path, o.Exit, o.Err, strings.Join(o.Tail, "\n"))
	}
	return o.Result
}

// value is an output as JSON.
func value(res *record.Result, name string) string {
	v, ok := res.Outputs[name]
	if !ok {
		return "nil"
	}
	if v.Blob != "" {
		return fmt.Sprintf("blob%s:%d", v.Ext, v.Size)
	}
	return string(v.Value)
}

// content reads an output that is a file.
func content(t testing.TB, cfg *Config, res *record.Result, name string) string {
	t.Helper()
	data, err := store.ReadAll(context.Background(), cfg.Store, record.Blob(res.Outputs[name].Blob), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// logOf is the log of an attempt.
func logOf(t testing.TB, cfg *Config, step, unit string, k int) string {
	t.Helper()
	var b strings.Builder
	for i := 0; ; i++ {
		data, err := store.ReadAll(context.Background(), cfg.Store, cfg.keys().Log(step, unit, k, i), 16<<20)
		if err != nil {
			return b.String()
		}
		b.Write(data)
	}
}

// keysUnder lists the keys of the run.
func keysUnder(t testing.TB, cfg *Config, prefix string) []string {
	t.Helper()
	var keys []string
	for info, err := range cfg.Store.List(context.Background(), prefix, store.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, strings.TrimPrefix(info.Key, "runs/f/r1/"))
	}
	return keys
}

func writeCode(t testing.TB, cfg *Config, name, text string) {
	t.Helper()
	file := filepath.Join(cfg.Code, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

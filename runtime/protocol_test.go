package runtime

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/expr"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/count"
	"github.com/flowc-dev/flowc/store/dir"
	"github.com/flowc-dev/flowc/store/faulty"
	"github.com/flowc-dev/flowc/types"
)

// A plain task that succeeds costs three writes, and one more for its token;
// one that prints nothing has no log.
func TestWritesOfATask(t *testing.T) {
	quiet, loud, files := script("quiet", ":"), script("loud", "echo hi; echo 1 > $FLOWC_OUT/n", out("n", "int")), script("files", "echo hi; echo 1 > $FLOWC_OUT/n", out("n", "file"))
	decider := script("decider", "echo 1 > $FLOWC_OUT/n; echo hi", out("n", "int"))
	decider.Decides = []contract.Decision{{Node: "sw", Kind: contract.DecideGate, Expr: ptr(constant(t, "bool", "true"))}}
	for step, want := range map[string]int{"quiet": 2, "loud": 3, "files": 4, "decider": 3} {
		for _, kind := range []string{"mem", "dir"} {
			cfg := config(t, plan(quiet, loud, files, decider))
			if kind == "dir" {
				s, err := dir.Open(t.TempDir())
				if err != nil {
					t.Fatal(err)
				}
				cfg.Store = s
			}
			counted := count.New(cfg.Store)
			cfg.Store = counted
			mustRun(t, cfg, root(step))
			if n := counted.Counts(); n.Put != want || n.List != 0 || n.Delete != 0 || n.PutsFailed != 0 {
				t.Errorf("%s in %s: %+v, want %d puts", step, kind, n, want)
			}
			if n := len(keysUnder(t, cfg, "")); n != want || n > 4 {
				t.Errorf("%s in %s: %d objects, want %d", step, kind, n, want)
			}
		}
	}
	cfg := config(t, plan(decider))
	cfg.TokenObjects = true
	counted := count.New(cfg.Store)
	cfg.Store = counted
	mustRun(t, cfg, root("decider"))
	if n := counted.Counts(); n.Put != 4 {
		t.Errorf("with a token object: %+v", n)
	}
}

func ptr[T any](v T) *T { return &v }

// A task that has its result is not done again, whoever asks.
func TestDoneTwice(t *testing.T) {
	cfg := config(t, plan(script("s", "echo x >> ran; date +%N > $FLOWC_OUT/n", out("n", "string"))))
	first := mustRun(t, cfg, root("s"))
	again := Run(context.Background(), cfg, Task{Step: "s", Path: record.Path{}, Attempt: 5})
	if again.Exit != 0 || again.Claimed || again.Result.Nonce != first.Nonce || value(again.Result, "n") != value(first, "n") {
		t.Errorf("%+v", again)
	}
	if ran, _ := os.ReadFile(filepath.Join(cfg.Code, "ran")); string(ran) != "x\n" {
		t.Errorf("ran %q", ran)
	}
}

// Claims are numbered by the store; the orchestrator's count only says where to look first.
func TestClaims(t *testing.T) {
	step := script("s", "exit 3")
	cfg := config(t, plan(step))
	for i, test := range []struct{ hint, k, claims int }{{0, 0, 1}, {0, 1, 2}, {1, 2, 3}, {7, 7, 4}, {0, 3, 5}, {7, 8, 6}} {
		o := Run(context.Background(), cfg, Task{Step: "s", Path: record.Path{}, Attempt: test.hint})
		if o.Exit != contract.ExitAgain || o.Attempt != test.k || o.Claims != test.claims {
			t.Errorf("%d: hint %d gave attempt %d, %d claims; want %d, %d", i, test.hint, o.Attempt, o.Claims, test.k, test.claims)
		}
	}
}

// After a final failure no attempt runs any more, also if the one that failed
// was killed before it could say so.
func TestFinalFailure(t *testing.T) {
	step := script("s", "echo x >> ran; exit 3")
	step.Retry = &contract.Retry{Attempts: 3, For: []string{"oom"}}
	cfg := config(t, plan(step))
	for range 2 {
		if o := Run(context.Background(), cfg, root("s")); o.Exit != contract.ExitFinal || o.Fail == nil || o.Fail.ExitCode == nil || *o.Fail.ExitCode != 3 {
			t.Errorf("%+v", o)
		}
	}
	if ran, _ := os.ReadFile(filepath.Join(cfg.Code, "ran")); string(ran) != "x\n" {
		t.Errorf("ran %q", ran)
	}
}

// A step that catches its failure ends well, with nil outputs and an error, once
// its attempts are used up or one is final; decisions see the nils.
func TestCatch(t *testing.T) {
	gate := contract.Expr{Type: "bool", Code: code(t, expr.New(expr.OpNe, expr.Ref(0), expr.Const(types.Nil, nil))), Refs: []contract.Ref{{Step: "s", Port: "error", Type: "Error{exit_code: int?, kind: string, message: string, path: string, step: string}?"}}}
	step := script("s", "echo x >> ran; exit 3", out("n", "int"))
	step.Catch = true
	step.Retry = &contract.Retry{Attempts: 2}
	step.Steps = map[string]contract.StepPlace{"s": {Catch: true}}
	step.Decides = []contract.Decision{{Node: "g", Kind: contract.DecideGate, Expr: &gate}}
	cfg := config(t, plan(step))
	if o := Run(context.Background(), cfg, root("s")); o.Exit != contract.ExitAgain {
		t.Fatalf("first: %+v", o)
	}
	o := Run(context.Background(), cfg, root("s"))
	if o.Exit != 0 || o.Result.Status != record.Caught || o.Result.Error.Kind != kindError || *o.Result.Error.ExitCode != 3 || len(o.Result.Outputs) != 0 {
		t.Fatalf("second: %+v %+v", o, o.Result)
	}
	if g := o.Result.Control["g"].Gate; g == nil || !*g {
		t.Errorf("the gate `s.error != nil` is closed: %+v", o.Result.Control)
	}
	if marks := keysUnder(t, cfg, "runs/f/r1/caught"); len(marks) != 0 {
		t.Errorf("a step's own catch marks a scope: %v", marks)
	}
}

// Attempts that were killed without a word use up the budget too; the attempt
// after the last one seals and runs nothing.
func TestSealAfterKills(t *testing.T) {
	step := script("s", "echo x >> ran")
	step.Catch = true
	step.Retry = &contract.Retry{Attempts: 2}
	cfg := config(t, plan(step))
	for k := range 2 {
		claim := record.Claim{Nonce: fmt.Sprint(k), K: k}
		if err := store.PutJSON(context.Background(), cfg.Store, cfg.keys().Attempt("s", "_", k), claim); err != nil {
			t.Fatal(err)
		}
	}
	o := Run(context.Background(), cfg, root("s"))
	if o.Exit != 0 || o.Result.Status != record.Caught || o.Result.Error.Kind != kindLost || !strings.Contains(o.Result.Error.Message, "the last of 2 attempts") {
		t.Errorf("%+v %+v", o, o.Result)
	}
	if _, err := os.Stat(filepath.Join(cfg.Code, "ran")); err == nil {
		t.Error("the sealing attempt ran the command")
	}
}

// A failure inside a block with catch marks the block; what starts there
// afterwards is poisoned and decides nothing.
func TestCatchScope(t *testing.T) {
	scopes := []contract.Scope{{Node: "inner", Depth: 1}, {Node: "outer", Depth: 0}}
	bad, next, outside := script("bad", "exit 1"), script("next", "echo x >> ran"), script("outside", ":")
	for _, s := range []*contract.Step{bad, next} {
		s.Scopes, s.Levels = scopes, []string{"inner"}
	}
	outside.Scopes = scopes[1:]
	next.Decides = []contract.Decision{
		{Node: "fe", Kind: contract.DecideCount, Over: []contract.Over{{Expr: constant(t, "list<int>", "[1,2]"), Item: "int"}}},
		{Node: "sw", Kind: contract.DecideCase, Expr: ptr(constant(t, "bool", "true")), Labels: []string{"true"}},
		{Node: "gr", Kind: contract.DecideGate, Expr: ptr(constant(t, "bool", "true"))},
	}
	cfg := config(t, plan(bad, next, outside))
	o := Run(context.Background(), cfg, Task{Step: "bad", Path: record.Path{2}})
	if o.Exit != 0 || o.Result.Status != record.Caught {
		t.Fatalf("%+v", o)
	}
	mark, err := store.GetJSON[record.Scope](context.Background(), cfg.Store, cfg.keys().Scope("inner", record.Path{2}))
	if err != nil || mark.Error.Step != "bad" || mark.Error.Path != "2" || *mark.Error.ExitCode != 1 {
		t.Fatalf("mark %+v, %v", mark, err)
	}
	res := mustRun(t, cfg, Task{Step: "next", Path: record.Path{2}})
	if res.Status != record.Poisoned || res.Error.Step != "bad" {
		t.Errorf("%+v", res)
	}
	if fe, sw, gr := res.Control["fe"], res.Control["sw"], res.Control["gr"]; *fe.Count != 0 || !sw.None || *gr.Gate {
		t.Errorf("controls are not neutral: %+v", res.Control)
	}
	if other := mustRun(t, cfg, Task{Step: "next", Path: record.Path{3}}); other.Status != record.OK || *other.Control["fe"].Count != 2 {
		t.Errorf("another item: %+v", other)
	}
	if res := mustRun(t, cfg, root("outside")); res.Status != record.OK {
		t.Errorf("outside the failed scope: %+v", res)
	}
}

// The step that lets a loop go on keeps the values that depend on carried ones,
// so that the next iterations need not begin at the first.
func TestKeepsCarried(t *testing.T) {
	sum := contract.Ref{Carry: "lo", Port: "sum", Type: "int"}
	own := contract.Ref{Step: "s", Port: "n", Type: "int"}
	next := contract.Expr{Code: code(t, expr.New(expr.OpAdd, expr.Ref(0), expr.Ref(1))), Refs: []contract.Ref{sum, own}, Type: "int"}
	s := script("s", "echo $((sum * 2)) > $FLOWC_OUT/n", out("n", "int"))
	s.Levels = []string{"lo"}
	s.Inputs = []contract.Input{{Name: "sum", Expr: reads(t, sum)}}
	s.Decides = []contract.Decision{{Node: "lo", Kind: contract.DecideAgain, Max: 3, Stop: true, Expr: ptr(constant(t, "bool", "false")), Carry: []string{"sum"}}}
	s.Steps = map[string]contract.StepPlace{"s": {Depth: 1}}
	s.Blocks = map[string]contract.BlockPlace{"lo": {Kind: contract.KindLoop, Control: &contract.Control{By: contract.ByStep, Step: "s", Depth: 1},
		Carry: map[string]contract.Carry{"sum": {Init: constant(t, "int", "1"), Next: &next, Type: "int"}}}}
	cfg := config(t, plan(s))
	for i, want := range []string{"3", "9", ""} {
		res := mustRun(t, cfg, Task{Step: "s", Path: record.Path{i}})
		if got := string(res.Control["lo"].Carry["sum"].Value); got != want || *res.Control["lo"].Again != (i < 2) {
			t.Errorf("iteration %d: %+v, want sum %q", i, res.Control["lo"], want)
		}
	}
}

// The mark of a scope is derived from the winning record, so an attempt that
// was killed between the two loses nothing.
func TestScopeMarkIsDerived(t *testing.T) {
	bad := script("bad", "exit 1")
	bad.Scopes = []contract.Scope{{Node: "gr"}}
	cfg := config(t, plan(bad))
	res := record.Result{Status: record.Caught, Nonce: "n", Error: &record.TaskError{Kind: "error", Message: "m"}}
	if err := store.PutJSON(context.Background(), cfg.Store, cfg.keys().Result("bad", record.Path{}), res); err != nil {
		t.Fatal(err)
	}
	mustRun(t, cfg, root("bad"))
	if keys := keysUnder(t, cfg, "runs/f/r1/caught"); !slices.Equal(keys, []string{"caught/gr/_.json"}) {
		t.Errorf("marks: %v", keys)
	}
}

func TestGate(t *testing.T) {
	for value, want := range map[string]record.Status{"true": record.OK, "false": record.Skipped} {
		step := script("s", "echo 1 > $FLOWC_OUT/n", out("n", "int"))
		gate := reads(t, contract.Ref{Param: "p", Type: "bool"})
		step.Gate = &gate
		cfg := withParams(t, config(t, plan(step)), map[string]record.Value{"p": {Type: "bool", Value: record.Raw(value)}})
		if res := mustRun(t, cfg, root("s")); res.Status != want {
			t.Errorf("gate %s: %+v", value, res)
		}
	}
}

// A reader of a task that catches its failure and is gone for good seals it first.
func TestReaderSeals(t *testing.T) {
	lost, reader := script("lost", "echo 1 > $FLOWC_OUT/n", out("n", "int")), script("reader", `test -z "${n+set}"; echo "$kind" > $FLOWC_OUT/k`, out("k", "string"))
	lost.Catch, lost.Retry = true, &contract.Retry{Attempts: 2}
	reader.Steps = map[string]contract.StepPlace{"lost": {Catch: true, Retry: 2}}
	errorType := "Error{exit_code: int?, kind: string, message: string, path: string, step: string}?"
	kind := contract.Expr{Type: "string?", Code: code(t, expr.Field(expr.Ref(0), "kind", true)), Refs: []contract.Ref{{Step: "lost", Port: "error", Type: errorType}}}
	reader.Inputs = []contract.Input{{Name: "n", Expr: reads(t, contract.Ref{Step: "lost", Port: "n", Type: "int?"})}, {Name: "kind", Expr: kind}}
	cfg := config(t, plan(lost, reader))
	put := func(k int) {
		if err := store.PutJSON(context.Background(), cfg.Store, cfg.keys().Attempt("lost", "_", k), record.Claim{Nonce: "x", K: k}); err != nil {
			t.Fatal(err)
		}
	}
	put(0)
	if o := Run(context.Background(), cfg, root("reader")); o.Exit != contract.ExitFinal || !strings.Contains(o.Err.Error(), "lost[_] of run r1 has no result in the store mem:test") {
		t.Fatalf("with an attempt left: %+v", o)
	}
	put(1)
	cfg2 := config(t, plan(lost, reader))
	cfg2.Store = cfg.Store
	reader.Step = "reader2"
	cfg2.Plan = plan(lost, reader)
	if got := value(mustRun(t, cfg2, root("reader2")), "k"); got != `"lost"` {
		t.Errorf("error.kind is %s", got)
	}
	// The straggler comes back, and finds that it has lost.
	if res := mustRun(t, cfg2, root("lost")); res.Status != record.Caught {
		t.Errorf("the straggler got %+v", res)
	}
}

// Writes of which the reply was lost are one's own.
func TestLostReplies(t *testing.T) {
	for seed := range uint64(6) {
		cfg := config(t, plan(script("s", "echo hi; echo 1 > $FLOWC_OUT/n", out("n", "file"))))
		inner := cfg.Store
		cfg.Store = faulty.New(inner, faulty.Options{Seed: seed, After: 0.5, Only: func(op faulty.Op, key string) bool {
			return op == faulty.Put && !strings.HasPrefix(key, "blobs/")
		}})
		o := Run(context.Background(), cfg, root("s"))
		if o.Exit != 0 || o.Attempt != 0 || o.Result.Nonce == "" {
			t.Errorf("seed %d: %+v", seed, o)
		}
	}
}

// What was printed is not worth a task.
func TestLogThatCannotBeStored(t *testing.T) {
	cfg := config(t, plan(script("s", "echo hi; echo 1 > $FLOWC_OUT/n", out("n", "int"))))
	cfg.Store = faulty.New(cfg.Store, faulty.Options{Before: 1, Only: func(op faulty.Op, key string) bool { return strings.Contains(key, "/logs/") }})
	o := Run(context.Background(), cfg, root("s"))
	if o.Exit != 0 || len(o.Tail) != 2 || !strings.Contains(o.Tail[1], "could not be stored") {
		t.Errorf("%+v", o)
	}
}

// A store that fails is no failure of the task.
func TestStoreFailure(t *testing.T) {
	cfg := config(t, plan(script("s", ":")))
	cfg.Store = faulty.New(cfg.Store, faulty.Options{Before: 1, Only: func(op faulty.Op, key string) bool { return strings.Contains(key, "/results/") && op == faulty.Put }})
	o := Run(context.Background(), cfg, root("s"))
	if o.Exit != contract.ExitAgain || o.Fail.Kind != kindStore || !errors.Is(o.Err, faulty.ErrInjected) {
		t.Errorf("%+v", o)
	}
}

// A task that is stopped says so, and another attempt makes sense.
func TestStop(t *testing.T) {
	cfg := config(t, plan(script("s", "trap 'echo bye; exit 0' TERM; echo up; sleep 60 & wait")))
	ctx, cancel := context.WithCancel(context.Background())
	up := writerFunc(func(p []byte) (int, error) {
		if strings.Contains(string(p), "up") {
			cancel()
		}
		return len(p), nil
	})
	o := Run(ctx, cfg, Task{Step: "s", Path: record.Path{}, Log: up})
	if o.Exit != contract.ExitStopped || o.Fail.Kind != kindEvicted || o.Fail.Final || !slices.Contains(o.Tail, "bye") {
		t.Errorf("%+v", o)
	}
	if keys := keysUnder(t, cfg, "runs/f/r1/fails"); len(keys) != 1 {
		t.Errorf("fails: %v", keys)
	}
}

func TestTimeout(t *testing.T) {
	step := script("s", "trap '' TERM; echo up; sleep 60")
	step.Timeout = 200
	cfg := config(t, plan(step))
	cfg.Grace = 200 * time.Millisecond
	o := Run(context.Background(), cfg, root("s"))
	if o.Exit != contract.ExitAgain || o.Fail.Kind != kindTimeout || !strings.Contains(o.Fail.Message, "200ms") {
		t.Errorf("%+v", o)
	}
}

// No child outlives its task, be it in the background or deaf.
func TestNoOrphans(t *testing.T) {
	cfg := config(t, plan(script("s", "sh -c 'trap \"\" TERM HUP; echo $$ > child; exec sleep 1000' & while ! test -s child; do sleep 0.01; done")))
	mustRun(t, cfg, root("s"))
	pid, err := os.ReadFile(filepath.Join(cfg.Code, "child"))
	if err != nil {
		t.Fatal(err)
	}
	// The process was killed before Run returned; it may still be a zombie of init's.
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%s/stat", strings.TrimSpace(string(pid))))
	if err == nil && !strings.Contains(string(stat), ") Z ") && !strings.Contains(string(stat), ") X ") {
		t.Errorf("the child still runs: %s", stat)
	}
}

// A task that runs at another depth than its step is a mistake of the caller.
func TestWrongPath(t *testing.T) {
	o := Run(context.Background(), config(t, plan(script("s", ":"))), Task{Step: "s", Path: record.Path{1}})
	if o.Exit != contract.ExitFinal || !strings.Contains(o.Err.Error(), "depth") {
		t.Errorf("%+v", o)
	}
	o = Run(context.Background(), config(t, plan()), root("s"))
	if o.Exit != contract.ExitFinal || o.Err == nil {
		t.Errorf("%+v", o)
	}
}

func TestRetryDelay(t *testing.T) {
	r := &contract.Retry{Delay: 1000, Backoff: 2, MaxDelay: 5000}
	for failed, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 4: 5 * time.Second, 1000: 5 * time.Second} {
		if got := RetryDelay(r, failed); got != want {
			t.Errorf("after %d: %s, want %s", failed, got, want)
		}
	}
	if RetryDelay(nil, 3) != 0 || RetryDelay(&contract.Retry{Delay: 10}, 1<<30) != 10*time.Millisecond {
		t.Error("without delay or backoff")
	}
}

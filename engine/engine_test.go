package engine_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/engine"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/runs"
	"github.com/flowc-dev/flowc/runtime"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/dir"
)

// bench is a store and a folder for the code of one test.
type bench struct {
	t     testing.TB
	store store.Store
	code  string
	trace string // a file with one line for each command that ran
}

func newBench(t testing.TB) *bench {
	t.Helper()
	root := t.TempDir()
	s, err := dir.Open(filepath.Join(root, "store"))
	if err != nil {
		t.Fatal(err)
	}
	code := filepath.Join(root, "code")
	if err := os.Mkdir(code, 0o755); err != nil {
		t.Fatal(err)
	}
	return &bench{t: t, store: s, code: code, trace: filepath.Join(root, "trace")}
}

// options are those of a run of d.
func (b *bench) options(d *docs) engine.Options {
	env := append(os.Environ(), "TRACE="+b.trace)
	return engine.Options{
		Config: &runtime.Config{Store: b.store, Plan: d, PlanDigest: d.digest, Flow: d.flow.Flow, Target: "local",
			Code: b.code, Scratch: filepath.Join(filepath.Dir(b.code), "scratch"), Environ: env},
		MaxParallel: 4,
	}
}

func (b *bench) run(opt engine.Options) *engine.Report {
	b.t.Helper()
	r, err := engine.Run(context.Background(), opt)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

// ran returns what the commands wrote to the trace, in order of time, and forgets it.
func (b *bench) ran() []string {
	b.t.Helper()
	text, err := os.ReadFile(b.trace)
	if err != nil && !os.IsNotExist(err) {
		b.t.Fatal(err)
	}
	os.Remove(b.trace)
	return strings.Fields(string(text))
}

func (b *bench) get(run, address string) string {
	b.t.Helper()
	r := runs.New(b.store)
	a, err := runs.ParseAddress(run + "/" + address)
	if err != nil {
		b.t.Fatal(err)
	}
	id, err := r.Find(context.Background(), a)
	if err != nil {
		b.t.Fatal(err)
	}
	v, err := r.Get(context.Background(), id, a)
	if err != nil {
		b.t.Fatal(err)
	}
	text, err := v.JSON()
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

const traced = `echo "$FLOWC_STEP[$FLOWC_INDEX]" >> $TRACE; `

// adder is a flow of three steps: two ints and their sum.
func adder(t testing.TB) *docs {
	one := script("one", traced+`echo 1 > $FLOWC_OUT/n`)
	one.Outputs = []contract.Output{{Name: "n", Type: "int"}}
	two := script("two", traced+`echo 2 > $FLOWC_OUT/n`)
	two.Outputs = []contract.Output{{Name: "n", Type: "int"}}
	sum := script("sum", traced+`echo $((a + b)) > $FLOWC_OUT/n; echo "adding $a and $b"`)
	sum.Inputs = []contract.Input{{Name: "a", Expr: output("one", "n", "int")}, {Name: "b", Expr: output("two", "n", "int")}}
	sum.Outputs = []contract.Output{{Name: "n", Type: "int"}}
	sum.Steps = map[string]contract.StepPlace{"one": {}, "two": {}}
	return newDocs(t, &contract.Flow{Flow: "adder", Body: contract.Block{Nodes: []contract.Node{node("one"), node("two"), node("sum", 0, 1)}}}, one, two, sum)
}

func TestRunsAFlow(t *testing.T) {
	b := newBench(t)
	var events []string
	opt := b.options(adder(t))
	opt.MaxParallel = 1
	opt.Events = func(e engine.Event) {
		switch e := e.(type) {
		case engine.Known:
			events = append(events, fmt.Sprintf("known %s %d", e.Step, e.Tasks))
		case engine.AttemptStarted:
			events = append(events, fmt.Sprintf("start %s[%s] %d", e.Task.Step, e.Task.Path, e.Task.Attempt))
		case engine.TaskEnded:
			events = append(events, fmt.Sprintf("end %s[%s] %s", e.Task.Step, e.Task.Path, e.Outcome))
		case engine.LogLine:
			events = append(events, "log "+e.Line)
		case engine.Started, engine.Ending, engine.AttemptFailed:
			events = append(events, strings.TrimPrefix(fmt.Sprintf("%T", e), "engine."))
		}
	}
	r := b.run(opt)
	if r.Status != record.Succeeded || len(r.Failures) > 0 || r.Explain() != "" {
		t.Fatalf("%+v\n%s", r, r.Explain())
	}
	if r.Counts["ok"] != 3 {
		t.Errorf("counts %v", r.Counts)
	}
	want := "Started; known one 1; known sum 1; known two 1; start one[_] 1; end one[_] ok; start two[_] 1; end two[_] ok; " +
		"start sum[_] 1; log adding 1 and 2; end sum[_] ok"
	if got := strings.Join(events, "; "); got != want {
		t.Errorf("events\n%s, want\n%s", got, want)
	}
	if got := b.get(r.Run, "sum/n"); got != "3" {
		t.Errorf("the sum is %s", got)
	}
	if got := strings.Join(b.ran(), " "); got != "one[_] two[_] sum[_]" {
		t.Errorf("ran %s", got)
	}
}

package runs_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/flowc-dev/flowc/compile"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/engine"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/runs"
	"github.com/flowc-dev/flowc/runtime"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/count"
	"github.com/flowc-dev/flowc/store/mem"
)

// flow is a flow in which tasks end in every way.
const flow = `
flow: ways
params:
  names: {type: list<string>, default: [eu, us, asia]}
  rate: {type: float, default: 0.5}
export: {total: sum.n, each: part.size}
steps:
  sum:
    inputs: {sizes: part.size}
    run: 'echo $(( $(echo "$sizes" | tr -d "[]" | tr , +) )) > $FLOWC_OUT/n; echo report > $FLOWC_OUT/text.md'
    outputs: {n: int, text: file}
  part:
    foreach: {name: params.names}
    steps:
      load:
        inputs: [name]
        retry: {attempts: 2}
        run: 'echo "loading $name"; test $name != us || test $FLOWC_ATTEMPT = 1; printf %s $name > $FLOWC_OUT/rows.txt'
        outputs: {rows: file}
      size:
        inputs: [load.rows]
        run: 'wc -c < $rows > $FLOWC_OUT/size'
        outputs: {size: int}
    export: [size.size]
  risky: {catch: true, run: 'exit 4', outputs: {x: int}}
  never: {when: params.rate > 0.9, run: 'true', outputs: {y: int}}
  packed:
    foreach: {i: range(5)}
    batch: 2
    inputs: [i]
    run: 'echo item $i; echo $i > $FLOWC_OUT/v'
    outputs: {v: int}
  maybe:
    switch: params.rate > 0.1
    cases:
      "true": {steps: {high: {run: 'echo 1 > $FLOWC_OUT/z', outputs: {z: int}}}, export: {z: high.z}}
      "false": {steps: {low: {run: 'echo 2 > $FLOWC_OUT/z', outputs: {z: int}}}, export: {z: low.z}}
  count:
    loop: {carry: {k: {from: "0", next: inc.k}}, until: inc.k >= 3, max: 5}
    steps:
      inc: {inputs: [k], run: 'echo $((k + 1)) > $FLOWC_OUT/k', outputs: {k: int}}
    export: [inc.k]
`

func start(t testing.TB, s store.Store, text string, more func(*engine.Options)) runs.ID {
	t.Helper()
	srcs := &diag.Sources{}
	r := compile.File(srcs, "flow.yaml", []byte(text))
	if !r.OK() {
		var b bytes.Buffer
		if err := diag.WriteText(&b, r.Findings, srcs, diag.TextOptions{}); err != nil {
			t.Fatal(err)
		}
		t.Fatal(b.String())
	}
	opt := engine.Options{Config: &runtime.Config{Store: s, Plan: r.Plan, PlanDigest: r.Plan.Digest, Flow: r.Plan.Doc.Flow,
		Target: "local", Code: t.TempDir(), Scratch: t.TempDir(), Environ: os.Environ()}, MaxParallel: 2}
	if more != nil {
		more(&opt)
	}
	report, err := engine.Run(ctx, opt)
	if err != nil {
		t.Fatal(err)
	}
	return runs.ID{Flow: report.Flow, Run: report.Run}
}

func show(t testing.TB, s store.Store, id runs.ID, opt runs.ShowOptions) *runs.Run {
	t.Helper()
	r, err := runs.New(s).Show(ctx, id, opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// brief is a run in a few lines: each task's path, status, attempts and artifacts.
func brief(r *runs.Run) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", r.Status)
	for _, s := range r.Steps {
		fmt.Fprintf(&b, "%s:", s.Step)
		for _, task := range s.Tasks {
			fmt.Fprintf(&b, " %s=%s", task.Path, task.Status)
			if task.Attempts != 1 {
				fmt.Fprintf(&b, "/%d", task.Attempts)
			}
			if task.Reused {
				b.WriteString("(reused)")
			}
			if len(task.Artifacts) > 0 {
				fmt.Fprintf(&b, "{%d}", len(task.Artifacts))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

const ways = `load: 0=ok{1} 1=ok/2{1} 2=ok{1}
size: 0=ok{1} 1=ok{1} 2=ok{1}
sum: _=ok{2}
risky: _=caught
packed: 0=ok{1} 1=ok{1} 2=ok{1} 3=ok{1} 4=ok{1}
high: _=ok{1}
inc: 0=ok{1} 1=ok{1} 2=ok{1}
`

func TestShow(t *testing.T) {
	s := mem.New(t.Name())
	id := start(t, s, flow, nil)
	r := show(t, s, id, runs.ShowOptions{})
	if got := brief(r); got != "succeeded\n"+ways {
		t.Errorf("got\n%s", got)
	}
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	text = regexp.MustCompile(`"20\d\d-[^"]*"`).ReplaceAll(text, []byte(`"TIME"`))
	head := `{
 "flow": "ways",
 "run": "` + id.Run + `",
 "status": "succeeded",
 "origin": null,
 "params": {
  "names": [
   "eu",
   "us",
   "asia"
  ],
  "rate": 0.5
 },
 "started": "TIME",
 "finished": "TIME",
 "steps": [
  {
   "step": "load",
   "tasks": [
    {
     "path": "0",
     "status": "ok",
     "attempts": 1,
     "reused": false,
     "artifacts": {
      "rows": {
       "type": "file",
       "size": 2,
       "digest": "`
	if !strings.HasPrefix(string(text), head) {
		t.Errorf("got\n%.1200s\nwant\n%s", text, head)
	}
	if len(r.Step("size").Tasks[2].Artifacts["size"].Digest) != 64 || r.Step("size").Tasks[2].Artifacts["size"].Size != 1 {
		t.Errorf("%+v", r.Step("size").Tasks[2])
	}
}

// erase deletes all objects under a prefix.
func erase(t testing.TB, s store.Store, prefix string) {
	t.Helper()
	for info, err := range s.List(ctx, prefix, store.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Delete(ctx, info.Key); err != nil {
			t.Fatal(err)
		}
	}
}

// A run that was killed looks like one that ended, as far as it got.
func TestShowWithoutEnd(t *testing.T) {
	inner := mem.New(t.Name())
	s := count.New(inner)
	id := start(t, s, flow, nil)
	keys := record.Keys{Flow: id.Flow, Run: id.Run}
	erase(t, s, keys.EndRecord())
	erase(t, s, keys.SummaryPrefix())
	before := time.Now().Add(-time.Hour)
	r := show(t, s, id, runs.ShowOptions{})
	if got := brief(r); got != "running\n"+ways {
		t.Errorf("got\n%s", got)
	}
	if r.News.Before(before) || !r.Finished.IsZero() {
		t.Errorf("news %v, finished %v", r.News, r.Finished)
	}
	s.Reset()
	r = show(t, s, id, runs.ShowOptions{Quick: true})
	if n := s.Reset(); n.Get > 3 || n.List > 3 {
		t.Errorf("a quick look takes %+v", n)
	}
	if task := r.Step("load").Tasks[1]; task.Status != runs.TaskDone || task.Attempts != 2 {
		t.Errorf("%+v", task)
	}

	// Of one task only the claim is left, of another one a failure, of a container one item.
	for _, key := range []string{keys.Result("sum", nil), keys.Result("load", record.Path{1}), keys.Result("packed", record.Path{2}), keys.Result("packed", record.Path{3})} {
		if err := s.Delete(ctx, key); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Delete(ctx, keys.Attempt("load", "1", 1)); err != nil {
		t.Fatal(err)
	}
	r = show(t, s, id, runs.ShowOptions{})
	for _, c := range []struct{ step, path, status string }{{"sum", "_", "running"}, {"load", "1", "retrying"}, {"packed", "b1", "running"}} {
		found := false
		for _, task := range r.Step(c.step).Tasks {
			if task.Path == c.path {
				found = true
				if task.Status != c.status {
					t.Errorf("%s[%s] is %s, want %s", c.step, c.path, task.Status, c.status)
				}
				if c.step == "load" && (task.Error == nil || task.Error.Kind != "error") {
					t.Errorf("no reason for %+v", task)
				}
			}
		}
		if !found {
			t.Errorf("%s[%s] is not shown: %s", c.step, c.path, brief(r))
		}
	}
}

// A resumed run shows what it took over, with or without an end.
func TestShowResumed(t *testing.T) {
	s := mem.New(t.Name())
	first := start(t, s, flow, nil)
	second := start(t, s, flow, func(o *engine.Options) { o.Resume = &engine.Resume{Run: first, From: []string{"sum"}} })
	keys := record.Keys{Flow: second.Flow, Run: second.Run}
	var want string
	for _, without := range []string{"", keys.EndRecord(), record.Keys{Flow: first.Flow, Run: first.Run}.SummaryPrefix()} {
		if without != "" {
			erase(t, s, without)
			erase(t, s, keys.SummaryPrefix())
		}
		r := show(t, s, second, runs.ShowOptions{})
		if r.Origin != first.Run {
			t.Errorf("origin %q", r.Origin)
		}
		got := brief(r)
		_, got, _ = strings.Cut(got, "\n")
		if want == "" {
			want = got
			if !strings.Contains(got, "load: 0=ok(reused){1} 1=ok/2(reused){1} 2=ok(reused){1}\n") || !strings.Contains(got, "sum: _=ok{2}\n") {
				t.Errorf("got\n%s", got)
			}
		}
		if got != want {
			t.Errorf("without %s:\n%s\nwant\n%s", without, got, want)
		}
	}
}

func TestShowFailedAndUnknown(t *testing.T) {
	s := mem.New(t.Name())
	id := start(t, s, "flow: bad\nsteps:\n  a: {run: 'echo no >&2; exit 9', retry: {attempts: 2}}\n  b: {after: a, run: 'true'}\n", nil)
	r := show(t, s, id, runs.ShowOptions{})
	if r.Status != record.Failed || r.Error == nil || r.Error.Step != "a" || *r.Error.ExitCode != 9 {
		t.Errorf("%+v %+v", r, r.Error)
	}
	a := r.Step("a").Tasks[0]
	if a.Status != runs.TaskFailed || a.Attempts != 2 || a.Error == nil || *a.Error.ExitCode != 9 || r.Step("b") != nil {
		t.Errorf("%+v", a)
	}
	if _, err := runs.New(s).Show(ctx, runs.ID{Flow: "bad", Run: "x"}, runs.ShowOptions{}); err == nil || !strings.Contains(err.Error(), "run x of flow bad has no record") {
		t.Errorf("%v", err)
	}
}

// A look at a finished run of 10,000 tasks.
func BenchmarkShow(b *testing.B) {
	s := mem.New(b.Name())
	id := start(b, s, "flow: w\nsteps:\n  a: {run: 'true'}\n", nil)
	keys := record.Keys{Flow: id.Flow, Run: id.Run}
	erase(b, s, keys.SummaryPrefix())
	var sum record.Summary
	for i := range 10_000 {
		sum.Paths = append(sum.Paths, fmt.Sprint(i))
		sum.Status = append(sum.Status, "ok")
		sum.Attempts = append(sum.Attempts, 1)
		sum.Started, sum.Ended = append(sum.Started, 1), append(sum.Ended, 2)
		sum.Outputs = append(sum.Outputs, map[string]record.Value{"x": {Type: "int", Value: record.Raw("5")}})
	}
	if err := store.PutJSON(ctx, s, keys.Summary("a"), sum); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if r := show(b, s, id, runs.ShowOptions{}); len(r.Steps[0].Tasks) != 10_000 {
			b.Fatal(len(r.Steps))
		}
	}
}

func BenchmarkList(b *testing.B) {
	s := mem.New(b.Name())
	listed(b, s, 2000, "churn")
	for b.Loop() {
		if _, err := runs.New(s).List(ctx, runs.ListOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

// The outputs of very many tasks may be too much for a summary: they are read
// where they are, also where an earlier run made them.
func TestShowWithoutOutputsInTheSummary(t *testing.T) {
	s := mem.New(t.Name())
	wide := "flow: w\nsteps:\n  a: {foreach: {i: range(2)}, inputs: [i], run: 'true', outputs: {x: \"int?\"}}\n"
	first := start(t, s, wide, nil)
	second := start(t, s, wide, func(o *engine.Options) { o.Resume = &engine.Resume{Run: first} })
	replace := func(key string, put func(key string) error) {
		if err := s.Delete(ctx, key); err != nil {
			t.Fatal(err)
		}
		if err := put(key); err != nil {
			t.Fatal(err)
		}
	}
	// As if there had been 1,000 tasks.
	for _, id := range []runs.ID{first, second} {
		var sum record.Summary
		for i := range 1000 {
			sum.Paths = append(sum.Paths, fmt.Sprint(i))
			sum.Status = append(sum.Status, "ok")
			sum.Attempts = append(sum.Attempts, 1)
			sum.Reused = append(sum.Reused, id == second)
			sum.Started, sum.Ended = append(sum.Started, 1), append(sum.Ended, 2)
		}
		replace(record.Keys{Flow: id.Flow, Run: id.Run}.Summary("a"), func(key string) error { return store.PutJSON(ctx, s, key, sum) })
	}
	replace(record.Keys{Flow: second.Flow, Run: second.Run}.Reuse(), func(key string) error {
		return store.PutJSON(ctx, s, key, record.Reuse{Steps: map[string][]record.ReusePart{"a": {{Run: first.Run, Paths: "0-999"}}}})
	})
	for _, outputs := range []bool{false, true} {
		for i := range 1000 {
			res := record.Result{Status: record.OK, Nonce: "n"}
			if outputs {
				res.Outputs = map[string]record.Value{"x": {Type: "int", Value: record.Raw(fmt.Sprint(i))}}
			}
			replace(record.Keys{Flow: first.Flow, Run: first.Run}.Result("a", record.Path{i}), func(key string) error { return store.PutJSON(ctx, s, key, res) })
		}
		for _, id := range []runs.ID{first, second} {
			for i, task := range show(t, s, id, runs.ShowOptions{}).Step("a").Tasks {
				if _, ok := task.Artifacts["x"]; ok != outputs || ok && task.Artifacts["x"].Size != int64(len(fmt.Sprint(i))) {
					t.Fatalf("a[%s] of %s has %+v", task.Path, id.Run, task.Artifacts)
				}
			}
		}
	}
}

package engine_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/engine"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/runs"
	"github.com/flowc-dev/flowc/store"
)

// resume resumes a run of the flow that has one of that id.
func (b *bench) resume(run string) *engine.Resume {
	b.t.Helper()
	a, err := runs.ParseAddress(run)
	if err != nil {
		b.t.Fatal(err)
	}
	id, err := runs.New(b.store).Find(context.Background(), a)
	if err != nil {
		b.t.Fatal(err)
	}
	return &engine.Resume{Run: id}
}

// The flow of these tests. Whether fit fails is up to a file, and every command
// leaves a line in the trace.
const grid = `
flow: grid
params:
  xs: {type: list<int>, default: [10, 20, 30]}
  bonus: {type: int, default: 1}
steps:
  load:
    run: 'echo load >> $TRACE; echo 5 > $FLOWC_OUT/base'
    outputs: {base: int}
  fit:
    foreach: {x: params.xs}
    inputs: [x, load.base]
    run: |
      echo fit$x >> $TRACE
      test ! -e fail$x
      echo $((x + base)) > $FLOWC_OUT/y
    outputs: {y: int}
  sum:
    inputs: {ys: fit.y, bonus: params.bonus}
    run: 'echo sum >> $TRACE; echo $(( $(echo "$ys" | tr -d "[]" | tr , +) + bonus )) > $FLOWC_OUT/total'
    outputs: {total: int}
`

func (b *bench) touch(name string) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.code, name), nil, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) remove(name string) {
	b.t.Helper()
	if err := os.Remove(filepath.Join(b.code, name)); err != nil {
		b.t.Fatal(err)
	}
}

// failed runs grid with a failing item, so that there is something to resume.
func failedGrid(t *testing.T) (*bench, *engine.Report) {
	b := newBench(t)
	b.touch("fail20")
	opt := b.options(yaml(t, grid))
	opt.MaxParallel = 1
	opt.KeepGoing = true
	r := b.run(opt)
	if got := strings.Join(b.ran(), " "); r.Status != record.Failed || got != "load fit10 fit20 fit30" {
		t.Fatalf("%s after %s\n%s", r.Status, got, r.Explain())
	}
	b.remove("fail20")
	return b, r
}

func TestResume(t *testing.T) {
	changed := func(old, now string) string {
		if !strings.Contains(grid, old) {
			t.Fatalf("the flow does not have %q", old)
		}
		return strings.Replace(grid, old, now, 1)
	}
	for _, c := range []struct {
		name   string
		flow   string // "" is the same
		params map[string]json.RawMessage
		from   []string
		want   string // what runs
		total  string
		again  string
	}{
		{name: "only what is missing", want: "fit20 sum", total: "76"},
		{name: "from a step", from: []string{"load"}, want: "load fit10 fit20 fit30 sum", total: "76", again: "[{load it was named}]"},
		{name: "from the foreach", from: []string{"fit"}, want: "fit10 fit20 fit30 sum", total: "76", again: "[{fit it was named}]"},
		{name: "a changed script", flow: changed("echo load", "echo LOAD"), want: "LOAD fit10 fit20 fit30 sum", total: "76"},
		{name: "a changed follower", flow: changed("echo sum", "echo SUM"), want: "fit20 SUM", total: "76"},
		{name: "more resources and retries", flow: changed("    run: |", "    resources: {memory: 4Gi}\n    retry: {attempts: 5}\n    timeout: 1h\n    run: |"), want: "fit20 sum", total: "76"},
		{name: "a comment and a doc", flow: "# now explained\n" + changed("  load:\n", "  load:\n    doc: loads\n"), want: "fit20 sum", total: "76"},
		{name: "a param that nothing finished reads", params: map[string]json.RawMessage{"bonus": json.RawMessage("100")}, want: "fit20 sum", total: "175"},
		{name: "a param that is what it was", params: map[string]json.RawMessage{"xs": json.RawMessage("[10, 20,  30]")}, want: "fit20 sum", total: "76"},
		{name: "a param that the list is made of", params: map[string]json.RawMessage{"xs": json.RawMessage("[10, 21]")}, want: "fit10 fit21 sum", total: "42"},
		{name: "a new step in between", flow: changed("    inputs: [x, load.base]", "    inputs: {x: x, base: more.base}") + `
  more:
    inputs: [load.base]
    run: 'echo more >> $TRACE; echo $((base + 1)) > $FLOWC_OUT/base'
    outputs: {base: int}
`, want: "more fit10 fit20 fit30 sum", total: "79"},
		{name: "a catch for what fails", flow: changed("    inputs: [x, load.base]", "    catch: true\n    inputs: [x, load.base]") + "", want: "fit20", total: ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, first := failedGrid(t)
			flow := grid
			if c.flow != "" {
				flow = c.flow
			}
			if c.total == "" { // the list then may have gaps
				flow = strings.Replace(flow, "ys: fit.y", "ys: compact(fit.y)", 1)
				flow = strings.Replace(flow, "echo sum >> $TRACE;", "", 1)
			}
			opt := b.options(yaml(t, flow))
			opt.MaxParallel, opt.Params = 1, c.params
			opt.Resume = b.resume(first.Run)
			opt.Resume.From = c.from
			reused := 0
			opt.Events = func(e engine.Event) {
				if e, ok := e.(engine.TaskEnded); ok && e.Outcome == engine.Reused {
					reused++
				}
			}
			r := b.run(opt)
			if r.Status != record.Succeeded {
				t.Fatalf("%s\n%s", r.Status, r.Explain())
			}
			got := strings.Join(b.ran(), " ")
			if got != c.want {
				t.Errorf("ran %s, want %s", got, c.want)
			}
			if c.again != "" && fmt.Sprint(r.Again) != c.again {
				t.Errorf("again %v, want %s", r.Again, c.again)
			}
			if total := b.get(r.Run, "sum/total"); c.total != "" && total != c.total {
				t.Errorf("total %s, want %s", total, c.total)
			}
			show, err := runs.New(b.store).Show(context.Background(), runs.ID{Flow: "grid", Run: r.Run}, runs.ShowOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if show.Origin != first.Run || show.Status != record.Succeeded {
				t.Errorf("%+v", show)
			}
			shown := 0
			for _, s := range show.Steps {
				for _, task := range s.Tasks {
					if task.Reused {
						shown++
					}
				}
			}
			if shown != reused {
				t.Errorf("%d tasks were reused, %d are shown so", reused, shown)
			}
		})
	}
}

// A chain of resumes points at the runs that did the work, and finds values there.
func TestResumeOfAResume(t *testing.T) {
	b, first := failedGrid(t)
	b.touch("fail20")
	opt := b.options(yaml(t, grid))
	opt.Resume = b.resume(first.Run)
	second := b.run(opt)
	if got := b.ran(); second.Status != record.Failed || !slices.Equal(got, []string{"fit20"}) {
		t.Fatalf("%s after %v", second.Status, got)
	}
	b.remove("fail20")
	opt = b.options(yaml(t, grid))
	opt.Resume = b.resume(second.Run)
	third := b.run(opt)
	if got := strings.Join(b.ran(), " "); third.Status != record.Succeeded || got != "fit20 sum" {
		t.Fatalf("%s after %s\n%s", third.Status, got, third.Explain())
	}
	opt = b.options(yaml(t, grid))
	opt.Resume = b.resume(third.Run)
	fourth := b.run(opt)
	if got := b.ran(); fourth.Status != record.Succeeded || len(got) != 0 {
		t.Fatalf("a finished run did %v again", got)
	}
	for _, address := range []string{"sum/total", "fit[0]/y", "load/base"} {
		if a, z := b.get(third.Run, address), b.get(fourth.Run, address); a != z {
			t.Errorf("%s is %s in one run, %s in the other", address, a, z)
		}
	}
	if got := b.get(fourth.Run, "fit/y"); got != "[15,25,35]" {
		t.Errorf("fit/y is %s", got)
	}
}

func TestResumeRefuses(t *testing.T) {
	b, first := failedGrid(t)
	opt := b.options(yaml(t, grid))
	opt.Resume = b.resume(first.Run)
	opt.Resume.From = []string{"fitt"}
	if _, err := engine.Run(context.Background(), opt); err == nil || !strings.Contains(err.Error(), "did you mean fit?") {
		t.Errorf("%v", err)
	}
	opt = b.options(adder(t))
	opt.Resume = b.resume(first.Run)
	if _, err := engine.Run(context.Background(), opt); err == nil || !strings.Contains(err.Error(), "one of flow grid") {
		t.Errorf("%v", err)
	}
	opt = b.options(yaml(t, grid))
	opt.Resume = &engine.Resume{Run: runs.ID{Flow: "grid", Run: "nope"}}
	if _, err := engine.Run(context.Background(), opt); err == nil || !strings.Contains(err.Error(), "no record") {
		t.Errorf("%v", err)
	}
	opt = b.options(yaml(t, grid))
	opt.Resume = b.resume(first.Run)
	opt.Params = map[string]json.RawMessage{"bonus": json.RawMessage(`"x"`)}
	if _, err := engine.Run(context.Background(), opt); err == nil || !strings.Contains(err.Error(), "bonus") {
		t.Errorf("%v", err)
	}
}

const caughtFlow = `
flow: caught
steps:
  own:
    catch: true
    run: 'echo own >> $TRACE; test ! -e fail; echo 1 > $FLOWC_OUT/n'
    outputs: {n: int}
  item:
    foreach: {i: range(3)}
    catch: true
    steps:
      one: {inputs: [i], run: 'echo one$i >> $TRACE; echo $i > $FLOWC_OUT/n', outputs: {n: int}}
      two: {inputs: [one.n], run: 'echo two$n >> $TRACE; test ! -e fail || test $n != 1; echo $n > $FLOWC_OUT/n', outputs: {n: int}}
      three: {inputs: [two.n], run: 'echo three$n >> $TRACE; echo $n > $FLOWC_OUT/n', outputs: {n: int}}
    export: [three.n]
  last:
    inputs: {ns: item.n, n: "own.n ?? 0"}
    run: 'echo last >> $TRACE; test ! -e stop; echo "$n $ns" > $FLOWC_OUT/text'
    outputs: {text: string}
`

func TestResumeAfterCatch(t *testing.T) {
	for _, c := range []struct {
		name  string
		retry bool
		from  []string
		want  string
		text  string
	}{
		{name: "as they are", want: "last", text: `"0 [0,null,2]"`},
		{name: "caught ones again", retry: true, want: "own two1 three1 last", text: `"1 [0,1,2]"`},
		{name: "something in the scopes", from: []string{"one"}, want: "one0 two0 three0 one1 two1 three1 one2 two2 three2 last", text: `"0 [0,1,2]"`},
		{name: "something behind in the scopes", from: []string{"three"}, want: "three0 two1 three1 three2 last", text: `"0 [0,1,2]"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.touch("fail")
			b.touch("stop")
			opt := b.options(yaml(t, caughtFlow))
			opt.MaxParallel = 1
			first := b.run(opt)
			if got := strings.Join(b.ran(), " "); first.Status != record.Failed || got != "own one0 two0 three0 one1 two1 one2 two2 three2 last" {
				t.Fatalf("%s after %s\n%s", first.Status, got, first.Explain())
			}
			b.remove("fail")
			b.remove("stop")
			opt = b.options(yaml(t, caughtFlow))
			opt.MaxParallel = 1
			opt.Resume = b.resume(first.Run)
			opt.Resume.RetryCaught, opt.Resume.From = c.retry, c.from
			r := b.run(opt)
			if r.Status != record.Succeeded {
				t.Fatalf("%s\n%s", r.Status, r.Explain())
			}
			if got := strings.Join(b.ran(), " "); got != c.want {
				t.Errorf("ran %s, want %s", got, c.want)
			}
			if got := b.get(r.Run, "last/text"); got != c.text {
				t.Errorf("text is %s, want %s", got, c.text)
			}
		})
	}
}

// A long param lies in the store as a blob; a resume hands it on.
func TestResumeWithALongParam(t *testing.T) {
	b := newBench(t)
	text := `
flow: long
params:
  xs: {type: list<int>}
steps:
  count:
    inputs: [params.xs]
    run: 'echo count >> $TRACE; test -e go; tr -cd , < $FLOWC_IN/xs | wc -c > $FLOWC_OUT/n'
    outputs: {n: int}
`
	list := "[" + strings.Repeat("1000,", 2999) + "7]"
	opt := b.options(yaml(t, text))
	opt.Params = map[string]json.RawMessage{"xs": json.RawMessage(list)}
	first := b.run(opt)
	if first.Status != record.Failed {
		t.Fatal(first.Status)
	}
	b.touch("go")
	opt = b.options(yaml(t, text))
	opt.Resume = b.resume(first.Run)
	r := b.run(opt)
	if got := b.get(r.Run, "count/n"); r.Status != record.Succeeded || got != "2999" {
		t.Errorf("%s %s\n%s", r.Status, got, r.Explain())
	}
	show, err := runs.New(b.store).Show(context.Background(), runs.ID{Flow: "long", Run: r.Run}, runs.ShowOptions{})
	if err != nil || string(show.Params["xs"]) != list {
		t.Errorf("%v, param %.60s", err, show.Params["xs"])
	}
}

// What an earlier run decided can't be read any more: the run says so, and ends.
func TestResumeOfADamagedRun(t *testing.T) {
	b := newBench(t)
	text := `
flow: damaged
steps:
  load: {run: 'echo "[1, 2]" > $FLOWC_OUT/xs', outputs: {xs: list<int>}}
  each: {foreach: {x: load.xs}, inputs: [x], run: 'test -e go'}
`
	first := b.run(b.options(yaml(t, text)))
	if first.Status != record.Failed {
		t.Fatal(first.Status)
	}
	key := record.Keys{Flow: "damaged", Run: first.Run}.Result("load", nil)
	if err := b.store.Delete(context.Background(), key); err != nil {
		t.Fatal(err)
	}
	if err := store.PutBytes(context.Background(), b.store, key, []byte("{\"v\": 1, \"status\": \"")); err != nil {
		t.Fatal(err)
	}
	opt := b.options(yaml(t, text))
	opt.Resume = b.resume(first.Run)
	r := b.run(opt)
	if r.Status != record.Failed || !strings.Contains(r.Explain(), "the run can't go on: what task load of run "+first.Run+" decided can't be read") {
		t.Errorf("%s\n%s", r.Status, r.Explain())
	}
}

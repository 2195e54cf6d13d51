package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowc-dev/flowc/engine"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/runs"
)

// A failure is explained by its place, cause and log, and says what can be done.
func TestExplainsAFailure(t *testing.T) {
	b := newBench(t)
	d := yaml(t, `
flow: broken
steps:
  load:
    run: echo "reading"; echo "no such table" >&2; exit 3
    retry: {attempts: 2}
`)
	opt := b.options(d)
	opt.Place = func(step string) (engine.Place, bool) {
		return engine.Place{File: "flow.yaml", Line: 4, Text: "  " + step + ":"}, true
	}
	r := b.run(opt)
	if r.Status != record.Failed || len(r.Failures) != 1 {
		t.Fatalf("%+v", r)
	}
	f := r.Failures[0]
	if f.Step != "load" || f.Attempts != 2 || f.Budget != 2 || f.Error.ExitCode == nil || *f.Error.ExitCode != 3 {
		t.Errorf("%+v", f)
	}
	want := `load failed: the command ended with exit code 3
  at flow.yaml:4: load:
  kind error, exit code 3, attempt 2 of 2
  the end of its log:
    | reading
    | no such table
  all of it:  flowc runs logs ` + r.Run + `/load --store x

what is done is kept; to do the rest:  flowc resume ` + r.Run + ` --store x
`
	if got := r.Explain("--store", "x"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if r.Counts["failed"] != 1 {
		t.Errorf("counts %v", r.Counts)
	}
}

// After a failure nothing new starts, and what runs is let finish; going on
// runs what does not wait for the failed task.
func TestAfterAFailure(t *testing.T) {
	text := `
flow: forked
steps:
  bad:    {run: 'sleep 0.1; exit 1'}
  worse:  {after: bad, run: 'echo worse >> $TRACE'}
  slow:   {run: 'sleep 0.5; echo slow >> $TRACE'}
  late:   {after: slow, run: 'echo late >> $TRACE'}
  each:
    foreach: {i: range(3)}
    inputs: [i]
    run: 'echo each >> $TRACE; test $i != 1'
`
	for _, c := range []struct {
		keepGoing bool
		slots     int
		want      []string
		failed    int
	}{
		{false, 2, []string{"slow"}, 1},
		{true, 2, []string{"each", "each", "each", "late", "slow"}, 2},
	} {
		b := newBench(t)
		opt := b.options(yaml(t, text))
		opt.MaxParallel, opt.KeepGoing = c.slots, c.keepGoing
		r := b.run(opt)
		got := slices.Sorted(slices.Values(b.ran()))
		if !slices.Equal(got, c.want) || r.Status != record.Failed || len(r.Failures) != c.failed {
			t.Errorf("keep going %v: ran %v, want %v; %+v", c.keepGoing, got, c.want, r)
		}
	}
}

func TestRetries(t *testing.T) {
	b := newBench(t)
	var waits []time.Duration
	opt := b.options(yaml(t, `
flow: flaky
steps:
  a:
    run: echo x >> $TRACE; test $(wc -l < $TRACE) -ge 4
    retry: {attempts: 4, delay: 10ms, backoff: 2}
`))
	opt.Events = func(e engine.Event) {
		if e, ok := e.(engine.AttemptFailed); ok {
			waits = append(waits, e.Wait)
			if e.Task.Attempt != len(waits) || e.Error.Kind != "error" {
				t.Errorf("%+v", e)
			}
		}
	}
	r := b.run(opt)
	if r.Status != record.Succeeded || len(b.ran()) != 4 {
		t.Fatalf("%+v", r)
	}
	if want := []time.Duration{10e6, 20e6, 40e6}; !slices.Equal(waits, want) {
		t.Errorf("waits %v, want %v", waits, want)
	}
}

// A task that waits for its next attempt leaves its slot to others.
func TestWaitingHoldsNoSlot(t *testing.T) {
	b := newBench(t)
	opt := b.options(yaml(t, `
flow: patient
steps:
  first:
    run: 'echo first >> $TRACE; test -e $GO'
    retry: {attempts: 9, delay: 100ms, backoff: 2}
  second: {after: start, run: 'echo second >> $TRACE; touch $GO'}
  start: {run: 'echo start >> $TRACE'}
`))
	opt.MaxParallel = 1
	opt.Config.Environ = append(opt.Config.Environ, "GO="+filepath.Join(b.code, "go"))
	r := b.run(opt)
	// However slow the machine: it is tried until the others have run, which
	// they could not if it kept the only slot while it waits.
	got := b.ran()
	if r.Status != record.Succeeded || len(got) < 4 || got[len(got)-1] != "first" || !slices.Contains(got, "second") {
		t.Errorf("%s: %v\n%s", r.Status, got, r.Explain())
	}
}

func TestCatch(t *testing.T) {
	b := newBench(t)
	r := b.run(b.options(yaml(t, `
flow: forgiving
steps:
  risky:
    catch: true
    retry: {attempts: 2}
    run: 'echo risky >> $TRACE; exit 5'
    outputs: {n: int}
  part:
    foreach: {i: range(3)}
    catch: true
    steps:
      one: {inputs: [i], run: 'test $i != 1; echo $i > $FLOWC_OUT/n', outputs: {n: int}}
      two: {inputs: [one.n], run: 'echo two$n >> $TRACE; echo $n > $FLOWC_OUT/m', outputs: {m: int}}
    export: [two.m]
  use:
    inputs: {code: risky.error, ms: part.m, n: "risky.n ?? 7"}
    run: 'echo "$n" > $FLOWC_OUT/n; echo "$ms" > $FLOWC_OUT/ms'
    outputs: {n: int, ms: json}
`)))
	if r.Status != record.Succeeded {
		t.Fatalf("%s\n%s", r.Status, r.Explain())
	}
	if got := slices.Sorted(slices.Values(b.ran())); !slices.Equal(got, []string{"risky", "risky", "two0", "two2"}) {
		t.Errorf("ran %v", got)
	}
	if n, ms := b.get(r.Run, "use/n"), b.get(r.Run, "use/ms"); n != "7" || ms != "[0,null,2]" {
		t.Errorf("n %s, ms %s", n, ms)
	}
	if r.Counts["caught"] != 2 || r.Counts["poisoned"] != 1 {
		t.Errorf("counts %v", r.Counts)
	}
}

func TestFlowTimeout(t *testing.T) {
	b := newBench(t)
	opt := b.options(yaml(t, `
flow: slow
timeout: 300ms
steps:
  a: {run: 'sleep 60'}
  b: {after: a, run: 'echo b >> $TRACE'}
`))
	r := b.run(opt)
	if r.Status != record.Failed || r.Timeout != 300*time.Millisecond || len(b.ran()) != 0 || !strings.Contains(r.Explain(), "timeout of 300ms") {
		t.Errorf("%+v\n%s", r, r.Explain())
	}
}

// Stopping ends commands and their children, and leaves a run that can be resumed.
func TestStop(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	d := yaml(t, `
flow: stopped
steps:
  a: {run: 'echo a >> $TRACE'}
  b:
    after: a
    run: 'echo b >> $TRACE; test -e $GO || { (sleep 30; echo orphan >> $TRACE) & sleep 30; }'
  c: {after: b, run: 'echo c >> $TRACE'}
`)
	opt := b.options(d)
	opt.Config.Environ = append(opt.Config.Environ, "GO="+filepath.Join(b.code, "go"))
	var ends []string
	opt.Events = func(e engine.Event) {
		switch e := e.(type) {
		case engine.AttemptStarted:
			if e.Task.Step == "b" {
				time.AfterFunc(200*time.Millisecond, cancel)
			}
		case engine.TaskEnded:
			ends = append(ends, e.Task.Step+" "+string(e.Outcome))
		}
	}
	r, err := engine.Run(ctx, opt)
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != record.Stopped || len(r.Failures) > 0 || !slices.Equal(ends, []string{"a ok", "b stopped"}) {
		t.Errorf("%+v, ends %v", r, ends)
	}
	if !strings.Contains(r.Explain(), "flowc resume "+r.Run) {
		t.Errorf("explains %q", r.Explain())
	}
	if got := strings.Join(b.ran(), " "); got != "a b" {
		t.Errorf("ran %s", got)
	}
	if err := os.WriteFile(filepath.Join(b.code, "go"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	opt = b.options(d)
	opt.Config.Environ = append(opt.Config.Environ, "GO="+filepath.Join(b.code, "go"))
	opt.Resume = b.resume(r.Run)
	if r = b.run(opt); r.Status != record.Succeeded {
		t.Fatalf("%s\n%s", r.Status, r.Explain())
	}
	if got := strings.Join(b.ran(), " "); got != "b c" {
		t.Errorf("the resumed run ran %s", got)
	}
}

func TestRunIDs(t *testing.T) {
	b := newBench(t)
	d := adder(t)
	opt := b.options(d)
	opt.Run = "mine"
	if r := b.run(opt); r.Run != "mine" {
		t.Errorf("%+v", r)
	}
	for id, want := range map[string]string{"mine": "has a run mine already", "latest": "stands for the newest", "Mine": "can't be the id", "a/b": "can't be the id"} {
		opt := b.options(d)
		opt.Run = id
		if _, err := engine.Run(context.Background(), opt); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", id, err)
		}
	}
	id := engine.NewRunID(time.Date(2026, 11, 22, 19, 30, 0, 0, time.UTC))
	if !strings.HasPrefix(id, "20261122-193000-") || len(id) != 20 || !record.IsRunID(id) {
		t.Errorf("id %s", id)
	}
}

// A run that fails over its first decisions has failed, and does not look alive.
func TestInitFails(t *testing.T) {
	b := newBench(t)
	opt := b.options(yaml(t, `
flow: zipped
params:
  a: {type: list<int>, default: [1, 2]}
  b: {type: list<int>, default: [1]}
steps:
  each:
    foreach: {x: params.a, y: params.b}
    combine: zip
    inputs: [x, y]
    run: 'true'
`))
	_, err := engine.Run(context.Background(), opt)
	if err == nil || !strings.Contains(err.Error(), "different lengths") {
		t.Fatalf("%v", err)
	}
	latest, err := runs.New(b.store).Latest(context.Background(), "zipped", false)
	if err != nil || latest.Status != record.Failed {
		t.Errorf("%+v %v", latest, err)
	}
	opt = b.options(yaml(t, grid))
	opt.Params = map[string]json.RawMessage{"bonus": json.RawMessage(`1.5`), "other": json.RawMessage(`1`)}
	if _, err = engine.Run(context.Background(), opt); err == nil || !strings.Contains(err.Error(), "bonus") || !strings.Contains(err.Error(), "other") {
		t.Errorf("%v", err)
	}
	if _, err := runs.New(b.store).Latest(context.Background(), "grid", false); !errors.Is(err, runs.ErrNotFound) {
		t.Errorf("a run that could not start is there: %v", err)
	}
}

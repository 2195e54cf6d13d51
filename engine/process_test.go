package engine_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowc-dev/flowc/engine"
	"github.com/flowc-dev/flowc/engine/process"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/runtime"
)

// viaBinary makes tasks run by the runtime as a process.
func viaBinary(t *testing.T, opt *engine.Options) {
	t.Helper()
	if testing.Short() {
		t.Skip("builds a program")
	}
	path, err := buildRuntime()
	if err != nil {
		t.Fatal(err)
	}
	opt.Executor = func(cfg *runtime.Config) engine.Executor { return process.Binary{Config: cfg, Path: path} }
}

// The runtime as a process tells of failures what the one in this process does.
func TestBinaryTellsTheSame(t *testing.T) {
	text := `
flow: told
steps:
  shows:
    secrets: {TOKEN: db/token}
    run: 'echo "it is $TOKEN"; test "$TOKEN" = hunter2'
  fails:
    after: shows
    retry: {attempts: 2}
    run: 'echo before; exit 3'
  packed:
    foreach: {i: range(4)}
    batch: 2
    inputs: [i]
    run: 'test $i != 3'
`
	secrets := func(store, key string) (string, error) { return "hunter2", nil }
	var want *engine.Report
	for _, binary := range []bool{false, true} {
		b := newBench(t)
		opt := b.options(yaml(t, text))
		opt.Config.Secrets = secrets
		opt.KeepGoing, opt.MaxParallel = true, 1
		if binary {
			viaBinary(t, &opt)
		}
		var printed []string
		opt.Events = func(e engine.Event) {
			if e, ok := e.(engine.LogLine); ok && e.Task.Step == "shows" {
				printed = append(printed, e.Line)
			}
		}
		r := b.run(opt)
		if len(printed) != 1 || !strings.HasPrefix(printed[0], "it is ") || strings.Contains(printed[0], "hunter2") {
			t.Errorf("printed %q", printed)
		}
		if want == nil {
			want = r
			continue
		}
		if r.Status != want.Status || len(r.Failures) != 2 || len(want.Failures) != 2 {
			t.Fatalf("%+v\n%+v", r, want)
		}
		for i, f := range r.Failures {
			w := want.Failures[i]
			if f.Step != w.Step || f.Path != w.Path || f.Attempts != w.Attempts || f.Error.Kind != w.Error.Kind || f.Error.Message != w.Error.Message ||
				(f.Error.ExitCode == nil) != (w.Error.ExitCode == nil) || !slices.Equal(f.Tail, w.Tail) {
				t.Errorf("got %+v\nwant %+v", f, w)
			}
		}
	}
}

func TestBinaryStops(t *testing.T) {
	b := newBench(t)
	opt := b.options(yaml(t, "flow: s\nsteps:\n  a: {run: 'echo a >> $TRACE; sleep 30; echo late >> $TRACE'}\n"))
	viaBinary(t, &opt)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		for len(lines(t, b.trace)) == 0 {
			time.Sleep(5 * time.Millisecond)
		}
		cancel()
	}()
	r, err := engine.Run(ctx, opt)
	if err != nil || r.Status != record.Stopped || len(r.Failures) != 0 {
		t.Errorf("%+v %v", r, err)
	}
	if r.Counts["stopped"] != 1 || r.Counts["failed"] != 0 {
		t.Errorf("counts %v", r.Counts)
	}
}

func TestBinaryThatIsNotThere(t *testing.T) {
	b := newBench(t)
	opt := b.options(yaml(t, "flow: s\nsteps:\n  a: {run: 'true'}\n"))
	opt.Executor = func(cfg *runtime.Config) engine.Executor { return process.Binary{Config: cfg, Path: "/nonexistent"} }
	r := b.run(opt)
	if r.Status != record.Failed || !strings.Contains(r.Explain(), "the runtime could not be started") {
		t.Errorf("%+v\n%s", r, r.Explain())
	}
}

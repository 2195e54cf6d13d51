package conformance_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowc-dev/flowc/conformance/random"
	"github.com/flowc-dev/flowc/engine"
	"github.com/flowc-dev/flowc/engine/process"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/runs"
	"github.com/flowc-dev/flowc/runtime"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/mem"
)

// interrupter does tasks, and stops the run when it has begun a number of them.
type interrupter struct {
	process.Here
	stop func()

	mu   sync.Mutex
	left int
	done []string // tasks that got their result here
}

func (x *interrupter) Run(ctx context.Context, t runtime.Task) runtime.Outcome {
	x.mu.Lock()
	x.left--
	if x.left == 0 {
		x.stop()
	}
	x.mu.Unlock()
	out := x.Here.Run(ctx, t)
	if out.Exit == 0 && out.Claimed {
		x.mu.Lock()
		x.done = append(x.done, t.Step+"["+t.Path.String()+"]")
		x.mu.Unlock()
	}
	return out
}

// A run that is stopped again and again, sometimes without the time to say so,
// comes to what the naive interpreter comes to, and does nothing twice.
func TestRandomResumes(t *testing.T) {
	base := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		text := random.Flow(rt)
		r, err := build([]byte(text))
		if err != nil {
			rt.Fatalf("%v\n%s", err, text)
		}
		want, wantErr := random.Interpret(r.Graph)
		if wantErr != nil && !errors.Is(wantErr, random.ErrFailed) {
			rt.Fatalf("interpreter: %v\n%s", wantErr, text)
		}
		code, err := os.MkdirTemp(base, "run")
		if err != nil {
			rt.Fatal(err)
		}
		defer os.RemoveAll(code)
		st := mem.New("random")
		done := map[string]bool{}
		var origin string
		for life := 0; ; life++ {
			ctx, cancel := context.WithCancel(t.Context())
			x := &interrupter{stop: cancel, left: rapid.IntRange(1, 12).Draw(rt, "tasks")}
			if life == 8 {
				x.left = 0
			}
			opt := engine.Options{
				Config: &runtime.Config{Store: st, Plan: r.Plan, PlanDigest: r.Plan.Digest, Target: "local",
					Code: code, Scratch: filepath.Join(code, "scratch")},
				MaxParallel: rapid.IntRange(1, 4).Draw(rt, "parallel"),
				KeepGoing:   rapid.Bool().Draw(rt, "keep going"),
				Executor: func(cfg *runtime.Config) engine.Executor {
					x.Here = process.Here{Config: cfg}
					return x
				},
			}
			again := false
			if origin != "" {
				opt.Resume = &engine.Resume{Run: runs.ID{Flow: r.Graph.Name, Run: origin}}
				if again = rapid.IntRange(0, 4).Draw(rt, "again") == 0; again {
					opt.Resume.RetryCaught = rapid.Bool().Draw(rt, "retry caught")
					if c := rapid.SampledFrom(r.Plan.Doc.Contracts).Draw(rt, "from"); rapid.Bool().Draw(rt, "from a step") {
						opt.Resume.From = []string{c.Step}
					}
				}
			}
			report, err := engine.Run(ctx, opt)
			cancel()
			if err != nil {
				rt.Fatalf("%v\n%s", err, text)
			}
			if again {
				clear(done)
			}
			for _, task := range x.done {
				if done[task] {
					rt.Fatalf("%s was done twice\n%s", task, text)
				}
				done[task] = true
			}
			origin = report.Run
			if report.Status != record.Stopped {
				if wantErr != nil {
					if report.Status != record.Failed {
						rt.Fatalf("the run is %s, want failed: %v\n%s", report.Status, wantErr, text)
					}
					return
				}
				if report.Status != record.Succeeded {
					rt.Fatalf("the run is %s\n%s\n%s", report.Status, report.Explain(), text)
				}
				break
			}
			if rapid.Bool().Draw(rt, "killed") {
				keys := record.Keys{Flow: r.Graph.Name, Run: origin}
				for _, prefix := range []string{keys.EndRecord(), keys.SummaryPrefix(), record.EndIndexPrefix(r.Graph.Name)} {
					for info, err := range st.List(t.Context(), prefix, store.ListOptions{}) {
						if err != nil {
							rt.Fatal(err)
						}
						if err := st.Delete(t.Context(), info.Key); err != nil {
							rt.Fatal(err)
						}
					}
				}
			}
		}
		sameExports(t.Context(), rt, r, st, origin, want, text)
	})
}

package conformance_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowc-dev/flowc/compile"
	"github.com/flowc-dev/flowc/conformance/random"
	"github.com/flowc-dev/flowc/engine"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/runs"
	"github.com/flowc-dev/flowc/runtime"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/mem"
	"github.com/flowc-dev/flowc/types"
)

// Random flows compile, twice to the same bytes, and the engine gives what the
// naive interpreter gives.
func TestRandomFlows(t *testing.T) {
	base := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		text := random.Flow(rt)
		r, err := build([]byte(text))
		if err != nil {
			rt.Fatalf("%v\n%s", err, text)
		}
		again, err := build([]byte(text))
		if err != nil {
			rt.Fatal(err)
		}
		for name, doc := range r.Plan.Files() {
			if !bytes.Equal(doc, again.Plan.Files()[name]) {
				rt.Fatalf("%s differs from one compilation to the next\n%s", name, text)
			}
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
		report, err := engine.Run(t.Context(), engine.Options{
			Config: &runtime.Config{Store: st, Plan: r.Plan, PlanDigest: r.Plan.Digest, Target: "local",
				Code: code, Scratch: filepath.Join(code, "scratch")},
			MaxParallel: 4,
		})
		if err != nil {
			rt.Fatalf("%v\n%s", err, text)
		}
		if wantErr != nil {
			if report.Status != record.Failed {
				rt.Fatalf("the run is %s, want failed: %v\n%s", report.Status, wantErr, text)
			}
			return
		}
		if report.Status != record.Succeeded {
			rt.Fatalf("the run is %s: %+v\n%s", report.Status, report, text)
		}
		sameExports(t.Context(), rt, r, st, report.Run, want, text)
	})
}

// sameExports holds what a run exports against what it must come to.
func sameExports(ctx context.Context, rt *rapid.T, r *compile.Result, st store.Store, run string, want map[string]any, text string) {
	for _, x := range r.Graph.Exports {
		a, err := runs.ParseAddress(run + "/" + x.Name)
		if err != nil {
			rt.Fatal(err)
		}
		got, err := runs.New(st).Get(ctx, runs.ID{Flow: r.Graph.Name, Run: run}, a)
		if err != nil {
			rt.Fatalf("%s: %v\n%s", x.Name, err, text)
		}
		g, err1 := types.MarshalValue(x.Type, got.Value)
		w, err2 := types.MarshalValue(x.Type, want[x.Name])
		if err1 != nil || err2 != nil || !bytes.Equal(g, w) {
			rt.Fatalf("%s (%s) is %s, want %s (%v, %v)\n%s", x.Name, x.Value.Text, g, w, err1, err2, text)
		}
	}
}

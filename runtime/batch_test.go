package runtime

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/count"
)

// batchPlan is a foreach over n numbers in containers of 3, and a step that gathers.
func batchPlan(t *testing.T, n int, text string) testPlan {
	count := n
	items := record.Items{Type: "int", Range: true, From: 10}
	control := &contract.Control{By: contract.ByConst, Const: &record.Control{Count: &count, Lens: []int{n}, Items: []record.Items{items}}}
	place := contract.BlockPlace{Kind: contract.KindForeach, Control: control, Batch: 3, Pages: "each",
		Exports: map[string]contract.Expr{"y": reads(t, contract.Ref{Step: "each", Port: "y", Type: "int"})}}
	tables := contract.Tables{Steps: map[string]contract.StepPlace{"each": {Depth: 1, Batch: 3}}, Blocks: map[string]contract.BlockPlace{"each": place}}
	each := script("each", text, out("y", "int"))
	each.Batch, each.Levels, each.Tables = 3, []string{"each"}, tables
	each.Inputs = []contract.Input{{Name: "x", Expr: reads(t, contract.Ref{Item: "each", Type: "int"})}}
	gather := script("gather", `echo "$ys" > $FLOWC_OUT/sum`, out("sum", "list<int>"))
	gather.Tables = tables
	gather.Inputs = []contract.Input{{Name: "ys", Expr: reads(t, contract.Ref{Block: "each", Port: "y", Type: "list<int>"})}}
	return plan(each, gather)
}

// One container runs its items one after another: a claim and a log for all, a
// result for each, and a summary that a gather reads.
func TestBatch(t *testing.T) {
	cfg := config(t, batchPlan(t, 8, `echo "x is $x, index $FLOWC_INDEX"; echo $((x * 2)) > $FLOWC_OUT/y`))
	for k := range 3 {
		o := Run(context.Background(), cfg, Task{Step: "each", Path: record.Path{k}})
		if o.Exit != 0 || o.Result != nil {
			t.Fatalf("container %d: %+v", k, o)
		}
	}
	keys := keysUnder(t, cfg, "runs/")
	want := []string{"attempts/each/b0/0.json", "attempts/each/b1/0.json", "attempts/each/b2/0.json",
		"logs/each/b0/0.000000", "logs/each/b1/0.000000", "logs/each/b2/0.000000", "pages/each/_/0.json", "pages/each/_/1.json", "pages/each/_/2.json"}
	for i := range 8 {
		want = append(want, fmt.Sprintf("results/each/%d.json", i))
	}
	if !slices.Equal(keys, want) {
		t.Errorf("keys:\n%s", strings.Join(keys, "\n"))
	}
	if log := logOf(t, cfg, "each", "b2", 0); log != "[flowc] each[6]\nx is 16, index 6\n[flowc] each[7]\nx is 17, index 7\n" {
		t.Errorf("log: %q", log)
	}
	counted := count.New(cfg.Store)
	if got := value(mustRun(t, configCopy(cfg, counted), root("gather")), "sum"); got != "[20,22,24,26,28,30,32,34]" {
		t.Errorf("gathered %s", got)
	}
	if n := counted.Counts(); n.Get > 6 { // own result, reuse, three pages
		t.Errorf("a gather over summaries made %d GETs", n.Get)
	}
}

// configCopy is the same run for another process.
func configCopy(c *Config, s store.Store) *Config {
	return &Config{Store: s, Plan: c.Plan, PlanDigest: c.PlanDigest, Flow: c.Flow, Run: c.Run, Target: c.Target,
		Code: c.Code, Scratch: c.Scratch, Environ: c.Environ, Python: c.Python}
}

// A failed item doesn't keep the others from running; a retry runs only what is missing.
func TestBatchRetry(t *testing.T) {
	cfg := config(t, batchPlan(t, 3, `echo $x >> ran; test $x != 11 || test -e fixed; echo $x > $FLOWC_OUT/y`))
	o := Run(context.Background(), cfg, Task{Step: "each", Path: record.Path{0}})
	if o.Exit != contract.ExitAgain || o.Fail.Path != "1" {
		t.Fatalf("%+v", o)
	}
	writeCode(t, cfg, "fixed", "")
	if o := Run(context.Background(), cfg, Task{Step: "each", Path: record.Path{0}}); o.Exit != 0 || o.Attempt != 1 {
		t.Fatalf("%+v", o)
	}
	if ran, _ := os.ReadFile(filepath.Join(cfg.Code, "ran")); string(ran) != "10\n11\n12\n11\n" {
		t.Errorf("ran %q", ran)
	}
	if keys := keysUnder(t, cfg, "runs/f/r1/pages"); len(keys) != 1 {
		t.Errorf("pages %v", keys)
	}
}

// With catch on each task, an item that failed for good is sealed, and the
// container ends well.
func TestBatchCatch(t *testing.T) {
	p := batchPlan(t, 3, `test $x != 11; echo $x > $FLOWC_OUT/y`)
	p.steps["each"].Catch = true
	cfg := config(t, p)
	if o := Run(context.Background(), cfg, Task{Step: "each", Path: record.Path{0}}); o.Exit != 0 {
		t.Fatalf("%+v", o)
	}
	page, err := store.GetJSON[record.Page](context.Background(), cfg.Store, cfg.keys().Page("each", record.Path{}, 0))
	if err != nil || len(page.Results) != 3 || page.Results[0].Status != record.OK || page.Results[1].Status != record.Caught || page.Results[2].Status != record.OK {
		t.Errorf("%+v %v", page, err)
	}
}

// Items that the run takes over are not run again, and stand in the summary.
func TestBatchReuse(t *testing.T) {
	p := batchPlan(t, 3, `echo $x >> ran; echo $x > $FLOWC_OUT/y`)
	old := config(t, p)
	mustBatch(t, old, 0)
	cfg := configCopy(old, old.Store)
	cfg.Run = "r2"
	reuse := &record.Reuse{Steps: map[string][]record.ReusePart{"each": {{Run: "r1", Paths: "0,2"}}}}
	if _, _, err := Init(context.Background(), cfg, InitInput{Origin: "r1", Reuse: reuse}); err != nil {
		t.Fatal(err)
	}
	mustBatch(t, cfg, 0)
	if ran, _ := os.ReadFile(filepath.Join(cfg.Code, "ran")); string(ran) != "10\n11\n12\n11\n" {
		t.Errorf("ran %q", ran)
	}
	if got := value(mustRun(t, cfg, root("gather")), "sum"); got != "[10,11,12]" {
		t.Errorf("gathered %s", got)
	}
}

func mustBatch(t *testing.T, cfg *Config, k int) {
	t.Helper()
	if o := Run(context.Background(), cfg, Task{Step: "each", Path: record.Path{k}}); o.Exit != 0 {
		t.Fatalf("container %d: %+v", k, o)
	}
}

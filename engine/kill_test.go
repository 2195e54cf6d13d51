package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/flowc-dev/flowc/engine"
	"github.com/flowc-dev/flowc/engine/process"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/runs"
	"github.com/flowc-dev/flowc/runtime"
	"github.com/flowc-dev/flowc/store/dir"
)

// The tests below kill engines and runtimes with SIGKILL at random moments.
// FLOWC_KILLS says how many runs are killed; few are by default.

func kills() int {
	if n, err := strconv.Atoi(os.Getenv("FLOWC_KILLS")); err == nil {
		return n
	}
	return 6
}

// everything has each kind of block, and one value at the end that depends on all.
const everything = `
flow: everything
defaults: {retry: {attempts: 3}}
steps:
  load:
    run: 'echo "$FLOWC_STEP[$FLOWC_INDEX]" >> $TRACE; echo "[3, 1, 2]" > $FLOWC_OUT/xs; echo 4 > $FLOWC_OUT/n'
    outputs: {xs: list<int>, n: int}
  item:
    foreach: {x: load.xs}
    steps:
      one:
        inputs: [x]
        run: 'echo "$FLOWC_STEP[$FLOWC_INDEX]" >> $TRACE; echo $((x * 10)) > $FLOWC_OUT/y'
        outputs: {y: int}
      two:
        inputs: [one.y]
        run: 'echo "$FLOWC_STEP[$FLOWC_INDEX]" >> $TRACE; echo $((y + 1)) > $FLOWC_OUT/z'
        outputs: {z: int}
    export: [two.z]
  packed:
    foreach: {i: range(load.n)}
    batch: 3
    inputs: [i]
    run: 'echo "$FLOWC_STEP[$FLOWC_INDEX]" >> $TRACE; echo $((i * i)) > $FLOWC_OUT/sq'
    outputs: {sq: int}
  grow:
    loop:
      carry: {v: {from: load.n, next: twice.v}}
      until: twice.v > 20
      max: 9
    steps:
      twice:
        inputs: [v]
        run: 'echo "$FLOWC_STEP[$FLOWC_INDEX]" >> $TRACE; echo $((v * 2)) > $FLOWC_OUT/v'
        outputs: {v: int}
    export: [twice.v]
  shaky:
    foreach: {x: load.xs}
    catch: true
    steps:
      fall:
        inputs: [x]
        run: 'echo "$FLOWC_STEP[$FLOWC_INDEX]" >> $TRACE; test $x != 2; echo $x > $FLOWC_OUT/w'
        outputs: {w: int}
        retry: {attempts: 1}
      rest:
        inputs: [fall.w]
        run: 'echo "$FLOWC_STEP[$FLOWC_INDEX]" >> $TRACE; echo $((w + 100)) > $FLOWC_OUT/w'
        outputs: {w: int}
    export: [rest.w]
  all:
    inputs: {z: item.z, sq: packed.sq, v: grow.v, w: shaky.w}
    run: 'echo "$FLOWC_STEP[$FLOWC_INDEX]" >> $TRACE; echo "$z $sq $v $w" > $FLOWC_OUT/text'
    outputs: {text: string}
`

const everythingText = `"[31,11,21] [0,1,4,9] 32 [103,101,null]"`

func TestMain(m *testing.M) {
	if root := os.Getenv("FLOWC_TEST_ENGINE"); root != "" {
		os.Exit(engineProcess(root))
	}
	os.Exit(m.Run())
}

// engineProcess is one life of an engine: it resumes the newest run there is,
// or starts the first.
func engineProcess(root string) int {
	s, err := dir.Open(filepath.Join(root, "store"))
	if err != nil {
		fmt.Println(err)
		return 2
	}
	d := yaml(fatal{}, everything)
	opt := engine.Options{
		Config: &runtime.Config{Store: s, Plan: d, PlanDigest: d.digest, Flow: d.flow.Flow, Target: "local",
			Code: filepath.Join(root, "code"), Scratch: filepath.Join(root, "scratch"), Environ: append(os.Environ(), "TRACE="+filepath.Join(root, "trace"))},
		MaxParallel: 3,
	}
	if latest, err := runs.New(s).Latest(context.Background(), d.flow.Flow, false); err == nil {
		opt.Resume = &engine.Resume{Run: runs.ID{Flow: latest.Flow, Run: latest.Run}}
	}
	r, err := engine.Run(context.Background(), opt)
	if err != nil {
		fmt.Println(err)
		return 2
	}
	fmt.Print(r.Explain())
	if r.Status != record.Succeeded {
		return 1
	}
	return 0
}

// fatal lets the process use what tests use.
type fatal struct{ testing.TB }

func (fatal) Helper() {}
func (fatal) Fatalf(format string, args ...any) {
	fmt.Printf(format, args...)
	os.Exit(2)
}

// finished lists the tasks that have a result somewhere in the store.
func finished(t *testing.T, root string) map[string]bool {
	t.Helper()
	s, err := dir.Open(filepath.Join(root, "store"))
	if err != nil {
		t.Fatal(err)
	}
	reader := runs.New(s)
	out := map[string]bool{}
	list, err := reader.List(context.Background(), runs.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		state, err := reader.State(context.Background(), runs.ID{Flow: e.Flow, Run: e.Run})
		if err != nil {
			t.Fatal(err)
		}
		for step, parts := range state.Tasks {
			for _, part := range parts {
				for p := range part.Paths.All() {
					out[step+"["+p.String()+"]"] = true
				}
			}
		}
	}
	return out
}

func lines(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return strings.Fields(string(text))
}

// Engines are killed again and again until one gets through: the value is
// right, and nothing that had its result ran again.
func TestKilledEngine(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(uint64(os.Getpid()), uint64(time.Now().UnixNano())))
	killed, resumed := 0, 0
	for killed < kills() {
		root := t.TempDir()
		if err := os.Mkdir(filepath.Join(root, "code"), 0o755); err != nil {
			t.Fatal(err)
		}
		trace := filepath.Join(root, "trace")
		for life := 0; ; life++ {
			before, seen := finished(t, root), len(lines(t, trace))
			cmd := exec.Command(self)
			cmd.Env = append(os.Environ(), "FLOWC_TEST_ENGINE="+root)
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, &out
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			timer := time.AfterFunc(time.Duration(random.Int64N(int64(400*time.Millisecond))), func() { cmd.Process.Kill() })
			if life > 12 {
				timer.Stop() // slow machines get there as well
			}
			err := cmd.Wait()
			timer.Stop()
			for _, task := range lines(t, trace)[seen:] {
				if before[task] {
					t.Fatalf("%s ran again in life %d, although it had its result", task, life)
				}
			}
			if err == nil {
				break
			}
			if cmd.ProcessState.ExitCode() >= 0 {
				t.Fatalf("life %d ended with %v:\n%s", life, err, &out)
			}
			killed++
			if len(before) > 0 {
				resumed++
			}
		}
		b := &bench{t: t}
		if b.store, err = dir.Open(filepath.Join(root, "store")); err != nil {
			t.Fatal(err)
		}
		if got := b.get("latest", "all/text"); got != everythingText {
			t.Fatalf("the result is %s, want %s", got, everythingText)
		}
	}
	t.Logf("%d engines were killed, %d of them had resumed a run", killed, resumed)
}

// buildRuntime builds the runtime once for all tests.
var buildRuntime = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "flowc-runtime")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "flowc-runtime")
	out, err := exec.Command("go", "build", "-o", path, "github.com/flowc-dev/flowc/cmd/flowc-runtime").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// Runtimes are killed while their engine lives: lost attempts are made again,
// and a task that has its result never is.
func TestKilledRuntime(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	path, err := buildRuntime()
	if err != nil {
		t.Fatal(err)
	}
	// The runtime under a shell that leaves its number. It is written once: a
	// program that is being written can't be started.
	wrapper := filepath.Join(t.TempDir(), "runtime")
	text := fmt.Sprintf("#!/bin/sh\nf=$PIDS/$FLOWC_STEP.$FLOWC_INDEX.$FLOWC_ATTEMPT\necho $$ > $f.part; mv $f.part $f\nexec %s\n", path)
	if err := os.WriteFile(wrapper, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(uint64(os.Getpid()), uint64(time.Now().UnixNano())))
	var mu sync.Mutex
	killed := 0
	for killed < kills() {
		b := newBench(t)
		opt := b.options(yaml(t, strings.Replace(everything, "attempts: 3", "attempts: 10", 1)))
		pids := t.TempDir()
		opt.Config.Environ = append(opt.Config.Environ, "PIDS="+pids)
		left := 4 // fall has one attempt, and may be killed out of it
		opt.Executor = func(cfg *runtime.Config) engine.Executor {
			return killer{process.Binary{Config: cfg, Path: wrapper}, pids, func(step string) time.Duration {
				mu.Lock()
				defer mu.Unlock()
				if step == "fall" || left == 0 || random.IntN(2) == 0 {
					return -1
				}
				left--
				killed++
				return time.Duration(random.Int64N(int64(60 * time.Millisecond)))
			}}
		}
		r := b.run(opt)
		if r.Status != record.Succeeded {
			t.Fatalf("%s\n%s", r.Status, r.Explain())
		}
		if got := b.get(r.Run, "all/text"); got != everythingText {
			t.Fatalf("the result is %s, want %s", got, everythingText)
		}
	}
}

// killer kills some of the runtimes that it starts.
type killer struct {
	process.Binary
	pids  string                          // folder of their numbers
	after func(step string) time.Duration // negative: not at all
}

func (k killer) Run(ctx context.Context, t runtime.Task) runtime.Outcome {
	after := k.after(t.Step)
	if after < 0 {
		return k.Binary.Run(ctx, t)
	}
	pid := filepath.Join(k.pids, fmt.Sprintf("%s.%s.%d", t.Step, t.Path, t.Attempt))
	done := make(chan struct{})
	defer close(done)
	go func() {
		time.Sleep(after)
		for {
			if text, err := os.ReadFile(pid); err == nil {
				n, err := strconv.Atoi(strings.TrimSpace(string(text)))
				if err == nil {
					syscall.Kill(n, syscall.SIGKILL)
				}
				return
			}
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	return k.Binary.Run(ctx, t)
}

// What a task publishes after its result may be missing when it was killed in
// between: a resume completes it.
func TestResumeCompletesWhatWasPublished(t *testing.T) {
	b := newBench(t)
	flow := `
flow: gaps
steps:
  list:
    run: 'echo list >> $TRACE; seq 1 150 | paste -sd, | sed "s/^/[9/; s/$/]/" > $FLOWC_OUT/xs; echo 1 > $FLOWC_OUT/n'
    outputs: {xs: list<int>, n: int}
  odd:
    catch: true
    steps:
      fall: {inputs: [list.n], run: 'echo fall >> $TRACE; exit 1', outputs: {m: int}}
      next: {inputs: [fall.m], run: 'echo next >> $TRACE; test -e go', outputs: {}}
    export: [fall.m]
  each:
    foreach: {x: list.xs}
    batch: 50
    inputs: [x]
    run: 'echo $x >> $TRACE; test -e go; echo $x > $FLOWC_OUT/y'
    outputs: {y: int}
  sum:
    inputs: {ys: each.y, m: "odd.m ?? 7"}
    run: 'echo $(( $(echo "$ys" | tr -d "[]" | tr , +) + m )) > $FLOWC_OUT/total'
    outputs: {total: int}
`
	d := yaml(t, flow)
	first := b.run(b.options(d))
	if first.Status != record.Failed {
		t.Fatalf("%s", first.Status)
	}
	b.ran()
	keys := record.Keys{Flow: "gaps", Run: first.Run}
	for _, key := range []string{keys.Items("each", nil, 0, 1), keys.Scope("odd", nil), keys.Result("next", nil)} {
		if _, err := b.store.Stat(context.Background(), key); err != nil {
			t.Fatal(err)
		}
		if err := b.store.Delete(context.Background(), key); err != nil {
			t.Fatal(err)
		}
	}
	b.touch("go")
	opt := b.options(d)
	opt.Resume = b.resume(first.Run)
	r := b.run(opt)
	if r.Status != record.Succeeded {
		t.Fatalf("%s\n%s", r.Status, r.Explain())
	}
	ran := b.ran()
	slices.Sort(ran)
	if len(ran) != 150 || slices.Contains(ran, "next") || slices.Contains(ran, "list") {
		t.Errorf("%d commands ran: %v", len(ran), ran)
	}
	if got := b.get(r.Run, "sum/total"); got != strconv.Itoa(91+149*152/2+7) {
		t.Errorf("total %s", got)
	}
	if r.Counts[string(record.Poisoned)] != 1 {
		t.Errorf("counts %v", maps.Collect(maps.All(r.Counts)))
	}
}

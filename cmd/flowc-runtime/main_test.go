package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
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

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/expr"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
	"github.com/flowc-dev/flowc/store/dir"
)

// binary builds the runtime as it is shipped: static and stripped.
var binary = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "flowc-runtime-test-")
	if err != nil {
		return "", err
	}
	built = folder
	file := filepath.Join(folder, "flowc-runtime")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", file, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return file, nil
})

var built string // folder of the binary, once there is one

func TestMain(m *testing.M) {
	code := m.Run()
	if built != "" {
		os.RemoveAll(built)
	}
	os.Exit(code)
}

// TestBinary holds what the binary must not grow to, and what must not get into it.
func TestBinary(t *testing.T) {
	file, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() >= 15<<20 {
		t.Errorf("the binary has %d bytes; it is copied into every container, and may have 15 MiB", info.Size())
	}
	deps, err := exec.Command("go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, ban := range []struct{ prefix, reason string }{
		{"github.com/expr-lang/", "the runtime evaluates coded trees, it parses nothing"},
		{"go.yaml.in/", "the runtime reads JSON only"},
		{"github.com/spf13/", "the runtime takes no arguments"},
		{"github.com/flowc-dev/flowc/ir", "the runtime knows contracts, not the graph"},
		{"github.com/flowc-dev/flowc/frontend", "the runtime knows contracts, not sources"},
		{"github.com/flowc-dev/flowc/ast", "the runtime knows contracts, not sources"},
		{"github.com/flowc-dev/flowc/backends", "the runtime is the same on all targets"},
		{"github.com/flowc-dev/flowc/engine", "the runtime does one task, and starts none"},
		{"github.com/flowc-dev/flowc/compile", "the runtime compiles nothing"},
		{"k8s.io/", "the runtime asks the store, never the cluster"},
		{"github.com/argoproj/", "the runtime knows exit codes and files, not orchestrators"},
	} {
		for dep := range strings.Lines(string(deps)) {
			if strings.HasPrefix(dep, ban.prefix) {
				t.Errorf("depends on %s: %s", strings.TrimSpace(dep), ban.reason)
			}
		}
	}
}

// world is a store, a plan in a folder, and a code folder.
type world struct {
	t                    *testing.T
	store                store.Store
	storeDir, plan, code string
	keys                 record.Keys
}

func newWorld(t *testing.T, flow *contract.Flow, steps ...*contract.Step) *world {
	t.Helper()
	w := &world{t: t, storeDir: t.TempDir(), plan: t.TempDir(), code: t.TempDir(), keys: record.Keys{Flow: "f", Run: "r1"}}
	var err error
	if w.store, err = dir.Open(w.storeDir); err != nil {
		t.Fatal(err)
	}
	flow.V, flow.Flow = 1, "f"
	write := func(name string, doc any) []byte {
		data, err := contract.Canonical(doc)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(w.plan, name)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(w.plan, name), data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	for _, s := range steps {
		s.V, s.Flow = 1, "f"
		data := write("steps/"+s.Step+".json", s)
		flow.Contracts = append(flow.Contracts, contract.Named{Step: s.Step, Digest: contract.Digest(data)})
	}
	write("flow.json", flow)
	return w
}

// command is the runtime for one task.
func (w *world) command(step string, env ...string) *exec.Cmd {
	w.t.Helper()
	file, err := binary()
	if err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.Command(file)
	cmd.Dir = w.code
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + w.t.TempDir(), "FLOWC_STORE=" + w.storeDir, "FLOWC_PLAN=" + w.plan,
		"FLOWC_RUN=r1", "FLOWC_STEP=" + step, "FLOWC_INDEX=_"}, env...)
	return cmd
}

// run runs it and returns the exit code and what was printed.
func (w *world) run(step string, env ...string) (int, string) {
	w.t.Helper()
	out, err := w.command(step, env...).CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	if exit != nil {
		return exit.ExitCode(), string(out)
	}
	return 0, string(out)
}

func get[T record.Document](w *world, key string) T {
	w.t.Helper()
	doc, err := store.GetJSON[T](context.Background(), w.store, key)
	if err != nil {
		w.t.Fatal(err)
	}
	return doc
}

func code(t *testing.T, c expr.Code) json.RawMessage {
	t.Helper()
	data, err := c.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// The runtime is killed at any moment, again and again; in the end there is one
// whole result, and everything derived from it agrees with it.
func TestKilledAtAnyMoment(t *testing.T) {
	const items = 300
	step := &contract.Step{Step: "s", Retry: &contract.Retry{Attempts: 1000},
		Script: &contract.Script{Text: `id=$(od -An -N4 -tu4 /dev/urandom | tr -d ' '); echo "I am $id"; echo $id > $FLOWC_OUT/id; echo $id > $FLOWC_OUT/copy.txt; sleep 0.01
			{ printf '['; i=0; while [ $i -lt 299 ]; do printf '"%s-%s",' $id $i; i=$((i+1)); done; printf '"%s-299"]' $id; } > $FLOWC_OUT/names`},
		Outputs: []contract.Output{{Name: "id", Type: "string"}, {Name: "copy", Type: "file"}, {Name: "names", Type: "list<string>"}}}
	step.Steps = map[string]contract.StepPlace{"s": {}}
	step.Decides = []contract.Decision{{Node: "fe", Kind: contract.DecideCount, Over: []contract.Over{{
		Expr: contract.Expr{Code: code(t, expr.Ref(0)), Refs: []contract.Ref{{Step: "s", Port: "names", Type: "list<string>"}}, Type: "list<string>"}, Item: "string"}}}}
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	killed := 0
	for round := range 4 {
		w := newWorld(t, &contract.Flow{}, step)
		tokens := filepath.Join(t.TempDir(), "tokens")
		// The longest wait grows, so that every moment of an attempt is tried, and in the end one gets through.
		for attempt := 0; ; attempt++ {
			cmd := w.command("s", "FLOWC_TOKENS="+tokens, "FLOWC_ATTEMPT="+strconv.Itoa(attempt%3))
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			timer := time.AfterFunc(time.Duration(rng.IntN(5000*(attempt+4)))*time.Microsecond, func() { cmd.Process.Kill() })
			err := cmd.Wait()
			timer.Stop()
			if err == nil {
				break
			}
			if cmd.ProcessState.ExitCode() != -1 {
				t.Fatalf("round %d: %v", round, err)
			}
			killed++
		}
		res := get[record.Result](w, w.keys.Result("s", record.Path{}))
		var id string
		if err := json.Unmarshal(res.Outputs["id"].Value, &id); err != nil || res.Status != record.OK {
			t.Fatal(err, res.Status)
		}
		read := func(key string) string {
			data, err := store.ReadAll(context.Background(), w.store, key, 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			return string(data)
		}
		if got := read(record.Blob(res.Outputs["copy"].Blob)); got != id+"\n" {
			t.Errorf("outputs are mixed: %q and %q", id, got)
		}
		if log := read(w.keys.Log("s", "_", res.Attempt, 0)); log != "I am "+id+"\n" {
			t.Errorf("the log of the winner is %q", log)
		}
		var all []string
		for page := range 3 {
			for _, raw := range get[record.ItemPage](w, w.keys.Items("fe", record.Path{}, 0, page)).Items {
				var s string
				json.Unmarshal(raw, &s)
				all = append(all, s)
			}
		}
		if len(all) != items || all[0] != id+"-0" || all[items-1] != id+"-299" || *res.Control["fe"].Count != items {
			t.Errorf("%d items, from %s; the result is of %s", len(all), all[0], id)
		}
		if token, _ := os.ReadFile(filepath.Join(tokens, "fe")); string(token) != "300" {
			t.Errorf("token %q", token)
		}
	}
	t.Logf("%d attempts were killed", killed)
}

// SIGTERM is handed on, waited for, and told as 143; nothing is left running.
func TestTerminated(t *testing.T) {
	w := newWorld(t, &contract.Flow{}, &contract.Step{Step: "s", Script: &contract.Script{
		Text: `trap 'echo saved > saved; exit 0' TERM; echo $$ > pid; while :; do sleep 0.02; done`}})
	cmd := w.command("s")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pidFile := filepath.Join(w.code, "pid")
	for {
		if data, _ := os.ReadFile(pidFile); strings.HasSuffix(string(data), "\n") {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	cmd.Process.Signal(syscall.SIGTERM)
	cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != contract.ExitStopped {
		t.Errorf("exit %d", code)
	}
	if _, err := os.Stat(filepath.Join(w.code, "saved")); err != nil {
		t.Error("the command was not told")
	}
	if f := get[record.Fail](w, w.keys.Fail("s", "_", 0)); f.Kind != "evicted" || f.Final {
		t.Errorf("%+v", f)
	}
}

// When the runtime itself is killed, its command does not go on.
func TestCommandDiesWithTheRuntime(t *testing.T) {
	w := newWorld(t, &contract.Flow{}, &contract.Step{Step: "s", Argv: []contract.Arg{{Text: ptr("./wait")}}})
	if err := os.WriteFile(filepath.Join(w.code, "wait"), []byte("#!/bin/sh\necho $$ > pid\nexec sleep 1000\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := w.command("s")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := 0
	for pid == 0 {
		data, _ := os.ReadFile(filepath.Join(w.code, "pid"))
		if text, whole := strings.CutSuffix(string(data), "\n"); whole {
			pid, _ = strconv.Atoi(text)
		}
		time.Sleep(5 * time.Millisecond)
	}
	cmd.Process.Kill()
	cmd.Wait()
	for range 1000 {
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		if err != nil || strings.Contains(string(stat), ") Z ") {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	syscall.Kill(pid, syscall.SIGKILL)
	t.Error("the command outlived the runtime")
}

func ptr[T any](v T) *T { return &v }

// A whole run by the environment alone: init with hostile params from Argo, an
// array job's child, finish.
func TestRunByEnvironment(t *testing.T) {
	hostile := "{{workflow.name}} $(id) `x` 'q' \"d\" \\ \n ☃ ${HOME} %s <b>"
	say := &contract.Step{Step: "say", Levels: []string{"say"}, Script: &contract.Script{Text: `printf '%s' "$text" > $FLOWC_OUT/text; echo $FLOWC_INDEX > $FLOWC_OUT/i`},
		Inputs:  []contract.Input{{Name: "text", Expr: contract.Expr{Code: code(t, expr.Ref(0)), Refs: []contract.Ref{{Param: "json", Type: "string"}}, Type: "string"}}},
		Outputs: []contract.Output{{Name: "text", Type: "string"}, {Name: "i", Type: "string"}}}
	items := 13
	flow := &contract.Flow{Params: []contract.Param{{Name: "json", Type: "string"}, {Name: "n", Type: "int"}},
		Body: contract.Block{Nodes: []contract.Node{{Name: "say", Kind: contract.KindForeach,
			Control: &contract.Control{By: contract.ByConst, Const: &record.Control{Count: &items}},
			Body:    &contract.Block{Nodes: []contract.Node{{Name: "say", Kind: contract.KindStep}}}}}}}
	w := newWorld(t, flow, say)

	list, _ := json.Marshal([]map[string]string{{"name": "json", "value": hostile}, {"name": "n", "value": "3"}})
	object, _ := json.Marshal(map[string]string{"json": string(list), "n": "3"})
	params := "FLOWC_PARAMS=" + base64.StdEncoding.EncodeToString(object)
	for range 2 { // init may be repeated
		if code, out := w.run("flowc_init", params, "FLOWC_STARTED=2026-01-31T09:30:00Z"); code != 0 {
			t.Fatalf("init: %d\n%s", code, out)
		}
	}
	run := get[record.Run](w, w.keys.RunRecord())
	if string(run.Params["n"].Value) != "3" || run.Started.Format(time.RFC3339) != "2026-01-31T09:30:00Z" {
		t.Errorf("%+v", run)
	}
	if code, out := w.run("say", "FLOWC_OFFSET=10", "AWS_BATCH_JOB_ARRAY_INDEX=2"); code != 0 {
		t.Fatalf("say: %d\n%s", code, out)
	}
	res := get[record.Result](w, w.keys.Result("say", record.Path{12}))
	var got string
	if json.Unmarshal(res.Outputs["text"].Value, &got); got != hostile || string(res.Outputs["i"].Value) != `"12"` {
		t.Errorf("got %q, %s", got, res.Outputs["i"].Value)
	}
	if code, out := w.run("flowc_finish"); code != 0 {
		t.Fatalf("finish: %d\n%s", code, out)
	}
	sum := get[record.Summary](w, w.keys.Summary("say"))
	if !slices.Equal(sum.Paths, []string{"12"}) || sum.Attempts[0] != 1 || sum.Status[0] != "ok" {
		t.Errorf("%+v", sum)
	}
	if end := get[record.End](w, w.keys.EndRecord()); end.Status != record.Stopped { // 12 of 13 items never ran
		t.Errorf("%+v", end)
	}
}

// Params that don't fit are told all at once, and are why the run failed.
func TestBadParams(t *testing.T) {
	flow := &contract.Flow{Params: []contract.Param{{Name: "depth", Type: "int", Max: json.RawMessage("9")}, {Name: "day", Type: "date"}}}
	w := newWorld(t, flow)
	params, _ := json.Marshal(map[string]any{"depth": 10, "dai": "x"})
	code, out := w.run("flowc_init", "FLOWC_PARAMS="+base64.StdEncoding.EncodeToString(params))
	if code != contract.ExitFinal || !strings.Contains(out, "param depth: 10 is more than its max, 9") ||
		!strings.Contains(out, "param day: it is required (date)") || !strings.Contains(out, "param dai: the flow has no param of that name; did you mean day?") {
		t.Errorf("%d\n%s", code, out)
	}
	if code, out := w.run("flowc_finish"); code != 0 {
		t.Fatalf("finish: %d\n%s", code, out)
	}
	end := get[record.End](w, w.keys.EndRecord())
	if end.Status != record.Failed || end.Error == nil || end.Error.Step != "flowc_init" || !strings.Contains(end.Error.Message, "param depth") {
		t.Errorf("%+v", end)
	}
}

func TestReadEnvironment(t *testing.T) {
	base := []string{"FLOWC_STORE=s", "FLOWC_PLAN=p", "FLOWC_RUN=r", "FLOWC_STEP=x"}
	for _, test := range []struct {
		env  []string
		path string
		fail string
	}{
		{nil, "_", ""},
		{[]string{"FLOWC_INDEX=3.0"}, "3.0", ""},
		{[]string{"FLOWC_INDEX=3", "FLOWC_OFFSET=100", "AWS_BATCH_JOB_ARRAY_INDEX=7"}, "3.107", ""},
		{[]string{"FLOWC_INDEX=3", "FLOWC_OFFSET=100"}, "3", ""},
		{[]string{"FLOWC_ATTEMPT={{retries}}"}, "_", ""},
		{[]string{"FLOWC_STARTED=1769851800000"}, "_", ""},
		{[]string{"FLOWC_INDEX=a"}, "", "FLOWC_INDEX: malformed index path"},
		{[]string{"FLOWC_OFFSET=-1"}, "", "FLOWC_OFFSET"},
		{[]string{"FLOWC_RUN=../x"}, "", "FLOWC_RUN"},
		{[]string{"FLOWC_STARTED=yesterday"}, "", "FLOWC_STARTED"},
		{[]string{"FLOWC_STORE="}, "", "FLOWC_STORE is not set"},
	} {
		e, err := read(append(slices.Clone(base), test.env...))
		var p record.Path
		if err == nil {
			p, err = e.path()
		}
		switch {
		case test.fail != "":
			if err == nil || !strings.Contains(err.Error(), test.fail) {
				t.Errorf("%q: %v, want %q", test.env, err, test.fail)
			}
		case err != nil || p.String() != test.path:
			t.Errorf("%q: %s, %v", test.env, p, err)
		}
	}
}

func FuzzArgoParams(f *testing.F) {
	for _, s := range []string{`{"json":"[{\"name\":\"a\",\"value\":\"b\"}]"}`, `{"json":"x"}`, `{}`, `[]`, `{"json":3}`, ``} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		params, texts := argoParams(data)
		if texts && !json.Valid(params) {
			t.Errorf("%q gives %q", data, params)
		}
	})
}

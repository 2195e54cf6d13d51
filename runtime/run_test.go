package runtime

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/store"
)

// Init is idempotent, and decides what depends on params alone.
func TestInit(t *testing.T) {
	p := plan()
	p.flow.Params = []contract.Param{{Name: "xs", Type: "list<int>"}, {Name: "opt", Type: "int?"}}
	p.flow.Init.Decides = []contract.Decision{{Node: "fe", Kind: contract.DecideCount, Batch: 2,
		Over: []contract.Over{{Expr: reads(t, contract.Ref{Param: "xs", Type: "list<int>"}), Item: "int"}}}}
	cfg := config(t, p)
	cfg.TokenObjects = true
	started := time.Date(2026, 1, 31, 9, 30, 0, 123456789, time.FixedZone("x", 3600))
	run, res, err := Init(context.Background(), cfg, InitInput{Params: raw("xs", "[7,3,5]"), Started: started, User: "ann", Tags: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	if *res.Control["fe"].Count != 3 || len(res.Control["fe"].Items[0].List) != 3 {
		t.Errorf("%+v", res.Control)
	}
	if !run.Started.Equal(started.Truncate(time.Millisecond)) || run.User != "ann" || len(run.Params) != 1 {
		t.Errorf("%+v", run)
	}
	var token Token
	data, err := store.ReadAll(context.Background(), cfg.Store, cfg.keys().Token("fe", record.Path{}), 1000)
	if err != nil || json.Unmarshal(data, &token) != nil || *token.N != 2 || token.Chunks[0] != (Chunk{0, 1}) || token.Arrays[0] != (Array{2, 0}) {
		t.Errorf("token %s %v", data, err)
	}
	again, res2, err := Init(context.Background(), configCopy(cfg, cfg.Store), InitInput{Params: raw("xs", "[1]"), Started: started.Add(time.Hour)})
	if err != nil || string(again.Params["xs"].Value) != "[7,3,5]" || !again.Started.Equal(run.Started) || res2.Nonce != res.Nonce {
		t.Errorf("the second init got %+v, %+v, %v", again, res2, err)
	}
	want := []string{"index/f/runs/" + record.RunIndex("f", "r1", started)[len("index/f/runs/"):], "results/flowc_init/_.json", "run.json", "tokens/fe/_.json"}
	if keys := keysUnder(t, cfg, ""); !slices.Equal(keys, want) {
		t.Errorf("keys %q", keys)
	}
	if _, _, err := Init(context.Background(), config(t, p), InitInput{Params: raw("xs", "3")}); err == nil || !strings.Contains(err.Error(), "param xs") {
		t.Error(err)
	}
}

// A flow's only root step can be the one that initialises the run.
func TestInitByTheOnlyRoot(t *testing.T) {
	s := script("s", "echo $n > $FLOWC_OUT/m", out("m", "int"))
	s.Init = true
	s.Inputs = []contract.Input{{Name: "n", Expr: reads(t, contract.Ref{Param: "n", Type: "int"})}}
	p := plan(s)
	p.flow.Params = []contract.Param{{Name: "n", Type: "int"}}
	cfg := config(t, p)
	cfg.Init = &InitInput{Params: raw("n", `"41"`), Texts: true}
	if got := value(mustRun(t, cfg, root("s")), "m"); got != "41" {
		t.Error(got)
	}
	cfg = config(t, p)
	cfg.Init = &InitInput{}
	if o := Run(context.Background(), cfg, root("s")); o.Exit != contract.ExitFinal || !strings.Contains(o.Err.Error(), "param n: it is required") {
		t.Errorf("%+v", o)
	}
}

// Finish tells from the store alone how a run ended, and sums it up.
func TestFinish(t *testing.T) {
	ctx := context.Background()
	count := 3
	fan := script("fan", `test $FLOWC_INDEX != 1 || test -e fixed; echo $FLOWC_INDEX > $FLOWC_OUT/i`, out("i", "int"))
	fan.Levels = []string{"fan"}
	closed := script("closed", ":")
	closed.Gate = ptr(constant(t, "bool", "false"))
	p := plan(fan, closed)
	p.flow.Body.Nodes = []contract.Node{
		{Name: "fan", Kind: contract.KindForeach, Control: &contract.Control{By: contract.ByConst, Const: &record.Control{Count: &count}},
			Body: &contract.Block{Nodes: []contract.Node{{Name: "fan", Kind: contract.KindStep}}}},
		{Name: "closed", Kind: contract.KindStep, Gate: &contract.Control{By: contract.BySelf}},
	}
	begin := func(cfg *Config, in InitInput) {
		t.Helper()
		if _, _, err := Init(ctx, cfg, in); err != nil {
			t.Fatal(err)
		}
	}
	end := func(cfg *Config) record.End {
		t.Helper()
		if err := Finish(ctx, cfg, "", nil); err != nil {
			t.Fatal(err)
		}
		e, err := store.GetJSON[record.End](ctx, cfg.Store, cfg.keys().EndRecord())
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	do := func(cfg *Config, items ...int) {
		for _, i := range items {
			Run(ctx, cfg, Task{Step: "fan", Path: record.Path{i}})
		}
		Run(ctx, cfg, root("closed"))
	}

	failed := config(t, p)
	begin(failed, InitInput{})
	do(failed, 0, 1, 2)
	if e := end(failed); e.Status != record.Failed || e.Error.Step != "fan" || e.Error.Path != "1" || *e.Error.ExitCode != 1 ||
		e.Counts["ok"] != 2 || e.Counts["failed"] != 1 || e.Counts["skipped"] != 1 {
		t.Errorf("%+v %+v", e, e.Error)
	}
	if e := end(failed); e.Status != record.Failed { // once more
		t.Errorf("%+v", e)
	}

	stopped := configCopy(failed, failed.Store)
	stopped.Run = "r2"
	begin(stopped, InitInput{})
	do(stopped, 0, 2)
	if e := end(stopped); e.Status != record.Stopped || e.Error != nil {
		t.Errorf("%+v", e)
	}

	writeCode(t, failed, "fixed", "")
	resumed := configCopy(failed, failed.Store)
	resumed.Run = "r3"
	begin(resumed, InitInput{Origin: "r1", Reuse: &record.Reuse{Steps: map[string][]record.ReusePart{"fan": {{Run: "r1", Paths: "0"}, {Run: "r2", Paths: "2"}}}}})
	do(resumed, 1)
	if e := end(resumed); e.Status != record.Succeeded || e.Counts["ok"] != 3 {
		t.Errorf("%+v %+v", e, e.Error)
	}
	sum, err := store.GetJSON[record.Summary](ctx, resumed.Store, resumed.keys().Summary("fan"))
	if err != nil || !slices.Equal(sum.Reused, []bool{true, false, true}) || string(sum.Outputs[2]["i"].Value) != "2" {
		t.Errorf("%+v %v", sum, err)
	}
	var ends []string
	for info, err := range resumed.Store.List(ctx, record.EndIndexPrefix("f"), store.ListOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		run, _, status, _ := record.ParseEndIndex("f", info.Key)
		ends = append(ends, run+" "+string(status))
	}
	slices.Sort(ends)
	if !slices.Equal(ends, []string{"r1 failed", "r2 stopped", "r3 succeeded"}) {
		t.Errorf("ends %q", ends)
	}

	// What no task could tell, the orchestrator may have.
	silent := configCopy(failed, failed.Store)
	silent.Run = "r4"
	begin(silent, InitInput{})
	if err := store.PutBytes(ctx, silent.Store, silent.keys().OrchestratorFailure(), []byte("ErrImagePull \xff"+strings.Repeat("x", 5000))); err != nil {
		t.Fatal(err)
	}
	if e := end(silent); e.Status != record.Failed || !strings.Contains(e.Error.Message, "ErrImagePull") || len(e.Error.Message) > 2100 {
		t.Errorf("%+v", e)
	}

	// An attempt that was killed without a word is a failure too.
	lost := configCopy(failed, failed.Store)
	lost.Run = "r5"
	begin(lost, InitInput{})
	if err := store.PutJSON(ctx, lost.Store, lost.keys().Attempt("fan", "1", 0), record.Claim{Nonce: "n"}); err != nil {
		t.Fatal(err)
	}
	if e := end(lost); e.Status != record.Failed || e.Error.Kind != kindLost || e.Error.Path != "1" {
		t.Errorf("%+v %+v", e, e.Error)
	}
}

// hostile are texts that try to get out of their place.
var hostile = []string{
	"", " ", "\n", "a\nb\n", "'", `"`, "`id`", "$(touch hacked)", "${HOME}", "$x", "\\", "%s%n", "-n", "--help", "a=b", ";", "&", "|", "*", "~", "\t",
	"{{x}}", "☃😀", "\u202e", "../../etc/passwd", "/", strings.Repeat("long ", 20000), "\u0000", "\x7f", "null", "true", "NaN",
}

// Nothing in a flow's texts and values gets out of its place in a script.
func TestHostileScripts(t *testing.T) {
	for _, text := range hostile {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			quoted, _ := json.Marshal(text)
			step := script("s", `cat "$FLOWC_IN/x" > "$FLOWC_OUT/y"; printf '%s' "${LITERAL-}" > $FLOWC_OUT/l; if test -n "${x+set}"; then printf '%s' "$x" > "$FLOWC_OUT/z"; fi`,
				out("y", "file"), out("z", "file?"), out("l", "file"))
			step.Inputs = []contract.Input{constInput(t, "x", "string", string(quoted))}
			plain := len(text) <= maxVariable && !strings.Contains(text, "\x00")
			if plain {
				step.Env = []contract.KV{{Key: "LITERAL", Value: text}}
			}
			cfg := config(t, plan(step))
			res := mustRun(t, cfg, root("s"))
			if got := content(t, cfg, res, "y"); got != text {
				t.Errorf("%.40q: the file holds %.40q", text, got)
			}
			_, isSet := res.Outputs["z"]
			if isSet != plain || isSet && (content(t, cfg, res, "z") != text || content(t, cfg, res, "l") != text) {
				t.Errorf("%.40q: the variable is set: %t", text, isSet)
			}
			if _, err := os.Stat(filepath.Join(cfg.Code, "hacked")); err == nil {
				t.Errorf("%.40q was executed", text)
			}
		})
	}
}

// Nor on its way through a function.
func TestHostileFunction(t *testing.T) {
	list, _ := json.Marshal(hostile)
	step := function("s", "m.py", "f", out("xs", "list<string>"), out("m", "map<string>"), out("j", "json"))
	step.Inputs = []contract.Input{constInput(t, "xs", "list<string>", string(list))}
	cfg := config(t, plan(step))
	writeCode(t, cfg, "m.py", "def f(xs): return {'xs': xs, 'm': {x: x for x in xs}, 'j': {x: [x] for x in xs}}\n")
	res := mustRun(t, cfg, root("s"))
	var xs []string
	var m map[string]string
	var j map[string][]string
	readValue(t, cfg, res, "xs", &xs)
	readValue(t, cfg, res, "m", &m)
	readValue(t, cfg, res, "j", &j)
	if !slices.Equal(xs, hostile) || len(m) != len(hostile) || len(j) != len(hostile) {
		t.Errorf("%.200q", xs)
	}
	for _, text := range hostile {
		if m[text] != text || len(j[text]) != 1 || j[text][0] != text {
			t.Errorf("%.40q became %.40q and %.40q", text, m[text], j[text])
		}
	}
}

func readValue(t *testing.T, cfg *Config, res *record.Result, name string, into any) {
	t.Helper()
	data := []byte(res.Outputs[name].Value)
	if res.Outputs[name].Blob != "" {
		data = []byte(content(t, cfg, res, name))
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

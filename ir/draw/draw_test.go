package draw

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/types"
)

var update = flag.Bool("update", false, "write what is drawn into the golden files")

var flows = map[string]func(t *testing.T) *ir.Flow{
	"grid":    grid,
	"nested":  nested,
	"switch":  publish,
	"loop":    improve,
	"waits":   waits,
	"hostile": hostile,
	"empty": func(t *testing.T) *ir.Flow {
		return finish(t, &ir.Flow{Name: "empty", Body: &ir.Block{}}, nil)
	},
}

// grid trains for each pair of two params.
func grid(t *testing.T) *ir.Flow {
	train := foreach("train", over("lr in params.lrs", "depth in params.depths"),
		python("train", "train.py:fit", in("lr", "depth", "load.rows"), port("model", file), port("score", float)))
	train.Ports = []ir.Port{port("model", listOf(file)), port("score", listOf(float))}
	train.Max, train.MaxParallel = 200, 4
	tell := gated("pick.score > 0.8", step("publish", "# tell everybody\n./publish.sh \"$model\"\n./notify.sh\n", in("model = pick.best")))
	return finish(t, &ir.Flow{
		Name: "churn",
		Params: []*ir.Param{
			{Name: "day", Type: types.Date},
			{Name: "lrs", Type: listOf(float), Default: &ir.Literal{JSON: []byte(`[0.1,0.01]`)}},
			{Name: "depths", Type: listOf(types.Int), Default: &ir.Literal{JSON: []byte("[" + strings.Repeat("3,", 40) + "5]")}},
		},
		Policy: ir.RunPolicy{Schedule: &ir.Schedule{Cron: "0 3 * * *", Timezone: "Europe/Berlin"}},
		Body: &ir.Block{Nodes: []ir.Node{
			step("load", `python load.py "$day"`, in("params.day"), port("rows", file)),
			train,
			python("pick", "pick.py:best", in("models = train.model", "scores = train.score", "limit = 3"),
				port("best", file), port("score", float)),
			tell,
		}},
		Exports: export(file, "pick.best"),
	}, nil)
}

// nested has a foreach on a step inside one on a block.
func nested(t *testing.T) *ir.Flow {
	fold := foreach("fold", over("data in split.folds"),
		python("fold", "cv.py:fit", in("data", "k", "name"), port("score", float)))
	fold.Body.Binds = append(fold.Body.Binds, ir.Bind{Name: "k", Kind: ir.BindIndex})
	fold.Ports = []ir.Port{port("score", listOf(float))}
	fold.Batch = 10
	region := foreach("region", over("name in params.regions", "weight in params.weights"),
		python("split", "cv.py:split", in("name"), port("folds", listOf(file))),
		fold,
		python("mean", "cv.py:mean", in("scores = fold.score", "weight"), port("score", float)),
		step("log", "echo done", nil),
	)
	region.Zip, region.Catch = true, true
	region.Body.Exports = append(export(float, "mean.score"), export(listOf(float), "folds = fold.score")...)
	region.Ports = []ir.Port{port("score", listOf(opt(float))), port("folds", listOf(opt(listOf(float))))}
	return finish(t, &ir.Flow{
		Name: "nested",
		Params: []*ir.Param{
			{Name: "regions", Type: listOf(str)},
			{Name: "weights", Type: listOf(float)},
		},
		Body: &ir.Block{Nodes: []ir.Node{
			region,
			python("table", "cv.py:table", in("by_fold = region.folds", "by_region = region.score"), port("csv", file)),
		}},
	}, nil)
}

// publish has a switch with a case that does nothing and one that only exports.
func publish(t *testing.T) *ir.Flow {
	sw := &ir.Switch{
		Base: ir.Base{Name: "publish", Ports: []ir.Port{port("url", opt(str))}},
		On:   ex(`eval.score > 0.9 ? "full" : eval.score > 0.8 ? "canary" : eval.score > 0.5 ? "known" : "none"`),
		Cases: []ir.Case{
			{Label: "full", Body: &ir.Block{
				Nodes: []ir.Node{
					step("roll_out", `./roll.sh "$model"`, in("eval.model"), port("url", str)),
					step("warm", "./warm.sh", in("roll_out.url")),
				},
				Exports: export(str, "roll_out.url"),
			}},
			{Label: "canary", Body: &ir.Block{
				Nodes:   []ir.Node{step("canary", `./canary.sh "$model"`, in("eval.model"), port("url", str))},
				Exports: export(str, "canary.url"),
			}},
			{Label: "known", Body: &ir.Block{Exports: export(str, "url = eval.old")}},
			{Else: true, Body: &ir.Block{}},
		},
	}
	announce := gated("publish.url != nil", step("announce", `./announce.sh "$url"`, in("publish.url")))
	announce.Head().Catch = true
	return finish(t, &ir.Flow{
		Name: "publish_two",
		Body: &ir.Block{Nodes: []ir.Node{
			python("eval", "e.py:run", nil, port("model", file), port("score", float), port("old", str)),
			sw,
			announce,
		}},
	}, nil)
}

// improve repeats a block until it is good enough.
func improve(t *testing.T) *ir.Flow {
	fit := python("fit", "m.py:fit", in("model", "round"), port("model", file), port("score", float))
	loop := &ir.Loop{
		Base:  ir.Base{Name: "improve", Ports: []ir.Port{port("best", file)}},
		Carry: []ir.Carry{{Name: "model", Type: file, Init: ex("start.model"), Next: ex("fit.model")}, {Name: "kept", Type: types.Int, Init: ex("3")}},
		Until: ex("check.score > 0.9"),
		Max:   50,
		Stop:  true,
		Body: &ir.Block{
			Binds: []ir.Bind{{Name: "model", Kind: ir.BindCarry}, {Name: "kept", Kind: ir.BindCarry}, {Name: "round", Kind: ir.BindIteration}},
			Nodes: []ir.Node{
				fit,
				&ir.Step{
					Base:   ir.Base{Name: "check", Ports: []ir.Port{port("score", float)}},
					Inputs: in("m = fit.model"),
					Action: &ir.Argv{Args: []ir.Arg{{Text: "tool"}, {Text: "--in"}, {Input: "m"}, {Output: "score"}, {}}},
				},
			},
			Exports: export(file, "best = fit.model"),
		},
	}
	return finish(t, &ir.Flow{
		Name: "improve_model",
		Body: &ir.Block{Nodes: []ir.Node{
			python("start", "m.py:start", nil, port("model", file)),
			loop,
			step("ship", "./ship.sh", in("improve.best")),
		}},
		Exports: export(file, "improve.best"),
	}, nil)
}

// waits has groups, with and without a gate, and waiting without data.
func waits(t *testing.T) *ir.Flow {
	cleanup := &ir.Group{
		Base: ir.Base{Name: "cleanup"},
		Body: &ir.Block{Nodes: []ir.Node{step("sweep", "rm -rf tmp", nil), step("mail", "./mail.sh", nil)}},
	}
	try := &ir.Group{
		Base: ir.Base{Name: "attempt", Catch: true, Ports: []ir.Port{port("rows", opt(file))}},
		Body: &ir.Block{
			Nodes:   []ir.Node{step("fetch", "curl -O $URL", nil, port("rows", file)), cleanup},
			Exports: export(file, "fetch.rows"),
		},
	}
	each := foreach("each", over(`x in [1, 2]`), step("a", "echo $x", in("x")), step("b", "true", nil))
	return finish(t, &ir.Flow{
		Name: "waits",
		Body: &ir.Block{Nodes: []ir.Node{
			step("setup", "true", nil, port("ok", types.Bool)),
			try,
			gated("setup.ok", &ir.Group{
				Base: ir.Base{Name: "gate"},
				Body: &ir.Block{Nodes: []ir.Node{step("inner", "true", nil)}},
			}),
			each,
			step("last", "true", nil),
		}},
	}, map[string][]string{"attempt": {"setup"}, "each": {"attempt", "gate"}, "last": {"each", "setup"}, "b": {"a"}})
}

// hostile has in every text what means something to a terminal, Mermaid,
// HTML, Markdown or Graphviz, and names that no flow can have.
func hostile(t *testing.T) *ir.Flow {
	evil := "a\"b<script>alert(1)</script>&amp;#quot;`*x*` %%{init: {}}%% $$ \\N \\\" | ; end\x1b[31m\u202e\nnext --> line"
	s := step("end", evil+strings.Repeat(" long", 60), []ir.Input{{Name: "x", Value: ex("1")}}, port("out"+evil, str))
	s.When = ex(`"` + strings.ReplaceAll(evil, `"`, "'") + `"`)
	lists := step("1. list", "- item", nil)
	lists.When = ex("- 1. item")
	sw := &ir.Switch{
		Base:  ir.Base{Name: evil, Ports: []ir.Port{port("データ", types.Enum{Values: []string{`a"b`, "<c>"}})}},
		On:    ex(strings.Repeat(`"語" == "x" || `, 30) + "true"),
		Cases: []ir.Case{{Label: evil, Body: &ir.Block{Nodes: []ir.Node{s}}}, {Else: true, Body: &ir.Block{}}},
	}
	return finish(t, &ir.Flow{
		Name:   evil,
		Params: []*ir.Param{{Name: "p", Type: str, Default: &ir.Literal{JSON: []byte(`"\u001b\n"`)}}},
		Body:   &ir.Block{Nodes: []ir.Node{lists, step("call.fit", "x", nil), sw}},
	}, map[string][]string{evil: {"1. list"}})
}

func TestGolden(t *testing.T) {
	for name, build := range flows {
		t.Run(name, func(t *testing.T) {
			f := build(t)
			draw := func(section string, err error, out *bytes.Buffer) txtar.File {
				if err != nil {
					t.Fatal(err)
				}
				return txtar.File{Name: section, Data: bytes.ReplaceAll(out.Bytes(), []byte("\x1b"), []byte("␛"))}
			}
			got := &txtar.Archive{Comment: []byte("What is drawn of the flow that the test calls " + name + ".\n")}
			for _, o := range []struct {
				section string
				opt     TextOptions
			}{{"text", TextOptions{Width: 80}}, {"text.40", TextOptions{Width: 40}}, {"color", TextOptions{Width: 80, Color: true}}} {
				var out bytes.Buffer
				got.Files = append(got.Files, draw(o.section, Text(&out, f, o.opt), &out))
			}
			for _, o := range []struct {
				section string
				opt     GraphOptions
			}{{"", GraphOptions{}}, {".params", GraphOptions{Params: true}}} {
				if o.opt.Params && len(f.Params) == 0 {
					continue
				}
				var mermaid, dot bytes.Buffer
				got.Files = append(got.Files,
					draw("mermaid"+o.section, Mermaid(&mermaid, f, o.opt), &mermaid),
					draw("dot"+o.section, DOT(&dot, f, o.opt), &dot))
			}
			file := filepath.Join("testdata", name+".txtar")
			if *update {
				if err := os.WriteFile(file, txtar.Format(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), string(txtar.Format(got))); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}

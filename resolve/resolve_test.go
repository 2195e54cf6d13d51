package resolve

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/expr"
	"github.com/flowc-dev/flowc/record"
)

func TestSteps(t *testing.T) {
	w := newWorld(t)
	w.tables.Steps = map[string]contract.StepPlace{"a": {}, "deep": {Depth: 2}, "gated": {Gate: byStep("a", 0)}, "caught": {Catch: true}, "missing": {}, "skipped": {}, "wide": {Depth: 3}}
	w.result("a", path("_"), "7", map[string]record.Control{"gated": {Gate: ptr(false)}})
	w.result("deep", path("1.2"), `"x"`, nil)
	put(w, w.keys.Result("skipped", path("_")), record.Result{Status: record.Skipped, Nonce: "n"})
	put(w, w.keys.Result("caught", path("_")), record.Result{Status: record.Caught, Nonce: "n", Error: &record.TaskError{Kind: "oom", Message: "m", ExitCode: ptr(137)}})

	expect(t, "a value", w.value(stepRef("a", "int")), "7")
	expect(t, "an int where a float belongs", w.show(typeName(w.resolver().Value(context.Background(), ptr(bare(stepRef("a", "float"))), &w.tables, nil))), `"float64"`)
	expect(t, "from deeper inside", w.value(stepRef("deep", "string"), 1, 2, 3), `"x"`)
	expect(t, "a gate that its decider closed", w.value(stepRef("gated", "int?")), "null")
	expect(t, "a step that skipped itself", w.value(stepRef("skipped", "int?")), "null")
	expect(t, "a caught step", w.value(stepRef("caught", "int?")), "null")
	expect(t, "its error", w.value(contract.Ref{Step: "caught", Port: "error", Type: "Error{exit_code: int?, kind: string, message: string, path: string, step: string}?"}), `{"exit_code":137,"kind":"oom","message":"m","path":"_","step":"caught"}`)
	expect(t, "an output that is absent", w.value(contract.Ref{Step: "a", Port: "w", Type: "int?"}), "null")
	expectError(t, "no result", w.value(stepRef("missing", "int")), "missing[_] of run r has no result in the store mem:test")
	expectError(t, "unknown to the contract", w.value(stepRef("nobody", "int")), "does not say how to find step nobody")
	expectError(t, "not deep enough", w.value(stepRef("wide", "int"), 1), "at depth 3")
	expectError(t, "a reference to nothing", w.value(contract.Ref{Type: "int"}), "reference to nothing")
}

func typeName(v any, err error) (any, error) { return fmt.Sprintf("%T", v), err }

func TestParams(t *testing.T) {
	w := newWorld(t)
	ref := contract.Ref{Param: "p", Type: "int?"}
	expectError(t, "no run", w.value(ref), "run r of flow f has no record in the store mem:test")
	put(w, w.keys.RunRecord(), record.Run{Flow: "f", Run: "r", Plan: strings.Repeat("a", 64), Params: map[string]record.Value{"p": {Type: "int", Value: record.Raw("3")}}})
	expect(t, "given", w.value(ref), "3")
	expect(t, "absent", w.value(contract.Ref{Param: "q", Type: "int?"}), "null")
}

func TestBlocks(t *testing.T) {
	w := newWorld(t)
	w.tables.Steps = map[string]contract.StepPlace{"d": {}, "x": {Depth: 1}, "y": {}, "z": {}}
	inner := map[string]contract.Expr{"v": bare(stepRef("x", "int"))}
	place := func(p contract.BlockPlace, control, gate bool, node string) {
		if control {
			p.Control = byStep("d", 0)
		}
		if gate {
			p.Gate = byStep("d", 0)
		}
		w.tables.Blocks[node] = p
	}
	place(contract.BlockPlace{Kind: contract.KindForeach, Exports: inner}, true, false, "fe")
	place(contract.BlockPlace{Kind: contract.KindForeach, Exports: inner}, true, false, "none")
	place(contract.BlockPlace{Kind: contract.KindForeach, Exports: inner}, true, true, "closed")
	place(contract.BlockPlace{Kind: contract.KindForeach, Exports: inner, Catch: true}, true, false, "items")
	cases := []contract.CasePlace{{Label: "a", Exports: map[string]contract.Expr{"v": bare(stepRef("y", "int"))}}, {Label: "b"}, {Else: true, Exports: map[string]contract.Expr{"v": bare(stepRef("z", "int"))}}}
	for _, name := range []string{"sa", "sb", "selse", "snone"} {
		place(contract.BlockPlace{Kind: contract.KindSwitch, Cases: cases}, true, false, name)
	}
	place(contract.BlockPlace{Kind: contract.KindGroup, Catch: true, Exports: map[string]contract.Expr{"v": bare(stepRef("y", "int"))}}, false, true, "open")
	place(contract.BlockPlace{Kind: contract.KindGroup, Catch: true, Exports: map[string]contract.Expr{"v": bare(stepRef("y", "int"))}}, false, false, "failed")
	place(contract.BlockPlace{Kind: contract.KindLoop, Exports: inner, Control: byStep("x", 1)}, false, false, "lo")
	w.result("d", path("_"), "", map[string]record.Control{
		"fe": {Count: ptr(3)}, "none": {Count: ptr(0)}, "closed": {Gate: ptr(false), Count: ptr(0)}, "items": {Count: ptr(3)},
		"sa": {Case: ptr("a")}, "sb": {Case: ptr("b")}, "selse": {Case: ptr("")}, "snone": {None: true}, "open": {Gate: ptr(true)},
	})
	for i := range 3 {
		w.result("x", record.Path{i}, fmt.Sprint(10+i), map[string]record.Control{"lo": {Again: ptr(i < 2)}})
	}
	w.result("y", path("_"), "1", nil)
	w.result("z", path("_"), "2", nil)
	put(w, w.keys.Scope("items", path("1")), record.Scope{Error: record.TaskError{Kind: "error", Message: "m", Step: "x", Path: "1"}})
	put(w, w.keys.Scope("failed", path("_")), record.Scope{Error: record.TaskError{Kind: "timeout", Message: "t"}})

	expect(t, "gather", w.value(blockRef("fe", "list<int>")), "[10,11,12]")
	expect(t, "gather as floats", w.show(w.resolver().Value(context.Background(), ptr(bare(blockRef("fe", "list<float>"))), &w.tables, nil)), "[10,11,12]")
	expect(t, "no items", w.value(blockRef("none", "list<int>")), "[]")
	expect(t, "a closed foreach", w.value(blockRef("closed", "list<int>?")), "null")
	expect(t, "a failed item", w.value(blockRef("items", "list<int?>")), "[10,null,12]")
	expect(t, "its error", w.value(contract.Ref{Block: "items", Port: "error", Type: "list<Error{exit_code: int?, kind: string, message: string, path: string, step: string}?>"}), `[null,{"exit_code":null,"kind":"error","message":"m","path":"1","step":"x"},null]`)
	expect(t, "a case", w.value(blockRef("sa", "int?")), "1")
	expect(t, "a case without the export", w.value(blockRef("sb", "int?")), "null")
	expect(t, "the else case", w.value(blockRef("selse", "int?")), "2")
	expect(t, "no case", w.value(blockRef("snone", "int?")), "null")
	expect(t, "an open group", w.value(blockRef("open", "int?")), "1")
	expect(t, "its error", w.value(contract.Ref{Block: "open", Port: "error", Type: "json"}), "null")
	expect(t, "a failed group", w.value(blockRef("failed", "int?")), "null")
	expect(t, "a loop, by asking", w.value(blockRef("lo", "int")), "12")
	put(w, w.keys.Ends("lo", path("_")), record.Ends{Iterations: 2})
	expect(t, "a loop, by its end", w.value(blockRef("lo", "int")), "11")
	expectError(t, "no such port", w.value(contract.Ref{Block: "fe", Port: "w", Type: "int"}), "does not say what fe.w is")
}

// Items: in place, in pages, a range; of one variable, a product, a zip; from another foreach.
func TestItems(t *testing.T) {
	w := newWorld(t)
	w.tables.Steps = map[string]contract.StepPlace{"d": {}, "each": {Depth: 1}}
	strs := record.Items{Type: "string", List: []record.Raw{record.Raw(`"a"`), record.Raw(`"b"`), record.Raw(`"c"`)}}
	nums := record.Items{Type: "int", Range: true, From: 10}
	long := record.Items{Type: "int", Pages: true}
	w.result("d", path("_"), "", map[string]record.Control{
		"prod": {Count: ptr(6), Lens: []int{3, 2}, Items: []record.Items{strs, nums}},
		"zip":  {Count: ptr(3), Lens: []int{3, 3}, Items: []record.Items{strs, nums}},
		"long": {Count: ptr(200), Lens: []int{200}, Items: []record.Items{long}},
		"map":  {Count: ptr(1), Lens: []int{1}, Items: []record.Items{{Type: "{key: string, value: int}", List: []record.Raw{record.Raw(`{"key":"k","value":1}`)}}}},
	})
	for page, n := range []int{128, 72} {
		items := make([]record.Raw, n)
		for i := range items {
			items[i] = record.Raw(fmt.Sprint(1000 + 128*page + i))
		}
		put(w, w.keys.Items("long", path("_"), 0, page), record.ItemPage{Items: items})
	}
	for _, name := range []string{"prod", "zip", "long", "map"} {
		w.tables.Blocks[name] = contract.BlockPlace{Kind: contract.KindForeach, Control: byStep("d", 0), Zip: name == "zip"}
	}
	item := func(foreach string, v, i int, typ string) string {
		return w.value(contract.Ref{Item: foreach, Var: v, Type: typ}, i)
	}
	for i, want := range []string{`"a" 10`, `"a" 11`, `"b" 10`, `"b" 11`, `"c" 10`, `"c" 11`} {
		expect(t, "product", item("prod", 0, i, "string")+" "+item("prod", 1, i, "int"), want)
	}
	expect(t, "zip", item("zip", 0, 2, "string")+" "+item("zip", 1, 2, "int"), `"c" 12`)
	expect(t, "pages", item("long", 0, 0, "int")+" "+item("long", 0, 128, "int")+" "+item("long", 0, 199, "float"), "1000 1128 1199")
	expect(t, "map", item("map", 0, 0, "{key: string, value: int}"), `{"key":"k","value":1}`)
	expect(t, "index", w.value(contract.Ref{Index: "prod", Type: "int"}, 4), "4")
	expectError(t, "beyond the last", item("prod", 0, 6, "string"), "has no item 6")
	expectError(t, "no such variable", item("prod", 2, 0, "string"), "has no item 0")
	expectError(t, "outside of it", w.value(contract.Ref{Item: "prod", Type: "int"}), "is not in")

	// A foreach over what another one gathered reads one element, not all.
	w.tables.Blocks["first"] = contract.BlockPlace{Kind: contract.KindForeach, Control: byStep("d", 0), Exports: map[string]contract.Expr{"v": bare(stepRef("each", "int"))}}
	w.tables.Blocks["second"] = contract.BlockPlace{Kind: contract.KindForeach, Control: &contract.Control{By: contract.ByAlias, Of: "first"},
		Over: []contract.Over{{Expr: bare(blockRef("first", "list<int>")), Item: "int"}}}
	w.result("each", path("5"), "55", nil)
	w.store.Reset()
	expect(t, "alias", item("second", 0, 5, "float"), "55")
	if n := w.store.Counts(); n.Get != 1 {
		t.Errorf("an element of a gather took %d requests", n.Get)
	}
	put(w, w.keys.Result("d2", path("_")), record.Result{Status: record.OK, Nonce: "n", Control: map[string]record.Control{"first": {Count: ptr(9)}}})
	w.tables.Blocks["first"] = contract.BlockPlace{Kind: contract.KindForeach, Control: byStep("d2", 0)}
	c, err := w.resolver().Control(context.Background(), w.tables.Blocks["second"].Control, "second", &w.tables, path("_"))
	if err != nil || *c.Count != 9 {
		t.Errorf("count by alias: %+v %v", c, err)
	}
}

// A long loop's carried values cost a few requests for each iteration, and no
// stack, whichever way their `next` depends on what is carried.
func TestCarry(t *testing.T) {
	const n = 400
	add := func(refs ...contract.Ref) *contract.Expr {
		return &contract.Expr{Code: code(t, expr.New(expr.OpAdd, expr.Ref(0), expr.Ref(1))), Refs: refs, Type: "int"}
	}
	carried := func(name string) contract.Ref { return contract.Ref{Carry: "lo", Port: name, Type: "int"} }
	w := newWorld(t)
	w.tables.Steps = map[string]contract.StepPlace{"start": {}, "x": {Depth: 1}}
	w.tables.Blocks["gr"] = contract.BlockPlace{Kind: contract.KindGroup, Depth: 1, Exports: map[string]contract.Expr{"v": *add(carried("sum"), stepRef("x", "int"))}}
	w.tables.Blocks["lo"] = contract.BlockPlace{Kind: contract.KindLoop, Control: byStep("x", 1),
		Exports: map[string]contract.Expr{"v": *add(carried("sum"), stepRef("x", "int"))},
		Carry: map[string]contract.Carry{
			"last":   {Init: bare(stepRef("start", "int")), Next: ptr(bare(stepRef("x", "int"))), Type: "int"},
			"sum":    {Init: bare(stepRef("start", "int")), Next: add(carried("sum"), stepRef("x", "int")), Type: "int"},
			"before": {Init: bare(stepRef("start", "int")), Next: ptr(bare(carried("last"))), Type: "int"},
			"via":    {Init: bare(stepRef("start", "int")), Next: ptr(bare(blockRef("gr", "int"))), Type: "int"},
			"fixed":  {Init: bare(stepRef("start", "int")), Type: "int"},
		}}
	w.result("start", path("_"), "5", nil)
	for i := range n {
		w.result("x", record.Path{i}, fmt.Sprint(i), map[string]record.Control{"lo": {Again: ptr(i < n-1)}})
	}
	sum := func(i int) int { return 5 + i*(i-1)/2 } // of the iterations before i
	for _, test := range []struct {
		name string
		at   int
		want int
		gets int // at most
	}{
		{"last", 0, 5, 1}, {"last", 1, 0, 1}, {"last", 300, 299, 1},
		{"fixed", 399, 5, 1},
		{"before", 0, 5, 1}, {"before", 1, 5, 1}, {"before", 2, 0, 1}, {"before", 300, 298, 1},
		{"sum", 0, 5, 1}, {"sum", 1, 5, 2}, {"sum", 399, sum(399), 400},
		{"via", 1, 5, 2}, {"via", 399, sum(399), 400},
	} {
		w.store.Reset()
		expect(t, fmt.Sprintf("%s at %d", test.name, test.at), w.value(carried(test.name), test.at, 0), fmt.Sprint(test.want))
		// One of the requests may ask in vain whether results are taken over.
		if got := w.store.Counts().Get; got > test.gets+1 {
			t.Errorf("%s at %d took %d requests, want %d", test.name, test.at, got, test.gets)
		}
	}
	expect(t, "export of the last iteration", w.value(blockRef("lo", "int")), fmt.Sprint(sum(400)))
	expect(t, "iteration", w.value(contract.Ref{Index: "lo", Type: "int"}, 3), "3")
	// Where the deciders have kept the values, one of them is enough.
	k := newWorld(t)
	k.tables = w.tables
	for _, i := range []int{200, 201} {
		k.result("x", record.Path{i}, fmt.Sprint(i), map[string]record.Control{"lo": {Again: ptr(true), Carry: map[string]record.Value{
			"sum": {Type: "int", Value: record.Raw(fmt.Sprint(sum(i + 1)))}}}})
	}
	expect(t, "kept", k.value(carried("sum"), 202, 0), fmt.Sprint(sum(202)))
	expect(t, "computed from what was kept", k.value(carried("via"), 202, 0), fmt.Sprint(sum(202)))
	if got := k.store.Counts().Get; got > 6 {
		t.Errorf("values that were kept took %d requests", got)
	}
	expectError(t, "no such value", w.value(carried("nothing"), 2), "does not say what lo carries as nothing")
}

// A resumed run finds what it takes over in the runs that made it: results,
// decisions, pages of items.
func TestReuse(t *testing.T) {
	w := newWorld(t)
	w.tables.Steps = map[string]contract.StepPlace{"x": {Depth: 1}, "d": {}}
	w.tables.Blocks["fe"] = contract.BlockPlace{Kind: contract.KindForeach, Control: byStep("d", 0), Exports: map[string]contract.Expr{"v": bare(stepRef("x", "int"))}}
	old := *w
	old.keys.Run = "old"
	old.result("d", path("_"), "", map[string]record.Control{"fe": {Count: ptr(3), Lens: []int{3}, Items: []record.Items{{Type: "int", Pages: true}}}})
	put(&old, old.keys.Items("fe", path("_"), 0, 0), record.ItemPage{Items: []record.Raw{record.Raw("7"), record.Raw("8"), record.Raw("9")}})
	old.result("x", path("0"), "100", nil)
	old.result("x", path("1"), "101", nil)
	older := *w
	older.keys.Run = "older"
	older.result("x", path("2"), "202", nil)
	w.result("x", path("1"), "301", nil)
	put(w, w.keys.Reuse(), record.Reuse{Steps: map[string][]record.ReusePart{"d": {{Run: "old", Paths: "_"}}, "x": {{Run: "old", Paths: "0"}, {Run: "older", Paths: "2"}}}})
	expect(t, "gather over three runs", w.value(blockRef("fe", "list<int>")), "[100,301,202]")
	expect(t, "item", w.value(contract.Ref{Item: "fe", Type: "int"}, 1), "8")
	_, run, err := w.resolver().Result(context.Background(), "x", &w.tables, path("2"))
	if err != nil || run != "older" {
		t.Error(run, err)
	}
	put(w, "runs/f/r9/reuse.json", record.Reuse{Steps: map[string][]record.ReusePart{"x": {{Run: "old", Paths: "2"}}}})
	w.keys.Run = "r9"
	expectError(t, "taken over, but lost", w.value(stepRef("x", "int"), 2), "x[2] of run old has no result")
}

// A wide gather is read from summaries where there are any; the first reader writes them.
func TestPages(t *testing.T) {
	w := newWorld(t)
	const n = 300
	w.tables.Steps = map[string]contract.StepPlace{"x": {Depth: 1}}
	w.tables.Blocks["x"] = contract.BlockPlace{Kind: contract.KindForeach, Control: constant(record.Control{Count: ptr(n)}), Pages: "x", Exports: map[string]contract.Expr{"v": bare(stepRef("x", "int"))}}
	for i := range n {
		w.result("x", record.Path{i}, fmt.Sprint(i), nil)
	}
	gather := func(r *Resolver) (string, int) {
		w.store.Reset()
		got := w.show(r.Value(context.Background(), ptr(bare(blockRef("x", "list<int>"))), &w.tables, nil))
		return got, w.store.Counts().Get
	}
	plain, gets := gather(w.resolver())
	if gets < n || w.store.Counts().Put != 0 {
		t.Errorf("%d requests, %+v", gets, w.store.Counts())
	}
	writer := New(Options{Store: w.store, Keys: w.keys, WritePages: true})
	first, _ := gather(writer)
	if puts := w.store.Counts().Put; puts != 3 {
		t.Errorf("%d summaries written", puts)
	}
	again, gets := gather(writer)
	if gets != 0 {
		t.Errorf("the same reader made %d requests the second time", gets)
	}
	second, gets := gather(w.resolver())
	if gets != 3 {
		t.Errorf("with summaries: %d requests", gets)
	}
	if plain != first || first != second || again != first || !strings.HasPrefix(plain, "[0,1,2,3,") || strings.Count(plain, ",") != n-1 {
		t.Errorf("gathers differ: %.60s %.60s %.60s", plain, first, second)
	}
}

// A reader seals a task with a catch of its own, once, and reads what came of it.
func TestSeal(t *testing.T) {
	w := newWorld(t)
	w.tables.Steps = map[string]contract.StepPlace{"x": {Catch: true}, "y": {}}
	sealed := 0
	allow := false
	opt := Options{Store: w.store, Keys: w.keys, Seal: func(_ context.Context, step string, p record.Path) (bool, error) {
		sealed++
		if allow {
			put(w, w.keys.Result(step, p), record.Result{Status: record.Caught, Nonce: "n", Error: &record.TaskError{Kind: "lost", Message: "m"}})
		}
		return allow, nil
	}}
	read := func(step string) string {
		return w.show(New(opt).Value(context.Background(), ptr(bare(stepRef(step, "int?"))), &w.tables, nil))
	}
	expectError(t, "not to be sealed", read("x"), "has no result")
	allow = true
	expect(t, "sealed", read("x"), "null")
	expect(t, "from then on", read("x"), "null")
	expectError(t, "without catch", read("y"), "has no result")
	if sealed != 2 {
		t.Errorf("asked %d times to seal", sealed)
	}
}

// Contracts that lead nowhere or in circles end in errors.
func TestDamagedContracts(t *testing.T) {
	w := newWorld(t)
	w.tables.Steps = map[string]contract.StepPlace{"a": {Gate: byStep("b", 0)}, "b": {Gate: byStep("a", 0)}, "self": {Gate: &contract.Control{By: contract.BySelf}}}
	loop := contract.BlockPlace{Kind: contract.KindGroup, Exports: map[string]contract.Expr{"v": bare(blockRef("round", "int"))}}
	w.tables.Blocks = map[string]contract.BlockPlace{
		"round": loop, "nokind": {Kind: "odd"}, "nocontrol": {Kind: contract.KindForeach}, "nogate": {Kind: contract.KindGroup, Gate: byStep("z", 0)},
		"alias":   {Kind: contract.KindForeach, Control: &contract.Control{By: contract.ByAlias, Of: "alias"}},
		"by":      {Kind: contract.KindForeach, Control: &contract.Control{By: "oracle"}},
		"empty":   {Kind: contract.KindForeach, Control: &contract.Control{By: contract.ByConst}},
		"nocount": {Kind: contract.KindForeach, Control: constant(record.Control{})},
		"nocase":  {Kind: contract.KindSwitch, Control: constant(record.Control{})},
		"noagain": {Kind: contract.KindLoop, Control: constant(record.Control{})},
		"forever": {Kind: contract.KindLoop, Control: constant(record.Control{Again: ptr(true)})},
		"deep":    {Kind: contract.KindGroup, Depth: 3},
		"carry":   {Kind: contract.KindLoop, Carry: map[string]contract.Carry{"v": {Init: bare(contract.Ref{Carry: "carry", Port: "v", Type: "int"}), Type: "int"}}},
	}
	w.result("z", path("_"), "1", nil)
	for name := range w.tables.Blocks {
		expectError(t, name, w.value(blockRef(name, "int")), "")
	}
	expectError(t, "self", w.value(stepRef("self", "int")), "")
	expectError(t, "a", w.value(stepRef("a", "int")), "")
	expectError(t, "carry", w.value(contract.Ref{Carry: "carry", Port: "v", Type: "int"}, 2), "")
	for _, e := range []contract.Expr{{Code: []byte("?"), Type: "int"}, {Type: "int"}, {Type: "nonsense", Refs: []contract.Ref{stepRef("z", "int")}}, {Code: code(t, expr.Ref(3)), Type: "int", Refs: []contract.Ref{stepRef("z", "int")}}} {
		expectError(t, string(e.Code), w.show(w.resolver().Value(context.Background(), &e, &w.tables, nil)), "")
	}
}

// References that an expression does not need are not read.
func TestLazy(t *testing.T) {
	w := newWorld(t)
	w.tables.Steps = map[string]contract.StepPlace{"a": {}, "missing": {}}
	w.result("a", path("_"), "1", nil)
	e := contract.Expr{Code: code(t, expr.New(expr.OpElse, expr.Ref(0), expr.Ref(1))), Refs: []contract.Ref{stepRef("a", "int?"), stepRef("missing", "int")}, Type: "int"}
	expect(t, "a ?? missing", w.show(w.resolver().Value(context.Background(), &e, &w.tables, nil)), "1")
}

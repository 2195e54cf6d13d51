package check_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/compile"
	"github.com/flowc-dev/flowc/conformance/random"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/ir/check"
)

// tree draws syntax trees that a front end could make, right and wrong ones:
// names from a small pool, so that they often meet, and expressions that read
// them. Every part has a place of its own.
type tree struct {
	t    *rapid.T
	at   int32
	left int // nodes that may still be made

	others []*ast.Flow // that calls may use
}

func (g *tree) span(n int) diag.Span {
	g.at += 200
	return diag.Span{File: 1, Start: g.at, End: g.at + int32(n)}
}

func (g *tree) chance(percent int) bool { return rapid.IntRange(0, 99).Draw(g.t, "chance") < percent }

func (g *tree) pick(words ...string) string { return rapid.SampledFrom(words).Draw(g.t, "word") }

func (g *tree) nodeName() ast.Name {
	s := g.pick("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "x-y", "params", "")
	return ast.Name{Value: s, Span: g.span(len(s))}
}

func (g *tree) name() ast.Name {
	s := g.pick("v", "w", "x", "y", "z", "error", "V", "")
	return ast.Name{Value: s, Span: g.span(len(s))}
}

func (g *tree) str(s string) ast.Str { return ast.Str{Value: s, Span: g.span(len(s))} }

func (g *tree) text(s string) *diag.Text {
	t := diag.Literal(s, g.span(len(s)))
	return &t
}

func (g *tree) ref() string {
	switch g.pick("node", "node", "node", "bind", "param", "odd") {
	case "bind":
		return g.pick("v", "w", "x", "y", "z")
	case "param":
		return "params." + g.pick("p", "q", "r", "s")
	case "odd":
		return g.pick("nil", "1", `"a"`, "true", "[1, 2]", "range(3)", "a", "a.v.w", "nothing.at_all", "1 +", "")
	}
	return g.pick("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n") + "." + g.pick("v", "w", "x", "error")
}

func (g *tree) expr() *diag.Text {
	a := g.ref()
	switch g.pick("bare", "bare", "bare", "binary", "else", "call", "cond", "nil", "predicate") {
	case "binary":
		return g.text(a + g.pick(" + ", " > ", " == ", " and ", " ?? ") + g.ref())
	case "else":
		return g.text(a + " ?? 3")
	case "call":
		return g.text(g.pick("len", "sum", "compact", "must", "string", "first", "nope") + "(" + a + ")")
	case "cond":
		return g.text(a + " ? " + g.ref() + " : " + g.ref())
	case "nil":
		return g.text(a + " != nil")
	case "predicate":
		return g.text("filter(" + a + ", # == " + g.ref() + ")")
	}
	return g.text(a)
}

func (g *tree) value() ast.Value {
	switch {
	case g.chance(10):
		return ast.Value{}
	case g.chance(20):
		json := g.pick(`1`, `2.5`, `"x"`, `[1, 2]`, `[1, "a"]`, `{"a": 1}`, `null`, `[]`, `{`, `true`)
		s := g.span(len(json))
		return ast.Value{Lit: &ast.Literal{JSON: []byte(json), Span: s}, Span: s}
	}
	x := g.expr()
	return ast.Value{Expr: x, Span: x.Span}
}

func (g *tree) typ() ast.TypeRef {
	s := g.pick("int", "float", "string", "bool", "file", "list<int>", "list<file>", "map<int>", "json", "int?", "enum<a|b>", "Cfg", "nope", "list<", "", "date", "Other")
	return ast.TypeRef{Text: *g.text(s), Span: g.span(len(s))}
}

func (g *tree) exports() (out []ast.Export) {
	for g.chance(60) && len(out) < 3 {
		out = append(out, ast.Export{Name: g.name(), Value: g.value(), Span: g.span(3)})
	}
	return out
}

func (g *tree) steps(depth int) (out []ast.Node) {
	for n := rapid.IntRange(0, 4).Draw(g.t, "steps"); n > 0 && g.left > 0; n-- {
		g.left--
		out = append(out, g.node(depth))
	}
	return out
}

func (g *tree) integer(from, to int64) ast.Int {
	if g.chance(30) {
		return ast.Int{}
	}
	return ast.Int{Value: rapid.Int64Range(from, to).Draw(g.t, "int"), Span: g.span(2)}
}

func (g *tree) node(depth int) ast.Node {
	n := ast.Node{Name: g.nodeName(), Span: g.span(100), Keys: map[string]diag.Span{}, Partial: g.chance(3)}
	if g.chance(20) {
		n.When = g.expr()
	}
	if g.chance(15) {
		n.Catch = ast.Bool{Value: true, Span: g.span(4)}
	}
	for g.chance(15) {
		n.After = append(n.After, g.nodeName())
	}
	kind := g.pick("step", "step", "step", "foreach", "each", "switch", "loop", "group", "call", "odd")
	if depth > 9 && kind != "foreach" {
		kind = "step"
	}
	switch kind {
	case "foreach", "each":
		n.Foreach = &ast.Foreach{Span: g.span(7), Max: g.integer(-1, 20_000_000), Batch: g.integer(0, 3)}
		for len(n.Foreach.Vars) == 0 || g.chance(30) {
			n.Foreach.Vars = append(n.Foreach.Vars, ast.ForeachVar{Name: g.name(), Over: g.value()})
		}
		if g.chance(40) {
			n.Foreach.Combine = g.str(g.pick("zip", "product"))
		}
		if g.chance(20) {
			n.Foreach.Index = g.name()
		}
		n.MaxParallel = g.integer(1, 3)
	case "loop":
		n.Loop = &ast.Loop{Span: g.span(4), Until: g.expr(), Max: g.integer(-1, 100), AtMax: g.str(g.pick("stop", "fail"))}
		for g.chance(50) {
			x := ast.Carry{Name: g.name(), From: g.value(), Next: g.value(), Span: g.span(3)}
			if g.chance(30) {
				t := g.typ()
				x.Type = &t
			}
			n.Loop.Carry = append(n.Loop.Carry, x)
		}
	case "switch":
		n.Switch = &ast.Switch{Span: g.span(6), On: g.expr()}
		for g.chance(60) {
			n.Switch.Cases = append(n.Switch.Cases, g.alternative(depth))
		}
		if g.chance(60) {
			c := g.alternative(depth)
			n.Switch.Else = &c
		}
		return n
	}
	if kind == "each" || kind == "loop" || kind == "group" {
		n.HasSteps = true
		n.Steps = g.steps(depth + 1)
		n.Export = g.exports()
		return n
	}
	if kind == "odd" {
		return n
	}
	if kind == "call" || kind == "foreach" && g.chance(20) {
		g.call(&n)
		return n
	}
	g.action(&n)
	return n
}

// call makes a node that uses one of the other flows, or one that is not there.
func (g *tree) call(n *ast.Node) {
	n.Uses = &ast.Uses{Path: g.str("./other.flow.yaml")}
	if len(g.others) > 0 && g.chance(95) {
		n.Uses.Flow = rapid.SampledFrom(g.others).Draw(g.t, "used")
	}
	for g.chance(70) {
		s := g.pick("p", "q", "r", "s", "")
		n.Inputs = append(n.Inputs, ast.Input{Name: ast.Name{Value: s, Span: g.span(1)}, Value: g.value(), Span: g.span(5)})
	}
}

func (g *tree) alternative(depth int) ast.Case {
	label := g.pick("a", "b", "true", "false", "", "other")
	return ast.Case{Label: ast.Name{Value: label, Span: g.span(len(label))}, Steps: g.steps(depth + 1), Export: g.exports(), Span: g.span(9)}
}

func (g *tree) action(n *ast.Node) {
	switch g.pick("run", "python", "command", "none") {
	case "run":
		n.Action = &ast.Script{Text: g.str("./run.sh")}
	case "python":
		n.Action = &ast.Call{File: g.pick("a.py", "../a.py", ""), Func: "f", Span: g.span(5)}
	case "command":
		in, out := g.name(), g.name()
		text := g.str("tool")
		n.Action = &ast.Argv{Args: []ast.Arg{{Text: &text}, {Input: &in}, {Output: &out}, {}}, Span: g.span(5)}
	}
	for g.chance(60) {
		in := ast.Input{Name: g.name(), Value: g.value(), Span: g.span(3)}
		if g.chance(20) {
			t := g.typ()
			in.Type = &t
		}
		n.Inputs = append(n.Inputs, in)
	}
	for g.chance(60) {
		n.Outputs = append(n.Outputs, ast.Output{Name: g.name(), Type: g.typ(), Span: g.span(3)})
	}
	if g.chance(20) {
		n.Exec = g.exec()
	}
}

func (g *tree) exec() ast.Exec {
	return ast.Exec{
		Image:     g.str(g.pick("python:3", "Bad:x", "a b")),
		Resources: &ast.Resources{CPU: g.str("2"), CPUMilli: 2000, Memory: g.integer(-1, 1<<40), GPU: g.integer(-1, 70), Shm: g.integer(0, 1<<41)},
		Retry:     &ast.Retry{Attempts: g.integer(-1, 12), Delay: ast.Duration{Value: time.Duration(rapid.Int64().Draw(g.t, "delay")), Span: g.span(1)}, Span: g.span(1)},
		Timeout:   ast.Duration{Value: time.Duration(rapid.Int64().Draw(g.t, "timeout")), Span: g.span(1)},
		Env:       []ast.KV{{Key: g.name(), Value: g.str("x")}},
		Secrets:   []ast.Secret{{Env: g.name(), From: g.str(g.pick("a/b", "/", "a")), Span: g.span(3)}, {File: g.str("../x"), From: g.str("a/b")}},
		Shell:     g.str(g.pick("sh", "bash", "fish")),
		Labels:    []ast.KV{{Key: g.name(), Value: g.str(g.pick("x", "a b", ""))}},
		Code:      []ast.Str{g.str(g.pick("*.py", "[", "/x"))},
		Cache:     &ast.Cache{Lifetime: ast.Duration{Value: -1, Span: g.span(1)}},
	}
}

func (g *tree) flow() *ast.Flow {
	f := &ast.Flow{Name: g.name(), Partial: g.chance(5), Span: g.span(10)}
	for _, name := range []string{"p", "q", "r"} {
		p := ast.Param{Name: ast.Name{Value: name, Span: g.span(1)}, Type: g.typ(), Span: g.span(5)}
		if v := g.value(); v.Lit != nil {
			p.Default = v.Lit
		}
		if v := g.value(); v.Lit != nil {
			p.Min, p.Schema = v.Lit, v.Lit
		}
		f.Params = append(f.Params, p)
	}
	for _, name := range []string{"Cfg", "Other", "Cfg"} {
		f.Types = append(f.Types, ast.TypeDecl{Name: ast.Name{Value: name, Span: g.span(3)}, Fields: []ast.FieldDecl{{Name: g.name(), Type: g.typ()}}})
	}
	if g.chance(30) {
		f.Defaults = g.exec()
	}
	if g.chance(30) {
		f.Schedule = &ast.Schedule{Cron: g.str(g.pick("* * * * *", "x", "0 0 31 2 *")), Date: ast.Name{Value: g.pick("p", "z"), Span: g.span(1)}, Span: g.span(5)}
	}
	f.Steps = g.steps(0)
	f.Export = g.exports()
	return f
}

// Whatever tree comes in, Build returns, reports every finding once and at a
// place, and makes a graph that keeps its promises if it finds no error.
func TestAnyTree(t *testing.T) {
	good := 0
	rapid.Check(t, func(t *rapid.T) {
		g := &tree{t: t, left: 30}
		for g.chance(40) {
			other := g.flow() // may use those before it
			other.File = "other.flow.yaml"
			g.others = append(g.others, other)
			g.left = 20
		}
		f := g.flow()
		out, list := check.Build(f)
		for i, d := range list {
			if !d.Span.Valid() {
				t.Errorf("%s: %s: no place", d.Code, d.Summary)
			}
			if i > 0 && d.Span == list[i-1].Span && d.Code == list[i-1].Code && d.Summary == list[i-1].Summary {
				t.Errorf("twice: %s", d.Summary)
			}
		}
		if out == nil {
			t.Fatal("no graph")
		}
		if err := ir.Print(discard{}, out); err != nil {
			t.Fatal(err)
		}
		if !list.HasErrors() && !f.Partial {
			good++
		}
	})
	t.Logf("%d without errors", good)
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// Valid flows have no findings and make a graph that keeps its promises; a
// second Build makes the same.
func TestValidFlows(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := random.Flow(rt)
		f, list, srcs := build(text)
		if list.HasErrors() {
			rt.Fatalf("%s\n%s", text, render(list, srcs))
		}
		verify(t, f)
		again, _, _ := build(text)
		if f.Digest() != again.Digest() {
			rt.Fatalf("two digests:\n%s", text)
		}
	})
}

// A valid flow stays valid where it is used, and what the call makes of it
// keeps the promises of a graph; its own graph is not changed by that.
func TestValidFlowsUsed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := random.Flow(rt)
		alone, _, _ := build(text)
		before := alone.Digest()
		list := func(e string) string {
			var calls strings.Builder
			for _, x := range alone.Exports {
				fmt.Fprintf(&calls, e, x.Name)
			}
			return calls.String()
		}
		var given strings.Builder
		for i, p := range alone.Params {
			if p.Default != nil && i%2 == 0 {
				fmt.Fprintf(&given, "%s: {value: %s}, ", p.Name, p.Default.JSON)
			}
		}
		outer := "flow: outer\nsteps:\n" +
			"  once: {uses: ./inner.yaml, inputs: {" + given.String() + "}}\n" +
			"  each: {foreach: {item: [1, 2]}, uses: ./inner.yaml, inputs: {" + given.String() + "}}\n" +
			"  maybe: {when: 1 > 2, catch: true, uses: ./middle.yaml}\n"
		if len(alone.Exports) > 0 {
			outer += "export: {" + list("a_%[1]s: once.%[1]s, b_%[1]s: each.%[1]s, c_%[1]s: maybe.%[1]s, ") + "}\n"
		}
		middle := "flow: middle\nsteps:\n  inner: {uses: ./inner.yaml}\n"
		if len(alone.Exports) > 0 {
			middle += "export: {" + list("%[1]s: inner.%[1]s, ") + "}\n"
		}
		files := map[string]string{"inner.yaml": text, "middle.yaml": middle}
		srcs := &diag.Sources{}
		r := compile.File(srcs, "flow.yaml", []byte(outer), compile.WithFiles(func(name string) ([]byte, error) { return []byte(files[name]), nil }))
		if !r.OK() {
			for _, d := range r.Findings {
				if d.Severity == diag.Error && d.Code != diag.NestedTooDeep && d.Code != diag.NeverRuns {
					rt.Fatalf("%s\n%s\n%s", text, outer, render(r.Findings, srcs))
				}
			}
			return
		}
		verify(t, r.Graph)
		if n, want := r.Graph.NumNodes(), 4+3*alone.NumNodes(); n != want {
			rt.Fatalf("%d nodes, want %d", n, want)
		}
		if alone.Digest() != before {
			rt.Fatal("the graph was changed")
		}
	})
}

package plan_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/flowc-dev/flowc/conformance/random"
	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/frontend/yaml"
	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/ir/check"
	"github.com/flowc-dev/flowc/plan"
)

// graph builds a flow that must be valid.
func graph(t testing.TB, text string) *ir.Flow {
	t.Helper()
	srcs := &diag.Sources{}
	tree, found := yaml.Frontend{}.Load(srcs, "flow.yaml", []byte(text))
	var f *ir.Flow
	if tree != nil {
		var more diag.List
		f, more = check.Build(tree)
		found = append(found, more...)
	}
	if found.HasErrors() {
		var out bytes.Buffer
		diag.WriteText(&out, found, srcs, diag.TextOptions{})
		t.Fatalf("%s\n%s", &out, text)
	}
	return f
}

// Who decides what, in small flows: the rule in ARCHITECTURE.md case by case.
func TestDeciders(t *testing.T) {
	for _, test := range []struct{ name, steps, want string }{
		{"literal list", `
  f: {foreach: {x: [1, 2]}, inputs: [x], run: f}`, "f count const"},
		{"gate on a constant", `
  s: {when: 1 > 2, run: s}`, "s gate const"},
		{"params only", `
  f: {foreach: {x: params.xs}, inputs: [x], run: f}
  s: {when: params.on, run: s}`, "f count init; s gate init"},
		{"the step that made the list", `
  a: {run: a, outputs: {xs: list<int>}}
  f: {foreach: {x: a.xs}, inputs: [x], run: f}`, "f count step a"},
		{"the last of two in a row", `
  a: {run: a, outputs: {xs: list<int>, n: int}}
  b: {inputs: [a.n], run: b, outputs: {go: bool}}
  f: {foreach: {x: a.xs}, when: b.go, inputs: [x], run: f}`, "f gate step b; f count step b"},
		{"two side by side", `
  a: {run: a, outputs: {n: int}}
  b: {run: b, outputs: {n: int}}
  f: {foreach: {x: range(a.n + b.n)}, inputs: [x], run: f}`, "f count decide flowc_decide_f"},
		{"two side by side, and a step behind both that comes before", `
  a: {run: a, outputs: {n: int}}
  b: {run: b, outputs: {n: int}}
  c: {inputs: {x: a.n, y: b.n}, run: c}
  f: {foreach: {x: range(a.n + b.n)}, after: [c], inputs: [x], run: f}`, "f count step c"},
		{"over what another gathered", `
  a: {foreach: {x: params.xs}, inputs: [x], run: a, outputs: {n: int}}
  b: {foreach: {n: a.n}, inputs: [n], run: b}`, "a count init; b count alias a"},
		{"over a part of what another gathered", `
  a: {foreach: {x: params.xs}, inputs: [x], run: a, outputs: {n: int?}}
  b: {foreach: {n: compact(a.n)}, inputs: [n], run: b}`, "a count init; b count decide flowc_decide_b"},
		{"a gate that only its own task can know", `
  a: {run: a, outputs: {n: int}}
  b: {run: b, outputs: {n: int}}
  s: {when: a.n > b.n, run: s}`, "s gate self"},
		{"a gated step cannot decide", `
  a: {when: params.on, run: a, outputs: {n: int}}
  f: {foreach: {x: range(a.n ?? 0)}, inputs: [x], run: f}`, "a gate init; f count decide flowc_decide_f"},
		{"decided once, outside", `
  a: {run: a, outputs: {xs: list<int>}}
  o:
    foreach: {i: range(3)}
    steps:
      f: {foreach: {x: a.xs}, inputs: [x, i], run: f}`, "o count const; f count step a hoisted 1"},
		{"not moved where it may fail", `
  a: {run: a, outputs: {xs: list<list<int>>}}
  o:
    foreach: {i: range(3)}
    steps:
      f: {foreach: {x: "a.xs[7]"}, inputs: [x, i], run: f}`, "o count const; f count decide flowc_decide_f"},
		{"a field of a record is safe, of json it is not", `
  a: {run: a, outputs: {r: {xs: list<int>}, j: json}}
  o:
    foreach: {i: range(3)}
    steps:
      f: {foreach: {x: a.r.xs}, inputs: [x, i], run: f}
      g: {foreach: {x: range(int(a.j.n))}, inputs: [x, i], run: f}`, "o count const; f count step a hoisted 1; g count decide flowc_decide_g"},
		{"not moved out of the gate that makes it safe", `
  g:
    when: params.maybe != nil
    steps:
      f: {foreach: {x: params.maybe}, inputs: [x], run: f}`, "g gate init; f count decide flowc_decide_f"},
		{"the item decides", `
  o:
    foreach: {xs: [[1], [2, 3]]}
    steps:
      f: {foreach: {x: xs}, inputs: [x], run: f}`, "o count const; f count decide flowc_decide_f"},
		{"a switch", `
  a: {run: a, outputs: {mode: enum<x|y>}}
  w:
    switch: a.mode
    cases: {x: {steps: {sx: {run: x}}}, y: {steps: {sy: {run: y}}}}`, "w case step a"},
		{"a loop, by the step that its test reads", `
  l:
    loop: {until: s.n > 3, max: 5}
    steps: {r: {run: r}, s: {run: s, outputs: {n: int}}}`, "l again step s"},
		{"a loop whose test reads a gathered list, with a gate", `
  a: {run: a, outputs: {n: int}}
  b: {run: b, outputs: {n: int}}
  l:
    when: a.n > b.n
    loop: {until: sum(f.n) > 3, max: 5}
    steps: {f: {foreach: {x: params.xs}, inputs: [x], run: s, outputs: {n: int}}}`,
			"l gate decide flowc_gate_l; l again decide flowc_again_l; f count init"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := graph(t, "flow: t\nparams:\n  xs: {type: list<int>, default: []}\n  flag: {type: bool, default: true}\n  maybe: {type: list<int>?}\nsteps:"+
				strings.ReplaceAll(test.steps, "params.on", "params.flag"))
			p, notes := plan.Make(f)
			var got []string
			decides := 0
			for _, c := range p.Controls {
				node := f.Node(c.Node).Head().Name
				text := fmt.Sprintf("%s %s ", node, c.Kind)
				switch by := c.By.(type) {
				case plan.ByConst:
					text += "const"
				case plan.ByAlias:
					text += "alias " + f.Node(by.Of).Head().Name
				case plan.ByInit:
					text += "init"
				case plan.ByStep:
					text += "step " + f.Node(by.Step).Head().Name
					if by.Hoisted > 0 {
						text += fmt.Sprintf(" hoisted %d", by.Hoisted)
					}
				case plan.BySelf:
					text += "self"
				case plan.ByDecide:
					text += "decide " + by.Name
					decides++
				}
				got = append(got, text)
			}
			if strings.Join(got, "; ") != test.want {
				t.Errorf("got  %s\nwant %s", strings.Join(got, "; "), test.want)
			}
			if len(notes) != decides {
				t.Errorf("%d tasks were added, but %d notes say so", decides, len(notes))
			}
		})
	}
}

// Documents hold together, whatever the flow: each reference finds its place in
// its own document's tables, each decider exists and publishes, and comes
// before the node that waits for it.
func TestDocumentsHoldTogether(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := random.Flow(rt)
		p, _ := plan.Make(graph(t, text))
		c := closure{t: rt, text: text, publishes: map[string]bool{}}
		for _, d := range p.Doc.Init.Decides {
			c.publishes[contract.InitStep+" "+d.Node+" "+d.Kind] = true
		}
		for _, s := range p.Steps {
			for _, d := range s.Decides {
				c.publishes[s.Step+" "+d.Node+" "+d.Kind] = true
			}
		}
		for _, s := range p.Steps {
			for _, in := range s.Inputs {
				c.expr(&s.Tables, in.Expr)
			}
			if s.Gate != nil {
				c.expr(&s.Tables, *s.Gate)
			}
			c.decisions(&s.Tables, s.Decides)
			c.tables(&s.Tables)
		}
		for _, x := range p.Doc.Exports {
			c.expr(&p.Doc.Tables, x.Expr)
		}
		c.decisions(&p.Doc.Tables, p.Doc.Init.Decides)
		c.tables(&p.Doc.Tables)
		c.block(&p.Doc.Body, map[string]bool{})
		for name, doc := range p.Files() {
			if !json.Valid(doc) {
				rt.Fatalf("%s is no JSON", name)
			}
		}
	})
}

type closure struct {
	t         *rapid.T
	text      string
	publishes map[string]bool
}

func (c *closure) fail(format string, args ...any) {
	c.t.Fatalf("%s\n%s", fmt.Sprintf(format, args...), c.text)
}

func (c *closure) expr(t *contract.Tables, e contract.Expr) {
	for _, r := range e.Refs {
		block := r.Block + r.Item + r.Index + r.Carry // one of them is set
		place, ok := t.Blocks[block]
		switch {
		case r.Step != "":
			if _, ok := t.Steps[r.Step]; !ok {
				c.fail("no place for step %s", r.Step)
			}
		case r.Param != "":
		case !ok:
			c.fail("no place for block %s", block)
		case r.Carry != "":
			if _, ok := place.Carry[r.Port]; !ok {
				c.fail("%s does not say how %s is carried", block, r.Port)
			}
		case r.Item != "" && place.Control == nil:
			c.fail("%s does not say where its items are", block)
		case r.Block != "" && !(r.Port == "error" && place.Catch):
			has := false
			if _, ok := place.Exports[r.Port]; ok {
				has = true
			}
			for _, cs := range place.Cases {
				if _, ok := cs.Exports[r.Port]; ok {
					has = true
				}
			}
			if !has {
				c.fail("block %s does not say what its port %s is", block, r.Port)
			}
		}
	}
}

func (c *closure) decisions(t *contract.Tables, ds []contract.Decision) {
	for _, d := range ds {
		for _, e := range []*contract.Expr{d.When, d.Expr} {
			if e != nil {
				c.expr(t, *e)
			}
		}
		for _, o := range d.Over {
			c.expr(t, o.Expr)
		}
	}
}

func (c *closure) tables(t *contract.Tables) {
	for name, b := range t.Blocks {
		for _, x := range b.Exports {
			c.expr(t, x)
		}
		for _, cs := range b.Cases {
			for _, x := range cs.Exports {
				c.expr(t, x)
			}
		}
		for _, cy := range b.Carry {
			c.expr(t, cy.Init)
			if cy.Next != nil {
				c.expr(t, *cy.Next)
			}
		}
		for _, o := range b.Over {
			c.expr(t, o.Expr)
		}
		if b.Control != nil && b.Control.By == contract.ByAlias {
			if t.Blocks[b.Control.Of].Control == nil {
				c.fail("%s has as many items as %s, of which nothing is said", name, b.Control.Of)
			}
		}
	}
}

// block checks order and deciders; ended are the nodes that end before the block starts.
func (c *closure) block(b *contract.Block, ended map[string]bool) {
	for i, n := range b.Nodes {
		before := map[string]bool{}
		for k := range ended {
			before[k] = true
		}
		c.ancestors(b, i, before)
		c.control(n.Name, contract.DecideGate, n.Gate, before)
		kind := map[contract.Kind]string{contract.KindForeach: contract.DecideCount, contract.KindSwitch: contract.DecideCase}[n.Kind]
		if kind != "" {
			c.control(n.Name, kind, n.Control, before)
		}
		if n.Body != nil {
			c.block(n.Body, before)
			if n.Kind == contract.KindLoop {
				all := map[string]bool{}
				for _, m := range n.Body.Nodes {
					all[m.Name] = true
				}
				c.control(n.Name, contract.DecideAgain, n.Control, all)
			}
		}
		for j := range n.Cases {
			c.block(&n.Cases[j].Body, before)
		}
	}
}

func (c *closure) ancestors(b *contract.Block, i int, into map[string]bool) {
	for _, j := range b.Nodes[i].Needs {
		if j >= i {
			c.fail("%s waits for %s, which comes later", b.Nodes[i].Name, b.Nodes[j].Name)
		}
		if !into[b.Nodes[j].Name] {
			into[b.Nodes[j].Name] = true
			c.ancestors(b, j, into)
		}
	}
}

func (c *closure) control(node, kind string, ctl *contract.Control, before map[string]bool) {
	if ctl == nil || ctl.By != contract.ByStep && ctl.By != contract.ByInit {
		return
	}
	if !c.publishes[ctl.Step+" "+node+" "+kind] {
		c.fail("%s should decide the %s of %s, but its contract does not say so", ctl.Step, kind, node)
	}
	if ctl.By == contract.ByStep && !before[ctl.Step] {
		c.fail("%s decides the %s of %s, but may end later", ctl.Step, kind, node)
	}
}

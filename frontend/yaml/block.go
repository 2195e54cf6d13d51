package yaml

import (
	"slices"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
)

// foreach reads the variables, and the keys beside them.
func (d *decoder) foreach(o object) *ast.Foreach {
	f := o.get("foreach")
	out := &ast.Foreach{
		Combine: d.oneOf(o.get("combine"), "product", "zip"),
		Index:   d.name(o.get("index")),
		Max:     d.int(o.get("max"), 1),
		Batch:   d.int(o.get("batch"), 1),
		Span:    f.key,
	}
	if f.present() && (f.kind == textKind || f.kind == listKind) {
		e := d.errorf(diag.WrongKind, f.short(), "`foreach` wants a name for the item")
		if f.kind == textKind || f.flow {
			fixed := "{item: " + d.written(f.span) + "}"
			e.Replace(f.span, fixed, "name it, like "+code(fixed))
		} else {
			e.Advise("write `foreach: {item: LIST}`")
		}
		return out
	}
	if f.present() && f.kind == mapKind && len(f.pairs) == 0 {
		d.errorf(diag.MissingValue, f.place(), "`foreach` is empty").Advise("write `foreach: {item: LIST}`")
		return out
	}
	for _, e := range d.named(f, "variable") {
		if slices.Contains(foreachKeys, e.name.Value) {
			d.errorf(diag.MisplacedKey, e.name.Span, "what stands inside `foreach` are variables; %s stands beside it", code(e.name.Value)).
				Advise("move it out of `foreach`, onto the same level")
			continue
		}
		if v := d.value(e.value); v.Expr != nil || v.Lit != nil {
			out.Vars = append(out.Vars, ast.ForeachVar{Name: e.name, Over: v})
		}
	}
	return out
}

var caseShape = &shape{
	what: "a case",
	keys: []string{"steps", "export"},
	advice: map[string]string{
		"when":    "which case runs is decided by `switch:`",
		"run":     "put it into a step under `steps:`",
		"python":  "put it into a step under `steps:`",
		"command": "put it into a step under `steps:`",
		"outputs": "what a case hands out is its `export:`",
		"inputs":  "the steps inside name what they read",
	},
}

func (d *decoder) switchOf(o object) *ast.Switch {
	f := o.get("switch")
	out := &ast.Switch{Span: f.key, On: d.switchOn(f)}
	if !f.present() {
		out.Span = o.at
	}
	for _, e := range d.caseEntries(o) {
		out.Cases = append(out.Cases, d.caseOf(e))
	}
	if e := o.get("else"); e.present() {
		c := d.caseOf(named{value: e})
		c.Span = e.key.To(e.span)
		out.Else = &c
	}
	return out
}

// switchOn reads the expression, and helps those who put the cases below it.
func (d *decoder) switchOn(f field) *diag.Text {
	if f.present() && f.kind == mapKind && !f.isTemplate() {
		d.errorf(diag.WrongKind, f.short(), "`switch` wants an expression, this is a mapping").
			Advise("write the cases under `cases:`, beside `switch:`")
		return nil
	}
	return d.expr(f)
}

// caseEntries reads the labels. true and false need no quotes there.
func (d *decoder) caseEntries(o object) []named {
	f := o.require("cases", "add `cases:`, a mapping from labels to {steps, export}")
	if !d.is(f, mapKind, "a mapping from labels to cases") {
		return nil
	}
	d.unique(f.node)
	var out []named
	seen := map[string]bool{}
	for _, p := range f.pairs {
		var name ast.Name
		if p.key.kind == boolKind && (p.key.text.Value == "true" || p.key.text.Value == "false") {
			name = ast.Name{Value: p.key.text.Value, Span: p.key.span}
		} else if n, ok := d.keyName(p.key, "a case"); ok {
			name = n
		}
		if name.Span.Valid() && !seen[name.Value] {
			seen[name.Value] = true
			out = append(out, named{name, field{node: p.value, name: label{what: "case", word: name.Value}, key: p.key.span}})
		}
	}
	return out
}

func (d *decoder) caseOf(e named) ast.Case {
	c := ast.Case{Label: e.name, Span: e.name.Span.To(e.value.span)}
	o, ok := d.object(e.value, caseShape)
	if !ok {
		return c
	}
	c.Steps = d.steps(o.get("steps"))
	c.Export = d.exports(o.get("export"))
	return c
}

var (
	loopShape = &shape{
		what: "`loop`",
		keys: []string{"carry", "index", "until", "max", "at_max"},
		advice: map[string]string{
			"steps":  "put it beside `loop:`",
			"export": "put it beside `loop:`",
			"while":  "a loop ends when `until:` holds; write the opposite condition there",
			"times":  "write `max:` with `at_max: stop`",
		},
	}
	carryShape = &shape{what: "a carried value", keys: []string{"from", "next", "type"}}
)

func (d *decoder) loop(f field) *ast.Loop {
	if !f.present() {
		return nil
	}
	o, ok := d.object(f, loopShape)
	if !ok {
		return nil
	}
	out := &ast.Loop{
		Index: d.name(o.get("index")),
		Until: d.expr(o.require("until", "say when it ends; for a fixed number of rounds write `until: false` and `at_max: stop`")),
		Max:   d.int(o.require("max", "say how many rounds there are at most"), 1),
		AtMax: d.oneOf(o.get("at_max"), "fail", "stop"),
		Span:  f.key,
	}
	for _, e := range d.named(o.get("carry"), "carried value") {
		out.Carry = append(out.Carry, d.carry(e))
	}
	return out
}

func (d *decoder) carry(e named) ast.Carry {
	c := ast.Carry{Name: e.name, Span: e.name.Span.To(e.value.span)}
	if e.value.present() && e.value.kind == textKind {
		d.errorf(diag.WrongKind, e.value.place(), "%s wants `from` and `next`", e.value.name).
			Advise("write " + code("{from: "+e.value.text.Value+", next: ...}") + ": the first value, and that of the next round")
		return c
	}
	o, ok := d.object(e.value, carryShape)
	if !ok {
		return c
	}
	c.From = d.value(o.require("from", "say what it is in the first round"))
	c.Next = d.value(o.require("next", "say what it is in the next round"))
	if t := o.get("type"); t.present() {
		ref := d.typeRef(t)
		c.Type = &ref
	}
	return c
}

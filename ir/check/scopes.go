package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/diag"
	exprcheck "github.com/flowc-dev/flowc/expr/check"
)

// elsewhere recognizes a name that only exists inside some block.
func (w view) elsewhere(first exprcheck.Ident, d *diag.Diagnostic) bool {
	binds := w.c.binds[first.Name]
	if len(binds) == 0 {
		return false
	}
	b := binds[0]
	n := b.scope.owner
	d.Code = diag.OutOfScope
	d.See(b.span, "it exists only inside")
	if n.kind == foreach {
		d.Summary = fmt.Sprintf("`%s` exists only inside the foreach `%s`, once for each item", first.Name, n.name)
		d.Advise("move what needs it inside, or use the list that the foreach runs over")
		return true
	}
	d.Summary = fmt.Sprintf("`%s` exists only inside the loop `%s`", first.Name, n.name)
	if x := exported(n, first.Name); x != "" {
		d.Replace(first.Span, n.name+"."+x, "it is exported: write `"+n.name+"."+x+"`")
		return true
	}
	d.Advise("hand it out: " + exportLine(n, first.Name, first.Name) + ", and use `" + n.name + "." + first.Name + "`")
	return true
}

// own recognizes the variable of a foreach in its own `when`, and the like.
func (w view) own(first exprcheck.Ident, d *diag.Diagnostic) bool {
	n := w.v.reader
	if n == nil || len(n.bodies) == 0 || w.v.scope != n.scope {
		return false
	}
	i := slices.IndexFunc(n.bodies[0].binds, func(b *symbol) bool { return b.text == first.Name })
	if i < 0 {
		return false
	}
	b := n.bodies[0].binds[i]
	d.See(b.span, "it exists only inside")
	switch {
	case n.kind == foreach && w.v == n.when:
		d.Code = diag.OutOfScope
		d.Summary = fmt.Sprintf("`when` decides about the whole foreach, where no item `%s` is there yet", first.Name)
		source := "LIST"
		if b.origin != nil && b.origin.text != nil && b.bind < int32(len(n.over)) {
			source = b.origin.text.Value
		}
		d.Advise(fmt.Sprintf("to run only some items, filter the list: `foreach: {%s: 'filter(%s, ...)'}`; or give the foreach `steps:` and put the `when` on a step inside", first.Name, source))
	case n.kind == foreach:
		d.Code = diag.OutOfScope
		d.Summary = fmt.Sprintf("`%s` is an item of this foreach and can't be used in what it runs over", first.Name)
		d.Advise("for lists that depend on an item, nest: a foreach with `steps:`, and the other foreach inside")
	default:
		d.Code = diag.OutOfScope
		d.Summary = fmt.Sprintf("`%s` exists only inside the loop, and this is read before its first iteration", first.Name)
		d.Advise("use it in `next`, `until`, `export` or the steps")
	}
	return true
}

// exportLine is what to write so that a block hands ref out as name, too.
func exportLine(n *node, name, ref string) string {
	where := "`" + n.name + "`"
	var have []*export
	if n.kind == sw {
		where = "the cases of " + where
	} else {
		have = n.bodies[0].exports
	}
	asList := lastPart(ref) == name
	var refs, pairs []string
	for _, x := range have {
		if x.value == nil || x.value.text == nil || len(have) > 6 {
			return "add `" + name + ": " + ref + "` to the `export:` of " + where
		}
		text := strings.TrimSpace(x.value.text.Value)
		asList = asList && len(x.value.names) == 1 && lastPart(text) == x.name.Value
		refs, pairs = append(refs, text), append(pairs, x.name.Value+": "+text)
	}
	line := "export: {" + strings.Join(append(pairs, name+": "+ref), ", ") + "}"
	if asList {
		line = "export: [" + strings.Join(append(refs, ref), ", ") + "]"
	}
	if len(have) > 0 {
		return "change the export of " + where + " to `" + line + "`"
	}
	return "add `" + line + "` to " + where
}

func lastPart(ref string) string { return ref[strings.LastIndexByte(ref, '.')+1:] }

// ownResult reports a value that is there only after the reader has ended.
func (w view) ownResult(names []exprcheck.Ident, n *node) *diag.Diagnostic {
	span := names[0].Span
	if len(names) > 1 {
		span = span.To(names[1].Span)
	}
	if w.v.reader == n && (n.kind == step || n.isCall()) || n.kind == foreach && n.bodies[0].nodes != nil && n.bodies[0].nodes[0].inner {
		return problem(diag.Cycle, span, fmt.Sprintf("`%s` reads its own result", n.name)).
			Advise("for values that go from one round to the next, use a `loop` with `carry`")
	}
	d := problem(diag.Cycle, span, fmt.Sprintf("`%s` has its results only when all inside it has ended", n.name)).
		See(n.ast.Name.Span, "this block is around")
	if n.kind == loop {
		return d.Advise("name the step inside; for a value of the iteration before, use `carry`")
	}
	if len(names) > 1 {
		if p := n.port(names[1].Name); p != nil {
			for _, body := range n.bodies {
				for _, x := range body.exports {
					if x.name.Value == p.name && x.value != nil && x.value.text != nil && x.value != w.v {
						return d.Replace(span, x.value.text.Value, "write `"+clip(x.value.text.Value)+"`, which it exports")
					}
				}
			}
		}
	}
	return d.Advise("name the step inside that makes the value")
}

// outOfScope reports a step that stands inside a block which does not hold the
// reader.
func (w view) outOfScope(names []exprcheck.Ident, n *node) *diag.Diagnostic {
	s := w.v.scope
	outer := n.scope
	chain := []*node{} // blocks to leave, innermost first
	for ; outer != nil && !s.within(outer); outer = outer.parent {
		chain = append(chain, outer.owner)
	}
	top := chain[len(chain)-1]
	span := names[0].Span
	if len(names) > 1 {
		span = span.To(names[1].Span)
	}
	d := problem(diag.OutOfScope, span, fmt.Sprintf("`%s` is inside the block `%s`; from outside only what that exports can be used", n.name, top.name)).
		See(top.ast.Name.Span, "the block").
		See(n.ast.Name.Span, "`"+n.name+"` is inside")
	if top.kind == sw && w.v.scopeIn(top) != nil {
		d.Summary = fmt.Sprintf("`%s` is inside another case of `%s`, and only one of them runs", n.name, top.name)
		return d.Advise("move the step out of the switch, so that both cases can use it")
	}
	if len(names) == 1 {
		return d.Advise("export what you need, like " + exportLine(top, "x", n.name+".x") + ", and use `" + top.name + ".x`")
	}
	name := names[1].Name
	p := n.port(name)
	if p == nil && !n.ast.Partial {
		var ports []string
		for _, p := range n.ports {
			ports = append(ports, p.name)
		}
		if better, ok := w.c.suggest(name, ports); ok {
			name = better
		}
	}
	ref := n.name + "." + name
	var lines []string
	for _, b := range chain {
		if x := exported(b, ref); x != "" {
			ref = b.name + "." + x
			continue
		}
		lines = append(lines, exportLine(b, name, ref))
		ref = b.name + "." + name
	}
	if len(lines) == 0 {
		return d.Replace(span, ref, "write `"+ref+"`, which is exported")
	}
	return d.Advise(strings.Join(lines, ",\n") + ", and write `" + ref + "` here" + gathered(chain))
}

// scopeIn returns the case of a switch that v stands in, or nil.
func (v *value) scopeIn(n *node) *scope {
	for s := v.scope; s != nil; s = s.parent {
		if s.owner == n {
			return s
		}
	}
	return nil
}

// exported returns the name under which a block exports a reference, or "".
func exported(n *node, ref string) string {
	for _, body := range n.bodies {
		for _, x := range body.exports {
			if x.value != nil && x.value.text != nil && strings.TrimSpace(x.value.text.Value) == ref {
				return x.name.Value
			}
		}
	}
	return ""
}

// gathered says what becomes of a value on its way out.
func gathered(chain []*node) string {
	for _, b := range chain {
		if b.kind == foreach {
			return "; it is a list then, one element for each item"
		}
	}
	return ""
}

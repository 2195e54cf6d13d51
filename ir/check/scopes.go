package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
	exprcheck "github.com/flowc-dev/flowc/expr/check"
	"github.com/flowc-dev/flowc/types"
)

// checkShadowing reports names that mean two things in one place: a bind and a
// step, or two binds, of which one can be seen where the other is.
func (c *checker) checkShadowing() {
	for _, b := range c.blocks {
		seen := map[string]*symbol{}
		for _, s := range b.scope.binds {
			switch other := seen[s.text]; {
			case s.text == "":
			case other != nil:
				c.diags.Error(diag.DuplicateName, s.span, fmt.Sprintf("`%s` has two names `%s`", b.owner.name, clip(s.text))).
					See(other.span, "the other one").Advise("rename one of them")
			default:
				seen[s.text] = s
				if outer := b.scope.parent.bind(s.text); outer != nil {
					c.shadowed(s.text, s.span, outer.span, "a name of the block around it")
				} else if n := c.nodes[s.text]; n != nil && n.scope != b.scope && b.scope.within(n.scope) {
					c.shadowed(s.text, s.span, n.ast.Name.Span, "a step that can be seen here")
				}
			}
		}
	}
	for _, n := range c.all {
		if n.inner || n.name == "" || c.nodes[n.name] != n {
			continue
		}
		if b := n.scope.bind(n.name); b != nil {
			c.shadowed(n.name, n.ast.Name.Span, b.span, "a name of the block around it")
		}
	}
}

func (c *checker) shadowed(name string, span, other diag.Span, what string) {
	c.diags.Error(diag.ShadowedName, span, fmt.Sprintf("`%s` is also %s", clip(name), what)).
		See(other, "the other one").
		Because("A name means one thing wherever it can be used.").
		Advise("rename one of them")
}

// view is what an expression at one place of the tree can see.
type view struct {
	c *checker
	v *value
}

// Resolve implements the scope of package expr/check.
func (w view) Resolve(names []exprcheck.Ident) (exprcheck.Target, *diag.Diagnostic) {
	c, s := w.c, w.v.scope
	first := names[0]
	if first.Name == "params" {
		return w.param(names)
	}
	if b := s.bind(first.Name); b != nil {
		return w.target(b, 1), nil
	}
	n := c.nodes[first.Name]
	switch {
	case c.badNames[first.Name]:
		return silent(names), nil
	case n == nil:
		if c.incomplete(s) {
			return silent(names), nil
		}
		return exprcheck.Target{}, w.unknownName(names)
	case !s.within(n.scope):
		return exprcheck.Target{}, w.outOfScope(names, n)
	case w.v.inside(n):
		return exprcheck.Target{}, w.ownResult(names, n)
	case len(names) == 1:
		return exprcheck.Target{}, w.wholeNode(first, n)
	}
	p := n.port(names[1].Name)
	if p == nil {
		if n.ast.Partial {
			return silent(names), nil
		}
		return exprcheck.Target{}, w.unknownPort(names, n)
	}
	return w.target(p, 2), nil
}

// silent is a target of which something wrong was said elsewhere.
func silent(names []exprcheck.Ident) exprcheck.Target {
	return exprcheck.Target{Value: names[0].Span, Type: types.Invalid, Used: len(names)}
}

// incomplete reports whether a name may be missing because of a reported error.
func (c *checker) incomplete(s *scope) bool {
	for ; s != nil; s = s.parent {
		if s.partial {
			return true
		}
	}
	return c.ast.Partial
}

// target is a symbol as this expression sees it: through exports of plain
// groups that only pass a value on, and without ? where a gate proves it.
func (w view) target(s *symbol, used int) exprcheck.Target {
	s = s.resolved()
	t := s.typ
	if t == nil {
		t = types.Invalid
	}
	if types.IsOptional(t) && w.v.narrowed(s) {
		t = types.Unopt(t)
	}
	return exprcheck.Target{Value: s, Type: t, Used: used}
}

// resolved follows exports that are nothing but a reference.
func (s *symbol) resolved() *symbol {
	for s.class == isAlias && s.export.result != nil && s.export.result.same != nil {
		s = s.export.result.same
	}
	return s
}

// narrowed reports whether a gate around v proves that s is not nil.
func (v *value) narrowed(s *symbol) bool {
	n := v.reader
	if n != nil && v == n.when {
		n = n.scope.owner
	}
	for ; n != nil; n = n.scope.owner {
		if slices.Contains(n.present, s) {
			return true
		}
	}
	return false
}

// inside reports whether v belongs to n, which then can't be complete when v is
// read.
func (v *value) inside(n *node) bool {
	if n.kind == plain {
		for s := v.scope; s != nil; s = s.parent {
			if s.owner == n {
				return true
			}
		}
		return false
	}
	if v.reader == n {
		return true
	}
	for s := v.scope; s != nil; s = s.parent {
		if s.owner == n {
			return true
		}
	}
	return false
}

func (w view) param(names []exprcheck.Ident) (exprcheck.Target, *diag.Diagnostic) {
	c := w.c
	if len(names) == 1 {
		d := problem(diag.UnknownParam, names[0].Span, "`params` is all params; name the one you mean")
		if list := c.paramNames(); len(list) > 0 {
			d.Advise("write `params." + list[0] + "`" + others(list[1:], "params."))
		}
		return exprcheck.Target{}, d
	}
	if p := c.params[names[1].Name]; p != nil {
		p.used = true
		return w.target(p, 2), nil
	}
	if c.ast.Partial {
		return silent(names), nil
	}
	name := names[1].Name
	d := problem(diag.UnknownParam, names[1].Span, fmt.Sprintf("there is no param `%s`", clip(name)))
	if better, ok := w.c.suggest(name, c.paramNames()); ok {
		return exprcheck.Target{}, d.Replace(names[1].Span, better, "did you mean `params."+better+"`?")
	}
	if len(c.params) == 0 {
		return exprcheck.Target{}, d.Advise("declare it: `params: {" + clip(name) + ": {type: string}}`")
	}
	return exprcheck.Target{}, d.Because("The params are " + list(c.paramNames()) + ".").
		Advise("declare it under `params:`, or use one that is there")
}

func others(names []string, prefix string) string {
	if len(names) == 0 {
		return ""
	}
	if len(names) > 3 {
		names = names[:3]
	}
	return " or `" + prefix + strings.Join(names, "`, `"+prefix) + "`"
}

// list writes names for a sentence.
func list(names []string) string {
	const most = 8
	more := ""
	if len(names) > most {
		more = fmt.Sprintf(" and %d more", len(names)-most)
		names = names[:most]
	}
	return "`" + strings.Join(names, "`, `") + "`" + more
}

func problem(code diag.Code, span diag.Span, summary string) *diag.Diagnostic {
	return &diag.Diagnostic{Severity: diag.Error, Code: code, Span: span, Summary: summary}
}

// maxSuggestions bounds the search for near names, which costs time for each
// name that there is.
const maxSuggestions = 100

func (c *checker) suggest(word string, names []string) (string, bool) {
	if c.suggestions++; c.suggestions > maxSuggestions {
		return "", false
	}
	return diag.Suggest(word, names)
}

// Names implements the scope of package expr/check.
func (w view) Names() []string {
	if w.c.suggestions > maxSuggestions {
		return []string{"params"}
	}
	var out []string
	for s := w.v.scope; s != nil; s = s.parent {
		for _, b := range s.binds {
			out = append(out, b.text)
		}
		for _, n := range s.nodes {
			if !n.inner && !w.v.inside(n) {
				out = append(out, n.name)
			}
		}
	}
	return append(out, "params")
}

// WhyOptional implements the scope of package expr/check.
func (w view) WhyOptional(target any) (string, diag.Span) {
	s, ok := target.(*symbol)
	if !ok {
		return "", diag.Span{}
	}
	r := w.c.whyOptional(s)
	return r.why, r.span
}

// unknownName reports a name that nothing has.
func (w view) unknownName(names []exprcheck.Ident) *diag.Diagnostic {
	c, first := w.c, names[0]
	d := problem(diag.UnknownStep, first.Span, fmt.Sprintf("there is no step, block or item `%s` here", clip(first.Name)))
	if len(names) == 1 {
		d.Summary = fmt.Sprintf("nothing here is called `%s`", clip(first.Name))
	}
	if w.own(first, d) {
		return d
	}
	if p := c.params[first.Name]; p != nil && len(names) == 1 {
		return d.See(p.span, "a param has this name").Replace(first.Span, "params."+first.Name, "write `params."+first.Name+"`")
	}
	if w.elsewhere(first, d) {
		return d
	}
	if better, ok := c.suggest(first.Name, w.Names()); ok {
		return d.Replace(first.Span, better, "did you mean `"+better+"`?")
	}
	if len(names) == 1 {
		if makers := w.makers(first.Name); len(makers) > 0 {
			d.Replace(first.Span, makers[0].text, "did you mean `"+makers[0].text+"`?")
			return d.See(makers[0].span, "an output has this name")
		}
		if w.v.isWhole(first) && w.v.takesText() {
			return d.Because("Text where an expression is expected is an expression.").
				Replace(w.v.span, "{value: "+yamlText(first.Name)+"}", "write `{value: "+clip(first.Name)+"}` if you mean the text")
		}
	}
	if visible := w.Names(); len(visible) > 1 {
		d.Because("What can be used here is " + list(visible) + ".")
	}
	return d.Advise("use an output of a step, like `step.output`, or a param, like `params." + clip(first.Name) + "`")
}

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

// makers are the ports of that name that can be read here.
func (w view) makers(name string) []*symbol {
	if w.c.suggestions > maxSuggestions {
		return nil
	}
	w.c.suggestions++
	var out []*symbol
	for s := w.v.scope; s != nil; s = s.parent {
		for _, n := range s.nodes {
			if p := n.port(name); p != nil && !n.inner && !w.v.inside(n) {
				out = append(out, p)
			}
		}
	}
	return out
}

// isWhole reports whether the expression is nothing but that name.
func (v *value) isWhole(id exprcheck.Ident) bool {
	return v.text != nil && strings.TrimSpace(v.text.Value) == id.Name
}

// takesText reports whether v stands where any value may, so that a text is
// what somebody may have meant.
func (v *value) takesText() bool {
	n := v.reader
	return n == nil || v != n.when && v != n.on && v != n.until && !slices.Contains(n.over, v)
}

func yamlText(s string) string {
	switch s {
	case "yes", "no", "on", "off", "y", "n", "true", "false", "null":
		return `"` + s + `"`
	}
	return s
}

// wholeNode reports a step that is used as if it were a value.
func (w view) wholeNode(id exprcheck.Ident, n *node) *diag.Diagnostic {
	d := problem(diag.UnknownPort, id.Span, fmt.Sprintf("`%s` is a %v, not a value: name one of its outputs", n.name, n.kind)).
		See(n.ast.Name.Span, "the "+n.kind.String())
	var names []string
	for _, p := range n.ports {
		names = append(names, p.text)
	}
	switch {
	case len(names) == 1:
		return d.Replace(id.Span, names[0], "write `"+names[0]+"`")
	case len(names) > 1:
		return d.Advise("write " + list(names))
	case n.ast.Partial:
		return d
	case n.kind == step:
		return d.Advise("it has no outputs; to run after it, write `after: [" + n.name + "]`")
	}
	return d.Advise("it exports nothing; to run after it, write `after: [" + n.name + "]`")
}

// unknownPort reports an output that a node doesn't have.
func (w view) unknownPort(names []exprcheck.Ident, n *node) *diag.Diagnostic {
	port := names[1]
	has, what := "no output", "declare it under `outputs:` of `"+n.name+"`"
	if n.kind != step && !(n.kind == foreach && n.bodies[0].nodes != nil && n.bodies[0].nodes[0].inner) {
		has, what = "no export", "add it to the `export:` of `"+n.name+"`"
	}
	d := problem(diag.UnknownPort, port.Span, fmt.Sprintf("`%s` has %s `%s`", n.name, has, clip(port.Name)))
	var have []string
	for _, p := range n.ports {
		have = append(have, p.name)
	}
	if port.Name == "error" && n.kind != plain {
		return d.See(n.ast.Name.Span, "declared here").
			Advise("`error` is there where a failure is caught: add `catch: true` to `" + n.name + "`")
	}
	if inner := w.innerMaker(n, port.Name); inner != nil {
		if x := exported(n, inner.text); x != "" {
			return d.See(n.port(x).span, "exported here as `"+x+"`").
				Replace(port.Span, x, "write `"+n.name+"."+x+"`")
		}
		return d.See(inner.span, "a step inside has it").
			Advise("hand it out: " + exportLine(n, port.Name, inner.text))
	}
	if better, ok := w.c.suggest(port.Name, have); ok {
		return d.Replace(port.Span, better, "did you mean `"+n.name+"."+better+"`?").
			See(n.port(better).span, "declared here")
	}
	if inner := w.c.nodes[port.Name]; inner != nil && inner.scope.owner == n {
		what := "x"
		if len(names) > 2 {
			what = names[2].Name
		}
		d.See(inner.ast.Name.Span, "this step is inside")
		if x := exported(n, inner.name+"."+what); x != "" {
			return d.Advise("it is exported: write `" + n.name + "." + x + "`")
		}
		return d.Advise("from outside only what a block exports can be used: " + exportLine(n, what, inner.name+"."+what))
	}
	d.See(n.ast.Name.Span, "declared here")
	if len(have) == 0 {
		return d.Advise(what)
	}
	return d.Because("It has " + list(have) + ".").Advise(what)
}

// innerMaker finds an output of that name of a node directly in a block.
func (w view) innerMaker(n *node, port string) *symbol {
	for _, body := range n.bodies {
		for _, inner := range body.nodes {
			if p := inner.port(port); p != nil && !inner.inner {
				return p
			}
		}
	}
	return nil
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
	if w.v.reader == n && n.kind == step || n.kind == foreach && n.bodies[0].nodes != nil && n.bodies[0].nodes[0].inner {
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

// unknownAfter reports a name in `after` that no step has.
func (c *checker) unknownAfter(n *node, name ast.Name) {
	if c.incomplete(n.scope) {
		return
	}
	d := c.diags.Error(diag.UnknownStep, name.Span, fmt.Sprintf("there is no step or block `%s`", clip(name.Value)))
	step, _, dotted := strings.Cut(name.Value, ".")
	switch {
	case dotted && c.nodes[step] != nil:
		c.spell(d, name.Span, name.Value, step, "`after` waits for whole steps: write `"+step+"`")
		return
	case n.scope.bind(name.Value) != nil || c.params[name.Value] != nil || len(n.bodies) > 0 && n.bodies[0].bind(name.Value) != nil:
		d.Advise("`after` takes names of steps and blocks; values are there when a step starts")
		return
	}
	var names []string
	for s := n.scope; s != nil; s = s.parent {
		for _, other := range s.nodes {
			if other != n && !other.inner {
				names = append(names, other.name)
			}
		}
	}
	if better, ok := c.suggest(name.Value, names); ok {
		c.spell(d, name.Span, name.Value, better, "did you mean `"+better+"`?")
	}
}

// afterInside reports an `after` on a step inside another block.
func (c *checker) afterInside(n *node, name ast.Name, to *node) {
	top := to.scope
	for !n.scope.within(top.parent) {
		top = top.parent
	}
	block := top.owner
	d := c.diags.Error(diag.OutOfScope, name.Span, fmt.Sprintf("`%s` is inside the block `%s`, which can only be waited for as a whole", to.name, block.name)).
		See(block.ast.Name.Span, "the block").
		See(to.ast.Name.Span, "`"+to.name+"` is inside")
	for s := n.scope; s != nil; s = s.parent {
		if s.owner == block { // in another case of the same switch
			d.Summary = fmt.Sprintf("`%s` is inside another case of `%s`, and only one of them runs", to.name, block.name)
			d.Advise("remove it from `after`")
			return
		}
	}
	c.spell(d, name.Span, name.Value, block.name, "write `after: ["+block.name+"]`")
}

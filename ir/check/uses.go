package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/expr"
	exprcheck "github.com/flowc-dev/flowc/expr/check"
	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/record"
	"github.com/flowc-dev/flowc/types"
)

// A call is a node whose body is that of another flow. That flow is a file of
// its own with names, types and settings of its own: it is checked by itself,
// once, and its graph is copied into the body of each call, with the inputs in
// the place of its params (ir.Flow.Inline). What a caller knows of it are the
// types of its params and exports, and its size.

const (
	// maxNodes bounds the steps and blocks of a graph, since calls in what is
	// called multiply.
	maxNodes = 100_000
	// MaxCallName is the number of characters that the name of a step may have
	// together with the calls that it stands in.
	MaxCallName = 150
)

// program is what the files of one Build share.
type program struct {
	callees map[*ast.Flow]*callee // nil while it is being checked
	found   diag.List             // in the files of callees
}

// callee is a flow that others use.
type callee struct {
	*checker
	failed  bool // it has errors
	why     map[string]reason
	depth   int   // the longest index path in it
	longest int   // its longest name
	tasks   int64 // of its largest step, by the declared numbers
}

// callee checks the flow that a call uses, once; nil if there is none.
func (p *program) callee(u *ast.Uses) *callee {
	if u.Flow == nil {
		return nil
	}
	if k, ok := p.callees[u.Flow]; ok {
		return k
	}
	p.callees[u.Flow] = nil
	c := p.build(u.Flow)
	c.ignored()
	k := &callee{checker: c, why: map[string]reason{}}
	k.measure()
	partial := func(n *node) bool { return n.ast.Partial || n.isCall() && !n.copies }
	k.failed = c.diags.HasErrors() || u.Flow.Partial || slices.ContainsFunc(c.all, partial)
	for _, x := range c.blocks[0].scope.exports {
		if types.IsOptional(x.result.typ) {
			k.why[x.name.Value] = c.reasonOfResult(x.result, x.span, 0)
		}
	}
	for i := range c.diags {
		c.diags[i].See(u.Path.Span, "the flow is used here")
	}
	p.found = append(p.found, c.diags...)
	p.callees[u.Flow] = k
	return k
}

// measure finds how much a call brings in.
func (k *callee) measure() {
	for _, b := range k.blocks {
		k.depth = max(k.depth, b.depth)
	}
	for _, n := range k.all {
		length, tasks, depth := len(n.name), int64(1), 0
		if n.copies {
			length, tasks, depth = length+1+n.callee.longest, n.callee.tasks, n.bodies[0].block.depth+n.callee.depth
		}
		k.longest, k.tasks, k.depth = max(k.longest, length), max(k.tasks, n.around(tasks)), max(k.depth, depth)
	}
}

// around is how often something in n runs at most that runs so many times by
// itself. Far too many are just more than can be.
func (n *node) around(times int64) int64 {
	for ; n != nil; n = n.scope.owner {
		if n.size > 0 {
			times = min(times*n.size, 10*maxTasks)
		}
	}
	return times
}

// copied reports whether b is the body of a call.
func (b *block) copied() bool { return b.owner != nil && b.owner.isCall() }

// ignored notes what a flow says about runs as a whole, and about its files:
// where it is used, the user's own counts.
func (c *checker) ignored() {
	f := c.ast
	note := func(key string, span diag.Span) {
		if span.Valid() {
			c.diags.Note(diag.IgnoredKey, span, fmt.Sprintf("`%s` means nothing where the flow is used by another", key))
		}
	}
	if f.Schedule != nil {
		note("schedule", f.Schedule.Span)
	}
	note("overlap", f.Overlap.Span)
	note("timeout", f.Timeout.Span)
	note("max_parallel", f.MaxParallel.Span)
	note("owner", f.Owner.Span)
	if len(f.Tags) > 0 {
		note("tags", f.Tags[0].Span)
	}
	if p := f.Package; p != nil && len(p.Include) > 0 {
		note("include", p.Include[0].Span)
	}
	if p := f.Package; p != nil && len(p.Exclude) > 0 {
		note("exclude", p.Exclude[0].Span)
	}
}

// declareCall adds the inputs and ports of a call.
func (c *checker) declareCall(n *node, body *scope) {
	in, at := n.scope, n.vertex
	if n.kind == foreach { // each item has inputs of its own
		in, at = body, nil
	}
	for i := range n.ast.Inputs {
		n.inputs = append(n.inputs, c.value(&n.ast.Inputs[i].Value, in, n, at))
	}
	k := c.program.callee(n.ast.Uses)
	if n.callee = k; k != nil {
		for _, x := range k.blocks[0].scope.exports {
			if x.name.Value == "error" && n.catch {
				c.diags.Error(diag.ReservedName, n.key("catch"), fmt.Sprintf("`catch` adds the output `error`, and `%s` has one already", k.file())).
					See(x.span, "exported here").
					Advise("give the export another name")
				continue
			}
			n.addPort(x.name.Value, x.name.Span).typ = n.boundary(x.result.typ)
		}
		n.copies = !k.failed && c.fits(n, body.block)
	}
	if k == nil && !n.ast.Partial {
		c.diags.Error(diag.BadUses, n.key("uses"), fmt.Sprintf("the flow that `%s` uses was not loaded", n.name))
	}
	if n.catch {
		n.addErrorPort(n.boundary(types.Opt(errorType)))
	}
}

// fits checks the size of what a call brings in.
func (c *checker) fits(n *node, b *block) bool {
	k, file := n.callee, n.callee.file()
	if depth := b.depth + k.depth; depth > record.MaxDepth {
		c.diags.Error(diag.NestedTooDeep, n.ast.Name.Span, fmt.Sprintf("with those of `%s`, %d foreaches and loops are inside each other here, and %d are the most", file, depth, record.MaxDepth)).
			Advise("combine lists with `combine: product`, or use the flow further outside")
		return false
	}
	if length := len(n.name) + 1 + k.longest; length > MaxCallName {
		c.diags.Error(diag.BadName, n.ast.Name.Span, fmt.Sprintf("together with `%s`, the longest name in `%s` has %d characters, and %d are the most", clip(n.name), file, length, MaxCallName)).
			Because("The steps of a flow that is used have its name and that of the call, with a dot between them.").
			Advise("choose a shorter name")
		return false
	}
	c.copied += k.out.NumNodes()
	if c.copied > maxNodes {
		c.diags.Error(diag.TooLarge, n.key("uses"), fmt.Sprintf("with all that `%s` brings in, the flow has more than %s steps", file, format(maxNodes))).
			Because("A flow that is used is copied to each place where it is.").
			Advise("run a flow for many items with `foreach`, which copies it once")
		c.copied -= k.out.NumNodes()
		return false
	}
	return true
}

// file is how messages call the flow.
func (k *callee) file() string {
	if k.ast.File != "" {
		return k.ast.File
	}
	return clip(k.ast.Name.Value)
}

// buildCall checks the inputs of a call and copies what it uses into its body.
func (c *checker) buildCall(n *node, body *ir.Block) {
	uses := &ir.Uses{}
	n.head.Uses = uses
	args := make(map[string]*ir.Expr, len(n.ast.Inputs))
	names := make([]ast.Name, 0, len(n.ast.Inputs))
	ok := true
	for i := range n.ast.Inputs {
		in := &n.ast.Inputs[i]
		names = append(names, in.Name)
		r := c.callInput(n, in, n.inputs[i])
		if r.expr == nil {
			ok = false
			continue
		}
		args[in.Name.Value] = r.expr
		uses.Inputs = append(uses.Inputs, ir.Input{Name: in.Name.Value, Value: r.expr, Type: r.typ, Span: in.Name.Span})
	}
	c.unique("inputs", names)
	k := n.callee
	if k == nil {
		return
	}
	uses.File = k.file()
	c.missingInputs(n, names)
	c.callBound(n)
	list, complete := k.args(args)
	if !ok || !complete || !n.copies {
		return
	}
	if x := k.out.Inline(body, n.name+".", list); x != nil {
		c.diags.Error(diag.ExprTooLarge, n.key("inputs"), fmt.Sprintf("with these inputs, an expression of `%s` has too many parts", k.file())).
			See(x.Span, "this one").
			Advise("compute the inputs in a step")
	}
}

// callInput checks one input of a call against the param that it is for.
func (c *checker) callInput(n *node, in *ast.Input, v *value) *result {
	if in.Type != nil {
		c.diags.Error(diag.MisplacedKey, in.Type.Span, "an input of a flow has the type of the flow's param").
			Advise("write the value alone")
	}
	k := n.callee
	if k == nil {
		return c.check(v, nil)
	}
	i := slices.IndexFunc(k.ast.Params, func(p ast.Param) bool { return p.Name.Value == in.Name.Value })
	if i < 0 {
		c.unknownInput(n, in)
		return c.check(v, nil)
	}
	p, declared := &k.ast.Params[i], k.out.Params[i]
	if declared.Type == types.Invalid {
		return c.check(v, nil)
	}
	before := len(c.diags)
	r := c.check(v, declared.Type)
	for i := before; i < len(c.diags); i++ {
		switch d := &c.diags[i]; d.Code {
		case diag.TypeMismatch, diag.BadValue, diag.MaybeAbsent:
			d.See(p.Name.Span, fmt.Sprintf("`%s` wants %v", p.Name.Value, declared.Type))
		}
	}
	c.constantInput(p, declared, v, r)
	return r
}

// constantInput checks a value that is known against what the param says of
// its values. Others are only held to its type.
func (c *checker) constantInput(p *ast.Param, declared *ir.Param, v *value, r *result) {
	value, ok := r.constantValue()
	if !ok {
		return
	}
	text, err := types.MarshalValue(declared.Type, value)
	if err != nil {
		return
	}
	lit := v.lit
	if lit == nil {
		lit = &ast.Literal{JSON: text, Span: v.span}
	}
	c.valueFits(diag.BadValue, p, declared, &ir.Literal{Type: declared.Type, JSON: text}, lit, "this value")
}

func (c *checker) unknownInput(n *node, in *ast.Input) {
	k := n.callee
	if k.ast.Partial || in.Name.Value == "" {
		return
	}
	d := c.diags.Error(diag.UnknownParam, in.Name.Span, fmt.Sprintf("`%s` has no param `%s`", k.file(), clip(in.Name.Value)))
	names := k.paramNames()
	if better, ok := c.suggest(in.Name.Value, names); ok {
		c.spell(d, in.Name.Span, in.Name.Value, better, "did you mean `"+better+"`?")
		d.See(k.params[better].span, "declared here")
		return
	}
	if len(names) == 0 {
		d.See(k.ast.Name.Span, "it has no params").Advise("remove the input, or declare the param there")
		return
	}
	d.Because("Its params are " + list(names) + ".").Advise("remove the input, or declare the param there")
}

// missingInputs reports params without a value.
func (c *checker) missingInputs(n *node, given []ast.Name) {
	k := n.callee
	for i, p := range k.ast.Params {
		t := k.out.Params[i].Type
		if p.Default != nil || types.IsOptional(t) || t == types.Invalid || n.ast.Partial || k.params[p.Name.Value].param != int32(i) ||
			slices.ContainsFunc(given, func(g ast.Name) bool { return g.Value == p.Name.Value }) {
			continue
		}
		c.diags.Error(diag.MissingInput, n.ast.Uses.Path.Span, fmt.Sprintf("`%s` needs a value for its param `%s`", k.file(), p.Name.Value)).
			See(p.Name.Span, fmt.Sprintf("it is %v, and has no default", t)).
			Advise(fmt.Sprintf("add `%s:` to the `inputs:` of `%s`", p.Name.Value, n.name))
	}
}

// args lists what takes the place of each param: the input, or the default.
func (k *callee) args(given map[string]*ir.Expr) (out []*ir.Expr, complete bool) {
	for i, p := range k.out.Params {
		arg := given[p.Name]
		if arg == nil {
			text := []byte("null")
			if p.Default != nil {
				text = p.Default.JSON
			}
			v, err := types.UnmarshalValue(p.Type, text)
			if err != nil {
				return nil, false
			}
			arg = &ir.Expr{Text: string(text), Code: expr.Const(p.Type, v), Type: p.Type, Span: k.ast.Params[i].Name.Span}
		}
		out = append(out, arg)
	}
	return out, true
}

// callBound reports more tasks than can be inside a call.
func (c *checker) callBound(n *node) {
	inside, outside := n.callee.tasks, n.around(1)
	if inside > maxTasks || outside > maxTasks || n.around(inside) <= maxTasks {
		return // of the others one was reported
	}
	c.diags.Error(diag.TooManyTasks, n.ast.Name.Span, fmt.Sprintf("a step of `%s` can run %s times here, and %s are the most", n.callee.file(), format(n.around(inside)), format(maxTasks))).
		Because(fmt.Sprintf("That is %s times %s.", format(outside), format(inside))).
		Advise("lower a `max`, or let one task work on many items")
}

// whyAbsent says why an export of the flow that is called may be absent.
func (n *node) whyAbsent(port string) reason {
	if n.kind == foreach || n.callee == nil {
		return reason{}
	}
	return n.callee.why[port]
}

// unknownExport reports an export that the flow of a call doesn't have.
func (w view) unknownExport(names []exprcheck.Ident, n *node) *diag.Diagnostic {
	port, k := names[1], n.callee
	d := problem(diag.UnknownPort, port.Span, fmt.Sprintf("`%s` has no export `%s`", n.name, clip(port.Name)))
	if port.Name == "error" {
		return d.See(n.ast.Name.Span, "declared here").
			Advise("`error` is there where a failure is caught: add `catch: true` to `" + n.name + "`")
	}
	var have []string
	for _, p := range n.ports {
		have = append(have, p.name)
	}
	if better, ok := w.c.suggest(port.Name, have); ok {
		return d.Replace(port.Span, better, "did you mean `"+n.name+"."+better+"`?").
			See(n.port(better).span, "declared here")
	}
	handOut := func(name, ref string) *diag.Diagnostic {
		return d.Advise(fmt.Sprintf("hand it out: add `%s: %s` to the `export:` of `%s`, and write `%s.%s`", name, ref, k.file(), n.name, name))
	}
	for _, inner := range k.blocks[0].scope.nodes {
		if inner.name == port.Name && len(names) > 2 {
			return handOut(names[2].Name, inner.name+"."+names[2].Name).See(inner.ast.Name.Span, "this step is inside")
		}
		if p := inner.port(port.Name); p != nil {
			return handOut(port.Name, p.text).See(p.span, "a step inside has it")
		}
	}
	d.See(k.ast.Name.Span, "the flow that is used")
	if len(have) > 0 {
		d.Because("It has " + list(have) + ".")
	}
	return d.Advise(fmt.Sprintf("add it to the `export:` of `%s`", strings.TrimSpace(k.file())))
}

package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/types"
)

// buildInputs checks what a step sees.
func (c *checker) buildInputs(n *node, out *ir.Step) {
	names := make([]ast.Name, 0, len(n.ast.Inputs))
	for i := range n.ast.Inputs {
		in := &n.ast.Inputs[i]
		names = append(names, in.Name)
		c.inputName(n, in)
		var want types.Type
		if in.Type != nil {
			want = c.typeOf(*in.Type)
		}
		r := c.input(n, in, n.inputs[i], want)
		out.Inputs = append(out.Inputs, ir.Input{Name: in.Name.Value, Value: r.expr, Type: r.typ, Span: in.Name.Span})
	}
	c.unique("inputs", names)
}

func (c *checker) input(n *node, in *ast.Input, v *value, want types.Type) *result {
	if want == types.Invalid {
		c.check(v, nil) // for its own findings
		return invalid
	}
	if want != nil {
		before := len(c.diags)
		r := c.check(v, want)
		for i := before; i < len(c.diags); i++ {
			if d := &c.diags[i]; d.Code == diag.TypeMismatch || d.Code == diag.BadValue || d.Code == diag.MaybeAbsent {
				d.See(in.Type.Span, fmt.Sprintf("the step wants %v", want))
			}
		}
		return r
	}
	if v == nil {
		return invalid
	}
	r := c.checkTyped(v, fmt.Sprintf("the input `%s`", in.Name.Value))
	if types.IsOptional(r.typ) {
		c.silentSkip(n, in, v, r)
	}
	return r
}

// silentSkip reports an input that may be absent because of a gate, a switch or
// a catch, where the step does not say that it expects that.
func (c *checker) silentSkip(n *node, in *ast.Input, v *value, r *result) {
	why := reason{}
	var from *symbol
	for _, s := range r.syms {
		if types.IsOptional(s.typ) {
			if got := c.whyOptional(s); got.structure {
				why, from = got, s
				break
			}
		}
	}
	if from == nil {
		return
	}
	text := r.expr.Text
	d := c.diags.Error(diag.MaybeAbsent, v.span, fmt.Sprintf("`%s` may be absent (%v), and `%s` doesn't say that it expects that", clip(text), r.typ, n.name)).
		See(why.span, why.why)
	fixes := []string{fmt.Sprintf("give another value: `%s: %s ?? ...`", in.Name.Value, clip(text))}
	switch {
	case from.class == isBind:
		if list := from.origin; list != nil && list.text != nil {
			fixes = append(fixes, fmt.Sprintf("run only over what is there: `%s: compact(%s)`", from.text, clip(strings.TrimSpace(list.text.Value))))
		}
	case v.plain:
		fixes = append(fixes, fmt.Sprintf("run the step only if it is there: `when: %s != nil`", clip(text)))
	}
	fixes = append(fixes, fmt.Sprintf("let the step expect it: `%s: {from: %s, type: %v}`", in.Name.Value, clip(text), r.typ))
	d.Advise(strings.Join(fixes, "\n"))
}

// pythonWords can't be the name of an argument.
var pythonWords = strings.Fields("and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield")

// inputName checks the name of an input: it becomes a variable, a file and, for
// Python, an argument.
func (c *checker) inputName(n *node, in *ast.Input) {
	if !c.checkName(in.Name, "an input", plainName) {
		return
	}
	name := in.Name.Value
	if why, banned := bannedInputs[name]; banned {
		c.diags.Error(diag.ReservedName, in.Name.Span, fmt.Sprintf("an input can't be called `%s`: as an environment variable %s", name, why)).
			Advise("choose another name: `" + name + "_value: " + inputText(in) + "`")
		return
	}
	if _, python := n.ast.Action.(*ast.Call); python && slices.Contains(pythonWords, name) {
		c.diags.Error(diag.ReservedName, in.Name.Span, fmt.Sprintf("an input of a Python function can't be called `%s`, which is a word of Python", name)).
			Advise("choose another name: `" + name + "_value: " + inputText(in) + "`")
	}
}

func inputText(in *ast.Input) string {
	if in.Value.Expr != nil {
		return clip(in.Value.Expr.Value)
	}
	return "..."
}

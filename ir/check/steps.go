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

func (c *checker) buildStep(n *node, out *ir.Step) {
	c.buildInputs(n, out)
	c.buildOutputs(n, out)
	c.settings(n, out)
	out.Action = c.action(n)
}

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
	case r.same != nil:
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

// buildOutputs checks what a step leaves.
func (c *checker) buildOutputs(n *node, out *ir.Step) {
	names := make([]ast.Name, 0, len(n.ast.Outputs))
	for i, o := range n.ast.Outputs {
		names = append(names, o.Name)
		c.checkName(o.Name, "an output", plainName)
		if o.Name.Value == "error" && n.catch {
			c.reservedError(o.Name, n)
		}
		out.Outputs = append(out.Outputs, ir.Port{Name: o.Name.Value, Type: n.produced[i], Span: o.Name.Span})
	}
	c.unique("outputs", names)
}

// action checks what a step does.
func (c *checker) action(n *node) ir.Action {
	switch a := n.ast.Action.(type) {
	case *ast.Script:
		switch {
		case strings.IndexByte(a.Text.Value, 0) >= 0:
			c.nulCharacter(a.Text.Span, "a script")
		case strings.TrimSpace(a.Text.Value) == "" && a.Text.Span.Valid():
			c.diags.Error(diag.BadAction, a.Text.Span, "the script is empty").
				Advise("write what the step runs; a step that only waits for others has `run: \"true\"`")
		}
		return &ir.Script{Text: a.Text.Value}
	case *ast.Call:
		if why := badPath(a.File, false); why != "" {
			c.diags.Error(diag.BadPath, a.Span, fmt.Sprintf("`%s` can't be a file of the code package: %s", clip(a.File), why))
		}
		return &ir.Call{File: a.File, Func: a.Func}
	case *ast.Argv:
		return c.argv(n, a)
	}
	return nil // reported by the front end
}

func (c *checker) argv(n *node, a *ast.Argv) *ir.Argv {
	out := &ir.Argv{}
	for i, arg := range a.Args {
		switch {
		case arg.Input != nil:
			c.argName(n, arg.Input, "input", inputNames(n.ast))
			out.Args = append(out.Args, ir.Arg{Input: arg.Input.Value})
		case arg.Output != nil:
			c.argName(n, arg.Output, "output", outputNames(n.ast))
			out.Args = append(out.Args, ir.Arg{Output: arg.Output.Value})
		case arg.Text != nil:
			if strings.IndexByte(arg.Text.Value, 0) >= 0 {
				c.nulCharacter(arg.Text.Span, "an argument")
			}
			if i == 0 && arg.Text.Value == "" {
				c.diags.Error(diag.BadAction, arg.Text.Span, "the first element of `command` is the program, and this is empty")
			}
			out.Args = append(out.Args, ir.Arg{Text: arg.Text.Value})
		}
		if i == 0 && arg.Text == nil {
			c.diags.Error(diag.BadAction, arg.Span, "the first element of `command` is the program, which is fixed text").
				Advise("to run a program that a step made, write `command: [sh, -c, ...]` or `run:`")
		}
	}
	if len(a.Args) == 0 && a.Span.Valid() && !n.ast.Partial {
		c.diags.Error(diag.BadAction, a.Span, "the command is empty").
			Advise("write the program and its arguments: `command: [python, train.py]`")
	}
	return out
}

// argName reports an input or output in a command that the step doesn't have.
func (c *checker) argName(n *node, name *ast.Name, what string, names []string) {
	if name.Value == "" || slices.Contains(names, name.Value) || n.ast.Partial {
		return
	}
	d := c.diags.Error(diag.UnknownPort, name.Span, fmt.Sprintf("`%s` has no %s `%s`", n.name, what, clip(name.Value)))
	if better, ok := c.suggest(name.Value, names); ok {
		c.spell(d, name.Span, name.Value, better, "did you mean `"+better+"`?")
		return
	}
	if what == "input" {
		d.Advise("add it to `inputs:`: a step sees nothing else")
		return
	}
	d.Advise("add it to `outputs:` with its type")
}

func inputNames(a *ast.Node) (out []string) {
	for _, in := range a.Inputs {
		out = append(out, in.Name.Value)
	}
	return out
}

func outputNames(a *ast.Node) (out []string) {
	for _, o := range a.Outputs {
		out = append(out, o.Name.Value)
	}
	return out
}

// checkShell reports shells that the runtime does not start.
func (c *checker) checkShell(s ast.Str) {
	if !s.Span.Valid() || s.Value == "sh" || s.Value == "bash" || s.Value == "" {
		return
	}
	c.diags.Error(diag.BadAction, s.Span, fmt.Sprintf("`%s` is no shell for `run`", clip(s.Value))).
		Advise("`sh` and `bash` are; other programs are run with `command:`")
}

func (c *checker) shellWithoutScript(n *node) {
	if s := n.ast.Exec.Shell; s.Span.Valid() && n.ast.Action != nil {
		c.diags.Error(diag.BadAction, s.Span, "`shell` is for `run`, and this step has none").
			Advise("remove it")
	}
}

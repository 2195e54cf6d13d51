package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/ir"
)

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

package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/diag"
	exprcheck "github.com/flowc-dev/flowc/expr/check"
)

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
	d := problem(diag.UnknownPort, id.Span, fmt.Sprintf("`%s` is a %s, not a value: name one of its outputs", n.name, n.what())).
		See(n.ast.Name.Span, "the "+n.what())
	var names []string
	for _, p := range n.ports {
		names = append(names, p.text)
	}
	switch {
	case len(names) == 1:
		return d.Replace(id.Span, names[0], "write `"+names[0]+"`")
	case len(names) > 1:
		return d.Advise("write " + list(names))
	case n.incomplete():
		return d
	case n.kind == step:
		return d.Advise("it has no outputs; to run after it, write `after: [" + n.name + "]`")
	}
	return d.Advise("it exports nothing; to run after it, write `after: [" + n.name + "]`")
}

// unknownPort reports an output that a node doesn't have.
func (w view) unknownPort(names []exprcheck.Ident, n *node) *diag.Diagnostic {
	if n.isCall() {
		return w.unknownExport(names, n)
	}
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

package check

import (
	"fmt"
	"strings"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/types"
)

// Values become optional in two ways. Somebody declared them so: a param, an
// output, a carried value of type T?. Or the shape of the flow makes them so: a
// gate, a case that lacks an export, a caught failure. Of the second kind
// nothing reminds the reader at the place where the value is used; so a step
// must say that it expects them (see silentSkip), while the first kind may be
// handed on as it is.

// reason says why a value may be absent.
type reason struct {
	why       string
	span      diag.Span
	structure bool // the shape of the flow, not a declaration
}

// whyOptional finds the reason for which the value of s may be absent.
func (c *checker) whyOptional(s *symbol) reason {
	return c.reasonOf(s, 0)
}

// maxReasons bounds how far a reason is followed through exports.
const maxReasons = 16

func (c *checker) reasonOf(s *symbol, depth int) reason {
	if depth > maxReasons {
		return reason{}
	}
	switch s.class {
	case isParam:
		return reason{why: fmt.Sprintf("the param is declared as %v", s.typ), span: s.span}
	case isBind:
		return c.reasonOfBind(s, depth)
	case isAlias:
		return c.reasonOfResult(s.export.result, s.span, depth)
	}
	n := s.node
	if n.gated {
		what := "runs only when its `when` holds"
		if n.ast.When != nil && len(n.ast.When.Value) <= 60 {
			what = "runs only when `" + strings.TrimSpace(n.ast.When.Value) + "`"
		}
		return reason{why: fmt.Sprintf("`%s` %s", n.name, what), span: n.key("when"), structure: true}
	}
	if s.name == "error" && (n.catch || n.kind == step && n.inner) {
		return reason{why: fmt.Sprintf("`%s` may succeed, and then there is no error", n.name), span: n.key("catch")}
	}
	if n.catch {
		return reason{why: fmt.Sprintf("a failure of `%s` is caught, and then it has no results", n.name), span: n.key("catch"), structure: true}
	}
	if n.isCall() {
		return n.whyAbsent(s.name)
	}
	switch n.kind {
	case step:
		return reason{why: fmt.Sprintf("the output is declared as %v", s.typ), span: s.span}
	case sw:
		return c.reasonOfCase(s, depth)
	case foreach:
		return reason{}
	}
	for _, body := range n.bodies {
		for _, x := range body.exports {
			if x.name.Value == s.name {
				return c.reasonOfResult(x.result, x.span, depth)
			}
		}
	}
	return reason{}
}

// reasonOfCase names the case that does not have an export, and the one that it
// has instead if the spelling is near.
func (c *checker) reasonOfCase(s *symbol, depth int) reason {
	n, name := s.node, s.name
	for i, body := range n.bodies {
		var x *export
		var have []string
		for _, e := range body.exports {
			have = append(have, e.name.Value)
			if e.name.Value == name {
				x = e
			}
		}
		if x != nil {
			if x.result != nil && types.IsOptional(x.result.typ) {
				return c.reasonOfResult(x.result, x.span, depth)
			}
			continue
		}
		k := n.cases[i]
		what, span := "case `"+k.Label.Value+"`", k.Label.Span
		if k == n.ast.Switch.Else {
			what, span = "`else`", n.key("else")
		}
		why := fmt.Sprintf("%s of `%s` doesn't export `%s`", what, n.name, name)
		if near, ok := c.suggest(name, have); ok {
			for _, e := range body.exports {
				if e.name.Value == near && n.port(near) != nil && c.onlyHere(n, near) {
					return reason{why: fmt.Sprintf("%s of `%s` exports `%s`, not `%s`", what, n.name, near, name), span: e.name.Span, structure: true}
				}
			}
		}
		return reason{why: why, span: span, structure: true}
	}
	return reason{}
}

// onlyHere reports whether only one case of a switch exports a name.
func (c *checker) onlyHere(n *node, name string) bool {
	count := 0
	for _, body := range n.bodies {
		for _, x := range body.exports {
			if x.name.Value == name {
				count++
			}
		}
	}
	return count == 1
}

func (c *checker) reasonOfBind(s *symbol, depth int) reason {
	n := s.scope.owner
	switch n.kind {
	case loop:
		for _, x := range n.ast.Loop.Carry {
			if x.Name.Span == s.span && x.Type != nil {
				return reason{why: fmt.Sprintf("the carried value is declared as %v", s.typ), span: x.Type.Span}
			}
		}
		if s.origin != nil {
			return reason{why: fmt.Sprintf("the carried value begins as one of type %v", s.typ), span: s.origin.span}
		}
	case foreach:
		if s.origin != nil {
			return reason{why: "elements of this list may be absent", span: s.origin.span, structure: true}
		}
	}
	return reason{}
}

// reasonOfResult looks for the reason among what an expression reads.
func (c *checker) reasonOfResult(r *result, span diag.Span, depth int) reason {
	if r == nil {
		return reason{}
	}
	first := reason{}
	for _, s := range r.syms {
		if !types.IsOptional(s.typ) {
			continue
		}
		why := c.reasonOf(s, depth+1)
		if why.structure {
			return why
		}
		if first.why == "" {
			first = why
		}
	}
	if first.why == "" {
		first = reason{why: "this may be nil", span: span}
	}
	return first
}

package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/expr"
	"github.com/flowc-dev/flowc/types"
)

// member checks x.name, x?.name, x[i] and x?.[i]. In a chain, what follows a
// ?. is nil if that was.
func (c *checker) member(n *ast.MemberNode, chain bool, depth int) value {
	// The whole run of members is taken at once: the scope must see how it begins.
	var steps []*ast.MemberNode // outermost first
	var root ast.Node = n
	for {
		m, ok := root.(*ast.MemberNode)
		if !ok {
			break
		}
		if c.nodes++; c.nodes > expr.MaxNodes || depth+len(steps) > expr.MaxDepth {
			return c.expr(root, expr.MaxDepth+1) // reports it
		}
		steps = append(steps, m)
		root = m.Node
	}
	slices.Reverse(steps)
	var v value
	done := 0
	if id, ok := root.(*ast.IdentifierNode); ok {
		names := 0
		for names < len(steps) && !steps[names].Optional && c.src.dotted(steps[names]) {
			names++
		}
		v = c.name(id, steps[:names])
		done = names
	} else {
		v = c.expr(root, depth+len(steps))
	}
	tried := false
	for _, m := range steps[done:] {
		if v.typ == types.Invalid {
			if !c.src.dotted(m) {
				c.expr(m.Property, depth+1) // for its own findings
			}
			continue
		}
		v.node = m.Node
		if v.path != "" && c.narrowed[v.path] > 0 {
			v.typ = types.Unopt(v.typ)
		}
		try := m.Optional || chain && tried && types.IsOptional(v.typ)
		tried = tried || m.Optional
		if c.src.dotted(m) {
			v = c.field(m, v, try)
		} else {
			v = c.index(m, v, try, depth)
		}
	}
	return v
}

// field is x.name of a record, or of json.
func (c *checker) field(m *ast.MemberNode, x value, try bool) value {
	if x.typ == types.Invalid {
		return bad(m)
	}
	name := m.Property.(*ast.StringNode).Value
	nameSpan := c.src.tokenSpan(c.src.at(m.Location()))
	optional := types.IsOptional(x.typ)
	inner := types.Unopt(x.typ)
	out := value{code: expr.Field(x.code, name, try)}
	if x.path != "" {
		out.path = x.path + "." + name
	}
	switch t := inner.(type) {
	case types.Record:
		ft, ok := t.Field(name)
		if !ok {
			c.unknownField(nameSpan, name, t)
			return bad(m)
		}
		out.typ = ft
	case types.Basic:
		switch {
		case t == types.Any:
			out.typ = types.Any
		case t == types.JSONType:
			out.typ = t
			if try {
				out.typ = types.Opt(t)
			}
		default:
			c.noFields(m, x, name, nameSpan)
			return bad(m)
		}
	default:
		c.noFields(m, x, name, nameSpan)
		return bad(m)
	}
	if optional {
		if !try {
			c.absent(x, fmt.Sprintf(".%s needs a value (?.%s gives nil where it is absent)", name, name))
			return bad(m)
		}
		out.typ = types.Opt(out.typ)
	}
	return out
}

func (c *checker) unknownField(span diag.Span, name string, t types.Record) {
	names := make([]string, len(t.Fields))
	for i, f := range t.Fields {
		names[i] = f.Name
	}
	d := c.error(diag.UnknownField, span, fmt.Sprintf("%v has no field %s", t, name))
	if near, ok := diag.Suggest(name, names); ok {
		d.Replace(span, near, fmt.Sprintf("did you mean %s?", near))
		return
	}
	if len(names) > 0 && len(names) <= 20 {
		d.Because("It has " + strings.Join(names, ", ") + ".")
	}
}

// noFields reports a field of a value that is no record.
func (c *checker) noFields(m *ast.MemberNode, x value, name string, span diag.Span) {
	words := c.src.words(x.node)
	d := c.error(diag.UnknownField, span, fmt.Sprintf("%s is %v and has no fields", words, types.Unopt(x.typ)))
	switch t := types.Unopt(x.typ).(type) {
	case types.List:
		if rec, ok := types.Unopt(t.Elem).(types.Record); ok {
			if _, ok := rec.Field(name); ok {
				d.Advise(fmt.Sprintf("for the field of every element write map(%s, .%s)", words, name))
				return
			}
		}
		d.Advise(fmt.Sprintf("its elements are %s[0], %s[1], ...", words, words))
	case types.Map:
		d.Advise(fmt.Sprintf("the value of a key is %s[%q], or get(%s, %q) where it may be missing", words, name, words, name))
	case types.Basic:
		if t == types.File || t == types.Dir || t == types.Artifact {
			d.Because("Files are opaque to expressions: let a step write what is needed as an output of its own.")
		}
	}
}

// index is x[i] of a list, a map, a string, or json.
func (c *checker) index(m *ast.MemberNode, x value, try bool, depth int) value {
	at := c.expr(m.Property, depth+1)
	if x.typ == types.Invalid || at.typ == types.Invalid {
		return bad(m)
	}
	op := expr.OpIndex
	if try {
		op = expr.OpTryIndex
	}
	out := value{code: expr.New(op, x.code, at.code)}
	if types.IsOptional(x.typ) && !try {
		c.absent(x, "[...] needs a value (?.[...] gives nil where it is absent)")
		return bad(m)
	}
	want := types.Type(types.Int)
	switch t := types.Unopt(x.typ).(type) {
	case types.List:
		if out.typ = t.Elem; out.typ == types.Invalid {
			out.typ = types.Nil // an element of []
		}
	case types.Map:
		out.typ, want = t.Elem, types.String
	case types.Record:
		if text, ok := at.text(); ok {
			if _, known := t.Field(text); known {
				c.error(diag.ExprNotAllowed, c.src.span(m.Property), fmt.Sprintf("the field of a record is written .%s", text)).
					Advise(fmt.Sprintf("write %s.%s", c.src.words(x.node), text))
				return bad(m)
			}
		}
		c.error(diag.TypeMismatch, c.src.span(m.Property), fmt.Sprintf("%s is %v and has no elements", c.src.words(x.node), types.Unopt(x.typ))).
			Advise("the field of a record is written .name")
		return bad(m)
	default:
		switch {
		case t == types.Any:
			out.typ = types.Any
			return out
		case t == types.JSONType:
			out.typ = t
			if at.typ != types.Int && !isText(at.typ) && at.typ != types.Any {
				c.error(diag.TypeMismatch, c.src.span(m.Property), fmt.Sprintf("json is indexed by an int or a string, and %s is %v", c.src.words(m.Property), at.typ))
				return bad(m)
			}
			if try {
				out.typ = types.Opt(t)
			}
			return out
		case isText(t):
			out.typ = types.String
		default:
			c.error(diag.TypeMismatch, c.src.span(x.node), fmt.Sprintf("%s is %v and has no elements", c.src.words(x.node), types.Unopt(x.typ)))
			return bad(m)
		}
	}
	if at.typ != types.Any {
		if fitted := c.fit(at, want); fitted.typ == types.Invalid {
			return bad(m)
		}
	}
	if try {
		out.typ = types.Opt(out.typ)
	}
	return out
}

// slice is x[from:to] of a list or a string.
func (c *checker) slice(n *ast.SliceNode, depth int) value {
	x := c.expr(n.Node, depth+1)
	failed := x.typ == types.Invalid
	bound := func(b ast.Node) expr.Code {
		if b == nil {
			return expr.Const(types.Nil, nil)
		}
		v := c.expr(b, depth+1)
		if v.typ != types.Any {
			v = c.fit(v, types.Int)
		}
		failed = failed || v.typ == types.Invalid
		return v.code
	}
	from, to := bound(n.From), bound(n.To)
	if failed {
		return bad(n)
	}
	typ := x.typ
	switch {
	case types.IsOptional(typ):
		c.absent(x, "[...] needs a value")
		return bad(n)
	case isText(typ):
		typ = types.String
	case isList(typ), typ == types.Any:
	default:
		c.error(diag.TypeMismatch, c.src.span(n.Node), fmt.Sprintf("%s is %v; only lists and strings have parts [a:b]", c.src.words(n.Node), typ))
		return bad(n)
	}
	return value{code: expr.New(expr.OpSlice, x.code, from, to), typ: typ}
}

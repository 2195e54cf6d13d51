package check

import (
	"fmt"
	"math"
	"sort"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser/lexer"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/expr"
	"github.com/flowc-dev/flowc/types"
)

func (c *checker) unary(n *ast.UnaryNode, depth int) value {
	switch n.Operator {
	case "not", "!":
		v := c.expr(n.Node, depth+1)
		if op := c.comparisonBehind(n); op != "" && v.typ != types.Bool && !unknown(v.typ) {
			c.error(diag.TypeMismatch, c.src.span(n), fmt.Sprintf("not binds tighter than %s, and %s is %v", op, c.src.words(n.Node), v.typ)).
				Advise(fmt.Sprintf("put the comparison in parentheses: not (%s %s ...)", c.src.words(n.Node), op))
			return bad(n)
		}
		v = c.fit(v, types.Bool)
		if v.typ == types.Invalid {
			return bad(n)
		}
		return value{code: expr.New(expr.OpNot, v.code), typ: types.Bool, yes: v.no, no: v.yes}
	case "-", "+":
		v := c.operand(n.Operator, n.Node, depth)
		if v.typ == types.Invalid {
			return bad(n)
		}
		if !isNumber(v.typ) && v.typ != types.Any {
			c.error(diag.TypeMismatch, c.src.span(n.Node), fmt.Sprintf("%s needs a number, and %s is %v", n.Operator, c.src.words(n.Node), v.typ))
			return bad(n)
		}
		if n.Operator == "+" {
			return value{code: v.code, typ: v.typ}
		}
		if k, t, ok := v.code.Const(); ok {
			switch k := k.(type) {
			case int64:
				if k != math.MinInt64 {
					return value{code: expr.Const(t, -k), typ: t}
				}
			case float64:
				return value{code: expr.Const(t, -k), typ: t}
			}
		}
		return value{code: expr.New(expr.OpNeg, v.code), typ: v.typ}
	}
	c.error(diag.ExprNotAllowed, c.src.span(n), fmt.Sprintf("there is no operator %s", n.Operator))
	return bad(n)
}

// comparisonBehind is the comparison that follows n, if one does.
func (c *checker) comparisonBehind(n ast.Node) string {
	_, end := c.src.extent(n)
	i := sort.Search(len(c.src.tokens), func(i int) bool { return c.src.tokens[i].start >= end })
	if i < len(c.src.tokens) && c.src.tokens[i].is(lexer.Operator, "==", "!=", "<", "<=", ">", ">=", "in", "contains", "startsWith", "endsWith", "matches") {
		return c.src.tokens[i].Value
	}
	return ""
}

// operand checks a part that must be there.
func (c *checker) operand(op string, n ast.Node, depth int) value {
	v := c.expr(n, depth+1)
	return c.there(op, v)
}

func (c *checker) there(op string, v value) value {
	switch {
	case v.typ == types.Nil:
		c.error(diag.TypeMismatch, c.src.span(v.node), fmt.Sprintf("%s needs a value, not nil", op)).
			Advise("nil is compared by == and != only")
		return bad(v.node)
	case types.IsOptional(v.typ):
		c.absent(v, fmt.Sprintf("%s needs a value", op))
		return bad(v.node)
	}
	return v
}

func (c *checker) binary(n *ast.BinaryNode, depth int) value {
	switch op := expr.Op(n.Operator); n.Operator {
	case "and", "&&":
		a := c.truth(n.Left, depth)
		b := c.given(a.yes, func() value { return c.truth(n.Right, depth) })
		if a.typ == types.Invalid || b.typ == types.Invalid {
			return bad(n)
		}
		return value{code: expr.New(expr.OpAnd, a.code, b.code), typ: types.Bool, yes: both(a.yes, b.yes), no: common(a.no, b.no)}
	case "or", "||":
		a := c.truth(n.Left, depth)
		b := c.given(a.no, func() value { return c.truth(n.Right, depth) })
		if a.typ == types.Invalid || b.typ == types.Invalid {
			return bad(n)
		}
		return value{code: expr.New(expr.OpOr, a.code, b.code), typ: types.Bool, yes: common(a.yes, b.yes), no: both(a.no, b.no)}
	case "??":
		return c.orElse(n, depth)
	case "==", "!=":
		return c.equality(n, op, depth)
	case "<", "<=", ">", ">=":
		return c.ordering(n, op, depth)
	case "+", "-", "*", "/", "%", "**":
		return c.arithmetic(n, op, depth)
	case "in":
		return c.in(n, depth)
	case "contains", "startsWith", "endsWith", "matches":
		return c.textTest(n, op, depth)
	}
	c.error(diag.ExprNotAllowed, c.src.span(n), fmt.Sprintf("there is no operator %s", n.Operator))
	return bad(n)
}

// orElse is a ?? b.
func (c *checker) orElse(n *ast.BinaryNode, depth int) value {
	a := c.expr(n.Left, depth+1)
	b := c.expr(n.Right, depth+1)
	if a.typ == types.Invalid || b.typ == types.Invalid {
		return bad(n)
	}
	if !types.IsOptional(a.typ) && a.typ != types.Any {
		c.warn(diag.NeverAbsent, c.src.span(n.Left), fmt.Sprintf("%s is never absent, so what follows ?? is never used", c.src.words(n.Left)))
	}
	left := a
	left.typ = types.Unopt(a.typ)
	if a.typ == types.Nil {
		left.typ = types.Invalid
	}
	typ, exact, ok := join(left, b)
	if !ok {
		c.error(diag.TypeMismatch, c.src.span(n.Right), fmt.Sprintf("%s is %v, and the value before ?? is %v", c.src.words(n.Right), b.typ, a.typ)).
			See(c.src.span(n.Left), fmt.Sprintf("this is %v", a.typ)).
			Advise("both must have one type; string(x), int(x) and float(x) convert")
		return bad(n)
	}
	return value{code: expr.New(expr.OpElse, converted(a, types.Opt(typ)), converted(b, typ)), typ: typ, exact: exact}
}

func (c *checker) equality(n *ast.BinaryNode, op expr.Op, depth int) value {
	a := c.expr(n.Left, depth+1)
	b := c.expr(n.Right, depth+1)
	if a.typ == types.Invalid || b.typ == types.Invalid {
		return bad(n)
	}
	out := value{code: expr.New(op, a.code, b.code), typ: types.Bool}
	if a.typ == types.Nil || b.typ == types.Nil {
		x := a
		if a.typ == types.Nil {
			x = b
		}
		if !types.IsOptional(x.typ) && x.typ != types.Any {
			c.warn(diag.NeverAbsent, c.src.span(x.node), fmt.Sprintf("%s is never absent: it is %v", c.src.words(x.node), x.typ)).
				Advise("leave the comparison with nil away")
		}
		if x.path != "" {
			if op == expr.OpNe {
				out.yes = prefixes(x.path)
			} else {
				out.no = prefixes(x.path)
			}
		}
		return out
	}
	a, b = c.there(n.Operator, a), c.there(n.Operator, b)
	if a.typ == types.Invalid || b.typ == types.Invalid || !c.comparable(n, a, b) {
		return bad(n)
	}
	return out
}

// comparable checks that == of a and b can be true.
func (c *checker) comparable(n *ast.BinaryNode, a, b value) bool {
	if unknown(a.typ) || unknown(b.typ) {
		return true
	}
	for _, v := range []value{a, b} {
		if types.HasBlob(v.typ) {
			c.error(diag.TypeMismatch, c.src.span(v.node), fmt.Sprintf("%s is %v, and files cannot be compared", c.src.words(v.node), v.typ)).
				Because("Files are opaque to expressions: let a step compare them.")
			return false
		}
	}
	for _, side := range [][2]value{{a, b}, {b, a}} {
		lit, other := side[0], side[1]
		text, isLiteral := lit.text()
		if !isLiteral {
			continue
		}
		if other.typ == types.Date {
			return c.isDate(lit.node, text)
		}
		if e, ok := other.best().(types.Enum); ok && !types.Assignable(lit.exact, e) {
			if _, two := other.text(); two {
				return true // two literals: silly, but clear
			}
			c.notInEnum(lit.node, text, e)
			return false
		}
	}
	if x, ok := a.typ.(types.Enum); ok {
		if y, ok := b.typ.(types.Enum); ok && !overlap(x, y) {
			c.error(diag.TypeMismatch, c.src.span(n), fmt.Sprintf("%s is %v and %s is %v: they are never equal", c.src.words(n.Left), x, c.src.words(n.Right), y))
			return false
		}
	}
	j, ok := types.Join(a.best(), b.best())
	if !ok || changes(a.typ, j, true) || changes(b.typ, j, true) {
		d := c.error(diag.TypeMismatch, c.src.span(n), fmt.Sprintf("%s is %v and %s is %v: they are never equal", c.src.words(n.Left), a.typ, c.src.words(n.Right), b.typ))
		switch {
		case a.typ == types.JSONType:
			d.Summary = fmt.Sprintf("%s is json and %s is %v: they cannot be compared", c.src.words(n.Left), c.src.words(n.Right), b.typ)
			d.Advise(jsonHint(b.typ))
		case b.typ == types.JSONType:
			d.Summary = fmt.Sprintf("%s is %v and %s is json: they cannot be compared", c.src.words(n.Left), a.typ, c.src.words(n.Right))
			d.Advise(jsonHint(a.typ))
		case types.IsScalar(a.typ) && types.IsScalar(b.typ):
			d.Advise("convert one of them with string(x), int(x) or float(x)")
		}
		return false
	}
	return true
}

func jsonHint(t types.Type) string {
	if types.IsScalar(t) && !isText(t) {
		return fmt.Sprintf("convert it first: %v(x)", t)
	}
	return "convert it first, with string(x), say"
}

func overlap(a, b types.Enum) bool {
	set := make(map[string]bool, len(a.Values))
	for _, v := range a.Values {
		set[v] = true
	}
	for _, v := range b.Values {
		if set[v] {
			return true
		}
	}
	return false
}

func (c *checker) ordering(n *ast.BinaryNode, op expr.Op, depth int) value {
	a := c.operand(n.Operator, n.Left, depth)
	b := c.operand(n.Operator, n.Right, depth)
	if a.typ == types.Invalid || b.typ == types.Invalid {
		return bad(n)
	}
	for _, v := range []value{a, b} {
		if !expr.Orderable(v.typ) {
			d := c.error(diag.TypeMismatch, c.src.span(v.node), fmt.Sprintf("%s needs numbers, strings or dates, and %s is %v", op, c.src.words(v.node), v.typ))
			if isList(v.typ) {
				d.Advise("compare its length: len(xs)")
			} else if v.typ == types.JSONType {
				d.Advise("convert it first: int(x) or float(x)")
			}
			return bad(n)
		}
	}
	out := value{code: expr.New(op, a.code, b.code), typ: types.Bool}
	switch {
	case unknown(a.typ), unknown(b.typ), isNumber(a.typ) && isNumber(b.typ), isText(a.typ) && isText(b.typ), a.typ == types.Date && b.typ == types.Date:
		return out
	}
	for _, side := range [][2]value{{a, b}, {b, a}} {
		if text, ok := side[0].text(); ok && side[1].typ == types.Date {
			if !c.isDate(side[0].node, text) {
				return bad(n)
			}
			return out
		}
	}
	c.error(diag.TypeMismatch, c.src.span(n), fmt.Sprintf("%s is %v and %s is %v: they cannot be compared", c.src.words(n.Left), a.typ, c.src.words(n.Right), b.typ)).
		Advise("convert one of them with string(x), int(x), float(x) or date(x)")
	return bad(n)
}

func (c *checker) arithmetic(n *ast.BinaryNode, op expr.Op, depth int) value {
	a := c.operand(n.Operator, n.Left, depth)
	b := c.operand(n.Operator, n.Right, depth)
	if a.typ == types.Invalid || b.typ == types.Invalid {
		return bad(n)
	}
	code := expr.New(op, a.code, b.code)
	switch {
	case a.typ == types.Any || b.typ == types.Any:
		return value{code: code, typ: types.Any}
	case isNumber(a.typ) && isNumber(b.typ):
		typ := types.Type(types.Int)
		if op == expr.OpDiv || a.typ == types.Float || b.typ == types.Float {
			typ = types.Float
		}
		return value{code: code, typ: typ}
	case op == expr.OpAdd && isText(a.typ) && isText(b.typ):
		return value{code: code, typ: types.String}
	case op == expr.OpAdd && isList(a.typ) && isList(b.typ):
		if typ, exact, ok := join(a, b); ok {
			return value{code: expr.New(op, converted(a, typ), converted(b, typ)), typ: typ, exact: exact}
		}
	}
	v := a
	if isNumber(a.typ) {
		v = b
	}
	d := c.error(diag.TypeMismatch, c.src.span(n), fmt.Sprintf("%s is %v and %s is %v, which %s does not take", c.src.words(n.Left), a.typ, c.src.words(n.Right), b.typ, op))
	switch {
	case op == expr.OpAdd && (isText(a.typ) || isText(b.typ)):
		d.Advise("make a text of both with string(x), or a number of both with int(x) or float(x)")
	case isText(v.typ), v.typ == types.JSONType:
		d.Advise("make a number of it with int(x) or float(x)")
	case v.typ == types.Date:
		d.Advise("days cannot be computed with here: let a step do it")
	}
	return bad(n)
}

// in is x in xs.
func (c *checker) in(n *ast.BinaryNode, depth int) value {
	x := c.operand("in", n.Left, depth)
	where := c.operand("in", n.Right, depth)
	if x.typ == types.Invalid || where.typ == types.Invalid {
		return bad(n)
	}
	out := value{code: expr.New(expr.OpIn, x.code, where.code), typ: types.Bool}
	switch t := where.typ.(type) {
	case types.List:
		if t.Elem == types.Invalid {
			return out
		}
		if where.elems != nil { // each by itself, for better findings
			for _, e := range where.elems {
				if !c.comparable(n, x, e) {
					return bad(n)
				}
			}
			return out
		}
		elem := value{node: n.Right, typ: types.Unopt(t.Elem)}
		if _, ok := x.text(); ok && types.Unopt(t.Elem) == types.String {
			return out
		}
		if found := len(c.diags); !c.comparable(n, x, elem) {
			if len(c.diags) > found && c.diags[found].Code == diag.TypeMismatch && !types.HasBlob(t) {
				c.diags[found].Summary = fmt.Sprintf("%s is %v, and the elements of %s are %v", c.src.words(n.Left), x.typ, c.src.words(n.Right), t.Elem)
			}
			return bad(n)
		}
		return out
	case types.Map:
		if c.fit(x, types.String).typ == types.Invalid {
			return bad(n)
		}
		return out
	}
	if where.typ == types.Any {
		return out
	}
	d := c.error(diag.TypeMismatch, c.src.span(n.Right), fmt.Sprintf("in needs a list or a map, and %s is %v", c.src.words(n.Right), where.typ))
	switch {
	case isText(where.typ):
		d.Advise(fmt.Sprintf("a part of a text is found with contains: %s contains %s", c.src.words(n.Right), c.src.words(n.Left)))
	case where.typ == types.JSONType:
		d.Advise("the elements of a json list are values(x), the keys of an object keys(x)")
	}
	return bad(n)
}

func (c *checker) textTest(n *ast.BinaryNode, op expr.Op, depth int) value {
	a := c.operand(n.Operator, n.Left, depth)
	b := c.operand(n.Operator, n.Right, depth)
	if a.typ == types.Invalid || b.typ == types.Invalid {
		return bad(n)
	}
	for _, v := range []value{a, b} {
		if isText(v.typ) || v.typ == types.Any {
			continue
		}
		d := c.error(diag.TypeMismatch, c.src.span(v.node), fmt.Sprintf("%s needs strings, and %s is %v", op, c.src.words(v.node), v.typ))
		switch {
		case op == expr.OpContains && isList(v.typ):
			d.Advise(fmt.Sprintf("an element of a list is found with in: %s in %s", c.src.words(n.Right), c.src.words(n.Left)))
		case types.IsScalar(v.typ), v.typ == types.JSONType:
			d.Advise("make a text of it with string(x)")
		}
		return bad(n)
	}
	if op != expr.OpMatches {
		return value{code: expr.New(op, a.code, b.code), typ: types.Bool}
	}
	pattern, ok := b.text()
	if !ok {
		c.error(diag.BadPattern, c.src.span(n.Right), "the pattern of matches must be a literal string").
			Advise("for a part that is computed use contains, startsWith or endsWith")
		return bad(n)
	}
	code, err := expr.Matches(a.code, pattern)
	if err != nil {
		c.error(diag.BadPattern, c.src.span(n.Right), strings.ReplaceAll(err.Error(), "error parsing regexp: ", "bad pattern: ")).
			Advise("patterns have the syntax of RE2; a literal ( or . is written \\\\( or \\\\. in quotes, \\( or \\. between backticks")
		return bad(n)
	}
	return value{code: code, typ: types.Bool}
}

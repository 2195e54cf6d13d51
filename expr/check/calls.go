package check

import (
	"fmt"

	"github.com/expr-lang/expr/ast"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/expr"
	"github.com/flowc-dev/flowc/types"
)

func (c *checker) callNode(n *ast.CallNode, depth int) value {
	switch callee := n.Callee.(type) {
	case *ast.IdentifierNode:
		return c.call(n, callee.Value, n.Arguments, depth)
	case *ast.MemberNode:
		span := c.src.tokenSpan(c.src.at(callee.Location()))
		name := ""
		if s, ok := callee.Property.(*ast.StringNode); ok {
			name = s.Value
		}
		d := c.error(diag.ExprNotAllowed, span, "values have no methods")
		if expr.FunctionNamed(name) != nil {
			d.Advise(fmt.Sprintf("call the function: %s(%s, ...)", name, c.src.words(callee.Node)))
		} else if better := otherFunctions[name]; better != "" {
			d.Advise(better)
		}
		return bad(n)
	}
	c.error(diag.ExprNotAllowed, c.src.span(n), "only functions can be called")
	return bad(n)
}

// otherFunctions are what other languages, or expr-lang, call something that
// exists here too, or does not on purpose.
var otherFunctions = map[string]string{
	"length": "write len(x)", "size": "write len(x)", "avg": "write mean(xs)", "average": "write mean(xs)",
	"median": "let a step compute it", "str": "write string(x)", "toString": "write string(x)", "text": "write string(x)",
	"number": "write int(x) or float(x)", "integer": "write int(x)", "double": "write float(x)", "boolean": "write bool(x)",
	"exists": "write x != nil", "defined": "write x != nil", "isnull": "write x == nil", "empty": "write len(x) == 0",
	"default": "write x ?? another value", "ifnull": "write x ?? another value", "nvl": "write x ?? another value",
	"iif": "write condition ? a : b", "cond": "write condition ? a : b", "when": "write condition ? a : b",
	"now":   "expressions have no clock, so that a flow means the same every time: use a date param, or output the time of a step",
	"today": "expressions have no clock, so that a flow means the same every time: use a date param", "timezone": "expressions have no clock",
	"duration": "expressions have no clock: compute it in a step", "random": "expressions have no randomness: output it from a step",
	"env": "expressions cannot read the environment: declare a param", "getenv": "expressions cannot read the environment: declare a param",
	"reduce": "there are sum, min, max, count, all and any; anything else is work for a step", "groupBy": "let a step do it",
	"one": "write count(xs, ...) == 1", "findIndex": "let a step do it", "findLast": "write last(filter(xs, ...))", "findLastIndex": "let a step do it",
	"uniq": "write unique(xs)", "distinct": "write unique(xs)", "sorted": "write sort(xs)", "reversed": "write reverse(xs)",
	"concat": "write xs + ys", "append": "write xs + [x]", "take": "write xs[:n]", "indexOf": "write contains to test for a part",
	"hasPrefix": "write text startsWith \"part\"", "hasSuffix": "write text endsWith \"part\"", "startswith": "write text startsWith \"part\"", "endswith": "write text endsWith \"part\"",
	"strip": "write trim(x)", "trimPrefix": "write replace(x, old, new)", "trimSuffix": "write replace(x, old, new)",
	"isNaN": "write isnan(x)", "is_nan": "write isnan(x)", "floordiv": "write div(a, b)", "pow": "write a ** b",
	"toJSON": "write string(x) of a json value", "fromJSON": "declare the value as json", "type": "types are known before a run",
	"enumerate": "use range(len(xs))", "items": "write values(m) or keys(m)", "toPairs": "write keys(m) or values(m)", "fromPairs": "let a step make the mapping",
	"compactMap": "write compact(map(xs, ...))",
}

// call checks a call of a function of the table.
func (c *checker) call(n ast.Node, name string, args []ast.Node, depth int) value {
	nameSpan := c.src.tokenSpan(c.src.at(n.Location()))
	f := expr.FunctionNamed(name)
	if f == nil {
		c.unknownFunction(name, nameSpan)
		for _, a := range args {
			if _, predicate := a.(*ast.PredicateNode); !predicate {
				c.expr(a, depth+1) // for its own findings
			}
		}
		return bad(n)
	}
	if len(args) < f.MinArgs || f.MaxArgs >= 0 && len(args) > f.MaxArgs {
		c.error(diag.WrongArguments, c.src.span(n), fmt.Sprintf("%s takes %s, not %d", name, arguments(f), len(args))).
			Advise("signature: " + f.Signature)
		return bad(n)
	}
	values := make([]value, len(args))
	failed := false
	for i, a := range args {
		p, isPredicate := a.(*ast.PredicateNode)
		switch {
		case !isPredicate:
			values[i] = c.expr(a, depth+1)
			if !f.Absent && values[i].typ != types.Invalid {
				values[i] = c.there(name, values[i])
			}
		case failed:
			values[i] = bad(a)
		default:
			values[i] = c.predicate(p, values[0], depth)
		}
		failed = failed || values[i].typ == types.Invalid
	}
	if failed {
		return bad(n)
	}
	kinds, exact := make([]types.Type, len(values)), make([]types.Type, len(values))
	for i, v := range values {
		kinds[i], exact[i] = v.typ, v.typ
		if _, ok := v.text(); ok {
			exact[i] = v.exact
		}
	}
	checked, wrong := f.Check(exact)
	if wrong != nil {
		checked, wrong = f.Check(kinds) // what is said about a literal says string
	}
	if wrong != nil {
		c.wrongArgument(f, wrong, values)
		return bad(n)
	}
	codes := make([]expr.Code, len(values))
	for i, v := range values {
		codes[i] = v.code
		if i < len(checked.As) && checked.As[i] != nil {
			codes[i] = converted(v, checked.As[i])
		}
	}
	if checked.Type == types.Invalid {
		checked.Type = types.Nil // an element of []
	}
	out := value{code: expr.Call(f, codes...), typ: checked.Type}
	if checked.Widen {
		out.code = expr.As(checked.Type, out.code)
	}
	return out
}

// predicate checks the expression about each element of list.
func (c *checker) predicate(p *ast.PredicateNode, list value, depth int) value {
	var elem types.Type = types.Any
	if l, ok := list.typ.(types.List); ok {
		if elem = l.Elem; elem == types.Invalid {
			elem = types.Nil // of []
		}
	}
	c.items = append(c.items, elem)
	v := c.expr(p.Node, depth+1)
	c.items = c.items[:len(c.items)-1]
	v.node = p
	v.path = ""
	return v
}

func (c *checker) wrongArgument(f *expr.Function, wrong *expr.ArgError, values []value) {
	at := values[min(wrong.Arg, len(values)-1)]
	code := diag.TypeMismatch
	if wrong.Absent {
		code = diag.MaybeAbsent
	}
	d := c.error(code, c.src.span(at.node), f.Name+" "+wrong.Message)
	switch {
	case wrong.Hint != "":
		d.Advise(wrong.Hint)
	case wrong.Absent:
		d.Advise("give another value with ?? or insist with must(...)")
	default:
		d.Advise("signature: " + f.Signature)
	}
}

func (c *checker) unknownFunction(name string, span diag.Span) {
	d := c.error(diag.UnknownFunction, span, "there is no function "+name)
	if better := otherFunctions[name]; better != "" {
		d.Advise(better)
		return
	}
	names := make([]string, len(expr.Functions))
	for i, f := range expr.Functions {
		names[i] = f.Name
	}
	if near, ok := diag.Suggest(name, names); ok {
		d.Replace(span, near, fmt.Sprintf("did you mean %s?", near))
	}
}

func arguments(f *expr.Function) string {
	plural := func(n int) string {
		if n == 1 {
			return "1 argument"
		}
		return fmt.Sprintf("%d arguments", n)
	}
	switch {
	case f.MaxArgs < 0:
		return "at least " + plural(f.MinArgs)
	case f.MinArgs == f.MaxArgs:
		return plural(f.MinArgs)
	}
	return fmt.Sprintf("%d or %s", f.MinArgs, plural(f.MaxArgs))
}

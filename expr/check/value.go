package check

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr/ast"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/expr"
	"github.com/flowc-dev/flowc/types"
)

// value is what is known of a part of an expression.
type value struct {
	node ast.Node
	code expr.Code
	typ  types.Type
	// exact is the type of a literal where nothing is lost: an enum of one value
	// for a string. It is nil for anything else.
	exact types.Type
	elems []value // of a list literal
	// path identifies a reference with fields behind it, or #: "0.lr", "#1";
	// "" for anything else. What is known to be there is kept by path.
	path string
	// yes and no are the paths that are not nil if the value is true or false.
	yes, no facts
}

type facts map[string]bool

func bad(n ast.Node) value { return value{node: n, typ: types.Invalid} }

// best is the type that says most.
func (v value) best() types.Type {
	if v.exact != nil {
		return v.exact
	}
	return v.typ
}

// text is the value of a literal string.
func (v value) text() (string, bool) {
	e, ok := v.exact.(types.Enum)
	if !ok {
		return "", false
	}
	return e.Values[0], true
}

// refOf is the number of the reference that a path is, without fields.
func refOf(path string) (int, bool) {
	i, err := strconv.Atoi(path)
	return i, err == nil
}

// rootOf is the number of the reference that a path begins with.
func rootOf(path string) (int, bool) {
	root, _, _ := strings.Cut(path, ".")
	return refOf(root)
}

// prefixes adds a path and all it is a part of.
func prefixes(path string) facts {
	f := facts{path: true}
	for i := range path {
		if path[i] == '.' {
			f[path[:i]] = true
		}
	}
	return f
}

func both(a, b facts) facts {
	if len(a) == 0 {
		return b
	}
	out := facts{}
	for k := range a {
		out[k] = true
	}
	for k := range b {
		out[k] = true
	}
	return out
}

func common(a, b facts) facts {
	out := facts{}
	for k := range a {
		if b[k] {
			out[k] = true
		}
	}
	return out
}

// given checks n with facts that hold while it is evaluated.
func (c *checker) given(f facts, check func() value) value {
	for k := range f {
		c.narrowed[k]++
	}
	v := check()
	for k := range f {
		if c.narrowed[k]--; c.narrowed[k] == 0 {
			delete(c.narrowed, k)
		}
	}
	return v
}

// join is the type of a value that is either a or b. Literals take the type of
// the other where they can.
func join(a, b value) (typ, exact types.Type, ok bool) {
	switch {
	case a.exact == nil || b.exact == nil:
		typ, ok = types.Join(a.best(), b.best())
		return typ, nil, ok
	}
	exact, ok = types.Join(a.exact, b.exact)
	if _, enum := types.Unopt(exact).(types.Enum); enum {
		return exact, nil, ok
	}
	typ, _ = types.Join(a.typ, b.typ)
	return typ, exact, ok
}

// converted is v's code so that it gives values in the form of t.
func converted(v value, t types.Type) expr.Code {
	if !changes(v.typ, t, false) {
		return v.code
	}
	if i, from, ok := v.code.Const(); ok && from == types.Int && t == types.Float {
		return expr.Const(types.Float, float64(i.(int64)))
	}
	return expr.As(t, v.code)
}

// changes reports whether a value of type from has another form as a to; with
// json, whether some part of it becomes JSON.
func changes(from, to types.Type, json bool) bool {
	from, to = types.Unopt(from), types.Unopt(to)
	if from == types.Nil || from == types.Invalid {
		return false
	}
	switch t := to.(type) {
	case types.Basic:
		return t == types.Float && (from == types.Int || from == types.Any) && !json ||
			t == types.JSONType && from != types.JSONType
	case types.List:
		f, ok := from.(types.List)
		return !ok || changes(f.Elem, t.Elem, json)
	case types.Map:
		f, ok := from.(types.Map)
		return !ok || changes(f.Elem, t.Elem, json)
	case types.Record:
		f, ok := from.(types.Record)
		if !ok {
			return true
		}
		for _, field := range t.Fields {
			if g, ok := f.Field(field.Name); ok && changes(g, field.Type, json) {
				return true
			}
		}
	}
	return false
}

// fit makes v a value of the wanted type, or reports why it cannot be one.
func (c *checker) fit(v value, want types.Type) value {
	if v.typ == types.Invalid || want == types.Invalid {
		return value{node: v.node, code: v.code, typ: v.typ, yes: v.yes}
	}
	out := value{node: v.node, typ: want, yes: v.yes, no: v.no}
	if text, ok := v.text(); ok && types.Unopt(want) == types.Date {
		if !c.isDate(v.node, text) {
			return bad(v.node)
		}
		out.code = v.code
		return out
	}
	if types.Assignable(v.best(), want) {
		out.code = converted(v, want)
		return out
	}
	if types.IsOptional(v.typ) && v.typ != types.Nil && types.Assignable(types.Unopt(v.typ), want) {
		c.absent(v, fmt.Sprintf("%v is needed here", want))
		return bad(v.node)
	}
	if text, ok := v.text(); ok {
		if e, ok := types.Unopt(want).(types.Enum); ok {
			c.notInEnum(v.node, text, e)
			return bad(v.node)
		}
	}
	if v.typ == types.Nil {
		c.error(diag.TypeMismatch, c.src.span(v.node), fmt.Sprintf("%v is needed here, not nil", want))
		return bad(v.node)
	}
	d := c.error(diag.TypeMismatch, c.src.span(v.node), fmt.Sprintf("%v is needed here, and %s is %v", want, c.src.words(v.node), v.typ))
	if why := types.Explain(v.best(), want); why != fmt.Sprintf("%v is not %v", v.best(), want) {
		d.Because("The difference: " + why + ".")
	}
	if hint := conversion(v.typ, want); hint != "" {
		d.Advise(hint)
	}
	return bad(v.node)
}

// conversion says how to make a value of type want from one of type from.
func conversion(from, want types.Type) string {
	want = types.Unopt(want)
	name := want.String()
	switch {
	case types.IsOptional(from):
		return ""
	case want == types.Bool && from == types.Int, want == types.Bool && from == types.Float:
		return "compare it: x != 0, say"
	case want == types.Bool && isText(from):
		return `compare it: x != "", or x == "yes", say`
	case want == types.Int && from == types.Float:
		return "round(x), floor(x) and ceil(x) give ints"
	case want == types.Bool && isList(from):
		return "test its length: len(xs) > 0"
	case from == types.JSONType && (want == types.Int || want == types.Float || want == types.Bool || want == types.String || want == types.Date),
		isText(from) && (want == types.Int || want == types.Float || want == types.Date),
		types.IsScalar(from) && want == types.String:
		return fmt.Sprintf("convert it: %s(x)", name)
	}
	return ""
}

func isText(t types.Type) bool {
	_, enum := t.(types.Enum)
	return enum || t == types.String
}

func isList(t types.Type) bool {
	_, list := t.(types.List)
	return list
}

func isNumber(t types.Type) bool { return t == types.Int || t == types.Float }

// unknown reports whether a type says nothing: it is checked at run time, or was reported.
func unknown(t types.Type) bool { return t == types.Any || t == types.Invalid }

func (c *checker) isDate(n ast.Node, text string) bool {
	if day, err := time.Parse(time.DateOnly, text); err == nil && day.Year() >= 1 {
		return true
	}
	c.error(diag.TypeMismatch, c.src.span(n), fmt.Sprintf("%q is not a date", text)).
		Advise("a day is written YYYY-MM-DD")
	return false
}

func (c *checker) notInEnum(n ast.Node, text string, e types.Enum) {
	d := c.error(diag.UnknownValue, c.src.span(n), fmt.Sprintf("%q is not in %v", text, e))
	if near, ok := diag.Suggest(text, e.Values); ok {
		d.Replace(c.src.span(n), strconv.Quote(near), fmt.Sprintf("did you mean %q?", near))
	}
}

// absent reports that a value may be nil where it must not.
func (c *checker) absent(v value, why string) {
	words := c.src.words(v.node)
	d := c.error(diag.MaybeAbsent, c.src.span(v.node), fmt.Sprintf("%s may be absent (%v), and %s", words, v.typ, why))
	if i, ok := rootOf(v.path); ok && types.IsOptional(c.list[i].Type) {
		ref := c.list[i]
		if reason, place := c.scope.WhyOptional(ref.Target); reason != "" {
			if place.Valid() {
				d.See(place, reason)
			} else {
				d.Because(reason + ".")
			}
		}
	}
	advice := "give another value with ?? or insist with must(...)"
	if words != "this" && v.path != "" && !strings.HasPrefix(v.path, "#") {
		advice = fmt.Sprintf("write %s ?? another value, or must(%s)", words, words)
		switch _, whole := refOf(v.path); {
		case c.condition:
			advice += fmt.Sprintf(", or test it first: %s != nil and ...", words)
		case whole:
			advice += fmt.Sprintf(", or run this only `when: %s != nil`", words)
		}
	}
	d.Advise(advice)
}

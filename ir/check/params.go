package check

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/types"
)

// declareParams checks the params and makes their symbols.
func (c *checker) declareParams() {
	names := make([]ast.Name, 0, len(c.ast.Params))
	c.params = make(map[string]*symbol, len(c.ast.Params))
	for i := range c.ast.Params {
		p := &c.ast.Params[i]
		names = append(names, p.Name)
		c.checkName(p.Name, "a param", plainName)
		out := &ir.Param{Name: p.Name.Value, Help: p.Help.Value, Span: p.Name.Span, Type: c.typeOf(p.Type)}
		if _, ok := c.params[p.Name.Value]; !ok {
			c.params[p.Name.Value] = &symbol{
				class: isParam, name: p.Name.Value, text: "params." + p.Name.Value, span: p.Name.Span,
				param: int32(len(c.out.Params)), typ: out.Type,
			}
		}
		c.out.Params = append(c.out.Params, out)
		if out.Type != types.Invalid {
			c.param(p, out)
		}
	}
	c.unique("params", names)
}

// param checks what is said about the values of a param of a good type.
func (c *checker) param(p *ast.Param, out *ir.Param) {
	if !c.paramType(p, out.Type) {
		return
	}
	elem := types.Unopt(out.Type)
	if p.Schema != nil {
		out.Schema = c.schema(p.Schema)
	}
	if p.Pattern.Span.Valid() {
		out.Pattern = c.pattern(p, elem)
	}
	for _, bound := range []struct {
		key string
		lit *ast.Literal
		to  **ir.Literal
	}{{"min", p.Min, &out.Min}, {"max", p.Max, &out.Max}} {
		if bound.lit == nil {
			continue
		}
		if elem != types.Int && elem != types.Float && elem != types.Date {
			c.diags.Error(diag.BadParam, bound.lit.Span, fmt.Sprintf("`%s` is for numbers and dates, and `%s` is %v", bound.key, p.Name.Value, out.Type)).
				See(p.Type.Span, fmt.Sprintf("declared here as %v", out.Type))
			continue
		}
		*bound.to = c.literal(bound.lit, elem, fmt.Sprintf("the `%s` of `%s`", bound.key, p.Name.Value), p.Type.Span)
	}
	if compareBounds(out.Min, out.Max) > 0 {
		c.diags.Error(diag.BadParam, p.Max.Span, fmt.Sprintf("no value of `%s` is between %s and %s", p.Name.Value, out.Min.JSON, out.Max.JSON)).
			See(p.Min.Span, "`min` is larger than `max`")
		return
	}
	if p.Default != nil {
		if types.HasBlob(out.Type) {
			c.diags.Error(diag.BadParam, p.Default.Span, fmt.Sprintf("a param of type %v can't have a default: its file is given when a run starts", out.Type)).
				Advise("leave the default away, or make the type `" + types.Opt(out.Type).String() + "`")
			return
		}
		out.Default = c.literal(p.Default, out.Type, fmt.Sprintf("the default of `%s`", p.Name.Value), p.Type.Span)
		c.valueFits(diag.BadParam, p, out, out.Default, p.Default, "the default")
	}
}

// paramType reports types that a param cannot have.
func (c *checker) paramType(p *ast.Param, t types.Type) bool {
	elem := types.Unopt(t)
	if elem == types.File || !types.HasBlob(elem) {
		return true
	}
	d := c.diags.Error(diag.BadParam, p.Type.Span, fmt.Sprintf("a param can't have the type %v", t)).
		Because("Params come as text or JSON when a run starts; the one exception is a single file, which is uploaded.")
	switch elem {
	case types.Dir:
		d.Advise("take an archive as `file`, or a `string` that says where the folder is")
	case types.Artifact:
		d.Advise("take a `file`")
	default:
		d.Advise("make a param of type `file` for each file, or a `list<string>` that says where they are")
	}
	return false
}

// valueFits checks a value of a param against bounds, pattern and schema. It is
// written as lit, and what says what it is: "the default".
func (c *checker) valueFits(code diag.Code, p *ast.Param, out *ir.Param, value *ir.Literal, lit *ast.Literal, what string) {
	if value == nil || string(value.JSON) == "null" {
		return
	}
	bad := func(span diag.Span, why string) {
		c.diags.Error(code, lit.Span, fmt.Sprintf("%s of `%s` is not allowed: %s", what, p.Name.Value, why)).
			See(span, "by this")
	}
	if compareBounds(out.Min, value) > 0 {
		bad(p.Min.Span, "it is less than `min`")
	}
	if compareBounds(value, out.Max) > 0 {
		bad(p.Max.Span, "it is more than `max`")
	}
	if out.Pattern != "" {
		var text string
		re, err := wholeMatch(out.Pattern)
		if err == nil && json.Unmarshal(value.JSON, &text) == nil && !re.MatchString(text) {
			bad(p.Pattern.Span, "it does not match the pattern")
		}
	}
	if out.Schema != nil {
		c.valueInSchema(code, p, out, value, lit, what)
	}
}

// compareBounds compares two literals of one type, numbers or dates; 0 if one
// is missing or they have no order.
func compareBounds(a, b *ir.Literal) int {
	if a == nil || b == nil {
		return 0
	}
	x, err1 := types.UnmarshalValue(types.Unopt(a.Type), a.JSON)
	y, err2 := types.UnmarshalValue(types.Unopt(b.Type), b.JSON)
	if err1 != nil || err2 != nil {
		return 0
	}
	switch x := x.(type) {
	case int64:
		if y, ok := y.(int64); ok {
			return cmp.Compare(x, y)
		}
	case float64:
		if y, ok := y.(float64); ok && x == x && y == y {
			return cmp.Compare(x, y)
		}
	case string:
		if y, ok := y.(string); ok {
			return cmp.Compare(x, y)
		}
	}
	return 0
}

// pattern checks a regular expression for the whole value.
func (c *checker) pattern(p *ast.Param, elem types.Type) string {
	if elem != types.String {
		c.diags.Error(diag.BadParam, p.Pattern.Span, fmt.Sprintf("`pattern` is for strings, and `%s` is %v", p.Name.Value, elem)).
			See(p.Type.Span, fmt.Sprintf("declared here as %v", elem))
		return ""
	}
	_, err := regexp.Compile(p.Pattern.Value)
	if err == nil {
		_, err = wholeMatch(p.Pattern.Value) // fails alone where a \Q is left open
	}
	if err != nil {
		c.diags.Error(diag.BadParam, p.Pattern.Span, "the pattern is not a regular expression: "+clip(strings.TrimPrefix(err.Error(), "error parsing regexp: "))).
			Because("Patterns have the syntax of RE2, the same on all targets: no look-around and no back references.")
		return ""
	}
	return p.Pattern.Value
}

// wholeMatch is the pattern of a param as it is applied: to the whole value.
func wholeMatch(pattern string) (*regexp.Regexp, error) {
	return regexp.Compile(`\A(?:` + pattern + `)\z`)
}

// literal checks a value given as YAML against a type; nil if it was reported.
func (c *checker) literal(lit *ast.Literal, t types.Type, what string, declared diag.Span) *ir.Literal {
	if lit == nil || len(lit.JSON) == 0 || t == types.Invalid {
		return nil
	}
	v, err := types.UnmarshalValue(t, lit.JSON)
	if err != nil {
		c.badLiteral(lit, err, what, t, declared)
		return nil
	}
	canonical, err := types.MarshalValue(t, v)
	if err != nil {
		c.badLiteral(lit, err, what, t, declared)
		return nil
	}
	return &ir.Literal{Type: t, JSON: canonical}
}

// badLiteral reports a value that does not fit, at the part that doesn't.
func (c *checker) badLiteral(lit *ast.Literal, err error, what string, t types.Type, declared diag.Span) {
	span, message := lit.Span, err.Error()
	var bad *types.ValueError
	if errors.As(err, &bad) {
		message = bad.Error()
		if bad.Path != "" && lit.At != nil {
			if at := lit.At(bad.Path); at.Valid() && at != lit.Span {
				span, message = at, bad.Message
			}
		}
	}
	c.diags.Error(diag.BadValue, span, fmt.Sprintf("%s is not %v: %s", what, t, message)).
		See(declared, fmt.Sprintf("declared here as %v", t))
}

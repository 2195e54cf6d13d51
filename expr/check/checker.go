package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/parser/lexer"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/expr"
	"github.com/flowc-dev/flowc/types"
)

// checker walks the syntax tree once.
type checker struct {
	src      *source
	scope    Scope
	diags    diag.List
	failed   bool
	nodes    int
	list     []Ref
	refs     map[any]int    // target -> index in list
	narrowed map[string]int // paths that are there, here
	items    []types.Type   // of the elements that predicates are about, innermost last
	reported map[int]bool   // tokens of names that were reported

	condition bool // the whole is to be true or false
}

// error reports a finding; beyond the limit it is dropped, since nobody reads it.
func (c *checker) error(code diag.Code, span diag.Span, summary string) *diag.Diagnostic {
	c.failed = true
	if len(c.diags) >= maxFindings {
		return &diag.Diagnostic{}
	}
	return c.diags.Error(code, span, summary)
}

func (c *checker) warn(code diag.Code, span diag.Span, summary string) *diag.Diagnostic {
	if len(c.diags) >= maxFindings {
		return &diag.Diagnostic{}
	}
	return c.diags.Warn(code, span, summary)
}

// expr checks a node; depth counts the nodes above it.
func (c *checker) expr(n ast.Node, depth int) value {
	// The tree can share parts (a < b < c has b twice), so that walking it may
	// take more steps than it has nodes.
	if c.nodes++; c.nodes > expr.MaxNodes || depth > expr.MaxDepth {
		if !c.failed {
			c.error(diag.ExprTooLarge, c.src.whole(), "the expression nests too deeply or has too many parts").
				Advise("compute this in a step")
		}
		return bad(n)
	}
	v := c.kind(n, depth)
	v.node = n
	if v.path != "" && c.narrowed[v.path] > 0 {
		v.typ = types.Unopt(v.typ)
	}
	return v
}

func (c *checker) kind(n ast.Node, depth int) value {
	switch n := n.(type) {
	case *ast.NilNode:
		return value{code: expr.Const(types.Nil, nil), typ: types.Nil}
	case *ast.BoolNode:
		return value{code: expr.Const(types.Bool, n.Value), typ: types.Bool}
	case *ast.IntegerNode:
		return value{code: expr.Const(types.Int, int64(n.Value)), typ: types.Int}
	case *ast.FloatNode:
		return value{code: expr.Const(types.Float, n.Value), typ: types.Float}
	case *ast.StringNode:
		return c.literal(n)
	case *ast.ArrayNode:
		return c.array(n, depth)
	case *ast.IdentifierNode:
		return c.name(n, nil)
	case *ast.MemberNode:
		return c.member(n, false, depth)
	case *ast.ChainNode:
		if m, ok := n.Node.(*ast.MemberNode); ok {
			return c.member(m, true, depth)
		}
		return c.expr(n.Node, depth+1)
	case *ast.SliceNode:
		return c.slice(n, depth)
	case *ast.PointerNode:
		return c.pointer(n)
	case *ast.UnaryNode:
		return c.unary(n, depth)
	case *ast.BinaryNode:
		return c.binary(n, depth)
	case *ast.ConditionalNode:
		return c.conditional(n, depth)
	case *ast.BuiltinNode:
		return c.call(n, n.Name, n.Arguments, depth)
	case *ast.CallNode:
		return c.callNode(n, depth)
	}
	c.error(diag.ExprNotAllowed, c.src.span(n), "this is not part of the language")
	return bad(n)
}

func (c *checker) literal(n *ast.StringNode) value {
	if !utf8.ValidString(n.Value) {
		c.error(diag.ExprSyntax, c.src.span(n), "the string is not valid UTF-8")
		return bad(n)
	}
	return value{
		code:  expr.Const(types.String, n.Value),
		typ:   types.String,
		exact: types.Enum{Values: []string{n.Value}},
	}
}

func (c *checker) array(n *ast.ArrayNode, depth int) value {
	elems := make([]value, len(n.Nodes))
	whole := value{typ: types.Invalid}
	failed := false
	for i, e := range n.Nodes {
		elems[i] = c.expr(e, depth+1)
		switch {
		case failed:
		case elems[i].typ == types.Invalid:
			failed = true
		case i == 0:
			whole = elems[0]
		default:
			typ, exact, ok := join(whole, elems[i])
			if !ok {
				c.mixed(elems[i].node, whole.typ, elems[i].typ, "the elements before it")
				failed = true
				continue
			}
			if e, isEnum := typ.(types.Enum); isEnum && whole.exact != nil && elems[i].exact != nil {
				typ, exact = types.String, e // literals only
			}
			whole = value{typ: typ, exact: exact}
		}
	}
	if failed {
		return bad(n)
	}
	codes := make([]expr.Code, len(elems))
	for i, e := range elems {
		codes[i] = converted(e, whole.typ)
	}
	v := value{code: expr.New(expr.OpList, codes...), typ: types.List{Elem: whole.typ}, elems: elems}
	if whole.exact != nil {
		v.exact = types.List{Elem: whole.exact}
	}
	return v
}

// mixed reports two types that have nothing in common.
func (c *checker) mixed(n ast.Node, first, second types.Type, where string) {
	c.error(diag.TypeMismatch, c.src.span(n), fmt.Sprintf("%s is %v, and %s %v", c.src.words(n), second, where+" are", first)).
		Advise("all must have one type; string(x), int(x) and float(x) convert")
}

func (c *checker) conditional(n *ast.ConditionalNode, depth int) value {
	cond := c.truth(n.Cond, depth)
	a := c.given(cond.yes, func() value { return c.expr(n.Exp1, depth+1) })
	b := c.given(cond.no, func() value { return c.expr(n.Exp2, depth+1) })
	if cond.typ == types.Invalid || a.typ == types.Invalid || b.typ == types.Invalid {
		return bad(n)
	}
	typ, exact, ok := join(a, b)
	if !ok {
		c.error(diag.TypeMismatch, c.src.span(n.Exp2), fmt.Sprintf("%s is %v, and the value before the colon is %v", c.src.words(n.Exp2), b.typ, a.typ)).
			See(c.src.span(n.Exp1), fmt.Sprintf("this is %v", a.typ)).
			Advise("both must have one type; string(x), int(x) and float(x) convert")
		return bad(n)
	}
	return value{code: expr.New(expr.OpIf, cond.code, converted(a, typ), converted(b, typ)), typ: typ, exact: exact}
}

// truth checks a part that must be true or false.
func (c *checker) truth(n ast.Node, depth int) value {
	return c.fit(c.expr(n, depth+1), types.Bool)
}

// pointer is #, an element of the list that a predicate is about.
func (c *checker) pointer(n *ast.PointerNode) value {
	if len(c.items) == 0 || n.Name != "" {
		c.error(diag.ExprNotAllowed, c.src.span(n), "# stands for an element, and there is none here")
		return bad(n)
	}
	level := len(c.items)
	return value{code: expr.New(expr.OpItem), typ: c.items[level-1], path: "#" + strconv.Itoa(level)}
}

// name is an identifier with the fields behind it, of which the scope takes
// what it knows; used says how many.
func (c *checker) name(root *ast.IdentifierNode, fields []*ast.MemberNode) value {
	v, used := c.resolve(root, fields)
	if used == 0 {
		return bad(root)
	}
	for i := used - 1; i < len(fields); i++ {
		v.node = fields[i].Node
		if c.narrowed[v.path] > 0 {
			v.typ = types.Unopt(v.typ)
		}
		v = c.field(fields[i], v, false)
	}
	return v
}

func (c *checker) resolve(root *ast.IdentifierNode, fields []*ast.MemberNode) (value, int) {
	at := c.src.at(root.Location())
	names := []Ident{{root.Value, c.src.tokenSpan(at)}}
	for _, f := range fields {
		names = append(names, Ident{f.Property.(*ast.StringNode).Value, c.src.tokenSpan(c.src.at(f.Location()))})
	}
	target, why := c.scope.Resolve(names)
	if target.Used <= 0 || target.Used > len(names) {
		c.unknownName(at, names, why)
		return value{}, 0
	}
	used := names[:target.Used]
	i, known := c.refs[target.Value]
	if !known {
		i = len(c.list)
		c.refs[target.Value] = i
		words := make([]string, len(used))
		for j, id := range used {
			words[j] = id.Name
		}
		c.list = append(c.list, Ref{
			Target: target.Value, Text: strings.Join(words, "."), Type: target.Type,
			Span: used[0].Span.To(used[len(used)-1].Span),
		})
		if i > expr.MaxRef {
			c.error(diag.ExprTooLarge, c.src.whole(), "the expression reads too many names").Advise("compute this in a step")
			return value{}, 0
		}
	}
	v := value{code: expr.Ref(i), typ: target.Type, path: strconv.Itoa(i)}
	if v.typ == nil || v.typ == types.Invalid {
		v.typ = types.Invalid
		c.failed = true // it was reported where it is declared
	}
	return v, len(used)
}

// unknownName reports a name that the scope does not know.
func (c *checker) unknownName(at int, names []Ident, why *diag.Diagnostic) {
	first, last := c.hyphenated(at)
	if c.reported[first] {
		c.failed = true
		return
	}
	if c.reported == nil {
		c.reported = map[int]bool{}
	}
	c.reported[first] = true
	span := c.src.tokenSpan(first).To(c.src.tokenSpan(last))
	name := names[0].Name
	alone := first == 0 && last == len(c.src.tokens)-1 // the whole expression is this name

	if first != last {
		start, end := c.src.tokens[first].start, c.src.tokens[last].end
		word := c.src.text.Value[start:end]
		d := c.error(diag.UnknownName, span, "unknown name "+word)
		d.Because("In an expression - is minus, so names are written with _.")
		under := strings.ReplaceAll(word, "-", "_")
		switch {
		case slices.Contains(c.scope.Names(), under):
			d.Replace(span, under, fmt.Sprintf("did you mean %s?", under))
		case alone:
			c.literalFix(d, word)
		default:
			d.Advise(fmt.Sprintf("write %s, or a - b with spaces for minus", under))
		}
		return
	}
	if why != nil {
		c.failed = true
		if len(c.diags) < maxFindings {
			c.diags.Add(*why)
			// The scope cannot see that a text may have been meant.
			if d := &c.diags[len(c.diags)-1]; d.Fix == nil && alone {
				c.literalFix(d, name)
			}
		}
		return
	}
	if len(names) > 1 && slices.Contains(c.scope.Names(), name) {
		span = span.To(names[1].Span)
		name += "." + names[1].Name
	}
	d := c.error(diag.UnknownName, span, "unknown name "+name)
	if len(c.items) > 0 {
		if rec, ok := types.Unopt(c.items[len(c.items)-1]).(types.Record); ok {
			if _, ok := rec.Field(name); ok {
				d.Replace(span, "."+name, fmt.Sprintf("a field of the element is written .%s", name))
				return
			}
		}
	}
	switch strings.ToLower(name) {
	case "none", "null":
		d.Replace(span, "nil", "an absent value is nil")
		return
	case "true", "false":
		d.Replace(span, strings.ToLower(name), "write it in lower case")
		return
	case "nan", "inf", "infinity":
		d.Advise(fmt.Sprintf("write float(%q)", strings.ToLower(name)))
		return
	case "env", "environ", "os":
		d.Advise("expressions cannot read the environment: declare a param")
		return
	}
	near, found := diag.Suggest(name, c.scope.Names())
	if bare := strings.TrimPrefix(name, "$"); bare != name && slices.Contains(c.scope.Names(), bare) {
		near, found = bare, true
	}
	switch {
	case alone:
		c.literalFix(d, name)
		if found {
			d.Because(fmt.Sprintf("Or did you mean %s?", near))
		}
	case found:
		d.Replace(span, near, fmt.Sprintf("did you mean %s?", near))
	}
}

// literalFix offers to write the whole expression as a text.
func (c *checker) literalFix(d *diag.Diagnostic, word string) {
	fix := fmt.Sprintf("{value: %s}", word)
	d.Replace(c.src.text.Span, fix, fmt.Sprintf("write %s if you meant the text: a string alone is an expression", fix))
}

// hyphenated is the range of tokens around token at that are names with - and
// no space between them.
func (c *checker) hyphenated(at int) (first, last int) {
	tokens := c.src.tokens
	link := func(i int) bool { // tokens i, i+1, i+2 are a-b
		return i >= 0 && i+2 < len(tokens) &&
			tokens[i].is(lexer.Identifier) && tokens[i+1].is(lexer.Operator, "-") && tokens[i+2].is(lexer.Identifier) &&
			tokens[i].end == tokens[i+1].start && tokens[i+1].end == tokens[i+2].start &&
			(i == 0 || !tokens[i-1].is(lexer.Operator, ".", "?."))
	}
	first, last = at, at
	for link(first - 2) {
		first -= 2
	}
	for link(last) {
		last += 2
	}
	return first, last
}

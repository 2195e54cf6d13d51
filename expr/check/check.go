// Package check turns the text of an expression into a [expr.Code] with a type,
// or into findings at the very token.
//
// The syntax is read by expr-lang's parser; what of it the language has, what
// the names mean and which types fit is decided here, over a whitelist: a node
// of the syntax tree that no rule knows is an error. Functions come from the
// table in package expr.
//
// # Types
//
// A literal string is a string where nothing else is known, and an enum of one
// value where that helps: `c ? "a" : "b"` is enum<a|b>, and comparing an enum
// with a text that it cannot have is an error. An optional T? can be compared
// with nil, given another value by ?? or coalesce, insisted on by must, and
// nothing else, unless it is known to be there: where `x != nil` must have held
// for this part of the expression to be evaluated, x is a T.
//
// # Bounds
//
// The text is limited before the recursive parser sees it, the tree afterwards,
// so that no input makes either overflow a stack or take more than linear time.
package check

import (
	"slices"

	"github.com/expr-lang/expr/ast"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/expr"
	"github.com/flowc-dev/flowc/types"
)

// Checked is an expression that was checked.
type Checked struct {
	Text string
	Code expr.Code  // zero if there were errors
	Type types.Type // of the value; Invalid if there were errors. If a type was wanted, that one
	Refs []Ref      // what it reads, in order of first use; (ref i) in Code is Refs[i]. With errors: as far as known
	// NonNil holds the indices of those Refs of optional type that cannot be nil
	// when the expression is true.
	NonNil []int
}

// Ref is a name that an expression reads.
type Ref struct {
	Target any        // as the scope gave it; no two Refs have the same
	Text   string     // as written, without record fields behind it: train.score
	Type   types.Type // as the scope gave it
	Span   diag.Span  // of its first use
}

// Ident is one identifier of a chain a.b.c.
type Ident struct {
	Name string
	Span diag.Span
}

// Target is what a chain of names stands for.
type Target struct {
	Value any        // any comparable value; equal ones are one Ref
	Type  types.Type // Invalid if it was reported as wrong elsewhere
	Used  int        // how many of the names; the others are fields of the value. 0: unknown
}

// Scope knows the names that an expression can use.
type Scope interface {
	// Resolve says what names stands for: an identifier and the identifiers that
	// follow it behind dots. If it is unknown, Used is 0, and the finding, if
	// any, is reported instead of a general one.
	Resolve(names []Ident) (Target, *diag.Diagnostic)

	// Names are the first identifiers that there are, for suggestions.
	Names() []string

	// WhyOptional says why the value of a target may be absent, as a sentence
	// without final stop ("train runs only when params.retrain holds"), and where
	// that stands; "" if there is nothing to say.
	WhyOptional(target any) (why string, place diag.Span)
}

// Limits on an expression as written, beside those of package expr.
const (
	MaxText      = 64 << 10 // bytes
	MaxNesting   = 100      // brackets, and operators before a value
	maxFindings  = 20
	maxTypeDepth = types.MaxWrittenDepth + 8
)

// Check parses and checks an expression; see [Parsed.Check].
func Check(text diag.Text, scope Scope, want types.Type) (*Checked, diag.List) {
	return Parse(text).Check(scope, want)
}

// Parsed is an expression whose syntax was read. It can be checked more than
// once, in different scopes: to find the names that it reads, and to type it.
type Parsed struct {
	text  string
	tree  ast.Node // nil if there are errors
	src   *source
	found diag.List
}

// Parse reads the syntax of an expression. What is wrong with it is reported by
// [Parsed.Check].
func Parse(text diag.Text) *Parsed {
	p := &Parsed{text: text.Value}
	p.tree, p.src, p.found = parse(text)
	return p
}

// Check checks an expression. If want is not nil, the value must be usable as
// a want, and the Code gives it in the form of that type (a float where the
// expression is an int). A nil scope has no names. The result is never nil.
func (p *Parsed) Check(scope Scope, want types.Type) (*Checked, diag.List) {
	out := &Checked{Text: p.text, Type: types.Invalid}
	if p.found.HasErrors() {
		return out, p.found
	}
	tree, src := p.tree, p.src
	if scope == nil {
		scope = noNames{}
	}
	c := &checker{src: src, scope: scope, refs: map[any]int{}, narrowed: map[string]int{}, condition: want == types.Bool}
	r := c.expr(tree, 1)
	out.Refs = c.list
	if want != nil {
		r = c.fit(r, want)
	}
	c.limits(&r)
	if r.typ == types.Invalid && !c.failed {
		c.error(diag.TypeMismatch, c.src.whole(), "nothing says which type this has")
	}
	if c.failed || r.typ == types.Invalid {
		return out, c.diags.Sorted()
	}
	out.Code, out.Type = r.code, r.typ
	if want == nil {
		out.Type = settled(r.typ)
	}
	for key := range r.yes {
		if i, isRef := refOf(key); isRef && types.IsOptional(c.list[i].Type) {
			out.NonNil = append(out.NonNil, i)
		}
	}
	slices.Sort(out.NonNil)
	return out, c.diags.Sorted()
}

// noNames is the scope in which nothing is visible.
type noNames struct{}

func (noNames) Resolve([]Ident) (Target, *diag.Diagnostic) { return Target{}, nil }
func (noNames) Names() []string                            { return nil }
func (noNames) WhyOptional(any) (string, diag.Span)        { return "", diag.Span{} }

// limits checks what is known of the whole.
func (c *checker) limits(r *value) {
	switch {
	case r.code.Depth() > expr.MaxDepth:
		c.error(diag.ExprTooLarge, c.src.whole(), "the expression nests too deeply").
			Advise("compute this in a step")
	case r.code.Nodes() > expr.MaxNodes:
		c.error(diag.ExprTooLarge, c.src.whole(), "the expression has too many parts").
			Advise("compute this in a step")
	default:
		if why := types.CheckSize(r.typ, maxTypeDepth); why != "" {
			c.error(diag.ExprTooLarge, c.src.whole(), why)
		}
	}
}

// settled replaces the parts of a type that nothing decided (the elements of
// an empty list) by json.
func settled(t types.Type) types.Type {
	switch t := t.(type) {
	case types.List:
		if t.Elem == types.Invalid {
			return types.List{Elem: types.JSONType}
		}
		return types.List{Elem: settled(t.Elem)}
	case types.Map:
		return types.Map{Elem: settled(t.Elem)}
	case types.Optional:
		return types.Opt(settled(t.Elem))
	}
	return t
}

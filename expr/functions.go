package expr

import (
	"slices"

	"github.com/flowc-dev/flowc/types"
)

// Function is a row of the table of functions: everything that the checker,
// the evaluator and the documentation know of it.
type Function struct {
	Name      string
	Signature string // for people: what it takes and gives
	Doc       string // one line
	Example   string // an expression; the names in it are [ExampleNames]
	Result    string // what the example gives, as an expression

	MinArgs, MaxArgs int // MaxArgs -1: any number

	// Predicate: an argument behind the first is an expression about #, an
	// element of the list that is the first.
	Predicate bool
	// Absent: arguments may be optional.
	Absent bool

	// Check gives the type of a call from the types of its arguments, none of
	// them Invalid; for a predicate that is the type it has for one element.
	// As[i] is the type that argument i is to be widened to, if there is one.
	Check func(args []types.Type) (Checked, *ArgError)

	// Exactly one of these is set.
	eval func(e *evaluator, args []any) (any, *Error)
	lazy func(e *evaluator, args []*node) (any, *Error)
}

// ExampleNames are the names that examples of functions use, with what they
// stand for: JSON of the type.
var ExampleNames = []struct{ Name, Type, JSON string }{
	{"m", "map<int>", `{"a":1,"b":2}`},
	{"x", "int?", `3`},
	{"y", "int?", `null`},
}

// Checked is what is known of a call before it runs.
type Checked struct {
	Type  types.Type
	As    []types.Type // nil, or one for each argument, nil where nothing changes
	Widen bool         // the result, too, must be widened to Type
}

// ArgError says what is wrong with an argument.
type ArgError struct {
	Arg     int
	Message string // "needs a list of numbers, not list<string>"
	Hint    string // what to write instead; "" if unknown
	Absent  bool   // the argument, or its elements, may be absent
}

// Functions is the table, sorted by name. Do not change it.
var Functions = sortedTable(listFunctions, predicateFunctions, numberFunctions, textFunctions, conversions, absentFunctions)

var byName = func() map[string]*Function {
	m := make(map[string]*Function, len(Functions))
	for _, f := range Functions {
		m[f.Name] = f
	}
	return m
}()

// FunctionNamed returns the row of that name, or nil.
func FunctionNamed(name string) *Function { return byName[name] }

func sortedTable(tables ...[]Function) []*Function {
	var out []*Function
	for _, t := range tables {
		for i := range t {
			out = append(out, &t[i])
		}
	}
	slices.SortFunc(out, func(a, b *Function) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return out
}

// Keywords can never be names: the syntax of expressions takes them.
var Keywords = []string{
	"and", "contains", "else", "endsWith", "false", "if", "in", "let",
	"matches", "nil", "not", "or", "startsWith", "true",
}

func ok(t types.Type) (Checked, *ArgError) { return Checked{Type: t}, nil }

// as is a result whose arguments are all widened to one type.
func as(result, arg types.Type, n int) (Checked, *ArgError) {
	c := Checked{Type: result, As: make([]types.Type, n)}
	for i := range c.As {
		c.As[i] = arg
	}
	return c, nil
}

func needs(arg int, what string, t types.Type, hint string) (Checked, *ArgError) {
	e := &ArgError{Arg: arg, Message: "needs " + what + ", not " + t.String(), Hint: hint}
	return Checked{}, e
}

// element is the type of a list's elements; Any has elements of any type.
func element(t types.Type) (types.Type, bool) {
	if t == types.Any {
		return types.Any, true
	}
	l, ok := t.(types.List)
	return l.Elem, ok
}

// present is element for functions that cannot work with absent elements.
func present(arg int, what string, t types.Type) (types.Type, *ArgError) {
	elem, ok := element(t)
	if !ok {
		_, err := needs(arg, what, t, "")
		return nil, err
	}
	if types.IsOptional(elem) {
		return nil, &ArgError{
			Arg: arg, Absent: true,
			Message: "needs " + what + ", but its elements may be absent (" + t.String() + ")",
			Hint:    "drop the absent ones with compact(...)",
		}
	}
	return elem, nil
}

// unknown reports whether values of t are of a kind known at run time only.
func unknown(t types.Type) bool { return t == types.Any || t == types.Invalid }

func isNumber(t types.Type) bool { return t == types.Int || t == types.Float || unknown(t) }

func isText(t types.Type) bool {
	_, enum := t.(types.Enum)
	return enum || t == types.String || unknown(t)
}

// Orderable reports whether < and sort work on values of t.
func Orderable(t types.Type) bool { return isNumber(t) || isText(t) || t == types.Date }

package check

import (
	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
	exprcheck "github.com/flowc-dev/flowc/expr/check"
	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/types"
)

// The tree is the flow as written, with its names declared and nothing yet
// typed. A *scope* is where names are visible: every `steps`. A *block* is what
// becomes an ir.Block: as scopes, save that a group without gate and catch
// adds a scope but no block, since its nodes belong to the block around it.

// kind of a node.
type kind uint8

const (
	step    kind = iota
	foreach      // its body is a scope, or the one step with the same name
	sw           // switch
	loop
	group // steps with a gate or catch
	plain // steps with neither: a scope only
)

func (k kind) String() string {
	return [...]string{"step", "foreach", "switch", "loop", "group", "group"}[k]
}

// node is a step or block as written.
type node struct {
	kind   kind
	ast    *ast.Node
	name   string
	scope  *scope   // that it stands in
	bodies []*scope // foreach, loop, group, plain: one; switch: one for each case
	cases  []*ast.Case
	inner  bool // the step that is the body of a foreach written on it
	at     int  // place in the source, in preorder
	catch  bool
	gated  bool    // has a `when`, even if that could not be read
	size   int64   // tasks or iterations at most, as declared; 0: not known
	callee *callee // of a call: the flow that it uses; nil if that could not be read
	copies bool    // a call whose flow is copied to its body: nothing was wrong so far

	ports []*symbol          // in the order of ir.Base.Ports; of a plain group, its exports
	named map[string]*symbol // ports by name, where there are many

	when     *value
	inputs   []*value     // of ast.Inputs
	produced []types.Type // of ast.Outputs
	over     []*value     // of ast.Foreach.Vars
	on       *value
	from     []*value // of ast.Loop.Carry
	next     []*value // nil where it is not written
	until    *value
	after    []*node   // that it names itself, visible ones only
	present  []*symbol // optional values that its `when` proves to be there

	vertex *vertex // nil for a plain group
	ir     ir.Node
	head   *ir.Base
}

// scope is where the names of one `steps` are visible.
type scope struct {
	parent  *scope
	owner   *node // whose body it is; nil for the flow
	block   *block
	level   int // nesting of scopes
	binds   []*symbol
	nodes   []*node // in source order
	exports []*export
	span    diag.Span
	partial bool // something in it was reported and left out
}

// block is what becomes an ir.Block.
type block struct {
	scope    *scope // the outermost one that belongs to it
	owner    *node  // nil for the flow's body
	parent   *block
	depth    int       // length of a task's index path
	vertices []*vertex // in source order, then in topological order
	ir       *ir.Block
}

// isCall reports whether the body of n is that of another flow.
func (n *node) isCall() bool { return n.ast.Uses != nil }

// what is how messages call n.
func (n *node) what() string {
	if n.isCall() {
		return "call"
	}
	return n.kind.String()
}

// incomplete reports whether something of n may be missing because of an error
// that was reported.
func (n *node) incomplete() bool {
	return n.ast.Partial || n.isCall() && (n.callee == nil || n.callee.ast.Partial)
}

// vertex is what a block is sorted by: a node, or an export of a plain group,
// which is computed by whoever reads it and only passes dependencies on.
type vertex struct {
	node  *node
	alias *export
	block *block
	at    int
	needs []edge
	after []*vertex // those of needs that `after` names, its own or an inner node's
	index int32     // among the nodes of its block, once sorted

	// Of the sort.
	waits int
	ahead []*vertex
}

// edge is one reason for which a vertex comes after another.
type edge struct {
	to    *vertex
	value *value    // the expression that reads it; nil for `after`
	span  diag.Span // of the name
}

// value is an expression or literal at its place in the tree.
type value struct {
	text   *diag.Text
	lit    *ast.Literal
	span   diag.Span
	scope  *scope              // whose names it sees
	reader *node               // the node that it belongs to; nil for exports of the flow
	vertex *vertex             // that evaluates it; nil at the end of a block
	names  [][]exprcheck.Ident // what text reads, whether it is known or not
	plain  bool                // text is nothing but names[0]
	parsed *exprcheck.Parsed   // of a text that is not plain
}

// export of a scope.
type export struct {
	name   ast.Name
	span   diag.Span
	value  *value
	symbol *symbol // where the owner is a plain group
	vertex *vertex // likewise
	result *result // once checked
}

// symbol is what a name in an expression leads to.
type symbol struct {
	name   string // model, lr, name
	text   string // as users write it: train.model, params.lr, name
	span   diag.Span
	typ    types.Type // nil: not known yet
	node   *node      // of a port
	port   int32
	scope  *scope // of a bind
	bind   int32
	kind   ir.BindKind
	param  int32
	class  symbolClass
	export *export // class alias
	origin *value  // of a bind: the list or the first carried value
	used   bool    // of a param
}

type symbolClass uint8

const (
	isPort symbolClass = iota
	isBind
	isParam
	isAlias // an export of a plain group
)

// port returns the port of that name, or nil.
func (n *node) port(name string) *symbol {
	if n.named != nil {
		return n.named[name]
	}
	for _, p := range n.ports {
		if p.name == name {
			return p
		}
	}
	return nil
}

const manyPorts = 16

// addPort appends a port; of several with one name the first counts.
func (n *node) addPort(name string, span diag.Span) *symbol {
	s := &symbol{class: isPort, name: name, text: n.name + "." + name, span: span, node: n, port: int32(len(n.ports))}
	n.ports = append(n.ports, s)
	if n.named == nil && len(n.ports) > manyPorts {
		n.named = map[string]*symbol{}
		for _, p := range n.ports[:len(n.ports)-1] {
			n.named[p.name] = p
		}
	}
	if n.named != nil {
		if _, ok := n.named[name]; !ok {
			n.named[name] = s
		}
	}
	return s
}

// within reports whether s is outer or lies inside it.
func (s *scope) within(outer *scope) bool {
	for s != nil && s.level > outer.level {
		s = s.parent
	}
	return s == outer
}

// bind returns the bind of that name that is visible in s, or nil.
func (s *scope) bind(name string) *symbol {
	for ; s != nil; s = s.parent {
		for _, b := range s.binds {
			if b.text == name {
				return b
			}
		}
	}
	return nil
}

// key returns the place of a key of the node, or of its name.
func (n *node) key(key string) diag.Span {
	if span, ok := n.ast.Keys[key]; ok && span.Valid() {
		return span
	}
	return n.ast.Name.Span
}

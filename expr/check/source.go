package check

import (
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser/lexer"

	"github.com/flowc-dev/flowc/diag"
)

// source is the text of an expression with its tokens, so that nodes of the
// syntax tree, which know one position each, can be given whole spans.
type source struct {
	text   diag.Text
	tokens []token
	runes  []int32 // byte offset of each character; nil if they are the same
}

type token struct {
	lexer.Token
	start, end int // bytes
	match      int // index of the other bracket; -1
}

func (t *token) is(kind lexer.Kind, values ...string) bool { return t.Is(kind, values...) }

// byteAt is the byte offset of a character's number.
func (s *source) byteAt(char int) int {
	switch {
	case char < 0:
		return 0
	case s.runes == nil:
		return min(char, len(s.text.Value))
	case char < len(s.runes):
		return int(s.runes[char])
	}
	return len(s.text.Value)
}

// tokenAt is the index of the token at a character's number: the one that holds
// it, else the one before it.
func (s *source) tokenAt(char int) int {
	at := s.byteAt(char)
	i := sort.Search(len(s.tokens), func(i int) bool { return s.tokens[i].start > at })
	return max(0, i-1)
}

func (s *source) at(loc file.Location) int { return s.tokenAt(loc.From) }

func (s *source) tokenSpan(i int) diag.Span {
	if i < 0 || i >= len(s.tokens) {
		return s.whole()
	}
	return s.text.Sub(s.tokens[i].start, s.tokens[i].end)
}

// whole is the expression without the white space around it.
func (s *source) whole() diag.Span {
	if n := len(s.tokens); n > 0 {
		return s.text.Sub(s.tokens[0].start, s.tokens[n-1].end)
	}
	return s.text.Span
}

func (s *source) span(n ast.Node) diag.Span {
	start, end := s.extent(n)
	return s.text.Sub(start, end)
}

// words is the text of a node as written, shortened for messages.
func (s *source) words(n ast.Node) string {
	if _, ok := n.(*ast.PointerNode); ok {
		return "#"
	}
	start, end := s.extent(n)
	text := strings.Join(strings.Fields(s.text.Value[start:end]), " ")
	if utf8.RuneCountInString(text) > 40 {
		return "this"
	}
	return text
}

// extent is the range of bytes that a node was read from, without parentheses
// around it.
func (s *source) extent(n ast.Node) (start, end int) {
	own := s.at(n.Location())
	start, end = s.tokens[own].start, s.tokens[own].end
	cover := func(parts ...ast.Node) {
		for _, p := range parts {
			if p == nil {
				continue
			}
			a, b := s.extent(p)
			start, end = min(start, a), max(end, b)
		}
	}
	closing := func(open int) {
		if open < len(s.tokens) && s.tokens[open].match > open {
			end = max(end, s.tokens[s.tokens[open].match].end)
		}
	}
	switch n := n.(type) {
	case *ast.UnaryNode:
		cover(n.Node)
	case *ast.BinaryNode:
		cover(n.Left, n.Right)
	case *ast.ConditionalNode: // its own position is behind it
		start, end = s.extent(n.Cond)
		cover(n.Exp1, n.Exp2)
	case *ast.ChainNode:
		start, end = s.extent(n.Node)
	case *ast.PredicateNode:
		start, end = s.extent(n.Node)
	case *ast.MemberNode:
		closing(own)
		cover(n.Node)
	case *ast.SliceNode:
		closing(own)
		cover(n.Node)
	case *ast.ArrayNode:
		closing(own)
	case *ast.BuiltinNode:
		closing(own + 1)
	case *ast.CallNode:
		closing(own + 1)
		cover(n.Callee)
	case *ast.PointerNode:
		if n.Name != "" && own+1 < len(s.tokens) {
			end = s.tokens[own+1].end
		}
		if s.tokens[own].is(lexer.Operator, ".") {
			end = start // .field is #.field: the point belongs to the field
		}
	}
	return start, end
}

// dotted reports whether a member is written x.name, not x[...].
func (s *source) dotted(n *ast.MemberNode) bool {
	return !s.tokens[s.at(n.Location())].is(lexer.Bracket, "[")
}

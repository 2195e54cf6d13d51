package yaml

import (
	"bytes"
)

// tokenKind says what a token is.
type tokenKind uint8

const (
	scalarToken tokenKind = iota
	dashToken
	questionToken
	colonToken
	commaToken
	openToken  // { or [
	closeToken // } or ]
	commentToken
	markerToken // --- or ...
)

// token is a piece of the source between white space. No two overlap, and
// between two there is nothing else.
type token struct {
	kind       tokenKind
	start, end int // in the text of the tree
	level      *level
	depth      int   // of brackets around it
	ofKey      bool  // it is a key or stands in one
	explicit   bool  // and a question mark stands before that key
	node       *node // of a scalar
	rank       int   // of a value in a block: the column of its key, counted from the key, where kept
}

// level is the indentation of a list or mapping in block style.
type level struct {
	outer    *level
	from, to int // spaces before its lines, as they are and as they will be
}

// inside is the level of a list or mapping that stands in l.
func (l *level) inside(n *node) *level {
	if l == nil {
		return &level{from: n.indent}
	}
	return &level{outer: l, from: n.indent, to: l.to + 2}
}

// tokens takes the text of a tree apart.
func tokens(t *tree, root *node) []token {
	s := &tokenizer{t: t}
	s.node(root, nil)
	s.gap(len(t.text), nil)
	return s.out
}

type tokenizer struct {
	t     *tree
	pos   int
	depth int
	out   []token
}

func (s *tokenizer) add(kind tokenKind, start, end int, l *level) *token {
	s.out = append(s.out, token{kind: kind, start: start, end: end, level: l, depth: s.depth})
	s.pos = end
	return &s.out[len(s.out)-1]
}

// gap reads what stands before offset to: comments, and indicators that belong
// to l.
func (s *tokenizer) gap(to int, l *level) {
	for s.pos < to {
		if !s.one(l) {
			s.pos++
		}
	}
}

var indicators = map[byte]tokenKind{'-': dashToken, '?': questionToken, ':': colonToken, ',': commaToken}

// one reads the token at pos, if there is one.
func (s *tokenizer) one(l *level) bool {
	text := s.t.text
	c := text[s.pos]
	if c == '#' {
		end := lineEnd(text, s.pos)
		s.add(commentToken, s.pos, s.pos+len(bytes.TrimRight(text[s.pos:end], " \t")), l)
		return true
	}
	if isMarker(text, s.pos) {
		s.add(markerToken, s.pos, s.pos+3, nil)
		return true
	}
	if kind, ok := indicators[c]; ok {
		s.add(kind, s.pos, s.pos+1, l)
		return true
	}
	return false
}

// isMarker reports whether a line begins at pos with --- or ...
func isMarker(text []byte, pos int) bool {
	rest := text[pos:]
	return (pos == 0 || text[pos-1] == '\n') && (bytes.HasPrefix(rest, []byte("---")) || bytes.HasPrefix(rest, []byte("..."))) &&
		(len(rest) == 3 || isSpace(rest[3]))
}

// until reads up to an indicator and it too. It reads nothing if something else
// stands before it.
func (s *tokenizer) until(indicator byte, l *level) {
	pos, n := s.pos, len(s.out)
	for s.pos < len(s.t.text) {
		switch c := s.t.text[s.pos]; {
		case isSpace(c):
			s.pos++
			continue
		case c == '#' || isMarker(s.t.text, s.pos):
			s.one(l)
			continue
		case c == indicator && (c != '?' || isSpace(s.t.char(s.pos+1)) || s.pos+1 == len(s.t.text)):
			s.one(l)
			return
		}
		break
	}
	s.pos, s.out = pos, s.out[:n]
}

func (s *tokenizer) start(n *node) int { return int(n.span.Start) - s.t.base }
func (s *tokenizer) end(n *node) int   { return int(n.span.End) - s.t.base }

// node reads n, which stands in a list or mapping of level l.
func (s *tokenizer) node(n *node, l *level) {
	switch {
	case n.empty():
	case n.kind == listKind && n.flow:
		s.brackets(n, l, func() {
			for _, item := range n.items {
				s.node(item, l)
			}
		})
	case n.kind == mapKind && n.flow:
		s.brackets(n, l, func() {
			for _, p := range n.pairs {
				s.pair(p, l)
			}
		})
	case n.kind == listKind:
		in := l.inside(n)
		for _, item := range n.items {
			s.until('-', in)
			s.node(item, in)
		}
	case n.kind == mapKind:
		in := l.inside(n)
		columns := s.columns(n)
		for i, p := range n.pairs {
			at := len(s.out)
			s.pair(p, in)
			for k := at; k < len(s.out); k++ {
				if tok := &s.out[k]; tok.start == s.start(p.value) && columns[i] > 0 && tok.kind != colonToken {
					tok.rank = columns[i]
				}
			}
		}
	default:
		s.gap(s.start(n), l)
		s.add(scalarToken, s.start(n), s.end(n), l).node = n
	}
}

// brackets reads a list or mapping in flow style. One pair within a list has no
// brackets of its own.
func (s *tokenizer) brackets(n *node, l *level, content func()) {
	start, end := s.start(n), s.end(n)
	s.gap(start, l)
	open, closed := s.t.char(start), s.t.char(end-1)
	bare := open != '{' && open != '[' || closed != '}' && closed != ']'
	if bare {
		content()
		return
	}
	s.add(openToken, start, start+1, l)
	s.depth++
	content()
	s.gap(end-1, l)
	s.depth--
	s.add(closeToken, end-1, end, l)
}

func (s *tokenizer) pair(p pair, l *level) {
	n := len(s.out)
	if p.key.empty() || s.pos < s.start(p.key) {
		s.until('?', l)
	}
	key := len(s.out)
	s.node(p.key, l)
	for i := key; i < len(s.out); i++ {
		s.out[i].ofKey, s.out[i].explicit = true, key > n
	}
	s.until(':', l)
	s.node(p.value, l)
}

// columns says for each pair of a mapping in block style in which column its
// value stands, counted from the key, if a neighbour has its own in the same
// one. It is 0 otherwise.
func (s *tokenizer) columns(n *node) []int {
	at := make([]int, len(n.pairs))
	for i, p := range n.pairs {
		if p.value.empty() || p.key.empty() || !p.value.flow && (p.value.kind == listKind || p.value.kind == mapKind) {
			continue
		}
		between := s.t.text[s.start(p.key):max(s.start(p.key), s.start(p.value))]
		if bytes.IndexByte(between, '\n') < 0 {
			at[i] = width(between)
		}
	}
	out := make([]int, len(n.pairs))
	for i := range at {
		if i > 0 && at[i] == at[i-1] || i+1 < len(at) && at[i] == at[i+1] {
			out[i] = at[i]
		}
	}
	return out
}

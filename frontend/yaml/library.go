package yaml

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	goyaml "go.yaml.in/yaml/v4"

	"github.com/flowc-dev/flowc/diag"
)

// This file is all that knows the YAML library. It turns a text into nodes of
// our own, each with the bytes it stands in.

// mark is a place as the library gives it: line and column count from 1, the
// column in characters. The zero mark is no place.
type mark struct{ line, column int }

// syntaxError is the library's complaint.
type syntaxError struct {
	message string
	at      mark
	context string // "while parsing a flow mapping", or nothing
	from    mark   // where that began
}

const tooDeep = "nested too deep"

// parse returns the first document, and the place of a second one if there is any.
// A text without any value gives nil.
func parse(text []byte) (root *goyaml.Node, second mark, failed *syntaxError) {
	defer func() {
		if r := recover(); r != nil { // the library has internal checks that panic
			failed = &syntaxError{message: fmt.Sprint(r), at: mark{1, 1}}
		}
	}()
	loader, err := goyaml.NewLoader(bytes.NewReader(text), goyaml.WithPlugin(policy{}))
	if err != nil {
		return nil, mark{}, toSyntaxError(err)
	}
	var first, other goyaml.Node
	if err := loader.Load(&first); err == io.EOF {
		return nil, mark{}, nil
	} else if err != nil {
		return nil, mark{}, toSyntaxError(err)
	}
	if err := loader.Load(&other); err == nil {
		second = mark{other.Line, other.Column}
	} else if err != io.EOF {
		e := toSyntaxError(err)
		if !documentMarker.Match(text) {
			return nil, mark{}, e
		}
		second = e.at // malformed, but a second one all the same
	}
	if len(first.Content) == 0 {
		return nil, second, nil
	}
	return first.Content[0], second, nil
}

var documentMarker = regexp.MustCompile(`(?m)^(---|\.\.\.)\s`)

func toSyntaxError(err error) *syntaxError {
	var e *goyaml.LoadError
	if !errors.As(err, &e) {
		return &syntaxError{message: err.Error(), at: mark{1, 1}}
	}
	return &syntaxError{
		message: e.Message,
		at:      mark{e.Mark.Line, e.Mark.Column},
		context: e.ContextMsg,
		from:    mark{e.ContextMark.Line, e.ContextMark.Column},
	}
}

// policy limits depth, and lets an alias to nowhere pass: all aliases are
// reported later, at their place.
type policy struct{}

func (policy) CheckDepth(depth int, _ *goyaml.DepthContext) error {
	if depth > MaxDepth {
		return errors.New(tooDeep)
	}
	return nil
}

func (policy) CheckAlias(int, int) error { return nil }

func (p policy) NewAliasDataContext(goyaml.AliasDataServices) (goyaml.AliasDataContext, error) {
	return p, nil
}

func (policy) BeginDocument() error                    { return nil }
func (policy) EndDocument() error                      { return nil }
func (policy) DefineAnchor(string, *goyaml.Node) error { return nil }
func (policy) ResolveAlias(string) (*goyaml.Node, bool, error) {
	return &goyaml.Node{Kind: goyaml.ScalarNode, Tag: "!!null"}, true, nil
}

// tree makes nodes out of the library's.
type tree struct {
	text  []byte // as parsed: behind the byte order mark, repairs included
	base  int    // length of the byte order mark
	file  diag.FileID
	lines []int       // offset of each line in text
	spots []diag.Span // repaired parts, by offset: what lies in them was reported
	diags *diag.List

	misindented bool // a line belongs elsewhere than YAML thinks
	lost        int  // scalars that could not be followed through the source

	// Marks come in the order of the text, so that columns of a long line are
	// counted from the last one.
	lastLine, lastColumn, lastOffset int
}

func newTree(text []byte, base int, file diag.FileID, diags *diag.List) *tree {
	t := &tree{text: text, base: base, file: file, diags: diags, lines: []int{0}}
	for i, c := range text {
		if c == '\n' {
			t.lines = append(t.lines, i+1)
		}
	}
	return t
}

// offset translates a mark to an offset in text.
func (t *tree) offset(m mark) int {
	switch {
	case m.line < 1:
		return 0
	case m.line > len(t.lines):
		return len(t.text)
	}
	at, column := t.lines[m.line-1], 1
	if m.line == t.lastLine && m.column >= t.lastColumn {
		at, column = t.lastOffset, t.lastColumn
	}
	for ; column < m.column && at < len(t.text) && t.text[at] != '\n'; column++ {
		if t.text[at] < utf8.RuneSelf {
			at++
			continue
		}
		_, size := utf8.DecodeRune(t.text[at:])
		at += size
	}
	t.lastLine, t.lastColumn, t.lastOffset = m.line, column, at
	return at
}

// span is that of text[i:j] in the source; what lies behind the end is cut off.
func (t *tree) span(i, j int) diag.Span {
	i = min(i, len(t.text))
	j = max(i, min(j, len(t.text)))
	return diag.Span{File: t.file, Start: int32(t.base + i), End: int32(t.base + j)}
}

// node converts n and all in it. Around is the number of spaces before the
// block that n stands in, -1 at the top.
func (t *tree) node(n *goyaml.Node, around int) *node {
	start := t.offset(mark{n.Line, n.Column})
	if n.Kind == goyaml.AliasNode {
		return t.alias(n, start)
	}
	body, tag := t.skipProperties(n, start)
	var out *node
	switch n.Kind {
	case goyaml.ScalarNode:
		out = t.scalar(n, body, around)
	case goyaml.SequenceNode:
		out = t.list(n, body)
	default:
		out = t.mapping(n, body)
	}
	if tag.Valid() {
		if !t.isFull() {
			t.reportTag(tag, out)
		}
		out.kind = badKind
	}
	return out
}

// maxFindings bounds what is reported of one file. Nobody reads more, and to
// look for causes takes time.
const maxFindings = 1000

func (t *tree) isFull() bool { return len(*t.diags) >= maxFindings }

func (t *tree) alias(n *goyaml.Node, start int) *node {
	span := t.span(start, start+1+len(n.Value))
	word := "*" + n.Value
	d := t.diags.Error(diag.YAMLAlias, span, code(word)+" is a YAML alias, which flows don't have")
	if strings.ContainsAny(n.Value, "*./?") { // a pattern of file names
		d.Replace(span, quote(word), "put the text in quotes: "+quote(word))
	} else {
		d.Advise("write the value itself; if you meant text that begins with *, put it in quotes")
	}
	return &node{kind: badKind, span: span, text: diag.Literal(word, span)}
}

// skipProperties reports anchors and returns where the value behind them
// begins, and the tag if there is one.
func (t *tree) skipProperties(n *goyaml.Node, start int) (body int, tag diag.Span) {
	explicit := n.Style&goyaml.TaggedStyle != 0 || n.Tag == "!"
	if n.Anchor == "" && !explicit {
		return start, tag
	}
	pos := start
	for pos < len(t.text) {
		switch c := t.text[pos]; {
		case isSpace(c):
			pos++
			continue
		case c == '#':
			pos = lineEnd(t.text, pos)
			continue
		case c != '&' && c != '!':
			return pos, tag
		}
		end := min(pos+1+len(n.Anchor), len(t.text))
		if t.text[pos] == '!' {
			end = t.tagEnd(pos)
			tag = t.span(pos, end)
		} else {
			t.diags.Error(diag.YAMLAlias, t.span(pos, end), "`"+string(t.text[pos:end])+"` is a YAML anchor, which flows don't have").
				Advise("remove it; if you meant text that begins with &, put it in quotes")
		}
		pos = end
	}
	return pos, tag
}

// tagEnd returns the end of the tag at pos: !word, or !<anything>.
func (t *tree) tagEnd(pos int) int {
	if t.char(pos+1) == '<' {
		if n := bytes.IndexByte(t.text[pos:], '>'); n >= 0 {
			return pos + n + 1
		}
	}
	for pos++; pos < len(t.text) && !isSpace(t.text[pos]) && bytes.IndexByte([]byte(",[]{}"), t.text[pos]) < 0; pos++ {
	}
	return pos
}

func (t *tree) reportTag(tag diag.Span, out *node) {
	word := string(t.text[int(tag.Start)-t.base : int(tag.End)-t.base])
	whole := tag.To(out.span)
	if out.span.Start == out.span.End || out.block || out.items != nil || out.pairs != nil {
		whole = tag
	}
	written := string(t.text[int(whole.Start)-t.base : int(whole.End)-t.base])
	d := t.diags.Error(diag.YAMLTag, tag, "YAML reads `"+word+"` as a tag, not as part of the value")
	oneLine := out.plain && !bytes.ContainsAny([]byte(written), "\r\n")
	switch {
	case oneLine && t.isScriptAt(int(whole.Start)-t.base):
		t.proposeQuotes(d, int(whole.Start)-t.base, int(whole.End)-t.base)
	case oneLine && len(word) > 1 && word[1] != '!':
		d.Replace(whole, "not "+written[1:], "write `not "+written[1:]+"`, or put the whole in quotes")
	case oneLine:
		d.Replace(whole, quote(written), "put the whole in quotes, or remove the tag")
	default:
		d.Advise("remove the tag")
	}
	d.Because("what begins with ! without quotes is a YAML tag; flows don't have them")
}

func (t *tree) scalar(n *goyaml.Node, start, around int) *node {
	out := &node{kind: textKind}
	var ok bool
	switch {
	case n.Style&(goyaml.SingleQuotedStyle|goyaml.DoubleQuotedStyle) != 0:
		out.text, ok = quotedScalar(t.text, t.file, start)
	case n.Style&(goyaml.LiteralStyle|goyaml.FoldedStyle) != 0:
		out.block = true
		out.text, ok = blockScalar(t.text, t.file, start, around)
	default:
		out.plain = true
		out.kind = plainKind(n.Value)
		out.text, ok = plainScalar(t.text, t.file, start, n.Value)
	}
	if !ok || out.text.Value != n.Value {
		out.text = t.roughly(n.Value, start)
	}
	out.text = shifted(out.text, int32(t.base))
	out.span = out.text.Span
	if t.isReported(out.span) {
		out.kind = badKind
	}
	return out
}

// roughly places a value that could not be followed through the source: all of
// it at the start of its line's rest.
func (t *tree) roughly(value string, start int) diag.Text {
	t.lost++
	start = min(start, len(t.text))
	end := max(start, lineEnd(t.text, start))
	text := diag.Text{Value: value, Span: diag.Span{File: t.file, Start: int32(start), End: int32(end)}}
	text.Offsets = make([]int32, len(value))
	for i := range text.Offsets {
		text.Offsets[i] = int32(start)
	}
	return text
}

// shifted moves a text by n bytes.
func shifted(t diag.Text, n int32) diag.Text {
	if n == 0 {
		return t
	}
	t.Span.Start += n
	t.Span.End += n
	t.Start += n
	for i := range t.Offsets {
		t.Offsets[i] += n
	}
	return t
}

func (t *tree) isReported(s diag.Span) bool {
	i, _ := slices.BinarySearchFunc(t.spots, s, func(spot, s diag.Span) int {
		if spot.End <= s.Start {
			return -1
		}
		return 1
	})
	return i < len(t.spots) && t.spots[i].Start < max(s.End, s.Start+1)
}

func (t *tree) list(n *goyaml.Node, start int) *node {
	out := &node{kind: listKind, flow: n.Style&goyaml.FlowStyle != 0, indent: n.Column - 1}
	out.items = make([]*node, 0, len(n.Content))
	end := start + 1
	for _, c := range n.Content {
		item := t.node(c, out.indent)
		out.items = append(out.items, item)
		end = max(end, int(item.span.End)-t.base)
	}
	out.span = t.span(start, t.close(out.flow, start, end))
	if out.flow {
		t.rejoinItems(out)
	}
	return out
}

func (t *tree) mapping(n *goyaml.Node, start int) *node {
	out := &node{kind: mapKind, flow: n.Style&goyaml.FlowStyle != 0, indent: n.Column - 1}
	out.pairs = make([]pair, 0, len(n.Content)/2)
	end := start
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := t.node(n.Content[i], out.indent)
		t.checkIndent(k)
		v := t.value(k, n.Content[i+1], out.indent)
		out.pairs = append(out.pairs, pair{k, v})
		end = max(end, int(k.span.End)-t.base, int(v.span.End)-t.base)
	}
	out.span = t.span(start, t.close(out.flow, start, end))
	if out.flow {
		t.rejoinPairs(out)
	}
	return out
}

// checkIndent reports a key that begins with characters that only look like
// spaces: its line belongs elsewhere, so nothing can be said of the whole.
func (t *tree) checkIndent(k *node) {
	if !k.plain {
		return
	}
	rest := strings.TrimLeftFunc(k.text.Value, isInvisible)
	n := len(k.text.Value) - len(rest)
	if n == 0 {
		return
	}
	t.misindented = true
	indent := strings.Repeat(" ", utf8.RuneCountInString(k.text.Value[:n]))
	first, _ := utf8.DecodeRuneInString(k.text.Value)
	t.diags.Error(diag.YAMLIndent, k.text.Sub(0, n), fmt.Sprintf("the line is indented with %U, which is not a space to YAML", first)).
		Replace(k.text.Sub(0, n), indent, "indent with spaces")
}

// value converts the value of a key. That of a merge key is not looked at: the
// key is wrong whatever stands there.
func (t *tree) value(k *node, n *goyaml.Node, around int) *node {
	if !k.plain || k.text.Value != "<<" {
		return t.node(n, around)
	}
	t.diags.Error(diag.YAMLMerge, k.span, "flows don't have YAML's merge key `<<`").
		Advise("write the keys out; what all steps share stands under `defaults:`")
	k.kind = badKind
	all := t.diags
	t.diags = &diag.List{}
	defer func() { t.diags = all }()
	return t.node(n, around)
}

// close returns the end of a list or mapping whose last part ends at pos: in
// flow style the bracket is still to come. One pair within a list, [a: b], has none.
func (t *tree) close(flow bool, start, pos int) int {
	if !flow || start >= len(t.text) || t.text[start] != '{' && t.text[start] != '[' {
		return pos
	}
	pos = max(pos, start+1)
	for pos < len(t.text) {
		switch c := t.text[pos]; {
		case c == ']' || c == '}':
			return pos + 1
		case c == '#':
			pos = lineEnd(t.text, pos)
		case isSpace(c) || c == ',' || c == ':' || c == '?':
			pos++
		default:
			return pos
		}
	}
	return pos
}

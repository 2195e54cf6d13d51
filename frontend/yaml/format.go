package yaml

import (
	"errors"
	"fmt"

	"github.com/flowc-dev/flowc/diag"
)

// The formatter takes a file apart into its tokens (format_tokens.go) and
// writes them again with other white space between them (format_layout.go). It
// never writes a value anew, so that quotes, comments, the order of keys and
// the text of scripts are what they were.
//
//   - A level is indented by two spaces, a list below its key too. What stands
//     in brackets over several lines is aligned behind the bracket, or, if the
//     bracket ends its line, indented below it.
//   - There is one space behind a colon, a comma and a dash, and none inside of
//     brackets. Values in neighbouring lines that stand in one column stay in one.
//   - A comment on a line of its own is indented as what follows, or as what
//     it stands below if it is indented deeper. One behind a value keeps its
//     distance, and those in one column stay in one.
//   - There is at most one empty line in a row, none at the start, and no blanks
//     at the end of a line. Lines end in a newline, the last one too.
//
// Where lines are broken is up to the author.

// Format returns text with a regular layout and the same meaning, and registers
// text as file in srcs. A file that isn't YAML comes back as nil, with the
// reasons; whether it is a right flow doesn't matter.
//
// What comes out is read again before it is returned: the same values, comments
// and syntax tree, or else an error, which is then one of Format itself.
func Format(srcs *diag.Sources, file string, text []byte) ([]byte, diag.List, error) {
	before, diags := parts(srcs, file, text)
	if before == nil {
		return nil, diags, nil
	}
	err := errLost
	var out []byte
	if inOrder(before.tokens) {
		out = append([]byte(bomOf(text)), layOut(before)...)
		err = verify(before, out)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%s can't be formatted, and stays as it is: %w", file, err)
	}
	return out, nil, nil
}

// inOrder reports whether tokens stand one behind the other.
func inOrder(tokens []token) bool {
	end := 0
	for _, tok := range tokens {
		if tok.start < end || tok.end < tok.start {
			return false
		}
		end = tok.end
	}
	return true
}

// source is a file as the formatter sees it.
type source struct {
	tree   *tree
	root   *node
	tokens []token
	flow   flowTree
}

// parts takes a file apart. It returns nil, with the reasons, if it can't.
func parts(srcs *diag.Sources, file string, text []byte) (*source, diag.List) {
	id, bad := register(srcs, file, text)
	if bad != nil {
		return nil, diag.List{*bad}
	}
	var diags diag.List
	t, root := read(text, id, &diags)
	if root == nil || diags.HasErrors() {
		return nil, diags.Sorted()
	}
	if reportKeys(t, root); diags.HasErrors() {
		return nil, diags.Sorted()
	}
	var ofForm diag.List // reported by others
	d := decoder{src: t, diags: &ofForm}
	return &source{tree: t, root: root, tokens: tokens(t, root), flow: flowTree{d.flow(root), ofForm}}, nil
}

// reportKeys reports keys that are lists and mappings: they are right nowhere,
// and nearly always a template or something else that was meant as text.
func reportKeys(t *tree, n *node) {
	for _, item := range n.items {
		reportKeys(t, item)
	}
	for _, p := range n.pairs {
		switch {
		case n.isTemplate():
			partial := false
			d := decoder{src: t, diags: t.diags, partial: &partial}
			d.template(field{node: n})
		case p.key.kind == listKind || p.key.kind == mapKind:
			t.diags.Error(diag.WrongKind, p.key.span, "a key is text, this is "+p.key.kind.describe())
		}
		reportKeys(t, p.value)
	}
}

var (
	errLost     = errors.New("a part of it got lost on the way")
	errValues   = errors.New("its values would change")
	errComments = errors.New("its comments would change")
	errMeaning  = errors.New("its meaning would change")
)

// verify reads the new text and compares it with what there was.
func verify(before *source, text []byte) error {
	after, diags := parts(&diag.Sources{}, "formatted", text)
	if after == nil {
		return fmt.Errorf("the result would be no YAML: %s", diags[0].Summary)
	}
	switch {
	case !sameNode(before.root, after.root):
		return errValues
	case !sameComments(before, after):
		return errComments
	case !before.flow.equal(after.flow):
		return errMeaning
	}
	return nil
}

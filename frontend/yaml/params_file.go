package yaml

import (
	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
)

// NamedLiteral is one entry of a file of values.
type NamedLiteral struct {
	Name  ast.Name
	Value *ast.Literal // nil where it was reported
}

// Values reads a file that maps names to values, such as the params of a run,
// with the same care as a flow: what YAML would silently turn into something
// else is reported. JSON is read as well. An empty file has no values.
func Values(srcs *diag.Sources, file string, text []byte) ([]NamedLiteral, diag.List) {
	id, bad := register(srcs, file, text)
	if bad != nil {
		return nil, diag.List{*bad}
	}
	var diags diag.List
	base := len(bomOf(text))
	if newTree(text[base:], base, id, &diags).isBlankFile() {
		return nil, nil
	}
	t, root := read(text, id, &diags)
	if root == nil {
		return nil, diags.Sorted()
	}
	partial := false
	d := decoder{src: t, diags: &diags, partial: &partial}
	var out []NamedLiteral
	for _, e := range d.named(field{node: root, name: label{what: "a file of values"}, key: root.span}, "value") {
		out = append(out, NamedLiteral{e.name, d.literal(e.value)})
	}
	return out, diags.Sorted()
}

// Package yaml reads flows written in YAML.
//
// It goes from bytes to an [ast.Flow] in three steps. The text is checked and
// parsed to nodes that know which bytes they stand in (source.go, library.go,
// scalar.go). Where YAML fails, or silently makes something else of what was
// meant, the text around is read as a person would read it, so that the message
// can name cause and cure (syntax.go, rejoin.go). Then nodes become the tree of
// the flow, by functions that mirror the language: flow.go, step.go, block.go,
// exec.go, values.go. Names, types and expressions are passed on as they are.
//
// What editors want is here too: a JSON Schema of the language (schema.go), and
// a formatter (format.go).
//
// Only library.go knows the YAML library.
package yaml

import (
	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/frontend"
)

// Frontend is the front end for YAML. It has no state.
type Frontend struct{}

var _ frontend.Frontend = Frontend{}

// Load implements [frontend.Frontend].
func (Frontend) Load(srcs *diag.Sources, file string, text []byte) (*ast.Flow, diag.List) {
	id, bad := register(srcs, file, text)
	if bad != nil {
		return nil, diag.List{*bad}
	}
	var diags diag.List
	t, root := read(text, id, &diags)
	if root == nil {
		return nil, diags.Sorted()
	}
	d := decoder{src: t, diags: &diags}
	flow := d.flow(root)
	diags = diags.Sorted()
	return flow, diags[:min(len(diags), maxFindings)]
}

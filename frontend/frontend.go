// Package frontend is the contract between the compiler and what reads flows.
//
// A front end turns one source into an [ast.Flow] and knows nothing of types,
// names or targets; everything behind it knows nothing of the form that the
// source had. There is one front end a form: see frontend/yaml.
package frontend

import (
	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
)

// Frontend reads flows of one form.
type Frontend interface {
	// Load reads the flow in text and registers text as file in srcs, so that
	// all spans of the result point into srcs. The name is for people only:
	// nothing is read from disk, and the same text gives the same result.
	//
	// Load reports everything that is wrong with the form in one pass, in the
	// order of [diag.List.Sorted]. With errors the flow is what could be read,
	// marked as partial where something was left out, or nil if nothing could.
	Load(srcs *diag.Sources, file string, text []byte) (*ast.Flow, diag.List)
}

package check

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/types"
)

// schemaURL is the name under which a param's schema refers to itself. It is
// absolute: the library completes any other one with the current folder.
const (
	schemaBase = "flow:///"
	schemaURL  = schemaBase + "schema"
)

// loadError says that a schema refers to another document.
type loadError struct{ url string }

func (e *loadError) Error() string { return "refers to " + e.url }

// compileSchema compiles a JSON Schema without ever loading another document.
func compileSchema(text []byte) (schema *jsonschema.Schema, err error) {
	var refused *loadError
	defer func() {
		if refused != nil {
			schema, err = nil, refused
		}
	}()
	compiler := jsonschema.NewCompiler()
	compiler.Draft = jsonschema.Draft2020
	compiler.LoadURL = func(url string) (io.ReadCloser, error) {
		refused = &loadError{strings.TrimPrefix(url, schemaBase)}
		return nil, refused
	}
	if err := compiler.AddResource(schemaURL, bytes.NewReader(text)); err != nil {
		return nil, err
	}
	return compiler.Compile(schemaURL)
}

// schema checks the schema of a param and gives its canonical text.
func (c *checker) schema(lit *ast.Literal) []byte {
	canonical, err := types.Canonical(lit.JSON)
	if err != nil {
		c.diags.Error(diag.BadSchema, lit.Span, "the schema can't be read: "+err.Error())
		return nil
	}
	_, err = compileSchema(canonical)
	var load *loadError
	switch {
	case errors.As(err, &load):
		c.diags.Error(diag.BadSchema, lit.Span, fmt.Sprintf("the schema refers to another document: %s", clip(load.url))).
			Because("Nothing is loaded while a flow is checked, so that the result depends on the flow alone.").
			Advise("put what is needed under `$defs` and refer to it as `#/$defs/name`")
		return nil
	case err != nil:
		span, why := schemaProblem(lit, err)
		c.diags.Error(diag.BadSchema, span, "this is not a JSON Schema: "+why)
		return nil
	}
	return canonical
}

// schemaProblem finds the innermost cause of an error and its place.
func schemaProblem(lit *ast.Literal, err error) (diag.Span, string) {
	var invalid *jsonschema.ValidationError
	if errors.As(err, &invalid) {
		leaf := innermost(invalid)
		return placeOf(lit, leaf.InstanceLocation), leaf.Message
	}
	var outer *jsonschema.SchemaError
	if errors.As(err, &outer) {
		err = outer.Err
	}
	why := strings.TrimPrefix(err.Error(), "jsonschema: ")
	return lit.Span, clip(strings.ReplaceAll(why, schemaURL, ""))
}

// innermost follows the first cause of a finding down.
func innermost(e *jsonschema.ValidationError) *jsonschema.ValidationError {
	for len(e.Causes) > 0 {
		e = e.Causes[0]
	}
	return e
}

// placeOf translates a JSON pointer into a place of the literal.
func placeOf(lit *ast.Literal, pointer string) diag.Span {
	if lit.At == nil || pointer == "" {
		return lit.Span
	}
	if at := lit.At(valuePath(lit.JSON, pointer)); at.Valid() {
		return at
	}
	return lit.Span
}

// valuePath turns a JSON pointer into the form of types.ValueError.Path.
func valuePath(text []byte, pointer string) string {
	var doc any
	if json.Unmarshal(text, &doc) != nil {
		return ""
	}
	var path strings.Builder
	for part := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		part = strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
		switch v := doc.(type) {
		case map[string]any:
			doc = v[part]
			path.WriteString(keyStep(part))
		case []any:
			var i int
			if _, err := fmt.Sscan(part, &i); err != nil || i < 0 || i >= len(v) {
				return path.String()
			}
			doc = v[i]
			path.WriteString("[" + part + "]")
		default:
			return path.String()
		}
	}
	return path.String()
}

func keyStep(key string) string {
	if key != "" && strings.Trim(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == "" {
		return "." + key
	}
	quoted, err := types.MarshalValue(types.String, key)
	if err != nil {
		return ""
	}
	return "[" + string(quoted) + "]"
}

// valueInSchema validates a value of a param.
func (c *checker) valueInSchema(code diag.Code, p *ast.Param, out *ir.Param, value *ir.Literal, lit *ast.Literal, what string) {
	schema, err := compileSchema(out.Schema)
	if err != nil {
		return
	}
	dec := json.NewDecoder(bytes.NewReader(value.JSON))
	dec.UseNumber()
	var v any
	if dec.Decode(&v) != nil {
		return
	}
	var invalid *jsonschema.ValidationError
	if errors.As(schema.Validate(v), &invalid) {
		leaf := innermost(invalid)
		c.diags.Error(code, placeOf(lit, leaf.InstanceLocation),
			fmt.Sprintf("%s of `%s` is not allowed by its schema: %s", what, p.Name.Value, leaf.Message)).
			See(p.Schema.Span, "by this")
	}
}

package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/types"
)

// typeWords are the names that types have from the language.
var typeWords = []string{
	"bool", "int", "float", "string", "date", "json", "file", "dir", "artifact",
	"list", "map", "enum", "any", "nil", "invalid",
}

const errorTypeName = "Error"

// errorType is what the port `error` of a caught node holds.
var errorType = types.Record{Name: errorTypeName, Fields: []types.Field{
	{Name: "kind", Type: types.String},
	{Name: "message", Type: types.String},
	{Name: "exit_code", Type: types.Optional{Elem: types.Int}},
	{Name: "step", Type: types.String}, // the step that failed; inside a block, which one
	{Name: "path", Type: types.String}, // its index path, "_" where it runs once
}}

// typeDecl is one entry of `types`.
type typeDecl struct {
	ast   *ast.TypeDecl
	typ   types.Type
	state typeState

	recursive bool // reported to contain itself
	inside    bool // another declaration names it
	used      bool // something else does
}

type typeState uint8

const (
	untouched typeState = iota
	underway
	done
)

// declareTypes resolves all named records.
func (c *checker) declareTypes() {
	c.types = make(map[string]*typeDecl, len(c.ast.Types))
	c.badTypes = map[string]bool{}
	names := make([]ast.Name, 0, len(c.ast.Types))
	for i := range c.ast.Types {
		t := &c.ast.Types[i]
		if names = append(names, t.Name); !c.checkTypeName(t.Name) {
			c.badTypes[t.Name.Value] = true
			continue
		}
		if c.types[t.Name.Value] == nil {
			c.types[t.Name.Value] = &typeDecl{ast: t}
		}
	}
	c.unique("types", names)
	for i := range c.ast.Types {
		if d := c.types[c.ast.Types[i].Name.Value]; d != nil && d.ast == &c.ast.Types[i] {
			c.declared(d)
		}
	}
	for _, d := range c.types {
		d.inside, d.used = d.used, false
	}
}

// declared returns the record of a declaration, resolving it if need be.
func (c *checker) declared(d *typeDecl) types.Type {
	if d.state == done {
		return d.typ
	}
	d.state = underway
	c.typePath = append(c.typePath, d)
	rec := types.Record{Name: d.ast.Name.Value}
	ok := c.fields(&rec, d.ast.Fields)
	c.typePath = c.typePath[:len(c.typePath)-1]
	d.typ, d.state = rec, done
	if !ok {
		d.typ = types.Invalid
	} else if why := types.CheckSize(rec, types.MaxWrittenDepth); why != "" {
		c.diags.Error(diag.BadType, d.ast.Name.Span, why).Advise("use json for structures that deep or wide")
		d.typ = types.Invalid
	}
	return d.typ
}

// fields appends the fields of a record as written.
func (c *checker) fields(rec *types.Record, decls []ast.FieldDecl) (ok bool) {
	ok = true
	names := make([]ast.Name, 0, len(decls))
	seen := make(map[string]bool, len(decls))
	for _, f := range decls {
		names = append(names, f.Name)
		good := c.checkName(f.Name, "a field", plainName)
		t := c.typeOf(f.Type)
		if !good || t == types.Invalid {
			ok = false
			continue
		}
		if !seen[f.Name.Value] {
			seen[f.Name.Value] = true
			rec.Fields = append(rec.Fields, types.Field{Name: f.Name.Value, Type: t})
		}
	}
	c.unique("fields", names)
	return ok
}

// typeOf resolves a type as written; Invalid if it was or is now reported.
func (c *checker) typeOf(ref ast.TypeRef) types.Type {
	if len(ref.Fields) > 0 {
		var rec types.Record
		if !c.fields(&rec, ref.Fields) {
			return types.Invalid
		}
		if why := types.CheckSize(rec, types.MaxWrittenDepth); why != "" {
			c.diags.Error(diag.BadType, ref.Span, why).Advise("use json for structures that deep or wide")
			return types.Invalid
		}
		return rec
	}
	if ref.Text.Value == "" {
		return types.Invalid // reported by the front end
	}
	broken := false
	t, err := types.Parse(ref.Text.Value, func(name string) (types.Type, bool) {
		if name == errorTypeName {
			return errorType, true
		}
		d := c.types[name]
		if d == nil {
			if broken = c.badTypes[name]; broken {
				return types.Invalid, true
			}
			return nil, false
		}
		d.used = true
		if d.state == underway {
			c.recursiveType(d, ref.Text)
			broken = true
			return types.Invalid, true
		}
		t := c.declared(d)
		broken = broken || t == types.Invalid
		return t, true
	})
	switch {
	case broken:
		return types.Invalid
	case err == nil:
		return t
	}
	span := ref.Text.Sub(err.Offset, err.Offset+max(err.Len, 1))
	if err.Name == "" {
		d := c.diags.Error(diag.BadType, span, err.Message)
		if err.Hint != "" {
			d.Advise(err.Hint)
		}
		return types.Invalid
	}
	if c.ast.Partial && len(c.ast.Types) == 0 {
		return types.Invalid // it may be one of those that could not be read
	}
	d := c.diags.Error(diag.UnknownType, span, fmt.Sprintf("there is no type `%s`", clip(err.Name)))
	if better, ok := diag.Suggest(err.Name, c.typeNames()); ok {
		c.spell(d, span, err.Name, better, "did you mean `"+better+"`?")
	} else if err.Hint != "" {
		d.Advise(err.Hint)
	} else {
		d.Advise("declare the record under `types:`, like `" + clip(err.Name) + ": {lr: float, depth: int}`")
	}
	return types.Invalid
}

func (c *checker) typeNames() []string {
	names := slices.Clone(typeWords[:12])
	for _, t := range c.ast.Types {
		names = append(names, t.Name.Value)
	}
	return append(names, errorTypeName)
}

// recursiveType reports a record that contains itself.
func (c *checker) recursiveType(d *typeDecl, text diag.Text) {
	if d.recursive {
		return
	}
	d.recursive = true
	i := slices.Index(c.typePath, d)
	var path []string
	for _, t := range c.typePath[i:] {
		path = append(path, t.ast.Name.Value)
	}
	path = append(path, d.ast.Name.Value)
	out := c.diags.Error(diag.RecursiveType, text.Span, fmt.Sprintf("the type `%s` contains itself", d.ast.Name.Value)).
		Advise("use json for structures without a fixed depth")
	if len(path) > 2 {
		out.Because("By way of " + strings.Join(path, " → ") + ".")
	}
	for _, t := range c.typePath[i:] {
		out.See(t.ast.Name.Span, fmt.Sprintf("`%s` is declared here", t.ast.Name.Value))
	}
}

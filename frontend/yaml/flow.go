package yaml

import (
	"strings"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
)

var flowShape = &shape{
	what: "a flow",
	keys: []string{
		"flow", "doc", "params", "types", "defaults", "schedule", "overlap", "timeout", "max_parallel",
		"tags", "owner", "package", "steps", "export",
	},
	later: []string{"imports", "triggers", "on_success", "on_failure", "on_exit", "native"},
	advice: map[string]string{
		"name":        "the flow's name stands under `flow:`",
		"image":       "put it under `defaults:`, for all steps, or on a step",
		"resources":   "put it under `defaults:`, for all steps, or on a step",
		"retry":       "put it under `defaults:`, for all steps, or on a step",
		"env":         "put it under `defaults:`, for all steps, or on a step",
		"secrets":     "put it under `defaults:`, for all steps, or on a step",
		"shell":       "put it under `defaults:`, for all steps, or on a step",
		"labels":      "put it under `defaults:`, for all steps, or on a step",
		"code":        "put it under `defaults:`, for all steps, or on a step",
		"cache":       "put it under `defaults:`, for all steps, or on a step",
		"inputs":      "what a flow is started with are its `params:`",
		"outputs":     "what a flow hands out is its `export:`",
		"cron":        "put it under `schedule:`",
		"timezone":    "put it under `schedule:`",
		"catch":       "put it on a step or a block",
		"when":        "put it on steps; a flow that is started runs",
		"foreach":     "put it on a step or a block under `steps:`",
		"config":      "values that differ from run to run are `params:`",
		"run":         "put it on a step under `steps:`",
		"python":      "put it on a step under `steps:`",
		"command":     "put it on a step under `steps:`",
		"concurrency": "say `overlap:` for runs at the same time, `max_parallel:` for tasks",
	},
}

// flow reads the whole file.
func (d *decoder) flow(root *node) *ast.Flow {
	flow := &ast.Flow{Span: root.span}
	d.partial = &flow.Partial
	top := field{node: root, name: label{what: "a flow"}, key: root.span}
	if len(root.pairs) > 0 && root.kind == mapKind {
		top.key = root.pairs[0].key.span
	}
	o, ok := d.object(top, flowShape)
	if !ok {
		return flow
	}
	d.unsupported(o, flowShape.later)

	flow.Name = d.name(o.require("flow", "begin the file with `flow: NAME`"))
	flow.Doc = d.text(o.get("doc"))
	flow.Params = d.params(o.get("params"))
	flow.Types = d.types(o.get("types"))
	flow.Defaults = d.defaults(o.get("defaults"))
	flow.Schedule = d.schedule(o.get("schedule"))
	flow.Overlap = d.overlap(o.get("overlap"))
	flow.Timeout = d.duration(o.get("timeout"))
	flow.MaxParallel = d.int(o.get("max_parallel"), 1)
	flow.Tags = d.texts(o.get("tags"))
	flow.Owner = d.text(o.get("owner"))
	flow.Package = d.pack(o.get("package"))
	flow.Steps = d.steps(o.require("steps", "add `steps:` with at least one step"))
	flow.Export = d.exports(o.get("export"))

	if s := flow.Schedule; s != nil && s.Overlap.Span.Valid() && flow.Overlap.Span.Valid() {
		d.errorf(diag.ConflictingKeys, s.Overlap.Span, "`overlap` is said twice").
			See(flow.Overlap.Span, "the other one").Advise("keep one of them")
	}
	return flow
}

// unsupported reports keys that the language has and this version has not.
func (d *decoder) unsupported(o object, keys []string) {
	for _, key := range keys {
		if f := o.get(key); f.present() {
			d.errorf(diag.Unsupported, f.key, "this version of flowc doesn't support %s yet", code(key))
		}
	}
}

func (d *decoder) overlap(f field) ast.Str { return d.oneOf(f, "allow", "forbid", "replace") }

var paramShape = &shape{
	what: "a param",
	keys: []string{"type", "default", "min", "max", "pattern", "schema", "help"},
	advice: map[string]string{
		"enum":     "write it as a type: `type: enum<a|b>`",
		"values":   "write it as a type: `type: enum<a|b>`",
		"choices":  "write it as a type: `type: enum<a|b>`",
		"options":  "write it as a type: `type: enum<a|b>`",
		"required": "a param without `default` is required; an optional one has a type with ?",
		"optional": "give it a type with ?, like `string?`, or a `default`",
		"value":    "the value of a param is given when a run starts; `default` is what it has otherwise",
	},
	renamed: map[string]string{"doc": "help", "description": "help", "minimum": "min", "maximum": "max", "regex": "pattern"},
}

// params reads `name: {type: T, ...}` and the short form `name: T`.
func (d *decoder) params(f field) []ast.Param {
	var out []ast.Param
	for _, e := range d.named(f, "param") {
		p := ast.Param{Name: e.name, Span: e.name.Span.To(e.value.span)}
		if e.value.kind == textKind {
			p.Type = d.typeRef(e.value)
			out = append(out, p)
			continue
		}
		o, ok := d.object(e.value, paramShape)
		if ok {
			p.Type = d.typeRef(o.require("type", "say what it is, like `type: string`"))
			p.Default = d.literal(o.get("default"))
			p.Min = d.literal(o.get("min"))
			p.Max = d.literal(o.get("max"))
			p.Pattern = d.text(o.get("pattern"))
			p.Schema = d.jsonSchema(o.get("schema"))
			p.Help = d.text(o.get("help"))
		}
		out = append(out, p)
	}
	return out
}

func (d *decoder) jsonSchema(f field) *ast.Literal {
	if !d.is(f, mapKind, "a JSON Schema, which is a mapping") {
		return nil
	}
	return d.literal(f)
}

// types reads named records.
func (d *decoder) types(f field) []ast.TypeDecl {
	var out []ast.TypeDecl
	for _, e := range d.named(f, "type") {
		t := ast.TypeDecl{Name: e.name, Span: e.name.Span.To(e.value.span)}
		if d.usable(e.value) && e.value.kind != mapKind {
			d.errorf(diag.WrongKind, e.value.place(), "%s is a record: a mapping from fields to types", e.value.name).
				Advise("a type that is no record needs no name of its own: use it where it is wanted")
		} else {
			t.Fields = d.fields(e.value)
		}
		out = append(out, t)
	}
	return out
}

func (d *decoder) fields(f field) []ast.FieldDecl {
	var out []ast.FieldDecl
	for _, e := range d.named(f, "field") {
		out = append(out, ast.FieldDecl{Name: e.name, Type: d.typeRef(e.value)})
	}
	return out
}

// typeRef reads a type: text, or a record in place.
func (d *decoder) typeRef(f field) ast.TypeRef {
	if !d.usable(f) {
		return ast.TypeRef{}
	}
	switch f.kind {
	case textKind:
		if strings.TrimSpace(f.text.Value) == "" {
			d.errorf(diag.MissingValue, f.place(), "%s has no type", f.name)
			return ast.TypeRef{}
		}
		return ast.TypeRef{Text: f.text, Span: f.span}
	case mapKind:
		if f.isTemplate() {
			d.template(f)
			return ast.TypeRef{}
		}
		if len(f.pairs) == 1 && f.find("type") != nil {
			inner := f.pairs[0].value
			e := d.errorf(diag.WrongKind, f.short(), "%s would be a record with one field called type", f.name)
			if inner.kind == textKind && f.flow {
				e.Replace(f.span, d.written(inner.span), "write the type itself: "+code(inner.text.Value))
			} else {
				e.Advise("write the type itself, without `type:`")
			}
			return ast.TypeRef{}
		}
		if len(f.pairs) == 0 {
			d.errorf(diag.BadValue, f.place(), "%s is a record without fields", f.name).
				Advise("write the fields, or `json` for any structure")
			return ast.TypeRef{}
		}
		return ast.TypeRef{Fields: d.fields(f), Span: f.place()}
	case listKind:
		e := d.errorf(diag.WrongKind, f.short(), "%s wants a type, this is a list", f.name)
		if len(f.items) == 1 && f.items[0].kind == textKind && f.flow {
			fixed := "list<" + f.items[0].text.Value + ">"
			e.Replace(f.span, fixed, "write "+code(fixed))
		}
		return ast.TypeRef{}
	}
	d.wrongKind(f, "a type")
	return ast.TypeRef{}
}

var scheduleShape = &shape{
	what: "`schedule`",
	keys: []string{"cron", "timezone", "overlap", "date", "suspended"},
	advice: map[string]string{
		"timeout": "put it on the flow itself",
		"start":   "a schedule begins when the flow is deployed",
	},
	renamed: map[string]string{"tz": "timezone", "expression": "cron", "concurrency": "overlap", "suspend": "suspended"},
}

func (d *decoder) schedule(f field) *ast.Schedule {
	if f.present() && f.kind == textKind && strings.Count(f.text.Value, " ") >= 4 {
		fixed := "{cron: " + quote(f.text.Value) + "}"
		d.errorf(diag.WrongKind, f.span, "`schedule` wants a mapping").Replace(f.span, fixed, "write "+code(fixed))
		return nil
	}
	o, ok := d.object(f, scheduleShape)
	if !ok {
		return nil
	}
	return &ast.Schedule{
		Cron:      d.text(o.require("cron", "say when, like `cron: \"0 3 * * *\"`")),
		Timezone:  d.text(o.get("timezone")),
		Overlap:   d.overlap(o.get("overlap")),
		Date:      d.name(o.get("date")),
		Suspended: d.bool(o.get("suspended")),
		Span:      f.place(),
	}
}

var packageShape = &shape{what: "`package`", keys: []string{"root", "include", "exclude"}}

func (d *decoder) pack(f field) *ast.Package {
	o, ok := d.object(f, packageShape)
	if !ok {
		return nil
	}
	return &ast.Package{
		Root:    d.text(o.get("root")),
		Include: d.texts(o.get("include")),
		Exclude: d.texts(o.get("exclude")),
		Span:    f.place(),
	}
}

// exports reads a list of references, or a mapping from names to values.
func (d *decoder) exports(f field) []ast.Export {
	var out []ast.Export
	for _, b := range d.bindings(f, "export") {
		out = append(out, ast.Export{Name: b.name, Value: b.value, Span: b.span})
	}
	return out
}

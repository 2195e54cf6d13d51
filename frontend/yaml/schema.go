package yaml

import (
	"bytes"
	"encoding/json"
	"slices"
)

// The JSON Schema of a flow, for editors. It says what the decoder says, as far
// as a schema can: the shapes of the decoder are its lists of keys, and tests
// compare the two on every flow there is and on random changes of them.
//
// It is written in draft 7. Of the newer drafts it would use nothing but the
// name of `definitions`, and draft 7 is the one that every editor knows: what
// reads YAML in VS Code learned 2020-12 late, and others have not.

// SchemaID is where the schema of the newest version can be had.
const SchemaID = "https://raw.githubusercontent.com/flowc-dev/flowc/main/docs/flow.schema.json"

// Schema returns the JSON Schema of flow files, with a final newline. It is the
// same bytes each time.
func Schema() []byte {
	var b schemaBuilder
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(b.document()); err != nil { // texts, numbers, lists and maps can be encoded
		panic("yaml: " + err.Error())
	}
	return out.Bytes()
}

// jsonObject is a JSON object whose members keep their order.
type jsonObject []jsonMember

type jsonMember struct {
	key   string
	value any
}

// obj makes an object of keys and values in turn.
func obj(keysAndValues ...any) jsonObject {
	var o jsonObject
	for i := 0; i+1 < len(keysAndValues); i += 2 {
		o = append(o, jsonMember{keysAndValues[i].(string), keysAndValues[i+1]})
	}
	return o
}

// with returns o with more members.
func (o jsonObject) with(more jsonObject) jsonObject { return slices.Concat(o, more) }

// MarshalJSON implements [json.Marshaler].
func (o jsonObject) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			out.WriteByte(',')
		}
		key, err := json.Marshal(m.key)
		if err != nil {
			return nil, err
		}
		out.Write(key)
		out.WriteByte(':')
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(m.value); err != nil {
			return nil, err
		}
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// property is what a key means, and what its value can be.
type property struct {
	doc   string
	value jsonObject
}

type properties map[string]property

// schemaBuilder makes the schema. It notes where shapes and properties differ.
type schemaBuilder struct{ problems []string }

// mapping is a mapping of a shape: its keys, and no others.
func (b *schemaBuilder) mapping(s *shape, doc string, props properties, required ...string) jsonObject {
	var members jsonObject
	for _, key := range s.keys {
		p, ok := props[key]
		if !ok {
			b.problems = append(b.problems, s.what+": the key "+key+" has no property")
			continue
		}
		members = append(members, jsonMember{key, describe(p)})
	}
	for key := range props {
		if !slices.Contains(s.keys, key) {
			b.problems = append(b.problems, s.what+": there is a property "+key+", but no such key")
		}
	}
	out := obj("type", "object")
	if doc != "" {
		out = append(out, jsonMember{"description", doc})
	}
	out = append(out, jsonMember{"properties", members})
	if len(required) > 0 {
		out = append(out, jsonMember{"required", required})
	}
	return append(out, jsonMember{"additionalProperties", false})
}

// describe puts the description of a property before its schema. Draft 7 reads
// nothing beside a reference, so a reference is wrapped.
func describe(p property) jsonObject {
	out := obj("description", p.doc)
	if len(p.value) == 1 && p.value[0].key == "$ref" {
		return append(out, jsonMember{"allOf", []any{p.value}})
	}
	return out.with(p.value)
}

func ref(name string) jsonObject { return obj("$ref", "#/definitions/"+name) }

// document is the whole schema.
func (b *schemaBuilder) document() jsonObject {
	head := obj(
		"$schema", "http://json-schema.org/draft-07/schema#",
		"$id", SchemaID,
		"title", "flowc flow",
	)
	top := b.mapping(flowShape, "A flow: steps with what they read and hand out, for flowc.", properties{
		"flow":         {"The name of the flow.", ref("name")},
		"doc":          {"What the flow is for, in words.", ref("text")},
		"params":       {"What is given when a run starts.", names(ref("param"))},
		"types":        {"Records with a name: mappings from fields to types.", typeNames(ref("record"))},
		"defaults":     {"Settings of execution for all steps; a step can override each.", ref("defaults")},
		"schedule":     {"Starts runs by the clock.", ref("schedule")},
		"overlap":      {"What happens when a run is due while another one is still going.", ref("overlap")},
		"timeout":      {"How long a run may take in all.", ref("duration")},
		"max_parallel": {"How many tasks of a run may run at the same time.", ref("count")},
		"tags":         {"Words to find the flow's runs by.", ref("texts")},
		"owner":        {"Who answers for the flow.", ref("text")},
		"package":      {"Which files make up the code of the flow.", ref("package")},
		"steps":        {"The steps and blocks, by name. Their order means nothing.", ref("steps")},
		"export":       {"What the flow hands out.", ref("export")},
	}, "flow", "steps")
	return head.with(top).with(obj(
		"not", obj(
			"required", []string{"overlap", "schedule"},
			"properties", obj("schedule", obj("required", []string{"overlap"})),
		),
		"definitions", b.definitions(),
	))
}

func (b *schemaBuilder) definitions() jsonObject {
	return slices.Concat(schemaOfWords(), b.schemaOfSettings(), b.schemaOfNodes())
}

// names is a mapping from names to values.
func names(value jsonObject) jsonObject {
	return obj("type", "object", "propertyNames", ref("name"), "additionalProperties", value)
}

func typeNames(value jsonObject) jsonObject {
	return obj("type", "object", "propertyNames", ref("typeName"), "additionalProperties", value)
}

func oneOfWords(words ...string) jsonObject { return obj("type", "string", "enum", words) }

// oneOrMore is a value or a list of such values.
func oneOrMore(value jsonObject) jsonObject {
	return obj("anyOf", []any{value, obj("type", "array", "items", value)})
}

const (
	namePattern     = `^[a-z][a-z0-9]*(_[a-z0-9]+)*$`
	typeNamePattern = `^[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*$`
	templatePattern = `^\s*(\$?\{\{.*\}\}|\$\{.*\})\s*$`
	pythonPattern   = `^[^:]+\.py:([A-Za-z_]|[^\x00-\x7F])([A-Za-z0-9_]|[^\x00-\x7F])*$`
	// What is zero has no other digit in it.
	somethingPattern = `[1-9]`
)

// schemaOfWords are the small values: names, texts, amounts, expressions.
func schemaOfWords() jsonObject {
	noTemplate := obj("type", "string", "pattern", templatePattern)
	return obj(
		"name", obj(
			"description", "Lower-case letters, digits and single _, a letter first, at most 48 characters.",
			"type", "string", "pattern", namePattern, "maxLength", 48, "not", obj("pattern", "^flowc_"),
		),
		"typeName", obj(
			"description", "Letters, digits and single _, a letter first, at most 48 characters.",
			"type", "string", "pattern", typeNamePattern, "maxLength", 48, "not", obj("pattern", "^[Ff][Ll][Oo][Ww][Cc]_"),
		),
		"text", obj("type", "string", "pattern", `\S`),
		"texts", oneOrMore(ref("text")),
		"scalar", obj("type", []string{"string", "number", "boolean"}),
		"count", obj("type", "integer", "minimum", 1),
		"duration", obj(
			"description", "A time span with units d, h, m, s and ms, the largest first.",
			"type", "string", "pattern", `^(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?$`,
			"allOf", []any{obj("pattern", somethingPattern)},
			"examples", []string{"30s", "10m", "1h30m", "7d"},
		),
		"amount", obj(
			"description", "An amount with a unit: Ki, Mi, Gi, Ti, Pi are powers of 1024, K, M, G, T, P of 1000.",
			"type", "string", "pattern", `^[0-9]+(\.[0-9]+)?([kKMGTP]|[KMGTP]i)$`,
			"allOf", []any{obj("pattern", somethingPattern)},
			"examples", []string{"512Mi", "4Gi", "500M"},
		),
		"type", obj(
			"description", "A type as text, or a record in place as a mapping from fields to types. A type that ends in ? may be absent.",
			"anyOf", []any{
				obj(
					"type", "string", "pattern", `\S`,
					"examples", []string{
						"int", "float", "string", "bool", "date", "json", "artifact", "file", "dir",
						"list<float>", "map<int>", "enum<fast|exact>", "float?",
					},
				),
				ref("record"),
			},
		),
		"record", obj(
			"description", "A mapping from fields to types.",
			"type", "object", "propertyNames", ref("name"), "additionalProperties", ref("type"),
			"not", obj("required", []string{"type"}, "maxProperties", 1),
			"minProperties", 1,
		),
		"expression", obj(
			"description", "An expression, such as `pick.score > 0.8` or `load.rows`.",
			"type", []string{"string", "boolean"}, "pattern", `\S`, "not", noTemplate,
		),
		"value", obj(
			"description", "An expression, if it is text; anything else is a literal. A literal text is {value: TEXT}.",
			"type", []string{"string", "number", "boolean", "array", "object"}, "pattern", `\S`, "not", noTemplate,
			"examples", []any{"load.rows", "params.lr * 2", obj("value", "a literal text"), 0.1, []int{1, 2, 3}},
		),
		"reference", obj(
			"description", "A plain reference; its last part is the name.",
			"type", "string", "pattern", reference.String(),
			"examples", []string{"load.rows", "params.day"},
		),
		"overlap", obj("type", "string", "enum", []string{"allow", "forbid", "replace"}),
	)
}

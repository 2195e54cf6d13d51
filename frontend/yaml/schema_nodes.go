package yaml

import (
	"maps"
	"slices"
)

// schemaOfNodes are steps and blocks, with what is special to them.
func (b *schemaBuilder) schemaOfNodes() jsonObject {
	return obj(
		"steps", obj(
			"type", "object", "propertyNames", ref("name"), "additionalProperties", ref("node"), "minProperties", 1,
		),
		"node", b.node(),
		"export", bindingsOf(ref("value")),
		"input", obj("if", obj(
			"type", "object", "required", []string{"type"}, "minProperties", 2, "maxProperties", 2,
			"anyOf", []any{obj("required", []string{"from"}), obj("required", []string{"value"})},
		), "then", obj("properties", obj(
			"type", ref("type"), "from", ref("value"),
		)), "else", ref("value")),
		"case", b.mapping(caseShape, "A case: steps, and what they hand out.", properties{
			"steps":  {"The steps that run in this case.", ref("steps")},
			"export": {"What the case hands out.", ref("export")},
		}),
		"loop", b.mapping(loopShape, "", properties{
			"carry": {"Values that go from one round to the next.", names(b.mapping(carryShape, "", properties{
				"from": {"What it is in the first round.", ref("value")},
				"next": {"What it is in the next round.", ref("value")},
				"type": {"Its type, if the first value doesn't tell it.", ref("type")},
			}, "from", "next"))},
			"index":  {"The name of the number of the round, from 0.", ref("name")},
			"until":  {"The loop ends after the round in which this holds.", ref("expression")},
			"max":    {"How many rounds there are at most.", ref("count")},
			"at_max": {"What happens after `max` rounds: fail, or stop with what there is.", oneOfWords("fail", "stop")},
		}, "until", "max"),
	)
}

// bindingsOf is a list of references, or a mapping from names to values.
func bindingsOf(value jsonObject) jsonObject {
	return obj("anyOf", []any{
		obj("type", "array", "items", ref("reference"), "uniqueItems", true),
		names(value),
	})
}

// node is a step or block: all keys that any of them can have, and what they
// exclude and need, in the order in which the decoder tells what it is.
func (b *schemaBuilder) node() jsonObject {
	props := properties{
		"doc":   {"What it is for, in words.", ref("text")},
		"when":  {"It runs only if this holds; if not, what it hands out is absent.", ref("expression")},
		"after": {"Steps that must have ended before, however they ended.", ref("texts")},
		"catch": {"true: its failure does not fail the flow; what it hands out is absent then, and `error` says why.", obj("type", "boolean")},

		"run":    {"A script for the shell.", ref("text").examples(`python load.py "$day"`)},
		"python": {"A Python function, as FILE.py:FUNCTION. Inputs are arguments, what it returns are the outputs.", obj("type", "string", "pattern", pythonPattern, "examples", []string{"train.py:fit"})},
		"command": {"A program and its arguments, without a shell.", obj(
			"type", "array", "minItems", 1,
			"items", obj("anyOf", []any{ref("scalar"), b.mapping(argShape, "", properties{
				"input":  {"The text, or the path, of this input.", ref("text")},
				"output": {"The path of this output.", ref("text")},
			}).with(obj("oneOf", []any{obj("required", []string{"input"}), obj("required", []string{"output"})}))}),
		)},
		"uses":    {"Another flow, whose steps run here: the path of its file, from this one. `inputs` are its params.", ref("text").examples("./train.flow.yaml")},
		"inputs":  {"What a step reads, or the params of the flow that is used: a list of references, or a mapping from names to values.", bindingsOf(ref("input"))},
		"outputs": {"What a step hands out: a mapping from names to types.", names(ref("type"))},

		"foreach": {"Once for each item: a mapping from a name for the item to what it runs over.", obj(
			"type", "object", "minProperties", 1, "additionalProperties", ref("value"),
			"propertyNames", obj("allOf", []any{ref("name"), obj("not", obj("enum", foreachKeys))}),
		)},
		"combine":      {"How several lists combine: each with each, or in step.", oneOfWords("product", "zip")},
		"index":        {"The name of the item's number, from 0.", ref("name")},
		"max":          {"How many items there may be at most.", ref("count")},
		"max_parallel": {"How many tasks of it may run at the same time.", ref("count")},
		"batch":        {"How many items one container does, one after another.", ref("count")},

		"steps":  {"The steps of a block, by name. Their order means nothing.", ref("steps")},
		"export": {"What a block hands out: a list of references, or a mapping from names to values.", ref("export")},
		"switch": {"The expression that says which case runs: a bool, an enum or a string.", ref("expression")},
		"cases":  {"The alternatives, by value.", obj("type", "object", "additionalProperties", ref("case"))},
		"else":   {"What runs if no case fits.", ref("case")},
		"loop":   {"The steps run again until a condition holds.", ref("loop")},
	}
	maps.Copy(props, b.execution())
	ofSteps := slices.Concat(execKeys, []string{"inputs", "outputs"})
	ofCases := []string{"cases", "else"}
	ofForeach := []string{"combine", "index", "max", "batch"}
	var actions []any
	for _, key := range actionKeys {
		actions = append(actions, has(key))
	}
	step := obj("oneOf", actions).with(without("export", "cases", "else")).
		with(besideForeach(append([]string{"max_parallel"}, ofForeach...)...))
	call := without(slices.Concat(actionKeys, execKeys, ofCases, []string{"outputs", "export"})...).
		with(besideForeach(append([]string{"max_parallel"}, ofForeach...)...))
	block := without(slices.Concat(actionKeys, []string{"uses"}, ofSteps, ofCases)...).with(besideForeach(ofForeach...))
	loop := obj("required", []string{"steps"}).
		with(without(slices.Concat(actionKeys, ofSteps, ofCases, ofForeach, []string{"uses", "foreach"})...))
	choice := obj("required", []string{"cases"}).
		with(without(slices.Concat(actionKeys, ofSteps, ofForeach, []string{"uses", "foreach", "loop", "steps", "export"})...))
	return b.mapping(nodeShape, "A step has run, python or command; a call of another flow has uses. A block has steps; with foreach, loop or switch it runs them more than once or chooses.", props).
		with(obj("if", has("switch"), "then", choice,
			"else", obj("if", has("loop"), "then", loop,
				"else", obj("if", has("steps"), "then", block,
					"else", obj("if", has("uses"), "then", call, "else", step)))))
}

func has(key string) jsonObject { return obj("required", []string{key}) }

// without says that a mapping has none of these keys.
func without(keys ...string) jsonObject {
	var never jsonObject
	for _, key := range keys {
		never = append(never, jsonMember{key, false})
	}
	return obj("properties", never)
}

// besideForeach says that a mapping has these keys only beside `foreach`.
func besideForeach(keys ...string) jsonObject {
	var needs jsonObject
	for _, key := range keys {
		needs = append(needs, jsonMember{key, []string{"foreach"}})
	}
	return obj("dependencies", needs)
}

package yaml

// schemaOfSettings are params, and what may stand under `defaults`.
func (b *schemaBuilder) schemaOfSettings() jsonObject {
	return obj(
		"param", obj(
			"description", "A param: its type, or a mapping with its type and more.",
			"anyOf", []any{
				obj("type", "string", "pattern", `\S`, "examples", []string{"int", "date", "list<string>"}),
				b.mapping(paramShape, "", properties{
					"type":    {"What it is.", ref("type")},
					"default": {"What it is if nothing is given. A param without default must be given.", nil},
					"min":     {"The smallest value it can have.", nil},
					"max":     {"The largest value it can have.", nil},
					"pattern": {"A regular expression (RE2) that the whole text must match.", ref("text")},
					"schema":  {"A JSON Schema that the value must satisfy.", obj("type", "object")},
					"help":    {"What it is for, in words.", ref("text")},
				}, "type"),
			},
		),
		"schedule", b.mapping(scheduleShape, "", properties{
			"cron":      {"When, as five fields: minute, hour, day of month, month, day of week.", ref("text").examples("0 3 * * *")},
			"timezone":  {"The time zone that `cron` is meant in, by its IANA name; UTC if it is left out.", ref("text").examples("Europe/Vienna")},
			"overlap":   {"What happens when a run is due while another one is still going.", ref("overlap")},
			"date":      {"The param that gets the scheduled time.", ref("text")},
			"suspended": {"true: no runs are started.", obj("type", "boolean")},
		}, "cron"),
		"package", b.mapping(packageShape, "", properties{
			"root":    {"The folder that paths of the flow are relative to.", ref("text")},
			"include": {"Patterns of files that belong to it.", ref("texts")},
			"exclude": {"Patterns of files that don't.", ref("texts")},
		}),
		"defaults", b.mapping(defaultsShape, "", b.execution()),
		"resources", b.mapping(resourcesShape, "", properties{
			"cpu": {"Cores, such as 2, 0.5 or 500m.", obj("anyOf", []any{
				obj("type", "number", "exclusiveMinimum", 0, "maximum", 1_000_000),
				obj("type", "string", "pattern", `^([0-9]+(\.[0-9]+)?|\.[0-9]+)m?$`, "allOf", []any{obj("pattern", somethingPattern)}),
			})},
			"memory":   {"Memory.", ref("amount")},
			"disk":     {"Space for temporary files.", ref("amount")},
			"shm":      {"Shared memory.", ref("amount")},
			"gpu":      {"The number of GPUs.", obj("type", "integer", "minimum", 0)},
			"gpu_type": {"Which GPUs.", ref("text")},
		}),
		"retry", b.mapping(retryShape, "", properties{
			"attempts":  {"How often at most, the first time included.", ref("count")},
			"delay":     {"The time before the second attempt.", ref("duration")},
			"max_delay": {"The longest time between two attempts.", ref("duration")},
			"backoff":   {"The factor by which the time grows.", obj("type", "number", "minimum", 1)},
			"for":       {"The kinds of failure that another attempt is made for.", oneOrMore(oneOfWords("error", "oom", "evicted", "timeout"))},
		}, "attempts"),
		"cache", b.mapping(cacheShape, "", properties{
			"version":  {"Change it to begin afresh.", ref("text")},
			"lifetime": {"How old a result may be.", ref("duration")},
		}),
		"secrets", obj(
			"anyOf", []any{
				obj("type", "object", "additionalProperties", ref("secret")),
				obj("type", "array", "items", b.mapping(secretShape, "", properties{
					"env":  {"The variable that gets the value.", ref("text")},
					"file": {"The file that gets the value.", ref("text")},
					"from": {"Which secret, as store/key.", ref("secret")},
				}, "from").with(obj("oneOf", []any{
					obj("required", []string{"env"}), obj("required", []string{"file"}),
				}))),
			},
		),
		"secret", obj(
			"description", "The name of a secret, as store/key. Never the value.",
			"type", "string", "pattern", `^[^/]+/[\s\S]`, "examples", []string{"warehouse/password"},
		),
	)
}

// examples adds examples to a reference, which is wrapped then.
func (o jsonObject) examples(texts ...string) jsonObject {
	return obj("allOf", []any{o}, "examples", texts)
}

// execution are the settings of execution, of a step or of all steps.
func (b *schemaBuilder) execution() properties {
	literals := obj("type", "object", "additionalProperties", ref("scalar"))
	return properties{
		"image":     {"The container image that the command runs in.", ref("text").examples("python:3.12-slim")},
		"resources": {"What a task needs.", ref("resources")},
		"retry":     {"Whether and when a failed task is tried again.", ref("retry")},
		"timeout":   {"How long one attempt may take.", ref("duration")},
		"env":       {"Environment variables. Their values are literal text, not expressions.", literals},
		"secrets":   {"Secrets, as {VARIABLE: store/key}, or a list with `env` or `file` and `from`.", ref("secrets")},
		"shell":     {"What reads `run`: sh, or bash, which also fails when a command inside a pipe fails.", oneOfWords("sh", "bash")},
		"labels":    {"Labels of the task on its target.", literals},
		"code":      {"Patterns of the files that the results depend on.", ref("texts")},
		"cache":     {"Results of earlier runs are reused where code and inputs are the same.", ref("cache")},
	}
}

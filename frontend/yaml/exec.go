package yaml

import (
	"strings"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
)

// execKeys are the settings of execution, of a step or of all steps.
var execKeys = []string{"image", "resources", "retry", "timeout", "env", "secrets", "shell", "labels", "code", "cache"}

var defaultsShape = &shape{
	what: "`defaults`",
	keys: execKeys,
	advice: map[string]string{
		"catch":        "put it on the steps and blocks whose failure is no failure of the flow",
		"max_parallel": "put it on the flow or on a foreach",
		"params":       "the default of a param stands with the param",
		"inputs":       "put it on steps",
	},
}

func (d *decoder) defaults(f field) ast.Exec {
	o, ok := d.object(f, defaultsShape)
	if !ok {
		return ast.Exec{}
	}
	e := d.exec(o)
	e.Span = f.place()
	return e
}

// exec reads the settings of execution that o has.
func (d *decoder) exec(o object) ast.Exec {
	return ast.Exec{
		Image:     d.text(o.get("image")),
		Resources: d.resources(o.get("resources")),
		Retry:     d.retry(o.get("retry")),
		Timeout:   d.duration(o.get("timeout")),
		Env:       d.pairs(o.get("env"), "variable"),
		Secrets:   d.secrets(o.get("secrets")),
		Shell:     d.shell(o.get("shell")),
		Labels:    d.pairs(o.get("labels"), "label"),
		Code:      d.texts(o.get("code")),
		Cache:     d.cache(o.get("cache")),
		Span:      o.node.span,
	}
}

// shell reads the name of a shell.
func (d *decoder) shell(f field) ast.Str {
	s := d.text(f)
	if s.Span.Valid() && s.Value != "sh" && s.Value != "bash" {
		d.errorf(diag.BadValue, s.Span, "`shell` is `sh` or `bash`").
			Advise("for another interpreter use `command`, as in `command: [Rscript, fit.R]`")
		return ast.Str{}
	}
	return s
}

// pairs reads a mapping from names to literal text: what stands there is the
// text, so that 1.10 and on need no quotes.
func (d *decoder) pairs(f field, what string) []ast.KV {
	var out []ast.KV
	for _, e := range d.named(f, what) {
		if v := d.asWritten(e.value); v.Span.Valid() {
			out = append(out, ast.KV{Key: e.name, Value: v})
		}
	}
	return out
}

var resourcesShape = &shape{
	what: "`resources`",
	keys: []string{"cpu", "memory", "disk", "shm", "gpu", "gpu_type"},
	advice: map[string]string{
		"limits":   "write the amounts directly, as in `resources: {cpu: 2, memory: 4Gi}`",
		"requests": "write the amounts directly, as in `resources: {cpu: 2, memory: 4Gi}`",
	},
	renamed: map[string]string{"ram": "memory", "mem": "memory", "vcpu": "cpu", "storage": "disk", "gpus": "gpu"},
}

func (d *decoder) resources(f field) *ast.Resources {
	o, ok := d.object(f, resourcesShape)
	if !ok {
		return nil
	}
	r := &ast.Resources{
		Memory:  d.bytes(o.get("memory")),
		Disk:    d.bytes(o.get("disk")),
		Shm:     d.bytes(o.get("shm")),
		GPU:     d.int(o.get("gpu"), 0),
		GPUType: d.text(o.get("gpu_type")),
		Span:    f.place(),
	}
	r.CPU, r.CPUMilli = d.cpu(o.get("cpu"))
	return r
}

var retryShape = &shape{
	what: "`retry`",
	keys: []string{"attempts", "delay", "max_delay", "backoff", "for"},
	advice: map[string]string{
		"on":      "some YAML tools read `on` as true",
		"limit":   "it counts the first attempt too",
		"retries": "it counts the first attempt too",
		"times":   "it counts the first attempt too",
		"timeout": "put it beside `retry`: it is that of one attempt",
	},
	renamed: map[string]string{
		"on": "for", "limit": "attempts", "retries": "attempts", "times": "attempts",
		"wait": "delay", "interval": "delay", "factor": "backoff",
	},
}

func (d *decoder) retry(f field) *ast.Retry {
	if f.present() && f.kind == numberKind && wholeNumber.MatchString(f.text.Value) {
		fixed := "{attempts: " + f.text.Value + "}"
		d.errorf(diag.WrongKind, f.span, "`retry` wants a mapping").Replace(f.span, fixed, "write "+code(fixed))
		return nil
	}
	o, ok := d.object(f, retryShape)
	if !ok {
		return nil
	}
	r := &ast.Retry{
		Attempts: d.int(o.require("attempts", "say how often at most, the first time included: `attempts: 3`"), 1),
		Delay:    d.duration(o.get("delay")),
		MaxDelay: d.duration(o.get("max_delay")),
		Backoff:  d.float(o.get("backoff"), 1),
		Span:     f.place(),
	}
	kinds := o.get("for")
	for _, n := range kinds.each() {
		s := d.oneOf(kinds.only(n), "error", "oom", "evicted", "timeout")
		if s.Span.Valid() {
			r.For = append(r.For, s)
		}
	}
	return r
}

// each is the items of a list, or the one value that stands for a list.
func (f field) each() []*node {
	switch {
	case f.node == nil:
		return nil
	case f.kind == listKind:
		return f.items
	}
	return []*node{f.node}
}

var cacheShape = &shape{
	what: "`cache`",
	keys: []string{"version", "lifetime"},
	advice: map[string]string{
		"key": "the key is made of code, inputs and `version`; change `version` to begin afresh",
	},
	renamed: map[string]string{"ttl": "lifetime", "max_age": "lifetime"},
}

func (d *decoder) cache(f field) *ast.Cache {
	if f.present() && f.kind == boolKind && f.isTrue() {
		d.errorf(diag.WrongKind, f.span, "`cache` wants a mapping").
			Replace(f.span, `{version: "1"}`, "write `cache: {version: \"1\"}`")
		return nil
	}
	o, ok := d.object(f, cacheShape)
	if !ok {
		return nil
	}
	return &ast.Cache{
		Version:  d.text(o.get("version")),
		Lifetime: d.duration(o.get("lifetime")),
		Span:     f.place(),
	}
}

var secretShape = &shape{
	what: "an item of `secrets`",
	keys: []string{"env", "file", "from"},
}

// secrets reads `{NAME: store/key}`, or a list of {env: NAME, from: store/key}
// and {file: PATH, from: store/key}.
func (d *decoder) secrets(f field) []ast.Secret {
	if !d.usable(f) {
		return nil
	}
	var out []ast.Secret
	if f.kind == listKind {
		for _, n := range f.items {
			if s, ok := d.secretItem(f.item(n)); ok {
				out = append(out, s)
			}
		}
		return out
	}
	for _, e := range d.named(f, "secret") {
		s := ast.Secret{Env: e.name, Span: e.name.Span.To(e.value.span)}
		if e.value.kind == mapKind && !e.value.isTemplate() {
			d.errorf(diag.WrongKind, e.value.short(), "%s wants text of the form store/key", e.value.name).
				Advise("for a file write `secrets` as a list: [{file: PATH, from: store/key}]")
			continue
		}
		if s.From = d.secretSource(e.value); s.From.Span.Valid() {
			out = append(out, s)
		}
	}
	return out
}

func (d *decoder) secretItem(f field) (ast.Secret, bool) {
	o, ok := d.object(f, secretShape)
	if !ok {
		return ast.Secret{}, false
	}
	s := ast.Secret{Span: f.place()}
	env, file := o.get("env"), o.get("file")
	switch {
	case env.present() && file.present():
		d.errorf(diag.ConflictingKeys, file.key, "a secret goes to a variable or into a file, not both").
			See(env.key, "the variable").Advise("make two items of it")
		return ast.Secret{}, false
	case !env.present() && !file.present():
		d.errorf(diag.MissingKey, o.at, "an item of `secrets` has no `env` and no `file`").
			Advise("say where the value goes: `env: NAME` or `file: PATH`")
		return ast.Secret{}, false
	}
	s.Env, s.File = d.name(env), d.text(file)
	s.From = d.secretSource(o.require("from", "say which secret: `from: store/key`"))
	return s, s.From.Span.Valid() && (s.Env.Span.Valid() || s.File.Span.Valid())
}

// secretSource reads store/key.
func (d *decoder) secretSource(f field) ast.Str {
	s := d.text(f)
	if !s.Span.Valid() {
		return s
	}
	store, key, ok := strings.Cut(s.Value, "/")
	if !ok || store == "" || key == "" {
		// The value may be a secret itself: it is not repeated.
		d.errorf(diag.BadValue, s.Span, "%s wants the name of a secret, of the form store/key", f.name).
			Advise("never write the value of a secret into a flow")
		return ast.Str{}
	}
	return s
}

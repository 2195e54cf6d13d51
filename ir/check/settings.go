package check

import (
	"slices"
	"time"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/ir"
)

// The settings of a step are its own over those of `defaults`. A mapping (env,
// labels, secrets, resources, retry, cache) is merged key by key; anything else
// is replaced. What is wrong is reported where it was written, once.

// checkDefaults reports what is wrong in `defaults`.
func (c *checker) checkDefaults() { c.checkExec(&c.ast.Defaults) }

// checkExec reports what is wrong in settings as written in one place.
func (c *checker) checkExec(x *ast.Exec) {
	c.checkImage(x.Image)
	c.checkResources(x.Resources)
	c.checkRetry(x.Retry)
	c.checkTimeout(x.Timeout, "a timeout")
	c.checkEnv(x.Env)
	c.checkSecrets(x.Secrets)
	c.checkShell(x.Shell)
	c.checkLabels(x.Labels)
	c.checkGlobs(x.Code, "code")
	if x.Cache != nil {
		c.checkTimeout(x.Cache.Lifetime, "the lifetime of cached results")
	}
}

// settings fills in the settings of a step.
func (c *checker) settings(n *node, out *ir.Step) {
	own, def := &n.ast.Exec, &c.ast.Defaults
	c.checkExec(own)
	out.Image = pick(own.Image, def.Image)
	if _, script := n.ast.Action.(*ast.Script); script {
		if out.Shell = pick(own.Shell, def.Shell); out.Shell == "sh" {
			out.Shell = ""
		}
	} else {
		c.shellWithoutScript(n)
	}
	out.Timeout = pickDuration(own.Timeout, def.Timeout)
	out.Env = mergeKV(own.Env, def.Env)
	out.Labels = mergeKV(own.Labels, def.Labels)
	out.Resources = c.mergeResources(own.Resources, def.Resources)
	out.Retry = retryOf(mergeRetry(own.Retry, def.Retry))
	out.Cache = mergeCache(own.Cache, def.Cache)
	for _, s := range mergeSecrets(own.Secrets, def.Secrets) {
		store, key := splitSecret(s.From.Value)
		out.Secrets = append(out.Secrets, ir.Secret{Env: s.Env.Value, File: s.File.Value, Store: store, Key: key, Span: s.Span})
	}
	globs := own.Code
	if globs == nil {
		globs = def.Code
	}
	out.Code = texts(globs)
	c.checkVariables(n)
}

func pick(own, def ast.Str) string {
	if own.Span.Valid() {
		return own.Value
	}
	return def.Value
}

func pickDuration(own, def ast.Duration) time.Duration {
	if own.Span.Valid() {
		return own.Value
	}
	return def.Value
}

func pickInt(own, def ast.Int) ast.Int {
	if own.Span.Valid() {
		return own
	}
	return def
}

// mergeKV lists the entries of own over def, sorted by key.
func mergeKV(own, def []ast.KV) []ir.KV {
	if len(own)+len(def) == 0 {
		return nil
	}
	values := make(map[string]string, len(own)+len(def))
	for _, list := range [][]ast.KV{def, own} {
		for _, kv := range list {
			values[kv.Key.Value] = kv.Value.Value
		}
	}
	out := make([]ir.KV, 0, len(values))
	for key, value := range values {
		out = append(out, ir.KV{Key: key, Value: value})
	}
	slices.SortFunc(out, func(a, b ir.KV) int {
		if a.Key < b.Key {
			return -1
		}
		return 1
	})
	return out
}

func mergeCache(own, def *ast.Cache) *ir.Cache {
	if own == nil {
		own, def = def, nil
	}
	if own == nil {
		return nil
	}
	if def == nil {
		def = &ast.Cache{}
	}
	return &ir.Cache{Version: pick(own.Version, def.Version), Lifetime: pickDuration(own.Lifetime, def.Lifetime)}
}

// texts gives the values of a list; nil for none.
func texts(list []ast.Str) []string {
	var out []string
	for _, s := range list {
		out = append(out, s.Value)
	}
	return out
}

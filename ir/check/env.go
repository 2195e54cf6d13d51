package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
)

// bannedInputs are variables that change what programs do when they are set.
var bannedInputs = map[string]string{
	"http_proxy": "it sends web requests through a proxy", "https_proxy": "it sends web requests through a proxy",
	"ftp_proxy": "it sends web requests through a proxy", "all_proxy": "it sends web requests through a proxy",
	"no_proxy":  "it changes which web requests go through a proxy",
	"histchars": "it changes how bash reads commands", "auto_resume": "it changes how bash runs commands",
}

// maxVariable is what Linux takes as one variable, with its name.
const maxVariable = 128 << 10

// checkEnv reports variables that no process can have, or that are the runtime's.
func (c *checker) checkEnv(env []ast.KV) {
	for _, kv := range env {
		c.variable(kv.Key)
		switch {
		case strings.IndexByte(kv.Value.Value, 0) >= 0:
			c.nulCharacter(kv.Value.Span, "an environment variable")
		case len(kv.Key.Value)+len(kv.Value.Value)+2 > maxVariable:
			c.diags.Error(diag.BadEnv, kv.Value.Span, fmt.Sprintf("the value of `%s` is longer than Linux lets a variable be (128 KiB)", clip(kv.Key.Value))).
				Advise("put it into a file of the code package")
		}
	}
}

// variable checks the name of an environment variable.
func (c *checker) variable(n ast.Name) bool {
	if n.Value == "" {
		return false
	}
	switch {
	case !isVariable(n.Value):
		c.diags.Error(diag.BadEnv, n.Span, fmt.Sprintf("`%s` can't be the name of an environment variable", clip(n.Value))).
			Advise("begin with a letter or `_` and go on with letters, digits and `_`")
	case strings.HasPrefix(n.Value, "FLOWC_"):
		c.diags.Error(diag.BadEnv, n.Span, fmt.Sprintf("`%s` belongs to the runtime, as all variables that begin with FLOWC_", clip(n.Value))).
			Advise("choose another name")
	default:
		return true
	}
	return false
}

func isVariable(s string) bool {
	for i, r := range s {
		if r != '_' && !(r >= 'a' && r <= 'z') && !(r >= 'A' && r <= 'Z') && !(i > 0 && r >= '0' && r <= '9') {
			return false
		}
	}
	return s != "" && len(s) <= 255
}

func (c *checker) nulCharacter(span diag.Span, what string) {
	c.diags.Error(diag.BadValue, span, what+" can't contain the character NUL").
		Because("The operating system ends texts at it.")
}

// checkVariables reports what would be set twice in a step's environment:
// inputs, env and secrets share it.
func (c *checker) checkVariables(n *node) {
	own, def := &n.ast.Exec, &c.ast.Defaults
	if len(own.Env)+len(def.Env)+len(own.Secrets)+len(def.Secrets) == 0 {
		return
	}
	inputs := make(map[string]diag.Span, len(n.ast.Inputs))
	for _, in := range n.ast.Inputs {
		if badName(in.Name.Value) == "" {
			inputs[in.Name.Value] = in.Name.Span
		}
	}
	env := map[string]diag.Span{}
	for _, list := range [][]ast.KV{def.Env, own.Env} {
		for _, kv := range list {
			env[kv.Key.Value] = kv.Key.Span
		}
	}
	for _, kv := range own.Env {
		c.variableClash(kv.Key, "variable", inputs, "input")
	}
	for _, kv := range def.Env {
		if in, ok := inputs[kv.Key.Value]; ok && env[kv.Key.Value] == kv.Key.Span {
			c.diags.Error(diag.BadEnv, in, fmt.Sprintf("the input `%s` and a variable of `defaults` have the same name", kv.Key.Value)).
				See(kv.Key.Span, "the variable").
				Advise("rename one of them: the command would see only one")
		}
	}
	for _, s := range own.Secrets {
		if s.Env.Value != "" && !c.variableClash(s.Env, "secret", inputs, "input") {
			c.variableClash(s.Env, "secret", env, "variable")
		}
	}
	replaced := func(name string) bool {
		return slices.ContainsFunc(own.Secrets, func(s ast.Secret) bool { return s.Env.Value == name })
	}
	for _, s := range def.Secrets {
		name := s.Env.Value
		if name == "" || replaced(name) {
			continue
		}
		for _, other := range []struct {
			what  string
			names map[string]diag.Span
		}{{"input", inputs}, {"variable", env}} {
			if span, ok := other.names[name]; ok {
				c.diags.Error(diag.BadEnv, span, fmt.Sprintf("the %s `%s` and a secret of `defaults` have the same name", other.what, name)).
					See(s.Env.Span, "the secret").
					Advise("rename one of them: the command would see only one")
			}
		}
	}
}

func (c *checker) variableClash(name ast.Name, what string, others map[string]diag.Span, other string) bool {
	span, ok := others[name.Value]
	if !ok || name.Value == "" {
		return false
	}
	c.diags.Error(diag.BadEnv, name.Span, fmt.Sprintf("the %s `%s` and the %s have the same name", what, clip(name.Value), other)).
		See(span, "the "+other).
		Advise("rename one of them: the command would see only one")
	return true
}

package check

import (
	"fmt"
	"strings"

	"github.com/flowc-dev/flowc/ast"
	"github.com/flowc-dev/flowc/diag"
)

// checkSecrets reports secrets that can't be named or placed. Their values are
// nowhere in a flow.
func (c *checker) checkSecrets(secrets []ast.Secret) {
	targets := map[string]diag.Span{}
	for _, s := range secrets {
		target, span := s.Env.Value, s.Env.Span
		if s.File.Span.Valid() {
			target, span = "file "+s.File.Value, s.File.Span
			if why := badPath(s.File.Value, true); why != "" {
				c.diags.Error(diag.BadSecret, span, fmt.Sprintf("a secret can't be written to `%s`: %s", clip(s.File.Value), why))
			}
		} else {
			c.variable(s.Env)
		}
		if other, twice := targets[target]; twice && target != "" {
			c.diags.Error(diag.DuplicateName, span, "two secrets have the same place").See(other, "the other one")
		}
		targets[target] = span
		if !s.From.Span.Valid() || s.From.Value == "" {
			continue
		}
		if store, key := splitSecret(s.From.Value); !secretWord(store) || !secretWord(strings.ReplaceAll(key, "/", "")) || strings.HasSuffix(key, "/") {
			c.diags.Error(diag.BadSecret, s.From.Span, "a secret is named by its store and its key, like `db/password`").
				Because("The store is a name of flowc.yaml, which maps it to a Kubernetes secret, an ARN or a local file. A secret's value never stands in a flow.")
		}
	}
}

// splitSecret parts store/key at the first slash.
func splitSecret(from string) (store, key string) {
	store, key, _ = strings.Cut(from, "/")
	return store, key
}

func secretWord(s string) bool {
	return s != "" && len(s) <= 253 &&
		strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == ""
}

func mergeSecrets(own, def []ast.Secret) []ast.Secret {
	if len(own) == 0 {
		return def
	}
	taken := make(map[string]bool, len(own))
	place := func(s ast.Secret) string {
		if s.File.Value != "" {
			return "file " + s.File.Value
		}
		return s.Env.Value
	}
	for _, s := range own {
		taken[place(s)] = true
	}
	var out []ast.Secret
	for _, s := range def {
		if !taken[place(s)] {
			out = append(out, s)
		}
	}
	return append(out, own...)
}

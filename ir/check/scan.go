package check

import (
	"strings"

	"github.com/flowc-dev/flowc/diag"
	exprcheck "github.com/flowc-dev/flowc/expr/check"
	"github.com/flowc-dev/flowc/types"
)

// scanExpressions finds the names that every expression reads. What is wrong
// with an expression is reported when it is checked.
func (c *checker) scanExpressions() {
	for _, v := range c.values {
		if v.text == nil {
			continue
		}
		if chain, ok := plainChain(v.text); ok {
			v.names, v.plain = [][]exprcheck.Ident{chain}, true
			continue
		}
		v.parsed = exprcheck.Parse(*v.text)
		r := &recorder{}
		v.parsed.Check(r, nil)
		v.names = r.names
	}
}

// plainChain reads a text that is nothing but a reference: most are.
func plainChain(t *diag.Text) ([]exprcheck.Ident, bool) {
	s := strings.TrimSpace(t.Value)
	if s == "" || len(s) > 4*MaxName {
		return nil, false
	}
	start := strings.Index(t.Value, s)
	var chain []exprcheck.Ident
	for part := range strings.SplitSeq(s, ".") {
		if badName(part) != "" {
			return nil, false
		}
		chain = append(chain, exprcheck.Ident{Name: part, Span: t.Sub(start, start+len(part))})
		start += len(part) + 1
	}
	switch chain[0].Name {
	case "true", "false", "nil":
		return nil, false
	}
	return chain, true
}

// recorder is a scope that knows nothing and minds nothing.
type recorder struct{ names [][]exprcheck.Ident }

func (r *recorder) Resolve(names []exprcheck.Ident) (exprcheck.Target, *diag.Diagnostic) {
	r.names = append(r.names, names)
	return exprcheck.Target{Value: len(r.names), Type: types.Any, Used: len(names)}, nil
}

func (r *recorder) Names() []string { return nil }

func (r *recorder) WhyOptional(any) (string, diag.Span) { return "", diag.Span{} }

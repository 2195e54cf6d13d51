package check

import (
	"fmt"
	"slices"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/ir"
	"github.com/flowc-dev/flowc/types"
)

// gate checks a `when`.
func (c *checker) gate(n *node) *ir.Expr {
	if n.when == nil {
		return nil
	}
	r := c.check(n.when, types.Bool)
	for _, s := range r.present {
		if !slices.Contains(n.present, s) {
			n.present = append(n.present, s)
		}
	}
	c.constantGate(n, r)
	return r.expr
}

// constantGate warns of what can never run.
func (c *checker) constantGate(n *node, r *result) {
	if v, ok := r.constantValue(); ok && v == false {
		c.diags.Warn(diag.NeverRuns, r.expr.Span, fmt.Sprintf("`%s` never runs", n.name)).
			Because("Its `when` is false whatever happens.").
			Advise("remove it, or make the condition a param")
	}
}

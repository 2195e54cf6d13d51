package check

import (
	"fmt"
	"slices"

	"github.com/flowc-dev/flowc/diag"
)

// unused warns of params and types that nothing refers to. While there are
// errors it says nothing, since what refers to them may be what is wrong.
func (c *checker) unused() {
	if c.diags.HasErrors() || c.ast.Partial || slices.ContainsFunc(c.all, func(n *node) bool { return n.ast.Partial }) {
		return
	}
	for _, p := range c.ast.Params {
		if !c.params[p.Name.Value].used {
			c.diags.Warn(diag.Unused, p.Name.Span, fmt.Sprintf("nothing uses the param `%s`", p.Name.Value)).
				Advise("remove it, or use `params." + p.Name.Value + "`")
		}
	}
	for _, t := range c.ast.Types {
		if d := c.types[t.Name.Value]; d != nil && !d.used && !d.inside {
			c.diags.Warn(diag.Unused, t.Name.Span, fmt.Sprintf("nothing uses the type `%s`", t.Name.Value)).
				Advise("remove it")
		}
	}
}

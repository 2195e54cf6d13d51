package check

import (
	"fmt"
	"strings"

	"github.com/flowc-dev/flowc/diag"
	"github.com/flowc-dev/flowc/record"
)

// checkDepth reports index paths that are too long, once for the outermost
// block that makes them so.
func (c *checker) checkDepth(n *node, b *block) {
	if b.depth != record.MaxDepth+1 || b.parent.depth == b.depth {
		return
	}
	d := c.diags.Error(diag.NestedTooDeep, n.ast.Name.Span, fmt.Sprintf("`%s` is the foreach or loop number %d inside each other, and %d are the most", n.name, b.depth, record.MaxDepth)).
		Advise("combine lists with `combine: product`, or make a flow of its own")
	for outer := b.parent; outer.owner != nil; outer = outer.parent {
		if outer.parent == nil || outer.parent.owner == nil {
			d.See(outer.owner.ast.Name.Span, "the outermost one")
		}
	}
}

// checkBound reports more tasks than can be, by the declared numbers of items
// and iterations, once for the outermost node that makes them so.
func (c *checker) checkBound(n *node) {
	outer := int64(1)
	around := n.scope.block
	var factors []string
	for b := around; b.owner != nil; b = b.parent {
		if size := b.owner.size; size > 0 {
			outer = min(outer*size, 10*maxTasks)
			factors = append([]string{format(size)}, factors...)
		}
	}
	if n.size == 0 || outer > maxTasks || outer*n.size <= maxTasks {
		return
	}
	factors = append(factors, format(n.size))
	d := c.diags.Error(diag.TooManyTasks, n.ast.Name.Span, fmt.Sprintf("`%s` can run %s times, and %s are the most", n.name, format(outer*n.size), format(maxTasks)))
	if len(factors) > 1 {
		d.Because("That is " + strings.Join(factors, " × ") + ".")
	}
	for b := around; b.owner != nil; b = b.parent {
		if b.owner.size > 0 {
			d.See(b.owner.ast.Name.Span, fmt.Sprintf("%s times each", format(b.owner.size)))
		}
	}
	d.Advise("lower a `max`, or let one task work on many items")
}

// format writes a number with commas.
func format(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// misplacedParallel reports max_parallel where there are no items.
func (c *checker) misplacedParallel(n *node) {
	if span := n.ast.MaxParallel.Span; span.Valid() && n.kind != foreach {
		c.diags.Error(diag.MisplacedKey, n.key("max_parallel"), "`max_parallel` counts the items of a foreach, and this is a "+n.what()).
			Advise("put it on a foreach, or on the flow, where it counts all tasks")
	}
}

package expr

// Substitute returns c with to(i) in the place of every reference i. It is not
// ok, and the Code zero, if the result would be beyond the limits of a Code.
func (c Code) Substitute(to func(i int) Code) (_ Code, ok bool) {
	if c.n == nil {
		return c, true
	}
	count := c.n.count
	var measure func(n *node)
	measure = func(n *node) {
		if n.op == OpRef {
			count += to(n.index).Nodes() - 1
		}
		for _, a := range n.args {
			if count <= MaxNodes {
				measure(a)
			}
		}
	}
	if measure(c.n); count > MaxNodes {
		return Code{}, false
	}
	var walk func(n *node) Code
	walk = func(n *node) Code {
		if n.op == OpRef {
			return to(n.index)
		}
		args := make([]Code, len(n.args))
		for i, a := range n.args {
			args[i] = walk(a)
		}
		m := *n
		m.args = nil
		return build(&m, args...)
	}
	if c = walk(c.n); c.Depth() > MaxDepth {
		return Code{}, false
	}
	return c, true
}

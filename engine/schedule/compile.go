package schedule

import (
	"errors"
	"fmt"

	"github.com/flowc-dev/flowc/contract"
	"github.com/flowc-dev/flowc/record"
)

// block and node are a plan's block tree, checked, with edges in both directions.
type block struct {
	nodes   []node
	roots   []int    // nodes that wait for nothing
	certain []string // steps that run once in each instance, whatever is decided
}

type node struct {
	doc     *contract.Node
	next    []int // nodes of the same block that wait for it
	nesting int   // number of blocks around it
	body    *block
	cases   []*block
}

// maxNesting is how deep blocks may nest. It only guards the stack: what a
// compiler emits is far below.
const maxNesting = 200

type compiler struct {
	steps map[string]bool
}

// block checks b, whose tasks have index paths of length depth.
func (c *compiler) block(b *contract.Block, depth, nesting int) (*block, error) {
	if nesting > maxNesting {
		return nil, fmt.Errorf("blocks nest deeper than %d", maxNesting)
	}
	if depth > record.MaxDepth {
		return nil, fmt.Errorf("foreach and loop nest deeper than %d", record.MaxDepth)
	}
	out := &block{nodes: make([]node, len(b.Nodes))}
	for i := range b.Nodes {
		doc := &b.Nodes[i]
		n := &out.nodes[i]
		n.doc, n.nesting = doc, nesting
		for k, need := range doc.Needs {
			if need < 0 || need >= i || k > 0 && need <= doc.Needs[k-1] {
				return nil, fmt.Errorf("node %s: its needs %v are not sorted indices of nodes before it", doc.Name, doc.Needs)
			}
			out.nodes[need].next = append(out.nodes[need].next, i)
		}
		if len(doc.Needs) == 0 {
			out.roots = append(out.roots, i)
		}
		if err := c.node(n, depth, nesting); err != nil {
			return nil, fmt.Errorf("%s %s: %w", doc.Kind, doc.Name, err)
		}
		if doc.Kind == contract.KindStep && (doc.Gate == nil || doc.Gate.By == contract.BySelf) {
			out.certain = append(out.certain, doc.Name)
		}
	}
	return out, nil
}

func (c *compiler) node(n *node, depth, nesting int) error {
	doc := n.doc
	if doc.Name == "" {
		return errors.New("a node without a name")
	}
	if doc.Gate != nil {
		if err := checkControl(doc.Gate, doc.Gate.By == contract.BySelf && doc.Kind == contract.KindStep); err != nil {
			return fmt.Errorf("its gate: %w", err)
		}
	}
	if hasControl := doc.Kind == contract.KindForeach || doc.Kind == contract.KindSwitch || doc.Kind == contract.KindLoop; hasControl {
		if doc.Control == nil {
			return errors.New("it has no control")
		}
		if err := checkControl(doc.Control, false); err != nil {
			return err
		}
	}
	inner := depth
	switch doc.Kind {
	case contract.KindStep:
		if c.steps[doc.Name] {
			return errors.New("there are two steps of that name")
		}
		c.steps[doc.Name] = true
		return nil
	case contract.KindSwitch:
		for i := range doc.Cases {
			b, err := c.block(&doc.Cases[i].Body, depth, nesting+1)
			if err != nil {
				return err
			}
			n.cases = append(n.cases, b)
		}
		return nil
	case contract.KindForeach, contract.KindLoop:
		inner++
	case contract.KindGroup:
	default:
		return fmt.Errorf("%q is no kind of node that this version knows", doc.Kind)
	}
	if doc.Body == nil {
		return errors.New("it has no body")
	}
	var err error
	if n.body, err = c.block(doc.Body, inner, nesting+1); err != nil {
		return err
	}
	if doc.Kind != contract.KindGroup && len(n.body.nodes) == 0 {
		return errors.New("its body is empty")
	}
	if doc.Batch > 1 {
		if body := n.body.nodes; len(body) != 1 || body[0].doc.Kind != contract.KindStep || body[0].doc.Gate != nil {
			return errors.New("a foreach in batches must have one step without a gate as its body")
		}
	}
	return nil
}

func checkControl(c *contract.Control, self bool) error {
	switch c.By {
	case contract.ByConst:
		if c.Const == nil {
			return errors.New("a constant control without its value")
		}
	case contract.ByInit, contract.ByAlias, contract.ByStep:
	case contract.BySelf:
		if !self {
			return errors.New("only a step can decide its own gate")
		}
	default:
		return fmt.Errorf("%q is no decider that this version knows", c.By)
	}
	return nil
}
